from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from podium.testing.clock import FakeClock
from podium.testing.waiting import eventually


def test_it_gives_the_first_true_value() -> None:
    answers = iter([0, "", "ready"])
    assert eventually(lambda: next(answers), every=0) == "ready"


def test_a_condition_that_is_never_true_fails_with_what_was_waited_for() -> None:
    with pytest.raises(AssertionError, match=r"not within 0 s: the moon \(last: 3 < 4\)"):
        eventually(lambda: _fail("3 < 4"), 0, what="the moon")


def _fail(why: str) -> bool:
    raise AssertionError(why)


def test_an_assertion_in_the_condition_means_not_yet() -> None:
    tries: list[int] = []

    def condition() -> bool:
        tries.append(1)
        assert len(tries) == 3
        return True

    assert eventually(condition, every=0)


def test_any_other_error_in_the_condition_ends_the_waiting() -> None:
    with pytest.raises(ZeroDivisionError):
        eventually(lambda: 1 / 0)


def test_the_clock_moves_only_when_told(clock: FakeClock) -> None:
    before = clock.now()
    assert clock.now() == before
    assert clock.advance(30, minutes=1) - before == timedelta(seconds=90)
    clock.jump_to(datetime(2020, 1, 1, tzinfo=UTC))
    assert clock.now().year == 2020


def test_a_clock_needs_a_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        FakeClock(datetime(2026, 1, 1))
