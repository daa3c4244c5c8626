"""Whether two files of JavaScript, TypeScript, Go or Rust differ in blank space alone, by their syntax trees.

The trees must have the same shape and the same words: a newline that ends a JavaScript statement changes the shape.
Text within strings, templates, comments, regular expressions and macros is compared to the byte.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

LONGEST = 400_000
_LANGUAGES = {
    "js": "javascript",
    "mjs": "javascript",
    "cjs": "javascript",
    "jsx": "javascript",
    "ts": "typescript",
    "mts": "typescript",
    "cts": "typescript",
    "tsx": "tsx",
    "go": "go",
    "rs": "rust",
}
_WHOLE = ("string", "template", "comment", "regex", "char", "raw", "jsx_text", "token_tree", "literal")


def knows(path: str) -> bool:
    """Whether files of this name can be compared here."""
    return path.rpartition(".")[2] in _LANGUAGES


def same_tree(path: str, one: bytes, other: bytes) -> bool:
    """Whether two contents of a file have the same syntax tree. False for what cannot be parsed."""
    if max(len(one), len(other)) > LONGEST or one.count(b"\r") != other.count(b"\r") or not knows(path):
        return False
    parser = _parser(_LANGUAGES[path.rpartition(".")[2]])
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


@cache
def _parser(language: str) -> Parser:
    # Here, not above: only files in these languages need the libraries, and each takes a while to load.
    from tree_sitter import Language, Parser

    match language:
        case "javascript":
            from tree_sitter_javascript import language as grammar
        case "typescript":
            from tree_sitter_typescript import language_typescript as grammar
        case "tsx":
            from tree_sitter_typescript import language_tsx as grammar
        case "go":
            from tree_sitter_go import language as grammar
        case _:
            from tree_sitter_rust import language as grammar
    return Parser(Language(grammar()))
