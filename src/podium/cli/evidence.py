"""`podium evidence`: the facts that Podium observed about a candidate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podium import __version__
from podium.cli.context import Context
from podium.cli.evidence_again import reproduce_item
from podium.cli.group import Verb
from podium.cli.names import AgentName, TaskName
from podium.conductor.tasks import find_run
from podium.evidence.policy import Severity, is_refused, severity
from podium.kernel.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from podium.evidence.model import Execution, Item
    from podium.project.model import FailOn


@click.command(
    cls=Verb,
    examples=(
        "podium evidence T2",
        "podium evidence T2 E1",
        "podium evidence T2 --kind weakened-tests --sarif > T2.sarif",
        "podium evidence T2 --in-toto > T2.intoto.jsonl",
        "podium evidence T2 --stryker > mutation.json",
        "podium evidence T2 --fail-on error",
        "podium evidence reproduce e3f09c2a7b154",
    ),
)
@click.argument("task", type=TaskName())
@click.argument("name", required=False, default="")
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only this kind of evidence; may be repeated.")
@click.option("--round", "number", type=click.IntRange(min=1), metavar="N", help="Of an earlier round. [the newest]")
@click.option("--agent", type=AgentName(), default="", help="Whose candidate, when several agents race.")
@click.option("--sarif", is_flag=True, help="Print the findings as SARIF 2.1.0, for editors and code hosts.")
@click.option("--in-toto", is_flag=True, help="Print in-toto statements about the tree, one JSON document each line.")
@click.option("--stryker", is_flag=True, help="Print the mutants as a mutation testing report (Stryker's schema 2).")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "never"]),
    help="End with 1 for this, and while evidence is still gathered. [`[evidence] fail_on`, else never]",
)
@click.pass_obj
def command(
    context: Context,
    task: str,
    name: str,
    kinds: tuple[str, ...],
    number: int | None,
    agent: str,
    sarif: bool,
    in_toto: bool,
    stryker: bool,
    fail_on: FailOn | None,
) -> int:
    """Show the facts that Podium observed about a candidate.

    NAME (E1, "project tests", or the id of an item) shows one of them in full: its command, and what it printed on the
    base and on the candidate. `podium evidence reproduce ID` runs exactly that item again, in fresh sandboxes on the
    same trees, and ends with 1 when it says something else now.
    Otherwise it ends with 0 whatever the facts are, unless --fail-on or the settings ask for more.
    """
    if task == "reproduce":
        return reproduce_item(context, name)
    state = context.desk.look(context.project.id)
    run = find_run(state, task, agent, archived=True)
    chosen = number or run.rounds[-1].number
    if chosen > len(run.rounds):
        raise NotFoundError(
            f"there is no round {chosen}", where=f"{run.spec}/{run.task}", do=f"Its newest is {len(run.rounds)}."
        )
    if sarif + in_toto + stryker > 1:
        raise UsageError("one form at a time", where="podium evidence", do="--sarif, --in-toto or --stryker")
    items = state.evidence.items(run.id, chosen)
    if name:
        items = tuple(item for item in items if name in (item.name, item.clause) or item.id.startswith(name))
        if not items:
            raise NotFoundError(
                f"round {chosen} has no evidence of that name", where=name, do=f"podium evidence {task}"
            )
    items = _of_kinds(items, kinds, chosen, task)
    done = state.evidence.finished(run.id, chosen) is not None
    pending = state.evidence.pending(run.id, chosen)
    verdict = severity(items) if name else _so_far(items, done=done, pending=bool(pending))
    code = int(is_refused(verdict, fail_on or state.settings.evidence.fail_on or "never"))
    if sarif or in_toto or stryker:
        (_sarif if sarif else _statements if in_toto else _mutants)(context, items)
        return code
    context.output.document(
        {
            "task": f"{run.spec}/{run.task}",
            "round": chosen,
            "finished": done,
            "verdict": verdict,
            "items": items,
            "pending": [each.name for each in pending],
        }
    )
    _print(context, items, done, full=bool(name))
    if pending:
        names = ", ".join(each.name for each in pending)
        context.output.line(
            context.output.paint(f"  Still being gathered, and no accept depends on it: {names}", "quiet")
        )
    return code


def _so_far(items: tuple[Item, ...], *, done: bool, pending: bool) -> Severity:
    """The word for all of it, where what is still to come may be the worst of it."""
    if not done:
        return "error"
    found = severity(items)
    return "warning" if pending and found == "clean" else found


def _sarif(context: Context, items: tuple[Item, ...]) -> None:
    from podium.evidence.sarif import to_sarif

    context.output.json = True
    context.output.document(to_sarif(items, version=__version__))


def _mutants(context: Context, items: tuple[Item, ...]) -> None:
    from podium.cli.case import open_own_mirror
    from podium.evidence.stryker import to_stryker
    from podium.git.commits import read_file

    if not any(item.mutants for item in items):
        raise NotFoundError(
            "no mutants are told of here",
            do="They need Python code that changed, pytest, and mutants = true below [evidence] in podium.toml.",
        )
    with open_own_mirror(context) as mirror:

        def read(tree: str, path: str) -> str:
            return read_file(mirror, tree, path).decode("utf-8", "replace")

        context.output.json = True
        context.output.document(to_stryker(items, read, version=__version__))


def _statements(context: Context, items: tuple[Item, ...]) -> None:
    import json

    from podium.evidence.in_toto import to_in_toto

    statements = to_in_toto(items, version=__version__)
    context.output.document(statements)
    for statement in statements:
        context.output.line(json.dumps(statement, sort_keys=True, separators=(",", ":")))


def _of_kinds(items: tuple[Item, ...], kinds: tuple[str, ...], number: int, task: str) -> tuple[Item, ...]:
    known = {item.kind for item in items}
    for kind in kinds:
        if kind not in known:
            do = f"It has: {', '.join(sorted(known)) or 'none yet'}"
            raise NotFoundError(f"round {number} of {task} has no evidence of this kind", where=kind, do=do)
    return tuple(item for item in items if not kinds or item.kind in kinds)


def _print(context: Context, items: tuple[Item, ...], done: bool, *, full: bool) -> None:
    from podium.render.terminal_facts import evidence_lines

    output = context.output
    for line in evidence_lines(items, width=output.width, paint=output.ink):
        output.line(line)
    if not done:
        output.line(output.paint("  Evidence is still being gathered.", "warn"))
    for item in items if full else ():
        output.line(f"  {output.paint('id', 'quiet')}  {item.id}, on tree {item.tree[:12]}, {item.environment}")
        if item.earlier:
            where = f"round {item.earlier.round} of run {item.earlier.run}, {item.earlier.at}"
            output.line(f"  {output.paint('earlier', 'quiet')}  gathered in {where}")
        if item.command:
            output.line(f"  {output.paint('command', 'quiet')}  {output.safe(item.command)}")
        _execution(context, "on the base", item.base)
        _execution(context, "on the candidate", item.candidate)


def _execution(context: Context, where: str, ran: Execution | None) -> None:
    from podium.render.safe_text import safe_lines

    if ran is None:
        return
    output = context.output
    end = f"exit code {ran.exit_code}" if ran.exit_code is not None else ran.how
    output.line(f"  {output.paint(where, 'strong')}  {end}, {ran.seconds:.1f} s, tree {ran.tree[:12]}")
    for line in safe_lines(ran.output.rstrip("\n")):
        output.line(f"    {line}")
