"""Where the jobs of all kinds run their commands: each command once per tree, few at a time, within one budget.

A job asks `observe` (or `compare`); equal requests of different jobs share one execution. What ran on the base is
remembered in the `Cache` under the tree, the command and the environment. The order in which requests are made is the
order in which they run, so cheap jobs, which are started first, are not kept waiting by dear ones.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TypeAlias

import msgspec

from podium.checks.junit import JunitError, TestResult, parse_junit
from podium.checks.kind import Answer, GatherOrder
from podium.checks.package_index import Fetch
from podium.checks.ports import Cache, Executor, Ran, Request, Side, Source
from podium.checks.pytest_args import junit_env
from podium.checks.recognise import absent_paths, writes_report
from podium.evidence.model import Execution, Fails
from podium.evidence.outcome import FAILING_LIMIT, Expectation, held, last_line, outcome_of
from podium.kernel.errors import PodiumError
from podium.kernel.ids import digest
from podium.kernel.room import NoRoomError
from podium.kernel.value import Value, canonical

Monotonic: TypeAlias = Callable[[], float]

JUNIT = "junit.xml"
_TEXT_LIMIT = 8 * 1024  # characters of output kept of a run that did not succeed
_SUCCESS_TEXT_LIMIT = 1024


class Sighting(Value, frozen=True, kw_only=True):
    """What was seen of one execution. `tests` is None where no report was written or it came from the cache."""

    execution: Execution
    tests: tuple[TestResult, ...] | None = None
    artefacts: dict[str, bytes] = msgspec.field(default_factory=dict[str, bytes])


class Bench:
    """The place where evidence about one candidate is gathered. Use it inside `async with`."""

    def __init__(
        self,
        order: GatherOrder,
        executor: Executor,
        source: Source,
        cache: Cache,
        monotonic: Monotonic,
        fetch: Fetch | None = None,
    ) -> None:
        self.order = order
        self.source = source
        self.fetch = fetch  # how an index of packages is asked; None = directly
        self._executor = executor
        self._cache = cache
        self._monotonic = monotonic
        self._started = self._spare_from = monotonic()
        self._slots = asyncio.Semaphore(max(1, order.parallel))
        self._running: dict[bytes, asyncio.Task[Sighting]] = {}
        self._looks: dict[str, asyncio.Task[Sighting | None]] = {}

    async def __aenter__(self) -> Bench:
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = (*self._running.values(), *self._looks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def observe(
        self,
        side: Side,
        command: str,
        *,
        timeout_seconds: float,
        env: dict[str, str] | None = None,
        artefacts: tuple[str, ...] = (),
        from_candidate: tuple[str, ...] = (),
        inputs: dict[str, bytes] | None = None,
        attempt: int = 1,
    ) -> Sighting:
        """Run `command` on one tree and say what was seen; equal calls share one run, a new `attempt` runs again.

        Never raises for what the command does: ask `execution.how` before believing anything. `budget` means that the
        time for evidence was over.
        """
        request = Request(
            side=side,
            command=command,
            timeout_seconds=timeout_seconds,
            env=junit_env(self.order.settings.environment.env, env or {}, JUNIT),
            artefacts=tuple(dict.fromkeys((JUNIT, *artefacts))),
            from_candidate=from_candidate,
            inputs=inputs or {},
        )
        key = canonical([request, attempt])
        task = self._running.get(key)
        if task is None:
            task = self._running[key] = asyncio.create_task(self._sighting(request, attempt))
        # Shielded: the run may be shared with a job that still wants it. `__aexit__` ends what nobody wants.
        return await asyncio.shield(task)

    async def once(self, name: str, look: Callable[[], Coroutine[None, None, Sighting | None]]) -> Sighting | None:
        """What the first `look` of this name saw: for runs that several kinds share though each has other time left."""
        task = self._looks.get(name)
        if task is None:
            task = self._looks[name] = asyncio.create_task(look())
        return await asyncio.shield(task)

    async def compare(self, command: str, *, timeout_seconds: float, expectation: Expectation) -> Answer:
        """Run `command` on both trees and judge; a failure that the base did not have is tried once more."""
        candidate, base = await asyncio.gather(
            self.observe("candidate", command, timeout_seconds=timeout_seconds),
            self._on_base(command, timeout_seconds),
        )
        repeats: tuple[Execution, ...] = ()
        outcome = outcome_of(base.execution, candidate.execution, expectation=expectation)
        if isinstance(outcome, Fails) and candidate.execution.how == "exited" and held(base.execution):
            again = await self.observe("candidate", command, timeout_seconds=timeout_seconds, attempt=2)
            if again.execution.how == "exited":
                repeats = (again.execution,)
                outcome = outcome_of(base.execution, candidate.execution, expectation=expectation, repeats=repeats)
        return Answer(outcome=outcome, base=base.execution, candidate=candidate.execution, repeats=repeats)

    def seconds_left(self) -> float | None:
        """What is left of the time budget; None where there is none."""
        if not self.order.budget_seconds:
            return None
        return max(0.0, self.order.budget_seconds - (self._monotonic() - self._started))

    def go_deeper(self) -> None:
        """From here on the time of the dearer kinds counts: what came before was needed anyway."""
        self._spare_from = self._monotonic()

    def spare_seconds(self) -> float:
        """What is left of the time that the dearer kinds may take (`[evidence] budget_seconds`); never negative."""
        left = self.order.settings.evidence.budget_seconds - (self._monotonic() - self._spare_from)
        whole = self.seconds_left()
        return max(0.0, left if whole is None else min(left, whole))

    async def tests_told(self) -> str:
        """Why a plugin of pytest would learn nothing from the project's tests; empty when it may.

        It asks what the plain run on the candidate showed, which is known or wanted anyway: what cannot be seen costs
        no further run, and what is required runs first.
        """
        environment = self.order.settings.environment
        plain = await self.observe("candidate", environment.test, timeout_seconds=environment.test_minutes * 60)
        if plain.execution.how != "exited":
            return f"the tests did not run to their end: {plain.execution.detail or plain.execution.how}"
        if plain.tests is None:
            said = last_line(plain.execution.output) if plain.execution.exit_code else ""
            return "the test command is no pytest, or it was ended early" + (f": {said}" if said else "")
        return "" if plain.execution.passed else "no test passes on the candidate"

    async def _on_base(self, command: str, timeout_seconds: float) -> Sighting:
        absent = absent_paths(command, self.order.changes)
        if absent:
            detail = f"{', '.join(absent[:3])} does not exist on the base"
            return Sighting(execution=_unrun(self.order.base_tree, "absent", detail))
        return await self.observe("base", command, timeout_seconds=timeout_seconds)

    async def _sighting(self, request: Request, attempt: int) -> Sighting:
        tree = self.order.base_tree if request.side == "base" else self.order.tree
        key = self._cache_key(request, attempt)
        known = self._cache.get(key) if key else None
        if known is not None:
            return Sighting(execution=msgspec.structs.replace(known, cached=True))
        async with self._slots:
            left = self.seconds_left()
            if left is not None and left <= 0:
                return Sighting(execution=_unrun(tree, "budget", f"{self.order.budget_seconds:.0f} s"))
            cut = left is not None and left < request.timeout_seconds
            if cut and left is not None:
                request = msgspec.structs.replace(request, timeout_seconds=left)
            sighting = sight(tree, await self._execute(request), report_due=writes_report(request.command))
        if request.from_candidate:
            mixed = msgspec.structs.replace(sighting.execution, laid_over=request.from_candidate)
            sighting = msgspec.structs.replace(sighting, execution=mixed)
        if cut and sighting.execution.how == "timeout":
            budget = msgspec.structs.replace(
                sighting.execution, how="budget", detail=f"{self.order.budget_seconds:.0f} s"
            )
            return msgspec.structs.replace(sighting, execution=budget)
        if key and sighting.execution.how == "exited":
            self._cache.put(key, sighting.execution)
        return sighting

    def _cache_key(self, request: Request, attempt: int) -> str:
        """Only whole, unmixed runs on the base are worth remembering: a candidate is seen once."""
        mixed = request.from_candidate or request.inputs or len(request.artefacts) > 1
        if request.side == "candidate" or mixed or attempt > 1:
            return ""
        parts = [self.order.base_tree, request.command, request.env, self.order.environment]
        return digest(canonical(parts))

    async def _execute(self, request: Request) -> Ran:
        try:
            return await self._executor.execute(request)
        except NoRoomError:
            raise  # of nothing that is gathered on a full disk anything can be said: it is gathered again
        except (PodiumError, OSError) as error:
            return Ran(
                how="broken", exit_code=None, seconds=0.0, output=b"", output_digest=digest(b""), detail=str(error)
            )


def sight(tree: str, ran: Ran, *, report_due: bool = False) -> Sighting:
    """What a run tells, its test report read as far as it can be trusted.

    `report_due`: success without a report is not to be believed.
    """
    detail, tests = ran.detail, None
    report = ran.artefacts.get(JUNIT)
    if report is not None:
        try:
            tests = parse_junit(report)
        except JunitError as error:
            detail = detail or error.what
    elif report_due and ran.exit_code == 0:
        detail = detail or "pytest wrote no test report"
    limit = _SUCCESS_TEXT_LIMIT if ran.how == "exited" and ran.exit_code == 0 else _TEXT_LIMIT
    failing = tuple(test.name for test in tests or () if test.verdict in ("failed", "error"))
    execution = Execution(
        tree=tree,
        exit_code=ran.exit_code,
        seconds=round(ran.seconds, 3),
        output=ran.output[-4 * limit :].decode("utf-8", "replace")[-limit:],
        output_digest=ran.output_digest,
        passed=None if tests is None else sum(test.verdict == "passed" for test in tests),
        failed=None if tests is None else len(failing),
        skipped=None if tests is None else sum(test.verdict == "skipped" for test in tests),
        how=ran.how,
        detail=detail,
        failing=failing[:FAILING_LIMIT],
    )
    return Sighting(execution=execution, tests=tests, artefacts=ran.artefacts)


def _unrun(tree: str, how: str, detail: str) -> Execution:
    return msgspec.convert(
        {
            "tree": tree,
            "exit_code": None,
            "seconds": 0.0,
            "output": "",
            "output_digest": digest(b""),
            "how": how,
            "detail": detail,
        },
        Execution,
    )
