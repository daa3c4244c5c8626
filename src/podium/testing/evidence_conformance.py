"""What every kind of evidence must do, as a test class to derive from.

    class TestMyKind(EvidenceConformance):
        kind = MY_KIND
        order = an_order_to_which_my_kind_applies()

A kind that passes never gives a clean bill for what it did not see: not when the sandbox breaks, not when the time
is over, not when the candidate is hostile. Podium's own kinds pass the same suite.
"""

from __future__ import annotations

import asyncio
import time
from typing import ClassVar

import msgspec

from podium.checks.bench import Monotonic
from podium.checks.gather import gather, planned
from podium.checks.kind import GatherOrder, Job, Kind
from podium.checks.ports import Ran, Request, Side
from podium.evidence.model import Execution, Holds, Item
from podium.kernel.ids import digest
from podium.kernel.value import canonical
from podium.runs.model import DiffLine, FileChange, Hunk

_PLANNING_SECONDS = 1.0
_HOSTILE_SECONDS = 30.0


class EvidenceConformance:
    """Give `kind`, and an `order` for which it has at least one job."""

    kind: ClassVar[Kind]
    order: ClassVar[GatherOrder]

    def test_it_has_a_name(self) -> None:
        name = self.kind.name
        assert name, "a kind needs a name"
        assert name == name.lower(), "a kind's name is a slug: lower case, hyphens"
        assert name.replace("-", "").isalnum(), "a kind's name is a slug: lower case, hyphens"

    def test_its_jobs_are_planned_quickly_and_the_same_twice(self) -> None:
        started = time.monotonic()
        first, second = self.kind.jobs(self.order), self.kind.jobs(self.order)
        assert time.monotonic() - started < _PLANNING_SECONDS, "planning is no place for work"
        names = [(job.kind, job.name, job.command, job.clause, job.required) for job in first]
        assert names, "give an order to which the kind applies"
        assert names == [(job.kind, job.name, job.command, job.clause, job.required) for job in second]
        assert len({(job.kind, job.name) for job in first}) == len(first), "two jobs of a kind share a name"

    def test_it_finds_the_same_in_the_same_trees(self) -> None:
        first, second = (self._gather(self.order, _Breaking()) for _ in range(2))
        assert [_lasting(item) for item in first] == [_lasting(item) for item in second]

    def test_a_broken_sandbox_is_never_a_clean_bill(self) -> None:
        for job in planned(self.order, (self.kind,)):
            executor = _Breaking()
            [item] = self._gather(self.order, executor, only=job.name)
            if executor.asked:
                assert not isinstance(item.outcome, Holds), f"{item.name} holds although nothing could be run"

    def test_a_spent_budget_is_never_a_clean_bill(self) -> None:
        ticks = iter(range(0, 10**9, 10**6))
        order = msgspec.structs.replace(self.order, budget_seconds=1.0)
        executor = _Breaking()
        for item in self._gather(order, executor, clock=lambda: float(next(ticks))):
            ran = item.base is not None or item.candidate is not None
            assert not (ran and isinstance(item.outcome, Holds)), f"{item.name} holds although the time was over"
        assert executor.asked == 0, "something was run after the budget was spent"

    def test_an_empty_candidate_breaks_nothing(self) -> None:
        self._unbroken(msgspec.structs.replace(self.order, changes=()))

    def test_hostile_changes_break_nothing_and_cost_little(self) -> None:
        started = time.monotonic()
        self._unbroken(msgspec.structs.replace(self.order, changes=(*self.order.changes, *hostile_changes())))
        assert time.monotonic() - started < _HOSTILE_SECONDS

    def _unbroken(self, order: GatherOrder) -> None:
        for item in self._gather(order, _Breaking()):
            why = getattr(item.outcome, "why", "")
            assert "the kind of evidence broke" not in why, f"{item.name}: {why}"
            canonical(item)

    def _gather(
        self, order: GatherOrder, executor: _Breaking, *, only: str = "", clock: Monotonic = time.monotonic
    ) -> tuple[Item, ...]:
        kind: Kind = _Only(self.kind, only) if only else self.kind

        async def run() -> tuple[Item, ...]:
            return await gather(
                order, executor, _ignore, source=_Hostile(), cache=_Memory(), kinds=(kind,), monotonic=clock
            )

        return asyncio.run(run())


def hostile_changes() -> tuple[FileChange, ...]:
    """Changes as no honest agent makes them: odd names, giant lines, gitlinks, links, binary files, nonsense."""
    giant = "x = (" * 50_000
    return (
        _change('"tests/test_\\377.py"', ("def test_(", giant, "\x00\u202e\ufffd")),
        _change("tests/test_syntax.py", ("def def def", "assert", "@pytest.mark.parametrize(", "\t \tif:")),
        _change("tests/test_" + "a/" * 500 + "x.py", ("assert x == 1",)),
        _change("link", ("/etc/passwd",), mode="120000"),
        _change("vendor", ("Subproject commit " + "1" * 40,), mode="160000"),
        _change("../escape.py", ("import os",)),
        _change("image.png", (), binary=True),
        _change("src/a.py", tuple(f"line {n} == {n}" for n in range(20_000))),
    )


def _change(path: str, texts: tuple[str, ...], *, mode: str = "100644", binary: bool = False) -> FileChange:
    lines = tuple(DiffLine(kind="+", old=0, new=n, text=text) for n, text in enumerate(texts, 1))
    return FileChange(
        path=path,
        old_path=path,
        status="added",
        old_mode="000000",
        new_mode=mode,
        old_blob="0" * 40,
        new_blob="1" * 40,
        added=len(lines),
        removed=0,
        binary=binary,
        hunks=(Hunk(id=path, path=path, old_start=0, new_start=1, section="", lines=lines),),
    )


class _Breaking:
    """An executor whose sandbox always breaks."""

    def __init__(self) -> None:
        self.asked = 0

    async def execute(self, request: Request) -> Ran:
        self.asked += 1
        detail = f"no sandbox for {request.side}"
        return Ran(how="broken", exit_code=None, seconds=0, output=b"", output_digest=digest(b""), detail=detail)


class _Hostile:
    """A source whose every file is nonsense."""

    def read(self, side: Side, path: str) -> bytes | None:
        return None if side == "base" else b"\xff\x00def (:\n" + path.encode("utf-8", "replace")

    def paths(self, side: Side) -> tuple[str, ...]:
        return () if side == "base" else ("tests/test_\ufffd.py",)


class _Memory:
    """A cache for one gathering."""

    def __init__(self) -> None:
        self._known: dict[str, Execution] = {}

    def get(self, key: str) -> Execution | None:
        return self._known.get(key)

    def put(self, key: str, execution: Execution) -> None:
        self._known[key] = execution


class _Only:
    """A kind with only one of its jobs."""

    def __init__(self, kind: Kind, job: str) -> None:
        self.name = kind.name
        self._kind = kind
        self._job = job

    def jobs(self, order: GatherOrder) -> tuple[Job, ...]:
        return tuple(job for job in self._kind.jobs(order) if job.name == self._job)


async def _ignore(_: Item) -> None:
    return None


def _lasting(item: Item) -> Item:
    """The item without what may differ between two runs."""
    return msgspec.structs.replace(item, seconds=0.0)
