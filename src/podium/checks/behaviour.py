"""Comparing what changed functions did on two trees, as the files inside the sandboxes told it. Pure.

What differs between two equal runs on one tree is masked: nobody can say what a change did to it. What these files tell
comes from a process that the candidate's code shares: it is good for showing a difference, not for proving that there
is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import msgspec

from podium.kernel.value import Value

_SHOWN = 160
_AROUND = 60

Key: TypeAlias = tuple[int, int, str, int]  # function, input, parameter, which other value


class Seen(msgspec.Struct):
    """One function, as the recording told it."""

    module: str
    calls: int
    unfit: int
    inputs: list[str]


class Told(msgspec.Struct):
    """What the plugin `calls_plugin` wrote."""

    python: str
    version: str
    path: list[str]
    full: str
    functions: list[Seen]
    tests: dict[str, list[tuple[int, int, int, int]]]
    texts: list[str]

    def text(self, number: int) -> str:
        """One of its texts; empty for a call that did not end."""
        return self.texts[number] if 0 <= number < len(self.texts) else ""


class Result(msgspec.Struct):
    """One line of `replay`."""

    call: str = ""
    end: str = ""
    after: str = ""
    out: str = ""
    warned: str = ""
    lost: str = ""
    unfit: int = 0
    why: str = ""


class Difference(Value, frozen=True, kw_only=True):
    """Behaviour that differs: one concrete call, and how many others are of the same kind."""

    function: int
    call: str
    old: str
    new: str
    count: int
    made_up: bool = False  # the input was made from a recorded one
    test: str = ""  # where the call was seen, when it was not called again


@dataclass
class Compared:
    """What a comparison found."""

    inputs: int = 0  # compared on both trees
    made_up: int = 0
    masked: int = 0
    unfit: int = 0
    calls: int = 0  # of tests, compared on both trees
    seen: set[int] = field(default_factory=set[int])  # functions of which anything was compared
    lost: dict[int, str] = field(default_factory=dict[int, str])  # functions that could not be called again
    differences: list[Difference] = field(default_factory=list[Difference])


def read_told(data: bytes | None) -> Told | None:
    """What the recording told; None when it told nothing, or nonsense."""
    try:
        return msgspec.json.decode(data or b"", type=Told)
    except msgspec.MsgspecError:
        return None


def read_results(data: bytes | None) -> dict[Key, Result]:
    """The results of a replay by key; lines that cannot be read are left out."""
    decoder = msgspec.json.Decoder(tuple[int, tuple[int, str, int], Result])
    found: dict[Key, Result] = {}
    for line in (data or b"").splitlines():
        if line.strip():
            try:
                index, (place, name, number), result = decoder.decode(line)
            except msgspec.MsgspecError:
                continue
            found.setdefault((index, place, name, number), result)
    return found


# --- called again -----------------------------------------------------------------------------------------------------


def compare_replays(
    old: tuple[dict[Key, Result], dict[Key, Result]], new: tuple[dict[Key, Result], dict[Key, Result]], into: Compared
) -> None:
    """Compare two replays of each tree."""
    classes: dict[tuple[int, str, str], list[Difference]] = {}
    for key in sorted(new[0].keys() | old[0].keys()):
        before, after = old[0].get(key), new[0].get(key)
        if before is None or after is None:
            continue
        lost = before.lost or after.lost
        if lost:
            into.lost.setdefault(key[0], lost)
            continue
        if before.unfit or after.unfit:
            into.unfit += 1
            continue
        masked = _parts(before) != _parts(old[1].get(key)) or _parts(after) != _parts(new[1].get(key))
        if masked:
            into.masked += 1
            continue
        into.inputs += 1
        into.made_up += bool(key[2])
        into.seen.add(key[0])
        told = _difference(before, after)
        if told is not None and not (key[2] and _is_misuse(before.end, after.end)):
            found = Difference(
                function=key[0], call=after.call or before.call, old=told[0], new=told[1], count=1, made_up=bool(key[2])
            )
            classes.setdefault((key[0], _sort(told[0]), _sort(told[1])), []).append(found)
    into.differences.extend(_one_of_each(classes.values()))


def _parts(result: Result | None) -> tuple[str, ...] | None:
    return None if result is None else (result.end, result.after, result.out, result.warned)


def _is_misuse(old: str, new: str) -> bool:
    """Whether a made-up input is refused on both trees, in other words: nobody passes such a thing."""
    return _sort(old) == _sort(new) and _sort(old) in ("raised TypeError", "raised AttributeError")


def _difference(old: Result, new: Result) -> tuple[str, str] | None:
    """What differs, old and new, the most telling part alone."""
    if old.end != new.end:
        return _told_apart(old.end, new.end)
    parts = (
        ("leaves its arguments as ", old.after, new.after),
        ("prints ", old.out, new.out),
        ("warns ", old.warned, new.warned),
    )
    for words, before, after in parts:
        if before != after:
            first, second = _told_apart(before or "they were", after or "they were", _AROUND)
            return words + first, words + second
    return None


# --- seen in the tests ------------------------------------------------------------------------------------------------


def compare_tests(old: tuple[Told, Told | None], new: tuple[Told, Told | None], into: Compared) -> None:
    """Compare what the same tests saw on two trees, call by call; with the second run of each, mask what varies."""
    classes: dict[tuple[int, str, str], list[Difference]] = {}
    for test, calls in new[0].tests.items():
        before, after = _by_function(old[0], test), _by_function(new[0], test)
        again = [_by_function(each, test) if each else None for each in (old[1], new[1])]
        for function in {call[0] for call in calls}:
            sequences = [each.get(function, []) for each in (before, after)]
            repeated = [None if each is None else each.get(function, []) for each in again]
            for found in _walk(function, test, sequences, repeated, into):
                classes.setdefault((function, _sort(found.old), _sort(found.new)), []).append(found)
    into.differences.extend(_one_of_each(classes.values()))


_Call: TypeAlias = tuple[str, str, str]


def _by_function(told: Told, test: str) -> dict[int, list[_Call]]:
    found: dict[int, list[_Call]] = {}
    for function, call, end, after in told.tests.get(test, ()):
        found.setdefault(function, []).append((told.text(call), told.text(end), told.text(after)))
    return found


def _walk(
    function: int, test: str, sequences: list[list[_Call]], repeated: list[list[_Call] | None], into: Compared
) -> Iterator[Difference]:
    """The first difference of one function in one test: what comes after it may only follow from it."""
    before, after = sequences
    for place, (old, new) in enumerate(zip(before, after, strict=False)):
        varies = any(
            each is not None and (place >= len(each) or each[place] != mine)
            for each, mine in zip(repeated, (old, new), strict=True)
        )
        if varies:
            into.masked += 1
            return
        if old[0] != new[0]:
            return  # it is called with something else: what calls it says why
        into.calls += 1
        into.seen.add(function)
        if old[1:] != new[1:]:
            first, second = _told_apart(old[1], new[1]) if old[1] != new[1] else _told_apart(old[2], new[2], _AROUND)
            words = "" if old[1] != new[1] else "leaves its arguments as "
            yield Difference(
                function=function, call=_cut(new[0]), old=words + first, new=words + second, count=1, test=test
            )
            return


# --- both -------------------------------------------------------------------------------------------------------------


def _one_of_each(classes: Iterable[list[Difference]]) -> Iterator[Difference]:
    for found in classes:
        best = min(found, key=lambda each: (each.made_up, len(each.call), each.call))
        yield msgspec.structs.replace(best, count=len(found), call=_cut(best.call))


def _sort(said: str) -> str:
    """What kind of an end it is: of two calls with ends of the same kinds, one is enough to look at."""
    verb, _, what = said.partition(" ")
    if verb != "returned":
        return f"{verb} {what.partition('(')[0]}"
    head = what[:1]
    kinds: dict[str, Literal["text", "list", "tuple", "mapping"]] = {
        "'": "text", '"': "text", "[": "list", "(": "tuple", "{": "mapping",
    }  # fmt: skip
    if head.isdigit() or head == "-":
        return "returned number"
    return f"returned {kinds.get(head) or what.partition('(')[0][:40]}"


def _told_apart(old: str, new: str, shown: int = _SHOWN) -> tuple[str, str]:
    """Both texts cut to where they differ."""
    if len(old) <= shown and len(new) <= shown:
        return old, new
    same = next((place for place, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = max(0, same - _AROUND // 2)
    if start < _AROUND // 2:
        return _cut(old), _cut(new)
    verbs = old.partition(" ")[0] if old.partition(" ")[0] == new.partition(" ")[0] else ""
    return tuple(f"{verbs} …{_cut(each[start:])}".strip() for each in (old, new))  # pyright: ignore[reportReturnType] - two


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
