"""The house rules that a machine can check. An exception is written down here, with its reason."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "podium"
MODULES = sorted(SOURCE.rglob("*.py"))

LONGEST_FILE = 400
LONG_FILES: dict[str, str] = {}

LONGEST_FUNCTION = 45  # "about 40", its docstring not counted
LONG_FUNCTIONS: dict[str, str] = {}

READS_THE_SURROUNDINGS: dict[str, str] = {
    "testing/scripted_agent.py": "a program of its own: the edge that reads HOME",
    "testing/turn.py": "part of that program: a script may name ~",
}

VAGUE_NAMES = {"util", "utils", "common", "helper", "helpers", "manager", "service", "misc"}

HEAVY = ("sqlalchemy", "dbos", "acp", "rich", "pydantic", "markdown_it", "pygments", "psutil", "yaml")


def _name(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            yield f"{_name(path)}:{node.name}", (node.end_lineno or 0) - body[0].lineno + 1


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    lengths = {_name(path): len(path.read_text().splitlines()) for path in MODULES}
    assert {name: n for name, n in lengths.items() if n > LONGEST_FILE and name not in LONG_FILES} == {}
    assert [name for name in LONG_FILES if lengths.get(name, 0) <= LONGEST_FILE] == []  # no longer an exception


def test_no_function_is_longer_than_a_screen() -> None:
    lengths = dict(each for path in MODULES for each in _functions(path))
    assert {name: n for name, n in lengths.items() if n > LONGEST_FUNCTION and name not in LONG_FUNCTIONS} == {}


def test_no_module_or_class_has_a_name_that_says_nothing() -> None:
    modules = [_name(path) for path in MODULES if VAGUE_NAMES & set(re.split(r"[/_.]", _name(path)))]
    classes = [
        f"{_name(path)}:{node.name}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and re.search(r"(Utils?|Helper|Manager|Service)$", node.name)
    ]
    assert modules + classes == []


_SURROUNDINGS = re.compile(
    r"\bos\.(environ|getenv|getcwd|get_terminal_size)\b|\bPath\.(home|cwd)\b|\.?expanduser\(|\.isatty\("
)


def test_only_the_command_line_reads_environment_home_directory_and_terminal() -> None:
    allowed = {*READS_THE_SURROUNDINGS, *(_name(path) for path in (SOURCE / "cli").rglob("*.py"))}
    found = {
        f"{_name(path)}:{number}": line.strip()
        for path in MODULES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if _name(path) not in allowed and _SURROUNDINGS.search(line)
    }
    assert found == {}


def test_every_module_says_what_it_is_and_has_postponed_annotations() -> None:
    wrong: list[str] = []
    for path in MODULES:
        text = path.read_text()
        if not text.strip() or path.name in ("__init__.py", "__main__.py"):
            continue
        if not ast.get_docstring(ast.parse(text)) or "from __future__ import annotations\n" not in text:
            wrong.append(_name(path))
    assert wrong == []


def _python(program: str) -> object:
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_importing_podium_does_nothing() -> None:
    """No thread, no open file, no child, no output, for any module."""
    found = _python(
        """
import importlib, json, os, pkgutil, sys, threading
def state():
    names = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
    files = {os.readlink(name) for name in names if os.path.lexists(name)}
    return sorted(files), threading.active_count(), dict(os.environ), os.getcwd()
import podium
before = state()
moved = []
for each in pkgutil.walk_packages(podium.__path__, "podium."):
    if each.name.rpartition(".")[2] == "__main__":
        continue
    importlib.import_module(each.name)
    if state() != before:
        moved.append(each.name)
        before = state()
print(json.dumps(moved))
"""
    )
    assert found == []


MAY_IMPORT = {("podium.supervisor.main", "psutil"): "the watchdog measures processes with it"}


@pytest.mark.parametrize("module", ["podium.cli.main", "podium.supervisor.main", "podium.testing.scripted_agent"])
def test_what_must_start_quickly_imports_nothing_heavy(module: str) -> None:
    loaded = _python(f"import json, sys, {module}; print(json.dumps(list(sys.modules)))")
    assert isinstance(loaded, list)
    assert [name for name in HEAVY if name in loaded and (module, name) not in MAY_IMPORT] == []


def _project_files() -> list[Path]:
    places = [ROOT / name for name in ("src", "tests", "docs", "benchmarks", "scripts", ".ci")]
    files = [path for place in places for path in place.rglob("*") if path.is_file() and path.suffix != ".png"]
    files += [
        path
        for path in ROOT.iterdir()
        if path.is_file() and path.suffix in (".md", ".toml", "") and path.name != ".git"
    ]
    return [path for path in files if "__pycache__" not in path.parts and path != Path(__file__)]


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("something left undone", r"(#|//|<!--|/\*)[^\n\"']*\b(TODO|FIXME|XXX)\b"),
        ("a path of one machine", r"(?<![\w.])/(work|home/\w+|Users/\w+)/(?!agent)\w"),
        ("a registry's host", r"pypi\.org|pythonhosted|registry\.npmjs|deb\.debian\.org"),
    ],
)
def test_no_file_of_the_project_names(what: str, pattern: str) -> None:
    found: list[str] = []
    for path in _project_files():
        text = path.read_bytes().decode(errors="replace")
        found += [f"{path.relative_to(ROOT)}: {each[0]}" for each in re.finditer(pattern, text)]
    assert found == [], f"{what} is named"


def test_no_test_directory_is_a_package_and_test_names_are_unique() -> None:
    assert [str(path) for path in (ROOT / "tests").rglob("__init__.py")] == []
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []
