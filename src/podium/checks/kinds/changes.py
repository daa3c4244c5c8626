"""What the diff alone shows: scope, size, protected areas, deleted tests, links, hidden characters, names."""

from __future__ import annotations

from podium.checks.bench import Bench
from podium.checks.kind import Answer, GatherOrder, Job, ReadsDiff
from podium.evidence.change_rules import CHANGE_RULES, ChangeRule
from podium.evidence.file_names import odd_names
from podium.evidence.model import Fails, Holds
from podium.evidence.rules import diff_command

_BETTER_ELSEWHERE = "weakened-tests"  # podium.checks.kinds.weakened_tests reads the files, not only the lines


class Changes:
    """One job per rule over the diff; nothing is run."""

    name = "changes"

    def jobs(self, order: GatherOrder) -> tuple[Job, ...]:
        rules = tuple(_job(rule, order) for rule in CHANGE_RULES if rule.kind != _BETTER_ELSEWHERE)
        fresh = tuple(each.path for each in order.changes if each.path != each.old_path or each.status == "added")
        return (*rules, _names(fresh, order)) if fresh else rules


def _job(rule: ChangeRule, order: GatherOrder) -> Job:
    async def work(_: Bench) -> Answer:
        outcome, findings = rule.judge(order.changes, order.task, order.settings)
        return Answer(outcome=outcome, findings=findings, tool="podium")

    command = diff_command(order.base_tree, order.tree)
    reads = _reads(rule, order)
    return Job(kind=rule.kind, name=rule.name, work=work, command=command, required=rule.required, reads_diff=reads)


def _names(fresh: tuple[str, ...], order: GatherOrder) -> Job:
    async def work(bench: Bench) -> Answer:
        found = odd_names(fresh, bench.source.paths("candidate"))
        many = "one new name does" if found.count == 1 else f"{found.count} new names do"
        outcome = Fails(why=f"{many} not survive a checkout on macOS or Windows") if found.count else Holds()
        return Answer(outcome=outcome, findings=found.all(), tool="podium")

    command = diff_command(order.base_tree, order.tree)
    return Job(kind="file-names", name="names of new files", work=work, command=command)


def _reads(rule: ChangeRule, order: GatherOrder) -> ReadsDiff:
    """Which changed lines a rule rests on; those of links and of hidden characters tell by themselves what was cut."""
    if rule.kind == "protected":
        return "all" if any(each.constructs for each in order.settings.protected) else ""
    return "code" if rule.kind == "deleted-tests" else ""


CHANGES = Changes()
