"""The program `podium`: its options, and how it ends."""

from __future__ import annotations

import io
import os
import sys

import click

from podium import __version__
from podium.cli.context import Context
from podium.cli.ending import end_at_once
from podium.cli.failure import BROKEN_PIPE, INTERRUPTED, crash, from_click, from_system, is_foreseen, report
from podium.cli.group import LazyGroup, shared_options
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
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    group.params.extend(shared_options(hidden=False))
    return click.version_option(__version__, prog_name="podium", message="%(prog)s %(version)s")(group)


def run(arguments: list[str], context: Context) -> int:
    """Runs the program. Returns the exit code; never raises."""
    try:
        code = program().main(arguments, prog_name="podium", standalone_mode=False, obj=context)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        context.options.json = "--json" in arguments  # click stops before it reads the rest of a wrong call
        return report(from_click(error), context)
    except PodiumError as error:
        return report(error, context)
    except (KeyboardInterrupt, click.Abort):
        click.echo("", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has gone; what is left in the buffer must not raise once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except OSError as error:
        return report(from_system(error), context) if is_foreseen(error) else crash(error, context)
    except Exception as error:  # noqa: BLE001 - the outermost edge: a person never meets a traceback unasked
        return crash(error, context)
    finally:
        context.close()
    return code if isinstance(code, int) else 0


def main() -> None:
    """The entry point."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # what a terminal cannot show is no reason to fail
    context = Context(os.environ)
    code = run(sys.argv[1:], context)
    if context.ends_at_once:
        end_at_once(code)
    sys.exit(code)


if __name__ == "__main__":
    main()
