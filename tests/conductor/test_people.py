"""What people do with runs: answer, steer, refine in the same session, choose among racing candidates, protect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conductor_world import ADA, SETTINGS, World, writes

from podium.conductor.attention import Rank, attention
from podium.conductor.board import board
from podium.conductor.decide import Approved, Judge
from podium.conductor.order_run import order_run
from podium.conductor.ssh_signing import NoSigner
from podium.conductor.steer import answer, steer, waiting_requests
from podium.kernel.errors import UsageError
from podium.landing.model import AtWork, InReview, Lost, OnTarget, Waits
from podium.review.events import HunksMarked
from podium.review.model import Accepted
from podium.review.rules import Refused
from podium.runs.model import AwaitingPermission, Stopped, Working
from podium.testing import actions
from podium.testing.script import Script, rounds
from podium.testing.waiting import eventually

BOB = "person:Bob Example <bob@example.org>"
MakeWorld = Callable[..., World]


@pytest.fixture
def make_world(tmp_path: Path, environment: dict[str, str], marker: str) -> Iterator[MakeWorld]:
    built: list[World] = []

    def make(
        scripts: dict[str, Script], *, settings: str = SETTINGS, tasks: tuple[str, ...] = ("T1",), race: bool = False
    ) -> World:
        plan = "\n".join(
            f'[[task]]\nid = "{name}"\ntitle = "Write {name}"\nclauses = ["B1", "E1"]\nscope = ["src/{name}/**", '
            f'"src/one.py"]\nagents = {list(scripts) if race else [next(iter(scripts))]}\n'.replace("'", '"')
            for name in tasks
        )
        world = World.build(
            tmp_path, environment, next(iter(scripts.values())), {}, plan=plan, settings=settings, agents=scripts
        )
        built.append(world)
        return world

    yield make
    for world in built:
        world.close()


def one(*steps: actions.Action) -> Script:
    return Script(tasks=(rounds(steps),))


RIGHT = actions.Write(path="src/one.py", text="print(1)\n")
WRONG = actions.Write(path="src/one.py", text="import sys\nprint(len(sys.argv))\n")  # right, but for an argument


def test_a_refined_run_goes_on_in_the_same_session_and_is_right_in_round_two(make_world: MakeWorld) -> None:
    world = make_world({"scripted": Script(tasks=(rounds((WRONG,), (RIGHT, actions.Say(text="P1 is met."))),))})
    world.start_worker()
    world.order()
    world.wait_for("T1", InReview)
    refused = world.accept("T1")
    assert isinstance(refused, Refused)
    assert "check-failed:E1" in {refusal.code for refusal in refused.refusals}
    points = world.judge.refine(world.run_of("T1").id, ("E1 fails when there is an argument",))
    assert [(point.id, point.clause) for point in points] == [("P1", "E1")]
    eventually(lambda: len(world.run_of("T1").rounds) == 2, 30)
    world.wait_for("T1", InReview)
    second = world.run_of("T1").rounds[1]
    assert second.resumption == "session"
    assert second.session == world.run_of("T1").rounds[0].session
    assert second.points == ("P1",)
    assert isinstance(world.accept("T1"), Accepted)
    world.wait_for("T1", OnTarget)


def test_an_agent_that_asks_waits_for_a_person_and_goes_on_when_allowed(make_world: MakeWorld) -> None:
    world = make_world({"scripted": one(actions.Ask(title="Delete everything", kind="delete"), RIGHT)})
    world.start_worker()
    world.order()

    def asked() -> bool:
        return isinstance(world.now.runs.by_id and world.run_of("T1").rounds[-1].state, AwaitingPermission)

    eventually(asked, 60)
    needs = attention(world.now)
    assert needs[0].rank is Rank.PERMISSION
    assert "Delete everything" in needs[0].what
    run, _, request = waiting_requests(world.now)[0]
    answer(world.desk, world.project.id, run.id, request.id, allow=True, actor=ADA)
    with pytest.raises(UsageError, match="nobody waits"):
        answer(world.desk, world.project.id, run.id, request.id, allow=True, actor=ADA)
    world.wait_for("T1", InReview)


def test_a_stopped_run_keeps_what_it_had_done_and_can_be_ordered_again(make_world: MakeWorld) -> None:
    world = make_world({"scripted": one(RIGHT, actions.Hang())})
    world.start_worker()
    world.order()

    def at_work() -> bool:
        runs = world.now.runs.by_id
        return bool(runs) and isinstance(world.run_of("T1").rounds[-1].state, Working)

    eventually(at_work, 60)
    steer(world.desk, world.project.id, world.run_of("T1").id, "stop", actor=ADA)
    world.wait_for("T1", Lost)
    first = world.run_of("T1")
    assert isinstance(first.rounds[-1].state, Stopped)
    with pytest.raises(UsageError, match="is over"):
        steer(world.desk, world.project.id, first.id, "stop", actor=ADA)
    world.order(("T1",))
    eventually(lambda: any(not run.archived for run in world.now.runs.of_task("numbers", "T1")), 30)
    assert world.now.runs.by_id[first.id].archived
    eventually(at_work, 60)
    steer(world.desk, world.project.id, world.run_of("T1").id, "stop", actor=ADA)
    world.wait_for("T1", Lost)


def test_of_racing_runs_one_is_accepted_and_the_others_are_archived(make_world: MakeWorld) -> None:
    world = make_world({"careful": one(RIGHT), "hasty": one(WRONG)}, race=True)
    world.start_worker()
    world.order()
    world.wait_for("T1", InReview)
    runs = {run.agent: run for run in world.now.runs.of_task("numbers", "T1")}
    assert set(runs) == {"careful", "hasty"}
    from podium.conductor.mirrors import open_mirror
    from podium.git.diff import changes

    with open_mirror(world.desk.home, world.project, world.environment["PATH"]) as mirror:
        candidate = runs["careful"].rounds[0].state.candidate  # pyright: ignore
        hunks = tuple(h.id for c in changes(mirror, candidate.base, candidate.commit) for h in c.hunks)
    with world.desk.change(world.project.id) as change:
        change.append(
            HunksMarked(
                spec="numbers", task="T1", run=runs["careful"].id, round=1, hunks=hunks, mark="seen", by=ADA[7:]
            ),
            actor=ADA,
        )
    assert isinstance(world.judge.accept(runs["careful"].id, NoSigner()), Accepted)
    world.wait_for("T1", OnTarget)
    assert "careful was accepted" in world.now.runs.by_id[runs["hasty"].id].archived


def test_a_protected_file_needs_two_named_people_and_a_human_only_one_can_never_be_accepted(
    make_world: MakeWorld,
) -> None:
    settings = SETTINGS + '\n[[protected]]\nrule = "two-reviewers"\npaths = ["src/one.py"]\n'
    settings += '\n[[protected]]\nrule = "human-only"\npaths = ["secret/**"]\n'
    leak = actions.Write(path="secret/key", text="x\n")
    world = make_world({"scripted": Script(tasks=(rounds((RIGHT, leak), (actions.Delete(path="secret/key"),)),))},
                       settings=settings)  # fmt: skip
    world.start_worker()
    world.order()
    world.wait_for("T1", InReview)
    refused = world.accept("T1")
    assert isinstance(refused, Refused)
    human_only = [refusal for refusal in refused.refusals if refusal.code.startswith("human-only")]
    assert human_only
    assert not human_only[0].waivable
    with pytest.raises(UsageError, match="cannot be waived"):
        world.judge.accept(world.run_of("T1").id, NoSigner(), ((human_only[0].code, "because"),))
    world.judge.refine(world.run_of("T1").id, ("remove secret/key",))
    eventually(lambda: len(world.run_of("T1").rounds) == 2, 30)
    world.wait_for("T1", InReview)
    world.judge.close_point(world.run_of("T1").id, "P1", "it is gone")
    assert isinstance(world.accept("T1"), Approved)
    assert isinstance(world.task("T1"), InReview)
    world.read_all("T1", by=BOB)
    bob = Judge(world.desk, world.project.id, world.documents, BOB, world.environment["PATH"])
    accepted = bob.accept(world.run_of("T1").id, NoSigner())
    assert isinstance(accepted, Accepted)
    assert accepted.receipt.reviewer.startswith("Bob")
    assert any("Ada" in name for name in accepted.receipt.approvals)
    world.wait_for("T1", OnTarget)


def test_dispatch_holds_back_at_the_capacity_of_the_reviewer_and_says_so(make_world: MakeWorld) -> None:
    settings = SETTINGS.replace("capacity = 50", "capacity = 1")
    script = Script(tasks=(writes("src/T1/a.py", "1\n", match="T1"), writes("src/T2/a.py", "2\n", match="T2")))
    world = make_world({"scripted": script}, settings=settings, tasks=("T1", "T2"))
    world.start_worker()
    world.order()
    world.wait_for("T1", InReview)
    held = world.task("T2")
    assert isinstance(held, Waits)
    world.judge.reject(world.run_of("T1").id, "not needed")
    eventually(lambda: isinstance(world.task("T2"), AtWork | InReview), 30)
    world.wait_for("T2", InReview)
    assert len(board(world.now)) == 2


def test_nothing_is_ordered_for_a_spec_or_plan_that_changed_after_its_approval(make_world: MakeWorld) -> None:
    from podium.conductor.order_run import Documents

    world = make_world({"scripted": one(RIGHT)})
    text = world.now.projects.settings_text(world.project.id)
    changed = Documents("0" * 40, world.documents.plan_blob)
    with pytest.raises(UsageError, match="the spec was edited after"):
        order_run(world.desk, world.project.id, "numbers", documents=changed, settings_text=text, actor=ADA)
