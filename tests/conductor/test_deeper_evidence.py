"""Dear evidence: nobody waits for it, it ends with the verdict, and it survives the death of its worker."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from conductor_world import SETTINGS, World, writes

from podium.evidence.model import Item, NotRun
from podium.landing.model import InReview, OnTarget
from podium.ledger.read import open_reader
from podium.testing.processes import marked
from podium.testing.script import Script
from podium.testing.waiting import eventually

# Its report names one test; a run with a plugin in it (a dear kind's) takes as long as it is told.
RUN = """\
printf '<testsuite><testcase name="a"/></testsuite>' > "$PODIUM_OUT/junit.xml"
if ls "$PODIUM_OUT/in" >/dev/null 2>&1; then sleep SECONDS; fi
"""
ONLY_THE_MAP = "\n[evidence]\nmutants = false\nbehaviour = false\nbudget_seconds = 600\n"


@pytest.fixture
def built() -> Iterator[list[World]]:
    worlds: list[World] = []
    yield worlds
    for world in worlds:
        world.close()


def build(built: list[World], place: Path, environment: dict[str, str], seconds: int) -> World:
    settings = SETTINGS.replace("python3 tests/check.py", "sh tests/run.sh") + ONLY_THE_MAP
    script = Script(tasks=(writes("src/one.py", "def one():\n    return 1\n\n\nprint(one())\n"),))
    files = {"tests/run.sh": RUN.replace("SECONDS", str(seconds))}
    built.append(World.build(place, environment, script, {"T1": ()}, settings=settings, files=files))
    return built[-1]


def dear(world: World) -> Item | None:
    items = world.now.evidence.items(world.run_of("T1").id, 1)
    return next((item for item in items if item.kind == "unrun-lines"), None)


def closed(world: World) -> bool:
    return not world.now.evidence.any_unclosed()


def kinds_of_records(world: World) -> list[str]:
    reader = open_reader(world.url)
    assert reader is not None
    found = [record.kind for record in reader.records(world.project.id)]
    reader.close()
    return found


def test_a_round_is_reviewed_while_dear_evidence_goes_on_and_the_verdict_ends_it(
    built: list[World], tmp_path: Path, environment: dict[str, str]
) -> None:
    world = build(built, tmp_path, environment, seconds=3017)
    world.start_worker()
    world.order()
    world.wait_for("T1", InReview)
    pending = world.now.evidence.pending(world.run_of("T1").id, 1)
    assert [each.name for each in pending] == ["changed lines are run"]
    assert dear(world) is None
    world.accept("T1")
    world.wait_for("T1", OnTarget)
    eventually(lambda: closed(world), 60)
    item = dear(world)
    assert item is not None
    assert item.outcome == NotRun(why="the verdict had fallen")
    eventually(lambda: not marked("sleep 3017"), 30)


def test_dear_evidence_goes_on_when_its_worker_was_killed(
    built: list[World], tmp_path: Path, environment: dict[str, str]
) -> None:
    world = build(built, tmp_path, environment, seconds=0)
    doomed = world.start_worker(PODIUM_CRASH_AT="evidence-deeper")
    world.order()
    eventually(lambda: doomed.poll() is not None, 60)
    assert doomed.returncode == -signal.SIGKILL
    assert isinstance(world.task("T1"), InReview)
    assert dear(world) is None
    world.start_worker()
    eventually(lambda: closed(world), 60)
    item = dear(world)
    assert item is not None
    assert not isinstance(item.outcome, NotRun)
    kinds = kinds_of_records(world)
    assert (kinds.count("evidence.finished"), kinds.count("evidence.closed")) == (1, 1)
