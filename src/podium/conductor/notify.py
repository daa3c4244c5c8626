"""Telling a person of a need: on the desktop, by a command of the project, by a webhook.

Told by a thread of its own, so that a hook that hangs holds up nothing. Each notice is claimed in the database first
and marked as told afterwards: of several workers one tells it, and when that one dies in between, another does so
once its claim has run out. So a notice may be told twice after a crash, and is never lost.
"""

from __future__ import annotations

import html
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import SimpleQueue
from shutil import which

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from podium.conductor.desk import Desk
from podium.conductor.notices import Notice, notices
from podium.conductor.state import State
from podium.ledger.workers import hand_lease, take_lease
from podium.project.model import Notify

HOOK_SECONDS = 20.0
CLAIM_SECONDS = 90.0
TOLD_SECONDS = 10 * 365 * 86400.0
TRIES = 3
_DESKTOP = ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "HOME", "LANG")


class Notifier:
    """One worker's voice. `look` is called from the worker's loop and never waits."""

    def __init__(
        self,
        desk: Desk,
        worker: str,
        path: str,
        environ: Mapping[str, str],
        *,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        self._desk, self._worker, self._path, self._environ = desk, worker, path, environ
        self._asked: set[str] = set()
        self._queue: SimpleQueue[tuple[Notify, Notice]] = SimpleQueue()
        self._open = 0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._pause = pause or threading.Event().wait

    @property
    def busy(self) -> bool:
        """Whether something is still to be told."""
        with self._lock:
            return self._open > 0

    def look(self, state: State) -> None:
        """Tell what is new in this project, if its settings name a way."""
        settings = state.settings.notify
        if not (settings.desktop or settings.command or settings.webhook):
            return
        for notice in notices(state):
            if notice.key in self._asked:
                continue
            self._asked.add(notice.key)
            with self._lock:
                self._open += 1
            self._queue.put((settings, notice))
        if self._thread is None and self.busy:
            self._thread = threading.Thread(target=self._run, daemon=True, name="notify")
            self._thread.start()

    def _run(self) -> None:
        while True:
            settings, notice = self._queue.get()
            try:
                self._tell(settings, notice)
            except (SQLAlchemyError, OSError) as error:
                self._asked.discard(notice.key)  # asked again with the next change
                print(f"a notice was not told: {error}", file=sys.stderr, flush=True)  # noqa: T201 - the worker's log
            finally:
                with self._lock:
                    self._open -= 1

    def _tell(self, settings: Notify, notice: Notice) -> None:
        database, name = self._desk.ledger.engine, f"notice:{notice.key}"
        if not take_lease(database, name, self._worker, CLAIM_SECONDS):
            return
        ways = ways_of(settings, notice, self._path, self._environ)
        for attempt in range(TRIES):
            ways = [way for way in ways if not _works(way, notice)]
            if not ways or attempt == TRIES - 1:
                break
            self._pause(2.0 * 3**attempt)
        hand_lease(database, name, self._worker, "told", TOLD_SECONDS)


def _works(way: Callable[[], None], notice: Notice) -> bool:
    try:
        way()
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        said = f"notify: {notice.title}: {type(error).__name__}: {error}"
        print(said[:500], file=sys.stderr, flush=True)  # noqa: T201 - the worker's log
        return False
    return True


def ways_of(settings: Notify, notice: Notice, path: str, environ: Mapping[str, str]) -> list[Callable[[], None]]:
    """How a notice is told, by these settings; a desktop without `notify-send` is no way."""
    found: list[Callable[[], None]] = []
    program = which("notify-send", path=path) if settings.desktop else None
    if program is not None:
        found.append(
            lambda: _on_desktop(program, notice, {name: environ[name] for name in _DESKTOP if name in environ})
        )
    if settings.command:
        found.append(lambda: _by_command(settings.command, notice, path, environ.get("HOME", "/")))
    if settings.webhook:
        found.append(lambda: _by_webhook(settings.webhook, notice))
    return found


def _on_desktop(program: str, notice: Notice, environ: dict[str, str]) -> None:
    urgency = "critical" if notice.kind in ("permission", "tripwire") else "normal"
    body = html.escape(notice.what, quote=False)  # desktops read markup in the body
    argv = [program, "--app-name=Podium", f"--urgency={urgency}", "--", notice.title, body]
    _run_quietly(argv, environ, b"")


def _by_command(command: str, notice: Notice, path: str, home: str) -> None:
    environ = {"PATH": path, "HOME": home}
    environ |= {f"PODIUM_{name.upper()}": value for name, value in msgspec.structs.asdict(notice).items()}
    _run_quietly(["/bin/sh", "-c", command], environ, msgspec.json.encode(notice) + b"\n")


def _run_quietly(argv: list[str], environ: dict[str, str], said: bytes) -> None:
    subprocess.run(
        argv, input=said, env=environ, cwd=Path("/"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        timeout=HOOK_SECONDS, check=True, start_new_session=True,
    )  # fmt: skip


def _by_webhook(url: str, notice: Notice) -> None:
    from urllib.request import Request, urlopen

    if not url.startswith(("http://", "https://")):
        raise ValueError("a webhook needs an http URL")
    text = f"[{notice.project}] {notice.title}: {notice.what}"
    body = msgspec.json.encode({"text": text, **msgspec.structs.asdict(notice)})
    request = Request(url, data=body, headers={"Content-Type": "application/json", "User-Agent": "podium"})
    with urlopen(request, timeout=HOOK_SECONDS) as answer:
        answer.read(1)
