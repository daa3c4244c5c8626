"""Mutants as a mutation testing report (Stryker's schema, version 2), for the viewers that read it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from podium.evidence.model import Item, TriedMutant

Json: TypeAlias = dict[str, Any]
Read: TypeAlias = Callable[[str, str], str]
"""The text of a file, by tree and path; empty where it cannot be had."""

SCHEMA = "https://git.io/mutation-testing-report-schema"


def to_stryker(items: Iterable[Item], read: Read, *, version: str) -> Json:
    """One report about all mutants that these items tell of; `version` is Podium's own.

    What was not tried is `Pending`, which no viewer counts as caught.
    """
    files: dict[str, Json] = {}
    number = 0
    for item in items:
        for each in item.mutants:
            if each.path not in files:
                source = read(item.tree, each.path)
                files[each.path] = {"language": "python", "source": source, "mutants": []}
            number += 1
            file = files[each.path]
            file["mutants"].append(_mutant(each, str(number), str(file["source"]).split("\n")))
    return {
        "$schema": SCHEMA,
        "schemaVersion": "2",
        "thresholds": {"high": 80, "low": 60},
        "framework": {"name": "Podium", "version": version},
        "files": files,
    }


def _mutant(each: TriedMutant, number: str, lines: list[str]) -> Json:
    told: Json = {
        "id": number,
        "mutatorName": each.syntax or "Mutation",
        "description": f"if {each.ask}",
        "location": {
            "start": _position(lines, each.line, each.column),
            "end": _position(lines, max(each.end_line, each.line), each.end_column),
        },
        "status": each.status,
    }
    if each.tests:
        told["statusReason"] = "one test runs it" if each.tests == 1 else f"{each.tests} tests run it"
    return told


def _position(lines: list[str], line: int, column: int) -> Json:
    """A place as the schema counts: from 1, in characters. Python counts columns from 0, in bytes of UTF-8."""
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    before = text.encode("utf-8", "replace")[:column].decode("utf-8", "ignore")
    return {"line": max(line, 1), "column": len(before) + 1}
