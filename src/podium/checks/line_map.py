"""Which test runs which changed line, as the plugin in the sandbox told it.

The plugin runs in one process with the candidate's code, which can make it tell anything: what it says is good for
finding what nobody tested, not for proving that something was.
"""

from __future__ import annotations

from itertools import islice

import msgspec

from podium.evidence.model import RanBy
from podium.kernel.value import Value

MAP = "map.json"
ARTEFACTS = (MAP, *(f"map-gw{number}.json" for number in range(8)))
"""The files that a run may leave: one, or one for each worker of pytest-xdist."""


class _Told(msgspec.Struct):
    tests: list[str]
    entered: list[str]
    lines: dict[str, dict[int, list[int]]]
    early: list[str] = []
    python: str = ""
    how: str = ""


class LineMap(Value, frozen=True, kw_only=True):
    """Tests by changed line."""

    tests: int  # that ran
    python: str
    entered: frozenset[str]  # files of which anything was run
    early: frozenset[str]  # files that were imported before anybody could look (by pytest itself, say)
    lines: dict[tuple[str, int], frozenset[str]]  # the empty name stands for import and collection

    def named(self, most: int) -> tuple[RanBy, ...]:
        """What runs each changed line, for at most so many lines; what is only imported is left out."""
        found = (
            RanBy(
                path=path,
                line=line,
                tests=tuple(each[:200] for each in sorted(tests - {""})[:3]),
                count=len(tests - {""}),
            )
            for (path, line), tests in sorted(self.lines.items())
            if tests - {""}
        )
        return tuple(islice(found, most))

    def of(self, path: str, start: int, end: int) -> frozenset[str]:
        """What ran any line from `start` to `end` of a file."""
        found: set[str] = set()
        for line in range(start, end + 1):
            found |= self.lines.get((path, line), frozenset())
        return frozenset(found)


def read_map(artefacts: dict[str, bytes]) -> LineMap | None:
    """The map of all processes of a run together; None when none was left, or what was left is nonsense."""
    told: list[_Told] = []
    for name in ARTEFACTS:
        if name not in artefacts:
            continue
        try:
            told.append(msgspec.json.decode(artefacts[name], type=_Told))
        except msgspec.MsgspecError:
            return None
    if not told:
        return None
    lines: dict[tuple[str, int], set[str]] = {}
    for each in told:
        for path, hits in each.lines.items():
            for line, tests in hits.items():
                names = (each.tests[test] if 0 <= test < len(each.tests) else "" for test in tests)
                lines.setdefault((path, line), set()).update(names)
    return LineMap(
        tests=len({test for each in told for test in each.tests}),
        python=told[0].python[:20],
        entered=frozenset(path for each in told for path in each.entered),
        early=frozenset(path for each in told for path in each.early),
        lines={place: frozenset(tests) for place, tests in lines.items()},
    )
