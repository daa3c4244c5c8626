"""What the tests of a Rust file claim; tests may stand beside the code that they test. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from podium.checks.languages.claim_words import claims_of_all, split_top
from podium.checks.languages.syntax import line_of, raw, words
from podium.checks.python_claims import Claim, Test

if TYPE_CHECKING:
    from tree_sitter import Node

_TEST = re.compile(r"^(?:\w+::)*(?:test|rstest|test_case|quickcheck|wasm_bindgen_test)\b")
_CASE = re.compile(r"^(?:\w+::)*(?:case|test_case)\b")
_MACRO = re.compile(r"^(?:\w+::)*(?:debug_)?(assert|assert_eq|assert_ne|assert_matches|prop_assert\w*|assert_\w+)$")
_EXPECTED = re.compile(r'expected\s*=\s*("(?:[^"\\]|\\.)*")')


def rust_tests(root: Node) -> dict[str, Test]:
    """Every test of a file by its name within its modules."""
    found: dict[str, Test] = {}
    stack: list[tuple[Node, str]] = [(root, "")]
    while stack:
        node, prefix = stack.pop()
        marks: list[Node] = []
        for child in node.named_children:
            if child.type == "attribute_item":
                marks.append(child)
                continue
            if "comment" in child.type:
                continue
            if child.type == "mod_item":
                body = child.child_by_field_name("body")
                if body is not None:
                    stack.append((body, f"{prefix}{words(child.child_by_field_name('name'))}::"))
            elif child.type == "function_item":
                test = _test(child, prefix, marks)
                if test.declared or test.claims:
                    found[test.name] = test
            marks = []
    return found


def _test(node: Node, prefix: str, marks: list[Node]) -> Test:
    name = prefix + words(node.child_by_field_name("name"))
    test = Test(name=name, line=line_of(node))
    for mark in marks:
        text = " ".join(raw(mark).removeprefix("#[").removesuffix("]").split())
        test.declared = test.declared or bool(_TEST.match(text))
        if text.startswith("ignore") or ("cfg_attr" in text and "ignore" in text):
            test.skips.append((f"#[{text}]", line_of(mark)))
        elif _CASE.match(text):
            test.cases[text] = line_of(mark)
        elif text.startswith("should_panic"):
            expected = _EXPECTED.search(text)
            test.claims.append(Claim("raises", "it", "a panic", line_of(mark), 0.0, expected[1] if expected else ""))
    body = node.child_by_field_name("body")
    if body is not None:
        test.empty = not [each for each in body.named_children if "comment" not in each.type]
        _read(body, test)
    return test


def _read(body: Node, test: Test) -> None:
    stack: list[tuple[Node, bool]] = [(body, False)]
    while stack:
        node, conditional = stack.pop()
        if node.type == "macro_invocation":
            _macro(node, test, conditional)
            continue
        if node.type in ("if_expression", "match_arm"):
            conditional = True
        stack.extend((child, conditional) for child in reversed(node.children))


def _macro(node: Node, test: Test, conditional: bool) -> None:
    found = _MACRO.match(words(node.child_by_field_name("macro")))
    tree = next((each for each in node.children if each.type == "token_tree"), None)
    if found is None or tree is None:
        return
    inner = words(tree)[1:-1].strip()
    given, line = [part for part in split_top(inner, ",") if part], line_of(node)
    match found[1].removeprefix("prop_"):
        case "assert_eq" | "assert_ne" if len(given) >= 2:
            relation = "==" if found[1].endswith("eq") else "!="
            claims = [Claim(relation, given[0], given[1], line)]
        case "assert" if given:
            claims = claims_of_all(given[0], line)
        case _:
            claims = [Claim("matches", given[0], ", ".join(given[1:]), line)] if given else []
    test.claims.extend(Claim(*claim.core[:3], line, *claim.core[3:], conditional=conditional) for claim in claims)
