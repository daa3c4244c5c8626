"""`podium agents test`: one small task for one agent, in the sandbox."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Generator
from typing import TYPE_CHECKING

import click

from podium.cli.context import SETTINGS_FILE, Context
from podium.cli.doctor import premises_of
from podium.cli.group import Verb
from podium.cli.names import AgentName
from podium.cli.paragraphs import indented
from podium.kernel.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from podium.agents.event import Entry
    from podium.conductor.agent_check import Checked
    from podium.project.model import AgentSettings, Settings


@click.command(cls=Verb, examples=("podium agents test claude", "podium agents test codex --scripted"))
@click.argument("name", type=AgentName())
@click.option("--scripted", is_flag=True, help="Against a scripted model on this machine: no key, no cost.")
@click.option(
    "--seconds",
    type=click.IntRange(5, 3600),
    default=120,
    metavar="SECONDS",
    help="How long to wait at the most. [120]",
)
@click.pass_obj
def command(context: Context, name: str, scripted: bool, seconds: int) -> int:
    """Have an agent do one small task in the sandbox.

    It is to write one file, with its own model; Podium looks whether it did. Ends with 1 when the file was not written.
    With its own model this costs a few cents; all questions it asks are answered with yes, because nothing of yours is
    in that sandbox.
    """
    from podium.conductor.agent_check import Bench, check
    from podium.conductor.machine_checks import sandbox_report

    settings, agent = _agent(context, name)
    context.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _model(scripted) as address:
        bench = Bench(
            scratch=context.state,
            path=context.path,
            environ=dict(context.environ),
            tiers=sandbox_report(premises_of(context)),
            scripted=address,
        )
        done = check(settings, agent, bench, seconds=seconds, on_entry=lambda entry: _live(context, entry))
    told = {name: getattr(done, name) for name in done.__struct_fields__}
    context.output.document({"check": told, "scripted": scripted})
    _print(context, done)
    return 0 if done.well else 1


def _agent(context: Context, name: str) -> tuple[Settings, AgentSettings]:
    """The agent as it is set up, or else as Podium knows it."""
    from podium.agents.known import KNOWN, known
    from podium.project.agents import find_agent
    from podium.project.model import AgentSettings, Settings

    has_settings = context.root_hint is not None and (context.root / SETTINGS_FILE).is_file()
    settings = context.settings if has_settings else Settings(project="")
    found = find_agent(settings, name)
    if found is not None:
        return settings, found
    about = known(name.partition(":")[0])
    if about is None:
        names = dict.fromkeys([*(each.name for each in settings.agents), *(each.name for each in KNOWN)])
        raise UsageError(f"no agent is called {name!r}", where=SETTINGS_FILE, do=f"Known here: {', '.join(names)}")
    if shutil.which(about.command[0], path=context.path) is None:
        raise NotFoundError(f"{about.title} is not installed here", where=name, do=f"Install it: {about.install}")
    return settings, AgentSettings(name=name, driver=about.driver, command=about.command, model=name.partition(":")[2])


@contextlib.contextmanager
def _model(scripted: bool) -> Generator[str]:
    """The address of a scripted model that knows the task, for as long as it is needed; empty when none is wanted."""
    if not scripted:
        yield ""
        return
    from podium.conductor.agent_check import FILE, PROMPT, TEXT
    from podium.testing.actions import Say, Write
    from podium.testing.model_server.server import ModelServer
    from podium.testing.model_server.steps import ModelScript, Prompt

    steps = (Write(path=FILE, text=f"{TEXT}\n"), Say(text="It is written."))
    with ModelServer(ModelScript(prompts=(Prompt(match=PROMPT, steps=steps),))) as server:
        yield f"127.0.0.1:{server.port}"


def _live(context: Context, entry: Entry) -> None:
    from podium.agents.event import ErrorReported, ToolCall

    event = entry.event
    if isinstance(event, ToolCall) and event.title and event.status in ("pending", "in_progress"):
        context.output.line(context.output.paint(f"  {event.title}", "quiet"))
    elif isinstance(event, ErrorReported):
        context.output.line(context.output.paint(f"  {event.what}", "warn"))


def _print(context: Context, done: Checked) -> None:
    output = context.output
    glyph = output.paint(output.ink.glyph("yes" if done.well else "no"), "good" if done.well else "bad")
    name = f"{done.agent_name or done.agent} {done.agent_version}".strip()
    what = "wrote the file" if done.wrote else "did not write the file"
    output.line(f"{glyph} {name} {what} in {done.seconds:g} s, in a sandbox of tier {done.tier}: {done.outcome}")
    used = done.usage
    if used.input_tokens is not None:
        cost = "cost unknown" if used.cost_usd is None else f"${used.cost_usd:.4f}"
        output.line(f"  tokens: {used.input_tokens} read, {used.output_tokens or 0} written; {cost}")
    for text in (done.error, done.stderr):
        if text and not done.well:
            output.line(output.paint(indented(text, output.width, 2), "warn"))
