"""`podium demo`: the whole story on a small project."""

from __future__ import annotations

import contextlib
import shlex
import signal
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.output import Output
from podium.kernel.errors import PodiumError, UsageError

if TYPE_CHECKING:
    from podium.cli.demo_story.outcome import Outcome
    from podium.cli.demo_story.place import Place


THE_STORY = ("Demo (--yes)", "demo@example.org")
"""Who decides with --yes: nobody, and the ledger says so."""


@click.command(cls=Verb, examples=("podium demo", "podium demo --yes", "podium demo --yes --json"))
@click.option("-y", "--yes", is_flag=True, help="Ask nothing: decide as the story says.")
@click.option(
    "--in", "where", type=click.Path(), default="", metavar="DIR", help="Make it there; an empty or new directory."
)
@click.pass_obj
def command(context: Context, yes: bool, where: str) -> int:
    """Watch the whole story on a small project, with scripted agents.

    Four tasks: one is good, one is wrong on an edge case, one weakens a test, one builds on the first. Sandbox,
    evidence, review, landing and ledger are the real ones, and you decide. It all stays in a directory of its own.
    """
    if not yes and not context.output.interactive:
        raise UsageError("you decide in the demo, and this is no terminal", where="podium demo", do="Use --yes")
    root = _directory(context, where)
    with _told_on_stderr(context) as output, _interruptible():
        ended, faults = _play(context, output, root, yes=yes)
    context.output.document(ended)
    for fault in faults:
        context.output.warn(fault)
    return 1 if faults and (yes or not ended.ledger_verified) else 0


def _play(context: Context, output: Output, root: Path, *, yes: bool) -> tuple[Outcome, list[str]]:
    from podium.cli.demo_story.ending import end_processes
    from podium.cli.demo_story.place import build
    from podium.cli.demo_story.stage import Stage
    from podium.cli.demo_story.story import faults, tell

    place = build(root, context.environ, THE_STORY if yes else None)
    try:
        ended = tell(Stage(place, output, colour=output.color), yes=yes)
        return ended, faults(ended)
    except (KeyboardInterrupt, click.Abort):
        click.echo(f"\nStopped. What is there stays; go in with: . {shlex.quote(str(place.entrance))}", err=True)
        raise
    except PodiumError as error:
        raise PodiumError(error.what, where=error.where, do=error.do or _trace(place)) from error
    finally:
        end_processes(place.state)


def _trace(place: Place) -> str:
    return f"Everything is kept in {place.root}; the conductor's log is {place.state / 'conductor.log'}"


def _directory(context: Context, where: str) -> Path:
    if not where:
        return Path(tempfile.mkdtemp(prefix="podium-demo-")).resolve()
    root = context.place(where).resolve()
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise UsageError("it is not empty", where=str(root), do="Name a new directory.")
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise UsageError(
            f"it cannot be made: {error.strerror}", where=str(root), do="Name another place: --in DIR"
        ) from error
    return root


@contextlib.contextmanager
def _told_on_stderr(context: Context) -> Generator[Output]:
    """Beside a JSON document the story goes to stderr, with all that its commands print."""
    if not context.output.json:
        yield context.output
        return
    with contextlib.redirect_stdout(sys.stderr):
        aside = Context(context.environ)
        aside.options.no_color = context.options.no_color
        yield aside.output


@contextlib.contextmanager
def _interruptible() -> Generator[None]:
    """A polite end (SIGTERM, a closed terminal) counts as Ctrl-C, so that no process is left."""
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, signal.default_int_handler) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
