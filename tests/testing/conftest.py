"""A client that keeps every line an agent prints, so that a test can look at the protocol itself."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from podium.testing.script import Script, save
from podium.testing.waiting import eventually

Message = dict[str, Any]


class RawClient:
    """Drives one scripted agent by hand-written lines."""

    def __init__(self, script: Path, home: Path, cwd: Path, environment: dict[str, str]) -> None:
        self.cwd = cwd
        self.lines: list[bytes] = []
        self.messages: list[Message] = []
        self.stray: list[bytes] = []
        self._new: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._last_id = 0
        self.process = subprocess.Popen(
            [sys.executable, "-m", "podium.testing.scripted_agent", str(script), "--home", str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            try:
                message = json.loads(line)
            except ValueError:
                self.stray.append(line)
                continue
            self.messages.append(message)

    def send(self, message: Message) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self.process.stdin.flush()

    def ask(self, method: str, params: Message) -> int:
        self._last_id += 1
        self.send({"id": self._last_id, "method": method, "params": params})
        return self._last_id

    def answer(self, number: int, seconds: float = 10.0) -> Message:
        """The answer to request `number`, once it is there."""

        def there() -> Message | None:
            return next((each for each in self.messages if each.get("id") == number and "method" not in each), None)

        return eventually(there, seconds, what=f"the answer to request {number}")

    def call(self, method: str, params: Message) -> Message:
        answer = self.answer(self.ask(method, params))
        assert "result" in answer, answer
        return answer["result"]

    def new_session(self) -> str:
        return self.call("session/new", {"cwd": str(self.cwd), "mcpServers": []})["sessionId"]

    def load(self, session: str) -> None:
        self.call("session/load", {"sessionId": session, "cwd": str(self.cwd), "mcpServers": []})

    def begin(self, session: str, text: str = "go") -> int:
        return self.ask("session/prompt", {"sessionId": session, "prompt": [{"type": "text", "text": text}]})

    def prompt(self, session: str, text: str = "go") -> str:
        """Prompts and gives the stop reason."""
        return self.answer(self.begin(session, text))["result"]["stopReason"]

    def updates(self, kind: str = "") -> list[Message]:
        every = [each["params"]["update"] for each in self.messages if each.get("method") == "session/update"]
        return [each for each in every if not kind or each["sessionUpdate"] == kind]

    def said(self) -> str:
        return "".join(each["content"]["text"] for each in self.updates("agent_message_chunk"))

    def results(self) -> list[Message]:
        """The finished tool calls."""
        return [each for each in self.updates("tool_call_update") if each.get("status") in ("completed", "failed")]

    def close(self) -> int:
        """Closes the pipe, waits for the end, and gives the exit code."""
        assert self.process.stdin is not None
        if not self.process.stdin.closed:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
        code = self.process.wait(timeout=10)
        self._reader.join(timeout=10)
        return code

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join(timeout=10)


Start = Callable[[Script], RawClient]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    directory = tmp_path / "workspace"
    directory.mkdir()
    return directory


@pytest.fixture
def start(tmp_path: Path, workspace: Path, home: Path, environment: dict[str, str]) -> Iterator[Start]:
    """Starts a scripted agent with this script; sessions are kept in one home for the whole test."""
    clients: list[RawClient] = []

    def begin(script: Script) -> RawClient:
        path = save(script, tmp_path / "script.json")
        clients.append(RawClient(path, home, workspace, environment))
        return clients[-1]

    yield begin
    for client in clients:
        client.kill()
        for pipe in (client.process.stdin, client.process.stdout, client.process.stderr):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
