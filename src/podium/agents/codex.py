"""Codex by its own stream: `codex app-server`, JSON-RPC by lines, which its editors use.

`codex exec --json` would tell the same items, but neither names a session before the work starts, nor asks, nor can be
cancelled. Codex's own sandbox is off (it cannot nest), and it does not ask, because Podium's sandbox is the boundary;
with `-c approval_policy=untrusted` in the configured command it asks, and the question reaches the person or a rule
(the setting is told to the session: as a setting of the program, this version refuses it). HOME is not under /tmp in
the sandbox, where Codex would refuse to set up its helpers.
"""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

import podium
from podium.agents import codex_stream
from podium.agents.driver import AgentFailedError, AgentGoneError, AgentTask, Host, Opened, Pipes, Turn
from podium.agents.event import ToolCall, UsageReported, upsert
from podium.agents.object_lines import Object, ObjectLines, part, word
from podium.agents.start import PLACEHOLDER_KEY, Start, spawned
from podium.runs.model import Usage

_KEY: Final = "PODIUM_MODEL_KEY"
_MOST_CALLS: Final = 2000


def start(task: AgentTask) -> Start:
    """The command, variables and files of Codex for a task."""
    words = [*_policy(task.command)[0], "-c", "check_for_update_on_startup=false", "-c", "analytics.enabled=false"]
    env: dict[str, str] = {}
    if task.model_url:
        text = msgspec.json.encode(f"{task.model_url}/v1").decode()  # JSON text is TOML text too
        provider = f'{{name="podium", base_url={text}, env_key="{_KEY}", wire_api="responses"}}'
        words += ["-c", 'model_provider="podium"', "-c", f"model_providers.podium={provider}"]
        env[_KEY] = PLACEHOLDER_KEY
    return Start(argv=(*words, "app-server"), env=env)


class CodexDriver:
    """See `podium.agents.driver.Driver`."""

    def __init__(self) -> None:
        self._lines: ObjectLines | None = None
        self._pipes: Pipes | None = None
        self._host: Host | None = None
        self._requests = 0
        self._session = ""
        self._turn = ""
        self._cancelling = False
        self._calls: dict[str, ToolCall] = {}
        self._asking: set[asyncio.Task[None]] = set()
        self._usage = Usage()

    def argv(self, task: AgentTask) -> tuple[str, ...]:
        return spawned(start(task))

    async def open(self, pipes: Pipes, host: Host, task: AgentTask) -> Opened:
        self._pipes, self._host = pipes, host
        self._lines = ObjectLines(pipes, host, task)
        about = {"name": "podium", "title": "Podium", "version": podium.__version__}
        hello = await self._request("initialize", {"clientInfo": about})
        await self._lines.send({"method": "initialized"})
        place: Object = {"cwd": task.workdir, "sandbox": "danger-full-access"}
        place["approvalPolicy"] = _policy(task.command)[1] or "never"
        if task.model:
            place["model"] = task.model
        why = ""
        if task.session:
            try:
                wish = {**place, "threadId": task.session, "excludeTurns": True}
                return self._opened(hello, await self._request("thread/resume", wish), loaded=True, why="")
            except AgentFailedError as error:
                why = error.what
        return self._opened(hello, await self._request("thread/start", place), loaded=False, why=why)

    async def turn(self, prompt: str) -> Turn:
        self._turn, self._cancelling = "", False
        params = {"threadId": self._session, "input": [{"type": "text", "text": prompt}]}
        began = await self._request("turn/start", params)
        self._turn = word(part(began.get("turn")).get("id"))
        if self._cancelling:
            await self._interrupt()
        try:
            while True:
                ended = self._take(await self._reading().next())
                if ended is not None:
                    return self._ending(ended)
        finally:
            for asking in self._asking:
                asking.cancel()
            self._asking.clear()

    async def cancel(self) -> None:
        self._cancelling = True
        if self._turn:
            await self._interrupt()

    async def close(self) -> None:
        if self._pipes is not None:
            self._pipes.stdin.close()

    # --- messages -----------------------------------------------------------------------------------------------------

    async def _request(self, method: str, params: Object) -> Object:
        """Ask, and take everything else that comes before the answer. Raises AgentFailedError for a refusal."""
        self._requests += 1
        identity = self._requests
        await self._reading().send({"id": identity, "method": method, "params": params})
        while True:
            message = await self._reading().next()
            if "method" in message or message.get("id") != identity:
                self._take(message)
                continue
            if "error" in message:
                told = word(part(message.get("error")).get("message"))
                raise AgentFailedError(told[:1000] or "it refused", where=method)
            return part(message.get("result"))

    def _take(self, message: Object) -> Object | None:
        """Do what a message asks for; gives the turn that it ends."""
        host, method = self._host, word(message.get("method"))
        if host is None or not method:
            return None  # the answer to an interruption
        if "id" in message:
            if len(self._asking) < 64:
                asking = asyncio.create_task(self._answer(message, method, host))
                self._asking.add(asking)
                asking.add_done_callback(self._asking.discard)
            return None
        if method == "turn/completed":
            turn = part(part(message.get("params")).get("turn"))
            return turn if not self._turn or turn.get("id") == self._turn else None
        for event in codex_stream.events_of(message):
            if isinstance(event, ToolCall):
                self._remember(event)
            elif isinstance(event, UsageReported):
                self._usage = event.usage
            host.emit(event)
        return None

    async def _answer(self, message: Object, method: str, host: Host) -> None:
        params = part(message.get("params"))
        asked = codex_stream.question(method, params, self._calls.get(word(params.get("itemId"))))
        identity = message.get("id")
        if asked is None:
            self._reading().undecoded(message, "a request that Podium does not offer")
            await self._reading().send({"id": identity, "error": {"code": -32601, "message": "not offered"}})
            return
        choice = await host.ask(asked)
        if method == "item/permissions/requestApproval":
            granted = part(params.get("permissions")) if choice.option == codex_stream.ACCEPT else {}
            await self._reading().send({"id": identity, "result": {"permissions": granted}})
            return
        await self._reading().send({"id": identity, "result": {"decision": choice.option or "cancel"}})

    async def _interrupt(self) -> None:
        self._requests += 1
        params = {"threadId": self._session, "turnId": self._turn}
        try:
            await self._reading().send({"id": self._requests, "method": "turn/interrupt", "params": params})
        except AgentGoneError:
            return  # nothing to cancel

    def _ending(self, turn: Object) -> Turn:
        status = turn.get("status")
        if status == "completed":
            return Turn(stop_reason="end_turn", usage=self._usage)
        if status == "interrupted":
            return Turn(stop_reason="cancelled", usage=self._usage)
        why = word(part(turn.get("error")).get("message"))
        raise AgentFailedError(why[:1000] or f"its turn ended as {word(status)[:80]!r}")

    def _opened(self, hello: Object, answer: Object, *, loaded: bool, why: str) -> Opened:
        thread = part(answer.get("thread"))
        self._session = word(thread.get("id"))
        if not self._session or len(self._session) > 200:
            raise AgentFailedError("it gave a session without an id")
        version = word(thread.get("cliVersion")) or word(hello.get("userAgent"))
        return Opened(
            session=self._session, loaded=loaded, agent_name="Codex", agent_version=version[:100], why_not_loaded=why
        )

    def _remember(self, call: ToolCall) -> None:
        if call.id not in self._calls and len(self._calls) >= _MOST_CALLS:
            del self._calls[next(iter(self._calls))]
        self._calls[call.id] = upsert(self._calls.get(call.id), call)

    def _reading(self) -> ObjectLines:
        if self._lines is None:
            raise RuntimeError("a driver speaks only once it is open")
        return self._lines


def _policy(command: tuple[str, ...]) -> tuple[list[str], str]:
    """The command without its approval policy, and that policy; empty for none."""
    kept: list[str] = []
    policy = ""
    for each in command:
        name, _, value = each.partition("=")
        if name == "approval_policy" and kept and kept[-1] in ("-c", "--config"):
            kept.pop()
            policy = value.strip("'\"")
        else:
            kept.append(each)
    return kept, policy
