"""`podium attention`: what needs a person now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from podium.cli.context import Context
from podium.cli.group import Verb
from podium.kernel.clock import moment
from podium.render.ages import span

if TYPE_CHECKING:
    from podium.conductor.attention import Need

_SIGNS = {
    "PERMISSION": "asks",
    "TRIPWIRE": "tripwire",
    "QUESTION": "question",
    "LANDING": "held",
    "REVIEW": "review",
    "FAILED": "failed",
}


@click.command(cls=Verb, examples=("podium attention", "podium attention --json"))
@click.pass_obj
def command(context: Context) -> None:
    """List what needs you now, most urgent first.

    Agents that wait for an answer, runs that went astray, accepted work that cannot land, candidates to review, tasks
    that failed or cannot start. Each with the command that deals with it.
    """
    from podium.conductor.attention import attention
    from podium.conductor.deliver import undelivered
    from podium.conductor.disk_use import little_room

    project = context.project.id
    delivery = undelivered(context.desk, project, context.path)
    needs = attention(context.desk.look(project), delivery, little_room(context.state))
    output = context.output
    output.document({"needs": [_data(need) for need in needs]})
    if not needs:
        output.line(output.paint("Nothing needs you.", "good"))
    for number, need in enumerate(needs, 1):
        sign = _SIGNS.get(need.rank.name, need.rank.name.lower())
        tone = "warn" if need.rank.name in ("REVIEW", "PERMISSION") else "bad"
        age = _age(context, need)
        who = f" ({output.safe(need.agent)})" if need.agent else ""
        output.line(f"{number:2}. {output.paint(sign, tone)}  {output.paint(need.task, 'name')}{who}{age}")
        output.line(f"    {output.safe(need.what)}")
        for line in need.do.splitlines():
            output.line(f"    {output.paint(output.ink.glyph('to'), 'quiet')} {output.safe(line)}")


def _age(context: Context, need: Need) -> str:
    if not need.since:
        return ""
    seconds = (context.desk.clock.now() - moment(need.since)).total_seconds()
    return context.output.paint(f"  since {span(seconds)}", "quiet")


def _data(need: Need) -> dict[str, Any]:
    return {
        "kind": need.rank.name.lower(),
        "task": need.task,
        "run": need.run,
        "agent": need.agent,
        "what": need.what,
        "since": need.since,
        "do": need.do,
    }
