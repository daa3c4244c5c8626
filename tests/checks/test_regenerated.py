"""Generated files, made again on real trees: only what the generator truly makes holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from checks_bench import World, change, order

from podium.checks.kinds.regenerated import REGENERATED
from podium.evidence.model import Blind, Fails, Holds, Item
from podium.project.model import Generated

MAKE = 'mkdir -p gen && sed "s/^/made from /" source.txt > gen/out.txt'


def look(root: Path, files: dict[str, str], command: str = MAKE, *paths: str) -> Item:
    root.mkdir(exist_ok=True)
    generated = (Generated(paths=("gen/**",), command=command),)
    changes = tuple(change(path) for path in paths or ("gen/out.txt",))
    what = order(changes=changes, settings={"generated": generated})
    return next(iter(World(root, {}, files).gather(what, (REGENERATED,)).values()))


def test_what_the_generator_makes_holds(tmp_path: Path) -> None:
    item = look(tmp_path, {"source.txt": "x\n", "gen/out.txt": "made from x\n"})
    assert item.outcome == Holds()
    assert item.command == MAKE
    assert not item.required


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (MAKE, "1 of 1 generated files are not what the generator makes"),
        ("true", "1 of 1 generated files are not what the generator makes"),  # one that does nothing proves nothing
        ("echo broken; exit 3", "the generator ends with 3: broken"),
        ("ln -s /etc/hostname gen/out.txt", "1 of 1 generated files are not what the generator makes"),
    ],
)
def test_what_was_edited_by_hand_or_not_made_does_not(tmp_path: Path, command: str, why: str) -> None:
    item = look(tmp_path, {"source.txt": "x\n", "gen/out.txt": "made from x, and more\n"}, command)
    assert item.outcome == Fails(why=why)


def test_nothing_is_run_for_files_that_are_not_named_and_odd_names_reach_no_command_line(tmp_path: Path) -> None:
    what = order(changes=(change("src/a.py"),), settings={"generated": (Generated(paths=("gen/**",), command=MAKE),)})
    assert REGENERATED.jobs(what) == ()
    odd = '"gen/a\\377"'
    every = (Generated(paths=("**",), command=MAKE),)
    seen = World(tmp_path, {}, {}).gather(order(changes=(change(odd),), settings={"generated": every}), (REGENERATED,))
    assert isinstance(next(iter(seen.values())).outcome, Blind)


def test_a_name_that_looks_like_shell_is_only_a_name(tmp_path: Path) -> None:
    name = "gen/$(touch pwned) -rf;x.txt"
    item = look(tmp_path, {name: "x\n", "source.txt": "x\n"}, f"mkdir -p gen && echo x > '{name}'", name)
    assert item.outcome == Holds()
