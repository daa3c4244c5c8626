"""Where a provider's key comes from: looked up on the host at each request, so that a key that changes is seen.

Exposed to the agent: nothing but that requests succeed. The order says where to look; values are in the environment
that the conductor was started with (handed to the supervisor over a pipe), in a file, or in the sign-in of the
provider's own agent (`~/.claude/.credentials.json`, `~/.codex/auth.json`), which is read and never written: Podium does
not refresh a sign-in, because that would void the one that the person's own agent holds.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, cast

import msgspec

from podium.kernel.value import Value
from podium.project.model import ProviderKind
from podium.workspaces.gateway.kinds import KINDS

SignIn = Literal["", "claude", "codex"]
MOST_BYTES: Final = 1 << 20
CHATGPT: Final = "https://chatgpt.com/backend-api/codex"
"""Where a ChatGPT sign-in is good for Codex; there, paths have no version."""

_SIGN_IN_FILES: Final = {"claude": ".claude/.credentials.json", "codex": ".codex/auth.json"}


class KeyPlace(Value, frozen=True, kw_only=True):
    """Where one key is. Exactly one of the three is set; none when there is no key."""

    variable: str = ""
    file: str = ""
    sign_in: SignIn = ""  # whose form the file has

    @property
    def text(self) -> str:
        """In words, for a person; never the value."""
        if self.sign_in:
            return f"your {self.sign_in} sign-in ({self.file})"
        return f"variable {self.variable}" if self.variable else f"file {self.file}" if self.file else "no key"


class Credential(Value, frozen=True, kw_only=True):
    """What is added to a request. `secrets` are the texts that must not be shown anywhere."""

    headers: tuple[tuple[str, str], ...]
    secrets: tuple[str, ...]


class NoKeyError(Exception):
    """There is no usable key; the text says where it was looked for, and never holds a key."""


def find(
    kind: ProviderKind, *, key_env: str, key_file: str, sign_in: bool, environ: Mapping[str, str]
) -> KeyPlace | None:
    """The place where a key is now, by what the settings name or else by what is usual; None when there is none."""
    home = environ.get("HOME", "")
    if key_file:
        return KeyPlace(file=str(Path(home) / key_file[2:]) if key_file.startswith("~/") else key_file)
    if key_env:
        return KeyPlace(variable=key_env)
    for name in KINDS[kind].key_env:
        if environ.get(name, "").strip():
            return KeyPlace(variable=name)
    owner: SignIn = {"anthropic": "claude", "openai": "codex"}.get(kind, "")  # pyright: ignore[reportAssignmentType]
    if sign_in and owner and home.startswith("/"):
        place = KeyPlace(file=str(Path(home) / _SIGN_IN_FILES[owner]), sign_in=owner)
        if Path(place.file).is_file():
            return place
    return None


def read(kind: ProviderKind, place: KeyPlace, secrets: Mapping[str, str]) -> Credential:
    """The credential as it is now. Raises NoKeyError."""
    if place.sign_in:
        return _signed_in(place)
    key = secrets.get(place.variable, "").strip() if place.variable else _text(place.file).strip()
    if not key:
        raise NoKeyError(f"{place.text} is empty or not set")
    _refuse_odd(key, place)
    known = KINDS[kind]
    return Credential(headers=((known.key_header, known.scheme + key),), secrets=(key,))


def _signed_in(place: KeyPlace) -> Credential:
    try:
        document: object = msgspec.json.decode(_text(place.file))
    except msgspec.DecodeError as error:
        raise NoKeyError(f"{place.text} cannot be understood") from error
    if place.sign_in == "claude":
        found = _part(_part(document).get("claudeAiOauth"))
        token, expires = str(found.get("accessToken") or ""), found.get("expiresAt")
        if isinstance(expires, int | float) and expires / 1000 < time.time():
            raise NoKeyError(f"{place.text} has expired: start claude once, it renews it")
        more = (("anthropic-beta", "oauth-2025-04-20"),)
    else:
        found = _part(document)
        key = found.get("OPENAI_API_KEY")
        if isinstance(key, str) and key:
            _refuse_odd(key, place)
            return Credential(headers=(("authorization", f"Bearer {key}"),), secrets=(key,))
        tokens = _part(found.get("tokens"))
        token, account = str(tokens.get("access_token") or ""), str(tokens.get("account_id") or "")
        more = (("chatgpt-account-id", account),) if account else ()
    if not token:
        raise NoKeyError(f"{place.text} holds no token: sign in again with {place.sign_in}")
    for text in (token, *(value for _, value in more)):
        _refuse_odd(text, place)
    return Credential(headers=(("authorization", f"Bearer {token}"), *more), secrets=(token,))


def is_chatgpt(place: KeyPlace) -> bool:
    """Whether a Codex sign-in is one with a ChatGPT account, which is good at `CHATGPT` only."""
    if place.sign_in != "codex":
        return False
    try:
        return not _part(msgspec.json.decode(_text(place.file))).get("OPENAI_API_KEY")
    except (NoKeyError, msgspec.DecodeError):
        return False


def _text(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise NoKeyError(f"file {path} cannot be read: {error.strerror}") from error
    if len(data) > MOST_BYTES:
        raise NoKeyError(f"file {path} is too large to be a key")
    return data.decode("utf-8", "replace")


def _refuse_odd(key: str, place: KeyPlace) -> None:
    if not key.isascii() or not key.isprintable() or " " in key:
        raise NoKeyError(f"{place.text} does not hold a key: it has several words, lines or odd characters")


def _part(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
