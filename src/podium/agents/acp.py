"""Agents that speak the Agent Client Protocol over stdio, by the library `agent-client-protocol`.

The library takes a third of a second of CPU to import: it is imported in `open`, while the agent's process boots.
Neither `fs` nor `terminal` is ever advertised: an agent works in its sandbox, with its own hands.
"""

from __future__ import annotations

import asyncio
import importlib
import json
from typing import TYPE_CHECKING, Any, cast

import podium
from podium.agents import acp_starts, acp_updates
from podium.agents.acp_wire import RAW_LIMIT, Wire
from podium.agents.driver import AgentFailedError, AgentGoneError, AgentTask, Host, Opened, Pipes, Turn
from podium.agents.event import ErrorReported, ToolCall, Undecoded, UsageReported, clean, upsert
from podium.agents.lines import BoundedLines
from podium.agents.start import spawned
from podium.runs.model import Usage

if TYPE_CHECKING:
    from acp.connection import Connection
    from acp.schema import InitializeResponse, RequestPermissionResponse

_MOST_CALLS = 2000  # remembered, to join news of a call with what was known of it
_MOST_QUESTIONS = 64  # open at once
_PAST_QUIET_SECONDS = 0.25  # without an update after a load: its past is told
_PAST_LOOKS = 20


class AcpDriver:
    """See `podium.agents.driver.Driver`."""

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._wire: Wire | None = None
        self._host: Host | None = None
        self._pipes: Pipes | None = None
        self._session = ""
        self._replaying = False
        self._replayed = 0  # updates about the past of a session that is loaded
        self._calls: dict[str, ToolCall] = {}
        self._questions = 0

    def argv(self, task: AgentTask) -> tuple[str, ...]:
        return spawned(acp_starts.start(task))

    async def open(self, pipes: Pipes, host: Host, task: AgentTask) -> Opened:
        load_library()
        from acp.connection import Connection

        self._host = host
        self._pipes = pipes
        lines = BoundedLines(pipes.stdout, line_limit=task.line_limit, total_limit=task.total_limit)
        self._wire = Wire(pipes.stdin, lines, on_update=self._on_update, on_undecoded=host.emit)
        self._connection = Connection(self._handle, self._wire)
        hello = await self._greet()
        session, why = await self._session_of(task, hello)
        if task.model and not acp_starts.chooses_model(task):
            await self._choose_model(task.model, session)
        info = hello.agent_info
        return Opened(
            session=self._session,
            loaded=bool(task.session) and not why,
            agent_name=clean(info.title or info.name) if info else "",
            agent_version=clean(info.version) if info else "",
            why_not_loaded=why,
        )

    async def turn(self, prompt: str) -> Turn:
        blocks = [{"type": "text", "text": prompt}]
        answer = await self._request("session/prompt", {"sessionId": self._session, "prompt": blocks})
        usage = _usage(answer.get("usage"))
        if usage is not None and self._host is not None:
            self._host.emit(UsageReported(usage=usage))
        return Turn(stop_reason=clean(str(answer.get("stopReason") or "(none given)"))[:200], usage=usage)

    async def cancel(self) -> None:
        if self._connection is not None:
            try:
                await self._connection.send_notification("session/cancel", {"sessionId": self._session})
            except ConnectionError:
                return  # it is gone: nothing to cancel

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
        elif self._pipes is not None:
            self._pipes.stdin.close()

    # --- getting a session --------------------------------------------------------------------------------------------

    async def _greet(self) -> InitializeResponse:
        from acp.meta import PROTOCOL_VERSION
        from acp.schema import ClientCapabilities, FileSystemCapabilities, Implementation, InitializeRequest
        from acp.schema import InitializeResponse as Response

        request = InitializeRequest(
            protocol_version=PROTOCOL_VERSION,
            client_capabilities=ClientCapabilities(
                fs=FileSystemCapabilities(read_text_file=False, write_text_file=False), terminal=False
            ),
            client_info=Implementation(name="podium", title="Podium", version=podium.__version__),
        )
        answer = await self._request("initialize", request.model_dump(mode="json", by_alias=True, exclude_none=True))
        try:
            hello = Response.model_validate(answer)
        except ValueError as error:
            raise AgentFailedError(f"its answer to the greeting cannot be understood: {_first_line(error)}") from error
        if hello.protocol_version != PROTOCOL_VERSION:
            raise AgentFailedError(
                f"it speaks version {hello.protocol_version} of the protocol, Podium speaks {PROTOCOL_VERSION}",
                do="use another version of the agent",
            )
        return hello

    async def _session_of(self, task: AgentTask, hello: InitializeResponse) -> tuple[dict[str, Any], str]:
        """The agent's answer about the session it is in now, and why that is not the one that was asked for."""
        why = ""
        place: dict[str, Any] = {"cwd": task.workdir, "mcpServers": []}
        for method in _ways_to_load(hello) if task.session else ():
            self._replaying = True
            try:
                wish = {**place, "sessionId": task.session}
                async with asyncio.timeout(task.load_seconds):
                    answer = await self._request(method, wish)
                if method == "session/load":
                    await self._told_its_past()
            except AgentFailedError as error:
                why = f"{method}: {error.what}"
            except TimeoutError:
                why = f"{method}: no answer in {task.load_seconds:g} s"
            else:
                self._session = task.session
                return answer, ""
            finally:
                self._replaying = False
        if task.session:
            why = why or "the agent cannot load sessions"
        answer = await self._request("session/new", place)
        session = answer.get("sessionId")
        if not isinstance(session, str) or not session or len(session) > 1000:
            raise AgentFailedError("it gave a session without an id")
        self._session = clean(session)
        return answer, why

    async def _told_its_past(self) -> None:
        """Wait until nothing more comes of it: Gemini CLI answers first and goes on to tell it afterwards."""
        for _ in range(_PAST_LOOKS):
            before = self._replayed
            await asyncio.sleep(_PAST_QUIET_SECONDS)
            if self._replayed == before:
                return

    async def _choose_model(self, model: str, session: dict[str, Any]) -> None:
        """Ask for a model where the agent lets its client choose; say so in the transcript where it does not."""
        for option in _objects(session.get("configOptions")):
            if option.get("category") == "model" and isinstance(option.get("id"), str):
                wish = {"sessionId": self._session, "configId": option["id"], "type": "select", "value": model}
                try:
                    await self._request("session/set_config_option", wish)
                except AgentFailedError as error:
                    self._report(f"the model {model!r} was not chosen: {error.what}")
                return
        self._report(f"the model {model!r} was not chosen: the agent does not let its client choose")

    # --- what the agent says ------------------------------------------------------------------------------------------

    def _on_update(self, params: Any) -> None:
        from acp.schema import SessionNotification

        if self._replaying or self._host is None:
            self._replayed += 1
            return
        try:
            update = SessionNotification.model_validate(params).update
            event = acp_updates.event_of(update)
        except (ValueError, RecursionError) as error:
            self._host.emit(Undecoded(raw=_raw(params), why=_first_line(error)))
            return
        if event is None:
            if not acp_updates.known(update.session_update):
                self._host.emit(Undecoded(raw=_raw(params), why="an update that Podium does not know"))
            return
        if isinstance(event, ToolCall):
            self._remember(event)
        self._host.emit(event)

    async def _handle(self, method: str, params: Any, is_notification: bool) -> Any:
        from acp.exceptions import RequestError

        if is_notification or self._host is None:
            return None
        if method != "session/request_permission":
            self._report(f"the agent asked for {clean(method)[:200]!r}, which Podium does not offer")
            raise RequestError.method_not_found(method)
        if self._questions >= _MOST_QUESTIONS:
            raise RequestError(-32000, f"{_MOST_QUESTIONS} questions are open: wait for their answers")
        self._questions += 1
        try:
            return await self._permission(params, self._host)
        finally:
            self._questions -= 1

    async def _permission(self, params: Any, host: Host) -> RequestPermissionResponse:
        from acp.exceptions import RequestError
        from acp.schema import AllowedOutcome, DeniedOutcome, RequestPermissionRequest, RequestPermissionResponse

        try:
            request = RequestPermissionRequest.model_validate(params)
            call = acp_updates.tool_call(request.tool_call)
            asked = acp_updates.question(call, request.options, self._calls.get(call.id))
        except (ValueError, RecursionError) as error:
            host.emit(Undecoded(raw=_raw(params), why=f"a permission request: {_first_line(error)}"))
            raise RequestError.invalid_params({"details": _first_line(error)}) from error
        self._remember(call)
        host.emit(call)
        choice = await host.ask(asked)
        if not choice.option:
            return RequestPermissionResponse(outcome=DeniedOutcome(outcome="cancelled"))
        return RequestPermissionResponse(outcome=AllowedOutcome(outcome="selected", option_id=choice.option))

    def _remember(self, call: ToolCall) -> None:
        if call.id not in self._calls and len(self._calls) >= _MOST_CALLS:
            del self._calls[next(iter(self._calls))]
        self._calls[call.id] = upsert(self._calls.get(call.id), call)

    def _report(self, what: str) -> None:
        if self._host is not None:
            self._host.emit(ErrorReported(what=what, source="driver"))

    # --- asking the agent ---------------------------------------------------------------------------------------------

    async def _request(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        from acp.exceptions import RequestError

        if self._connection is None or self._wire is None:
            raise AgentGoneError("its connection was closed")
        try:
            answer = await self._connection.send_request(method, params)
        except RequestError as error:
            detail = "" if error.data is None else f" ({_raw(error.data)[:500]})"
            raise AgentFailedError(f"{clean(str(error))[:1000]}{clean(detail)}", where=method) from error
        except (ConnectionError, RuntimeError) as error:
            if self._wire.flood is not None:
                raise self._wire.flood from error
            raise AgentGoneError("it closed its output", where=method) from error
        return _object(answer)


def load_library() -> None:
    """Import the ACP library with its 300 models built on first use: 0.33 s of CPU instead of 0.55."""
    import pydantic

    config = pydantic.BaseModel.model_config
    pydantic.BaseModel.model_config = {**config, "defer_build": True}
    try:
        importlib.import_module("acp.schema")
    finally:
        pydantic.BaseModel.model_config = config


def warm_up() -> None:
    """Import the library and build the models of every round, for a process that is to be forked."""
    load_library()
    importlib.import_module("acp.connection")
    from acp.schema import InitializeRequest, InitializeResponse, RequestPermissionRequest, RequestPermissionResponse
    from acp.schema import SessionNotification as Notification

    for model in (
        InitializeRequest,
        InitializeResponse,
        Notification,
        RequestPermissionRequest,
        RequestPermissionResponse,
    ):
        model.model_rebuild()


def _ways_to_load(hello: InitializeResponse) -> tuple[str, ...]:
    """How this agent goes on with a session: `resume` first, which does not repeat all that was said."""
    offered = hello.agent_capabilities
    if offered is None:
        return ()
    resume = offered.session_capabilities is not None and offered.session_capabilities.resume is not None
    return (*(("session/resume",) if resume else ()), *(("session/load",) if offered.load_session else ()))


def _usage(raw: object) -> Usage | None:
    read, wrote = (_count(_object(raw).get(name)) for name in ("inputTokens", "outputTokens"))
    return None if read is None and wrote is None else Usage(input_tokens=read, output_tokens=wrote)


def _count(raw: object) -> int | None:
    return raw if isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw < 2**53 else None


def _object(raw: object) -> dict[str, Any]:
    return cast("dict[str, Any]", raw) if isinstance(raw, dict) else {}


def _objects(raw: object) -> list[dict[str, Any]]:
    return [_object(item) for item in cast("list[object]", raw)] if isinstance(raw, list) else []


def _raw(value: Any) -> str:
    try:
        return clean(json.dumps(value, ensure_ascii=False, default=str))[:RAW_LIMIT]
    except (ValueError, RecursionError):
        return "(cannot be shown)"


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return clean(" ".join(line.strip() for line in lines[:3]))[:500]
