"""Evidence as in-toto statements, for tools that judge by attestations. Pure; nothing here is signed.

    test-result   the standard predicate: one statement for each item that ran tests or checks
    evidence      urn:podium:evidence:v1: all items with their outcomes, in one statement

The subject is the tree: whoever has it can compute the name themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import msgspec

from podium.evidence.model import BrokenBefore, Execution, Fails, Holds, Item

Json: TypeAlias = dict[str, Any]

STATEMENT = "https://in-toto.io/Statement/v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
EVIDENCE = "urn:podium:evidence:v1"


def to_in_toto(items: Iterable[Item], *, version: str) -> tuple[Json, ...]:
    """The statements about one tree. Raises ValueError for items of several trees."""
    known = tuple(items)
    trees = {item.tree for item in known}
    if len(trees) > 1:
        raise ValueError("a statement is about one tree")
    if not known:
        return ()
    tree = trees.pop()
    tested = [_statement(tree, TEST_RESULT, _test_result(item)) for item in known if item.candidate is not None]
    whole = {"podium": version, "items": [_told(item) for item in known]}
    return (*tested, _statement(tree, EVIDENCE, whole))


def _statement(tree: str, predicate: str, body: Json) -> Json:
    return {
        "_type": STATEMENT,
        "subject": [{"name": "tree", "digest": {"gitTree": tree}}],
        "predicateType": predicate,
        "predicate": body,
    }


def _test_result(item: Item) -> Json:
    ran = item.candidate
    assert ran is not None, "the caller has looked"
    match item.outcome:
        case Holds():
            result = "PASSED"
        case Fails():
            result = "FAILED"
        case BrokenBefore():
            result = "FAILED"
        case _:
            result = "WARNED"  # it ran and proves nothing: never PASSED
    body: Json = {
        "result": result,
        "configuration": [{"name": item.command, "digest": {"gitTree": item.tree}}],
        "failedTests": list(ran.failing),
    }
    if isinstance(item.outcome, BrokenBefore):
        body["warnedTests"] = [item.outcome.why]
    return body


def _told(item: Item) -> Json:
    told: Json = {
        "id": item.id,
        "kind": item.kind,
        "name": item.name,
        "outcome": msgspec.to_builtins(item.outcome),
        "required": item.required,
        "baseTree": item.base_tree,
        "command": item.command,
        "tool": item.tool,
        "environment": item.environment,
        "seconds": item.seconds,
        "findings": msgspec.to_builtins(item.findings),
    }
    if item.earlier is not None:
        told["earlier"] = msgspec.to_builtins(item.earlier)
    for side, ran in (("base", item.base), ("candidate", item.candidate)):
        if ran is not None:
            told[side] = _ran(ran)
    return told


def _ran(ran: Execution) -> Json:
    return {
        "how": ran.how,
        "exitCode": ran.exit_code,
        "output": {"digest": ran.output_digest},
        "passed": ran.passed,
        "failed": ran.failed,
        "skipped": ran.skipped,
    }
