"""`podium run`: give tasks to agents, and follow them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from podium.cli.asking_first import ask_before_start
from podium.cli.background import ensure_conductor
from podium.cli.board_lines import board_data
from podium.cli.closing import close_lines
from podium.cli.context import Context
from podium.cli.follow import Follower
from podium.cli.group import Verb
from podium.cli.intent import documents
from podium.cli.key_notes import tell_missing_keys
from podium.cli.names import AgentName, AnyName
from podium.conductor.tasks import find_task
from podium.kernel.errors import UsageError
from podium.plan.names import some
from podium.project.agents import AUTO, find_agent

if TYPE_CHECKING:
    from podium.conductor.board import Row
    from podium.conductor.state import State


@dataclass(frozen=True)
class _Wanted:
    """Tasks of one spec; no task = all of them."""

    spec: str
    tasks: tuple[str, ...]


@click.command(
    cls=Verb,
    examples=(
        "podium run rate-limit",
        "podium run T2 --agent claude --agent codex",
        "podium run T3 --agent claude:opus --agent claude:sonnet",
        "podium run rate-limit --agent auto --ask-first",
        "podium run rate-limit --no-follow",
    ),
)
@click.argument("names", type=AnyName(), nargs=-1, metavar="[SPEC|TASK]...")
@click.option(
    "--agent",
    "agents",
    type=AgentName(),
    multiple=True,
    help="Use this agent, or AGENT:MODEL; several race on each task. auto: the one with the best record.",
)
@click.option(
    "--ask-first/--no-ask-first",
    "ask",
    default=None,
    help="Ask agents for their questions before they begin. [as podium.toml says: for specs of high risk]",
)
@click.option("--no-follow", is_flag=True, help="Order it, and come back at once.")
@click.pass_obj
def command(
    context: Context, names: tuple[str, ...], agents: tuple[str, ...], ask: bool | None, no_follow: bool
) -> None:
    """Give the tasks of an approved plan to agents, and follow them.

    Each task starts as soon as what it depends on has landed. Ctrl-C leaves the agents at work; run it again to look
    on. Without a name, the one approved spec is meant.
    """
    project = context.project.id
    state = context.desk.look(project)
    before = state.seq
    wanted = _wanted(state, names)
    early = _is_sound(context, state, wanted, agents)
    for each in wanted:
        if _is_unsettled(context, state, each, ask):
            ask_before_start(context, each.spec, each.tasks, agents, wish=ask)
    tell_missing_keys(context, state, {each.spec for each in wanted}, agents)
    if early:
        ensure_conductor(context)  # it starts while the order is written
    ordered = [_order(context, project, each, agents) for each in wanted]
    if not early:
        ensure_conductor(context)
    specs = frozenset(each.spec for each in wanted)
    rows = _rows(context, project, specs)
    if no_follow:
        _print_order(context, wanted, ordered)
    else:
        rows = _follow(context, project, specs, before)
    context.output.document({"ordered": any(ordered), "tasks": board_data(context.desk.look(project), rows)})


def _wanted(state: State, names: tuple[str, ...]) -> list[_Wanted]:
    approved = [plan.spec for plan in state.plans.all()]
    if not names:
        if len(approved) != 1:
            raise UsageError(
                "it is unclear which spec to run" if approved else "no plan is approved yet",
                where="podium run",
                do=f"Name one: {some(approved)}" if approved else "podium plan approve NAME",
            )
        return [_Wanted(approved[0], ())]
    chosen: dict[str, list[str]] = {}
    for name in names:
        if name in approved:
            chosen.setdefault(name, []).clear()
            chosen[name].append("")
            continue
        if "/" not in name and state.plans.withdrawn(name):
            chosen.setdefault(name, []).append("")  # ordering it tells why it cannot run
            continue
        spec, task = find_task(state, name)
        chosen.setdefault(spec, []).append(task.id)
    return [_Wanted(spec, () if "" in tasks else tuple(dict.fromkeys(tasks))) for spec, tasks in chosen.items()]


def _is_sound(context: Context, state: State, wanted: list[_Wanted], agents: tuple[str, ...]) -> bool:
    """Whether the order will hardly be refused. Raises UsageError for a plan whose approval does not count."""
    from podium.conductor.order_run import approved_plan

    for each in wanted:
        approved_plan(state, each.spec, documents(context, each.spec))
    settings = context.settings
    return bool(settings.agents) and all(each == AUTO or find_agent(settings, each) for each in agents)


def _is_unsettled(context: Context, state: State, wanted: _Wanted, ask: bool | None) -> bool:
    """Whether questions are to be asked, or wait for an answer. Cheap: in most orders there are none."""
    from podium.conductor.before_start import is_to_ask, unanswered, unasked

    if ask is False:
        return False
    asking = ask or is_to_ask(state, wanted.spec, context.settings.ask_first)
    todo = unasked(state, wanted.spec, wanted.tasks) if asking else []
    return bool(todo or unanswered(state, wanted.spec, wanted.tasks))


def _order(context: Context, project: str, wanted: _Wanted, agents: tuple[str, ...]) -> bool:
    from podium.conductor.order_run import order_run

    return order_run(
        context.desk,
        project,
        wanted.spec,
        documents=documents(context, wanted.spec),
        settings_text=context.settings_text,
        tasks=wanted.tasks,
        agents=agents,
        actor=context.actor,
    )


def _rows(context: Context, project: str, specs: frozenset[str]) -> list[Row]:
    from podium.conductor.board import board

    return [row for row in board(context.desk.look(project)) if row.spec in specs]


def _print_order(context: Context, wanted: list[_Wanted], ordered: list[bool]) -> None:
    output = context.output
    for each, fresh in zip(wanted, ordered, strict=True):
        what = ", ".join(f"{each.spec}/{task}" for task in each.tasks) or f"all tasks of {each.spec}"
        output.line(f"{output.paint('ordered' if fresh else 'was ordered already', 'good')}  {what}")
        for task, why in _reasons(context, each):
            output.line(f"  {output.paint(output.safe(task), 'name')}  {output.safe(why)}")
    output.line("  Look on: podium run, podium status")


def _reasons(context: Context, wanted: _Wanted) -> list[tuple[str, str]]:
    """Why the agents were chosen that the track record chose."""
    order = context.desk.look(context.project.id).plans.dispatch(wanted.spec)
    why = order.why if order else {}
    return [(task, text) for task, text in why.items() if not wanted.tasks or task in wanted.tasks]


def _follow(context: Context, project: str, specs: frozenset[str], seq: int) -> list[Row]:
    try:
        rows = Follower(context, project, specs, seq).follow()
    except KeyboardInterrupt:
        context.output.line()
        context.output.line("The agents go on. podium run looks on again; podium stop TASK ends one.")
        raise
    for line in close_lines(context.output, rows):
        context.output.line(line)
    return rows
