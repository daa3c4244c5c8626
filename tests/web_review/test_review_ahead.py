"""Preparing what waits for a review: one that cannot be prepared keeps nothing from being prepared or served."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from review_world import ADA, Reviewed

from podium.runs.events import AgentEnded, AgentStarted, CandidateHarvested, RoundDelivered, RoundOrdered, RunStarted
from podium.runs.model import Candidate
from podium.testing.waiting import eventually
from podium.web.review_room import order_key, room_of, run_for

Build = Callable[..., Reviewed]
AFTER = {"src/a.py": "".join(f"def part{number}():\n    return {number}\n" for number in range(2_500))}


def test_a_candidate_that_cannot_be_read_is_told_once_and_the_next_one_is_prepared(
    reviewed: Build, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "podium.web")
    world = reviewed({"src/a.py": "x = 1\n"}, {"src/a.py": "x = 2\n"})
    lose(world)
    world.deliver(AFTER, agent="other")
    world.stop()
    world.start(ahead=True)
    room = room_of(world.seat)
    reading = room.reading(run_for(world.seat, "shop/T1", "other"))
    sheaf = reading.sheaf
    eventually(lambda: order_key(reading) in sheaf.traces, 60)
    assert room.is_ready(reading)
    assert sheaf.preparing is None, "no page had to ask for it"
    world.stop()
    assert [record.getMessage() for record in caplog.records] == ["shop/T1 cannot be prepared for its review"]
    world.start()


def lose(world: Reviewed) -> None:
    """A run that is older than all that come, whose commit the mirror has not."""
    gone = Candidate(base=world.base, commit="1" * 40, tree="2" * 40, files=1, added=9_000, removed=0, ref="refs/x")
    with world.desk.change(world.project.id) as change:
        for event in (
            RunStarted(run="lost", spec="shop", task="T1", agent="lost", plan_blob=world.plan_blob),
            RoundOrdered(run="lost", round=1, round_kind="first", base=world.base),
            AgentStarted(run="lost", round=1, attempt=1, resumption="new"),
            AgentEnded(run="lost", round=1, attempt=1, outcome="completed", claim=""),
            CandidateHarvested(run="lost", round=1, candidate=gone),
            RoundDelivered(run="lost", round=1),
        ):
            change.append(event, actor=ADA if isinstance(event, RunStarted | RoundOrdered) else "podium:worker")
