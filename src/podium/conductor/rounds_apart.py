"""The changes of rounds, remembered by content, and what became of a candidate since a person last looked at it."""

from __future__ import annotations

import threading
from collections import OrderedDict

from podium.git.diff import changes
from podium.git.mirror import Mirror
from podium.kernel.errors import NotFoundError
from podium.review.case import Case
from podium.review.since import Since, last_look, since
from podium.runs.model import FileChange, Run
from podium.runs.store import candidate_of

_MOST = 16
_MOST_ROWS = 600_000  # of all that are remembered, some 300 MB; the newest is remembered however large it is
_known: OrderedDict[tuple[str, str, str], tuple[FileChange, ...]] = OrderedDict()
_rows: dict[tuple[str, str, str], int] = {}  # of each of these
_lock = threading.Lock()


def changes_between(mirror: Mirror, base: str, commit: str) -> tuple[FileChange, ...]:
    """`podium.git.diff.changes`, remembered for the last few pairs: two commits never change. Safe for threads."""
    place = (str(mirror.path), base, commit)
    with _lock:
        if place in _known:
            _known.move_to_end(place)
            return _known[place]
    found = changes(mirror, base, commit)
    with _lock:
        _known[place] = found
        _rows[place] = sum(len(hunk.lines) for change in found for hunk in change.hunks)
        while len(_known) > 1 and (len(_known) > _MOST or sum(_rows.values()) > _MOST_ROWS):
            del _rows[_known.popitem(last=False)[0]]
    return found


def changes_of_round(mirror: Mirror, run: Run, number: int) -> tuple[FileChange, ...]:
    """What the candidate of any round changes. Raises NotFoundError for a round that has none."""
    round_ = next((each for each in run.rounds if each.number == number), None)
    candidate = candidate_of(round_) if round_ else None
    if candidate is None:
        raise NotFoundError(f"round {number} has no candidate", where=f"{run.spec}/{run.task}")
    return changes_between(mirror, candidate.base, candidate.commit)


def since_last_look(mirror: Mirror, case: Case, before: int = 0) -> Since | None:
    """What changed since this person's last look at an earlier round, or since round `before`.

    None when they have not looked before, or when that round has no candidate.
    """
    number = before or last_look(case.review, case.run.id, case.round, case.who)
    if not number or number >= case.round:
        return None
    try:
        older = changes_of_round(mirror, case.run, number)
    except NotFoundError:
        return None
    return since(case.run.id, number, case.round, older, case.changes)
