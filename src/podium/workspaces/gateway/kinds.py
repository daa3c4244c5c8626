"""The kinds of providers: their addresses, the paths of their models, and how a key is shown to them. Pure data."""

from __future__ import annotations

import re
from typing import Final

from podium.kernel.value import Value
from podium.project.model import ProviderKind
from podium.project.providers import PLACEHOLDER_KEY

PORT: Final = 7411
"""Of the sandbox's own 127.0.0.1; every sandbox has its own."""


class Kind(Value, frozen=True, kw_only=True):
    """One family of APIs."""

    title: str
    url: str
    url_env: str  # the variable in which its own programs look for another address
    key_env: tuple[str, ...]  # variables in which they look for the key, the first one counts
    key_header: str
    scheme: str = ""  # before the key in that header
    paths: tuple[tuple[str, str], ...]  # method, pattern of the path: all that is passed on


_MODEL: Final = r"[A-Za-z0-9][A-Za-z0-9._:@-]*(?:/[A-Za-z0-9][A-Za-z0-9._:@-]*)?"

KINDS: Final[dict[ProviderKind, Kind]] = {
    "anthropic": Kind(
        title="Anthropic",
        url="https://api.anthropic.com",
        url_env="ANTHROPIC_BASE_URL",
        key_env=("ANTHROPIC_API_KEY",),
        key_header="x-api-key",
        paths=(
            ("POST", r"/v1/messages"),
            ("POST", r"/v1/messages/count_tokens"),
            ("GET", r"/v1/models"),
            ("GET", rf"/v1/models/{_MODEL}"),
        ),
    ),
    "openai": Kind(
        title="OpenAI",
        url="https://api.openai.com",
        url_env="OPENAI_BASE_URL",
        key_env=("OPENAI_API_KEY", "CODEX_API_KEY"),
        key_header="authorization",
        scheme="Bearer ",
        paths=(
            ("POST", r"/v1/responses"),
            ("POST", r"/v1/responses/compact"),
            ("POST", r"/v1/chat/completions"),
            ("GET", r"/v1/models"),
            ("GET", rf"/v1/models/{_MODEL}"),
        ),
    ),
    "gemini": Kind(
        title="Google Gemini",
        url="https://generativelanguage.googleapis.com",
        url_env="GOOGLE_GEMINI_BASE_URL",
        key_env=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        key_header="x-goog-api-key",
        paths=(
            ("POST", rf"/v1(?:beta|alpha)?/models/{_MODEL}:(?:generateContent|streamGenerateContent|countTokens)"),
            ("GET", r"/v1(?:beta|alpha)?/models"),
            ("GET", rf"/v1(?:beta|alpha)?/models/{_MODEL}"),
        ),
    ),
}

_BY_DRIVER: Final[dict[str, ProviderKind]] = {"claude": "anthropic", "codex": "openai", "mini": "openai"}
_BY_PROGRAM: Final[dict[str, ProviderKind]] = {
    "claude": "anthropic",
    "claude-agent-acp": "anthropic",
    "claude-code-acp": "anthropic",
    "codex": "openai",
    "codex-acp": "openai",
    "copilot": "openai",
    "gemini": "gemini",
    "mini": "openai",
    "opencode": "openai",
    "qwen": "openai",
}


def usual_kind(driver: str, command: tuple[str, ...]) -> ProviderKind | None:
    """The kind of provider that an agent usually talks to; None where that is not known."""
    program = command[0].rpartition("/")[2] if command else ""
    return _BY_DRIVER.get(driver) or _BY_PROGRAM.get(program)


def is_allowed(kind: ProviderKind, method: str, path: str) -> bool:
    """Whether a request (its path without the query) is one for a model."""
    return any(method == wanted and re.fullmatch(pattern, path) for wanted, pattern in KINDS[kind].paths)


def is_billed(path: str) -> bool:
    """Whether requests to this path use a model."""
    return path.endswith(("/messages", "/responses", "/responses/compact", "/chat/completions", "enerateContent"))


def model_in(path: str) -> str:
    """The model that a path names; empty when it names none."""
    found = re.search(r"/models/([^:]+):", path)
    return found[1] if found else ""


def seen_env(kind: ProviderKind, url: str) -> dict[str, str]:
    """The variables by which programs in the sandbox find the gateway at `url`, with a placeholder for the key."""
    match kind:
        case "anthropic":
            return {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": PLACEHOLDER_KEY}
        case "openai":
            return {"OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API_BASE": f"{url}/v1", "OPENAI_API_KEY": PLACEHOLDER_KEY}
        case "gemini":
            return {"GOOGLE_GEMINI_BASE_URL": url, "GEMINI_API_KEY": PLACEHOLDER_KEY}
