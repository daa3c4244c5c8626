"""What Claude Code says in `--output-format stream-json`, as events of ours. Pure; known to be right for 2.1."""

from __future__ import annotations

import json
from typing import Final

from podium.agents.event import (
    ErrorReported,
    Event,
    FileDiff,
    Message,
    PermissionAsked,
    PlanStep,
    PlanUpdated,
    Thought,
    ToolCall,
    Undecoded,
    UsageReported,
    clean,
)
from podium.agents.object_lines import Object, amount, count, part, parts, undecoded, word
from podium.runs.model import PermissionRequest, Usage

OUTPUT_TAIL: Final = 16 * 1024
ALLOW: Final = "allow"
DENY: Final = "deny"

_KINDS: Final = {
    "Bash": "execute", "BashOutput": "execute", "KillShell": "execute", "Monitor": "execute",
    "Read": "read", "NotebookRead": "read",
    "Edit": "edit", "MultiEdit": "edit", "Write": "edit", "NotebookEdit": "edit",
    "Glob": "search", "Grep": "search", "LS": "search", "ToolSearch": "search",
    "WebFetch": "fetch", "WebSearch": "fetch",
    "Task": "think", "EnterPlanMode": "think", "ExitPlanMode": "think",
}  # fmt: skip
_SILENT: Final = frozenset({"system", "keep_alive", "control_response", "control_cancel_request", "stream_event",
                            "tool_progress", "rate_limit_event", "auth_status", "prompt_suggestion"})  # fmt: skip
_TITLE: Final = 200


def events_of(message: Object) -> list[Event]:
    """The events of one message, except for results and requests, which are the driver's."""
    kind = message.get("type")
    if kind == "assistant":
        return [each for block in parts(part(message.get("message")).get("content")) for each in _said(block)]
    if kind == "user":
        result = part(message.get("tool_use_result"))
        blocks = parts(part(message.get("message")).get("content"))
        return [_answered(block, result) for block in blocks if block.get("type") == "tool_result"]
    if kind == "system" and message.get("subtype") == "api_retry":
        return [_retry(message)]
    if kind in _SILENT:
        return []
    return [undecoded(message, f"a message of a kind that Podium does not know: {word(kind)[:80]!r}")]


def call_of(id: str, name: str, given: Object) -> ToolCall:  # noqa: A002 - the field's name
    """The call of a tool, as it begins."""
    path = word(given.get("file_path") or given.get("notebook_path") or given.get("path"))
    command = word(given.get("command"))
    about = command or path or word(given.get("pattern") or given.get("description") or given.get("url"))
    diffs: list[FileDiff] = []
    if name == "Edit" and path:
        diffs = [FileDiff(path=path, old=word(given.get("old_string")), new=word(given.get("new_string")))]
    return ToolCall(
        id=id,
        title=f"{name} {about}"[:_TITLE].strip(),
        kind=_KINDS.get(name, "other"),
        status="in_progress",
        paths=(path,) if path else (),
        diffs=tuple(diffs),
        command=command if name == "Bash" else "",
    )


def question(request: Object) -> PermissionAsked:
    """The permission request of a `can_use_tool`."""
    name, given = word(request.get("tool_name")) or "(no tool)", part(request.get("input"))
    call = call_of("", name, given)
    detail = call.command or clean(json.dumps(given, ensure_ascii=False, default=str))
    asked = PermissionRequest(
        id="",  # the supervisor's to give
        title=call.title,
        kind=call.kind,
        detail=detail[:OUTPUT_TAIL],
        options={ALLOW: "Allow", DENY: "Deny"},
    )
    kinds = {ALLOW: "allow_once", DENY: "reject_once"}
    return PermissionAsked(request=asked, kinds=kinds, paths=call.paths, command=call.command)


def usage_of(result: Object) -> UsageReported:
    """What a result says that this process of the agent has used so far; cached tokens count as read."""
    models = [part(each) for each in part(result.get("modelUsage")).values()]
    read = _sum(models, "inputTokens", "cacheReadInputTokens", "cacheCreationInputTokens")
    wrote = _sum(models, "outputTokens")
    return UsageReported(
        usage=Usage(input_tokens=read, output_tokens=wrote, cost_usd=amount(result.get("total_cost_usd")))
    )


def stop_of(result: Object) -> str:
    """The stop reason of a result that is no error; empty for one that is."""
    subtype = word(result.get("subtype"))
    if subtype == "error_max_turns":
        return "max_turn_requests"
    if result.get("stop_reason") == "refusal":  # comes as an error of the API, and is none
        return "refusal"
    if result.get("is_error") is True or subtype.startswith("error"):
        return ""
    reason = word(result.get("stop_reason"))
    return reason if reason in ("max_tokens",) else "end_turn"


def is_unauthorised(message: Object) -> bool:
    """Whether the provider refuses the key: the agent would ask again for minutes, and nothing would change."""
    retries = message.get("type") == "system" and message.get("subtype") == "api_retry"
    return retries and message.get("error_status") in (401, 403)


def _retry(message: Object) -> ErrorReported:
    status, delay = count(message.get("error_status")), amount(message.get("retry_delay_ms"))
    why = word(message.get("error"))[:200] or "no answer"
    when = f" in {delay / 1000:.1f} s" if delay is not None else ""
    tries = f"{count(message.get('attempt'))} of {count(message.get('max_retries'))}"
    return ErrorReported(what=f"the model provider: {status or ''} {why}; asked again{when} (try {tries})")


def _said(block: Object) -> list[Event]:
    kind = block.get("type")
    if kind == "text":
        text = word(block.get("text"))
        return [Message(text=text)] if text else []
    if kind == "thinking":
        text = word(block.get("thinking"))
        return [Thought(text=text)] if text else []
    if kind in ("tool_use", "server_tool_use"):
        name, given = word(block.get("name")), part(block.get("input"))
        call = call_of(word(block.get("id")), name, given)
        return [call, _plan(given)] if name == "TodoWrite" else [call]
    if kind == "redacted_thinking" or str(kind).endswith("_tool_result"):
        return []
    return [Undecoded(raw=clean(json.dumps(block, default=str))[:4096], why="a block that Podium does not know")]


def _plan(given: Object) -> PlanUpdated:
    steps = [
        PlanStep(text=word(each.get("content")), status=word(each.get("status"))) for each in parts(given.get("todos"))
    ]
    return PlanUpdated(steps=tuple(steps))


def _answered(block: Object, result: Object) -> ToolCall:
    content = block.get("content")
    text = word(content) or "\n".join(word(each.get("text")) for each in parts(content))
    return ToolCall(
        id=word(block.get("tool_use_id")),
        status="failed" if block.get("is_error") is True else "completed",
        diffs=_written(result),
        output=text[-OUTPUT_TAIL:],
    )


def _written(result: Object) -> tuple[FileDiff, ...]:
    """Only the answer of `Write` says whether the file was there before."""
    path, text = word(result.get("filePath")), result.get("content")
    if result.get("type") not in ("create", "update") or not path or not isinstance(text, str):
        return ()
    before = result.get("originalFile")
    return (FileDiff(path=path, old=clean(before) if isinstance(before, str) else None, new=clean(text)),)


def _sum(models: list[Object], *names: str) -> int | None:
    found = [number for each in models for name in names if (number := count(each.get(name))) is not None]
    return sum(found) if found else None
