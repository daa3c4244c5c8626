"""A click group that loads a verb only when it is called, and a verb that shows an example in its help."""

from __future__ import annotations

import importlib
from typing import Any

import click

from podium.cli.catalogue import SECTIONS, SUBVERBS, Entry, entries
from podium.cli.context import Context
from podium.cli.help_page import PageContext

_ELSEWHERE = {"help": "--help", "version": "--version", "merge": "land", "diff": "review", "undo": "revert"}


class LazyGroup(click.Group):
    """A group whose verbs are listed in the catalogue; `key` is its name there, empty for the program itself."""

    context_class = PageContext

    def __init__(self, *args: Any, key: str = "", examples: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key = key
        self.examples = examples
        self.params.append(
            _stored("json", "Print one JSON document.", ("--json",), hidden=not self.invoke_without_command)
        )
        if key:
            self.params.extend(shared_options(hidden=True))

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return [name for name, entry in entries(self.key).items() if not entry.hidden]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        entry = entries(self.key).get(cmd_name)
        return load(entry) if entry else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if ctx.resilient_parsing or name in entries(self.key) or name.startswith("-"):
            return super().resolve_command(ctx, args)
        raise click.UsageError(self._unknown(ctx, name), ctx)

    def _unknown(self, ctx: click.Context, name: str) -> str:
        import difflib

        elsewhere = (
            {} if self.key else _ELSEWHERE | {sub: f"{top} {sub}" for top, table in SUBVERBS.items() for sub in table}
        )
        near = difflib.get_close_matches(name, [*self.list_commands(ctx), *elsewhere], n=1, cutoff=0.6)
        hint = f"; did you mean '{elsewhere.get(near[0], near[0])}'?" if near else ""
        return f"there is no command '{name}'{hint}"

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        table = entries(self.key)
        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        if names or not incomplete.startswith("-"):
            return [CompletionItem(name, help=table[name].short) for name in names]
        return click.Command.shell_complete(self, ctx, incomplete)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_commands(ctx, formatter)  # first what it can do, then the options
        click.Command.format_options(self, ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections = ("",) if self.key else SECTIONS
        table = entries(self.key)
        names = self.list_commands(ctx)
        width = max((len(name) for name in names), default=0)
        for section in sections:
            rows = [(name.ljust(width), table[name].short) for name in names if table[name].section == section]
            if rows:
                with formatter.section(section or "Commands"):
                    formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        write_examples(formatter, self.examples)


class Verb(click.Command):
    """A command with examples, `--json`, and the program's own options accepted after its name too."""

    context_class = PageContext

    def __init__(self, *args: Any, examples: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples
        self.params.append(_stored("json", "Print one JSON document.", ("--json",)))
        self.params.extend(shared_options(hidden=True))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        write_examples(formatter, self.examples)


def write_examples(formatter: click.HelpFormatter, examples: tuple[str, ...]) -> None:
    """Writes the section `Examples`, one command a line, never wrapped."""
    if examples:
        with formatter.section("Example" if len(examples) == 1 else "Examples"):
            formatter.write("".join(f"{'':{formatter.current_indent}}{line}\n" for line in examples))


def load(entry: Entry) -> click.Command:
    """The click command of a catalogue entry."""
    command: click.Command = importlib.import_module(f"podium.cli.{entry.module}").command
    return command


def shared_options(*, hidden: bool) -> list[click.Parameter]:
    """The program's own options. They stand before the verb in the help, and are taken after it as well."""
    return [
        _stored("directory", "Work as if started in DIR.", ("-C",), "DIR", hidden=hidden),
        _stored("state", "Where Podium keeps its state. [env: PODIUM_STATE]", ("--state",), "DIR", hidden=hidden),
        _stored("database", "Database of the ledger. [env: PODIUM_DATABASE_URL]", ("--db",), "URL", hidden=hidden),
        _stored("no_color", "No colour, even on a terminal. [env: NO_COLOR]", ("--no-color",), hidden=hidden),
        _stored("debug", "Show the full traceback of an unexpected error.", ("--debug",), hidden=hidden),
    ]


def _stored(name: str, text: str, flags: tuple[str, ...], metavar: str = "", *, hidden: bool = False) -> click.Option:
    """An option whose value goes to the field `name` of the options that all verbs share; a flag without metavar."""

    def store(ctx: click.Context, _param: click.Parameter, value: str | bool | None) -> None:
        context = ctx.find_object(Context)
        if value and context:
            setattr(context.options, name, value)

    return click.Option(
        [f"given_{name}", *flags],
        help=text,
        hidden=hidden,
        expose_value=False,
        callback=store,
        is_eager=True,
        is_flag=not metavar,
        default=None,
        metavar=metavar or None,
        type=click.Path() if metavar == "DIR" else None,
    )
