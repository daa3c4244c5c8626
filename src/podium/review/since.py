"""What changed since a person last looked: two candidates of one run compared hunk by hunk, as a person can read it.

Hunks are named by content, so a hunk that is in both candidates is the same text. One that is new is paired with the
likest hunk of the same file that is gone, and the two are compared line by line: that is the range-diff. Nothing here
says that anything was read; it only says what is worth reading again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Literal

from podium.kernel.value import Value
from podium.review.model import TaskReview
from podium.review.person import same_person
from podium.runs.model import DiffLine, FileChange, Hunk

_ALIKE = 0.3
_MOST_LINES = 1500  # of a hunk that is compared line by line; a longer one is new as a whole
_MOST_PAIRS = 60  # hunks of one file that are paired by likeness; more are paired by their order


class Row(Value, frozen=True, kw_only=True):
    """One line of the comparison. `line` is a line of the newer diff, for `gone` one of the older."""

    kind: Literal["same", "come", "gone"]
    line: DiffLine


class Changed(Value, frozen=True, kw_only=True):
    """A hunk that is not as it was. `before` is None for a hunk that nothing like it was there for."""

    hunk: Hunk
    before: Hunk | None
    rows: tuple[Row, ...]  # empty without `before`, and for hunks that are too long to compare


class Since(Value, frozen=True, kw_only=True):
    """What became of a candidate from the round that a person looked at to the newest one."""

    run: str
    before: int  # the round that was looked at
    now: int
    changed: tuple[Changed, ...]  # in the order of the newer diff
    gone: tuple[Hunk, ...]  # hunks of the older diff that have no counterpart any more
    same: int  # how many hunks are as they were

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed."""
        return not self.changed and not self.gone


def last_look(review: TaskReview, run: str, number: int, who: str) -> int:
    """The newest round of a run before `number` that a person opened; 0 when there is none."""
    looked = (look.round for look in review.looks if look.run == run and same_person(look.by, who))
    return max((each for each in looked if each < number), default=0)


def since(run: str, before: int, now: int, older: Iterable[FileChange], newer: Iterable[FileChange]) -> Since:
    """Compare the changes of two rounds of a run."""
    old, new = tuple(older), tuple(newer)
    kept = {hunk.id for change in old for hunk in change.hunks} & {hunk.id for change in new for hunk in change.hunks}
    left: dict[str, list[Hunk]] = {}
    for change in old:
        left.setdefault(change.path, []).extend(hunk for hunk in change.hunks if hunk.id not in kept)
    changed: list[Changed] = []
    for change in new:
        fresh = [hunk for hunk in change.hunks if hunk.id not in kept]
        name = change.path if change.path in left else change.old_path
        pairs = _pair(left.get(name, []), fresh)
        changed.extend(_changed(hunk, pairs.get(hunk.id)) for hunk in fresh)
        used = {each.id for each in pairs.values()}
        if name in left:
            left[name] = [hunk for hunk in left[name] if hunk.id not in used]
    gone = tuple(hunk for hunks in left.values() for hunk in hunks)
    return Since(run=run, before=before, now=now, changed=tuple(changed), gone=gone, same=len(kept))


def _pair(old: Sequence[Hunk], new: Sequence[Hunk]) -> dict[str, Hunk]:
    """For each new hunk the old one that it came from, the likest pairs first."""
    if len(old) > _MOST_PAIRS or len(new) > _MOST_PAIRS:
        return {after.id: before for before, after in zip(old, new, strict=False)}
    ranked = sorted(
        (
            (-likeness, abs(at - place), at, place)
            for at, before in enumerate(old)
            for place, after in enumerate(new)
            if (likeness := _likeness(before, after)) >= _ALIKE
        )
    )
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, at, place in ranked:
        if place not in pairs and at not in taken:
            pairs[place] = at
            taken.add(at)
    return {new[place].id: old[at] for place, at in pairs.items()}


def _likeness(one: Hunk, other: Hunk) -> float:
    """The share of changed lines that two hunks have in common; context alone makes them a little alike."""
    left, right = _texts(one), _texts(other)
    changed = _share([t for t in left if t[0] != " "], [t for t in right if t[0] != " "])
    return 0.8 * changed + 0.2 * _share(left, right) + (0.15 if one.section and one.section == other.section else 0.0)


def _share(left: list[str], right: list[str]) -> float:
    if not left and not right:
        return 1.0
    common = (Counter(left) & Counter(right)).total()
    return 2 * common / (len(left) + len(right))


def _changed(hunk: Hunk, before: Hunk | None) -> Changed:
    if before is None or max(len(before.lines), len(hunk.lines)) > _MOST_LINES:
        return Changed(hunk=hunk, before=before, rows=())
    rows: list[Row] = []
    matcher = SequenceMatcher(None, _texts(before), _texts(hunk), autojunk=False)
    for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if tag != "equal":
            rows.extend(Row(kind="gone", line=line) for line in before.lines[old_start:old_end])
        kind: Literal["same", "come"] = "same" if tag == "equal" else "come"
        rows.extend(Row(kind=kind, line=line) for line in hunk.lines[new_start:new_end])
    return Changed(hunk=hunk, before=before, rows=tuple(rows))


def _texts(hunk: Hunk) -> list[str]:
    return [line.kind + line.text + ("\n" if line.no_newline else "") for line in hunk.lines]
