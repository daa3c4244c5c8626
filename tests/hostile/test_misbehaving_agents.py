"""Agents that misbehave: each ends in a failed round with its reason, or in evidence; the host is not touched."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hostile_place import user_name, users
from hostile_world import Case, World

from podium.conductor.home import Home
from podium.evidence.model import Fails
from podium.landing.model import AtWork, InReview, Lost
from podium.runs.model import Delivered, Failed, Stopped
from podium.testing import actions
from podium.testing.processes import marked
from podium.testing.script import rounds
from podium.testing.waiting import eventually


def one(*each: actions.Action) -> Case:
    return Case(rounds(tuple(each)))


def good(name: str) -> actions.Action:
    return actions.Write(path=f"src/{name}/good.py", text="print('good')\n")


def cases(pwned: str) -> dict[str, Case]:
    """One task for each way of misbehaving. `pwned` is a shell command that must never run on the host."""
    return {
        "exits": one(actions.Exit(code=0)),
        "crashes-late": one(good("crashes-late"), actions.Crash()),
        "hangs": one(good("hangs"), actions.Hang()),
        "deaf": one(actions.Hang(deaf=True)),
        "floods": one(actions.Flood(bytes=2**30)),
        "floods-messages": one(actions.Flood(bytes=2**30, to="messages")),
        "floods-one-line": one(actions.Flood(bytes=64 * 2**20, lines=False), good("floods-one-line")),
        "bad-json": one(actions.InvalidJson(), actions.StrayStdout(), good("bad-json")),
        "links": one(
            actions.Symlink(path="src/links/etc", to="/etc"),
            actions.Symlink(path="src/links/shadow", to="/etc/shadow"),
            actions.Symlink(path="src/links/home", to="../../../../../home"),
            actions.Run(command="rm -rf specs && ln -s /etc specs"),
        ),
        "plants": one(
            good("plants"),
            actions.PlantGit(payload=pwned),
            actions.Run(command=f"printf '#!/bin/sh\\n{pwned}\\n' > ~/.gitconfig.sh; git config alias.st '!{pwned}'"),
        ),
        "forks": one(good("forks"), actions.Fork(count=400, seconds=600)),
        "fills": one(good("fills"), actions.FillDisk()),
        "deletes": one(actions.DeleteWorkspace()),
        "rewrites": one(good("rewrites"), actions.RewriteHistory()),
        "again": Case(
            rounds(
                (actions.Write(path="src/again/one.py", text="print(1)\n"),),
                (actions.Write(path="src/again/two.py", text="print(2)\n"), actions.DeleteWorkspace(), actions.Crash()),
            )
        ),
    }


@pytest.fixture(scope="module", params=users(), ids=user_name)
def world(request: pytest.FixtureRequest, build_module_world: Callable[..., World]) -> Iterator[World]:
    """Every misbehaviour as a task; each starts when its test asks for it."""
    pwned = Path(tempfile.gettempdir()) / f"podium-pwned-{os.getpid()}-{request.param}"
    settings = """
[limits]
disk_mb = 64
processes = 200

[tripwires]
stall_minutes = 0.02

[[protected]]
rule = "human-only"
paths = ["podium.toml", "specs/**"]
"""
    world = build_module_world(cases(f"touch {pwned}"), uid=request.param, settings=settings)
    untouched = world.outside()
    yield world
    assert not pwned.exists()
    assert world.outside() == untouched
    world.assert_ledger_verifies()


@pytest.fixture(autouse=True)
def host(world: World) -> Iterator[None]:
    """After each test: the user's repository and home are as they were."""
    before = world.outside()
    yield
    assert world.outside() == before


def test_an_agent_that_exits_at_once_fails_its_round_with_the_reason(world: World) -> None:
    lost = world.ran("exits", Lost)
    assert isinstance(lost, Lost)
    round_ = world.round_of("exits")
    assert isinstance(round_.state, Failed)
    assert "the agent crashed" in round_.state.reason
    assert "ended without finishing" in round_.state.detail
    assert world.tasks["exits"] in world.podium("attention").out


def test_what_an_agent_wrote_before_it_crashed_is_not_lost(world: World) -> None:
    world.ran("crashes-late", InReview)
    assert world.changed_paths("crashes-late") == [b"src/crashes-late/good.py"]
    assert world.round_of("crashes-late").outcome == "crashed"
    assert "crash" in world.podium("review", world.full("crashes-late"), "--print").out


@pytest.mark.parametrize("name", ["hangs", "deaf"])
def test_an_agent_that_hangs_is_reported_and_can_be_stopped(world: World, name: str) -> None:
    world.ran(name, AtWork)
    eventually(lambda: any(trip.name == "stall" for trip in world.round_of(name).trips), 60, every=0.1)
    told = world.podium("attention").out
    assert re.search(rf"tripwire +{world.full(name)}", told), told
    world.podium("stop", world.full(name), code=0)
    eventually(lambda: isinstance(world.round_of(name).state, Stopped), 60, every=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["floods", "floods-messages"])
def test_a_flood_of_output_ends_the_round_and_fills_no_disk(world: World, name: str) -> None:
    world.ran(name, Lost)
    state = world.round_of(name).state
    assert isinstance(state, Failed)
    assert "limit" in state.reason
    assert any(trip.name == "flood" for trip in world.round_of(name).trips)
    run = world.run_of(name)
    assert run is not None
    assert disk_use(Home(world.state).run(world.now.id, run.id)) < 100 * 2**20


def test_one_endless_line_is_dropped_and_the_work_goes_on(world: World) -> None:
    world.ran("floods-one-line", InReview, Lost)
    round_ = world.round_of("floods-one-line")
    assert isinstance(round_.state, Delivered), round_
    assert any(trip.name in ("undecodable", "flood") for trip in round_.trips) or round_.outcome == "completed"


def test_invalid_json_is_a_tripwire_and_not_the_end_of_the_work(world: World) -> None:
    world.ran("bad-json", InReview)
    assert world.changed_paths("bad-json") == [b"src/bad-json/good.py"]
    assert any(trip.name == "undecodable" for trip in world.round_of("bad-json").trips)


def test_links_out_of_the_workspace_are_evidence_and_nobody_follows_them(world: World) -> None:
    world.ran("links", InReview)
    kinds = {item.kind: item.outcome for item in world.evidence("links").values()}
    assert isinstance(kinds["symlinks"], Fails)
    assert isinstance(kinds["protected"], Fails)
    shown = world.podium("review", world.full("links"), "--print").out
    assert "root:" not in shown
    assert "/etc/shadow" in shown
    refused = world.accept("links")
    assert refused.code == 2
    assert "human-only" in refused.err


def test_git_configuration_and_hooks_of_the_agent_run_nowhere_on_the_host(world: World, request: Any) -> None:
    world.ran("plants", InReview)
    paths = world.changed_paths("plants")
    assert b"src/plants/good.py" in paths
    assert not any(path.startswith(b".git/") for path in paths)
    blob = world.mirror.git_bytes("cat-file", "blob", f"{world.candidate('plants').commit}:src/plants/good.py")
    assert blob == b"print('good')\n"
    assert any("inside the workspace" in note for note in world.round_of("plants").notes)
    world.assert_prints_safely("plants")


def test_four_hundred_processes_end_the_round_and_none_survives(world: World) -> None:
    world.ran("forks", InReview, Lost)
    round_ = world.round_of("forks")
    assert round_.outcome == "limit"
    assert "processes" in round_.error
    assert any(trip.name == "limit" for trip in round_.trips)

    def none_left() -> bool:
        return not any("podium-scripted-agent" in each.command for each in marked(str(world.base)))

    eventually(none_left, 20, every=0.1)
    assert world.changed_paths("forks") == [b"src/forks/good.py"]


def test_a_workspace_that_fills_the_disk_is_stopped_at_its_limit(world: World) -> None:
    world.ran("fills", InReview)
    run = world.run_of("fills")
    assert run is not None
    assert disk_use(Home(world.state).run(world.now.id, run.id)) < 250 * 2**20
    # The file is bigger than what the workspace may hold, or as big as one file may be: either is told.
    round_ = world.round_of("fills")
    scope = next(item for item in world.evidence("fills").values() if item.kind == "scope")
    assert round_.outcome == "limit" or isinstance(scope.outcome, Fails)
    assert b"src/fills/good.py" in world.changed_paths("fills")


def test_a_deleted_workspace_is_a_candidate_that_deletes_and_its_checks_fail(world: World) -> None:
    world.ran("deletes", InReview)
    assert b"src/zero.py" in world.changed_paths("deletes")
    kinds = {item.kind: item.outcome for item in world.evidence("deletes").values()}
    assert isinstance(kinds["clause-check"], Fails)
    assert isinstance(kinds["scope"], Fails)
    assert world.accept("deletes").code == 2  # podium.toml is human-only: no waiver helps


def test_rewritten_history_changes_nothing_about_the_candidate(world: World) -> None:
    world.ran("rewrites", InReview)
    candidate = world.candidate("rewrites")
    assert world.mirror.git("rev-parse", f"{candidate.commit}^") == candidate.base
    assert candidate.base == world.mirror.git("rev-parse", "refs/heads/main")
    assert world.changed_paths("rewrites") == [b"src/rewrites/good.py"]


def test_an_earlier_candidate_stays_when_a_later_round_destroys_everything(world: World) -> None:
    world.ran("again", InReview)
    first = world.candidate("again")
    world.podium("refine", world.full("again"), "-m", "B1: again, please", code=0)
    eventually(lambda: len(world.run_of("again").rounds) == 2, 60)  # pyright: ignore[reportOptionalMemberAccess]
    world.wait_for("again", InReview, Lost)
    assert world.mirror.git("rev-parse", first.ref) == first.commit
    assert world.mirror.git_bytes("cat-file", "blob", f"{first.commit}:src/again/one.py") == b"print(1)\n"
    world.assert_prints_safely("again")


def disk_use(place: Path) -> int:
    """Bytes on disk below a directory that an agent wrote."""
    total = 0
    for folder, _, names in os.walk(place):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += os.lstat(Path(folder) / name).st_blocks * 512
    return total
