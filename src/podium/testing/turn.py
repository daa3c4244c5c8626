"""One round as it is played: what an action may do to the conversation, and when it must stop."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import singledispatch
from pathlib import Path
from typing import Any

from podium.testing.actions import Action, Ask, Crash, Exit
from podium.testing.session import Session
from podium.testing.wire import Params, Wire

_SHOWN = 64 * 1024  # bytes of output that a tool call shows
_POLL = 0.02


class CancelledError(Exception):
    """The client cancelled the round."""


class EndedError(Exception):
    """The script ends the round here."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ToolCall:
    """A tool call while it is at work: collects what its last update shows."""

    def __init__(self, number: str) -> None:
        self.id = number
        self.content: list[Params] = []
        self.raw_output: Params = {}
        self.failed = False

    def show(self, text: str) -> None:
        self.content.append({"type": "content", "content": {"type": "text", "text": text[-_SHOWN:]}})

    def diff(self, path: Path, old: str | None, new: str) -> None:
        self.content.append({"type": "diff", "path": str(path), "oldText": old, "newText": new})

    def fail(self, why: str) -> None:
        self.failed = True
        self.show(why)


class Turn:
    """Plays one round: `play` until it returns the stop reason; `cancel` from another thread."""

    def __init__(self, wire: Wire, session: Session, cwd: Path) -> None:
        self.wire = wire
        self.session = session
        self.cwd = cwd
        self.ignores_cancel = False
        self.abandoned = False
        self.deaf = threading.Event()  # set: the process is to read nothing any more
        self._cancelled = threading.Event()
        self._spoke = False
        self._calls = 0

    def play(self, actions: tuple[Action, ...]) -> str:
        """Does what was not done before, in order, recording each action once it is done; gives the stop reason."""
        try:
            self._play(actions, "")
        except CancelledError:
            return "cancelled"
        except EndedError as ended:
            return ended.reason
        return "end_turn"

    def _play(self, actions: tuple[Action, ...], prefix: str) -> None:
        done = self.session.state.finished
        for number, action in enumerate(actions):
            key = f"{prefix}{number}"
            if key in done:
                continue
            self.stop_if_cancelled()
            if isinstance(action, Ask):
                self._play(action.allowed if self._allowed(action, key) else action.denied, f"{key}.")
            elif isinstance(action, Exit | Crash):
                # Nothing comes after these, and a process that loads the session must not die of them again.
                self._record(key)
            self._perform(action)
            self._record(key)

    def _perform(self, action: Action) -> None:
        try:
            perform(action, self)
        except BrokenPipeError:
            raise
        except OSError as error:  # an agent whose tool fails goes on
            sys.stderr.write(f"podium-scripted-agent: {type(action).__name__}: {error}\n")

    def _record(self, key: str) -> None:
        if key not in self.session.state.finished:
            self.session.state.finished.append(key)
            self.session.save()

    # --- cancel and time ----------------------------------------------------------------------------------------------

    def cancel(self) -> None:
        self._cancelled.set()

    def abandon(self) -> None:
        """The client is gone: stop, whatever the script says of cancels, and leave the round to be resumed."""
        self.abandoned = True
        self.ignores_cancel = False
        self._cancelled.set()

    def stop_if_cancelled(self) -> None:
        """Raises CancelledError once the client has cancelled and the script obeys."""
        if self._cancelled.is_set() and not self.ignores_cancel:
            raise CancelledError

    def wait(self, seconds: float) -> None:
        """Lets time pass; a cancel ends it at once."""
        if seconds > 0:
            self.wait_until(lambda: False, seconds)

    def wait_until(self, condition: Callable[[], bool], seconds: float = 0.0) -> bool:
        """Waits for the condition, for ever when `seconds` is 0; False when time ran out. A cancel ends it at once."""
        deadline = time.monotonic() + seconds if seconds > 0 else None
        nobody = threading.Event()
        while not condition():
            self.stop_if_cancelled()
            left = _POLL if deadline is None else min(_POLL, deadline - time.monotonic())
            if left <= 0:
                return False
            (nobody if self.ignores_cancel else self._cancelled).wait(left)
        return True

    # --- what the client sees -----------------------------------------------------------------------------------------

    def update(self, kind: str, /, **fields: Any) -> None:
        self.wire.notify("session/update", {"sessionId": self.session.id, "update": {"sessionUpdate": kind, **fields}})

    def say(self, text: str) -> None:
        """A message; the first of a round says that it is scripted."""
        if not self._spoke:
            text = f"[scripted] {text}"
            self._spoke = True
        self.session.state.history.append(("agent", text))
        self.update("agent_message_chunk", content={"type": "text", "text": text})

    def path(self, text: str) -> Path:
        return self.cwd / Path(text).expanduser()

    @contextmanager
    def tool(
        self, title: str, kind: str, *, path: Path | None = None, raw: Params | None = None
    ) -> Generator[ToolCall]:
        """A tool call around what the block does; an OSError in it makes the call fail, and the script goes on."""
        call = self._begin(title, kind, path, raw)
        try:
            yield call
        except OSError as error:
            call.fail(str(error))
        except CancelledError:
            call.fail("cancelled")
            self._finish(call)
            raise
        self._finish(call)

    def _begin(self, title: str, kind: str, path: Path | None, raw: Params | None) -> ToolCall:
        call = ToolCall(self.next_call())
        locations = [{"path": str(path)}] if path else []
        self.update(
            "tool_call",
            toolCallId=call.id,
            title=title,
            kind=kind,
            status="in_progress",
            locations=locations,
            rawInput=raw or {},
        )
        return call

    def _finish(self, call: ToolCall) -> None:
        status = "failed" if call.failed else "completed"
        fields: Params = {"toolCallId": call.id, "status": status, "content": call.content}
        if call.raw_output:
            fields["rawOutput"] = call.raw_output
        self.update("tool_call_update", **fields)

    def next_call(self) -> str:
        self._calls += 1
        return f"call-{self.session.state.playing or 0}-{len(self.session.state.finished)}-{self._calls}"

    # --- permission ---------------------------------------------------------------------------------------------------

    def _allowed(self, action: Ask, key: str) -> bool:
        """The recorded answer to this question, or the client's, once it gives one."""
        answers = self.session.state.answers
        if key not in answers:
            answers[key] = self._ask(action)
            self.session.save()
        return answers[key]

    def _ask(self, action: Ask) -> bool:
        raw = {name: value for name, value in (("command", action.command), ("path", action.path)) if value}
        call: Params = {"toolCallId": self.next_call(), "title": action.title, "kind": action.kind, "rawInput": raw}
        call |= {"status": "pending", "locations": [{"path": str(self.path(action.path))}] if action.path else []}
        options = [
            {"optionId": "allow", "name": "Allow", "kind": "allow_once"},
            {"optionId": "deny", "name": "Deny", "kind": "reject_once"},
        ]
        self.update("tool_call", **call)
        reply = self.wire.request(
            "session/request_permission", {"sessionId": self.session.id, "toolCall": call, "options": options}
        )
        self.wait_until(reply.arrived.is_set)
        allowed = reply.result.get("outcome", {}).get("optionId") == "allow"
        self.update("tool_call_update", toolCallId=call["toolCallId"], status="completed" if allowed else "failed")
        return allowed


@singledispatch
def perform(action: Any, _turn: Turn) -> None:
    """Does one action. Each kind registers itself; a test checks that none is missing."""
    raise TypeError(f"no action is registered for {type(action).__name__}")


@perform.register
def _(_action: Ask, _turn: Turn) -> None:
    """All that it holds was played before: see `Turn.play`."""
