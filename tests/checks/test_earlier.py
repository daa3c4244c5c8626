"""Evidence about exactly the same trees is taken over where nothing could make it come out otherwise, and says so."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from checks_bench import Memory, ProcessExecutor, Seen, Trees, change, order

from podium.checks.bench import Bench
from podium.checks.gather import gather
from podium.checks.kind import Answer, GatherOrder, Job, Kind, RestsOn
from podium.checks.kinds.clause_checks import CLAUSE_CHECKS
from podium.checks.kinds.project_tests import PROJECT_TESTS
from podium.checks.kinds.security import SECURITY
from podium.checks.kinds.shape import SHAPE
from podium.conductor.shelf import FileShelf
from podium.evidence.model import Blind, Earlier, Fails, Holds, Item, Outcome
from podium.evidence.rules import earlier_words

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Noon:
    """A clock that stands."""

    def __init__(self, later: timedelta = timedelta()) -> None:
        self._now = NOW + later

    def now(self) -> datetime:
        return self._now


class Asked:
    """A kind that answers what it is told to, and counts how often it is asked."""

    name = "asked"

    def __init__(self, outcome: Outcome, rests_on: RestsOn, module: str = "podium.asked", **fields: Any) -> None:
        self._answer = Answer(outcome=outcome, **fields)
        self._rests_on: RestsOn = rests_on
        self._module = module
        self.times = 0

    def jobs(self, order: GatherOrder) -> tuple[Job, ...]:  # noqa: ARG002 - the port's signature
        async def work(_: Bench) -> Answer:
            self.times += 1
            return self._answer

        work.__module__ = self._module
        return (Job(kind=self.name, name=self.name, work=work, rests_on=self._rests_on),)


def shelf_at(place: Path, surroundings: str = "here", later: timedelta = timedelta()) -> FileShelf:
    return FileShelf(directory=place / "shelf", clock=Noon(later), surroundings=surroundings)


def gathered(
    place: Path,
    what: GatherOrder,
    *kinds: Kind,
    around: str = "here",
    run: str = "r",
    later: timedelta = timedelta(),
) -> tuple[list[Item], int]:
    """Gather with the shelf at `place`; the items, and how many commands ran."""
    trees = Trees(place / "trees", {"a.py": "x = 1\n"}, {"a.py": "x = 2\n"})
    executor, seen = ProcessExecutor(trees), Seen()
    asked = msgspec.structs.replace(what, run=run)
    shelf = shelf_at(place, around, later)
    asyncio.run(gather(asked, executor, seen, source=trees, cache=Memory(), kinds=kinds, shelf=shelf))
    return seen.items, len(executor.ran)


def test_what_held_is_not_run_again_and_says_where_it_comes_from(tmp_path: Path) -> None:
    what = order({"E1": "test -e a.py"}, test="true")
    kinds = (CLAUSE_CHECKS, PROJECT_TESTS)
    first, ran = gathered(tmp_path, what, *kinds)
    assert (ran, [item.earlier for item in first]) == (4, [None, None])
    second, ran = gathered(tmp_path, what, *kinds, run="other")
    assert ran == 0
    assert {item.earlier for item in second} == {Earlier(run="r", round=1, at="2026-03-01T12:00:00.000Z")}
    by_name = {item.name: item for item in first}
    assert [msgspec.structs.replace(item, earlier=None) for item in second] == [by_name[item.name] for item in second]
    assert earlier_words(second[0]) == "from an earlier run of exactly this"


@pytest.mark.parametrize(
    "other",
    [
        {"tree": "u"},
        {"base_tree": "c"},
        {"environment": "another tier"},
        {"check_seconds": 5.0},
        {"changes": (change("a.py"),)},
        {"test": "true; true"},
    ],
    ids=lambda each: next(iter(each)),
)
def test_a_run_of_anything_else_is_not_taken_over(tmp_path: Path, other: dict[str, Any]) -> None:
    asked: dict[str, Any] = {"test": "true"}
    gathered(tmp_path, order(**asked), PROJECT_TESTS)
    _, ran = gathered(tmp_path, order(**asked | other), PROJECT_TESTS)
    assert ran == 2


def test_what_ran_elsewhere_is_run_again_and_what_only_read_is_not(tmp_path: Path) -> None:
    what = order(test="true", changes=(change("a.py"),))
    gathered(tmp_path, what, PROJECT_TESTS, SHAPE, SECURITY)
    items, ran = gathered(tmp_path, what, PROJECT_TESTS, SHAPE, SECURITY, around="another task or machine")
    assert ran == 2
    assert {item.kind for item in items if item.earlier} == {"shape", "security"}
    # Of what only reads, all: nothing of the task, the settings or the machine can change its answer.
    elsewhere = msgspec.structs.replace(what, task=msgspec.structs.replace(what.task, id="T9"), environment="else")
    items, _ = gathered(tmp_path, elsewhere, SHAPE, around="else")
    assert all(item.earlier for item in items)


@pytest.mark.parametrize(
    ("later", "times"),
    [(timedelta(hours=13), 1), (timedelta(hours=24), 1), (timedelta(hours=25), 2), (timedelta(hours=-1), 2)],
)
def test_what_ran_is_good_for_a_day_whatever_midnight_lies_between(
    tmp_path: Path, later: timedelta, times: int
) -> None:
    runs, reads = Asked(Holds(), "runs"), Asked(Holds(), "trees")
    for when in (timedelta(), later):
        gathered(tmp_path, order(), runs, later=when)
    assert runs.times == times
    for when in (timedelta(), timedelta(days=13)):
        gathered(tmp_path / "reads", order(), reads, later=when)
    assert reads.times == 1


@pytest.mark.parametrize("command", ["false", "test -e /nowhere/at/all", "sleep 30"])
def test_what_failed_or_was_cut_off_is_looked_at_again(tmp_path: Path, command: str) -> None:
    what = order({"E1": command}, check_seconds=0.5)
    gathered(tmp_path, what, CLAUSE_CHECKS)
    [item], ran = gathered(tmp_path, what, CLAUSE_CHECKS)
    assert ran >= 2
    assert item.earlier is None


@pytest.mark.parametrize(
    ("outcome", "rests_on", "module", "times"),
    [
        (Holds(), "trees", "podium.asked", 1),
        (Fails(why="so it is"), "trees", "podium.asked", 1),
        (Blind(why="cannot see"), "trees", "podium.asked", 2),
        (Holds(), "runs", "podium.asked", 1),
        (Fails(why="so it was"), "runs", "podium.asked", 2),
        (Holds(), "world", "podium.asked", 2),
        (Holds(), "trees", "a_plugin", 2),
    ],
)
def test_only_what_cannot_come_out_otherwise_is_kept(
    tmp_path: Path, outcome: Outcome, rests_on: RestsOn, module: str, times: int
) -> None:
    kind = Asked(outcome, rests_on, module)
    for _ in range(2):
        gathered(tmp_path, order(), kind)
    assert kind.times == times


def test_a_damaged_or_exchanged_item_is_gathered_again(tmp_path: Path) -> None:
    kind = Asked(Holds(), "trees")
    gathered(tmp_path, order(), kind)
    [kept] = (tmp_path / "shelf").iterdir()
    kept.write_bytes(kept.read_bytes().replace(b'"tree":"t"', b'"tree":"x"'))
    gathered(tmp_path, order(), kind)
    kept.write_bytes(b"{")
    gathered(tmp_path, order(), kind)
    assert kind.times == 3


def test_what_is_old_is_forgotten(tmp_path: Path) -> None:
    gathered(tmp_path, order(), Asked(Holds(), "trees"))
    [kept] = (tmp_path / "shelf").iterdir()
    shelf_at(tmp_path).tidy()
    assert kept.exists()
    long_ago = time.time() - 15 * 86_400
    os.utime(kept, (long_ago, long_ago))
    shelf_at(tmp_path).tidy()
    assert not kept.exists()
