"""The project's own tests, on the base and on the candidate."""

from __future__ import annotations

from podium.checks.bench import Bench
from podium.checks.kind import Answer, Cost, GatherOrder, Job
from podium.checks.wants import wanted
from podium.evidence.fingerprint import Findings
from podium.evidence.model import Blind, Execution, Finding, NotRun
from podium.evidence.outcome import executed, newly_failing


class ProjectTests:
    """One job: the command `[environment] test` of podium.toml."""

    name = "project-tests"

    def jobs(self, order: GatherOrder) -> tuple[Job, ...]:
        command = order.settings.environment.test
        return (
            Job(
                kind="project-tests",
                name="project tests",
                work=_work,
                cost=Cost.SUITE,
                command=command,
                required=bool(command),
                rests_on="runs",
            ),
        )


async def _work(bench: Bench) -> Answer:
    environment = bench.order.settings.environment
    if not environment.test:
        return Answer(outcome=NotRun(why="podium.toml names no test command ([environment] test)"))
    answer = await bench.compare(environment.test, timeout_seconds=environment.test_minutes * 60, expectation="kept")
    return Answer(
        outcome=answer.outcome,
        findings=(*_differences(answer.base, answer.candidate), *_wanted(answer)),
        base=answer.base,
        candidate=answer.candidate,
        repeats=answer.repeats,
        # A project that has no tests yet cannot be asked to show some before anything is accepted.
        required=False if isinstance(answer.outcome, Blind) and executed(answer.base) == 0 else None,
    )


def _wanted(answer: Answer) -> tuple[Finding, ...]:
    found = Findings()
    for what, advice in wanted(answer.base, answer.candidate):
        found.add(f"needs-{what}", "note", advice, text=what)
    return found.all()


def _differences(base: Execution | None, candidate: Execution | None) -> tuple[Finding, ...]:
    """What the counts show that the outcome does not: tests that fail newly, are gone, or are skipped now."""
    found = Findings()
    if base is None or candidate is None or candidate.passed is None or base.passed is None:
        return ()
    for name in newly_failing(base, candidate):
        found.add("test-fails", "error", f"{name} fails and did not on the base", text=name)
    before, now = executed(base) or 0, executed(candidate) or 0
    if now < before:
        found.add("fewer-tests", "warning", f"{now} tests are executed; on the base {before}", text="fewer")
    if (candidate.skipped or 0) > (base.skipped or 0):
        message = f"{candidate.skipped} tests are skipped; on the base {base.skipped or 0}"
        found.add("more-skipped", "warning", message, text="skipped")
    return found.all()


PROJECT_TESTS = ProjectTests()
