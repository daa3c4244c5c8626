"""What a person read, kept by content: a hunk id names its text, so a mark outlives line shifts, rebases and rounds.

A mark belongs to one person and one hunk id. A hunk whose text changed has another id and is unseen again. Equal hunks
of one file differ in their ids by an ordinal alone, so they are counted: of three equal hunks of which two were
read, one stays unseen, whichever of them moved.

Marks of one person may arrive late and out of order, from another tab or after a lost connection. Each has the time at
which it was given, so that they end up the same in any order, and a batch that is sent again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from podium.kernel.errors import NotFoundError, UsageError
from podium.review.events import HunksMarked
from podium.review.model import MarkName
from podium.review.person import require_person
from podium.runs.model import Hunk, Run

_READ: frozenset[MarkName] = frozenset({"seen", "understood", "flagged"})


def mark(marks: dict[str, MarkName], hunks: Iterable[str], name: MarkName) -> None:
    """Enter a mark into one person's `marks`: `seen` never lowers one, the others replace, `unseen` removes."""
    for hunk in hunks:
        if name == "unseen":
            marks.pop(hunk, None)
        elif name != "seen" or hunk not in marks:
            marks[hunk] = name


class Ledger:
    """One person's marks in one task, while they are being folded: the same in whatever order they arrive.

    Of a hunk two things are kept: the newest mark that the person gave (understood, flagged, or taken back), and when
    it was last seen. Being seen counts where nothing was said, or where what was said was taken back before.
    """

    def __init__(self) -> None:
        self.marks: dict[str, MarkName] = {}
        self._given: dict[str, tuple[str, int, MarkName]] = {}
        self._seen: dict[str, tuple[str, int]] = {}
        self._count = 0

    def take(self, event: HunksMarked, recorded_at: str) -> None:
        """Take marks in that were given at `event.marked_at`, as they count at `recorded_at`.

        A time after that of the record is not believed. Of two marks of one moment the one recorded last counts.
        """
        at = min(event.marked_at or recorded_at, recorded_at)
        self._count += 1
        for hunk in event.hunks:
            if event.mark == "seen":
                self._seen[hunk] = max(self._seen.get(hunk, ("", 0)), (at, self._count))
            else:
                self._given[hunk] = max(self._given.get(hunk, ("", 0, "unseen")), (at, self._count, event.mark))
            self._settle(hunk)

    def _settle(self, hunk: str) -> None:
        said_at, count, said = self._given.get(hunk, ("", 0, "unseen"))
        if said != "unseen":
            self.marks[hunk] = said
        elif self._seen.get(hunk, ("", 0)) > (said_at, count):
            self.marks[hunk] = "seen"
        else:
            self.marks.pop(hunk, None)


def marks_for(hunks: Iterable[Hunk], earlier: Mapping[str, MarkName]) -> dict[str, MarkName]:
    """The mark of each hunk of a candidate, given all that one person marked in this task before."""
    return {hunk.id: earlier.get(hunk.id, "unseen") for hunk in hunks}


def is_read(name: MarkName) -> bool:
    """Whether the mark says that the person has had the text before them. A flagged hunk was read."""
    return name in _READ


def unread(hunks: Iterable[Hunk], earlier: Mapping[str, MarkName]) -> tuple[Hunk, ...]:
    """The hunks, in the order given, that the person has not read."""
    return tuple(hunk for hunk in hunks if not is_read(earlier.get(hunk.id, "unseen")))


def flagged(hunks: Iterable[Hunk], earlier: Mapping[str, MarkName]) -> tuple[Hunk, ...]:
    """The hunks, in the order given, that the person flagged and has not taken back."""
    return tuple(hunk for hunk in hunks if earlier.get(hunk.id) == "flagged")


def decide_mark(
    run: Run, round_number: int, hunks: Iterable[Hunk], *, actor: str, names: Iterable[str], name: MarkName
) -> HunksMarked:
    """The event that marks hunks, each named by its id or by the beginning of it.

    Raises PodiumError when the actor is no person (an agent reads nothing), NotFoundError for a name that no hunk of
    the candidate has, UsageError for one that several have, and for no name at all.
    """
    by = require_person(actor, "mark hunks of")
    ids = [hunk.id for hunk in hunks]
    chosen = named(ids, names, f"{run.spec}/{run.task}")
    if not chosen:
        raise UsageError(
            "no hunk was named",
            where=f"{run.spec}/{run.task}",
            do=f"Name at least one by its id: podium review {run.spec}/{run.task} --mark seen 3f2a91c0",
        )
    return HunksMarked(spec=run.spec, task=run.task, run=run.id, round=round_number, hunks=chosen, mark=name, by=by)


def named(ids: list[str], names: Iterable[str], where: str) -> tuple[str, ...]:
    """The ids that are meant by ids or beginnings of them, each once.

    Raises NotFoundError for a name that none has, UsageError for one that several have.
    """
    return tuple(dict.fromkeys(_named(ids, each, where) for each in names))


def _named(ids: list[str], name: str, where: str) -> str:
    if name in ids:
        return name
    found = [each for each in ids if name and each.startswith(name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{len(found)} hunks begin with {name}", where=where, do="Give more of the id.")
    raise NotFoundError(
        f"the candidate has no hunk {name!r}", where=where, do="It may have changed: look again with podium review."
    )
