"""What an agent says that it did about each point, from its own words at the end of a round: claims, not facts."""

from __future__ import annotations

import re
from collections.abc import Iterable

from podium.kernel.value import Value
from podium.review.model import Point
from podium.runs.model import Round

_LONGEST = 600
_READ = 20_000  # characters of a claim; an agent may say anything
_POINT = re.compile(r"(?<![A-Za-z0-9_])P([1-9][0-9]{0,4})(?![A-Za-z0-9_])")
_HEAD = re.compile(r"[\s#>*+\-_`'\"(\[]{0,12}(?:[Pp]oint\s)?P[1-9]")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`*\"'])")


class Reply(Value, frozen=True, kw_only=True):
    """What an agent said about one point in one round."""

    text: str
    round: int


def replies(points: Iterable[Point], rounds: Iterable[Round]) -> dict[str, Reply]:
    """The newest reply to each point, by its id; a round answers only the points that it was given."""
    known = {point.id: point for point in points}
    found: dict[str, Reply] = {}
    for each in rounds:
        said = by_point(each.claim) if each.points and each.claim else {}
        for name in each.points:
            if name in said and name in known and each.number > known[name].round:
                found[name] = Reply(text=said[name], round=each.number)
    return found


def by_point(claim: str) -> dict[str, str]:
    """The parts of a claim that speak of points, by point: paragraphs or items that begin with one, else sentences."""
    found: dict[str, list[str]] = {}
    names: list[str] = []
    loose: list[str] = []
    for line in claim[:_READ].splitlines():
        if not line.strip():
            names = []
        elif _HEAD.match(line):
            names = _names(_head(line))
            for name in names:
                found.setdefault(name, []).append(line.strip(" \t*+->#").replace("**", ""))
        elif names:
            for name in names:
                found[name].append(line.strip())
        else:
            loose.append(line)
    for sentence in _SENTENCE.split(" ".join(loose)):
        for name in _names(sentence):
            if name not in found:
                found[name] = [sentence.strip()]
    return {name: _cut(" ".join(lines)) for name, lines in found.items()}


def _names(text: str) -> list[str]:
    return list(dict.fromkeys(f"P{number}" for number in _POINT.findall(text)))


def _head(line: str) -> str:
    """The names at the beginning of a line: of "P1, P2: done, like P7" the first two."""
    end = re.search(r"(?:[:.]|\s[-\u2013\u2014])(?:\s|$)", line)
    return line[: end.start()] if end else line


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
