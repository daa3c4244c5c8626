"""Calls in Python source, and whether they still fit what they call. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from podium.checks.python_api import Callee


def calls(tree: ast.Module, names: frozenset[str]) -> Iterator[tuple[str, ast.Call]]:
    """Every call of something whose last name is one of these, with that name.

    A method that is called through its class gets its object as an argument: such calls are left out.
    """
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Name(id=name) if name in names:
                yield name, node
            case ast.Attribute(attr=name, value=value) if name in names and not _is_class(value):
                yield name, node
            case _:
                pass


def _is_class(node: ast.expr) -> bool:
    last = ast.unparse(node).rpartition(".")[2]
    return last[:1].isupper() or last == "super()"


def misfit(call: ast.Call, callee: Callee) -> str:
    """Why a call does not fit, in words; empty when it fits, or when what it passes cannot be known."""
    if any(isinstance(arg, ast.Starred) for arg in call.args) or any(word.arg is None for word in call.keywords):
        return ""
    takes = {parameter.takes for parameter in callee.parameters}
    by_place = [p for p in callee.parameters if p.takes in ("positional", "either")]
    if len(call.args) > len(by_place) and "rest" not in takes:
        return f"passes {len(call.args)} arguments by place; it takes {len(by_place)}"
    named = {word.arg for word in call.keywords if word.arg}
    known = {p.name for p in callee.parameters if p.takes in ("either", "keyword")}
    unknown = sorted(named - known)
    if unknown and "keywords" not in takes:
        return f"passes {unknown[0]}, which it does not take"
    given = {p.name for p in by_place[: len(call.args)]} | named
    missing = [p.name for p in callee.parameters if p.required and p.name not in given]
    return f"does not pass {missing[0]}" if missing else ""
