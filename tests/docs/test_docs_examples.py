"""What the docs show is executed here.

In the root and docs/, a block fenced as ```console holds commands and what they print. A command starts with `$ `;
it goes on after a backslash, and in lines that start with `>`. The blocks of one document run one after the other, in
one small repository, with an empty HOME. Each command must exit 0, or as its comment says (`# exits 1`); where output
is shown, it must be that, `...` standing for anything. A block after `<!-- not run: REASON -->` is left.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from podium.cli.demo_story.ending import end_processes
from podium.kernel.value import Value
from podium.testing.repositories import build_repository

ROOT = Path(__file__).parents[2]
SCENES = Path(__file__).parent / "scenes"
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]

_BLOCK = re.compile(r"(?P<skip><!-- not run: .+? -->\n+)?^```console\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)

PROJECT = {
    "README.md": "# Greeter\n",
    "greeter.py": 'def greet(name: str) -> str:\n    return f"Hello, {name}!"\n',
    "tests/test_greeter.py": """from greeter import greet


def test_greet():
    assert greet("Ada") == "Hello, Ada!"
""",
    "pyproject.toml": '[project]\nname = "greeter"\nversion = "0.1.0"\n',
}


class Example(Value, frozen=True, kw_only=True):
    """A command of a document, and what the document says it prints."""

    command: str
    code: int
    output: str


def examples(document: str) -> Iterator[Example]:
    """The commands of all blocks that are to be run, in order."""
    for block in _BLOCK.finditer(document):
        if not block["skip"]:
            yield from _commands(block["body"])


def _page(document: Path) -> ParameterSet:
    """A document as a test's parameter; one whose commands put agents to work takes its time."""
    works = any(re.search(r"podium run|SCENES", each.command) for each in examples(document.read_text()))
    return pytest.param(document, marks=[pytest.mark.slow] if works else [], id=str(document.relative_to(ROOT)))


def _commands(body: str) -> Iterator[Example]:
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        lines = [*part.splitlines(), ""]
        length = 1
        while lines[length - 1].endswith("\\") or lines[length].startswith(">"):
            length += 1
        command = "\n".join([lines[0], *(re.sub("^> ?", "", line) for line in lines[1:length])])
        exits = re.search(r"# exits (\d+)$", command)
        yield Example(command=command, code=int(exits[1]) if exits else 0, output="\n".join(lines[length:]).rstrip())


def shown_as(pattern: str, output: str) -> bool:
    """Whether the output is what a document shows, `...` standing for anything; as a line, for no line as well."""
    parts = re.split(r"(^\.\.\.\n|\.\.\.)", pattern, flags=re.MULTILINE)
    wanted = "".join(r"(?:.*\n)?" if part == "...\n" else ".*" if part == "..." else re.escape(part) for part in parts)
    return re.fullmatch(r"\s*" + wanted + r"\s*", output, re.DOTALL) is not None


@pytest.fixture
def podium_state(state_dir: Path) -> Iterator[Path]:
    """A state directory; the conductor that a document starts is ended with the test."""
    yield state_dir
    end_processes(state_dir)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("document", [_page(document) for document in DOCUMENTS])
def test_the_examples_of_a_document_do_what_it_shows(
    document: Path, tmp_path: Path, environment: dict[str, str], podium_state: Path
) -> None:
    where = build_repository(tmp_path / "greeter", PROJECT).path
    shown = {"NO_COLOR": "1", "COLUMNS": "100", "SCENES": str(SCENES)}
    surroundings = {**environment, "PODIUM_STATE": str(podium_state), **shown}
    place = tmp_path / "cwd"
    for example in examples(document.read_text()):
        result = subprocess.run(
            ["bash", "-c", f'{example.command}\ncode=$?; pwd > "{place}"; exit $code'],
            cwd=where,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=100,
            check=False,
        )
        where = Path(place.read_text().strip()) if place.exists() else where
        assert result.returncode == example.code, f"$ {example.command}\n{result.stdout}"
        assert not example.output or shown_as(example.output, result.stdout), f"$ {example.command}\n{result.stdout}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_a_document_to_a_file_leads_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", document.read_text())
    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_a_document_is_read_as_commands_with_their_output() -> None:
    text = (
        "x\n```console\n$ cat <<E\n> a\n>\n> E\nout\n\n$ two \\\n    more  # exits 1\n```\n"
        "<!-- not run: asks -->\n```console\n$ no\n```\n"
    )
    assert list(examples(text)) == [
        Example(command="cat <<E\na\n\nE", code=0, output="out"),
        Example(command="two \\\n    more  # exits 1", code=1, output=""),
    ]


def test_shown_output_may_leave_things_out() -> None:
    assert shown_as("a ... z\n...", "a b\nc z\nand more")
    assert not shown_as("a ... z", "a b")
    assert not shown_as("plain.", "plainx")
