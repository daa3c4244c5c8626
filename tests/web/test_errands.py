"""Errands: one of a name at a time, what came of them, and that the end of the server waits for them."""

from __future__ import annotations

import threading

import pytest

from podium.api.errands import MOST_AT_ONCE, Done, Errands, Going
from podium.kernel.errors import ConflictError, NotFoundError, PodiumError, UsageError
from podium.testing.waiting import eventually

ADA = "person:Ada <ada@example.org>"


def over(errands: Errands, name: str = "plan.basket") -> str:
    """How an errand ended, once it has."""
    found = eventually(lambda: (errand := errands.of(name)) and (None if errand.going else errand), 30)
    assert found is not None
    return found.stage


def waits(going: Going) -> Done:
    """Work that goes on until it is ended, and then says why nothing came of it."""
    going.stop.wait()
    raise PodiumError("you ended it")


def test_there_is_one_of_a_name_at_a_time_until_it_is_ended() -> None:
    errands = Errands()
    errands.start("plan.basket", "first", waits, by=ADA, place="/")
    with pytest.raises(ConflictError):
        errands.start("plan.basket", "second", waits, by=ADA, place="/")
    errands.start("plan.other", "beside it", waits, by=ADA, place="/")
    errands.dismiss("plan.basket")  # at work: nothing happens
    assert errands.cancel("plan.basket").stage == "cancelling"
    assert over(errands) == "cancelled"
    with pytest.raises(NotFoundError):
        errands.cancel("plan.basket")
    assert [each.title for each in errands.all()] == ["beside it", "first"]
    errands.dismiss("plan.basket")
    assert errands.of("plan.basket") is None
    errands.close()
    assert over(errands, "plan.other") == "cancelled"
    with pytest.raises(UsageError):
        errands.start("plan.basket", "too late", waits, by=ADA, place="/")


def test_what_came_of_it_is_told_also_when_it_broke() -> None:
    errands = Errands()
    seen = threading.Event()

    def works(going: Going) -> Done:
        going.say("reading")
        going.show("here it is", "http://127.1.2.3:4/")
        going.keep([1, 2])
        seen.wait(30)
        return Done("drafted", link="/plan/basket", result=3)

    def breaks(_going: Going) -> Done:
        raise ZeroDivisionError

    def refuses(_going: Going) -> Done:
        raise PodiumError("its answer holds no plan", do="Ask another one.")

    before = errands.version()
    errands.start("plan.basket", "it", works, by=ADA, place="/")
    shown = eventually(lambda: (errand := errands.of("plan.basket")) and errand.result and errand, 30)
    assert shown
    assert (shown.note, shown.told, shown.link) == ("reading", "here it is", "http://127.1.2.3:4/")
    seen.set()
    assert over(errands) == "done"
    done = errands.of("plan.basket")
    assert done is not None
    assert (done.note, done.told, done.link, done.result) == ("", "drafted", "/plan/basket", 3)
    assert errands.version() > before
    for work, what in ((breaks, "something broke: ZeroDivisionError"), (refuses, "its answer holds no plan")):
        errands.start("plan.basket", "it", work, by=ADA, place="/")
        assert over(errands) == "failed"
        failed = errands.of("plan.basket")
        assert failed is not None
        assert failed.error is not None
        assert failed.error.what == what
    errands.close()


def test_too_many_at_once_are_refused() -> None:
    errands = Errands()
    for number in range(MOST_AT_ONCE):
        errands.start(f"preview.{number}", "it", waits, by=ADA, place="/")
    with pytest.raises(UsageError, match="too much"):
        errands.start("preview.more", "it", waits, by=ADA, place="/")
    errands.close()
    assert not any(each.going for each in errands.all())
