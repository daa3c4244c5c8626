"""`podium check`: the evidence about any branch or pull request, with no task behind it."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import click

from podium import __version__
from podium.cli.context import Context
from podium.cli.group import Verb
from podium.kernel.errors import UsageError

if TYPE_CHECKING:
    from podium.conductor.check_range import Checking
    from podium.evidence.model import Item
    from podium.project.model import FailOn, Settings
    from podium.workspaces.tiers import Chosen


@click.command(
    cls=Verb,
    examples=(
        "podium check main..HEAD",
        "podium check origin/main..feature --fail-on warning",
        "podium check main..HEAD --sarif > podium.sarif",
    ),
)
@click.argument("commits", metavar="BASE..HEAD")
@click.option("--sarif", is_flag=True, help="Print the findings as SARIF 2.1.0, for editors and code hosts.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "never"]),
    help="What makes it end with 1. [`[evidence] fail_on`, else error]",
)
@click.option("--settings", "file", type=click.Path(), help="Another podium.toml than that of the base.")
@click.option("--test", default="", metavar="COMMAND", help="Run these tests instead of those in the settings.")
@click.pass_obj
def command(context: Context, commits: str, sarif: bool, fail_on: FailOn | None, file: str, test: str) -> int:
    """Gather evidence about any branch or pull request, with no task behind it.

    Needs no registration and no conductor: useful alone, in any CI. Looks at what HEAD adds since it left BASE, in
    sandboxes, and keeps nothing. The settings are those of BASE: a branch cannot choose how it is checked. Errors
    (tests that fail newly, or what had to be looked at and could not be) end with 1; --fail-on warning asks for more,
    --fail-on never only reports. Without it, what the settings say below [evidence].
    """
    from podium.conductor.check_range import checking, find_range
    from podium.evidence.policy import is_refused, severity

    wanted = find_range(context.repository, commits)
    context.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings = _settings(context, file)
    with checking(
        context.repository,
        wanted,
        settings=settings,
        test=test,
        scratch=context.state,
        path=context.path,
        chosen=_tier(context),
        environ={**context.environ, "PATH": context.path},
    ) as check:
        context.output.note(f"{_files(len(check.changes))}; settings: {check.settings_from}")
        items = asyncio.run(_gather(context, check))
    verdict = severity(items)
    if sarif:
        from podium.evidence.sarif import to_sarif

        context.output.json = True
        context.output.document(to_sarif(items, version=__version__))
    else:
        context.output.document(
            {
                "base": wanted.base,
                "head": wanted.head,
                "settings": check.settings_from,
                "verdict": verdict,
                "items": items,
            }
        )
        _print(context, items, verdict)
    return int(is_refused(verdict, fail_on or check.ground.settings.evidence.fail_on or "error"))


def _files(count: int) -> str:
    return "1 changed file" if count == 1 else f"{count} changed files"


def _settings(context: Context, file: str) -> Settings | None:
    from podium.project.settings import parse_settings

    if not file:
        return None
    place = context.place(file)
    try:
        return parse_settings(place.read_bytes(), str(place))
    except OSError as error:
        raise UsageError(error.strerror or "it cannot be read", where=str(place)) from error


def _tier(context: Context) -> Chosen:
    from podium.workspaces.tiers import candidates, choose, probe

    report = probe(candidates(context.path), scratch=context.state, root=os.geteuid() == 0)
    return choose(report, context.environ.get("PODIUM_TIER", ""))


async def _gather(context: Context, check: Checking) -> tuple[Item, ...]:
    from podium.conductor.check_range import check_range
    from podium.evidence.model import Holds
    from podium.render.terminal_facts import outcome_word

    async def emit(item: Item) -> None:
        if isinstance(item.outcome, Holds) and item.seconds < 1:
            return  # what holds at once is said at the end, in one paragraph
        context.output.note(f"{outcome_word(item.outcome)[1]:<13} {context.output.safe(item.name)}")

    work = asyncio.ensure_future(check_range(check, emit))
    # A CI that cancels its job sends SIGTERM: end the sandboxes and clean up as Ctrl-C does.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, work.cancel)
    try:
        return await work
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def _print(context: Context, items: tuple[Item, ...], verdict: str) -> None:
    from podium.render.terminal_facts import evidence_lines

    output = context.output
    for line in evidence_lines(items, width=output.width, paint=output.ink, all_by="--json"):
        output.line(line)
    if any(each.kind == "project-tests" and _never_ran(each) for each in items):
        output.line("  The tests could not begin. What they need and how they run stands below [environment] in")
        output.line("  podium.toml (podium init begins one); --test COMMAND runs others.")
    words = {"clean": "nothing to hold against it", "warning": "worth a look", "error": "do not merge it like this"}
    tone = {"clean": "good", "warning": "warn", "error": "bad"}[verdict]
    output.line(f"  {output.paint(words[verdict], tone)}")  # pyright: ignore[reportArgumentType] - the three tones


def _never_ran(item: Item) -> bool:
    """Whether the project's tests did not come as far as one test."""
    from podium.evidence.model import BrokenBefore, NotRun

    counted = item.candidate is not None and (item.candidate.passed is not None or item.candidate.failing)
    return isinstance(item.outcome, NotRun | BrokenBefore) and not counted
