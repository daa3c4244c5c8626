"""Large diffs are ordered and traced in processes of their own: with the same result, and ended with the server."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from podium.kernel.ids import digest
from podium.review.reading import reading_order
from podium.review.trace import trace
from podium.runs.model import DiffLine, FileChange, Hunk
from podium.spec.model import Clause
from podium.web.apart import BrokenError, Place, order_apart, trace_apart
from podium.web.order_file import as_it_is, placed_by

CLAUSE = Clause(id="B1", kind="behaviour", text="`total` prints the sum", line=1, column=1)


def change(path: str, *texts: str) -> FileChange:
    """A file with one hunk for each text."""
    hunks = tuple(
        Hunk(
            id=digest(f"{path}{at}".encode()),
            path=path,
            old_start=at,
            new_start=at,
            section="",
            lines=(DiffLine(kind="+", text=text, old=0, new=at),),
        )
        for at, text in enumerate(texts, 1)
    )
    return FileChange(
        path=path,
        old_path=path,
        status="modified",
        old_mode="100644",
        new_mode="100644",
        old_blob="a" * 40,
        new_blob="b" * 40,
        added=len(texts),
        removed=0,
        binary=False,
        hunks=hunks,
    )


def places(changes: Sequence[FileChange]) -> list[tuple[str, float]]:
    """The reading order, made here."""
    return [(each.hunk.id, each.score) for each in reading_order(changes)]


def test_what_is_made_apart_is_what_would_be_made_here() -> None:
    changes = (change("src/a.py", "def total():", "eval(x)"), change("README.md", "words", "\u202e more" * 50_000))
    made = order_apart(changes, (), threading.Event())
    assert [(each.hunk, each.score) for each in made] == places(changes)
    assert trace_apart(changes, (CLAUSE,), threading.Event()) == trace(changes, (CLAUSE,))


def test_a_process_ends_with_the_server_and_what_cannot_be_sent_is_told() -> None:
    closed = threading.Event()
    closed.set()
    changes = tuple(change(f"src/{number}.py", *("x = 1 " * 40 + str(at) for at in range(200))) for number in range(20))
    with pytest.raises(BrokenError, match="its process ended"):
        order_apart(changes, (), closed)
    with pytest.raises(BrokenError, match="no text"):
        order_apart((change("src/a.py", "half \ud800"),), (), threading.Event())


def test_an_order_that_leaves_a_hunk_out_or_has_one_twice_is_none() -> None:
    changes = (change("src/a.py", "one", "two"),)
    where = {hunk.id: (each, hunk) for each in changes for hunk in each.hunks}
    one, two = (Place(hunk=name, score=1.0, reasons=(), lines=1) for name in where)
    assert [each.hunk.id for each in placed_by((two, one), where)] == [two.hunk, one.hunk]
    for bad in ((one,), (one, one), (one, one, two)):
        with pytest.raises(ValueError, match="other hunks"):
            placed_by(bad, where)
    assert [each.hunk.id for each in as_it_is(changes)] == [one.hunk, two.hunk]
