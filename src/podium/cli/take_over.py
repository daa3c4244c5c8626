"""`podium take-over`: a shell in an agent's own sandbox, the agent paused."""

from __future__ import annotations

import sys

import click

from podium.cli.background import ensure_conductor
from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.names import AgentName, TaskName
from podium.kernel.errors import UsageError


@click.command(
    cls=Verb,
    examples=(
        "podium take-over T2",
        'podium take-over T2 -m "the API is in src/api.py"',
        "podium take-over T2 -- git diff",
    ),
    context_settings={"ignore_unknown_options": True},
)
@click.argument("task", type=TaskName())
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND...]")
@click.option("--agent", type=AgentName(), default="", help="Whose, when several agents race.")
@click.option("-m", "--message", "text", default="", help="What the agent is told when it goes on.")
@click.option("--keep-paused", is_flag=True, help="Do not let the agent go on afterwards.")
@click.pass_obj
def command(context: Context, task: str, words: tuple[str, ...], agent: str, text: str, keep_paused: bool) -> None:
    """Work by hand in an agent's own sandbox while it is paused.

    You get a shell on its files, with its HOME, its services and its limits.
    What you change is recorded as yours and named in the candidate. When the shell ends, the agent is told which files
    you changed and goes on. Whatever you run there may be the agent's code; it reaches no more than the agent could.
    """
    from podium.conductor.take_over import take_over
    from podium.conductor.tasks import find_run
    from podium.workspaces.takeover import run_inside

    project, output = context.project.id, context.output
    run = find_run(context.desk.look(project), task, agent)
    terminal = not words and sys.stdin.isatty() and sys.stdout.isatty()
    if not words and not terminal:
        raise UsageError("there is no terminal for a shell", do=f"Name a command: podium take-over {task} -- COMMAND")
    hands = take_over(context.desk, project, run, actor=context.actor, awake=lambda: ensure_conductor(context))
    output.note(f"{run.spec}/{run.task} ({output.safe(run.agent)}) is paused; end the shell to give it back")
    sys.stdout.flush()
    argv = ("/bin/sh", "-c", 'exec "$0" "$@"', *words) if words else ("/bin/sh", "-c", _SHELL)
    code = run_inside(hands.plan, hands.pid, argv, terminal=terminal, term=context.environ.get("TERM", "dumb"))
    paths = hands.hand_back(word=text, resume=not keep_paused, actor=context.actor)
    output.document({"task": f"{run.spec}/{run.task}", "exit_code": code, "changed": list(paths)})
    what = ", ".join(output.safe(path) for path in paths[:10]) + (" ..." if len(paths) > 10 else "")
    output.line(f"{output.paint('changed by you', 'warn')}  {what or 'nothing'}")
    if keep_paused:
        output.line(f"  The agent stays paused: podium resume {run.spec}/{run.task}")
    else:
        output.line("  The agent goes on.")


_SHELL = "if [ -x /bin/bash ]; then exec /bin/bash --norc -i; else exec /bin/sh -i; fi"
