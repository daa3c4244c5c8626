"""Points that are being written: a person's own until they are sent together.

A draft is not in the ledger, because nobody else is to see it; it is kept on the server side, so that neither a crash
nor a reload loses it (podium.conductor.draft_book). Each change names the revision that it was made on: of two tabs
that change one draft, the second is told instead of overwriting the first.
"""

from __future__ import annotations

from collections.abc import Iterable

from podium.kernel.errors import ConflictError, UsageError
from podium.kernel.value import Value
from podium.review.model import Point

_LONGEST_ID = 64
_LONGEST_TEXT = 20_000
_MOST = 500


class Draft(Value, frozen=True, kw_only=True):
    """One point that was not sent yet. `id` is the client's and stays; `revision` counts its changes."""

    id: str
    text: str
    run: str
    round: int
    path: str = ""
    line: int = 0
    hunk: str = ""
    revision: int = 1
    at: str = ""

    @property
    def said(self) -> str:
        """The text of the point, with its place where the text does not name it."""
        place = f"{self.path}:{self.line}" if self.path and self.line else self.path
        return self.text if not place or place in self.text else f"{place} {self.text}"


class Drafts(Value, frozen=True, kw_only=True):
    """All drafts of one person on one task, oldest first."""

    drafts: tuple[Draft, ...] = ()


def put(known: Drafts, draft: Draft) -> Drafts:
    """`known` with a draft added or changed. Sending the same change again is harmless.

    Raises ConflictError when `draft.revision` is not one more than that of the draft it replaces, UsageError for one
    that is empty, too long, or one too many.
    """
    _check(draft)
    before = next((each for each in known.drafts if each.id == draft.id), None)
    if before is None:
        if len(known.drafts) >= _MOST:
            raise UsageError(f"there are {_MOST} drafts already", where="drafts", do="Send or drop some of them.")
        return Drafts(drafts=(*known.drafts, draft))
    if _content(before) == _content(draft):
        return known
    if draft.revision != before.revision + 1:
        raise ConflictError(
            "this draft was changed in another window",
            where=f"draft {draft.id}",
            do=f"There it reads: {before.text[:200]}",
        )
    return Drafts(drafts=tuple(draft if each.id == draft.id else each for each in known.drafts))


def drop(known: Drafts, ids: Iterable[str]) -> Drafts:
    """`known` without these drafts; one that is not there is no error."""
    gone = frozenset(ids)
    return Drafts(drafts=tuple(each for each in known.drafts if each.id not in gone))


def unsent(known: Drafts, points: Iterable[Point]) -> Drafts:
    """`known` without those that were sent: what a crash between sending and dropping left behind."""
    return drop(known, (point.draft for point in points if point.draft))


def _content(draft: Draft) -> tuple[str, str, int, str]:
    return draft.text, draft.path, draft.line, draft.hunk


def _check(draft: Draft) -> None:
    if not draft.id or len(draft.id) > _LONGEST_ID or not draft.id.isascii() or not draft.id.isprintable():
        raise UsageError("a draft needs an id of at most 64 printable characters", where="draft")
    if not draft.text.strip():
        raise UsageError("a draft has no text", where=f"draft {draft.id}", do="Drop it, or write something.")
    if len(draft.text) > _LONGEST_TEXT:
        raise UsageError(f"a point has at most {_LONGEST_TEXT:,} characters", where=f"draft {draft.id}")
