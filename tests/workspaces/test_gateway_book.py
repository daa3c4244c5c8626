"""The book of spending: many supervisors at once, none of which may see the last dollar twice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from podium.workspaces.gateway.book import Book, Cap, Full

_SPENDER = """
import sys
from pathlib import Path
from podium.workspaces.gateway.book import Book, Cap, Full
book = Book(Path(sys.argv[1]))
cap = Cap(scope="spec", account="spec:p:s", usd=1.0)
while not isinstance(number := book.enter(["spec:p:s", sys.argv[2]], [cap], 0.02, "now"), Full):
    book.settle(number, 0.03, 0.02)
"""
_KILLED = """
import os, sys
from pathlib import Path
from podium.workspaces.gateway.book import Book
Book(Path(sys.argv[1])).enter(["a"], [], 0.5, "now")
os.kill(os.getpid(), 9)
"""


def _cap(usd: float, account: str = "a") -> Cap:
    return Cap(scope="task", account=account, usd=usd)


def test_a_limit_refuses_the_next_request_and_says_what_is_spent(tmp_path: Path) -> None:
    book = Book(tmp_path / "book.db")
    number = book.enter(["a"], [_cap(0.05)], 0.01, "now")
    assert isinstance(number, int)
    book.settle(number, 0.06, 0.01)
    full = book.enter(["a"], [_cap(0.05)], 0.01, "now")
    assert isinstance(full, Full)
    assert (full.cap.scope, round(full.spent, 4)) == ("task", 0.06)
    book.close()


def test_requests_under_way_count_with_what_is_expected_of_them(tmp_path: Path) -> None:
    book = Book(tmp_path / "book.db")
    answers = [book.enter(["a"], [_cap(0.05)], 0.02, "now") for _ in range(5)]
    assert [isinstance(each, Full) for each in answers] == [False, False, False, True, True]
    book.close()


def test_a_limit_that_was_raised_lets_the_next_request_pass(tmp_path: Path) -> None:
    book, other = Book(tmp_path / "book.db"), Book(tmp_path / "book.db")
    book.enter(["a"], [_cap(0.01)], 0.02, "now")
    assert isinstance(book.enter(["a"], [_cap(0.01)], 0.02, "now"), Full)
    other.raise_cap("a", 1.0)
    assert isinstance(book.enter(["a"], [_cap(0.01)], 0.02, "now"), int)
    for each in (book, other):
        each.close()


def test_an_unknown_price_stays_at_what_was_expected_and_is_counted(tmp_path: Path) -> None:
    book = Book(tmp_path / "book.db")
    number = book.enter(["a"], [], 0.02, "now")
    assert isinstance(number, int)
    book.settle(number, None, 0.02)
    book.settle(number, 9.0, 0.02)  # settled is settled
    assert (book.spent("a"), book.unpriced("a")) == (0.02, 1)
    book.close()


def test_what_a_killed_supervisor_left_open_counts_as_spent(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path / "book.db")])
    assert done.returncode == -9
    book = Book(tmp_path / "book.db")
    assert book.spent("a") == 0.5
    book.close()


def test_ten_that_spend_at_once_are_over_by_no_more_than_what_was_under_way(tmp_path: Path) -> None:
    place = tmp_path / "book.db"
    Book(place).close()
    command = [sys.executable, "-c", _SPENDER, str(place)]
    ten = [subprocess.Popen([*command, f"round:{number}"], env=dict(os.environ)) for number in range(10)]
    assert [each.wait(60) for each in ten] == [0] * 10
    book = Book(place)
    total = book.spent("spec:p:s")
    assert 1.0 <= total <= 1.0 + 10 * 0.03
    assert abs(total - sum(book.spent(f"round:{number}") for number in range(10))) < 1e-6
    book.close()
