"""LCOV and Cobertura, written by any tool, on a tree that an agent wrote: read as hostile documents. Pure."""

from __future__ import annotations

from xml.parsers import expat

from podium.checks.report_paths import Places
from podium.checks.sarif_in import SIZE_LIMIT, ReportError

_MOST_LINES = 3_000_000
_DEPTH_LIMIT = 64

Coverage = dict[str, dict[int, bool]]
"""By file: each line that can be run, and whether something ran it."""


def parse_lcov(data: bytes, places: Places) -> Coverage:
    """The lines of an LCOV trace file. Raises ReportError."""
    text = _within_size(data).decode("utf-8", "replace")
    if not any(line.startswith("SF:") for line in text.splitlines()):
        raise ReportError("its report is not an LCOV trace file")
    found: Coverage = {}
    path, count = "", 0
    for line in text.splitlines():
        if line.startswith("SF:"):
            path = places.find(line[3:].strip()[:2000])
        elif line.startswith("end_of_record"):
            path = ""
        elif path and line.startswith("DA:"):
            number, _, hits = line[3:].partition(",")
            count = _counted(count)
            _note(found, path, number, hits.partition(",")[0])
    return found


def parse_cobertura(data: bytes, places: Places) -> Coverage:
    """The lines of a Cobertura report. Raises ReportError; a document that declares anything of its own is refused."""
    reader = _Reader(places)
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.EntityDeclHandler = reader.entity
    try:
        parser.Parse(_within_size(data), True)
    except expat.ExpatError as error:
        raise ReportError(f"its report is not XML ({error})") from error
    except (ValueError, LookupError) as error:
        raise ReportError("its report names an unknown encoding") from error
    if not reader.is_report:
        raise ReportError("its report is not a Cobertura report")
    return reader.found


class _Reader:
    def __init__(self, places: Places) -> None:
        self.found: Coverage = {}
        self.is_report = False
        self._places = places
        self._roots: list[str] = []
        self._depth = self._count = 0
        self._path = ""
        self._in_source = False

    def doctype(self, _: str, __: str | None, ___: str | None, internal: int) -> None:
        # Real reports name the DTD of Cobertura, which is never fetched. What they hold of their own is refused.
        if internal:
            raise ReportError("its report declares entities of its own, which is refused")

    def entity(self, *_: object) -> None:
        raise ReportError("its report declares entities of its own, which is refused")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEPTH_LIMIT:
            raise ReportError("its report is nested too deeply")
        if self._depth == 1:
            self.is_report = tag == "coverage"
        if tag == "class":
            self._path = self._places.find(attributes.get("filename", "")[:2000], roots=self._roots)
        elif tag == "line" and self._path:
            self._count = _counted(self._count)
            _note(self.found, self._path, attributes.get("number", ""), attributes.get("hits", ""))
        self._in_source = tag == "source"

    def end(self, tag: str) -> None:
        self._depth -= 1
        self._in_source = False
        if tag == "class":
            self._path = ""

    def text(self, text: str) -> None:
        if self._in_source and text.strip() and len(self._roots) < 20:
            self._roots.append(text.strip()[:500])


def _within_size(data: bytes) -> bytes:
    if len(data) > SIZE_LIMIT:
        raise ReportError(f"its report is larger than {SIZE_LIMIT // 2**20} MB")
    return data


def _counted(count: int) -> int:
    if count >= _MOST_LINES:
        raise ReportError(f"its report has more than {_MOST_LINES} lines")
    return count + 1


def _note(found: Coverage, path: str, number: str, hits: str) -> None:
    if number.isascii() and number.isdigit() and 0 < len(number) < 8:
        ran = hits.strip().isdigit() and int(hits.strip()[:18]) > 0
        lines = found.setdefault(path, {})
        lines[int(number)] = lines.get(int(number), False) or ran
