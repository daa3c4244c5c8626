"""Errands: one of a name at a time, what came of them, and that the end of the server waits for them."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from podium.api.errand_file import MOST_KEPT, ErrandFile
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
    assert over(errands, "plan.other") == "cut"
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


def test_a_restart_remembers_what_came_of_it_and_says_what_was_cut_off(tmp_path: Path) -> None:
    file = ErrandFile(tmp_path / "web" / "errands.json")
    first = Errands()
    first.remember(file)

    def drafts(_going: Going) -> Done:
        return Done("drafted \ud800 it", link="/plan/basket")

    def refuses(_going: Going) -> Done:
        raise PodiumError("no plan", where="x" * 10_000, do="Ask another.")

    first.start("plan.basket", "done", drafts, by=ADA, place="/")
    first.start("plan.other", "failed", refuses, by=ADA, place="/")
    assert (over(first), over(first, "plan.other")) == ("done", "failed")
    first.start("machine", "looked up anew", drafts, by=ADA, place="/", lasts=False)
    first.start("ask.basket", "killed", waits, by=ADA, place="/")
    first.start("ask.other", "ended by the person", waits, by=ADA, place="/")
    first.cancel("ask.other")
    assert over(first, "ask.other") == "cancelled"
    second = Errands()  # as after a kill: the first one never came to write that it ended
    second.remember(file)
    kept = {each.name: each for each in second.all()}
    assert {name: each.stage for name, each in kept.items()} == {
        "plan.basket": "done", "plan.other": "failed", "ask.basket": "cut", "ask.other": "cancelled",
    }  # fmt: skip
    assert (kept["plan.basket"].told, kept["plan.basket"].link) == ("drafted ? it", "/plan/basket")
    failed, cut = kept["plan.other"].error, kept["ask.basket"].error
    assert failed is not None
    assert (failed.what, failed.do, len(failed.where) < 5_000) == ("no plan", "Ask another.", True)
    assert cut is not None
    assert "podium up ended" in cut.what
    assert file.load()[-1].name == "ask.other"
    second.dismiss("plan.basket")
    first.close()  # in good order: it says of its own that they were cut off
    ended = first.of("ask.basket")
    assert ended is not None
    assert ended.stage == "cut"


def test_what_is_kept_is_bounded_and_a_damaged_file_is_an_empty_one(tmp_path: Path) -> None:
    file = ErrandFile(tmp_path / "errands.json")
    errands = Errands()
    errands.remember(file)
    for number in range(MOST_KEPT + 3):
        errands.start(f"preview.{number}", "it", lambda _going: Done("done"), by=ADA, place="/")
        assert over(errands, f"preview.{number}") == "done"
    assert len(file.load()) == MOST_KEPT
    assert len(errands.all()) <= MOST_KEPT + 1
    (tmp_path / "errands.json").write_bytes(b'[{"name": 3}, \xff')
    again = Errands()
    again.remember(file)
    assert again.all() == []
    (tmp_path / "web").write_text("no directory")
    Errands().remember(ErrandFile(tmp_path / "web" / "errands.json"))  # it cannot be written, and goes on
    errands.close()
