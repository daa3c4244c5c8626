"""`[providers.NAME]` of `podium.toml`: where models are reached, and where their keys are found."""

from __future__ import annotations

import re
from typing import cast, get_args
from urllib.parse import urlsplit

from podium.project.model import Budget, Price, Provider, ProviderKind
from podium.project.toml_reader import Table

KINDS: tuple[str, ...] = get_args(ProviderKind)
NONE = "none"
"""As an agent's provider: it has no model that Podium stands in front of."""

PLACEHOLDER_KEY = "sk-podium-placeholder-the-key-is-added-outside-of-the-sandbox"
"""What an agent is given as its API key where Podium stands between it and its provider; long, because Copilot CLI
blots its key out of its own output wherever it stands."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def known_providers(providers: tuple[Provider, ...]) -> tuple[str, ...]:
    """The names that an agent's `provider` may have."""
    return tuple(dict.fromkeys((*(each.name for each in providers), *KINDS, NONE)))


def providers_of(tables: Table) -> tuple[Provider, ...]:
    """The providers of the settings; faults are noted in the document."""
    found: list[Provider] = []
    for name, table in tables.named():
        if not _NAME.fullmatch(name) or name == NONE:
            table.fault(None, f"{name!r} is not a name for a provider.", "Use letters, digits, '.', '_' and '-'.")
        kind = table.text("kind", name if name in KINDS else "")
        if kind not in KINDS:
            table.fault("kind", f"kind is {kind!r}.", f"Write one of: {', '.join(KINDS)}.")
            kind = "openai"
        provider = Provider(
            name=name,
            kind=cast("ProviderKind", kind),
            url=_url(table),
            key_env=_variable(table),
            key_file=_file(table, "key_file"),
            sign_in=table.flag("sign_in", True),
            ca_file=_file(table, "ca_file"),
        )
        table.finish()
        found.append(provider)
    return tuple(found)


def budget_of(table: Table) -> Budget:
    """`[budget]`, in US dollars."""
    budget = Budget(
        round=table.number("round", 0.0),
        task=table.number("task", 0.0),
        spec=table.number("spec", 0.0),
        day=table.number("day", 0.0),
    )
    table.finish()
    return budget


def prices_of(tables: Table) -> dict[str, Price]:
    """`[prices."MODEL"]`, in US dollars for a million tokens."""
    found: dict[str, Price] = {}
    for name, table in tables.named():
        for key in ("input", "output"):
            if not table.has(key):
                table.fault(None, f"The price of {name} lacks {key}.", "Give input and output, US$ per million tokens.")
        found[name] = Price(
            input=table.number("input", 0.0),
            output=table.number("output", 0.0),
            cached=table.number("cached", 0.0) if table.has("cached") else None,
            cache_write=table.number("cache_write", 0.0) if table.has("cache_write") else None,
        )
        table.finish()
    return found


def base_url(text: str) -> str:
    """A provider's base URL in its one form: no slash at the end, no version. Raises ValueError when it is none."""
    parts = urlsplit(text.strip())
    _ = parts.port  # raises ValueError when it is none
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("not a base URL")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError("a key must not travel unencrypted")
    return re.sub(r"/v1(beta)?$", "", text.strip().rstrip("/")).rstrip("/")


def _url(table: Table) -> str:
    text = table.text("url")
    if not text:
        return ""
    try:
        return base_url(text)
    except ValueError:
        do = 'Write one such as "https://api.example.org"; http:// only for this machine (127.0.0.1).'
        table.fault("url", f"{text!r} is not the base URL of a provider.", do)
        return ""


def _variable(table: Table) -> str:
    name = table.text("key_env")
    if name and not _VARIABLE.fullmatch(name):
        do = 'Write a name such as "ANTHROPIC_API_KEY"; never write the key itself here.'
        table.fault("key_env", "key_env is not the name of a variable.", do)  # its text may be a key: not shown
        return ""
    return name


def _file(table: Table, key: str) -> str:
    path = table.text(key)
    if path and (not path.startswith(("/", "~/")) or "\0" in path or ".." in path.split("/")):
        table.fault(key, f"{path!r} is not an absolute path.", 'Write one such as "/etc/keys/model" or "~/.model-key".')
        return ""
    return path
