"""Reading through two rounds in a real world: batches, drafts, since my last look, why a hunk is here, answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from conductor_world import ADA, SETTINGS, SPEC, World

from podium.conductor.casefile import build_case
from podium.conductor.draft_book import open_drafts
from podium.conductor.mirrors import open_mirror, tip_for
from podium.conductor.point_places import point_places
from podium.conductor.reading_times import open_times
from podium.conductor.record_reading import record_batch, record_look, times_of
from podium.conductor.rounds_apart import since_last_look
from podium.conductor.why_here import why_here
from podium.git.mirror import Mirror
from podium.kernel.clock import stamp
from podium.kernel.errors import NotFoundError
from podium.landing.model import InReview
from podium.review.batch import Marked, ReadingBatch
from podium.review.case import Case
from podium.review.drafts import Draft
from podium.review.model import HunkTime, Refusal
from podium.review.points import Answered, state
from podium.review.replies import replies
from podium.testing import actions
from podium.testing.script import Script, rounds
from podium.testing.waiting import eventually

PLAN = """\
[[task]]
id = "T1"
title = "Write one"
clauses = ["B1", "E1"]
scope = ["src/**"]
agents = ["scripted"]
"""
FIRST = "import os\n\n\nprint(1)\nos.system(NAME)\n"
SECOND = "# one\n" + FIRST.replace("os.system(NAME)\n", "")


@pytest.fixture
def world(tmp_path: Path, environment: dict[str, str], marker: str) -> Iterator[World]:
    script = Script(
        tasks=(
            rounds(
                (
                    actions.Think(text="B1 wants a 1, so I print one."),
                    actions.Write(path="src/one.py", text=FIRST),
                    actions.Write(path="src/note.txt", text="a note\n"),
                    actions.Say(text="Done."),
                ),
                (actions.Write(path="src/one.py", text=SECOND), actions.Say(text="P1: it is gone.")),
            ),
        )
    )
    spec = SPEC.replace("risk: low", "risk: high")
    built = World.build(tmp_path, environment, script, {}, plan=PLAN, settings=SETTINGS, spec=spec)
    yield built
    built.close()


def case_of(world: World, mirror: Mirror, actor: str = ADA) -> Case:
    return build_case(
        world.now,
        mirror,
        world.run_of("T1"),
        tip=tip_for(mirror, world.project),
        documents=world.documents,
        actor=actor,
        at=stamp(world.desk.clock.now()),
        receipt_id="r",
    )


def batch(world: World, case: Case, name: str, *paths: str, seconds: float = 2.0) -> ReadingBatch:
    now = stamp(world.desk.clock.now())
    ids = [hunk.id for hunk in case.hunks if hunk.path in paths]
    return ReadingBatch(
        id=name,
        run=case.run.id,
        round=case.round,
        began="2026-01-01T00:00:00.000Z",
        ended="2026-01-01T00:01:00.000Z",
        marks=tuple(Marked(hunk=each, mark="seen", at=now) for each in ids),
        times=tuple(HunkTime(hunk=each, seconds=seconds) for each in ids),
    )


def test_two_rounds_are_read_without_losing_a_mark_a_draft_or_a_point(world: World) -> None:
    world.start_worker()
    world.order()
    world.wait_for("T1", InReview)
    with open_mirror(world.desk.home, world.project, world.environment["PATH"]) as mirror:
        case = case_of(world, mirror)
        assert case.blind
        assert case.risk == "high"
        record_look(world.desk, case)
        one = next(hunk for hunk in case.hunks if hunk.path == "src/one.py")
        _the_batch_counts_once_and_times_stay_here(world, mirror, case)
        _why(world, mirror, case, one.id)
        _the_checklist_is_answered(world, mirror)
        _the_draft_is_sent_once(world, case, one.id)

        eventually(lambda: len(world.run_of("T1").rounds) == 2, 60)
        world.wait_for("T1", InReview)
        second = case_of(world, mirror)
        since = since_last_look(mirror, second)
        assert since is not None
        assert (since.before, since.now, since.same) == (1, 2, 1)
        rows = {row.line.text for row in since.changed[0].rows if row.kind == "gone"}
        assert rows == {"os.system(NAME)"}
        late = record_batch(world.desk, mirror, world.project.id, batch(world, case, "late", "src/one.py"), ADA)
        assert late.events  # what was read of the candidate that was replaced meanwhile is kept, and is another hunk
        assert [each.hunk for each in second.lane] == []
        unread = {hunk.path for hunk in second.hunks if second.own_marks.get(hunk.id, "unseen") == "unseen"}
        assert unread == {"src/one.py"}
        (point,) = second.review.points
        told = replies(second.review.points, second.run.rounds)
        assert state(point, second.own_items, told) == Answered(claim=told["P1"].text, round=2)
        assert "it is gone" in told["P1"].text
        assert point_places(mirror, second)["P1"].how in ("gone", "changed")
        assert since_last_look(mirror, case_of(world, mirror, "person:Bob <bob@example.org>")) is None


def _the_batch_counts_once_and_times_stay_here(world: World, mirror: Mirror, case: Case) -> None:
    sent = batch(world, case, "b1", "src/note.txt")
    assert not record_batch(world.desk, mirror, world.project.id, sent, ADA).repeated
    again = record_batch(world.desk, mirror, world.project.id, sent, ADA)
    assert again.repeated
    assert again.events == ()
    own = open_times(world.desk.home, world.project.id, ADA)
    assert [each.id for each in own.read()] == ["b1"]
    assert own.file.stat().st_mode & 0o077 == 0
    review = world.now.reviews.of("numbers", "T1")
    assert review.times == ()
    assert len(times_of(world.desk, world.project.id, review, ADA)) == 1
    own.file.write_bytes(own.file.read_bytes() + b'{"torn')
    assert len(own.read()) == 1
    unknown = ReadingBatch(id="x", run="nobody", round=1, began=sent.began, ended=sent.ended)
    with pytest.raises(NotFoundError):
        record_batch(world.desk, mirror, world.project.id, unknown, ADA)


def _why(world: World, mirror: Mirror, case: Case, hunk: str) -> None:
    found = why_here(world.desk, world.now, mirror, case, hunk)
    assert found.step is not None
    assert found.step.round == 1
    assert "so I print one" in found.step.thought
    assert {link.clause for link in found.clauses} >= {"B1"}
    assert found.lane is not None
    assert found.lane.reasons == ("new sink",)
    with pytest.raises(NotFoundError):
        why_here(world.desk, world.now, mirror, case, "0" * 40)


def _the_checklist_is_answered(world: World, mirror: Mirror) -> None:
    run = world.run_of("T1").id
    refused = {refusal.code for refusal in _obstacles(world, mirror)}
    assert {"unread", "unread-lane", "checklist"} & refused == {"unread-lane", "checklist"}
    world.judge.answer(run, "sink", "no", "a constant of ours")
    world.judge.answer(run, "security-pass", "yes", "read again")
    assert "checklist" not in {refusal.code for refusal in _obstacles(world, mirror)}


def _obstacles(world: World, mirror: Mirror) -> tuple[Refusal, ...]:
    from podium.review.obstacles import obstacles

    return obstacles(case_of(world, mirror))


def _the_draft_is_sent_once(world: World, case: Case, hunk: str) -> None:
    book = open_drafts(world.desk.home, world.project.id, ADA, "numbers", "T1")
    mine = Draft(id="d1", text="not the shell", run=case.run.id, round=1, path="src/one.py", line=5, hunk=hunk)
    book.put(mine)
    assert open_drafts(world.desk.home, world.project.id, "person:Bob <bob@example.org>", "numbers", "T1").read() == ()
    assert book.file.stat().st_mode & 0o077 == 0
    again = open_drafts(world.desk.home, world.project.id, ADA, "numbers", "T1")  # another window, or after a crash
    assert again.read() == (mine,)
    (point,) = world.judge.refine(case.run.id, again.read())
    assert (point.draft, point.path, point.line) == ("d1", "src/one.py", 5)
    assert again.read(world.now.reviews.of("numbers", "T1").points) == ()
    book.file.write_text(json.dumps({"drafts": "nonsense"}))
    assert book.read() == ()
    assert [path.name for path in book.file.parent.glob("*damaged*")]  # set aside, not lost
