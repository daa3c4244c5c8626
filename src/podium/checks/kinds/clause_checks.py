"""Clause checks: the commands that the spec's clauses carry."""

from __future__ import annotations

from podium.checks.bench import Bench
from podium.checks.kind import Answer, Cost, GatherOrder, Job
from podium.evidence.model import NotRun
from podium.spec.model import Clause


class ClauseChecks:
    """One job per clause of the task; a clause without a check is told as not run, and blocks nothing."""

    name = "clause-check"

    def jobs(self, order: GatherOrder) -> tuple[Job, ...]:
        return tuple(_job(clause, order.check_seconds) for clause in order.clauses)


def _job(clause: Clause, seconds: float) -> Job:
    async def work(bench: Bench) -> Answer:
        if not clause.check:
            return Answer(outcome=NotRun(why="the clause carries no check"))
        return await bench.compare(clause.check, timeout_seconds=seconds, expectation="new")

    return Job(
        kind="clause-check",
        name=clause.id,
        work=work,
        cost=Cost.CHECK,
        command=clause.check,
        clause=clause.id,
        required=bool(clause.check),
        rests_on="runs" if clause.check else "world",
    )


CLAUSE_CHECKS = ClauseChecks()
