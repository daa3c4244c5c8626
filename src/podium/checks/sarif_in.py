"""SARIF, written by any tool, on a tree that an agent wrote: read as a hostile document. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, TypeAlias

import msgspec

from podium.checks.report_paths import Places
from podium.kernel.errors import PodiumError
from podium.kernel.value import Value

SIZE_LIMIT = 32 * 1024 * 1024
_MOST = 100_000

Level: TypeAlias = Literal["note", "warning", "error"]
_LEVELS: dict[str, Level] = {"error": "error", "warning": "warning", "note": "note", "none": "note"}


class ReportError(PodiumError):
    """A report that cannot be read; the reason is fit to be shown."""


class Told(Value, frozen=True, kw_only=True):
    """One result of a foreign tool."""

    rule: str
    level: Level
    message: str
    path: str
    line: int


# What is read of a log. Everything else in it is left alone.


class _Message(msgspec.Struct):
    text: str = ""
    markdown: str = ""


class _Artifact(msgspec.Struct):
    uri: str = ""


class _Region(msgspec.Struct, rename="camel"):
    start_line: int = 0


class _Physical(msgspec.Struct, rename="camel"):
    artifact_location: _Artifact = msgspec.field(default_factory=_Artifact)
    region: _Region = msgspec.field(default_factory=_Region)


class _Location(msgspec.Struct, rename="camel"):
    physical_location: _Physical = msgspec.field(default_factory=_Physical)


class _Configuration(msgspec.Struct):
    level: str = "warning"


class _Rule(msgspec.Struct, rename="camel"):
    id: str = ""
    default_configuration: _Configuration = msgspec.field(default_factory=_Configuration)


class _Driver(msgspec.Struct):
    name: str = ""
    version: str = ""
    rules: list[_Rule] = msgspec.field(default_factory=list[_Rule])


class _Tool(msgspec.Struct):
    driver: _Driver = msgspec.field(default_factory=_Driver)


class _Result(msgspec.Struct, rename="camel"):
    rule_id: str = ""
    rule_index: int = -1
    kind: str = "fail"
    level: str = ""
    baseline_state: str = ""
    message: _Message = msgspec.field(default_factory=_Message)
    locations: list[_Location] = msgspec.field(default_factory=list[_Location])
    suppressions: list[object] = msgspec.field(default_factory=list[object])


class _Run(msgspec.Struct):
    tool: _Tool
    results: list[_Result] | None = None


class _Log(msgspec.Struct):
    version: str
    runs: list[_Run]


def parse_sarif(data: bytes, places: Places) -> tuple[tuple[Told, ...], str]:
    """The results of a SARIF log, and the names of its tools. Raises ReportError for what is no sound log.

    A suppressed result is left out. One whose file is not in the tree keeps its message and loses its place.
    """
    if len(data) > SIZE_LIMIT:
        raise ReportError(f"its report is larger than {SIZE_LIMIT // 2**20} MB")
    try:
        log = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=_Log)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ReportError(f"its report is not a SARIF log ({' '.join(str(error).split())[:120]})") from error
    if any(run.results is None for run in log.runs) or not log.runs:
        raise ReportError("its report says that nothing was looked at: it has a run without results")
    if sum(len(run.results or ()) for run in log.runs) > _MOST:
        raise ReportError(f"its report has more than {_MOST} results")
    tools = dict.fromkeys(
        plain_text(f"{run.tool.driver.name} {run.tool.driver.version}").strip()[:80] for run in log.runs
    )
    return tuple(told for run in log.runs for told in _results(run, places)), ", ".join(name for name in tools if name)


def _results(run: _Run, places: Places) -> Iterator[Told]:
    rules = run.tool.driver.rules
    defaults = {rule.id: rule.default_configuration.level for rule in rules}
    for result in run.results or ():
        if result.suppressions or result.kind not in ("fail", "review", "") or result.baseline_state == "absent":
            continue
        indexed = rules[result.rule_index].id if 0 <= result.rule_index < len(rules) else ""
        rule = result.rule_id or indexed or "result"
        message = plain_text((result.message.text or result.message.markdown or rule)[:2000])
        path, line = _place(result, places)
        yield Told(
            rule=plain_text(rule)[:120],
            level=_LEVELS.get(result.level or defaults.get(rule, "warning"), "warning"),
            message=message[:500],
            path=path,
            line=line,
        )


def _place(result: _Result, places: Places) -> tuple[str, int]:
    if not result.locations:
        return "", 0
    physical = result.locations[0].physical_location
    path, line = places.find(physical.artifact_location.uri[:2000]), physical.region.start_line
    return path, line if path and 0 < line < 2**31 else 0


def plain_text(text: str) -> str:
    """A foreign text as one line without control characters."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", text).split())
