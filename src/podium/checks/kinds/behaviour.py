"""What changed functions do, before and after: concrete input, old result, new result (Python with pytest).

1. The candidate's tests run once, and every call of a changed function is noted: by test, and with its arguments.
2. The tests that made such calls run on the base (with the candidate's tests laid over it), and the calls are compared.
3. The functions are called again with the recorded arguments and with some made up from them, on both trees, in
   sandboxes of their own, twice each.

What differs between two equal runs is masked. Where nothing differs it says in how many inputs: never `equivalent`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from podium.checks.behaviour import (
    Compared,
    Difference,
    Key,
    Result,
    Told,
    compare_replays,
    compare_tests,
    read_results,
    read_told,
)
from podium.checks.bench import Bench, Sighting
from podium.checks.bring_in import FOLDER, bring_in, text_of
from podium.checks.changed_functions import ChangedFunction, ChangedFunctions, changed_functions
from podium.checks.changed_python import source_changes
from podium.checks.kind import Answer, Cost, GatherOrder, Job
from podium.checks.ports import Side
from podium.evidence.fingerprint import Findings
from podium.evidence.model import Blind, Example, Fails, Holds, NotRun, Outcome
from podium.evidence.test_code import belongs_to_tests
from podium.kernel.value import canonical

NAME = "behaviour"
ITEM = "behaviour of changed functions"
CALLS = "calls.json"
_RESULTS = ("first.jsonl", "second.jsonl")
_REPLAY_SECONDS = 40.0
_MOST_TESTS = 2_000
_OPTIONS = "--continue-on-collection-errors"


class Behaviour:
    """One job, where Python source changed that both trees have and the project has a test command."""

    name = NAME

    def jobs(self, order: GatherOrder) -> tuple[Job, ...]:
        command = order.settings.environment.test
        wanted = order.settings.evidence
        both = [change for change in source_changes(order.changes) if change.status != "added"]
        if not command or not wanted.behaviour or not wanted.budget_seconds or not both:
            return ()
        return (Job(kind=NAME, name=ITEM, work=_work, cost=Cost.MANY, command=command, rests_on="runs"),)


class UnseenError(Exception):
    """Nothing can be told; the outcome says why."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


async def _work(bench: Bench) -> Answer:
    changed = changed_functions(bench.order.changes, bench.source)
    if not changed.functions:
        return Answer(outcome=_nothing(changed), tool="podium")
    untold = await bench.tests_told()
    if untold:
        return Answer(outcome=Blind(why=untold), tool="podium")
    look = Look(bench, changed)
    try:
        compared = await look.all()
    except UnseenError as unseen:
        return Answer(outcome=unseen.outcome, tool="podium")
    assert look.run is not None
    assert look.recorded is not None
    found = Findings()
    outcome = judge(changed, look.recorded, compared, found)
    return Answer(outcome=outcome, findings=found.all(), candidate=look.run.execution, tool="podium")


def _nothing(changed: ChangedFunctions) -> Outcome:
    if changed.blind:
        return Blind(why="; ".join(changed.blind[:3]))
    if changed.added or changed.removed:
        return Blind(
            why=f"no function that both trees have is changed ({changed.added} new, {changed.removed} removed)"
        )
    return Blind(why="no function is changed: what runs when a module is imported is not compared")


@dataclass
class Look:
    """The runs of one comparison."""

    bench: Bench
    changed: ChangedFunctions
    run: Sighting | None = None
    recorded: Told | None = None

    async def all(self) -> Compared:
        self.run = await self.calls()
        told = read_told(self.run.artefacts.get(CALLS))
        if self.run.execution.how != "exited":
            raise UnseenError(NotRun(why=f"the tests did not run to their end: {self.run.execution.how}"))
        if told is None or len(told.functions) != len(self.changed.functions):
            raise UnseenError(Blind(why="the test command told nothing: it is no pytest, or it was ended early"))
        if not any(each.calls for each in told.functions):
            raise UnseenError(Blind(why="no test calls a changed function"))
        self.recorded = told
        compared = Compared()
        await asyncio.gather(self._tests(told, compared), self._replays(told, compared))
        return compared

    async def calls(self) -> Sighting:
        """The candidate's tests, with every call of a changed function noted in the artefact `CALLS`.

        One run, whoever asks first. Raises UnseenError when the time is over.
        """
        run = await self.bench.once(CALLS, lambda: self._record("candidate", ()))
        assert run is not None
        return run

    async def _record(self, side: Side, tests: Iterable[str], attempt: int = 1) -> Sighting:
        environment = self.bench.order.settings.environment
        seconds = self.seconds(environment.test_minutes * 60)
        only = tuple(tests)
        data = {
            "names": [each.name for each in self.changed.functions],
            "new": [each.new_defaults for each in self.changed.functions],
            "functions": self._lines(side),
            "inputs": not only,
            "only": only,
            "seconds": round(seconds * 0.8, 1),
        }
        brought = bring_in("calls_plugin", data, environment.test, self.bench.order.settings, needs=("texts",))
        options = {name: f"{value} {_OPTIONS}" for name, value in brought.env.items()}
        return await self.bench.observe(
            side,
            brought.command,
            timeout_seconds=seconds,
            env=options,
            artefacts=(CALLS,),
            inputs=brought.inputs,
            from_candidate=self._test_files() if side == "base" else (),
            attempt=attempt,
        )

    def seconds(self, most: float) -> float:
        """What a run may take. Raises UnseenError when the time for the dearer kinds is over."""
        left = self.bench.spare_seconds()
        if left <= 0:
            raise UnseenError(NotRun(why="the time for the dearer kinds was spent"))
        return min(left, most)

    def _lines(self, side: Side) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for index, each in enumerate(self.changed.functions):
            path, lines = (each.path, each.new_lines) if side == "candidate" else (each.old_path, each.old_lines)
            found.setdefault(path, {}).update({str(line): index for line in lines})
        return found

    def _test_files(self) -> tuple[str, ...]:
        both = (path for change in self.bench.order.changes for path in (change.path, change.old_path))
        return tuple(dict.fromkeys(path for path in both if belongs_to_tests(path)))

    async def _tests(self, told: Told, compared: Compared) -> None:
        """The same tests on the base; again on both trees when anything differs."""
        tests = list(told.tests)[:_MOST_TESTS]
        if not tests:
            return
        old = read_told((await self._record("base", tests)).artefacts.get(CALLS))
        if old is None:
            return
        first = Compared()
        compare_tests((old, None), (told, None), first)
        if first.differences:
            again = await asyncio.gather(self._record("base", tests, 2), self._record("candidate", tests, 2))
            second = [read_told(each.artefacts.get(CALLS)) for each in again]
            if None in second:
                return  # what varies by itself cannot be told from what differs
            first = Compared()
            compare_tests((old, second[0]), (told, second[1]), first)
        compared.calls += first.calls
        compared.masked += first.masked
        compared.seen |= first.seen
        compared.differences.extend(first.differences)

    async def _replays(self, told: Told, compared: Compared) -> None:
        if not any(each.inputs for each in told.functions):
            return
        old, new = await asyncio.gather(self._replay("base", told), self._replay("candidate", told))
        compare_replays(old, new, compared)

    async def _replay(self, side: Side, told: Told) -> tuple[dict[Key, Result], dict[Key, Result]]:
        seconds = self.seconds(_REPLAY_SECONDS)
        functions = [
            {
                "name": each.name,
                "module": seen.module,
                "lines": each.new_lines if side == "candidate" else each.old_lines,
                "inputs": seen.inputs if seen.module else [],
                "new": each.new_defaults,
            }
            for each, seen in zip(self.changed.functions, told.functions, strict=True)
        ]
        half = {"functions": functions, "seeds": self.changed.seeds, "path": told.path, "seconds": seconds * 0.45}
        program = f'"$PODIUM_PYTHON" "$PODIUM_OUT/{FOLDER}/podium_replay.py" "$PODIUM_OUT/{FOLDER}/replay.json"'
        seen = await self.bench.observe(
            side,
            " ".join(
                f'PYTHONHASHSEED={number} {program} "$PODIUM_OUT/{name}";' for number, name in enumerate(_RESULTS)
            ),
            timeout_seconds=seconds,
            env={"PODIUM_PYTHON": told.python},
            artefacts=_RESULTS,
            inputs={
                f"{FOLDER}/podium_replay.py": text_of("replay").encode(),
                f"{FOLDER}/podium_texts.py": text_of("texts").encode(),
                f"{FOLDER}/replay.json": canonical(half),
            },
            from_candidate=self._test_files() if side == "base" else (),
        )
        first, second = (read_results(seen.artefacts.get(name)) for name in _RESULTS)
        return first, second


# --- the verdict ------------------------------------------------------------------------------------------------------


def judge(changed: ChangedFunctions, told: Told, compared: Compared, found: Findings) -> Outcome:
    """What a comparison says, and its findings: one for each kind of difference."""
    replayed = {each.function for each in compared.differences if not each.test}
    for each in sorted(compared.differences, key=lambda d: (d.function, d.made_up, -d.count)):
        if each.test and each.function in replayed:
            continue  # it is shown already, with an input that anybody can try
        _add(changed.functions[each.function], each, found)
    differ = found.count
    looked = f"{compared.inputs} inputs" if compared.inputs else f"{compared.calls} calls"
    made = f" ({compared.made_up} of them made up)" if compared.made_up else ""
    rest = _rest(changed, told, compared)
    tail = f"; {rest}" if rest else ""
    if differ:
        kinds = "1 kind of difference" if differ == 1 else f"{differ} kinds of difference"
        return Fails(why=f"{kinds} in {looked}{made} of {_functions(len(compared.seen))}{tail}")
    if not compared.seen:
        return Blind(why=f"nothing could be compared{tail or ': what is passed cannot be rebuilt'}")
    said = f"no difference in {looked}{made} of {_functions(len(compared.seen))}"
    if compared.inputs and compared.calls:
        said += f", nor in {compared.calls} calls that the tests make"
    if rest:
        return Blind(why=f"{said}{tail}")
    found.add("no-difference", "note", said, text="no difference")
    return Holds()


def _add(function: ChangedFunction, each: Difference, found: Findings) -> None:
    times = f" ({each.count} such inputs)" if each.count > 1 else ""
    place = f" in {each.test}" if each.test else ""
    made = "an input made up: " if each.made_up else ""
    message = f"{made}{each.call}{place}: {each.old} before, {each.new} now{times}"
    found.add(
        "behaviour",
        "note",
        message,
        path=function.path,
        line=function.line,
        text=f"{function.name} {each.call}",
        example=Example(
            function=function.name, call=each.call, old=each.old, new=each.new, count=each.count, made_up=each.made_up
        ),
    )


def _rest(changed: ChangedFunctions, told: Told, compared: Compared) -> str:
    """What was not looked at, in words."""
    uncalled = [f.name for f, seen in zip(changed.functions, told.functions, strict=True) if not seen.calls]
    lost = [
        f.name
        for index, (f, seen) in enumerate(zip(changed.functions, told.functions, strict=True))
        if seen.calls and index not in compared.seen
    ]
    words: list[str] = []
    if uncalled:
        words.append(f"no test calls {_names(uncalled)}")
    if lost:
        words.append(f"{_names(lost)} could not be compared")
    if changed.beyond:
        words.append(f"{changed.beyond} more functions were not looked at")
    if told.full:
        words.append(f"the noting of calls ended early ({told.full})")
    return "; ".join([*words, *changed.blind[:3]])


def _names(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def _functions(count: int) -> str:
    return "1 function" if count == 1 else f"{count} functions"


BEHAVIOUR = Behaviour()
