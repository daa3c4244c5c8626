"""`podium doctor`: what works here, and what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.paragraphs import indented

if TYPE_CHECKING:
    from podium.conductor.checkup import Check, Premises


@click.command(cls=Verb, examples=("podium doctor", "podium doctor --json"))
@click.pass_obj
def command(context: Context) -> int:
    """Tell what works here: git, sandbox, agents, database.

    Everything is tried, not guessed: a sandbox is started, limits are told with what enforces them. Each line that is
    not well says what to do. Ends with 1 when something required is missing.
    """
    from podium.conductor.checkup import check_up

    checks = check_up(premises_of(context))
    well = all(check.verdict != "missing" for check in checks)
    context.output.document({"well": well, "checks": [vars(check) for check in checks]})
    for check in checks:
        _print(context, check)
    missing = sum(check.verdict == "missing" for check in checks)
    output = context.output
    noted = any(check.verdict == "note" for check in checks)
    good = "Nothing required is missing." if noted else "All is well."
    output.line(output.paint(good, "good") if well else output.paint(f"{missing} missing.", "bad"))
    return 0 if well else 1


def premises_of(context: Context) -> Premises:
    """The machine and the repository that the caller is on."""
    from podium.conductor.checkup import Premises

    return Premises(
        desk=context.desk,
        path=context.path,
        environ=context.environ,
        root=context.root_hint,
        open_repository=lambda: context.repository,
        read_settings=lambda: context.settings,
        actor=lambda: context.actor,
    )


def _print(context: Context, check: Check) -> None:
    output = context.output
    glyph, tone = {"ok": ("yes", "good"), "note": ("flagged", "warn"), "missing": ("no", "bad")}[check.verdict]
    head = output.paint(output.ink.glyph(glyph), "good" if tone == "good" else "warn" if tone == "warn" else "bad")
    output.line(f"{head} {check.name.ljust(10)}  {indented(check.what, output.width, 14).lstrip()}")
    for line in check.more:
        output.line(output.paint(indented(line, output.width, 14), "quiet"))
    for line in check.do.splitlines():
        output.line(indented(f"{output.ink.glyph('to')} {line}", output.width, 14))
