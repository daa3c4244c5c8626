"""`podium doctor`: what works here, and what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podium.cli.checkup import Check, guarded
from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.machine_checks import database_check, git_check, sandbox_check, sandbox_report, state_check
from podium.cli.paragraphs import indented
from podium.cli.repository_checks import agents_check, person_check, repository_check, tests_check

if TYPE_CHECKING:
    from podium.workspaces.tiers import TierReport


@click.command(cls=Verb, examples=("podium doctor", "podium doctor --json"))
@click.pass_obj
def command(context: Context) -> int:
    """Tell what works here: git, sandbox, agents, database.

    Everything is tried, not guessed: a sandbox is started, limits are told with what enforces them. Each line that is
    not well says what to do. Ends with 1 when something required is missing.
    """
    checks = guarded("git", lambda: git_check(context))
    report = _report(context, checks)
    checks += guarded("state", lambda: state_check(context))
    checks += guarded("database", lambda: database_check(context))
    checks += _repository(context, report)
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


def _report(context: Context, checks: list[Check]) -> TierReport | None:
    found: list[TierReport] = []

    def look() -> list[Check]:
        found.append(sandbox_report(context))
        return sandbox_check(found[0])

    checks += guarded("sandbox", look)
    return found[0] if found else None


def _repository(context: Context, report: TierReport | None) -> list[Check]:
    if context.root_hint is None:
        return [Check("repository", "note", "not in a repository: only the machine was looked at")]
    checks = guarded("repository", lambda: repository_check(context))
    if any(check.verdict == "missing" for check in checks):
        return checks
    checks += guarded("person", lambda: person_check(context))
    checks += guarded("agent", lambda: agents_check(context))
    if report is not None:
        checks += guarded("tests", lambda: tests_check(context, report))
    return checks


def _print(context: Context, check: Check) -> None:
    output = context.output
    glyph, tone = {"ok": ("yes", "good"), "note": ("flagged", "warn"), "missing": ("no", "bad")}[check.verdict]
    head = output.paint(output.ink.glyph(glyph), "good" if tone == "good" else "warn" if tone == "warn" else "bad")
    output.line(f"{head} {check.name.ljust(10)}  {indented(check.what, output.width, 14).lstrip()}")
    for line in check.more:
        output.line(output.paint(indented(line, output.width, 14), "quiet"))
    for line in check.do.splitlines():
        output.line(indented(f"{output.ink.glyph('to')} {line}", output.width, 14))
