"""Constructs: the regular expressions that protected areas look for in changed lines.

The patterns are the project's own, the lines are an agent's: a pattern that can take exponential time on a hostile line
is refused, and no single search sees more than a window of a long line.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, cast

_WINDOW = 1_000
_OVERLAP = 200


@lru_cache(maxsize=512)
def _pattern(construct: str) -> re.Pattern[str]:
    return re.compile(construct)


def finds(construct: str, line: str) -> bool:
    """Whether the construct occurs in this line; in a long line it is found when it spans at most 200 characters.

    Raises re.error for a pattern that `fault_of_construct` refuses.
    """
    pattern = _pattern(construct)
    if len(line) <= _WINDOW:
        return pattern.search(line) is not None
    step = _WINDOW - _OVERLAP
    return any(pattern.search(line[begin : begin + _WINDOW]) for begin in range(0, len(line), step))


def fault_of_construct(construct: str) -> tuple[str, str] | None:
    """What is wrong with a pattern, and what to write instead; None for a good one."""
    if not construct:
        return "an empty pattern is found in every line", "Write what to look for"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            pattern = re.compile(construct)
    except (re.error, Warning, RecursionError, OverflowError) as error:
        return f"not a regular expression: {error}", "Single quotes keep backslashes in TOML: '\\beval\\('"
    if pattern.search("") is not None:
        return "the pattern is found in every line", "Write a pattern that needs at least one character"
    if _nested_repeats(construct):
        return (
            "a repeat within a repeat can take for ever on a hostile line",
            "Write one repeat, or make the inner one possessive, such as a++",
        )
    return None


def _nested_repeats(construct: str) -> bool:
    # The parser behind `re` is the only one that surely reads a pattern as `re` does; it is private, but has kept its
    # place since Python 3.11, and without it the check is left out rather than guessed.
    parser: Any = getattr(re, "_parser", None)
    return parser is not None and _nested(parser.parse(construct), inside=False)


def _nested(parsed: Any, *, inside: bool) -> bool:
    for name, argument in cast("Iterator[tuple[object, Any]]", iter(parsed)):
        repeat = str(name) in ("MAX_REPEAT", "MIN_REPEAT")
        unbounded = repeat and int(argument[1]) > 50
        if inside and unbounded:
            return True
        safe = str(name) in ("ATOMIC_GROUP", "POSSESSIVE_REPEAT")
        within = False if safe else inside or unbounded
        if any(_nested(child, inside=within) for child in _children(argument)):
            return True
    return False


def _children(argument: Any) -> Iterator[Any]:
    """Every sub-pattern inside the argument of one parsed operation."""
    if hasattr(argument, "pattern") or hasattr(argument, "state"):
        yield argument
    elif isinstance(argument, list | tuple):
        for item in cast("Sequence[Any]", argument):
            yield from _children(item)
