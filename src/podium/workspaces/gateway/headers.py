"""What of a request's and an answer's head is passed on: never a key that the agent sent, nothing of one hop only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

Headers = list[tuple[bytes, bytes]]

_ONE_HOP: Final = frozenset(
    (b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"proxy-authorization", b"te",
     b"trailer", b"transfer-encoding", b"upgrade", b"expect", b"http2-settings")
)  # fmt: skip
_KEYS: Final = frozenset(
    (b"authorization", b"x-api-key", b"api-key", b"x-goog-api-key", b"x-auth-token", b"chatgpt-account-id",
     b"x-goog-user-project", b"cookie", b"set-cookie")
)  # fmt: skip
_OF_THE_WAY: Final = frozenset((b"host", b"accept-encoding", b"forwarded", b"via", b"x-real-ip"))
_KEY_PARAMETERS: Final = frozenset(("key", "api_key", "apikey", "access_token", "oauth_token"))


def for_provider(given: Iterable[tuple[bytes, bytes]], host: str, added: Iterable[tuple[str, str]]) -> Headers:
    """The head of the request to the provider. A list header (`anthropic-beta`) that is added joins the agent's own."""
    kept = [(name, value) for name, value in _passed(given, chunked=True) if name not in _OF_THE_WAY]
    kept = [(name, value) for name, value in kept if not name.startswith(b"x-forwarded-")]
    found: Headers = [(b"host", host.encode()), *kept, (b"accept-encoding", b"identity")]
    for name, value in added:
        raw, text = name.encode(), value.encode()
        if name == "anthropic-beta":
            own = b",".join(given for known, given in found if known == raw)
            found = [each for each in found if each[0] != raw]
            text = b",".join(part for part in (own, text) if part)
        found.append((raw, text))
    return found


def for_agent(given: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The head of the answer to the agent."""
    return _passed(given, chunked=False)


def target(path: str, query: str) -> str:
    """The target of the request to the provider: the path, and the query without any key."""
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True)]
    kept = [(name, value) for name, value in kept if name.lower() not in _KEY_PARAMETERS]
    return quote(path, safe="/:@!$&'()*+,;=~-._") + (f"?{urlencode(kept)}" if kept else "")


def value_of(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str:
    """The value of a header, by its lower-case name; empty when it is absent."""
    return next((value.decode("latin-1") for known, value in headers if known == name), "")


def with_length(given: Headers, length: int) -> Headers:
    """The head of a message whose body has this length."""
    kept = [each for each in without_length(given) if each[0] != b"transfer-encoding"]
    return [*kept, (b"content-length", str(length).encode())]


def without_length(given: Headers) -> Headers:
    """The head of a message whose length is not known yet."""
    return [(name, value) for name, value in given if name != b"content-length"]


def is_stream(given: Headers) -> bool:
    """Whether a stream of events follows."""
    return value_of(given, b"content-type").partition(";")[0].strip().lower() == "text/event-stream"


def _passed(given: Iterable[tuple[bytes, bytes]], *, chunked: bool) -> Headers:
    listed = [(name.lower(), value) for name, value in given]
    named = {word.strip().lower() for name, value in listed if name == b"connection" for word in value.split(b",")}
    kept = [(name, value) for name, value in listed if name not in _ONE_HOP and name not in _KEYS and name not in named]
    # Framing is each hop's own; a length travels as a header, and what has none goes in pieces.
    if chunked and any(name == b"transfer-encoding" for name, _ in listed):
        kept = [(name, value) for name, value in kept if name != b"content-length"]
        kept.append((b"transfer-encoding", b"chunked"))
    return kept
