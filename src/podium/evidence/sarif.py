"""Evidence as SARIF 2.1.0, the form that code hosts and editors read. Pure.

A finding is a result. A required item that fails without a located finding is a result without a place. What was not
run or could not see is a notification: it must not look like a clean bill. What holds is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias
from urllib.parse import quote

from podium.evidence.model import Blind, BrokenBefore, Fails, Finding, Holds, Item, NotRun
from podium.project.globs import unquoted

Json: TypeAlias = dict[str, Any]

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
FINGERPRINT = "podium/v1"


def to_sarif(items: Iterable[Item], *, version: str) -> Json:
    """One SARIF log with one run; `version` is Podium's own."""
    known = tuple(items)
    results = [result for item in known for result in _results(item)]
    rules = {str(result["ruleId"]): {"id": result["ruleId"]} for result in results}
    run: Json = {
        "tool": {"driver": {"name": "Podium", "version": version, "rules": list(rules.values())}},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {"executionSuccessful": True, "toolExecutionNotifications": [n for item in known for n in _notes(item)]}
        ],
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _results(item: Item) -> Iterator[Json]:
    for finding in item.findings:
        yield _located(item, finding)
    if not item.findings and isinstance(item.outcome, Fails):
        yield {
            "ruleId": item.kind,
            "level": "error" if item.required else "warning",
            "message": {"text": f"{item.name} fails: {item.outcome.why}"},
            "partialFingerprints": {FINGERPRINT: f"{item.kind}/{item.name}"},
            "properties": _properties(item),
        }


def _located(item: Item, finding: Finding) -> Json:
    result: Json = {
        "ruleId": finding.rule,
        "level": finding.level,
        "message": {"text": finding.message},
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
        "properties": {**_properties(item), "side": finding.side},
    }
    if finding.path:
        place: Json = {"artifactLocation": {"uri": _uri(finding.path)}}
        if finding.line and finding.side != "old":  # SARIF's lines are those of the analysed version
            place["region"] = {"startLine": finding.line}
        result["locations"] = [{"physicalLocation": place}]
    return result


def _notes(item: Item) -> Iterator[Json]:
    match item.outcome:
        case NotRun(why=why):
            yield _note(item, f"{item.name} was not run: {why}")
        case Blind(why=why):
            yield _note(item, f"{item.name} is blind: {why}")
        case BrokenBefore(why=why):
            yield _note(item, f"{item.name} was broken before: {why}")
        case Holds() | Fails():
            return


def _note(item: Item, text: str) -> Json:
    level = "error" if item.required else "note"
    return {"level": level, "message": {"text": text}, "descriptor": {"id": item.kind}}


def _properties(item: Item) -> Json:
    return {"podium": {"item": item.id, "kind": item.kind, "tree": item.tree, "command": item.command}}


def _uri(path: str) -> str:
    return quote(unquoted(path).encode("utf-8", "surrogateescape"), safe="/")
