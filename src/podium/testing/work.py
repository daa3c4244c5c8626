"""The ordinary actions of a script: what a well-behaved agent does."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from podium.testing.actions import (
    Append,
    Delete,
    Edit,
    End,
    Hang,
    IgnoreCancel,
    Look,
    Mark,
    Pause,
    Plan,
    Read,
    Refuse,
    Run,
    Say,
    Think,
    Usage,
    WaitForFile,
    Write,
)
from podium.testing.turn import EndedError, ToolCall, Turn, perform

_READ_LIMIT = 256 * 1024  # bytes of a file that one read shows


@perform.register
def _(action: Look, turn: Turn) -> None:
    path = turn.path(action.path)
    with turn.tool(f"List {action.path}", "read", path=path) as call:
        names = sorted(each.name + ("/" if each.is_dir() else "") for each in path.iterdir())
        call.show("\n".join(names))


@perform.register
def _(action: Read, turn: Turn) -> None:
    path = turn.path(action.path)
    with turn.tool(f"Read {action.path}", "read", path=path) as call, path.open("rb") as file:
        call.show(file.read(_READ_LIMIT).decode(errors="replace"))


@perform.register
def _(action: Write, turn: Turn) -> None:
    path = turn.path(action.path)
    with turn.tool(f"Write {action.path}", "edit", path=path) as call:
        old = path.read_text(errors="replace") if path.is_file() else None
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(action.text)
        if action.executable:
            path.chmod(path.stat().st_mode | 0o111)
        call.diff(path, old, action.text)


@perform.register
def _(action: Edit, turn: Turn) -> None:
    path = turn.path(action.path)
    with turn.tool(f"Edit {action.path}", "edit", path=path) as call:
        _rewrite(call, path, action)


def _rewrite(call: ToolCall, path: Path, action: Edit) -> None:
    before = path.read_text()
    if action.old not in before:
        call.fail(f"{action.path} does not hold the text that was to be replaced")
        return
    path.write_text(before.replace(action.old, action.new, 1))
    call.diff(path, action.old, action.new)


@perform.register
def _(action: Append, turn: Turn) -> None:
    path = turn.path(action.path)
    with turn.tool(f"Append to {action.path}", "edit", path=path) as call:
        with path.open("a") as file:
            file.write(action.text)
        call.diff(path, None, action.text)


@perform.register
def _(action: Delete, turn: Turn) -> None:
    path = turn.path(action.path)
    with turn.tool(f"Delete {action.path}", "delete", path=path):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


@perform.register
def _(action: Run, turn: Turn) -> None:
    with turn.tool(action.command, "execute", raw={"command": action.command}) as call, tempfile.TemporaryFile() as out:
        child = subprocess.Popen(  # a script's commands are the script author's own
            action.command,
            shell=True,
            cwd=turn.cwd,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
        try:
            in_time = turn.wait_until(lambda: child.poll() is not None, action.seconds)
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
            code = child.wait()
        out.seek(max(0, out.seek(0, os.SEEK_END) - _READ_LIMIT))
        call.show(out.read().decode(errors="replace"))
        call.raw_output = {"exit_code": code}
        call.failed = code != 0
        if not in_time:
            call.show(f"killed after {action.seconds:g} s")


@perform.register
def _(action: Say, turn: Turn) -> None:
    turn.say(action.text)


@perform.register
def _(action: Think, turn: Turn) -> None:
    turn.update("agent_thought_chunk", content={"type": "text", "text": action.text})


@perform.register
def _(action: Plan, turn: Turn) -> None:
    entries = [
        {"content": text, "priority": "medium", "status": "completed" if number < action.done else "pending"}
        for number, text in enumerate(action.entries)
    ]
    turn.update("plan", entries=entries)


@perform.register
def _(action: Usage, turn: Turn) -> None:
    state = turn.session.state
    state.input_tokens += action.input
    state.output_tokens += action.output
    fields: dict[str, object] = {"used": state.input_tokens + state.output_tokens, "size": action.window}
    if action.cost_usd is not None:
        state.cost_usd = (state.cost_usd or 0.0) + action.cost_usd
        fields["cost"] = {"amount": state.cost_usd, "currency": "USD"}
    turn.update("usage_update", **fields)


@perform.register
def _(action: Refuse, turn: Turn) -> None:
    turn.say(action.text)
    raise EndedError("refusal")


@perform.register
def _(action: End, _turn: Turn) -> None:
    raise EndedError(action.reason)


@perform.register
def _(action: Mark, turn: Turn) -> None:
    _touch(turn.path(action.path))


def _touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


@perform.register
def _(action: WaitForFile, turn: Turn) -> None:
    turn.wait_until(turn.path(action.path).exists, action.seconds)


@perform.register
def _(action: Pause, turn: Turn) -> None:
    turn.wait(action.seconds)


@perform.register
def _(action: Hang, turn: Turn) -> None:
    if action.deaf:
        turn.deaf.set()
    if action.mark:
        _touch(turn.path(action.mark))
    turn.wait_until(lambda: False)


@perform.register
def _(_action: IgnoreCancel, turn: Turn) -> None:
    turn.ignores_cancel = True
