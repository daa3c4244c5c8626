"""The tests of a file in any language whose syntax is read here. Pure."""

from __future__ import annotations

from podium.checks.languages.go_tests import go_tests
from podium.checks.languages.js_tests import js_tests
from podium.checks.languages.rust_tests import rust_tests
from podium.checks.languages.syntax import parse
from podium.checks.ports import UnreadableError
from podium.checks.python_claims import Test
from podium.evidence.grammar import family_of
from podium.evidence.test_code import is_test_file


def reads_tests(path: str) -> bool:
    """Whether the tests of a file of this name are read by their syntax: Rust's stand beside the code, too."""
    family = family_of(path)
    return family == "rust" or (family is not None and is_test_file(path))


def claimed_tests(path: str, source: bytes) -> dict[str, Test]:
    """Every test of a file by its name, with all that it claims. Raises UnreadableError."""
    if not source.strip():
        return {}
    root = parse(path, source)
    match family_of(path):
        case "js":
            return js_tests(root)
        case "go":
            return go_tests(root)
        case "rust":
            return rust_tests(root)
        case None:
            raise UnreadableError("its language is not read here")
