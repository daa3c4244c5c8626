"""A tripwire that a person has seen is no need any more, until it trips again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conductor_world import ADA, World

from podium.conductor.attention import Rank, attention
from podium.conductor.steer import acknowledge
from podium.kernel.errors import PodiumError, UsageError
from podium.runs.events import AgentStarted, RoundFailed, RoundOrdered, RunStarted, TripwireTripped
from podium.runs.model import Trip, TripName
from podium.testing.script import Script


@pytest.fixture
def world(tmp_path: Path, environment: dict[str, str]) -> Iterator[World]:
    built = World.build(tmp_path, environment, Script(tasks=()), {"T1": ()})
    with built.desk.change(built.project.id) as change:
        change.append(RunStarted(run="r1", spec="numbers", task="T1", agent="scripted", plan_blob="b"), actor=ADA)
        change.append(RoundOrdered(run="r1", round=1, round_kind="first", base="c"), actor=ADA)
        change.append(AgentStarted(run="r1", round=1, attempt=1, resumption="new"), actor=ADA)
    yield built
    built.close()


def trip(world: World, name: TripName, at: str = "2026-01-01T00:00:00.000Z") -> None:
    with world.desk.change(world.project.id) as change:
        change.append(TripwireTripped(run="r1", round=1, trip=Trip(name=name, detail="why", at=at)), actor=ADA)


def needs(world: World) -> list[str]:
    return [need.what for need in attention(world.now) if need.rank is Rank.TRIPWIRE]


def test_what_was_seen_is_quiet_until_it_trips_again_and_the_ledger_says_who_saw_it(world: World) -> None:
    trip(world, "scope-drift")
    trip(world, "loop")
    assert needs(world) == ["scope-drift: why", "loop: why"]
    assert acknowledge(world.desk, world.project.id, "r1", ("loop",), actor=ADA) == ("loop",)
    assert needs(world) == ["scope-drift: why"]
    assert [each.acknowledged for each in world.now.runs.by_id["r1"].rounds[0].trips] == ["", ADA[7:]]
    trip(world, "loop")
    assert needs(world) == ["scope-drift: why", "loop: why"]
    command = [sys.executable, "-m", "podium.cli.main", "--state", str(world.state), "--db", world.url]
    done = subprocess.run(
        [*command, "acknowledge", "T1", "--json"],
        cwd=world.root, env=world.environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["acknowledged"] == ["scope-drift", "loop"]
    assert needs(world) == []


def test_only_a_person_acknowledges_and_only_what_waits_to_be_seen(world: World) -> None:
    trip(world, "loop")
    with pytest.raises(UsageError, match="no tripwire stall waits"):
        acknowledge(world.desk, world.project.id, "r1", ("stall",), actor=ADA)
    with pytest.raises(PodiumError, match="only a named person"):
        acknowledge(world.desk, world.project.id, "r1", actor="podium:worker")
    assert needs(world) == ["loop: why"]
    with world.desk.change(world.project.id) as change:
        change.append(RoundFailed(run="r1", round=1, reason="it is over"), actor=ADA)
    with pytest.raises(UsageError, match="no tripwire waits"):
        acknowledge(world.desk, world.project.id, "r1", actor=ADA)
