"""Partial acceptance, with real workers and real git: what is taken is verified, lands, and the rest goes on."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conductor_world import World

from podium.conductor.mirrors import open_mirror
from podium.conductor.rounds_apart import changes_of_round
from podium.conductor.take_part import take_part
from podium.kernel.errors import PodiumError, UsageError
from podium.landing.model import AtWork, InReview, OnTarget
from podium.review.model import Accepted
from podium.runs.model import FileChange, Hunk
from podium.testing import actions
from podium.testing.script import Script, rounds
from podium.testing.waiting import eventually

MakeWorld = Callable[..., World]
PLAN = """\
[[task]]
id = "T1"
title = "Write one and its notes"
clauses = ["B1"]
scope = ["src/**"]
agents = ["scripted"]
"""
LONG = "".join(f"line {n}\n" for n in range(30))


@pytest.fixture
def make_world(tmp_path: Path, environment: dict[str, str], marker: str) -> Iterator[MakeWorld]:
    built: list[World] = []

    def make(script: Script) -> World:
        world = World.build(tmp_path, environment, script, {}, plan=PLAN, files={"src/long.txt": LONG})
        built.append(world)
        return world

    yield make
    for world in built:
        world.close()


def changed(world: World, number: int) -> tuple[FileChange, ...]:
    run = world.run_of("T1")
    with open_mirror(world.desk.home, world.project, world.environment["PATH"]) as mirror:
        return changes_of_round(mirror, run, number)


def hunk(found: tuple[FileChange, ...], text: str) -> Hunk:
    return next(
        each
        for change in found
        for each in change.hunks
        if any(text in row.text and row.kind == "+" for row in each.lines)
    )


def show(world: World, place: str) -> str:
    path = world.desk.home.mirror(world.project.id)
    command = ["git", f"--git-dir={path}", "show", place]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def test_a_part_is_verified_lands_and_the_rest_goes_back_on_top_of_it(make_world: MakeWorld) -> None:
    both = LONG.replace("line 2\n", "line two\n").replace("line 27\n", "line twenty-seven\n")
    first = (
        actions.Write(path="src/one.py", text="print(1)\n"),
        actions.Write(path="src/long.txt", text=both),
        actions.Say(text="All done."),
    )
    second = (actions.Write(path="src/long.txt", text=LONG.replace("line 2\n", "line two\n") + "end\n"),)
    world = make_world(Script(tasks=(rounds(first, second),)))
    world.start_worker()
    world.order()
    world.wait_for("T1", InReview)
    whole = changed(world, 1)
    left = hunk(whole, "twenty-seven")
    run = world.run_of("T1")
    with pytest.raises(UsageError, match="needs a point"):
        take_part(world.judge, run.id, leave=[left.id])
    with pytest.raises(UsageError, match="nothing is left to take"):
        take_part(world.judge, run.id, leave=[each.id for change in whole for each in change.hunks], texts=["x"])
    world.read_all("T1")  # what was read of the whole is read in the part
    part = take_part(world.judge, run.id, leave=[left.id[:12]], texts=["src/long.txt:28 say it in digits"])
    assert part.left_out == (f"{left.id} src/long.txt",)
    eventually(lambda: len(world.run_of("T1").rounds) == 2, 60)
    world.wait_for("T1", InReview)
    taken = changed(world, 2)
    assert {each.id for change in taken for each in change.hunks} == set(part.hunks)
    assert show(world, f"{part.commit}:src/long.txt") == LONG.replace("line 2\n", "line two\n")
    assert {item.tree for item in world.now.evidence.items(run.id, 2)} == {part.tree}

    from podium.conductor.ssh_signing import NoSigner

    accepted = world.judge.accept(run.id, NoSigner())
    assert isinstance(accepted, Accepted), accepted
    assert accepted.receipt.part_of == part.whole
    assert accepted.receipt.left_out == part.left_out
    eventually(lambda: len(world.run_of("T1").rounds) == 3, 90)
    world.wait_for("T1", InReview, 90)
    third = world.run_of("T1").rounds[2]
    assert third.points == ("P1",)
    assert third.session == run.rounds[0].session
    assert show(world, f"{third.base}:src/one.py") == "print(1)\n"  # the part has landed, and is the base
    rest = changed(world, 3)
    assert [change.path for change in rest] == ["src/long.txt"]
    world.judge.close_point(run.id, "P1", "dropped")
    assert isinstance(world.accept("T1"), Accepted)
    world.wait_for("T1", OnTarget, 90)
    assert show(world, "main:src/long.txt").endswith("end\n")


def test_a_part_that_is_sent_back_takes_its_points_along_and_goes_on_with_the_whole(make_world: MakeWorld) -> None:
    first = (
        actions.Write(path="src/one.py", text="print(1)\n"),
        actions.Write(path="src/note.txt", text="note\n"),
    )
    second = (actions.Write(path="src/note.txt", text="better note\n"),)
    world = make_world(Script(tasks=(rounds(first, second),)))
    world.start_worker()
    world.order()
    world.wait_for("T1", InReview)
    run = world.run_of("T1")
    note = hunk(changed(world, 1), "note")
    take_part(world.judge, run.id, leave=[note.id], texts=["say more"])
    eventually(lambda: len(world.run_of("T1").rounds) == 2, 60)
    world.wait_for("T1", InReview)
    points = world.judge.refine(run.id, ("one more thing",))
    assert [(point.id, point.text) for point in points] == [("P1", "one more thing"), ("P2", "say more")]
    with pytest.raises(PodiumError, match=r"sent back|has no candidate"):
        take_part(world.judge, run.id, leave=[note.id], texts=["again"])
    eventually(lambda: len(world.run_of("T1").rounds) == 3, 60)
    assert isinstance(world.task("T1"), AtWork | InReview)
    world.wait_for("T1", InReview)
    assert [change.path for change in changed(world, 3)] == ["src/note.txt", "src/one.py"]


def test_whoever_is_no_person_takes_nothing(make_world: MakeWorld) -> None:
    world = make_world(Script(tasks=(rounds((actions.Write(path="src/one.py", text="print(1)\n"),)),)))
    world.start_worker()
    world.order()
    world.wait_for("T1", InReview)
    from dataclasses import replace

    agent = replace(world.judge, actor="agent:scripted")
    with pytest.raises(PodiumError, match="only a named person"):
        take_part(agent, world.run_of("T1").id, take=["0"], texts=["x"])
