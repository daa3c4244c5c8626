"""Any command as an agent, where nothing better is known: it is given the prompt, and what it prints are messages.

The prompt comes on its stdin, or wherever `{prompt}` stands in the configured command. One process serves one turn; a
second turn, and a round that goes on, start from the workspace as it is, with nothing remembered. Exit code 0 only
says that the turn is over: what was done is for the candidate and its evidence to show. Any other code is a failure.
"""

from __future__ import annotations

import base64
import secrets
from typing import Final

from podium.agents.driver import AgentFailedError, AgentTask, Host, Opened, Pipes, Turn
from podium.agents.event import Message, clean
from podium.agents.object_lines import ObjectLines
from podium.agents.start import Start, spawned

SESSION: Final = "a-command-keeps-no-session"
PLACE: Final = "{prompt}"
_ARGUMENT_LIMIT: Final = 120_000  # bytes; Linux takes no longer argument

# Lines of stdin: `cancel`, or a prompt in base64. $1 marks the line that ends a turn: what the command prints cannot
# be taken for it by accident. $2 says where the prompt goes.
_TURNS: Final = """
mark=$1; way=$2; shift 2; at="${TMPDIR:-/tmp}/podium-shell.$$"; mkdir -p "$at"; turn=
while IFS= read -r line; do
  if [ "$line" = cancel ]; then [ -z "$turn" ] || kill -TERM "$turn" 2>/dev/null; continue; fi
  printf %s "$line" | base64 -d > "$at/prompt"
  (
    input=$at/prompt
    if [ "$way" = argument ]; then
      input=/dev/null; first=1
      for word in "$@"; do
        [ -z "$first" ] || { set --; first=; }
        [ "$word" != "{prompt}" ] || word=$(cat "$at/prompt")
        set -- "$@" "$word"
      done
    fi
    agent=; over=
    trap 'over=yes; [ -z "$agent" ] || kill -TERM "$agent" 2>/dev/null' TERM
    "$@" < "$input" 2>&1 & agent=$!
    [ -z "$over" ] || kill -TERM "$agent" 2>/dev/null
    wait "$agent"; code=$?
    while kill -0 "$agent" 2>/dev/null; do wait "$agent"; code=$?; done
    printf '\\n%s %d\\n' "$mark" "$code"
  ) & turn=$!
done
[ -z "$turn" ] || kill -TERM "$turn" 2>/dev/null
rm -rf "$at"
"""


def start(task: AgentTask, mark: str) -> Start:
    """The command of a task; `mark` begins the line that ends a turn."""
    way = "argument" if PLACE in task.command else "stdin"
    env = {"PODIUM_MODEL": task.model} if task.model else {}
    return Start(argv=("/bin/sh", "-c", _TURNS, "podium-turns", mark, way, *task.command), env=env)


def ending(line: bytes, mark: str) -> int | None:
    """The exit code that a line tells; None for what the command itself printed."""
    told = line.removeprefix(mark.encode() + b" ")
    return int(told) if told != line and told.isdigit() and len(told) < 4 else None


class ShellDriver:
    """See `podium.agents.driver.Driver`."""

    def __init__(self) -> None:
        self._lines: ObjectLines | None = None
        self._pipes: Pipes | None = None
        self._host: Host | None = None
        self._mark = f"podium-turn-over-{secrets.token_hex(8)}"
        self._cancelled = False
        self._by_argument = False

    def argv(self, task: AgentTask) -> tuple[str, ...]:
        return spawned(start(task, self._mark))

    async def open(self, pipes: Pipes, host: Host, task: AgentTask) -> Opened:
        self._pipes, self._host = pipes, host
        self._lines = ObjectLines(pipes, host, task)
        self._by_argument = PLACE in task.command
        why = "a plain command keeps no sessions" if task.session else ""
        return Opened(session=SESSION, loaded=False, agent_name=clean(task.agent), why_not_loaded=why)

    async def turn(self, prompt: str) -> Turn:
        lines, host = self._lines, self._host
        if lines is None or host is None:
            raise RuntimeError("a turn needs an open driver")
        told = prompt.encode("utf-8", "replace")
        if self._by_argument and len(told) > _ARGUMENT_LIMIT:
            raise AgentFailedError("the prompt is longer than an argument can be", do="give it on stdin: no {prompt}")
        self._cancelled = False
        await self._tell(base64.b64encode(told))
        while True:
            line = await lines.line() or b""
            code = ending(line, self._mark)
            if code is None:
                host.emit(Message(text=clean(line)))
                continue
            if self._cancelled:
                return Turn(stop_reason="cancelled")
            if code:
                raise AgentFailedError(f"the command ended with exit code {code}")
            return Turn(stop_reason="end_turn")

    async def cancel(self) -> None:
        self._cancelled = True
        await self._tell(b"cancel")

    async def close(self) -> None:
        if self._pipes is not None:
            self._pipes.stdin.close()

    async def _tell(self, line: bytes) -> None:
        if self._pipes is not None and not self._pipes.stdin.is_closing():
            try:
                self._pipes.stdin.write(line + b"\n")
                await self._pipes.stdin.drain()
            except ConnectionError:
                return  # reading tells that it is gone
