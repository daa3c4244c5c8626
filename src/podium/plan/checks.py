"""What is wrong with a plan: `check_plan`.

Errors are faults with which a plan cannot be approved; warnings are shown with it.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence

from podium.plan.model import Plan, Task
from podium.plan.parse import SUFFIX
from podium.plan.rule_book import PLAN_RULES
from podium.plan.rules import find_cycle, serialise, shown_cycle
from podium.project.agents import find_agent
from podium.project.globs import contains, matcher, matches, overlaps
from podium.project.model import Settings
from podium.project.rules import dispatch_blocked
from podium.spec.model import LintFinding, Severity, Spec

WARN_BUDGET = 400
"""Changed lines beyond which a review finds far fewer faults (Cohen: Best Kept Secrets of Peer Code Review, 2006)."""
MOST_BUDGET = 1_000


def check_plan(
    plan: Plan,
    spec: Spec,
    tracked_files: Sequence[str],
    settings: Settings,
    known_agents: Collection[str],
) -> tuple[LintFinding, ...]:
    """Every fault of a plan against its spec, the repository's files, the settings and the agents there are."""
    report = _Report(plan)
    if plan.spec != spec.name:
        report.add("plan-spec", 1, f"This is the plan of {plan.spec}.", f"Keep it beside {plan.spec}.md.")
    _dependencies(plan, report)
    _clauses(plan, spec, report)
    _agents(plan, settings, known_agents, report)
    for task in plan.tasks:
        _scope(task, spec, report)
        _budget(task, report)
        _protected(task, tracked_files, settings, report)
    for pair in serialise(plan, tracked_files):
        line = next((task.line for task in plan.tasks if task.id == pair.after), 1)
        both = ", ".join(pair.overlap[:3]) + (" ..." if len(pair.overlap) > 3 else "")
        report.add(
            "plan-overlap",
            line,
            f"{pair.before} and {pair.after} may both touch {both}: {pair.after} waits until {pair.before} is settled.",
            f'Nothing to do if that is fine. Else narrow a scope, or write depends_on = ["{pair.before}"].',
        )
    return report.findings()


class _Report:
    def __init__(self, plan: Plan) -> None:
        self._path = plan.path or plan.spec + SUFFIX
        self._found: list[LintFinding] = []

    def add(self, rule: str, line: int, message: str, instead: str, severity: Severity | None = None) -> None:
        self._found.append(
            LintFinding(
                rule=rule,
                severity=severity or PLAN_RULES[rule].severity,
                path=self._path,
                line=max(line, 1),
                column=1,
                message=message,
                instead=instead,
            )
        )

    def findings(self) -> tuple[LintFinding, ...]:
        return tuple(sorted(dict.fromkeys(self._found), key=lambda finding: (finding.line, finding.rule)))


def _dependencies(plan: Plan, report: _Report) -> None:
    lines: dict[str, int] = {}
    for task in plan.tasks:
        if task.id in lines:
            free = f"T{max(int(other.id[1:]) for other in plan.tasks) + 1}"
            message = f"{task.id} is already the task on line {lines[task.id]}."
            report.add("plan-duplicate-id", task.line, message, f"Call this one {free}.")
        lines.setdefault(task.id, task.line)
    for task in plan.tasks:
        for needed in task.depends_on:
            if needed not in lines:
                known = ", ".join(name for name in lines if name != task.id) or "none"
                message = f"{task.id} depends on {needed}, which is not in this plan."
                report.add("plan-unknown-dependency", task.line, message, f"Other tasks of this plan: {known}.")
    cycle = find_cycle(plan.tasks)
    if cycle:
        path = " -> ".join(cycle)
        message = f"These tasks wait for each other: {path} ({shown_cycle(cycle)})."
        report.add("plan-cycle", lines[cycle[0]], message, f"Take one of them out of a depends_on: {path}.")


def _clauses(plan: Plan, spec: Spec, report: _Report) -> None:
    known = [clause.id for clause in spec.clauses]
    for task in plan.tasks:
        if not task.clauses:
            message = f"{task.id} serves no clause, so nothing says when it is right."
            report.add("plan-no-clause", task.line, message, "Name the clauses that it serves.")
        for clause in task.clauses:
            if clause not in known:
                near = difflib.get_close_matches(clause, known, n=1, cutoff=0.5)
                hint = f" Did you mean {near[0]}?" if near else ""
                message = f"{task.id} serves {clause}, which the spec does not have."
                report.add("plan-unknown-clause", task.line, message, f"The spec has: {', '.join(known)}.{hint}")
    served = {clause for task in plan.tasks for clause in task.clauses}
    for clause in spec.clauses:
        if clause.id not in served:
            # What must be true at the end may be for a person to do; behaviour that nobody builds is a hole.
            severity: Severity = "warning" if clause.kind == "done" else "error"
            text = clause.text.split("\n")[0][:60]
            message = f"No task serves {clause.id} ({text})."
            report.add("plan-uncovered", 1, message, "Add it to the clauses of a task.", severity)


def _agents(plan: Plan, settings: Settings, known_agents: Collection[str], report: _Report) -> None:
    known = ", ".join(known_agents)
    instead = f"Known are: {known}." if known else 'Add a table [agents.NAME] with command = ["..."] to podium.toml.'
    for task in plan.tasks:
        for agent in task.agents:
            if agent not in known_agents and find_agent(settings, agent) is None:
                near = difflib.get_close_matches(agent, list(known_agents), n=1)
                hint = f" Did you mean {near[0]}?" if near else ""
                message = f"{task.id} names the agent {agent!r}, which is not known."
                report.add("plan-unknown-agent", task.line, message, instead + hint)
    unnamed = [task for task in plan.tasks if not task.agents]
    if unnamed and settings.default_agent and settings.default_agent not in known_agents:
        message = f"{unnamed[0].id} goes to the default agent {settings.default_agent!r}, which is not known."
        report.add("plan-unknown-agent", unnamed[0].line, message, instead)
    elif unnamed and not settings.default_agent and len(known_agents) != 1:
        message = f"{unnamed[0].id} names no agent, and there is no default one."
        do = f'Write agents = ["..."], or agent = "..." below [run] in podium.toml. {instead}' if known else instead
        report.add("plan-unknown-agent", unnamed[0].line, message, do, "warning")


def _scope(task: Task, spec: Spec, report: _Report) -> None:
    if not task.scope:
        message = f"{task.id} has no scope: it may change nothing."
        report.add("plan-empty-scope", task.line, message, 'Add scope = ["..."].')
    for glob in task.scope:
        # Without a wildcard it names a file, though as a glob it would hold a folder of that name as well.
        if not any(matches(wide, glob) for wide in spec.scope) and not contains(spec.scope, glob):
            within = ", ".join(spec.scope) or "nothing"
            some = any(overlaps(glob, wide) for wide in spec.scope)
            message = (
                f"{task.id} may change {glob}, {'not all of which is' if some else 'which is not'} in the spec's scope."
            )
            report.add("plan-scope", task.line, message, f"The spec allows {within}. Narrow this, or widen the spec.")


def _budget(task: Task, report: _Report) -> None:
    if task.budget > WARN_BUDGET:
        severity: Severity = "error" if task.budget > MOST_BUDGET else "warning"
        message = (
            f"{task.id} may change {task.budget} lines: beyond about {WARN_BUDGET}, reviewers find far fewer faults."
        )
        instead = f"Split it into tasks of at most {WARN_BUDGET} lines."
        report.add("plan-budget", task.line, message, instead, severity)


def _protected(task: Task, tracked_files: Sequence[str], settings: Settings, report: _Report) -> None:
    for block in dispatch_blocked(task.scope, settings, tracked_files):
        report.add("plan-human-only", task.line, f"{task.id}: {block.message}.", block.do)
    within = matcher(task.scope)
    for area in settings.protected:
        if area.rule == "human-only" or not area.paths:
            continue
        protected = matcher(area.paths)
        path = next((path for path in tracked_files if protected(path) and within(path)), "")
        if path:
            need = "two reviewers" if area.rule == "two-reviewers" else f"that these hold: {'; '.join(area.checks)}"
            because = f" ({area.reason})" if area.reason else ""
            message = f"{task.id} can touch {path}, which needs {need}{because}."
            report.add("plan-protected", task.line, message, "Nothing to do if that is meant; else narrow the scope.")
