"""`podium budget`: what models have cost, and what they may cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.names import AnyName
from podium.conductor.tasks import find_task
from podium.kernel.errors import UsageError

if TYPE_CHECKING:
    from podium.conductor.budgets import Spent
    from podium.conductor.state import State

SCOPES = ("round", "task", "spec", "day")


@click.command(
    cls=Verb,
    examples=("podium budget", "podium budget task 10 T2", "podium budget spec 50 rate-limit", "podium budget day 100"),
)
@click.argument("scope", type=click.Choice(SCOPES), required=False)
@click.argument("usd", type=click.FloatRange(min=0, min_open=True), required=False)
@click.argument("name", type=AnyName(), default="", metavar="[SPEC|TASK]")
@click.pass_obj
def command(context: Context, scope: str | None, usd: float | None, name: str) -> None:
    """Show what models have cost, and set what they may cost (US dollars).

    Without words, every limit and what is spent of it. With SCOPE and USD, the limit of the day, a spec, a task or a
    task's rounds at work is set anew; agents that wait for it go on at once, in the session that they are in.
    """
    project = context.project.id
    state = context.desk.look(project)
    today = context.desk.clock.now().astimezone().date()
    if scope is not None:
        if usd is None:
            raise UsageError(
                "how much?", where=f"podium budget {scope}", do=f"podium budget {scope} 10 {name}".rstrip()
            )
        from podium.conductor.budgets import set_budget

        for key in _keys(state, scope, name, usd, today.isoformat()):
            set_budget(context.desk, project, scope, key, usd, actor=context.actor)
            context.output.line(f"{context.output.paint('set', 'good')}  {scope} {key}: ${usd:.2f}")
        state = context.desk.look(project)
    from podium.conductor.budgets import spending

    found = spending(context.home, state, today)
    context.output.document({"budgets": [vars(each) for each in found]})
    _print(context, found)


def _keys(state: State, scope: str, name: str, usd: float, today: str) -> list[str]:
    if scope == "day":
        if name:
            raise UsageError("the day has no name", where=f"podium budget day {usd:g} {name}", do="Leave it out.")
        return [today]
    if scope == "spec":
        known = [plan.spec for plan in state.plans.all()]
        if name in known or (not name and len(known) == 1):
            return [name or known[0]]
        raise UsageError("it is unclear which spec", where="podium budget spec", do=f"Name one: {', '.join(known)}")
    if not name:
        raise UsageError(
            "it is unclear which task",
            where=f"podium budget {scope}",
            do=f"Name one, as podium status does: podium budget {scope} {usd:g} TASK",
        )
    spec, task = find_task(state, name)
    if scope == "task":
        return [f"{spec}/{task.id}"]
    live = [f"{run.id}.{each.number}" for run, each in state.runs.active() if (run.spec, run.task) == (spec, task.id)]
    if not live:
        raise UsageError("no agent is at work on this task", where=name, do=f"podium budget task {usd:g} {name}")
    return live


def _print(context: Context, found: list[Spent]) -> None:
    output = context.output
    for each in found:
        limit = f" of ${each.limit:.2f}" if each.limit else "   no limit"
        tone = "bad" if each.limit and each.usd >= each.limit else "quiet"
        more = f"   {each.unpriced} of unknown price, estimated" if each.unpriced else ""
        output.line(f"{each.scope:5} {output.safe(each.key):32} {output.paint(f'${each.usd:.2f}{limit}', tone)}{more}")
    if not any(each.limit for each in found):
        output.line("No limit is set. In podium.toml: [budget] round, task, spec, day, in US dollars.")
