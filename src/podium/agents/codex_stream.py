"""What Codex says through `codex app-server`, as events of ours. Pure; known to be right for 0.169."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from podium.agents.event import (
    CallStatus,
    ErrorReported,
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
from podium.agents.object_lines import Object, count, part, parts, undecoded, word
from podium.runs.model import PermissionRequest, Usage

OUTPUT_TAIL: Final = 16 * 1024
ACCEPT: Final = "accept"
DECLINE: Final = "decline"

_SILENT: Final = frozenset({
    "account/login/completed", "account/rateLimits/updated", "account/updated", "app/list/updated", "configWarning",
    "deprecationNotice", "fs/changed", "guardianWarning", "hook/completed", "hook/started", "item/agentMessage/delta",
    "item/autoApprovalReview/completed", "item/autoApprovalReview/started", "item/commandExecution/outputDelta",
    "item/commandExecution/terminalInteraction", "item/fileChange/outputDelta", "item/fileChange/patchUpdated",
    "item/mcpToolCall/progress", "item/plan/delta", "item/reasoning/summaryPartAdded",
    "item/reasoning/summaryTextDelta", "item/reasoning/textDelta", "mcpServer/oauthLogin/completed",
    "mcpServer/startupStatus/updated", "model/rerouted", "model/safetyBuffering/updated", "model/verification",
    "modelProvider/authRecoveryCompleted", "modelProvider/authRecoveryStarted", "project/changed",
    "remoteControl/status/changed", "serverRequest/resolved", "skills/changed", "thread/archived",
    "thread/attachment/updated", "thread/closed", "thread/compacted", "thread/deleted",
    "thread/environment/connected", "thread/environment/disconnected", "thread/goal/cleared", "thread/goal/updated",
    "thread/name/updated", "thread/prediction/updated", "thread/project/updated", "thread/queue/changed",
    "thread/readState/changed", "thread/reverted", "thread/section/changed", "thread/settings/updated",
    "thread/started", "thread/status/changed", "thread/unarchived", "turn/diff/updated", "turn/moderationMetadata",
    "turn/started", "warning",
})  # fmt: skip
_STATUS: Final[dict[str, CallStatus]] = {
    "inProgress": "in_progress", "completed": "completed", "failed": "failed", "declined": "failed",
}  # fmt: skip
_SILENT_ITEMS: Final = frozenset({"userMessage", "hookPrompt", "functionCallOutput", "contextCompaction", "sleep",
                                  "enteredReviewMode", "exitedReviewMode", "subAgentActivity"})  # fmt: skip
_OTHER_ITEMS: Final = {
    "mcpToolCall": "other", "dynamicToolCall": "other", "collabAgentToolCall": "think", "webSearch": "fetch",
    "imageView": "read", "imageGeneration": "other",
}  # fmt: skip
_TITLE: Final = 200


def events_of(message: Object) -> list[Event]:
    """The events of one notification; the end of a turn is the driver's."""
    method, params = word(message.get("method")), part(message.get("params"))
    if method in ("item/started", "item/completed"):
        return _item(part(params.get("item")), completed=method == "item/completed")
    if method == "thread/tokenUsage/updated":
        return [_usage(part(params.get("tokenUsage")))]
    if method == "turn/plan/updated":
        steps = (
            PlanStep(text=word(each.get("step")), status=word(each.get("status"))) for each in parts(params.get("plan"))
        )
        return [PlanUpdated(steps=tuple(steps))]
    if method == "error":
        again = " (it tries again)" if params.get("willRetry") is True else ""
        return [ErrorReported(what=f"{word(part(params.get('error')).get('message'))[:1000]}{again}")]
    if method in _SILENT:
        return []
    return [undecoded(message, f"a message of a kind that Podium does not know: {method[:80]!r}")]


def question(method: str, params: Object, before: ToolCall | None) -> PermissionAsked | None:
    """The permission request of a server request; `before` is what is known of its item. None for any other."""
    if method == "item/commandExecution/requestApproval":
        command = plain(word(params.get("command"))) or (before.command if before else "")
        title, kind, detail, paths = command[:_TITLE], "execute", command, ()
    elif method == "item/fileChange/requestApproval":
        paths = before.paths if before else ()
        title, kind, command = f"Change {', '.join(paths)}"[:_TITLE], "edit", ""
        detail = "\n".join(diff.unified or diff.new or diff.path for diff in before.diffs) if before else ""
    elif method == "item/permissions/requestApproval":
        detail = clean(json.dumps(params, ensure_ascii=False, default=str))
        title, kind, command, paths = "More permissions", "other", "", ()
    else:
        return None
    reason = word(params.get("reason"))
    request = PermissionRequest(
        id="",  # the supervisor's to give
        title=title or "(no title)",
        kind=kind,
        detail="\n".join(text for text in (reason, detail) if text)[:OUTPUT_TAIL],
        options={ACCEPT: "Allow", DECLINE: "Deny"},
    )
    kinds = {ACCEPT: "allow_once", DECLINE: "reject_once"}
    return PermissionAsked(request=request, kinds=kinds, paths=paths, command=command)


def plain(command: str) -> str:
    """The command as the model gave it, without the shell that Codex wraps around it."""
    for shell in ("/bin/bash -lc ", "/bin/sh -lc ", "bash -lc ", "/usr/bin/bash -lc "):
        rest = command.removeprefix(shell)
        if rest != command:
            quoted = len(rest) > 1 and rest[0] == rest[-1] and rest[0] in "'\"" and rest[0] not in rest[1:-1]
            return rest[1:-1] if quoted else rest
    return command


def _item(item: Object, *, completed: bool) -> list[Event]:
    kind = word(item.get("type"))
    if kind in _SILENT_ITEMS:
        return []
    if kind in ("agentMessage", "plan"):
        text = word(item.get("text"))
        return [Message(text=text)] if completed and text else []
    if kind == "reasoning":
        text = "\n".join(_texts(item.get("summary")) or _texts(item.get("content")))
        return [Thought(text=text)] if completed and text else []
    if kind in _CALLS:
        return [_CALLS[kind](item, "completed" if completed else "in_progress")]
    if kind in _OTHER_ITEMS:
        about = word(item.get("tool") or item.get("query") or item.get("path"))
        status = _status(item, "completed" if completed else "in_progress")
        title = f"{kind} {about}"[:_TITLE].strip()
        return [ToolCall(id=word(item.get("id")), title=title, kind=_OTHER_ITEMS[kind], status=status)]
    return [undecoded(item, f"an item of a kind that Podium does not know: {kind[:80]!r}")]


def _execution(item: Object, otherwise: CallStatus) -> ToolCall:
    command = plain(word(item.get("command")))
    return ToolCall(
        id=word(item.get("id")),
        title=command[:_TITLE],
        kind="execute",
        status=_status(item, otherwise),
        command=command,
        output=word(item.get("aggregatedOutput"))[-OUTPUT_TAIL:],
    )


def _change(item: Object, otherwise: CallStatus) -> ToolCall:
    diffs: list[FileDiff] = []
    for each in parts(item.get("changes")):
        path, text, kind = word(each.get("path")), word(each.get("diff")), word(part(each.get("kind")).get("type"))
        added = kind == "add"
        diffs.append(FileDiff(path=path, new=text) if added else FileDiff(path=path, old=None, unified=text))
    paths = tuple(dict.fromkeys(diff.path for diff in diffs))
    return ToolCall(
        id=word(item.get("id")),
        title=f"Change {', '.join(paths)}"[:_TITLE],
        kind="edit",
        status=_status(item, otherwise),
        paths=paths,
        diffs=tuple(diffs),
    )


_CALLS: Final[dict[str, Callable[[Object, CallStatus], ToolCall]]] = {
    "commandExecution": _execution,
    "fileChange": _change,
}


def _status(item: Object, otherwise: CallStatus) -> CallStatus:
    return _STATUS.get(word(item.get("status")), otherwise)


def _usage(told: Object) -> UsageReported:
    total, last = part(told.get("total")), part(told.get("last"))
    return UsageReported(
        usage=Usage(input_tokens=count(total.get("inputTokens")), output_tokens=count(total.get("outputTokens"))),
        context_tokens=count(last.get("totalTokens")),
        context_size=count(told.get("modelContextWindow")),
    )


def _texts(raw: object) -> list[str]:
    return [clean(each) for each in raw if isinstance(each, str)] if isinstance(raw, list) else []  # pyright: ignore[reportUnknownVariableType]
