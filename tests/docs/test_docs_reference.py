"""What the reference lists is held against the program."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from podium.conductor.home import Home
from podium.ledger.event import Payload
from podium.review.model import MarkName
from podium.supervisor import inbox, names

ROOT = Path(__file__).parents[2]
NOUNS = ("project", "spec", "plan", "runs", "evidence", "review", "landing")


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def kinds() -> list[type[Payload]]:
    """Every payload that a ledger may hold: those of the program, not those that other tests make."""
    for noun in NOUNS:
        importlib.import_module(f"podium.{noun}.events")

    def below(base: type[Payload]) -> Iterator[type[Payload]]:
        for each in base.__subclasses__():
            if "." in str(each.__struct_config__.tag) and each.__module__.startswith("podium."):
                yield each
            yield from below(each)

    return list(below(Payload))


def test_the_page_of_commands_is_what_the_program_says() -> None:
    script = ROOT / "scripts/write-command-reference"
    now = subprocess.run([sys.executable, script, "--print"], capture_output=True, text=True, check=True).stdout
    assert page("reference/commands.md") == now, "run: .venv/bin/python scripts/write-command-reference"


@pytest.mark.parametrize("payload", kinds(), ids=lambda each: str(each.__struct_config__.tag))
def test_the_page_of_ledger_events_names_every_kind_with_its_fields(payload: type[Payload]) -> None:
    text = page("reference/ledger-events.md")
    row = re.search(rf"^\| `{re.escape(str(payload.__struct_config__.tag))}` \| (.*?) \| ", text, re.MULTILINE)
    assert row, "it has no row"
    assert re.findall(r"`(\w+)`", row[1]) == list(payload.__struct_fields__)


def test_the_page_of_ledger_events_names_no_kind_that_is_not_there() -> None:
    named = set(re.findall(r"^\| `(\w+\.[\w-]+)` \|", page("reference/ledger-events.md"), re.MULTILINE))
    assert named == {str(each.__struct_config__.tag) for each in kinds()}


def test_the_page_of_the_state_directory_names_what_is_in_it() -> None:
    text, home = page("reference/state-directory.md"), Home(Path("/"))
    own = [home.conductor_lock, home.conductor_log, home.worker_id]
    projects = [home.mirror("p"), home.templates("p"), home.layers("p"), home.checks("p"), home.graveyard("p")]
    files = [names.ORDER, names.LOCK, names.LOG, names.STARTS, names.SESSION, names.EVENTS, names.EXIT]
    wanted = [*(path.name for path in (*own, *projects)), *files, inbox.INBOX]
    assert [name for name in wanted if not re.search(rf"`{re.escape(name)}(?:/[A-Z]+(?:\.bundle)?|/)?`", text)] == []


def test_the_floor_plan_lists_the_rooms_that_exist_in_the_order_of_the_contract() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contract = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    block = re.search(r"```text\n(.*?)```", page("explanation/architecture.md"), re.DOTALL)
    assert block
    drawn = [re.sub(r"  .*", "", line) for line in block[1].splitlines()]
    assert drawn == [layer.replace("podium.", "") for layer in contract]
    rooms = {path.parent.name for path in (ROOT / "src/podium").glob("*/__init__.py")}
    described = re.findall(r"^\| `(\w+)` \|", page("explanation/architecture.md"), re.MULTILINE)
    assert sorted(described) == sorted(rooms)


def test_the_words_cover_the_nouns_and_the_marks() -> None:
    text = page("reference/words.md")
    words = re.findall(r"^\| ([a-z ]+) \|", text, re.MULTILINE)
    assert [noun for noun in NOUNS if noun not in words and noun.removesuffix("s") not in words] == []
    mark = re.search(r"^\| mark \| (.*) \|", text, re.MULTILINE)
    assert mark
    assert all(name in mark[1] for name in get_args(MarkName))
