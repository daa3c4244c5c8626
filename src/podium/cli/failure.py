"""How the program ends when something went wrong: what a person reads, and the exit code."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

import click

from podium.cli.context import Context
from podium.kernel.errors import PodiumError, UsageError
from podium.render.safe_text import safe_lines

INTERRUPTED = 130
UNREAD = 141  # what a shell calls a program that SIGPIPE ended

_LONGEST = 600  # characters of one line of an error

_MACHINE = {
    errno.ENOSPC: "The disk is full. Free some space (podium gc), or move the state: --state DIR",
    errno.EDQUOT: "Your disk quota is used up. Free some space (podium gc), or move the state: --state DIR",
    errno.EROFS: "This place cannot be written. Name another one: --state DIR",
    errno.EACCES: "You may not do that there. Look at who owns it, or name another place: --state DIR",
    errno.EPERM: "You may not do that there. Look at who owns it, or name another place: --state DIR",
    errno.ENAMETOOLONG: "Shorten the name.",
    errno.EMFILE: "Too many files are open. Raise the limit: ulimit -n 4096",
}


def report(error: PodiumError, context: Context) -> int:
    """Prints a foreseen error, on stdout too as JSON where that was asked for. Returns the exit code."""
    output = context.output
    head = f"{error.where}: {error.what}" if error.where else error.what
    _say(context, head, error.do)
    output.document({"error": {"what": error.what, "where": error.where, "do": error.do}})
    return error.exit_code


def from_click(error: click.ClickException) -> PodiumError:
    """Click's own error (a wrong option, a missing argument) as one of ours."""
    if not isinstance(error, click.UsageError):
        return UsageError(error.format_message())
    path = error.ctx.command_path if error.ctx else "podium"
    text = " ".join(error.format_message().split()).rstrip(".")
    for clicks, ours in (("a valid integer range", "a whole number"), ("a valid float range", "a number")):
        text = text.replace(clicks, ours)
    if isinstance(error, click.NoSuchOption) and error.possibilities:
        text = f"there is no option '{error.option_name}'; did you mean '{error.possibilities[0]}'?"
    return UsageError(text[:1].lower() + text[1:], do=f"see: {path} --help")


def is_foreseen(error: OSError) -> bool:
    """Whether it is the machine's trouble (a full disk, a missing right), not a fault of Podium."""
    return error.errno in _MACHINE


def from_system(error: OSError) -> PodiumError:
    """The machine's trouble in words."""
    do = _MACHINE.get(error.errno or 0, "")
    return PodiumError(error.strerror or str(error), where=str(error.filename or ""), do=do)


def crash(error: BaseException, context: Context) -> int:
    """An error that nobody foresaw: one line, and where its traceback was written. Returns the exit code."""
    text = "".join(traceback.format_exception(error))
    last = traceback.format_exception_only(error)[-1].strip().splitlines()[0]
    if context.options.debug:
        click.echo(text, err=True, nl=False)
        do = "please report this"
    else:
        place = _keep(text, context)
        do = f"the full traceback is in {place}; please report it" if place else "run it again with --debug"
    _say(context, f"Podium broke: {last}", do)
    context.output.document({"error": {"what": f"Podium broke: {last}", "where": "", "do": do}})
    return 1


def _say(context: Context, head: str, do: str) -> None:
    colored = context.output.error_color
    label = click.style("error:", fg="red", bold=True) if colored else "error:"
    first, *more = map(_shown, safe_lines(head))
    with contextlib.suppress(OSError):  # where stderr takes nothing the exit code alone must tell
        click.echo(f"{label} {first}", err=True, color=colored)
        for line in (*more, *map(_shown, safe_lines(do))) if do else more:
            click.echo(f"  {line}", err=True, color=colored)


def _shown(line: str) -> str:
    """A line of an error, without the middle of what was given where that is longer than anybody reads."""
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST // 2]} ... {line[-_LONGEST // 2 :]}"


def _keep(text: str, context: Context) -> Path | None:
    """Writes the traceback into the state directory, or else into a temporary one."""
    name = f"crash-{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.txt"
    for folder in (context.state, Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            place = folder / name
            place.write_text(f"{' '.join(sys.argv)}\n\n{text}", encoding="utf-8", errors="backslashreplace")
        except OSError:
            continue
        return place
    return None
