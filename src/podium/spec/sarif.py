"""Lint findings as SARIF 2.1.0, for editors and code hosts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from podium.spec.model import LintFinding
from podium.spec.rule_book import RULES, Rule

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def to_sarif(
    findings: Sequence[LintFinding], version: str, rules: Sequence[Rule] = tuple(RULES.values())
) -> dict[str, Any]:
    """The findings as a SARIF log: plain data, ready for JSON. `version` is Podium's own."""
    used = {finding.rule for finding in findings}
    known = [rule for rule in rules if rule.id in used]
    known += [
        Rule(id=rule, severity="warning", title=rule, source="Podium")
        for rule in sorted(used - {rule.id for rule in known})
    ]
    index = {rule.id: number for number, rule in enumerate(known)}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "podium", "version": version, "rules": [_rule(rule) for rule in known]}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, index[finding.rule]) for finding in findings],
            }
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "help": {"text": f"{rule.title}. Source: {rule.source}."},
        "defaultConfiguration": {"level": rule.severity},
    }


def _result(finding: LintFinding, index: int) -> dict[str, Any]:
    print_of = f"{finding.rule}\0{finding.path}\0{finding.message}".encode("utf-8", "replace")
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.severity,
        "message": {"text": f"{finding.message} {finding.instead}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(finding.path.encode("utf-8", "surrogateescape"))},
                    "region": {"startLine": max(finding.line, 1), "startColumn": max(finding.column, 1)},
                }
            }
        ],
        "partialFingerprints": {"podium/v1": hashlib.sha256(print_of).hexdigest()[:32]},
    }
