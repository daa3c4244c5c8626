"""A hostile source file as a syntax tree, its nodes in order, and their words without layout. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from podium.checks.ports import UnreadableError
from podium.evidence.grammar import grammar_of, parser_of

if TYPE_CHECKING:
    from tree_sitter import Node

LONGEST = 2 * 1024 * 1024
_MOST_NODES = 400_000
_MOST_WORDS = 4000
_TYPED = ("typescript", "tsx")
_VARIANCE = re.compile(
    rb"((?:[<,]|\*/)\s*(?:const\s+)?)((?:in\s+)?out|in)(?=\s+[A-Za-z_$][\w$]*\s*(?:extends\b|=(?!=)|,|>))"
)
_WHOLE = frozenset({"string", "template_string", "regex", "interpreted_string_literal", "raw_string_literal",
                    "rune_literal", "string_literal", "char_literal"})  # fmt: skip
_TIGHT_BEFORE = frozenset((")", "]", ".", ",", ";", "?", ":", "?.", "::", "++", "--"))
_TIGHT_AFTER = frozenset(("(", "[", ".", "!", "&", "?.", "::", "*"))


def parse(path: str, source: bytes) -> Node:
    """The root of a file's syntax tree. Raises UnreadableError."""
    grammar = grammar_of(path)
    if not grammar:
        raise UnreadableError("its language is not read here")
    if len(source) > LONGEST:
        raise UnreadableError(f"it is larger than {LONGEST // 2**20} MB")
    # Go's grammar ends a statement at the end of a line only.
    text = source if source.endswith(b"\n") else source + b"\n"
    root = parser_of(grammar).parse(text).root_node
    if root.has_error and grammar in _TYPED:
        plain = _without_variance(text)
        root = parser_of(grammar).parse(plain).root_node if plain != text else root
    if root.has_error:
        raise UnreadableError(f"it is not {grammar} that can be parsed here")
    if root.descendant_count > _MOST_NODES:
        raise UnreadableError("it has too many expressions")
    return root


def _without_variance(text: bytes) -> bytes:
    """The text with `in` and `out` of type parameters blanked: TypeScript has them, its grammar here has not."""
    return _VARIANCE.sub(lambda found: found[1] + b" " * len(found[2]), text)


def walk(node: Node, *, into: frozenset[str] | None = None) -> Iterator[Node]:
    """A node and all below it, in the order of the text; nothing below types in `into` except for `node` itself."""
    stack = [node]
    while stack:
        each = stack.pop()
        yield each
        if into is not None and each.type in into and each.id != node.id:
            continue
        stack.extend(reversed(each.children))


def line_of(node: Node) -> int:
    """The line that a node begins on, from 1."""
    return node.start_point[0] + 1


def raw(node: Node | None) -> str:
    """The text of a node as it is written."""
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def words(node: Node | None) -> str:
    """The text of a node in a form that layout, comments, trailing commas and the kind of quotes do not change."""
    if node is None:
        return ""
    tokens = list(_tokens(node))
    found: list[str] = []
    for number, word in enumerate(tokens[:_MOST_WORDS]):
        if word == "," and number + 1 < len(tokens) and tokens[number + 1] in (")", "]", "}"):
            continue
        last = found[-1] if found else ""
        if last and not (last in _TIGHT_AFTER or word in _TIGHT_BEFORE or (word[0] in "([" and _wordy(last))):
            found.append(" ")
        found.append(word)
    return "".join(found)


def _wordy(text: str) -> bool:
    return text[-1].isalnum() or text[-1] in "_)]$!"


def _tokens(node: Node) -> Iterator[str]:
    stack = [node]
    while stack:
        each = stack.pop()
        if "comment" in each.type:
            continue
        if each.child_count == 0 or each.type in _WHOLE:
            word = raw(each).strip()
            if word:
                yield _quoted(word) if each.type == "string" else word
            continue
        stack.extend(reversed(each.children))


def _quoted(word: str) -> str:
    if len(word) >= 2 and word[0] == word[-1] == "'" and '"' not in word and "\\" not in word:
        return f'"{word[1:-1]}"'
    return word
