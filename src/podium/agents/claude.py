"""Claude Code by its own stream: `claude -p` with JSON lines both ways, so that one process serves many turns.

It is started without permission checks of its own, because the sandbox is the boundary; with `--permission-mode` in
the configured command it asks, and the question reaches the person (or a rule) like every agent's. The session's id is
chosen before the agent starts, so that it is known should everything die in the next moment; whether the session that
is asked for exists is looked up inside the sandbox, in the agent's own HOME.
"""

from __future__ import annotations

import asyncio
import re
from typing import Final

from podium.agents import claude_stream
from podium.agents.driver import AgentFailedError, AgentGoneError, AgentTask, Host, Opened, Pipes, Turn
from podium.agents.object_lines import Object, ObjectLines, part, word
from podium.agents.start import PLACEHOLDER_KEY, Start, spawned

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HELLO: Final = "podium-hello"

# Says which session it is to be, and becomes the agent in it.
_SESSION: Final = (
    'wish=$1; shift; for found in "$HOME"/.claude/projects/*/"$wish".jsonl; do '
    'if [ -n "$wish" ] && [ -f "$found" ]; then '
    'printf \'{"type":"podium","session":"%s","loaded":true}\\n\' "$wish"; exec "$@" --resume "$wish"; fi; done; '
    "read -r new < /proc/sys/kernel/random/uuid; "
    'printf \'{"type":"podium","session":"%s","loaded":false}\\n\' "$new"; exec "$@" --session-id "$new"'
)


def start(task: AgentTask) -> Start:
    """The command, variables and files of Claude Code for a task."""
    words = [*task.command, "-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose"]
    words += ["--permission-prompt-tool", "stdio"]
    if not any(word.startswith(("--permission-mode", "--dangerously-skip-permissions")) for word in task.command):
        words += ["--permission-mode", "bypassPermissions"]
    if task.model:
        words += ["--model", task.model]
    env = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1", "IS_SANDBOX": "1"}
    if task.model_url:
        env |= {"ANTHROPIC_BASE_URL": task.model_url, "ANTHROPIC_API_KEY": PLACEHOLDER_KEY}
    wish = task.session if _UUID.fullmatch(task.session) else ""
    return Start(argv=("/bin/sh", "-c", _SESSION, "podium-session", wish, *words), env=env)


class ClaudeDriver:
    """See `podium.agents.driver.Driver`."""

    def __init__(self) -> None:
        self._lines: ObjectLines | None = None
        self._pipes: Pipes | None = None
        self._host: Host | None = None
        self._cancelled = False
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._asked = 0

    def argv(self, task: AgentTask) -> tuple[str, ...]:
        return spawned(start(task))

    async def open(self, pipes: Pipes, host: Host, task: AgentTask) -> Opened:
        self._pipes, self._host = pipes, host
        self._lines = lines = ObjectLines(pipes, host, task)
        chosen = await lines.next()
        await lines.send(_request(_HELLO, {"subtype": "initialize", "hooks": None}))
        while True:
            message = await lines.next()
            answer = part(message.get("response"))
            if message.get("type") == "control_response" and answer.get("request_id") == _HELLO:
                break
            if message.get("type") == "result":
                raise AgentFailedError(_why(message))
        if answer.get("subtype") != "success":
            raise AgentFailedError(word(answer.get("error"))[:1000] or "it refused the greeting")
        loaded = chosen.get("loaded") is True
        return Opened(
            session=word(chosen.get("session"))[:100],
            loaded=loaded,
            agent_name="Claude Code",
            agent_version=word(part(answer.get("response")).get("claude_code_version"))[:100],
            why_not_loaded="" if loaded or not task.session else "the agent's HOME holds no such session",
        )

    async def turn(self, prompt: str) -> Turn:
        lines, host = self._opened()
        self._cancelled = False
        await lines.send({"type": "user", "message": {"role": "user", "content": prompt}, "parent_tool_use_id": None})
        try:
            while True:
                message = await lines.next()
                if message.get("type") == "result":
                    return self._ended(message, host)
                self._take(message, lines, host)
                if claude_stream.is_unauthorised(message):
                    told = f"{message.get('error_status')} {word(message.get('error'))[:200]}"
                    raise AgentFailedError(f"the model provider refuses the key: {told}")
        finally:
            for task in self._asking.values():
                task.cancel()
            self._asking.clear()

    async def cancel(self) -> None:
        if self._lines is not None:
            self._cancelled = True
            self._asked += 1
            try:
                await self._lines.send(_request(f"podium-{self._asked}", {"subtype": "interrupt"}))
            except AgentGoneError:
                return  # nothing to cancel

    async def close(self) -> None:
        if self._pipes is not None:
            self._pipes.stdin.close()

    # --- one message --------------------------------------------------------------------------------------------------

    def _take(self, message: Object, lines: ObjectLines, host: Host) -> None:
        kind = message.get("type")
        if kind == "control_request":
            identity = word(message.get("request_id"))
            if identity and identity not in self._asking and len(self._asking) < 64:
                self._asking[identity] = asyncio.create_task(self._answer(identity, message, lines, host))
            return
        if kind == "control_cancel_request":
            asking = self._asking.pop(word(message.get("request_id")), None)
            if asking is not None:
                asking.cancel()
            return
        for event in claude_stream.events_of(message):
            host.emit(event)

    async def _answer(self, identity: str, message: Object, lines: ObjectLines, host: Host) -> None:
        request = part(message.get("request"))
        if request.get("subtype") != "can_use_tool":
            lines.undecoded(message, "a request that Podium does not offer")
            await lines.send(_response("error", identity, error="not offered"))
            return
        choice = await host.ask(claude_stream.question(request))
        if choice.option == claude_stream.ALLOW:
            answer: Object = {"behavior": "allow", "updatedInput": part(request.get("input"))}
        else:
            said = "This is not allowed." if choice.option else "Nobody answered: the turn was cancelled."
            answer = {"behavior": "deny", "message": said, "interrupt": not choice.option}
        self._asking.pop(identity, None)
        await lines.send(_response("success", identity, response=answer))

    def _ended(self, result: Object, host: Host) -> Turn:
        reported = claude_stream.usage_of(result)
        host.emit(reported)
        if self._cancelled:
            return Turn(stop_reason="cancelled", usage=reported.usage)
        reason = claude_stream.stop_of(result)
        if not reason:
            raise AgentFailedError(_why(result))
        return Turn(stop_reason=reason, usage=reported.usage)

    def _opened(self) -> tuple[ObjectLines, Host]:
        if self._lines is None or self._host is None:
            raise RuntimeError("a turn needs an open driver")
        return self._lines, self._host


def _request(identity: str, request: Object) -> Object:
    return {"type": "control_request", "request_id": identity, "request": request}


def _response(subtype: str, identity: str, **fields: object) -> Object:
    return {"type": "control_response", "response": {"subtype": subtype, "request_id": identity, **fields}}


def _why(result: Object) -> str:
    errors = result.get("errors")
    told = "; ".join(map(str, errors)) if isinstance(errors, list) else ""  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    text = word(result.get("result")) or told or word(result.get("subtype")) or "it ended its turn with an error"
    return text[:1000]
