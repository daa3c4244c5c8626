"""Mutation testing reports (Stryker's schema, 1 and 2), on a tree that an agent wrote: hostile documents. Pure."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

import msgspec

from podium.checks.report_paths import Places
from podium.checks.sarif_in import SIZE_LIMIT, ReportError, plain_text
from podium.kernel.value import Value

_MOST = 200_000

Fate: TypeAlias = Literal["caught", "alive", "unrun", "left out", "not tried"]
# A mutant that does not compile is none. One that the code or the tool's settings leave out was not tried either, but
# on somebody's word: `// Stryker disable` may stand on the very lines that are in question.
_FATES: dict[str, Fate] = {
    "Killed": "caught", "Timeout": "caught", "Survived": "alive", "NoCoverage": "unrun", "Ignored": "left out",
    "Pending": "not tried", "RuntimeError": "not tried",
}  # fmt: skip


class ToldMutant(Value, frozen=True, kw_only=True):
    """One small change of a file that a foreign tool tried, or did not."""

    line: int
    fate: Fate
    ask: str
    tests: int  # that run it; 0 = the tool does not say


class MutatedFile(Value, frozen=True, kw_only=True):
    """What the tool saw of one file."""

    source: str  # as the tool read it; empty = it does not say
    mutants: tuple[ToldMutant, ...]


class _Position(msgspec.Struct):
    line: int


class _Location(msgspec.Struct):
    start: _Position


class _Mutant(msgspec.Struct, rename="camel"):
    location: _Location
    status: Literal["Killed", "Survived", "NoCoverage", "CompileError", "RuntimeError", "Timeout", "Ignored", "Pending"]
    mutator_name: str = ""
    replacement: str | None = None
    description: str | None = None
    covered_by: list[str] | None = None


class _File(msgspec.Struct):
    mutants: list[_Mutant]
    source: str = ""


class _Framework(msgspec.Struct):
    name: str = ""
    version: str | None = None


class _Report(msgspec.Struct, rename="camel"):
    schema_version: str
    files: dict[str, _File]
    framework: _Framework | None = None


def parse_stryker(data: bytes, places: Places) -> tuple[dict[str, MutatedFile], str]:
    """The mutants of each file of the tree, and the name of the tool. Raises ReportError for what is no such report."""
    if len(data) > SIZE_LIMIT:
        raise ReportError(f"its report is larger than {SIZE_LIMIT // 2**20} MB")
    try:
        report = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=_Report)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())[:120]
        raise ReportError(f"its report is not a mutation testing report ({reason})") from error
    if not re.match(r"[12](?:\.|$)", report.schema_version):
        raise ReportError("its report is of a version of the schema that is not known here")
    if sum(len(file.mutants) for file in report.files.values()) > _MOST:
        raise ReportError(f"its report has more than {_MOST} mutants")
    found: dict[str, MutatedFile] = {}
    for named, file in report.files.items():
        path = places.find(named[:2000])
        if path in found:
            raise ReportError("its report tells of one file twice")
        if path:
            told = tuple(_told(each) for each in file.mutants if each.status in _FATES)
            found[path] = MutatedFile(source=file.source, mutants=told)
    tool = report.framework or _Framework()
    return found, plain_text(f"{tool.name} {tool.version or ''}"[:200])[:80]


def _told(mutant: _Mutant) -> ToldMutant:
    name = plain_text(mutant.mutator_name[:200])[:60] or "mutation"
    if mutant.replacement:
        ask = f"this were `{plain_text(mutant.replacement[:400])[:80]}` ({name})"
    else:
        ask = f"this were changed ({plain_text((mutant.description or '')[:400])[:120] or name})"
    return ToldMutant(
        line=mutant.location.start.line,
        fate=_FATES[mutant.status],
        ask=ask,
        tests=len(mutant.covered_by or ()),
    )
