"""mini-swe-agent: one process for each turn, a trajectory instead of a stream, and no sessions.

A shell inside the sandbox takes one line for each turn, runs `mini` on it, and shows the trajectory once it is over.
Meanwhile mini's console tells the step it is at, which is the sign of life that there is. A second turn, and a round
that goes on, start from the workspace as it is, with nothing remembered.
"""

from __future__ import annotations

import base64
import re
from typing import Final

import msgspec

from podium.agents.driver import AgentFailedError, AgentTask, Host, Opened, Pipes, Turn
from podium.agents.event import Event, Message, Thought, ToolCall, Undecoded, UsageReported
from podium.agents.object_lines import Object, ObjectLines, amount, count, decoded, part, parts, word
from podium.agents.start import PLACEHOLDER_KEY, Start, spawned
from podium.runs.model import Usage

SESSION: Final = "mini-keeps-no-session"
OUTPUT_TAIL: Final = 16 * 1024
_TITLE: Final = 200
_STEP: Final = re.compile(rb"^mini-swe-agent \(step (\d+), \$(\d+\.\d+)\)")

# Lines of stdin: `cancel`, or a prompt in base64. The trajectory is indented JSON, which no newline but the format's
# own can be in: without them it is one line.
_TURNS: Final = """
at="${TMPDIR:-/tmp}/podium-mini.$$"; mkdir -p "$at"; turn=
while IFS= read -r line; do
  if [ "$line" = cancel ]; then [ -z "$turn" ] || kill -TERM "$turn" 2>/dev/null; continue; fi
  printf %s "$line" | base64 -d > "$at/prompt"; rm -f "$at/out.json"
  (
    agent=; over=
    trap 'over=yes; [ -z "$agent" ] || kill -TERM "$agent" 2>/dev/null' TERM
    "$@" -t "$(cat "$at/prompt")" -o "$at/out.json" < /dev/null & agent=$!
    [ -z "$over" ] || kill -TERM "$agent" 2>/dev/null
    wait "$agent"; code=$?
    while kill -0 "$agent" 2>/dev/null; do wait "$agent"; code=$?; done
    echo; [ ! -f "$at/out.json" ] || tr -d '\\n' < "$at/out.json"
    printf '\\n{"podium_turn_over": %d}\\n' "$code"
  ) & turn=$!
done
[ -z "$turn" ] || kill -TERM "$turn" 2>/dev/null
"""


def start(task: AgentTask) -> Start:
    """The command, variables and files of mini-swe-agent for a task."""
    words = [*task.command, "-y", "--exit-immediately"]
    env = {"MSWEA_CONFIGURED": "true", "MSWEA_COST_TRACKING": "ignore_errors", "LITELLM_LOCAL_MODEL_COST_MAP": "True",
           "PYTHONUNBUFFERED": "1"}  # fmt: skip
    if task.model_url:
        env |= {"OPENAI_API_BASE": f"{task.model_url}/v1", "OPENAI_API_KEY": PLACEHOLDER_KEY}
        words += ["-m", f"openai/{task.model or 'scripted'}"]
    elif task.model:
        words += ["-m", task.model]
    return Start(argv=("/bin/sh", "-c", _TURNS, "podium-turns", *words), env=env)


def events_of(trajectory: Object) -> list[Event]:
    """The events of a whole trajectory."""
    found: list[Event] = []
    for message in parts(trajectory.get("messages")):
        role = message.get("role")
        if role == "assistant":
            found += _said(message)
        elif role == "tool":
            found.append(_answered(message))
    stats = part(part(trajectory.get("info")).get("model_stats"))
    read, wrote = _tokens(trajectory)
    spent = amount(stats.get("instance_cost"))
    found.append(UsageReported(usage=Usage(input_tokens=read, output_tokens=wrote, cost_usd=spent or None)))
    return found


def stop_of(trajectory: Object) -> str:
    """The stop reason of a trajectory; empty when it ended in an error."""
    status = word(part(trajectory.get("info")).get("exit_status"))
    if status == "Submitted":
        return "end_turn"
    return "max_turn_requests" if status == "LimitsExceeded" else ""


class MiniDriver:
    """See `podium.agents.driver.Driver`."""

    def __init__(self) -> None:
        self._lines: ObjectLines | None = None
        self._pipes: Pipes | None = None
        self._host: Host | None = None
        self._cancelled = False

    def argv(self, task: AgentTask) -> tuple[str, ...]:
        return spawned(start(task))

    async def open(self, pipes: Pipes, host: Host, task: AgentTask) -> Opened:
        self._pipes, self._host = pipes, host
        self._lines = ObjectLines(pipes, host, task)
        why = "mini-swe-agent keeps no sessions" if task.session else ""
        return Opened(session=SESSION, loaded=False, agent_name="mini-swe-agent", why_not_loaded=why)

    async def turn(self, prompt: str) -> Turn:
        lines, host, pipes = self._lines, self._host, self._pipes
        if lines is None or host is None or pipes is None:
            raise RuntimeError("a turn needs an open driver")
        self._cancelled = False
        await self._tell(base64.b64encode(prompt.encode()))
        trajectory: Object = {}
        while True:
            line = await lines.line() or b""
            step = _STEP.match(line)
            if step is not None:
                host.emit(UsageReported(usage=Usage(cost_usd=float(step[2]) or None)))
            if not line.startswith(b"{"):
                continue  # mini's console
            found = decoded(line)
            if isinstance(found, Undecoded):
                continue
            if "podium_turn_over" in found:
                return self._ended(trajectory, host, count(found.get("podium_turn_over")))
            if "trajectory_format" in found:
                trajectory = found

    async def cancel(self) -> None:
        self._cancelled = True
        if self._pipes is not None and not self._pipes.stdin.is_closing():
            await self._tell(b"cancel")

    async def close(self) -> None:
        if self._pipes is not None:
            self._pipes.stdin.close()

    async def _tell(self, line: bytes) -> None:
        if self._pipes is not None:
            try:
                self._pipes.stdin.write(line + b"\n")
                await self._pipes.stdin.drain()
            except ConnectionError:
                return  # reading tells that it is gone

    def _ended(self, trajectory: Object, host: Host, code: int | None) -> Turn:
        for event in events_of(trajectory) if trajectory else ():
            host.emit(event)
        if self._cancelled:
            return Turn(stop_reason="cancelled")
        reason = stop_of(trajectory)
        if reason:
            return Turn(stop_reason=reason)
        info = part(trajectory.get("info"))
        status = word(info.get("exit_status")) or f"exit code {code}"
        raise AgentFailedError(f"mini-swe-agent ended with {status}: {word(info.get('submission'))[:500]}".rstrip(": "))


def _said(message: Object) -> list[Event]:
    found: list[Event] = []
    if thought := word(message.get("reasoning_content")):
        found.append(Thought(text=thought))
    if text := word(message.get("content")):
        found.append(Message(text=text))
    for call in parts(message.get("tool_calls")):
        function = part(call.get("function"))
        try:
            given: object = msgspec.json.decode(word(function.get("arguments")))
        except msgspec.DecodeError:
            given = {}
        command = word(part(given).get("command"))
        identity = word(call.get("id"))
        title = command[:_TITLE] or word(function.get("name"))
        found.append(ToolCall(id=identity, title=title, kind="execute", status="in_progress", command=command))
    return found


def _answered(message: Object) -> ToolCall:
    told = part(message.get("extra"))
    text = word(told.get("raw_output")) or word(message.get("content"))
    failed = told.get("returncode") not in (0, None)
    return ToolCall(
        id=word(message.get("tool_call_id")),
        status="failed" if failed else "completed",
        output=text[-OUTPUT_TAIL:],
    )


def _tokens(trajectory: Object) -> tuple[int | None, int | None]:
    read: list[int] = []
    wrote: list[int] = []
    for message in parts(trajectory.get("messages")):
        usage = part(part(part(message.get("extra")).get("response")).get("usage"))
        for kept, name in ((read, "prompt_tokens"), (wrote, "completion_tokens")):
            number = count(usage.get(name))
            if number is not None:
                kept.append(number)
    return (sum(read) if read else None), (sum(wrote) if wrote else None)
