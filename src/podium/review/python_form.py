"""Whether two Python files are the same program, and differ in form alone. Pure: nothing is run.

Same program: the same syntax tree, the same comments in the same order, the same line ends. A comment that tools obey
(`# noqa`, `# type: ignore`) is looked for by whoever asks: where it stands matters, and the tree does not tell.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter

LONGEST = 400_000
"""Bytes of a file that is looked at: longer ones are no one's handwriting."""


def same_program(one: bytes, other: bytes) -> bool:
    """Whether two files have the same syntax tree and comments. False for what cannot be parsed."""
    if not _alike(one, other):
        return False
    left, right = _module(one), _module(other)
    return left is not None and right is not None and _dump(left) == _dump(right) and _comments(one) == _comments(other)


def same_but_moved(one: bytes, other: bytes) -> bool:
    """Whether two modules differ only in the order of plain functions at their top level.

    Only what cannot tell the difference is moved: functions without decorators, whose defaults are constants, whose
    names are bound once in the module; annotations must not be evaluated. All other statements keep their order, and
    none of them may use a moved function while the module is imported before it is there: a statement between is one
    more reason to read, so only definitions, imports and constants may lie at the top level.
    """
    if not _alike(one, other):
        return False
    left, right = _module(one), _module(other)
    if left is None or right is None or _comment_count(one) != _comment_count(other):
        return False
    if not all(_is_quiet(node) for node in left.body):
        return False
    movable = _movable(left)
    return movable == _movable(right) and bool(movable) and _rest(left) == _rest(right)


def _alike(one: bytes, other: bytes) -> bool:
    """What no syntax tree tells: size, carriage returns, a byte order mark."""
    return (
        max(len(one), len(other)) <= LONGEST
        and one.count(b"\r") == other.count(b"\r")
        and one.startswith(b"\xef\xbb\xbf") == other.startswith(b"\xef\xbb\xbf")
    )


def _module(content: bytes) -> ast.Module | None:
    try:
        return ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _dump(node: ast.AST) -> str | None:
    try:
        return ast.dump(node)
    except (RecursionError, MemoryError):
        return None


def _comments(content: bytes) -> list[str] | None:
    try:
        tokens = tokenize.tokenize(io.BytesIO(content).readline)
        return [token.string for token in tokens if token.type == tokenize.COMMENT]
    except (tokenize.TokenError, SyntaxError, ValueError, UnicodeDecodeError):
        return None


def _comment_count(content: bytes) -> Counter[str] | None:
    found = _comments(content)
    return None if found is None else Counter(found)


def _is_quiet(node: ast.stmt) -> bool:
    """Whether a statement at the top level calls nothing while the module is imported."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return not node.decorator_list and _constant_defaults(node.args)
        case ast.Import() | ast.ImportFrom():
            return all(each.name != "*" for each in node.names)
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Assign(targets=[ast.Name()], value=value):
            return not any(isinstance(each, ast.Call | ast.Name) for each in ast.walk(value))
        case _:
            return False


def _constant_defaults(args: ast.arguments) -> bool:
    defaults = (*args.defaults, *(each for each in args.kw_defaults if each is not None))
    return all(isinstance(each, ast.Constant) for each in defaults)


def _movable(module: ast.Module) -> Counter[str | None]:
    """The functions whose place does not matter, by their trees."""
    lazy = any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(each.name == "annotations" for each in node.names)
        for node in module.body
    )
    bound = Counter(name for node in module.body for name in _binds(node))
    return Counter(
        _dump(node)
        for node in module.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and bound[node.name] == 1
        and (lazy or not _is_annotated(node))
    )


def _binds(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return [name]
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return [(each.asname or each.name).partition(".")[0] for each in names]
        case _:
            return [each.id for each in ast.walk(node) if isinstance(each, ast.Name)]


def _is_annotated(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    args = node.args
    every = (*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg)
    return node.returns is not None or any(each is not None and each.annotation is not None for each in every)


def _rest(module: ast.Module) -> list[str | None]:
    """The other statements, in their order, each function that may move left out."""
    movable = _movable(module)
    return [dump for node in module.body if (dump := _dump(node)) not in movable]
