"""The grammars of JavaScript, TypeScript, Go and Rust, loaded when a file in one of them is met."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from tree_sitter import Parser

Family: TypeAlias = Literal["js", "go", "rust"]

_GRAMMARS = {
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


def grammar_of(path: str) -> str:
    """The name of the grammar of a file, by its ending; empty where there is none."""
    return _GRAMMARS.get(path.rpartition(".")[2], "") if "." in path else ""


def family_of(path: str) -> Family | None:
    """Which rules read a file: JavaScript and TypeScript share theirs."""
    match grammar_of(path):
        case "javascript" | "typescript" | "tsx":
            return "js"
        case "go":
            return "go"
        case "rust":
            return "rust"
        case _:
            return None


@cache
def parser_of(grammar: str) -> Parser:
    """The parser of a grammar that `grammar_of` has named."""
    # Here, not above: only files in these languages need the libraries, and each takes a while to load.
    from tree_sitter import Language, Parser

    match grammar:
        case "javascript":
            from tree_sitter_javascript import language
        case "typescript":
            from tree_sitter_typescript import language_typescript as language
        case "tsx":
            from tree_sitter_typescript import language_tsx as language
        case "go":
            from tree_sitter_go import language
        case _:
            from tree_sitter_rust import language
    return Parser(Language(language()))
