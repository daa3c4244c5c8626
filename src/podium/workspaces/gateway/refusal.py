"""Answers of the gateway's own, in the form in which the provider would put them, so that every agent understands."""

from __future__ import annotations

from typing import Any

import msgspec

from podium.kernel.value import Value
from podium.project.model import ProviderKind


class Refusal(Value, frozen=True, kw_only=True):
    """A request that is not passed on, or has failed on the way."""

    status: int
    reason: str  # the provider's own word for it
    message: str
    retry_after: int | None = None  # seconds


def body_of(kind: ProviderKind, refusal: Refusal) -> bytes:
    """The body of the answer, in the provider's form."""
    told: dict[str, Any]
    text = f"Podium: {refusal.message}"
    match kind:
        case "anthropic":
            told = {"type": "error", "error": {"type": refusal.reason, "message": text}}
        case "openai":
            told = {"error": {"message": text, "type": refusal.reason, "param": None, "code": refusal.reason}}
        case "gemini":
            told = {"error": {"code": refusal.status, "message": text, "status": refusal.reason.upper()}}
    return msgspec.json.encode(told)


def headers_of(refusal: Refusal, body: bytes) -> list[tuple[str, str]]:
    """The head of the answer."""
    found = [("content-type", "application/json"), ("content-length", str(len(body)))]
    if refusal.retry_after is not None:
        found.append(("retry-after", str(refusal.retry_after)))
    return found
