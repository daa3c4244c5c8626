"""What a package index knows of a name: whether it is there, since when, and with how many releases.

Asked on the host, only for names, and only where podium.toml names the index: the sandbox has no way to it. An answer
that did not come is an outcome of its own, never "it is not there". How an address is fetched (proxy, certificates,
passwords) is for the caller to say; without a word of theirs the way is direct.

    python   GET {index}/{name}/json    the JSON interface of PyPI and of the common mirrors
    npm      GET {index}/{name}         a packument
    cargo    GET {index}/{name}         what Cargo's public registry answers
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias, cast
from urllib.parse import quote

from podium.kernel.value import Value

SECONDS = 10.0
LARGEST = 64 * 1024 * 1024
"""Bytes of an answer; of a larger one, one more than these is enough to tell."""
_SOUND = re.compile(r"(?:@[A-Za-z0-9][\w.-]*/)?[A-Za-z0-9][\w.-]{0,200}")


class Listed(Value, frozen=True, kw_only=True, tag="listed"):
    """The index has it."""

    since: str = ""  # ISO 8601; empty = it does not say
    releases: int = 0
    downloads: int | None = None  # None = it does not say


class Absent(Value, frozen=True, kw_only=True, tag="absent"):
    """The index says that it has no package of that name."""


class Unreachable(Value, frozen=True, kw_only=True, tag="unreachable"):
    """Nothing was learnt."""

    why: str


Known: TypeAlias = Listed | Absent | Unreachable
Fetched: TypeAlias = tuple[int, bytes]
"""The status and the body of an answer."""
Fetch: TypeAlias = Callable[[str], Fetched]
"""Fetches one address. Blocks; raises NotFetchedError."""
OK = 200


class NotFetchedError(Exception):
    """No answer came; the text says why, and holds no password."""


def ecosystem_of(path: str) -> str:
    """Which index knows the dependencies of a manifest; empty for one that none here knows."""
    name = path.rpartition("/")[2]
    match name:
        case "package.json":
            return "npm"
        case "Cargo.toml":
            return "cargo"
        case "pyproject.toml":
            return "python"
        case _:
            return "python" if name.startswith("requirements") else ""


def look_up(ecosystem: str, index: str, name: str, fetch: Fetch | None = None) -> Known:
    """Ask an index about one name. Blocks; never raises for what the index or the network does."""
    if not _SOUND.fullmatch(name):
        return Unreachable(why="its name is not one that an index could have")
    url = f"{index}/{quote(name, safe='@')}{'/json' if ecosystem == 'python' else ''}"
    try:
        status, data = (fetch or _directly)(url)
    except NotFetchedError as error:
        return Unreachable(why=str(error))
    if status != OK:
        return Absent() if status in (404, 410) else Unreachable(why=f"the index answers {status}")
    if len(data) > LARGEST:
        return Unreachable(why="the index answers more than is read")
    return _read(ecosystem, data)


def _directly(url: str) -> Fetched:
    request = urllib.request.Request(url, headers={"Accept": "application/json", "User-Agent": "podium"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=SECONDS) as answer:
            return OK, answer.read(LARGEST + 1)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code, b""
    except (OSError, ValueError) as error:
        raise NotFetchedError(f"the index cannot be reached ({type(error).__name__})") from error


def _read(ecosystem: str, data: bytes) -> Known:
    try:
        told: Any = json.loads(data)
        match ecosystem:
            case "python":
                releases = cast("dict[str, list[dict[str, str]]]", told.get("releases") or {})
                dates = [f["upload_time_iso_8601"] for files in releases.values() for f in files[:1]]
                return Listed(since=min(dates, default=""), releases=len(releases))
            case "npm":
                return Listed(since=told["time"]["created"], releases=len(told.get("versions") or {}))
            case _:
                crate = told["crate"]
                count = len(told.get("versions") or ())
                return Listed(since=crate["created_at"], releases=count, downloads=int(crate["downloads"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Unreachable(why="the index answers what is not understood here")


def days_since(listed: Listed, now: datetime) -> int | None:
    """The age of the first release in days; None where the index does not say."""
    try:
        first = datetime.fromisoformat(listed.since.replace("Z", "+00:00"))
    except ValueError:
        return None
    return (now - (first if first.tzinfo else first.replace(tzinfo=UTC))).days
