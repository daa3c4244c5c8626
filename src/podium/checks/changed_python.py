"""The changed statements of Python source: what a test could run, and a mutant could change. Pure.

A statement counts whole, however many lines it has: the interpreter tells of only some of them. Of a compound one the
head counts. Left out is what no interpreter tells of: docstrings, declarations, code for type checkers.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from podium.checks.ports import Source, UnreadableError
from podium.checks.python_claims import parse
from podium.checks.reading import reading
from podium.evidence.change_rules import changed_lines, not_shown
from podium.evidence.test_code import belongs_to_tests
from podium.runs.model import FileChange

_HEADLESS = (ast.Try, ast.TryStar)


# What builds, documents or shows a project is run by no test, and nobody expects it to be.
_NO_PRODUCT = re.compile(r"^(?:docs?|examples?|benchmarks?)/|(?:^|/)(?:setup|conf|noxfile|conftest)\.py$")


@dataclass(frozen=True)
class Statement:
    """One changed statement, or the head of a compound one."""

    path: str
    start: int
    end: int
    function: str  # qualified name of what it runs in; empty = it runs when the module is imported


@dataclass(frozen=True)
class ChangedPython:
    """The changed statements of a candidate's Python source, and the files that could not be told."""

    statements: tuple[Statement, ...]
    blind: tuple[str, ...]

    def lines(self) -> dict[str, list[int]]:
        """All lines of the changed statements, by file."""
        found: dict[str, set[int]] = {}
        for each in self.statements:
            found.setdefault(each.path, set()).update(range(each.start, each.end + 1))
        return {path: sorted(lines) for path, lines in found.items()}


def is_product(path: str) -> bool:
    """Whether a file is part of what others use."""
    return not _NO_PRODUCT.search(path)


def source_changes(changes: tuple[FileChange, ...]) -> tuple[FileChange, ...]:
    """The changes of Python source that is no test and still exists."""
    return tuple(
        change
        for change in changes
        if change.path.endswith(".py")
        and not change.binary
        and change.status != "deleted"
        and change.new_mode.startswith("100")
        and (change.added or change.removed)
        and not belongs_to_tests(change.path)
        and is_product(change.path)
    )


def changed_python(changes: tuple[FileChange, ...], source: Source) -> ChangedPython:
    """The changed statements of all source files of a candidate."""
    statements: list[Statement] = []
    blind: list[str] = []
    for change, _, text in reading(source, source_changes(changes), blind):
        lines = frozenset(line.new for line in changed_lines(change) if line.kind == "+" and line.text.strip())
        if not_shown(change):
            blind.append(f"{change.path}: changed lines were left out")
        if not lines:
            blind.append(f"{change.path}: only lines were removed")
            continue
        try:
            statements.extend(statements_at(change.path, text, lines))
        except UnreadableError as error:
            blind.append(f"{change.path}: {error}")
    return ChangedPython(tuple(statements), tuple(blind))


def statements_at(path: str, source: bytes, lines: frozenset[int]) -> list[Statement]:
    """The statements that these lines belong to. Raises UnreadableError."""
    tree = parse(source)
    try:
        found = _within(tree.body, path, ())
        return [each for each in found if any(line in lines for line in range(each.start, each.end + 1))]
    except RecursionError as error:
        raise UnreadableError("it is nested too deeply") from error


def _within(body: list[ast.stmt], path: str, names: tuple[str, ...], called: bool = False) -> Iterator[Statement]:
    """The statements of a block; `names` qualifies it, `called` says that it is within a function."""
    for node in body:
        if _silent(node):
            continue
        start, end = _head(node)
        if start <= end:
            yield Statement(path, start, end, ".".join(names) if called else "")
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if not _is_overload(node):
                yield from _within(node.body, path, (*names, node.name), True)
            continue
        inner = (*names, node.name) if isinstance(node, ast.ClassDef) else names
        for block in _blocks(node):
            yield from _within(block, path, inner, called)


def _blocks(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list):
            yield block
    for handler in getattr(node, "handlers", ()):
        yield handler.body
    for case in getattr(node, "cases", ()):
        yield case.body


def _head(node: ast.stmt) -> tuple[int, int]:
    """The first and the last line of what a statement runs itself; the last before the first when that is nothing."""
    end = node.end_lineno or node.lineno
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            return first, max(first, node.body[0].lineno - 1)
        case ast.If() | ast.While():
            constant = isinstance(node.test, ast.Constant)
            return node.lineno, node.lineno - 1 if constant else node.test.end_lineno or node.lineno
        case ast.For() | ast.AsyncFor():
            return node.lineno, node.iter.end_lineno or node.lineno
        case ast.With() | ast.AsyncWith():
            return node.lineno, max(node.lineno, node.body[0].lineno - 1)
        case ast.Match():
            return node.lineno, node.subject.end_lineno or node.lineno
        case _ if isinstance(node, _HEADLESS):
            return node.lineno, node.lineno - 1
        case _:
            return node.lineno, end


def _silent(node: ast.stmt) -> bool:
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Global() | ast.Nonlocal() | ast.Pass():
            return True
        case ast.AnnAssign(value=None):
            return True
        case ast.If(test=test):
            return "TYPE_CHECKING" in ast.unparse(test)
        case ast.ImportFrom(module="__future__"):
            return True
        case _:
            return False


def _is_overload(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(ast.unparse(each).rpartition(".")[2] == "overload" for each in node.decorator_list)
