"""How many ways lead through each function: McCabe's number, one more than the decisions in it. Pure.

Nested functions count by themselves, not in the one around them. Source: T. J. McCabe, A Complexity Measure, 1976; the
operators `and`, `or`, `&&`, `||` count as decisions, as the common tools count them.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from podium.checks.languages.syntax import line_of, parse, words
from podium.checks.python_claims import parse as parse_python
from podium.evidence.grammar import family_of

if TYPE_CHECKING:
    from tree_sitter import Node

_PYTHON = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.IfExp, ast.comprehension, ast.match_case)
_FUNCTIONS = frozenset({
    "function_declaration", "function_expression", "arrow_function", "method_definition",
    "generator_function_declaration", "method_declaration", "func_literal", "function_item",
    "closure_expression",
})  # fmt: skip
_DECISIONS = frozenset({
    "if_statement", "for_statement", "for_in_statement", "while_statement", "do_statement", "switch_case",
    "catch_clause", "ternary_expression", "expression_case", "communication_case", "type_case",
    "if_expression", "for_expression", "while_expression", "loop_expression", "match_arm",
})  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """One function."""

    name: str
    line: int
    complexity: int
    end: int = 0


def measured(path: str, source: bytes) -> dict[str, Measured]:
    """Every named function of a file. Raises UnreadableError; a language that is not read here gives nothing."""
    if not source.strip():
        return {}
    if path.endswith(".py"):
        found: dict[str, Measured] = {}
        _python(parse_python(source).body, "", found)
        return found
    return _foreign(parse(path, source)) if family_of(path) else {}


def _python(body: list[ast.stmt], prefix: str, found: dict[str, Measured]) -> None:
    pending = [(body, prefix)]
    while pending:
        block, outer = pending.pop()
        for node in block:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = f"{outer}{node.name}"
                if not isinstance(node, ast.ClassDef):
                    found[name] = Measured(name, node.lineno, _decisions(node) + 1, node.end_lineno or node.lineno)
                pending.append((node.body, f"{name}."))
            else:
                pending.extend((inner, outer) for inner in _blocks(node))


def _blocks(node: ast.stmt) -> list[list[ast.stmt]]:
    return [block for block in (getattr(node, name, None) for name in ("body", "orelse", "finalbody")) if block]


def _decisions(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    count, pending = 0, list[ast.AST](function.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        count += isinstance(node, _PYTHON) + (len(node.values) - 1 if isinstance(node, ast.BoolOp) else 0)
        pending.extend(ast.iter_child_nodes(node))
    return count


def _foreign(root: Node) -> dict[str, Measured]:
    found: dict[str, Measured] = {}
    stack: list[tuple[Node, str]] = [(root, "")]
    while stack:
        node, outer = stack.pop()
        if node.type in _FUNCTIONS:
            name = _name(node)
            if name:
                outer = f"{outer}{name}"
                found[outer] = Measured(outer, line_of(node), _foreign_decisions(node) + 1, node.end_point[0] + 1)
                outer += "."
        elif node.type in ("class_declaration", "impl_item"):
            outer += words(node.child_by_field_name("name") or node.child_by_field_name("type")) + "."
        stack.extend((child, outer) for child in reversed(node.children))
    return found


def _name(node: Node) -> str:
    own = words(node.child_by_field_name("name"))
    receiver = words(node.child_by_field_name("receiver")).strip("()").split(" ")[-1].lstrip("*")
    if own:
        return f"{receiver}.{own}" if receiver and node.type == "method_declaration" else own
    around = node.parent
    if around is not None and around.type in ("variable_declarator", "pair", "field_definition"):
        return words(around.child_by_field_name("name") or around.child_by_field_name("key"))[:80]
    return ""


def _foreign_decisions(function: Node) -> int:
    count, stack = 0, list(function.children)
    while stack:
        node = stack.pop()
        if node.type in _FUNCTIONS and _name(node):
            continue
        count += node.type in _DECISIONS or (node.child_count == 0 and node.type in ("&&", "||", "??"))
        stack.extend(node.children)
    return count
