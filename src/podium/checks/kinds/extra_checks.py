"""Extra checks: the commands that guard the protected areas which a candidate touches."""

from __future__ import annotations

from podium.checks.bench import Bench
from podium.checks.kind import Answer, Cost, GatherOrder, Job
from podium.project.rules import protected_touch


class ExtraChecks:
    """One job per command; none when no area with the rule `extra-checks` is touched."""

    name = "extra-check"

    def jobs(self, order: GatherOrder) -> tuple[Job, ...]:
        touched = protected_touch(order.changes, order.settings)
        commands = (check for touch in touched if touch.rule == "extra-checks" for check in touch.checks)
        return tuple(_job(command, order.check_seconds) for command in dict.fromkeys(commands))


def _job(command: str, seconds: float) -> Job:
    async def work(bench: Bench) -> Answer:
        return await bench.compare(command, timeout_seconds=seconds, expectation="kept")

    # Not `required` in itself: the rule of the protected area asks for it, and one fact is to be refused once.
    return Job(kind="extra-check", name=command, work=work, cost=Cost.CHECK, command=command, rests_on="runs")


EXTRA_CHECKS = ExtraChecks()
