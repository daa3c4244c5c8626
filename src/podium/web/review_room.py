"""What the review pages remember between two requests: diffs, reading orders, colours. All of it can be made again.

A candidate never changes, so everything is kept by its commit. What may change (marks, points, evidence) is read from
the ledger each time.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from weakref import WeakKeyDictionary

import msgspec

from podium.api.seat import Seat
from podium.conductor.casefile import build_case
from podium.conductor.desk import Desk
from podium.conductor.mirrors import is_elsewhere, open_mirror, refresh, tip_for
from podium.conductor.rounds_apart import changes_between
from podium.conductor.state import State
from podium.conductor.tasks import find_run
from podium.conductor.why_here import trace_of
from podium.evidence.model import Item
from podium.evidence.test_code import is_test_file
from podium.git.mirror import Mirror
from podium.kernel.clock import stamp
from podium.kernel.errors import NotFoundError
from podium.kernel.ids import digest
from podium.kernel.value import canonical
from podium.render.colour_store import ColourStore, Wanted
from podium.render.colours import LARGEST
from podium.render.moved import Moves, moves
from podium.render.sheet import Entry, Sheet, View
from podium.review.case import Case
from podium.review.model import MarkName
from podium.review.person import key, person
from podium.review.reading import Placed, reading_order
from podium.review.split import Slice, proposal
from podium.review.trace import Trace
from podium.runs.model import Candidate, FileChange, Hunk, Run
from podium.runs.store import candidate_of
from podium.web.apart import BrokenError, order_apart, trace_apart
from podium.web.order_file import as_it_is, load, placed_by, save

Order = Literal["risk", "path", "tests"]
_MOST_SHEAVES = 6
_MOST_ROWS = 600_000  # of all sheaves that are kept, some 300 MB; the newest one is kept however large it is
_CLOSE_SECONDS = 10.0
_LOG = logging.getLogger("podium.web")
_LARGE = 4_000  # changed lines from which on ordering and proving is not waited for
_WAIT_SECONDS = 0.12  # for colours, while a block is drawn: later than that it is drawn plain, and asked for again


@dataclass
class Sheaf:
    """One candidate's diff, and what was made of it."""

    changes: tuple[FileChange, ...]
    where: dict[str, tuple[FileChange, Hunk]]
    moves: Moves
    sheets: dict[tuple[str, Order, View], Sheet] = field(default_factory=dict[tuple[str, Order, View], Sheet])
    orders: dict[str, tuple[Placed, ...]] = field(default_factory=dict[str, tuple[Placed, ...]])
    traces: dict[str, Trace] = field(default_factory=dict[str, Trace])
    preparing: threading.Thread | None = None  # for a page that did not wait
    at_work: threading.Lock = field(default_factory=threading.Lock)  # held by whoever prepares it
    blind: bool = False  # whether findings wait until their hunk is marked
    folds: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])

    @cached_property
    def rows(self) -> int:
        """How large it is: lines of its hunks, and a few for each hunk."""
        return sum(len(hunk.lines) + 3 for _, hunk in self.where.values())

    @cached_property
    def slices(self) -> tuple[Slice, ...]:
        """A large change in parts that can be read apart; none for another one."""
        return proposal(self.changes)


@dataclass(frozen=True)
class Reading:
    """One candidate as its reader has it before them: what drawing it needs, and no more."""

    run: Run  # with its rounds up to this one
    round: int
    candidate: Candidate
    items: tuple[Item, ...]  # evidence about exactly this tree
    marks: Mapping[str, MarkName]  # the reader's own
    sheaf: Sheaf

    @property
    def name(self) -> str:
        """The task's full name."""
        return f"{self.run.spec}/{self.run.task}"


class Room:
    """One project's reading room. Safe for several threads; `close` gives everything back."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self._project = project = seat.desk.look(seat.project).project
        self._cache = seat.home.project(seat.project) / "cache"
        self.mirror: Mirror = open_mirror(seat.home, project, seat.path)
        self._colours = ColourStore(self._cache / "colours", lambda blob: self.mirror.read_blob(blob, limit=LARGEST))
        self._lock = threading.RLock()
        self._sheaves: OrderedDict[tuple[str, str], Sheaf] = OrderedDict()
        self._closed = threading.Event()

    def reading(self, run: Run, number: int = 0) -> Reading:
        """A round's candidate, the newest round's when no number is given. Raises NotFoundError when it has none."""
        seen = run if not number else msgspec.structs.replace(run, rounds=run.rounds[:number])
        candidate = candidate_of(seen.rounds[-1]) if seen.rounds else None
        if candidate is None or (number and len(seen.rounds) != number):
            tag = seen.rounds[-1].state.__struct_config__.tag if seen.rounds else "not there"
            name = f"{run.spec}/{run.task}"
            do = f"podium watch {name} shows what its agent is doing."
            raise NotFoundError(f"this round has no candidate: it is {tag}", where=name, do=do)
        who = person(self._seat.actor())
        with self._seat.desk.reading(self._seat.project) as state:
            items = state.evidence.items(run.id, len(seen.rounds))
            marks = dict(state.reviews.of(run.spec, run.task).marks.get(key(who), {}))
        own = tuple(item for item in items if item.tree == candidate.tree)
        return Reading(seen, len(seen.rounds), candidate, own, marks, self.sheaf(candidate.base, candidate.commit))

    def case(self, reading: Reading) -> Case:
        """Everything that a verdict on this round is judged by, now."""
        with self._seat.desk.reading(self._seat.project) as state:
            return self._case(state, reading)

    def _case(self, state: State, reading: Reading) -> Case:
        seat = self._seat
        case = build_case(
            state,
            self.mirror,
            reading.run,
            tip=tip_for(self.mirror, state.project),
            documents=seat.sources.documents(reading.run.spec),
            actor=seat.actor(),
            at=stamp(seat.desk.clock.now()),
            receipt_id="",
            diff=lambda _, base, commit: self.sheaf(base, commit).changes,
        )
        reading.sheaf.folds[order_key(reading)] = case.folded
        reading.sheaf.blind = case.blind
        return case

    def is_ready(self, reading: Reading) -> bool:
        """Whether all that takes long with a large diff is there. When not, it is being made in the background."""
        if not _is_large(reading):
            return True
        name, sheaf = order_key(reading), reading.sheaf
        if name in sheaf.orders and name in sheaf.folds and name in sheaf.traces:
            return True
        with self._lock:
            if not self._closed.is_set() and (sheaf.preparing is None or not sheaf.preparing.is_alive()):
                sheaf.preparing = threading.Thread(target=self._prepare_quietly, args=(reading,), daemon=True)
                sheaf.preparing.start()
        return False

    def _prepare_quietly(self, reading: Reading) -> None:
        try:
            self.prepare(reading)
        except Exception as error:  # noqa: BLE001 - the page goes on showing the diff as it is
            if not self._closed.is_set():  # else it is the end of the server that took something away from it
                _LOG.error("%s cannot be put in order", reading.name, exc_info=error)

    def prepare(self, reading: Reading) -> None:
        """Make all that takes long with a large diff, unless it is there. Gives up between two steps on `close`."""
        seat, sheaf, name = self._seat, reading.sheaf, order_key(reading)
        with sheaf.at_work:
            if name in sheaf.orders and name in sheaf.folds and name in sheaf.traces:
                return
            desk = Desk(seat.desk.home, seat.desk.url, seat.desk.clock)  # the shared one would be held for seconds
            try:
                self.placed(reading)
                if self._closed.is_set():
                    return
                case = self._case(desk.look(seat.project), reading)
                if not self._closed.is_set():
                    self.trace(reading, case)
                if not self._closed.is_set():
                    _ = sheaf.slices
            finally:
                desk.close()

    def trace(self, reading: Reading, case: Case) -> Trace:
        """Which hunks serve which clauses."""
        name = order_key(reading)
        found = reading.sheaf.traces.get(name)
        if found is None:
            found = reading.sheaf.traces[name] = self._traced(reading, case)
        return found

    def _traced(self, reading: Reading, case: Case) -> Trace:
        if not _is_large(reading):
            return trace_of(case)
        try:
            return trace_apart(case.changes, case.clauses, self._closed)
        except (
            BrokenError,
            ValueError,
        ) as error:  # what was not looked at is not said to be unexplained
            if not self._closed.is_set():
                _LOG.error("what %s serves cannot be traced: %s", reading.name, error)
            return Trace(links={}, unexplained=(), untouched=())

    def key(self, reading: Reading) -> str:
        """What the rows' numbers depend on: under another key they may be other rows."""
        return order_key(reading) + ("" if self.is_ready(reading) else "-opening")

    def sheaf(self, base: str, commit: str) -> Sheaf:
        """The diff between two commits."""
        with self._lock:
            found = self._sheaves.get((base, commit))
            if found is not None:
                self._sheaves.move_to_end((base, commit))
                return found
        self._fetch(commit)
        changed = changes_between(self.mirror, base, commit)  # no other page waits while a large diff is read
        where = {hunk.id: (change, hunk) for change in changed for hunk in change.hunks}
        made = Sheaf(changed, where, moves(changed))
        with self._lock:
            found = self._sheaves.setdefault((base, commit), made)
            self._sheaves.move_to_end((base, commit))
            while len(self._sheaves) > 1 and (
                len(self._sheaves) > _MOST_SHEAVES or sum(each.rows for each in self._sheaves.values()) > _MOST_ROWS
            ):
                self._sheaves.popitem(last=False)
            return found

    def _fetch(self, commit: str) -> None:
        """Have a commit here: where the project's mirror is elsewhere, it may have come there after we looked."""
        if is_elsewhere(self._seat.home, self._project) and self.mirror.resolve(f"{commit}^{{commit}}") is None:
            refresh(self.mirror, self._project)

    def placed(self, reading: Reading) -> tuple[Placed, ...]:
        """The hunks in reading order. Scoring is slow for a large diff: it is remembered on disk."""
        name = order_key(reading)
        found = reading.sheaf.orders.get(name)
        if found is None:
            file = self._cache / "orders" / f"{name}.json"
            found = load(file, reading.sheaf.where)
            if found is None:
                found = self._ordered(reading, file)
            reading.sheaf.orders[name] = found
        return found

    def _ordered(self, reading: Reading, file: Path) -> tuple[Placed, ...]:
        """In reading order; a large diff is ordered in a process of its own, and stays as it is where that breaks."""
        sheaf = reading.sheaf
        try:
            if _is_large(reading):
                found = placed_by(order_apart(sheaf.changes, reading.items, self._closed), sheaf.where)
            else:
                found = reading_order(sheaf.changes, reading.items)
        except (BrokenError, ValueError) as error:
            if not self._closed.is_set():
                _LOG.error("%s cannot be put in order: %s", reading.name, error)
            return as_it_is(sheaf.changes)  # and not kept: the next server tries again
        save(file, found)
        return found

    def folded(self, reading: Reading) -> dict[str, str]:
        """What is proven of each hunk that need not be read."""
        name = order_key(reading)
        if name not in reading.sheaf.folds:
            self.case(reading)
        return reading.sheaf.folds[name]

    def whole(self, reading: Reading, hunk: str, view: View) -> Sheet:
        """One hunk by itself, folded or not."""
        change, found = reading.sheaf.where[hunk]
        return Sheet([Entry(change, found)], view)

    def sheet(self, reading: Reading, order: Order, view: View) -> Sheet:
        """The rows in an order and a view; as the diff has them as long as the order is not known."""
        if not self.is_ready(reading):
            return Sheet([Entry(change, hunk) for change in reading.sheaf.changes for hunk in change.hunks], view)
        placed, folded = self.placed(reading), self.folded(reading)
        name = (order_key(reading), order, view)
        with self._lock:
            found = reading.sheaf.sheets.get(name)
            if found is None:
                found = reading.sheaf.sheets[name] = Sheet(entries(placed, reading.sheaf, order), view, folded)
            return found

    def colour(self, sheet: Sheet, start: int, end: int) -> bool:
        """See to the colours of some rows; False when not all of them are known yet."""
        wanted: dict[Wanted, None] = {}
        for part in sheet.parts(start, end):
            change = part.place.entry.change
            if change.binary or not part.place.entry.hunk.lines:
                continue
            for blob, path, mode in (
                (change.new_blob, change.path, change.new_mode),
                (change.old_blob, change.old_path, change.old_mode),
            ):
                if mode.startswith("100"):
                    wanted[Wanted(blob, path)] = None
        missing = [each for each in wanted if self._colours.get(each) is None]
        if not missing:
            return True
        self._colours.want(missing)
        return self._colours.wait(missing, _WAIT_SECONDS)

    def colours_of(self, blob: str, path: str) -> Any:
        """The colours of a file, None as long as they are not known."""
        return self._colours.get(Wanted(blob, path))

    def warm(self, reading: Reading, most: int = 1000) -> None:
        """Make the colours of so many files in the background, in reading order."""
        wanted: dict[Wanted, None] = {}
        for each in self.placed(reading):
            if each.change.binary or not each.hunk.lines:
                continue
            wanted[Wanted(each.change.new_blob, each.change.path)] = None
            wanted[Wanted(each.change.old_blob, each.change.old_path)] = None
            if len(wanted) >= most:
                break
        self._colours.want(wanted)

    def close(self) -> None:
        """End the helpers."""
        self._closed.set()
        with self._lock:
            at_work = [each.preparing for each in self._sheaves.values() if each.preparing is not None]
        for each in at_work:
            each.join(_CLOSE_SECONDS)
        self._colours.close()
        self.mirror.close()


def _is_large(reading: Reading) -> bool:
    return reading.candidate.added + reading.candidate.removed >= _LARGE


def order_key(reading: Reading) -> str:
    """What the reading order depends on: another key means that rows may stand elsewhere."""
    return digest(canonical([reading.candidate.commit, [item.id for item in reading.items]]))[7:39]


def entries(placed: Sequence[Placed], sheaf: Sheaf, order: Order) -> list[Entry]:
    """The hunks in an order: by risk, as the diff has them, or tests first and then by risk."""
    if order == "path":
        reasons = {each.hunk.id: each.reasons for each in placed}
        return [Entry(change, hunk, reasons[hunk.id]) for change in sheaf.changes for hunk in change.hunks]
    found = [Entry(each.change, each.hunk, each.reasons) for each in placed]
    return sorted(found, key=lambda entry: not is_test_file(entry.change.path)) if order == "tests" else found


_ROOMS: WeakKeyDictionary[Desk, dict[str, Room]] = WeakKeyDictionary()
_LOCK = threading.Lock()


def room_of(seat: Seat) -> Room:
    """The reading room of a seat's project."""
    with _LOCK:
        rooms = _ROOMS.setdefault(seat.desk, {})
        if seat.project not in rooms:
            rooms[seat.project] = Room(seat)
        return rooms[seat.project]


def close_rooms(desk: Desk) -> None:
    """Close all reading rooms of a desk."""
    with _LOCK:
        rooms = _ROOMS.pop(desk, {})
    for room in rooms.values():
        room.close()


def run_for(seat: Seat, task: str, agent: str = "") -> Run:
    """The run of a task whose candidate is meant. Raises as `find_run` does."""
    with seat.desk.reading(seat.project) as state:
        return find_run(state, task, agent, archived=True)
