"""The program `podium`: its options, and how it ends."""

from __future__ import annotations

import os
import sys

import click

from podium import __version__
from podium.cli.context import Context
from podium.cli.ending import end_at_once
from podium.cli.failure import INTERRUPTED, UNREAD, crash, from_click, from_system, is_foreseen, report
from podium.cli.group import LazyGroup, shared_options
from podium.cli.streams import UnwritableError, drop_what_is_unwritten, open_streams
from podium.kernel.errors import PodiumError

_HELP = """Direct coding agents in parallel, review what they did on evidence, and own what lands.

A change flows one way: spec, plan, run, review, land. `podium COMMAND --help` tells more about each step.
"""


def program() -> LazyGroup:
    """The command `podium`."""
    group = LazyGroup(
        "podium",
        help=_HELP,
        examples=("podium init", "podium doctor", "podium spec new rate-limit"),
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    group.params.extend(shared_options(hidden=False))
    return click.version_option(__version__, prog_name="podium", message="%(prog)s %(version)s")(group)


def run(arguments: list[str], context: Context) -> int:
    """Runs the program. Returns the exit code; never raises."""
    out, err = sys.stdout, sys.stderr
    try:
        code = _run(arguments, context)
        sys.stdout.flush()
    except UnwritableError as error:
        code = _not_printed(error, context)
    except OSError:
        code = 1  # not even the error could be told
    sys.stdout, sys.stderr = out, err  # click wraps them when a reader has gone
    drop_what_is_unwritten()
    return code


def _run(arguments: list[str], context: Context) -> int:
    try:
        code = program().main(arguments, prog_name="podium", standalone_mode=False, obj=context)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        context.options.json = "--json" in arguments  # click stops before it reads the rest of a wrong call
        return report(from_click(error), context)
    except UnwritableError:
        raise
    except PodiumError as error:
        return report(error, context)
    except (KeyboardInterrupt, click.Abort):
        click.echo("", err=True)
        return INTERRUPTED
    except SystemExit as error:
        if isinstance(error.__context__, BrokenPipeError):
            return UNREAD  # the reader of stderr has gone
        return error.code if isinstance(error.code, int) else 1
    except OSError as error:
        return report(from_system(error), context) if is_foreseen(error) else crash(error, context)
    except Exception as error:  # noqa: BLE001 - the outermost edge: a person never meets a traceback unasked
        return crash(error, context)
    finally:
        context.close()
    return code if isinstance(code, int) else 0


def _not_printed(error: UnwritableError, context: Context) -> int:
    if error.unread:
        return UNREAD
    context.options.json = context.output.json = False  # it would be printed where nothing can be
    return report(error, context)


def main() -> None:
    """The entry point."""
    open_streams()
    context = Context(os.environ)
    code = run(sys.argv[1:], context)
    if context.ends_at_once:
        end_at_once(code)
    sys.exit(code)


if __name__ == "__main__":
    main()
