"""Env files for a sandbox: the user's own, with every value replaced that was not allowed by name.

A program that needs `.env` finds the variables it looks for; what they are worth stays outside. Comments are left out:
people keep old keys there.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from podium.kernel.ids import digest

LARGEST: Final = 256 * 1024
_PASSWORD = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/\s:@]*:([^/\s@]+)@")
_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_.]*)\s*[=:]\s*(?P<value>.*)")


def placeholder(name: str) -> str:
    """What stands for a value that is kept back."""
    return f"podium-keeps-{name.lower().replace('_', '-')}-outside-of-the-sandbox"


def safe_text(text: str, keep: Sequence[str]) -> str:
    """The assignments of an env file in order, the values replaced of all names that no pattern of `keep` matches."""
    lines: list[str] = []
    for name, value in _assignments(text):
        kept = any(fnmatchcase(name, pattern) for pattern in keep)
        lines.append(f"{name}={value if kept else placeholder(name)}")
    return "\n".join(lines) + "\n" if lines else ""


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    rows = iter(text.split("\n"))
    for row in rows:
        if row.lstrip().startswith("#"):
            continue
        found = _ASSIGNMENT.fullmatch(row.rstrip("\r"))
        if found is None:
            continue
        name, value = found["name"], found["value"]
        quote = value[:1] if value[:1] in ("'", '"') else ""
        while quote and not _closed(value, quote):
            more = next(rows, None)
            if more is None:
                break
            value += "\n" + more
        yield name, value


def kept_values(root: Path, paths: Sequence[str], keep: Sequence[str]) -> dict[str, str]:
    """What the variables are worth that are passed on from the env files there are, without quotes.

    An address with a password is there a second time, as the password alone, by the name `NAME_PASSWORD`.
    """
    found: dict[str, str] = {}
    for text in filter(None, (_read(root, path) for path in paths)):
        for name, value in _assignments(text):
            if not any(fnmatchcase(name, pattern) for pattern in keep):
                continue
            found[name] = _unquoted(value)
            if login := _PASSWORD.match(found[name]):
                found[f"{name}_PASSWORD"] = login[1]
    return found


def _unquoted(value: str) -> str:
    quote = value[:1]
    if quote in ("'", '"'):
        end = value.rfind(quote)
        return value[1:end] if end > 0 else value[1:]
    return value.partition(" #")[0].rstrip()


def _closed(value: str, quote: str) -> bool:
    body = value[1:].replace("\\\\", "").replace(f"\\{quote}", "") if quote == '"' else value[1:]
    return quote in body


def env_layer(root: Path, store: Path, paths: Sequence[str], keep: Sequence[str]) -> Path | None:
    """A directory, immutable and named by its content, with the safe form of the env files there are; None for none.

    `root` is the user's checkout; a file that is a link, or lies behind one, is not read.
    """
    texts = {path: text for path in paths if (text := _read(root, path)) is not None}
    safe = {path: safe_text(text, keep) for path, text in sorted(texts.items())}
    if not safe:
        return None
    name = "env-" + digest(repr(sorted(safe.items())).encode("utf-8", "surrogatepass"))[7:39]
    layer = store / name
    if layer.is_dir():
        return layer
    store.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = store / f".{name}.{secrets.token_hex(4)}"
    for path, text in safe.items():
        place = fresh / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, errors="surrogateescape")
    with contextlib.suppress(OSError):  # another one was quicker
        fresh.rename(layer)
    return layer


def _read(root: Path, path: str) -> str | None:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    folders, _, name = path.rpartition("/")
    try:
        at = os.open(root, flags | os.O_DIRECTORY)
        for folder in [part for part in folders.split("/") if part]:
            inner = os.open(folder, flags | os.O_DIRECTORY, dir_fd=at)
            os.close(at)
            at = inner
        try:
            with os.fdopen(os.open(name, flags | os.O_NONBLOCK, dir_fd=at), "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    return None
                return file.read(LARGEST).decode("utf-8", "surrogateescape")
        finally:
            os.close(at)
    except OSError:
        return None
