"""The rules that a plan is read by."""

from __future__ import annotations

from podium.spec.model import Severity
from podium.spec.rule_book import Rule


def _rules(*rows: tuple[str, Severity, str]) -> dict[str, Rule]:
    return {row[0]: Rule(id=row[0], severity=row[1], title=row[2], source="Podium") for row in rows}


PLAN_RULES = _rules(
    ("plan-spec", "error", "A plan for another spec"),
    ("plan-duplicate-id", "error", "One id for two tasks"),
    ("plan-unknown-dependency", "error", "A dependency on a task that is not there"),
    ("plan-cycle", "error", "Tasks that wait for each other"),
    ("plan-unknown-clause", "error", "A clause that the spec does not have"),
    ("plan-uncovered", "error", "A clause that no task serves"),
    ("plan-no-clause", "warning", "A task that serves no clause"),
    ("plan-unknown-agent", "error", "An agent that is not known"),
    ("plan-empty-scope", "error", "A task that may change nothing"),
    ("plan-scope", "error", "A task that reaches beyond the spec's scope"),
    ("plan-overlap", "warning", "Tasks that would conflict if they ran at once"),
    ("plan-budget", "warning", "A task too big to review"),
    ("plan-human-only", "error", "A task with human-only files in its scope"),
    ("plan-protected", "warning", "A task that can touch a protected area"),
)
"""Every rule by its id."""
