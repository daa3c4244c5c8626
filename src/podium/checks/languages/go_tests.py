"""What the tests of a Go file claim: `if got != want { t.Errorf(...) }`, testify, tables. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from podium.checks.languages.claim_words import claim_of, number, split_top
from podium.checks.languages.syntax import line_of, walk, words
from podium.checks.python_claims import VACUOUS, Claim, Test

if TYPE_CHECKING:
    from tree_sitter import Node

_TEST = re.compile(r"^(?:Test|Fuzz|Example|Benchmark)(?:[^a-z]|$)")
_FAILS = re.compile(r"^\w+\.(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)$")
_SKIPS = re.compile(r"^\w+\.(?:Skip|Skipf|SkipNow)$")
_TESTIFY = re.compile(r"^(?:assert|require|is|a|r)\.([A-Z]\w*?)f?$")
_RELATIONS = {
    "Equal": "==", "EqualValues": "==", "Exactly": "==", "EqualError": "raises", "ErrorIs": "raises",
    "ErrorContains": "raises", "Error": "raises", "JSONEq": "==", "NotEqual": "!=", "True": "true", "False": "false",
    "Nil": "==", "NotNil": "!=", "NoError": "==", "Len": "==", "Contains": "holds", "NotContains": "lacks",
    "ElementsMatch": "has the items of", "Subset": "has the items of", "InDelta": "~=", "InEpsilon": "~=",
    "Greater": ">", "GreaterOrEqual": ">=", "Less": "<", "LessOrEqual": "<=", "IsType": "isinstance",
    "Regexp": "matches", "Panics": "raises", "Empty": "==", "NotEmpty": "!=", "Zero": "==",
}  # fmt: skip
_ALONE = {"Nil": "nil", "NotNil": "nil", "NoError": "nil", "Empty": "empty", "NotEmpty": "empty", "Zero": "0"}
_EXPECTED_FIRST = ("Equal", "EqualValues", "Exactly", "JSONEq", "NotEqual", "InDelta", "InEpsilon", "IsType", "Regexp")


def go_tests(root: Node) -> dict[str, Test]:
    """Every function of a test file by its name; those that Go's runner calls are declared."""
    found: dict[str, Test] = {}
    for node in root.named_children:
        if node.type not in ("function_declaration", "method_declaration"):
            continue
        name = words(node.child_by_field_name("name"))
        if node.type == "method_declaration":
            name = f"{words(node.child_by_field_name('receiver')).strip('()').split(' ')[-1].lstrip('*')}.{name}"
        body = node.child_by_field_name("body")
        test = Test(name=name, line=line_of(node), declared=bool(_TEST.match(name.rpartition(".")[2])))
        if body is not None:
            test.empty = not [each for each in _statements(body) if each.type != "comment"]
            _read(body, test)
        if test.declared or test.claims:
            found[name] = test
    return found


def _statements(body: Node) -> list[Node]:
    return [inner for each in body.named_children for inner in (each.named_children if "list" in each.type else [each])]


def _read(body: Node, test: Test) -> None:
    stack: list[tuple[Node, bool]] = [(body, False)]
    while stack:
        node, conditional = stack.pop()
        if node.type == "if_statement":
            consequence = node.child_by_field_name("consequence")
            if consequence is not None and _fails_in(consequence):
                _condition(node, test, conditional)
            else:
                conditional = True
        elif node.type == "call_expression":
            _call(node, test, conditional)
        elif node.type == "composite_literal":
            _table(node, test)
        stack.extend((child, conditional) for child in reversed(node.children))


def _fails_in(block: Node) -> bool:
    """Whether a block itself fails the test: not within a function or a condition of its own."""
    inner = frozenset({"func_literal", "if_statement"})
    return any(
        each.type == "call_expression" and _FAILS.match(words(each.child_by_field_name("function")))
        for each in walk(block, into=inner)
        if each.type not in inner
    )


def _condition(node: Node, test: Test, conditional: bool) -> None:
    before = node.child_by_field_name("initializer")
    given = f"{words(before)}; " if before is not None else ""
    for part in split_top(words(node.child_by_field_name("condition")), "||"):
        claim = claim_of(part, line_of(node), negated=True)
        relation, subject, expected = claim.core[:3]
        if relation != VACUOUS:
            test.claims.append(Claim(relation, given + subject, expected, claim.line, conditional=conditional))


def _call(node: Node, test: Test, conditional: bool) -> None:
    name = words(node.child_by_field_name("function"))
    if _SKIPS.match(name):
        test.skips.append((f"skipif {name}" if conditional else name, line_of(node)))
        return
    found = _TESTIFY.match(name)
    if found is None or found[1] not in _RELATIONS:
        return
    matcher = found[1]
    arguments = node.child_by_field_name("arguments")
    given = [words(each) for each in arguments.named_children if each.type != "comment"] if arguments else []
    if given and given[0] in ("t", "tt", "s.T()", "suite.T()"):
        given = given[1:]
    if matcher in _EXPECTED_FIRST and len(given) > 1:
        given[0], given[1] = given[1], given[0]
    if not given:
        return
    expected = _ALONE.get(matcher, given[1] if len(given) > 1 and _RELATIONS[matcher] not in ("true", "false") else "")
    tolerance = (number(given[2]) or 0.0) if _RELATIONS[matcher] == "~=" and len(given) > 2 else 0.0
    relation = VACUOUS if (matcher == "True" and given[0] == "true") else _RELATIONS[matcher]
    test.claims.append(Claim(relation, given[0], expected, line_of(node), tolerance, conditional=conditional))


def _table(node: Node, test: Test) -> None:
    """The rows of a table of cases: composite elements of a slice or a map."""
    kind = node.child_by_field_name("type")
    body = node.child_by_field_name("body")
    if kind is None or body is None or kind.type not in ("slice_type", "map_type"):
        return
    if kind.type == "slice_type" and "struct" not in words(kind) and not re.search(r"(?i)case|test", words(kind)):
        return
    for row in body.named_children:
        if row.type in ("literal_element", "keyed_element") and "{" in words(row):
            test.cases[words(row)] = line_of(row)
