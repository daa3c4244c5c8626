"""JUnit XML, written by code that an agent wrote: read as a hostile document.

A document type declaration is refused, so that there are no entities to expand and nothing external to fetch; size,
depth, number of cases and length of names are limited. Text content is skipped: only attributes are read.
"""

from __future__ import annotations

from typing import Literal, TypeAlias
from xml.parsers import expat

from podium.kernel.errors import PodiumError
from podium.kernel.value import Value

Verdict: TypeAlias = Literal["passed", "failed", "error", "skipped"]

SIZE_LIMIT = 32 * 1024 * 1024
_DEPTH_LIMIT = 32
_CASE_LIMIT = 200_000
_NAME_LIMIT = 300
_VERDICTS: dict[str, Verdict] = {"failure": "failed", "error": "error", "skipped": "skipped"}
_WORSE: tuple[Verdict, ...] = ("passed", "skipped", "failed", "error")


class TestResult(Value, frozen=True, kw_only=True):
    """The outcome of one test case."""

    __test__ = False  # its name begins like a test class; pytest must not collect it

    name: str  # class name and name, joined by "::"
    verdict: Verdict
    seconds: float = 0.0


class JunitError(PodiumError):
    """A report that cannot be read; the reason is fit to be shown."""


def parse_junit(data: bytes) -> tuple[TestResult, ...]:
    """The test cases of a JUnit XML report, in its order. Raises JunitError for anything that is not a sound report."""
    if len(data) > SIZE_LIMIT:
        raise JunitError(f"its test report is larger than {SIZE_LIMIT // 2**20} MB")
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.StartDoctypeDeclHandler = reader.doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise JunitError(f"its test report is not XML ({error})") from error
    except (ValueError, LookupError) as error:
        raise JunitError("its test report names an unknown encoding") from error
    if not reader.is_report:
        raise JunitError("its test report is not JUnit XML")
    return tuple(reader.cases)


class _Reader:
    def __init__(self) -> None:
        self.cases: list[TestResult] = []
        self.is_report = False
        self._depth = 0
        self._name = ""
        self._seconds = 0.0
        self._verdict: Verdict = "passed"
        self._case_depth = 0

    def doctype(self, *_: object) -> None:
        raise JunitError("its test report has a document type declaration, which is refused")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEPTH_LIMIT:
            raise JunitError("its test report is nested too deeply")
        if self._depth == 1:
            self.is_report = tag in ("testsuites", "testsuite")
        if tag == "testcase":
            self._begin(attributes)
        elif self._case_depth and tag in _VERDICTS:
            verdict = _VERDICTS[tag]
            if _WORSE.index(verdict) > _WORSE.index(self._verdict):
                self._verdict = verdict

    def end(self, tag: str) -> None:
        if tag == "testcase" and self._depth == self._case_depth:
            self.cases.append(TestResult(name=self._name, verdict=self._verdict, seconds=self._seconds))
            self._case_depth = 0
        self._depth -= 1

    def _begin(self, attributes: dict[str, str]) -> None:
        if self._case_depth:
            raise JunitError("its test report has a test case inside a test case")
        if len(self.cases) >= _CASE_LIMIT:
            raise JunitError(f"its test report has more than {_CASE_LIMIT} test cases")
        place = attributes.get("classname") or attributes.get("file") or ""
        name = attributes.get("name", "")
        self._name = (f"{place}::{name}" if place else name)[:_NAME_LIMIT]
        self._seconds = _seconds(attributes.get("time", ""))
        self._verdict = "passed"
        self._case_depth = self._depth


def _seconds(text: str) -> float:
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        return 0.0
    return value if 0 <= value < 1e9 else 0.0
