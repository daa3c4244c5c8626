"""Waiting for what is in the way of all work: a full disk, a database that refuses for a while.

Nothing can be written then, not even that something failed; and nothing is wrong with the work itself. So the same act
is tried again until it works, as the supervisor does with its exit record.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import DBAPIError, OperationalError

from podium.conductor.room import behind, is_for_want_of_disk
from podium.ledger.versions import RefusedError

ROOM_SECONDS = 2.0


async def patiently(what: str, act: Callable[[], Awaitable[None]]) -> None:
    """Do an act, again and again while the machine has no room for it. Other errors are raised."""
    while True:
        try:
            return await act()
        except Exception as error:
            if not is_for_want_of_room(error):
                raise
            print(f"{what} waits: {error}", file=sys.stderr, flush=True)  # noqa: T201 - the worker's log
        await asyncio.sleep(ROOM_SECONDS)


def is_for_want_of_room(error: BaseException) -> bool:
    """Whether a full disk, or a database that refuses to write or is away, is what is behind an error."""
    return is_for_want_of_disk(error) or any(_refuses(each) for each in behind(error))


def _refuses(error: BaseException) -> bool:
    match error:
        case RefusedError() | OperationalError() | DBAPIError(connection_invalidated=True):
            return True
        case _:
            return False
