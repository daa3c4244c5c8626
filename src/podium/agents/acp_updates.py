"""What an agent says by ACP `session/update` and `session/request_permission`, as events of ours. Pure.

The objects come from the library's models, validated; they are read by attribute, so that this file, and whatever
imports it, does not import the library.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, cast

from podium.agents.event import (
    CallStatus,
    Event,
    FileDiff,
    Message,
    PermissionAsked,
    PlanStep,
    PlanUpdated,
    Thought,
    ToolCall,
    UsageReported,
    clean,
)
from podium.runs.model import PermissionRequest, Usage

OUTPUT_TAIL = 16 * 1024
"""Characters of a call's output that are kept."""

_SILENT = frozenset({"user_message_chunk", "available_commands_update", "current_mode_update", "config_option_update"})


def event_of(update: Any) -> Event | None:
    """The event of one update, or None for one that says nothing of what the agent does."""
    kind = str(update.session_update)
    if kind in ("agent_message_chunk", "agent_thought_chunk"):
        text = clean(block_text(update.content))
        return Message(text=text, more=True) if kind == "agent_message_chunk" else Thought(text=text, more=True)
    if kind in ("tool_call", "tool_call_update"):
        return tool_call(update)
    if kind == "plan":
        return PlanUpdated(
            steps=tuple(
                PlanStep(text=clean(entry.content), status=entry.status, priority=entry.priority)
                for entry in update.entries
            )
        )
    if kind == "usage_update":
        cost = update.cost
        usd = float(cost.amount) if cost is not None and cost.currency == "USD" else None
        return UsageReported(usage=Usage(cost_usd=usd), context_tokens=update.used, context_size=update.size)
    return None


def known(kind: str) -> bool:
    """Whether it is right that `event_of` gives nothing for this kind."""
    return kind in _SILENT or kind == "session_info_update"


def tool_call(update: Any) -> ToolCall:
    """The event of a call, or of news of one."""
    diffs: list[FileDiff] = []
    texts: list[str] = []
    for item in update.content or ():
        if item.type == "diff":
            old = None if item.old_text is None else clean(item.old_text)
            diffs.append(FileDiff(path=clean(item.path), old=old, new=clean(item.new_text)))
        elif item.type == "content":
            texts.append(block_text(item.content))
    paths = [*(clean(place.path) for place in update.locations or ()), *(diff.path for diff in diffs)]
    return ToolCall(
        id=clean(update.tool_call_id),
        title=clean(update.title or ""),
        kind=update.kind or "",
        status=cast(CallStatus, update.status or ""),
        paths=tuple(dict.fromkeys(paths)),
        diffs=tuple(diffs),
        command=command_of(update.raw_input),
        output=clean("\n".join(texts) or _output(update.raw_output))[-OUTPUT_TAIL:],
    )


def question(call: ToolCall, options: Iterable[Any], before: ToolCall | None) -> PermissionAsked:
    """The permission request of a call; `before` is what was known of that call."""
    offered = tuple(options)
    request = PermissionRequest(
        id="",  # the supervisor's to give
        title=call.title or (before.title if before else "") or "(no title)",
        kind=call.kind or (before.kind if before else "") or "other",
        detail=_detail(call),
        options={clean(option.option_id): clean(option.name) for option in offered},
    )
    return PermissionAsked(
        request=request,
        kinds={clean(option.option_id): str(option.kind) for option in offered},
        paths=call.paths or (before.paths if before else ()),
        command=call.command or (before.command if before else ""),
    )


def command_of(raw: Any) -> str:
    """The command line in a call's raw input, whose form ACP leaves open; empty when there is none."""
    if not isinstance(raw, dict):
        return ""
    found = cast("dict[str, Any]", raw)
    value: Any = found.get("command") or found.get("cmd")
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return clean(" ".join(str(part) for part in cast("list[Any]", value)))
    return ""


def block_text(block: Any) -> str:
    """The text of a content block; for one that is no text, what it is."""
    if block.type == "text":
        return str(block.text)
    if block.type == "resource" and getattr(block.resource, "text", None) is not None:
        return str(block.resource.text)
    if block.type == "resource_link":
        return f"[{block.name}: {block.uri}]"
    return f"[{block.type}]"


def _output(raw: Any) -> str:
    if raw is None:
        return ""
    if isinstance(raw, str):
        return raw
    if isinstance(raw, dict):
        found = cast("dict[str, Any]", raw)
        for name in ("output", "formatted_output", "stdout", "aggregated_output"):
            if isinstance(found.get(name), str):
                return str(found[name])
    return json.dumps(raw, ensure_ascii=False, default=str)


def _detail(call: ToolCall) -> str:
    parts = [call.command, call.output, *(f"{diff.path}" for diff in call.diffs)]
    return "\n".join(part for part in parts if part)[:OUTPUT_TAIL]
