"""Landing: merged, verified on the exact merged tree, moved by compare-and-swap, delivered; or sent back, or held."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from conductor_world import ADA, SETTINGS, World, writes
from test_crash_points import assert_whole

from podium.conductor.attention import Rank, attention
from podium.conductor.deliver import undelivered
from podium.conductor.landing_commit import find_landed, landable, message
from podium.conductor.revert import resume_landings, revert
from podium.git.commits import commit_tree
from podium.git.mirror import Mirror
from podium.git.model import Identity
from podium.landing.model import AtWork, InReview, Landing, OnTarget, Returned, TakenBack, TurnedDown
from podium.review.model import Accepted
from podium.review.rules import Refused
from podium.testing import actions
from podium.testing.repositories import Repository
from podium.testing.script import Script, rounds
from podium.testing.waiting import eventually

MakeWorld = Callable[..., World]
EVE = Identity(name="Eve", email="eve@example.org")


@pytest.fixture
def make_world(tmp_path: Path, environment: dict[str, str], marker: str) -> Iterator[MakeWorld]:
    built: list[World] = []

    def make(script: Script, *, test: str = "true", scopes: dict[str, str] | None = None) -> World:
        plan = "\n".join(
            f'[[task]]\nid = "{name}"\ntitle = "Write {name}"\nclauses = ["D1"]\nscope = ["{scope}"]\n'
            'agents = ["scripted"]\n'
            for name, scope in (scopes or {"T1": "src/t1/**", "T2": "src/t2/**"}).items()
        )
        settings = SETTINGS.replace("python3 tests/check.py", test)
        world = World.build(tmp_path, environment, script, {}, plan=plan, settings=settings)
        built.append(world)
        return world

    yield make
    for world in built:
        world.close()


def user(world: World) -> Repository:
    return Repository(world.root)


def mirror(world: World) -> Repository:
    return Repository(world.desk.home.mirror(world.project.id))


def two(first: str = "src/t1/a.py", second: str = "src/t2/a.py") -> Script:
    return Script(tasks=(writes(first, "1\n", match="numbers/T1"), writes(second, "2\n", match="numbers/T2")))


def start(world: World, *tasks: str) -> None:
    world.start_worker()
    world.order(tasks)
    for task in tasks:
        world.wait_for(task, InReview)


def stop_workers(world: World) -> None:
    for worker in world.workers:
        worker.terminate()
        worker.wait(20)


def test_a_base_that_moved_under_a_conflicting_change_refuses_the_accept(make_world: MakeWorld) -> None:
    world = make_world(Script(tasks=(writes("src/zero.py", "print(1)\n"),)), scopes={"T1": "src/**"})
    start(world, "T1")
    user(world).commit({"src/zero.py": "print(4)\n"}, "Ada's own change")
    refused = world.accept("T1")
    assert isinstance(refused, Refused)
    assert [refusal.code for refusal in refused.refusals] == ["conflict"]
    world.judge.refine(world.run_of("T1").id, ("do it again on what I changed",))
    eventually(lambda: len(world.run_of("T1").rounds) == 2, 30)
    assert world.run_of("T1").rounds[1].base == user(world).head


def test_a_conflict_met_in_the_queue_goes_back_as_a_point_and_lands_in_round_two(make_world: MakeWorld) -> None:
    again = rounds(
        (actions.Write(path="src/zero.py", text="print(2)\n"), actions.Say(text="done")),
        (actions.Edit(path="src/zero.py", old="print(4)", new="print(42)"),),
        match="numbers/T1",
    )
    world = make_world(Script(tasks=(again,)), scopes={"T1": "src/**"})
    start(world, "T1")
    stop_workers(world)
    assert isinstance(world.accept("T1"), Accepted)
    moved = user(world).commit({"src/zero.py": "print(4)\n"}, "Ada's own change")
    world.start_worker()
    eventually(lambda: len(world.run_of("T1").rounds) == 2, 60)
    world.wait_for("T1", InReview)
    second = world.run_of("T1").rounds[1]
    assert second.base == moved
    assert second.resumption == "session"
    point = world.now.reviews.of("numbers", "T1").points[0]
    assert "src/zero.py" in point.text
    world.judge.close_point(world.run_of("T1").id, point.id, "it fits now")
    assert isinstance(world.accept("T1"), Accepted)
    world.wait_for("T1", OnTarget)
    eventually(lambda: (world.root / "src/zero.py").read_text() == "print(42)\n", 10)


@pytest.mark.slow
def test_what_is_rejected_after_its_accept_does_not_land(make_world: MakeWorld) -> None:
    world = make_world(two())
    doomed = world.start_worker(PODIUM_CRASH_AT="landing-verified")
    world.order(("T1",))
    world.wait_for("T1", InReview)
    before = mirror(world).git("rev-parse", "main")
    run = world.run_of("T1").id
    assert isinstance(world.accept("T1"), Accepted)
    eventually(lambda: doomed.poll() is not None, 60)  # its landing is half done
    world.judge.reject(run, "on second thoughts")
    world.start_worker()
    eventually(lambda: [type(each.state) for each in world.now.landings.entries.values()] == [Returned], 60)
    assert isinstance(world.task("T1"), TurnedDown)
    assert mirror(world).git("rev-parse", "main") == before


def test_work_that_breaks_together_is_caught_on_the_merged_tree_and_goes_back(make_world: MakeWorld) -> None:
    test = "test ! -e src/t1/a.py || test ! -e src/t2/a.py"
    world = make_world(two(), test=test)
    start(world, "T1", "T2")
    assert isinstance(world.accept("T1"), Accepted)
    assert isinstance(world.accept("T2"), Accepted)
    landed = eventually(lambda: [t for t in ("T1", "T2") if isinstance(world.task(t), OnTarget)], 60)
    other = "T2" if landed == ["T1"] else "T1"
    eventually(lambda: world.now.reviews.of("numbers", other).points, 60)
    assert "project tests" in world.now.reviews.of("numbers", other).points[0].text
    assert isinstance(world.task(other), AtWork | InReview)
    assert len(mirror(world).git("log", "--format=%H", "main").split()) == 2


def test_a_dirty_checkout_is_never_touched_and_gets_the_work_once_it_is_clean(make_world: MakeWorld) -> None:
    world = make_world(two())
    start(world, "T1", "T2")
    (world.root / "src/zero.py").write_text("half done\n")
    before = user(world).head
    world.accept("T1")
    world.wait_for("T1", OnTarget)
    stop_workers(world)  # so that nobody delivers between the looks below
    assert user(world).head == before
    assert (world.root / "src/zero.py").read_text() == "half done\n"
    assert not (world.root / "src/t1").exists()
    what, do = undelivered(world.desk, world.project.id, os.environ["PATH"])
    assert "src/zero.py not committed" in what
    assert do == "commit or stash, then git merge podium/main"
    needs = attention(world.now, (what, do))
    assert [need.what for need in needs if need.rank is Rank.LANDING] == [what]
    user(world).git("checkout", "src/zero.py")
    waiting = undelivered(world.desk, world.project.id, os.environ["PATH"])
    assert waiting == ("your main lacks 1 commit that landed", "podium land")
    world.start_worker()
    world.accept("T2")
    world.wait_for("T2", OnTarget)
    world.wait_for_delivery()
    assert (world.root / "src/t1/a.py").exists()
    assert (world.root / "src/t2/a.py").exists()
    eventually(lambda: undelivered(world.desk, world.project.id, os.environ["PATH"]) == ("", ""), 10)


def test_a_branch_that_diverged_holds_the_landing_until_the_person_has_merged(make_world: MakeWorld) -> None:
    world = make_world(two())
    start(world, "T1", "T2")
    (world.root / "src/zero.py").write_text("half done\n")  # keeps T1 from being delivered
    world.accept("T1")
    world.wait_for("T1", OnTarget)
    user(world).git("add", "-A")
    user(world).git("commit", "-q", "-m", "my own")
    world.accept("T2")

    def held() -> bool:
        state = world.task("T2")
        return isinstance(state, Landing) and bool(state.held)

    eventually(held, 60)
    user(world).git("merge", "-q", "--no-edit", "podium/main")
    assert len(resume_landings(world.desk, world.project.id, actor=ADA)) == 1
    world.wait_for("T2", OnTarget)
    world.wait_for_delivery()
    assert (world.root / "src/t2/a.py").exists()
    assert_whole(world)


def test_a_revert_takes_exactly_that_work_back_through_the_same_queue(make_world: MakeWorld) -> None:
    world = make_world(two())
    start(world, "T1", "T2")
    for task in ("T1", "T2"):
        world.accept(task)
        world.wait_for(task, OnTarget)
    revert(world.desk, world.project.id, "numbers", "T1", reason="wrong after all", actor=ADA)
    world.wait_for("T1", TakenBack)
    eventually(lambda: not (world.root / "src/t1/a.py").exists(), 10)
    assert (world.root / "src/t2/a.py").exists()
    message = mirror(world).git("log", "-1", "--format=%B", "main")
    assert "wrong after all" in message
    assert "Podium-Task: numbers/T1" in message


def test_the_landed_commit_carries_trailers_and_its_receipt_travels_to_the_users_repository(
    make_world: MakeWorld,
) -> None:
    world = make_world(two())
    before = user(world).head
    start(world, "T1")
    accepted = world.accept("T1")
    assert isinstance(accepted, Accepted)
    world.wait_for("T1", OnTarget)
    repository = user(world)
    eventually(lambda: repository.git("rev-parse", "main") != before, 30)  # git writes the files first
    trailers = repository.git("log", "-1", "--format=%(trailers:only,unfold)", "main")
    assert "Podium-Task: numbers/T1" in trailers
    assert f"Podium-Receipt: {accepted.receipt.id}" in trailers
    assert "Reviewed-by: Ada Example <ada@example.org>" in trailers
    assert "Assisted-by: scripted" in trailers
    assert repository.git("notes", "--ref=podium", "show", "main") == accepted.envelope
    assert repository.git("rev-parse", f"{accepted.receipt.commit}^{{tree}}") == accepted.receipt.tree
    with world.desk.reading(world.project.id) as state:
        (entry,) = state.landings.entries.values()
        what = landable(state, entry)
    with closing(Mirror(world.desk.home.mirror(world.project.id))) as bare:
        landed = bare.resolve("refs/heads/main") or ""
        forged = commit_tree(bare, bare.tree_of(before), (before,), message(what), author=EVE, date="1 +0000")
        assert find_landed(bare, what, landed) == landed
        assert find_landed(bare, what, forged) is None  # its trailers are right, and its tree is another one
