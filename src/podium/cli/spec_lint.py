"""`podium spec lint`: what would be misunderstood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podium import __version__
from podium.cli.context import Context
from podium.cli.findings import count_words, has_errors, print_findings
from podium.cli.group import Verb
from podium.cli.intent import read_spec
from podium.cli.names import SpecName, spec_names
from podium.kernel.errors import NotFoundError

if TYPE_CHECKING:
    from podium.spec.model import LintFinding


@click.command(
    cls=Verb,
    examples=("podium spec lint", "podium spec lint rate-limit", "podium spec lint --sarif > spec.sarif"),
)
@click.argument("names", type=SpecName(), nargs=-1, metavar="[NAME]...")
@click.option("--sarif", is_flag=True, help="Print the findings as SARIF 2.1.0, for editors and code hosts.")
@click.option("--strict", is_flag=True, help="End with 1 for warnings too.")
@click.pass_obj
def command(context: Context, names: tuple[str, ...], sarif: bool, strict: bool) -> int:
    """Find what would be misunderstood, before an agent does.

    Vague words, missing edge cases, clauses that nothing can check, scopes that match no file ... Without NAME every
    spec is read. Errors block approval and end with 1; warnings are shown when you approve.
    """
    chosen = names or tuple(spec_names(context))
    if not chosen:
        raise NotFoundError(
            "there is no spec yet", where=f"{context.settings.specs}/", do="Begin one: podium spec new NAME"
        )
    findings = [finding for name in chosen for finding in _lint(context, name)]
    if sarif:
        _print_sarif(context, findings)
    else:
        context.output.document({"findings": findings})
        print_findings(context, findings)
        _close(context, chosen, findings)
    return int(bool(findings) if strict else has_errors(findings))


def _lint(context: Context, name: str) -> tuple[LintFinding, ...]:
    from podium.spec.rules import lint

    return lint(read_spec(context, name), context.repository.tracked_files())


def _print_sarif(context: Context, findings: list[LintFinding]) -> None:
    from podium.spec.sarif import to_sarif

    context.output.json = True
    context.output.document(to_sarif(findings, __version__))


def _close(context: Context, names: tuple[str, ...], findings: list[LintFinding]) -> None:
    output = context.output
    tone = "bad" if has_errors(findings) else "warn" if findings else "good"
    specs = names[0] if len(names) == 1 else f"{len(names)} specs"
    output.line(f"{output.paint(count_words(findings), tone)} in {specs}")
    if not has_errors(findings) and len(names) == 1:
        output.line(f"  Next: podium plan draft {names[0]}")
