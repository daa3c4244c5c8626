"""Evidence as SARIF 2.1.0, the form that code hosts and editors read. Pure.

A finding is a result. An item that fails without a finding is a result too. What was not run or could not see is a
notification: it must not look like a clean bill. What holds is left out.

GitHub's code scanning takes a log only if every result has a file and a line, and every rule says what it is: what has
no place stands at the top of podium.toml, what was removed at the top of its file, and the message says so.
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
MOST = 5000
"""Results in one log: what code scanning shows at most."""

_NOWHERE = "podium.toml"


def to_sarif(items: Iterable[Item], *, version: str) -> Json:
    """One SARIF log with one run; `version` is Podium's own."""
    known = tuple(items)
    results = [result for item in known for result in _results(item)][:MOST]
    rules = {str(result["ruleId"]): _rule(result) for result in results}
    run: Json = {
        "tool": {"driver": {"name": "Podium", "version": version, "rules": list(rules.values())}},
        "columnKind": "unicodeCodePoints",
        "automationDetails": {"id": "podium/"},
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
            "locations": [_place(_NOWHERE, 1)],
            "partialFingerprints": {FINGERPRINT: f"{item.kind}/{item.name}"},
            "properties": _properties(item),
        }


def _located(item: Item, finding: Finding) -> Json:
    result: Json = {
        "ruleId": finding.rule,
        "level": finding.level,
        "message": {"text": finding.message + _where(finding)},
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
        "properties": {**_properties(item), "side": finding.side},
    }
    # SARIF's lines are those of the analysed version.
    line = finding.line if finding.line and finding.side != "old" else 1
    result["locations"] = [_place(finding.path or _NOWHERE, line)]
    return result


def _where(finding: Finding) -> str:
    return f" (removed: line {finding.line} of the base)" if finding.side == "old" and finding.line else ""


def _place(path: str, line: int) -> Json:
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(path)}, "region": {"startLine": line}}}


def _rule(result: Json) -> Json:
    name = str(result["ruleId"])
    kind = str(result["properties"]["podium"]["kind"])
    said = {"text": f"{name} (evidence of the kind {kind})"}
    return {
        "id": name,
        "name": name,
        "shortDescription": said,
        "fullDescription": said,
        "help": {"text": f"See what Podium says of evidence of the kind {kind}: podium evidence TASK --kind {kind}"},
        "defaultConfiguration": {"level": result["level"]},
        "properties": {"tags": [kind]},
    }


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
