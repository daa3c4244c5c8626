"""Evidence on a full disk: what a command gave there is no fact; what a command did to the disk itself is one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from podium.checks.ports import Ran, Request
from podium.conductor.check_range import checking, find_range
from podium.conductor.trees import TreeExecutor
from podium.git.user_repository import UserRepository
from podium.kernel.room import NoRoomError
from podium.testing.disks import NoDiskError, empty, fill, little_room, small_disk
from podium.testing.repositories import build_repository
from podium.testing.waiting import eventually
from podium.workspaces.tiers import Chosen, bundled_bwrap

PATH = "/usr/bin:/bin"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with ExitStack() as stack:
        try:
            yield stack.enter_context(small_disk(tmp_path / "disk", 64))
        except NoDiskError as error:
            pytest.skip(str(error))


@pytest.fixture
def executor(tmp_path: Path, disk: Path) -> Iterator[TreeExecutor]:
    repository = UserRepository.open(build_repository(tmp_path / "repository", {"a.txt": "a\n"}).path)
    wanted = find_range(repository, "HEAD..HEAD")
    chosen = Chosen(tier="overlay", bwrap=bundled_bwrap() or "bwrap")
    with checking(repository, wanted, settings=None, scratch=disk, path=PATH, chosen=chosen) as check:
        yield TreeExecutor(check.ground, disk / "scratch", wanted.base, wanted.head)


def ran(executor: TreeExecutor, command: str) -> Ran:
    return asyncio.run(executor.execute(Request(side="candidate", command=command, timeout_seconds=60)))


def test_nothing_is_begun_on_a_full_disk(disk: Path, executor: TreeExecutor) -> None:
    with little_room(disk), pytest.raises(NoRoomError):
        ran(executor, "true")
    assert ran(executor, "true").exit_code == 0


def test_a_command_that_fails_because_others_filled_the_disk_failed_for_nothing(
    disk: Path, executor: TreeExecutor
) -> None:
    command = 'until [ -e "$PODIUM_OUT/go" ]; do sleep 0.02; done; head -c 200000 /dev/zero >"$PODIUM_OUT/made"'

    async def squeezed() -> Ran:
        request = Request(side="candidate", command=command, timeout_seconds=60)
        work = asyncio.ensure_future(executor.execute(request))
        outs = await asyncio.to_thread(eventually, lambda: list((disk / "scratch").glob("*/out")), 30)
        fill(disk)
        (outs[0] / "go").touch()
        return await work

    with pytest.raises(NoRoomError):
        asyncio.run(squeezed())
    empty(disk)
    assert list((disk / "scratch").iterdir()) == []


def test_a_command_that_fills_the_disk_itself_is_believed(executor: TreeExecutor) -> None:
    found = ran(executor, 'head -c 100M /dev/zero >"$PODIUM_OUT/made"')
    assert (found.how, found.exit_code) == ("exited", 1)
