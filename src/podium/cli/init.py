"""`podium init`: put a repository under Podium."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from podium.cli.context import SETTINGS_FILE, Context
from podium.cli.group import Verb
from podium.cli.writing import write_new
from podium.conductor.repository_notes import repository_notes
from podium.kernel.errors import UsageError

if TYPE_CHECKING:
    from podium.agents.known import Known
    from podium.project.detect import Detected
    from podium.project.model import Project


@click.command(
    cls=Verb,
    examples=(
        "podium init",
        'podium init --yes --test "python3 -m pytest"',
        'podium init --agent "mine=my-agent --acp"',
    ),
)
@click.option("-y", "--yes", is_flag=True, help="Take what was found, without questions.")
@click.option("--test", "test", default=None, metavar="COMMAND", help="The command that runs the tests.")
@click.option("--target", default="", metavar="BRANCH", help="The branch that accepted work lands on.")
@click.option("--agent", "agents", multiple=True, metavar="NAME=COMMAND", help="An agent that speaks ACP.")
@click.option(
    "--mirror", default="", metavar="PLACE", help="Where workers on other machines find the mirror: path or URL."
)
@click.pass_obj
def command(context: Context, yes: bool, test: str | None, target: str, agents: tuple[str, ...], mirror: str) -> None:
    """Put this repository under Podium.

    It finds the branch, the language and the test command, and writes podium.toml with every line explained. Doing it
    again changes nothing but what you changed in podium.toml. To undo it: delete podium.toml.
    """
    from podium.agents.known import installed
    from podium.conductor.register import register

    repository, output = context.repository, context.output
    context.root_hint = repository.root
    actor = context.actor
    place = repository.root / SETTINGS_FILE
    given, shared = dict(_agent(text) for text in agents), _mirror(context, mirror)
    fresh = not place.exists() and not place.is_symlink()
    if fresh:
        detected = _detect(context, test, target)
        detected = _asked(context, detected) if output.interactive and not yes else detected
        _write(place, detected, given, installed(context.path))
    elif test is not None or target or agents:
        what = "it exists already; --test, --target and --agent are for a new one"
        raise UsageError(what, where=SETTINGS_FILE, do="Edit the file, then: podium init")
    done = False
    try:
        project = register(
            context.desk, repository.root, context.settings_text, mirror=shared, path=context.path, actor=actor
        )
        done = True
    finally:
        if fresh and not done:
            place.unlink()
    _tell(context, project, fresh)


def _mirror(context: Context, given: str) -> str:
    """A path made absolute, since workers read it elsewhere; a URL or HOST:PATH as it is."""
    if not given or "://" in given or re.match(r"[^/]+:", given):
        return given
    path = context.place(given).resolve()
    if not path.is_dir():
        raise UsageError(
            "there is no repository there", where=str(path), do=f"Make it: git init --bare {shlex.quote(str(path))}"
        )
    return str(path)


def _agent(text: str) -> tuple[str, tuple[str, ...]]:
    name, equals, line = text.partition("=")
    try:
        words = tuple(shlex.split(line))
    except ValueError as error:
        raise UsageError(f"the command of {name!r} cannot be read: {error}", where="--agent") from None
    if not equals or not name or not words:
        raise UsageError(f"{text!r} names no agent", where="--agent", do='Write it as --agent "NAME=COMMAND"')
    return name, words


def _detect(context: Context, test: str | None, target: str) -> Detected:
    import msgspec

    from podium.project.detect import detect

    repository = context.repository
    branch = target or repository.require_branch()
    repository.tip(branch)  # it exists

    def read(path: str) -> str:
        return repository.read_file("HEAD", path).decode("utf-8", "replace")

    found = detect(repository.tracked_files(), read, name=repository.root.name, target=branch)
    return found if test is None else msgspec.structs.replace(found, test=test, because="given on the command line")


def _asked(context: Context, detected: Detected) -> Detected:
    """What was found, after a person had a look at it."""
    import msgspec

    output = context.output
    found = ", ".join(detected.languages) or "no language that is known"
    output.line(f"Found {output.paint(output.safe(detected.name), 'strong')}: {found}, on branch {detected.target}.")
    if detected.because:
        output.line(output.paint(f"  {output.safe(detected.because)}", "quiet"))
    test = str(click.prompt("Command that runs the tests", default=detected.test, show_default=bool(detected.test)))
    if not click.confirm(f"Write {SETTINGS_FILE}?", default=True):
        raise click.Abort
    return msgspec.structs.replace(detected, test=test.strip())


def _write(place: Path, detected: Detected, given: dict[str, tuple[str, ...]], found: tuple[Known, ...]) -> None:
    """The file, with the agents that were given, or else those that were found."""
    from podium.project.render import render_settings
    from podium.project.toml_text import toml_text, toml_texts

    text = render_settings(detected)
    agents = {name: ("acp", words) for name, words in given.items()}
    for name, (driver, words) in (agents or {each.name: (each.driver, each.command) for each in found}).items():
        key = name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else toml_text(name)
        how = "  # speaks the Agent Client Protocol" if driver == "acp" else f"\ndriver = {toml_text(driver)}"
        text += f"\n[agents.{key}]{how}\ncommand = {toml_texts(words)}\n"
    names = [*given] or [each.name for each in found]
    if len(names) > 1:
        text = text.replace('# agent = "NAME"', f"agent = {toml_text(names[0])}", 1)
    write_new(place, text, shown=SETTINGS_FILE, do="Edit it, then: podium init")


def _tell(context: Context, project: Project, fresh: bool) -> None:
    output, settings = context.output, context.settings
    notes = repository_notes(context.repository)
    names = [agent.name for agent in settings.agents]
    output.document(
        {
            "project": project.id,
            "name": project.name,
            "root": project.root,
            "target": project.target,
            "settings": SETTINGS_FILE,
            "created": fresh,
            "test": settings.environment.test,
            "agents": names,
            "notes": notes,
        }
    )
    if fresh:
        output.line(f"{output.paint('wrote', 'good')}  {SETTINGS_FILE}")
        for line in context.settings_text.splitlines():
            output.line(output.paint(f"  {output.safe(line)}", "quiet"))
    output.line(
        f"{output.paint('ready', 'good')}  {output.safe(project.name)}: accepted work lands on {project.target}"
    )
    for note in notes:
        output.line(f"{output.paint('note', 'warn')}   {note}")
    if not settings.environment.test:
        output.line(
            f"{output.paint('note', 'warn')}   no test command was found: write it below [environment], as test"
        )
    if not names:
        output.line(f"{output.paint('note', 'warn')}   no agent is set up yet: podium agents tells how to get one")
    output.line("  Next: commit podium.toml, then podium doctor, then podium spec new NAME")
