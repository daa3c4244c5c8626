"""Inputs on which the old and the new version of a function differ, found by CrossHair (Python with pytest).

CrossHair runs functions on symbolic arguments and solves for the paths through both versions. It is an extra: wanted by
`[evidence] crosshair = true`, and installed by the project itself, because it runs in the project's own Python. Only
plain functions that a test calls and whose parameters all have types are looked at. What it prints is believed only
after both versions were called with it.
"""

from __future__ import annotations

import msgspec

from podium.checks.behaviour import Told, read_told
from podium.checks.bench import Bench
from podium.checks.bring_in import FOLDER, text_of
from podium.checks.changed_functions import ChangedFunction, ChangedFunctions, changed_functions
from podium.checks.changed_python import source_changes
from podium.checks.kind import Answer, Cost, GatherOrder, Job
from podium.checks.kinds.behaviour import CALLS, Look, UnseenError
from podium.checks.ports import UnreadableError
from podium.evidence.fingerprint import Findings
from podium.evidence.model import Blind, Example, Fails, Holds, NotRun, Outcome
from podium.evidence.outcome import some_of
from podium.kernel.value import canonical

NAME = "crosshair"
_SECONDS = 60.0
_RESULT = "crosshair.json"
_INSIDE = f"$PODIUM_OUT/{FOLDER}"
_PROGRAM = f'"$PODIUM_PYTHON" "{_INSIDE}/podium_pair.py" "{_INSIDE}/pair.json" "$PODIUM_OUT/{_RESULT}"'
_MISSING = "the project's Python has no CrossHair: let its set-up install crosshair-tool, or set crosshair = false"


class _Input(msgspec.Struct):
    call: str
    old: str
    new: str


class _Looked(msgspec.Struct):
    """What came of one function: inputs, or nothing on any path (`whole`) or on those that were tried, or a reason."""

    found: list[_Input] = msgspec.field(default_factory=list[_Input])
    whole: bool = False
    why: str = ""


class _Result(msgspec.Struct):
    installed: bool
    functions: list[_Looked]


class CrossHair:
    """One job, where the settings want it and Python source changed that both trees have."""

    name = NAME

    def jobs(self, order: GatherOrder) -> tuple[Job, ...]:
        command = order.settings.environment.test
        wanted = order.settings.evidence
        both = [change for change in source_changes(order.changes) if change.status != "added"]
        if not command or not wanted.crosshair or not wanted.budget_seconds or not both:
            return ()
        return (Job(kind=NAME, name="inputs found by CrossHair", work=_work, cost=Cost.MANY, command=command),)


async def _work(bench: Bench) -> Answer:
    changed = changed_functions(bench.order.changes, bench.source)
    untold = await bench.tests_told()
    if untold or not changed.functions:
        return Answer(outcome=Blind(why=untold or "no function that both trees have is changed"), tool=NAME)
    look = Look(bench, changed)
    try:
        run = await look.calls()
        told = read_told(run.artefacts.get(CALLS))
        if told is None or len(told.functions) != len(changed.functions):
            raise UnseenError(Blind(why="the test command told nothing: it is no pytest, or it was ended early"))
        pairs = _pairs(changed, told)
        if not pairs:
            raise UnseenError(Blind(why="no test calls a changed function that stands in a module by itself"))
        result = await _solve(bench, look.seconds(_SECONDS), told, pairs)
    except UnseenError as unseen:
        return Answer(outcome=unseen.outcome, tool=NAME)
    found = Findings()
    outcome = _judge([function for function, _ in pairs], result, found)
    return Answer(outcome=outcome, findings=found.all(), tool=NAME)


def _pairs(changed: ChangedFunctions, told: Told) -> list[tuple[ChangedFunction, str]]:
    """The functions that can be looked at, each with the module that the tests know it by."""
    return [
        (function, seen.module)
        for function, seen in zip(changed.functions, told.functions, strict=True)
        if seen.module and seen.module != "__main__" and "." not in function.name
    ]


async def _solve(bench: Bench, seconds: float, told: Told, pairs: list[tuple[ChangedFunction, str]]) -> _Result:
    olds = {path: f"old_{number}.py" for number, path in enumerate(dict.fromkeys(each.old_path for each, _ in pairs))}
    inputs = {f"{FOLDER}/podium_{name}.py": text_of(name).encode() for name in ("pair", "texts")}
    for path, name in olds.items():
        try:
            inputs[f"{FOLDER}/{name}"] = bench.source.read("base", path) or b""
        except UnreadableError as error:
            raise UnseenError(Blind(why=f"{path}: {error}")) from error
    order = {
        "functions": [{"module": module, "name": each.name, "old": olds[each.old_path]} for each, module in pairs],
        "path": told.path,
        "seconds": seconds * 0.8,
    }
    inputs[f"{FOLDER}/pair.json"] = canonical(order)
    seen = await bench.observe(
        "candidate",
        _PROGRAM,
        timeout_seconds=seconds,
        env={"PODIUM_PYTHON": told.python},
        artefacts=(_RESULT,),
        inputs=inputs,
    )
    try:
        result = msgspec.json.decode(seen.artefacts.get(_RESULT, b""), type=_Result)
    except msgspec.MsgspecError as error:
        why = f"CrossHair told nothing: {seen.execution.how}"
        raise UnseenError(NotRun(why=why) if seen.execution.how == "timeout" else Blind(why=why)) from error
    if not result.installed:
        raise UnseenError(NotRun(why=_MISSING))
    return result


def _judge(functions: list[ChangedFunction], result: _Result, found: Findings) -> Outcome:
    looked = list(zip(functions, result.functions, strict=False))
    for function, each in looked:
        for one in each.found:
            _add(function, one, found)
    rest = [f"{function.name}: {each.why}" for function, each in looked if each.why]
    rest += [f"{function.name}: the time was over" for function in functions[len(result.functions) :]]
    tail = f"; {some_of(tuple(rest))}" if rest else ""
    if found.count:
        inputs = "one input" if found.count == 1 else f"{found.count} inputs"
        return Fails(why=f"{inputs} on which old and new differ{tail}")
    unsure = [function.name for function, each in looked if not each.whole and not each.why]
    if unsure:
        return Blind(why=f"no difference found, and not every path was tried: {some_of(tuple(unsure))}{tail}")
    if rest:
        return Blind(why=some_of(tuple(rest)))
    return Holds()


def _add(function: ChangedFunction, each: _Input, found: Findings) -> None:
    example = Example(function=function.name, call=each.call, old=each.old, new=each.new, count=1, made_up=True)
    found.add(
        "behaviour",
        "note",
        f"found by CrossHair: {each.call}: {each.old} before, {each.new} now",
        path=function.path,
        line=function.line,
        text=f"{function.name} {each.call}",
        example=example,
    )


CROSSHAIR = CrossHair()
