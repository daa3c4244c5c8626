"""The supervisor's life: fork, lock, go on where an earlier one stopped, play, leave an exit record.

    python -m podium.supervisor ROUND_DIR [--secrets]

With `--secrets`, stdin is a JSON object of the variables that hold the keys of the round's model provider. They are
kept in the supervisor's memory, and written nowhere.

The process that was started waits until the supervisor, its child, has the lock, and ends with 0; with 0 as well when
another supervisor has it or the round is over, and with 1 and a line on stderr when the supervisor cannot begin.
The supervisor is a session of its own, has no descriptor of its starter, and belongs to nobody.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path

from podium.supervisor.names import EXIT, LOCK, LOG

SECRETS = "--secrets"


def main(arguments: list[str]) -> int:
    """The starting process."""
    if len(arguments) not in (1, 2) or arguments[1:] not in ([], [SECRETS]):
        print(f"usage: python -m podium.supervisor ROUND_DIR [{SECRETS}]", file=sys.stderr)  # noqa: T201
        return 2
    why = begin(Path(arguments[0]), json.load(sys.stdin) if arguments[1:] else {})
    if why:
        print(why, file=sys.stderr)  # noqa: T201
    return 1 if why else 0


def begin(round_dir: Path, secrets: Mapping[str, str]) -> str:
    """Fork the supervisor and wait until it is ready: why it could not begin, or an empty text.

    The supervisor is a child of this process, which has to end soon: nobody reaps it otherwise.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _supervisor(round_dir, writing, secrets)
    os.close(writing)
    said = b""
    while block := os.read(reading, 4096):
        said += block
    return "" if said == b"ready" else said.decode("utf-8", "replace") or "it ended before it was ready"


def _supervisor(round_dir: Path, ready: int, secrets: Mapping[str, str]) -> None:
    """The child: never returns."""
    from podium.supervisor import lock

    code = 1
    try:
        os.setsid()
        os.umask(0o077)
        held = lock.take(round_dir / LOCK)
        if held is None or (round_dir / EXIT).exists():
            _say(ready, "ready")
            os._exit(0)
        _detach(round_dir, ready)
    except OSError as error:
        _say(ready, f"{error.filename or round_dir}: {error.strerror}")
        os._exit(1)
    _say(ready, "ready")
    os.close(ready)
    try:
        code = _supervise(round_dir, secrets)
    except Exception:  # noqa: BLE001 - the end of this process, whatever it is: leave its traceback in the log
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _detach(round_dir: Path, ready: int) -> None:
    """Leave everything behind that came from the starter; stdout and stderr go to the log."""
    log = os.open(round_dir / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, null), (1, log), (2, log)):
        os.dup2(source, target)
    kept = {0, 1, 2, ready}
    # The lock's descriptor must stay: closing it would give the lock away.
    for descriptor in _open_descriptors():
        if descriptor not in kept and not _is(descriptor, round_dir / LOCK):
            os.close(descriptor)
    os.chdir("/")
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _open_descriptors() -> list[int]:
    listing = "/proc/self/fd" if Path("/proc/self/fd").exists() else "/dev/fd"
    found: list[int] = []
    for name in [entry.name for entry in Path(listing).iterdir()]:
        try:
            os.fstat(int(name))
        except OSError:
            continue  # the listing's own
        found.append(int(name))
    return found


def _is(descriptor: int, path: Path) -> bool:
    return os.path.samestat(os.fstat(descriptor), path.stat())


def _say(ready: int, text: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # the starter was killed: the supervisor goes on
        os.write(ready, text.encode())


def _supervise(round_dir: Path, secrets: Mapping[str, str]) -> int:
    """The heavy part, imported only now, when the starter has its answer."""
    import asyncio

    from podium.kernel.clock import SystemClock
    from podium.kernel.errors import PodiumError
    from podium.supervisor.bounded_log import install
    from podium.supervisor.round import Round

    install()
    try:
        asyncio.run(Round(round_dir, SystemClock(), secrets).run())
    except PodiumError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the log
        return 1
    return 0
