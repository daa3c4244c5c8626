"""Messages to a living or future supervisor, delivered at least once.

A message is one file in `inbox/`, named by its id, put there whole by a rename; a byte into the FIFO `inbox/wake`
wakes the supervisor, which would also look by itself every second or so. It acts, then moves the file to
`inbox/done/`: after a kill in between it acts again, so every message is harmless the second time. An id that was
delivered once is not delivered again.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from podium.kernel.value import Value, canonical
from podium.supervisor.files import create_once

INBOX: Final = "inbox"
DONE: Final = "done"
WAKE: Final = "wake"


class Answer(Value, frozen=True, kw_only=True, tag="answer"):
    """The answer to a permission request: one of its options by id, or simply `allow`."""

    request: str
    allow: bool
    option: str = ""  # empty: the agent's own option for "this once" (never "always")
    by: str = ""


class Stop(Value, frozen=True, kw_only=True, tag="stop"):
    """End the round: the agent is asked to stop, and killed if it does not."""

    by: str = ""


class Pause(Value, frozen=True, kw_only=True, tag="pause"):
    """Freeze every process of the agent."""

    by: str = ""


class Resume(Value, frozen=True, kw_only=True, tag="resume"):
    """Let them go on."""

    by: str = ""


class Say(Value, frozen=True, kw_only=True, tag="say"):
    """Tell the agent something: as its next turn, or at once by ending the turn that it is in."""

    text: str
    by: str = ""
    interrupt: bool = False


class Budget(Value, frozen=True, kw_only=True, tag="budget"):
    """A limit of what the round's requests may cost was set anew."""

    account: str
    usd: float
    by: str = ""


InboxMessage: TypeAlias = Answer | Stop | Pause | Resume | Say | Budget


class Delivery(Value, frozen=True, kw_only=True):
    """A message that waits, with its id. `message` is None when the file cannot be understood."""

    id: str
    message: InboxMessage | None


def prepare(round_dir: Path) -> None:
    """Make the inbox; idempotent."""
    inbox = round_dir / INBOX
    (inbox / DONE).mkdir(parents=True, exist_ok=True)
    try:
        os.mkfifo(inbox / WAKE, 0o600)
    except FileExistsError:
        return


def post(round_dir: Path, message: InboxMessage, *, id: str) -> bool:  # noqa: A002 - the glossary's word
    """Deliver `message` and wake the supervisor; False when `id` was delivered before.

    Ids order the messages of one round: use `podium.kernel.ids.new_id`, or an id derived from the decision, so that
    delivering the same decision again does nothing. The round need not have a supervisor yet.
    """
    if not id or "/" in id or id.startswith(".") or id in (DONE, WAKE):
        raise ValueError(f"an inbox id must be a plain file name: {id!r}")
    prepare(round_dir)
    inbox = round_dir / INBOX
    name = f"{id}.json"
    if (inbox / DONE / name).exists():
        return False
    new = create_once(inbox / name, canonical(message))
    wake(round_dir)
    return new


def pending(round_dir: Path) -> Iterator[Delivery]:
    """What waits, in the order of the ids."""
    inbox = round_dir / INBOX
    try:
        names = sorted(entry.name for entry in os.scandir(inbox) if entry.name.endswith(".json"))
    except FileNotFoundError:
        return
    for name in names:
        if name.startswith("."):
            continue
        try:
            message = _DECODER.decode((inbox / name).read_bytes())
        except FileNotFoundError:
            continue
        except msgspec.MsgspecError:
            message = None
        yield Delivery(id=name.removesuffix(".json"), message=message)


def acknowledge(round_dir: Path, id: str) -> None:  # noqa: A002
    """Say that the message was acted upon; idempotent."""
    inbox = round_dir / INBOX
    try:
        (inbox / f"{id}.json").replace(inbox / DONE / f"{id}.json")
    except FileNotFoundError:
        return


def wake(round_dir: Path) -> None:
    """Make a living supervisor look now; nothing happens when none lives."""
    try:
        descriptor = os.open(round_dir / INBOX / WAKE, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno == errno.ENXIO:  # nobody reads
            return
        raise
    try:
        if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            os.write(descriptor, b"!")
    except BlockingIOError:
        return  # full: it is awake
    finally:
        os.close(descriptor)


_DECODER: msgspec.json.Decoder[InboxMessage] = msgspec.json.Decoder(InboxMessage)
