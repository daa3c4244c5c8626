"""Whether two files of JavaScript, TypeScript, Go or Rust differ in blank space alone, by their syntax trees.

The trees must have the same shape and the same words: a newline that ends a JavaScript statement changes the shape.
Text within strings, templates, comments, regular expressions and macros is compared to the byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from podium.evidence.grammar import grammar_of, parser_of

if TYPE_CHECKING:
    from tree_sitter import Node

LONGEST = 400_000
_WHOLE = ("string", "template", "comment", "regex", "char", "raw", "jsx_text", "token_tree", "literal")


def knows(path: str) -> bool:
    """Whether files of this name can be compared here."""
    return bool(grammar_of(path))


def same_tree(path: str, one: bytes, other: bytes) -> bool:
    """Whether two contents of a file have the same syntax tree. False for what cannot be parsed."""
    if max(len(one), len(other)) > LONGEST or one.count(b"\r") != other.count(b"\r") or not knows(path):
        return False
    parser = parser_of(grammar_of(path))
    left, right = parser.parse(one).root_node, parser.parse(other).root_node
    if left.has_error or right.has_error:
        return False
    return _shape(left) == _shape(right)


def _shape(root: Node) -> list[str | bytes]:
    """The tree as a list of what is met on a walk; no recursion, for an agent may nest as deep as it likes."""
    found: list[str | bytes] = []
    cursor = root.walk()
    while True:
        node = cursor.node
        assert node is not None
        found.append(node.type)
        whole = any(word in node.type for word in _WHOLE)
        if not whole and cursor.goto_first_child():
            found.append("(")
            continue
        found.append(node.text or b"")
        while not cursor.goto_next_sibling():
            found.append(")")
            if not cursor.goto_parent():
                return found
