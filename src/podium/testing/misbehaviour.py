"""The actions of an agent that misbehaves, by accident or on purpose."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from podium.testing.actions import (
    Allocate,
    Crash,
    DeleteWorkspace,
    Exit,
    FillDisk,
    Flood,
    Fork,
    InvalidJson,
    ManyEvents,
    PlantGit,
    RewriteHistory,
    StrayStdout,
    Symlink,
)
from podium.testing.turn import Turn, perform

_CHUNK = 64 * 1024
_MEGABYTE = 1 << 20


@perform.register
def _(action: Exit, _turn: Turn) -> None:
    os._exit(action.code)  # from a thread; nothing is to be tidied up


@perform.register
def _(_action: Crash, _turn: Turn) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@perform.register
def _(action: Flood, turn: Turn) -> None:
    line = b"x" * (127 if action.lines else 128) + (b"\n" if action.lines else b"")
    chunk = line * (_CHUNK // len(line))
    left = action.bytes
    while left > 0:
        turn.stop_if_cancelled()
        part = chunk[:left]
        left -= len(part)
        match action.to:
            case "stdout":
                turn.wire.raw(part)
            case "stderr":
                os.write(2, part)
            case "messages":
                turn.update("agent_message_chunk", content={"type": "text", "text": part.decode()})
    if action.to == "stdout":
        turn.wire.raw(b"\n")


@perform.register
def _(action: InvalidJson, turn: Turn) -> None:
    turn.wire.raw(action.text.encode() + b"\n")


@perform.register
def _(action: StrayStdout, turn: Turn) -> None:
    turn.wire.raw(action.text.encode() + b"\n")


@perform.register
def _(action: ManyEvents, turn: Turn) -> None:
    for number in range(1, action.count + 1):
        turn.stop_if_cancelled()
        turn.update("agent_message_chunk", content={"type": "text", "text": f"{action.text} {number}\n"})


@perform.register
def _(action: Fork, turn: Turn) -> None:
    with turn.tool(f"Start {action.count} processes", "execute") as call:
        started = 0
        for _ in range(action.count):
            try:
                _start_sleeper(action)
            except OSError as error:
                call.fail(f"process {started + 1}: {error}")
                break
            started += 1
        call.show(f"{started} processes started")
        call.raw_output = {"started": started}


def _start_sleeper(action: Fork) -> None:
    """A process of its own that only sleeps. OSError when the system refuses one."""
    child = os.fork()
    if child == 0:
        code = 0
        try:
            if action.daemon:
                os.setsid()
                if os.fork() != 0:
                    os._exit(0)
            for descriptor in () if action.holds_stdout else (0, 1, 2):
                os.close(descriptor)
            time.sleep(action.seconds)
        except OSError:
            code = 1
        os._exit(code)
    if action.daemon and os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
        raise OSError("the second fork was refused")


@perform.register
def _(action: FillDisk, turn: Turn) -> None:
    path = turn.path(action.path)
    with turn.tool(f"Write {action.path}", "edit", path=path) as call:
        written = 0
        try:
            with path.open("wb") as file:
                while not action.megabytes or written < action.megabytes * _MEGABYTE:
                    turn.stop_if_cancelled()
                    written += file.write(b"\xa5" * _MEGABYTE)
                    file.flush()
        except OSError as error:
            call.fail(str(error))
        call.show(f"{written // _MEGABYTE} MB written")
        call.raw_output = {"megabytes": written // _MEGABYTE}


@perform.register
def _(action: Allocate, turn: Turn) -> None:
    with turn.tool(f"Allocate {action.megabytes} MB", "other") as call:
        try:
            held = [os.urandom(4096) * (_MEGABYTE // 4096) for _ in range(action.megabytes)]
        except MemoryError:
            call.fail("there was not so much memory")
            return
        turn.wait(action.seconds)
        call.show(f"{len(held)} MB held")


@perform.register
def _(action: Symlink, turn: Turn) -> None:
    path = turn.path(action.path)
    with turn.tool(f"Link {action.path} to {action.to}", "edit", path=path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(action.to)


# --- git --------------------------------------------------------------------------------------------------------------


@perform.register
def _(action: PlantGit, turn: Turn) -> None:
    with turn.tool("Configure git", "execute") as call:
        for how in action.how:
            _PLANTS[how](turn.cwd, action.payload)
        call.show(", ".join(action.how))


def _payload(cwd: Path, payload: str) -> Path:
    script = cwd / ".git" / "podium-payload"
    script.write_text(f"#!/bin/sh\n{payload}\ncat 2>/dev/null\nexit 0\n")
    script.chmod(0o755)
    return script


def _git(cwd: Path, *arguments: str) -> None:
    result = subprocess.run(["git", *arguments], cwd=cwd, capture_output=True, check=False)
    if result.returncode != 0:
        raise OSError(f"git {arguments[0]}: {result.stderr.decode(errors='replace').strip()}")


def _plant_hooks(cwd: Path, payload: str) -> None:
    script = _payload(cwd, payload)
    hooks = cwd / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("pre-commit", "post-checkout", "post-merge", "reference-transaction", "post-index-change"):
        shutil.copy(script, hooks / name)


def _plant_fsmonitor(cwd: Path, payload: str) -> None:
    _git(cwd, "config", "core.fsmonitor", str(_payload(cwd, payload)))


def _plant_filter(cwd: Path, payload: str) -> None:
    script = _payload(cwd, payload)
    for kind in ("clean", "smudge"):
        _git(cwd, "config", f"filter.podium.{kind}", str(script))
    with (cwd / ".gitattributes").open("a") as file:
        file.write("* filter=podium\n")


def _plant_diff(cwd: Path, payload: str) -> None:
    script = _payload(cwd, payload)
    _git(cwd, "config", "diff.external", str(script))
    for kind in ("command", "textconv"):
        _git(cwd, "config", f"diff.podium.{kind}", str(script))
    with (cwd / ".gitattributes").open("a") as file:
        file.write("* diff=podium\n")


def _plant_nested(cwd: Path, payload: str) -> None:
    nested = cwd / "nested"
    nested.mkdir()
    _git(nested, "init", "-q", ".")
    _git(nested, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "--allow-empty", "-m", "nested")
    (nested / "inside.txt").write_text("inside\n")
    _plant_fsmonitor(nested, payload)


_PLANTS = {
    "hooks": _plant_hooks,
    "fsmonitor": _plant_fsmonitor,
    "filter": _plant_filter,
    "diff": _plant_diff,
    "nested": _plant_nested,
}


@perform.register
def _(_action: RewriteHistory, turn: Turn) -> None:
    with turn.tool("Rewrite history", "execute"):
        _git(turn.cwd, "checkout", "-q", "--orphan", "podium-rewritten")
        identity = ("-c", "user.name=Nobody", "-c", "user.email=nobody@example.org")
        _git(turn.cwd, *identity, "commit", "-q", "--allow-empty", "-m", "rewritten")
        branches = (turn.cwd / ".git" / "refs" / "heads").rglob("*")
        for branch in [each for each in branches if each.is_file() and each.name != "podium-rewritten"]:
            branch.unlink()
        (turn.cwd / ".git" / "packed-refs").unlink(missing_ok=True)
        _git(turn.cwd, "reflog", "expire", "--expire=now", "--all")


@perform.register
def _(_action: DeleteWorkspace, turn: Turn) -> None:
    with turn.tool("Delete everything", "delete", path=turn.cwd) as call:
        names = sorted(each.name for each in turn.cwd.iterdir())
        for name in names:
            path = turn.cwd / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        call.show("\n".join(names))
