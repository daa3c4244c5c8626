"""Starting a round's supervisor once, and finding it again: what the conductor uses.

Whether a supervisor lives is what its lock says, not what a pid or a clock says. Any number of callers may call
`start_or_attach` at once, and each may be killed at any point: one supervisor runs, and it outlives all of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import msgspec

from podium.kernel.errors import PodiumError
from podium.kernel.value import Value
from podium.supervisor import inbox, lock
from podium.supervisor.main import SECRETS
from podium.supervisor.nursery import Nursery, NurseryGoneError
from podium.supervisor.order import LOCK, LOG, STARTS, ExitRecord, Order, Start, read_exit, read_order, write_order

STARTUP_SECONDS = 60.0
_LOG_TAIL = 1000  # characters


class NotStarted(Value, frozen=True, kw_only=True, tag="not started"):
    """No supervisor lives, and no agent was ever started."""


class Alive(Value, frozen=True, kw_only=True, tag="alive"):
    """A supervisor lives. `attempt` is 0 until it is about to start its first agent."""

    attempt: int
    pid: int


class Died(Value, frozen=True, kw_only=True, tag="died"):
    """A supervisor started an agent and is gone without an exit record, and so is the agent."""

    attempt: int


class Ended(Value, frozen=True, kw_only=True, tag="ended"):
    """The round is over."""

    record: ExitRecord


Status: TypeAlias = NotStarted | Alive | Died | Ended


def start_or_attach(
    round_dir: Path,
    order: Order,
    python: str = sys.executable,
    *,
    nursery: Nursery | None = None,
    secrets: Mapping[str, str] | None = None,
) -> None:
    """See to it that the round has a supervisor, or has ended; returns once that is so.

    Starts nothing where one lives or the round has ended. After the death of a supervisor a new one is started, which
    goes on in the same session where it can. The first order written counts; a later one is ignored. It is started in
    the `nursery` where one is given and lives: that is the same, and quicker. `secrets` are handed over by a pipe: they
    are on no command line, in no environment and in no file.
    Raises PodiumError when the supervisor cannot be started.
    """
    round_dir.mkdir(parents=True, exist_ok=True)
    inbox.prepare(round_dir)
    write_order(round_dir, order)
    read_order(round_dir)  # the first one counts: it must be one that a supervisor can follow
    if isinstance(status(round_dir), Alive | Ended):
        return
    why = _begin_warm(round_dir, nursery, secrets or {})
    if why is None:
        why = _begin(round_dir, python, secrets or {})
    if why:
        raise PodiumError(f"the supervisor did not start: {why}", where=str(round_dir), do=f"see {round_dir / LOG}")


def _begin_warm(round_dir: Path, nursery: Nursery | None, secrets: Mapping[str, str]) -> str | None:
    """Start it in the nursery: why that did not work, or an empty text; None when there is none."""
    if nursery is None:
        return None
    try:
        return nursery.begin(round_dir, secrets)
    except NurseryGoneError:
        return None  # it may have started it all the same: the next one finds that by the lock


def _begin(round_dir: Path, python: str, secrets: Mapping[str, str]) -> str:
    """Start it in a process of its own: why that did not work, or an empty text."""
    # The first process forks the supervisor, waits until that has the lock (or has found that another one has it),
    # and ends: so the supervisor is no child of ours, and nobody needs to reap it.
    command = [python, "-P", "-m", "podium.supervisor", os.fspath(round_dir.absolute()), SECRETS]
    try:
        started = subprocess.run(
            command,
            input=json.dumps(dict(secrets)).encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            timeout=STARTUP_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if started.returncode == 0:
        return ""
    said = started.stderr.decode("utf-8", "replace").strip()[-2000:]
    return said or f"exit code {started.returncode}"


def status(round_dir: Path) -> Status:
    """How the round stands, from its directory alone."""
    record = read_exit(round_dir)
    if record is not None:
        return Ended(record=record)
    pid = lock.holder(round_dir / LOCK)
    if pid is not None:
        return Alive(attempt=starts(round_dir), pid=pid)
    record = read_exit(round_dir)  # it may have ended between the two looks
    if record is not None:
        return Ended(record=record)
    attempt = starts(round_dir)
    return Died(attempt=attempt) if attempt else NotStarted()


def last_words(round_dir: Path) -> str:
    """The last line that the round's supervisors left in their log; empty where there is none."""
    log = round_dir / LOG
    said = log.read_text(errors="replace")[-_LOG_TAIL:].strip() if log.exists() else ""
    return said.splitlines()[-1] if said else ""


def starts(round_dir: Path) -> int:
    """How many times an agent was started, or was just about to be, in this round."""
    return len(start_lines(round_dir))


def start_lines(round_dir: Path) -> tuple[Start, ...]:
    """The starts, in order; a torn last line is no start (its agent was never started)."""
    try:
        data = (round_dir / STARTS).read_bytes()
    except FileNotFoundError:
        return ()
    whole = data[: data.rfind(b"\n") + 1]
    return tuple(msgspec.json.decode(line, type=Start) for line in whole.split(b"\n") if line)
