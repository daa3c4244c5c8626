"""Located findings of a spec or plan, printed the way compilers do, so that editors can jump to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from podium.cli.context import Context
from podium.cli.paragraphs import indented

if TYPE_CHECKING:
    from podium.spec.model import LintFinding


def print_findings(context: Context, findings: Sequence[LintFinding]) -> None:
    """Each finding: place, severity, rule, what is wrong, and below it what to write instead."""
    output = context.output
    for finding in findings:
        place = output.paint(f"{output.safe(finding.path)}:{finding.line}:{finding.column}", "strong")
        tone = "bad" if finding.severity == "error" else "warn"
        rule = output.paint(f"[{finding.rule}]", "quiet")
        output.line(f"{place}: {output.paint(finding.severity, tone)}: {output.safe(finding.message)} {rule}")
        if finding.instead:
            output.line(indented(finding.instead, output.width, 4))


def count_words(findings: Sequence[LintFinding]) -> str:
    """`2 errors, 1 warning`, or `no findings`."""
    errors = sum(finding.severity == "error" for finding in findings)
    warnings = len(findings) - errors
    parts = [f"{n} {noun}{'s' if n > 1 else ''}" for n, noun in ((errors, "error"), (warnings, "warning")) if n]
    return ", ".join(parts) or "no findings"


def has_errors(findings: Sequence[LintFinding]) -> bool:
    """Whether one of them blocks approval."""
    return any(finding.severity == "error" for finding in findings)
