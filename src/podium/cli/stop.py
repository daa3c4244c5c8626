"""`podium stop`: stop agents, or stop giving out tasks."""

from __future__ import annotations

import click

from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.intent import spec_file
from podium.cli.names import AgentName, AnyName
from podium.cli.steering import steer_task


@click.command(cls=Verb, examples=("podium stop T2", "podium stop rate-limit"))
@click.argument("name", type=AnyName())
@click.option("--agent", type=AgentName(), default="", help="Only this one, when several agents race.")
@click.pass_obj
def command(context: Context, name: str, agent: str) -> None:
    """Stop the agents at work on a task, or start no further task of a spec.

    With the name of a task its agents are told to end; what they did so far is kept. With the name of a spec nothing
    more of it is started; agents at work go on. podium run starts again.
    """
    if "/" in name or not (context.root / spec_file(context, name)).is_file():
        steer_task(context, name, agent, "stop")
        return
    _halt(context, name)


def _halt(context: Context, spec: str) -> None:
    from podium.conductor.order_run import halt_run

    halted = halt_run(context.desk, context.project.id, spec, actor=context.actor)
    output = context.output
    output.document({"spec": spec, "did": "halt", "halted": halted})
    if halted:
        output.line(f"{output.paint('halted', 'warn')}  no further task of {spec} is started; agents at work go on")
    else:
        output.line(f"Nothing of {spec} was waiting to be started.")
