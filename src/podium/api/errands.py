"""Errands: work of minutes that a person asked for on a page, done by a thread while pages show how far it is.

There is one of a name at a time. What came of it stays until it is dismissed or asked for again, also after a restart
of the server; nothing of it is a fact or a decision, so none of it enters the ledger: what an errand decides or finds
out, it appends there itself. The end of the server cancels every errand and waits until each has cleaned up behind
itself; the next server says of those that they were cut off, and of those too that a killed server had at work.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from podium.api.errand_file import MOST_KEPT, ErrandFile, KeptErrand
from podium.kernel.clock import Clock, SystemClock, stamp
from podium.kernel.errors import ConflictError, NotFoundError, PodiumError, UsageError

Stage: TypeAlias = Literal["working", "cancelling", "done", "failed", "cancelled", "cut"]
"""`cut`: the server ended before it was done."""
_OVER: Mapping[str, Stage] = {"done": "done", "failed": "failed", "cancelled": "cancelled"}
MOST_AT_ONCE = 12
NOTE_SECONDS = 1.0
"""Between two looks of the pages at what an errand does: agents say many things in a second."""
CLOSE_SECONDS = 30.0
_CUT = "it was cut off: podium up ended before it was done"
_CUT_DO = "Nothing was decided by it. Begin it again if you still want it."
_LOG = logging.getLogger("podium.web")


@dataclass(frozen=True)
class Done:
    """What an errand came to: words for the person, a place to go on, and data for its page."""

    told: str
    link: str = ""
    result: Any = None
    asks: bool = False  # whether it needs the person now


@dataclass(frozen=True)
class Errand:
    """One errand as it stands. `note`, `told` and the error may hold an agent's words."""

    name: str
    title: str
    by: str
    place: str  # the page that shows it
    stage: Stage
    began: str
    ends: str = "Cancel"  # what ending it is called while it is at work
    ended: str = ""
    note: str = ""
    told: str = ""
    link: str = ""
    asks: bool = False
    error: PodiumError | None = None
    result: Any = None
    lasts: bool = True  # whether a restart remembers it: what is looked up anew by itself need not be

    @property
    def going(self) -> bool:
        """Whether it is not over."""
        return self.stage in ("working", "cancelling")


@dataclass
class Going:
    """What the work of an errand knows of it: it says how far it is, and looks whether the person gave up."""

    say: Callable[[str], None]
    show: Callable[[str, str], None]
    """Words and a link, while the work goes on."""
    keep: Callable[[Any], None]
    """Data for the page, while the work goes on."""
    stop: threading.Event = field(default_factory=threading.Event)

    def gives_up(self) -> bool:
        """Whether it is to end now."""
        return self.stop.is_set()


Work: TypeAlias = Callable[[Going], Done]


@dataclass
class _Kept:
    errand: Errand
    going: Going
    thread: threading.Thread | None = None


class Errands:
    """All errands of one server. Safe to use from several threads."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}
        self._version = 0
        self._noted = False
        self._noted_at = 0.0
        self._closed = False
        self._file: ErrandFile | None = None

    def remember(self, file: ErrandFile) -> None:
        """Take up what an earlier server left in this file, and keep there what comes of errands from now on."""
        with self._lock:
            self._file, self._closed = file, False
            now = stamp(self._clock.now())
            for each in file.load():
                self._kept.setdefault(each.name, _Kept(_recalled(each, now), _nothing_goes()))
            self._version += bool(self._kept)  # pages need not look again for nothing
            self._write()

    def start(
        self, name: str, title: str, work: Work, *, by: str, place: str, ends: str = "Cancel", lasts: bool = True
    ) -> Errand:
        """Begin an errand. Raises ConflictError while there is one of this name, UsageError for too many at once."""
        with self._lock:
            known = self._kept.get(name)
            if known is not None and known.errand.going:
                raise ConflictError("it is being done already", where=known.errand.title, do="Wait for it, or end it.")
            if self._closed or sum(each.errand.going for each in self._kept.values()) >= MOST_AT_ONCE:
                raise UsageError("too much is being done in the background", do="Wait for some of it, or end it.")
            errand = Errand(name, title, by, place, "working", stamp(self._clock.now()), ends, lasts=lasts)
            going = Going(
                lambda text: self._say(name, text),
                lambda text, link: self._set(name, told=text, link=link),
                lambda result: self._set(name, result=result),
            )
            kept = self._kept[name] = _Kept(errand, going)
            self._version += 1
            self._forget_the_oldest()
            self._write()
            kept.thread = threading.Thread(target=self._do, args=(kept, work), daemon=True, name=f"errand {name}")
            kept.thread.start()
            return errand

    def of(self, name: str) -> Errand | None:
        """The errand of a name; None when there is none."""
        with self._lock:
            kept = self._kept.get(name)
            return kept.errand if kept else None

    def all(self) -> list[Errand]:
        """Every errand, those at work first, then the newest."""
        with self._lock:
            found = [kept.errand for kept in self._kept.values()]
        return sorted(sorted(found, key=lambda each: each.began, reverse=True), key=lambda each: not each.going)

    def cancel(self, name: str) -> Errand:
        """Ask an errand to end. Raises NotFoundError when it is not at work."""
        with self._lock:
            kept = self._kept.get(name)
            if kept is None or not kept.errand.going:
                raise NotFoundError("it is over already", where=kept.errand.title if kept else name)
            kept.going.stop.set()
            kept.errand = replace(kept.errand, stage="cancelling")
            self._version += 1
            return kept.errand

    def dismiss(self, name: str) -> None:
        """Forget what came of an errand; nothing happens to one that is at work."""
        with self._lock:
            kept = self._kept.get(name)
            if kept is not None and not kept.errand.going:
                del self._kept[name]
                self._version += 1
                self._write()

    def version(self) -> int:
        """A number that is another one whenever pages should look again."""
        with self._lock:
            now = time.monotonic()
            if self._noted and now - self._noted_at >= NOTE_SECONDS:
                self._noted, self._noted_at = False, now
                self._version += 1
            return self._version

    def close(self) -> None:
        """End everything, and wait for it."""
        with self._lock:
            self._closed = True
            kept = list(self._kept.values())
        for each in kept:
            each.going.stop.set()
        deadline = time.monotonic() + CLOSE_SECONDS
        for each in kept:
            if each.thread is not None:
                each.thread.join(max(0.0, deadline - time.monotonic()))

    def _do(self, kept: _Kept, work: Work) -> None:
        try:
            done = work(kept.going)
            end: dict[str, Any] = {
                "stage": "done", "told": done.told, "link": done.link, "result": done.result, "asks": done.asks,
            }  # fmt: skip
        except PodiumError as error:
            end = {"stage": "failed", "error": error}
        except Exception as error:  # noqa: BLE001 - whatever it is, the person is told that it ended
            _LOG.error("%s failed", kept.errand.name, exc_info=error)
            what = f"something broke: {type(error).__name__}"
            end = {"stage": "failed", "error": PodiumError(what, do="The terminal of podium up has the details.")}
        with self._lock:
            if kept.going.gives_up() and end["stage"] == "failed":
                if self._closed and kept.errand.stage == "working":  # and not ended by the person, a moment before
                    end = {"stage": "cut", "error": PodiumError(_CUT, do=_CUT_DO)}
                else:
                    end["stage"] = "cancelled"
            gone: dict[str, Any] = {"told": "", "link": "", "result": None, "note": ""}  # what was shown meanwhile
            kept.errand = replace(kept.errand, **(gone | end), ended=stamp(self._clock.now()))
            self._version += 1
            self._write()

    def _say(self, name: str, text: str) -> None:
        with self._lock:
            kept = self._kept[name]
            kept.errand = replace(kept.errand, note=text[:300])
            self._noted = True

    def _set(self, name: str, **news: Any) -> None:
        with self._lock:
            kept = self._kept[name]
            kept.errand = replace(kept.errand, **news)
            self._version += 1

    def _forget_the_oldest(self) -> None:
        """Keep no more than a reader looks at."""
        over = sorted(
            (each.errand for each in self._kept.values() if not each.errand.going), key=lambda each: each.ended
        )
        for errand in over[: max(0, len(over) - MOST_KEPT)]:
            del self._kept[errand.name]

    def _write(self) -> None:
        if self._file is not None:
            lasting = [each.errand for each in self._kept.values() if each.errand.lasts]
            self._file.save([_kept(each) for each in sorted(lasting, key=lambda each: each.began)])


def _nothing_goes() -> Going:
    """For an errand that is over."""
    return Going(lambda _text: None, lambda _text, _link: None, lambda _result: None)


def _kept(errand: Errand) -> KeptErrand:
    error = errand.error
    return KeptErrand(
        name=errand.name,
        title=errand.title,
        by=errand.by,
        place=errand.place,
        began=errand.began,
        going=errand.going,
        stage=errand.stage,
        ended=errand.ended,
        told="" if errand.going else errand.told,
        link="" if errand.going else errand.link,
        asks=errand.asks,
        error=error and (error.what, error.where, error.do),
    )


def _recalled(kept: KeptErrand, now: str) -> Errand:
    """What an earlier server left; what it had at work was cut off, whatever ended it."""
    stage = _OVER.get(kept.stage, "cut")
    error = PodiumError(kept.error[0], where=kept.error[1], do=kept.error[2]) if kept.error else None
    if stage == "cut":
        error = PodiumError(_CUT, do=_CUT_DO)
    link = kept.link if kept.link.startswith("/") and not kept.link.startswith("//") else ""
    return Errand(
        kept.name, kept.title, kept.by, kept.place, stage, kept.began, ended=kept.ended or now, told=kept.told,
        link=link, asks=kept.asks, error=error,
    )  # fmt: skip
