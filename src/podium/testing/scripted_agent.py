"""`podium-scripted-agent SCRIPT`: an agent without a model, that plays a script and speaks the Agent Client Protocol.

A real process, real files, real commands, real protocol; only the thinking is scripted, and it says so: in its name, in
its title, and at the start of each round's first message. `podium.testing.script` tells what a script holds.

The main thread reads; each round is played in a thread of its own, so that a cancel is heard at any time. The process
ends when its stdin does.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import threading
from pathlib import Path

import podium
from podium.kernel.errors import PodiumError
from podium.testing import misbehaviour as _misbehaviour
from podium.testing import work as _work
from podium.testing.script import Script, load
from podium.testing.session import Session
from podium.testing.turn import Turn
from podium.testing.wire import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    NOT_FOUND,
    Incoming,
    Params,
    RpcError,
    Wire,
)

PROTOCOL_VERSION = 1
ACTIONS_FROM = (_work, _misbehaviour)  # importing them registers their actions


class ScriptedAgent:
    """Answers the client's requests by the script."""

    def __init__(self, script: Script, wire: Wire, home: Path) -> None:
        self._script = script
        self._wire = wire
        self._home = home
        self._sessions: dict[str, tuple[Session, Path]] = {}
        self._turns: dict[str, Turn] = {}
        self.deaf = threading.Event()

    def handle(self, message: Incoming) -> None:
        """Answers one message; a prompt is answered later, by the thread that plays it."""
        try:
            match message.method:
                case "initialize":
                    self._wire.answer(message, self._initialize(message.params))
                case "session/new":
                    session = Session.new(self._home, os.urandom(8))
                    self._open(session, message.params)
                    self._wire.answer(message, {"sessionId": session.id})
                case "session/load" | "session/resume":
                    self._load(message.params, replay=message.method == "session/load")
                    self._wire.answer(message, {})
                case "session/prompt":
                    self._prompt(message)
                case "session/cancel":
                    turn = self._turns.get(message.params.get("sessionId", ""))
                    if turn is not None:
                        turn.cancel()
                case "authenticate":
                    self._wire.answer(message, {})
                case other:
                    raise RpcError(METHOD_NOT_FOUND, f"Method not found: {other}")
        except RpcError as error:
            self._wire.fail(message, error)

    def abandon_all(self) -> None:
        """The client is gone: nothing is to be done any more."""
        for turn in list(self._turns.values()):
            turn.abandon()

    def _initialize(self, params: Params) -> Params:
        return {
            "protocolVersion": min(PROTOCOL_VERSION, params.get("protocolVersion", PROTOCOL_VERSION)),
            "agentInfo": {
                "name": "podium-scripted-agent",
                "title": "Scripted agent (plays a script, has no model)",
                "version": podium.__version__,
            },
            "agentCapabilities": {"loadSession": True, "sessionCapabilities": {"resume": {}}},
            "authMethods": [],
        }

    def _open(self, session: Session, params: Params) -> None:
        cwd = params.get("cwd")
        if not isinstance(cwd, str) or not Path(cwd).is_absolute():
            raise RpcError(INVALID_PARAMS, "cwd must be an absolute path")
        self._sessions[session.id] = (session, Path(cwd))

    def _load(self, params: Params, *, replay: bool) -> None:
        session = Session.load(self._home, str(params.get("sessionId")))
        if session is None:
            raise RpcError(NOT_FOUND, f"Session not found: {params.get('sessionId')}")
        self._open(session, params)
        for who, text in session.state.history if replay else []:
            kind = "user_message_chunk" if who == "user" else "agent_message_chunk"
            update = {"sessionUpdate": kind, "content": {"type": "text", "text": text}}
            self._wire.notify("session/update", {"sessionId": session.id, "update": update})

    def _prompt(self, message: Incoming) -> None:
        name = str(message.params.get("sessionId"))
        if name not in self._sessions:
            raise RpcError(NOT_FOUND, f"Session not found: {name}")
        if name in self._turns:
            raise RpcError(INVALID_REQUEST, "this session is still answering a prompt")
        session, cwd = self._sessions[name]
        blocks: list[Params] = message.params.get("prompt", [])
        text = "\n".join(str(block.get("text", "")) for block in blocks)
        turn = Turn(self._wire, session, cwd)
        turn.deaf = self.deaf
        self._turns[name] = turn
        threading.Thread(target=self._play, args=(message, turn, text), daemon=True).start()

    def _play(self, message: Incoming, turn: Turn, prompt: str) -> None:
        with contextlib.suppress(BrokenPipeError):  # the reading thread sees the client's end as well, and leaves
            self._answer(message, turn, prompt)

    def _answer(self, message: Incoming, turn: Turn, prompt: str) -> None:
        round_ = turn.session.begin(self._script, prompt)
        if round_ is None:
            turn.say("Nothing in the script answers this prompt.")
            reason = "refusal"
        else:
            reason = turn.play(round_.actions)
        if turn.abandoned:
            return
        turn.session.end()
        result: Params = {"stopReason": reason}
        state = turn.session.state
        if state.input_tokens or state.output_tokens:
            result["usage"] = {
                "inputTokens": state.input_tokens,
                "outputTokens": state.output_tokens,
                "totalTokens": state.input_tokens + state.output_tokens,
            }
        del self._turns[turn.session.id]
        self._wire.answer(message, result)


def serve(script: Script, wire: Wire, home: Path) -> None:
    """Plays until the client closes the pipe."""
    agent = ScriptedAgent(script, wire, home)
    for message in wire.incoming():
        if agent.deaf.is_set():
            threading.Event().wait()  # for ever: it is scripted to read nothing any more
        agent.handle(message)
    agent.abandon_all()


def main() -> None:
    """The program. Exit code 2 when the script is wrong."""
    parser = argparse.ArgumentParser(
        prog="podium-scripted-agent",
        description="An agent without a model: plays a script and speaks the Agent Client Protocol on stdio.",
        epilog="Example: podium-scripted-agent script.toml",
    )
    parser.add_argument("script", type=Path, help="TOML or JSON file; see podium/testing/script.py")
    parser.add_argument("--home", type=Path, help="where sessions are kept (default: your home directory)")
    parser.add_argument("--check", action="store_true", help="only check the script")
    parser.add_argument("--version", action="version", version=f"podium-scripted-agent {podium.__version__}")
    options = parser.parse_args()
    try:
        script = load(options.script)
    except PodiumError as error:
        sys.stderr.write(f"podium-scripted-agent: error: {error}\n")
        raise SystemExit(error.exit_code) from None
    if options.check:
        return
    wire = Wire(sys.stdin.buffer, sys.stdout.buffer)
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        serve(script, wire, options.home or Path.home())
    _leave()


def _leave() -> None:
    """Ends now: a thread that still plays gets a moment to kill what it started, and no more."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join(timeout=1.0)
    os._exit(0)  # a closed stdout would make an ordinary exit complain


if __name__ == "__main__":
    main()
