"""`podium agents`: which agents there are, and what each of them can."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podium.cli.context import SETTINGS_FILE, Context
from podium.cli.group import LazyGroup
from podium.cli.paragraphs import indented

if TYPE_CHECKING:
    from podium.conductor.agent_report import AgentReport

_HELP = """List your agents, what each can do and what it lacks; try one.

Those that podium.toml sets up come first, then those that are installed and not set up.

`podium agents test NAME` has one of them do a small task in the sandbox.
"""
_ABLE = ("resume", "permissions", "cost", "model")


def _list(context: Context) -> int:
    from podium.conductor.agent_report import reports
    from podium.project.model import Settings

    has_settings = context.root_hint is not None and (context.root / SETTINGS_FILE).is_file()
    settings = context.settings if has_settings else Settings(project="")
    found = reports(settings, context.path, context.environ)
    context.output.document({"agents": [_plain(each) for each in found]})
    for each in found:
        _print(context, each)
    if not found:
        _print_none(context)
    return 0


def _table(agent: AgentReport) -> list[str]:
    """What sets up an agent that Podium knows."""
    words = ", ".join(f'"{word}"' for word in agent.command)
    driver = [] if agent.driver == "acp" else [f'driver = "{agent.driver}"']
    return [f"[agents.{agent.name}]", *driver, f"command = [{words}]"]


def _plain(agent: AgentReport) -> dict[str, object]:
    """Every field, whether it says something or not."""
    told: dict[str, object] = {name: getattr(agent, name) for name in agent.__struct_fields__}
    return told | {"can": {name: getattr(agent.can, name) for name in _ABLE}}


def _print_none(context: Context) -> None:
    from podium.agents.known import KNOWN

    output = context.output
    output.line("No agent is set up, and none that Podium knows is installed. Some of those:")
    for each in (agent for agent in KNOWN if agent.version):
        output.line(f"  {output.paint(each.name.ljust(11), 'name')} {output.paint(each.install, 'quiet')}")
    output.line(f"Install one, and podium agents tells the lines to add to {SETTINGS_FILE}.")
    output.line("Any other program that speaks ACP will do:")
    output.line('  [agents.NAME]\n  command = ["PROGRAM", "ARGUMENT"]')


def _print(context: Context, agent: AgentReport) -> None:
    from podium.agents.known import beside_tried

    output = context.output
    well = not agent.missing and agent.set_up
    glyph = output.paint(output.ink.glyph("yes" if well else "flagged"), "good" if well else "warn")
    version = agent.version or ("no version told" if agent.program else "not found")
    output.line(f"{glyph} {output.paint(agent.name, 'strong')}  {agent.title}  {version}".replace("    ", "  "))

    def say(text: str) -> None:
        output.line(output.paint(indented(text, output.width, 4), "quiet"))

    say(f"{' '.join(agent.command)}  (driver {agent.driver})" + (f"  {agent.program}" if agent.program else ""))
    if beside := beside_tried(agent.version, agent.tried_version):
        say(beside)
    if agent.provider:
        place = f"{agent.key}, kept out of the sandbox" if agent.key else "no key"
        say(f"model {agent.model or 'its own choice'} at {agent.provider}; {place}")
    words = {True: "yes", False: "no", None: "not tried"}
    say("; ".join(f"{name} {words[getattr(agent.can, name)]}" for name in _ABLE))
    if not agent.set_up:
        say(f"installed, and not set up; these lines in {SETTINGS_FILE} do it:")
        for line in _table(agent):
            output.line(f"      {line}")
    if agent.missing:
        output.line(output.paint(indented(agent.missing, output.width, 4), "warn"))
    for line in agent.do.splitlines():
        output.line(indented(f"{output.ink.glyph('to')} {line}", output.width, 4))


@click.pass_obj
@click.pass_context
def _called(click_context: click.Context, context: Context) -> int:
    return 0 if click_context.invoked_subcommand else _list(context)


command = LazyGroup(
    "agents",
    key="agents",
    help=_HELP,
    callback=_called,
    invoke_without_command=True,
    examples=("podium agents", "podium agents --json", "podium agents test claude"),
)
