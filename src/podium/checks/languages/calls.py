"""Calls in a file of JavaScript, TypeScript, Go or Rust, and what its names are bound to. Pure.

Calls inside of Rust's macros are not seen: what stands there is no syntax until the macro is expanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from podium.checks.languages.syntax import raw, walk, words
from podium.evidence.grammar import Family

if TYPE_CHECKING:
    from tree_sitter import Node

_CALLS = ("call_expression", "new_expression")
_VERSION = re.compile(r"v\d+")


class Call(NamedTuple):
    """One call of something by its name."""

    how: Literal["plain", "member", "path", "new"]  # f(), x.f(), X::f(), new f()
    before: str  # what stands before the name: x, X
    name: str
    arguments: int
    line: int
    lines: frozenset[int]  # its own and those on which its arguments begin


class Bound(NamedTuple):
    """What a name of a JavaScript file is bound to."""

    source: str  # as it is written: "./money"
    name: str  # there: "total", "default"; "*" for the whole module
    line: int


def calls(root: Node, family: Family) -> Iterator[Call]:
    """Every call whose arguments can be counted."""
    for node in walk(root):
        if node.type not in _CALLS:
            continue
        listed = node.child_by_field_name("arguments")
        if listed is not None and listed.type not in ("arguments", "argument_list"):
            continue
        callee = node.child_by_field_name("function") or node.child_by_field_name("constructor")
        given = [each for each in (listed.named_children if listed is not None else ()) if "comment" not in each.type]
        if callee is None or any(each.type in ("spread_element", "variadic_argument") for each in given):
            continue
        if family == "go" and len(given) == 1 and given[0].type == "call_expression":
            continue  # what a function returns may be several arguments
        how, before, name = _callee(callee)
        if node.type == "new_expression":
            how = "new"
        if name:
            line = callee.end_point[0] + 1
            starts = frozenset({node.start_point[0] + 1, line, *(each.start_point[0] + 1 for each in given)})
            yield Call(how, before, name, len(given), line, starts)


def _callee(node: Node) -> tuple[Literal["plain", "member", "path", "new"], str, str]:
    match node.type:
        case "identifier":
            return "plain", "", raw(node)
        case "member_expression":
            return "member", words(node.child_by_field_name("object")), raw(node.child_by_field_name("property"))
        case "selector_expression":
            return "member", words(node.child_by_field_name("operand")), raw(node.child_by_field_name("field"))
        case "field_expression":
            return "member", words(node.child_by_field_name("value")), raw(node.child_by_field_name("field"))
        case "scoped_identifier":
            return "path", words(node.child_by_field_name("path")), raw(node.child_by_field_name("name"))
        case "index_expression" | "type_instantiation_expression" | "generic_function":
            inner = node.child_by_field_name("operand") or node.child_by_field_name("function")
            inner = inner or (node.named_children[0] if node.named_children else None)
            return _callee(inner) if inner is not None and inner.type != node.type else ("plain", "", "")
        case _:
            return "plain", "", ""


def js_bindings(root: Node) -> dict[str, Bound]:
    """What `import` and `require` bind at the top of a file, by the name that it has there."""
    found: dict[str, Bound] = {}
    for node in root.named_children:
        line = node.start_point[0] + 1
        if node.type == "import_statement":
            source = _text(node.child_by_field_name("source"))
            for each in walk(node, into=frozenset({"import_specifier", "namespace_import"})):
                match each.type:
                    case "import_specifier":
                        name = raw(each.child_by_field_name("name"))
                        own = raw(each.child_by_field_name("alias")) or name
                        found[own] = Bound(source, name, each.start_point[0] + 1)
                    case "namespace_import":
                        found[raw(each.named_children[-1])] = Bound(source, "*", line)
                    case "identifier" if each.parent is not None and each.parent.type == "import_clause":
                        found[raw(each)] = Bound(source, "default", line)
                    case _:
                        pass
        elif node.type in ("lexical_declaration", "variable_declaration"):
            for each in node.named_children:
                _required(each, found)
    return found


def _required(node: Node, found: dict[str, Bound]) -> None:
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if name is None or value is None or value.type != "call_expression":
        return
    listed = value.child_by_field_name("arguments")
    if raw(value.child_by_field_name("function")) != "require" or listed is None or not listed.named_children:
        return
    source, line = _text(listed.named_children[0]), node.start_point[0] + 1
    if name.type == "identifier":
        found[raw(name)] = Bound(source, "*", line)
    for each in name.named_children if name.type == "object_pattern" else ():
        if each.type == "shorthand_property_identifier_pattern":
            found[raw(each)] = Bound(source, raw(each), each.start_point[0] + 1)
        elif each.type == "pair_pattern":
            there = raw(each.child_by_field_name("key"))
            found[raw(each.child_by_field_name("value"))] = Bound(source, there, each.start_point[0] + 1)


def _text(node: Node | None) -> str:
    return raw(node)[1:-1] if node is not None and node.type == "string" else ""


def go_imports(root: Node) -> dict[str, str]:
    """The paths of the packages that a file imports, by the name that they have there."""
    found: dict[str, str] = {}
    for node in root.named_children:
        if node.type != "import_declaration":
            continue
        for each in walk(node):
            if each.type == "import_spec":
                path = raw(each.child_by_field_name("path"))[1:-1]
                parts = [part for part in path.split("/") if not _VERSION.fullmatch(part)]
                found[raw(each.child_by_field_name("name")) or (parts[-1] if parts else "")] = path
    return found


def go_package(root: Node) -> str:
    """The name of a file's package."""
    clause = next((each for each in root.named_children if each.type == "package_clause"), None)
    return raw(clause.named_children[0]) if clause is not None and clause.named_children else ""


def go_uses(root: Node) -> Iterator[tuple[str, str, int]]:
    """Every `package.Name` of a file, with its line; what is no package stands there too."""
    for node in walk(root):
        if node.type == "selector_expression":
            operand = node.child_by_field_name("operand")
            if operand is not None and operand.type == "identifier":
                yield raw(operand), raw(node.child_by_field_name("field")), node.end_point[0] + 1
        elif node.type == "qualified_type":
            package, name = node.child_by_field_name("package"), node.child_by_field_name("name")
            yield raw(package), raw(name), node.end_point[0] + 1
