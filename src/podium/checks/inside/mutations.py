"""The mutants of a function: small changes, each one question. Used by the plugin beside it.

Messages of errors, what is logged, and texts are left alone: nobody tests them word by word.
"""

from __future__ import annotations

import ast
import copy
import types
import warnings
from typing import Any

_SWAPS: dict[Any, list[Any]] = {
    ast.Lt: [ast.LtE, ast.GtE], ast.LtE: [ast.Lt, ast.Gt], ast.Gt: [ast.GtE, ast.LtE], ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq], ast.Is: [ast.IsNot], ast.IsNot: [ast.Is], ast.In: [ast.NotIn],
    ast.NotIn: [ast.In], ast.And: [ast.Or], ast.Or: [ast.And], ast.Add: [ast.Sub], ast.Sub: [ast.Add],
    ast.Mult: [ast.Add], ast.Div: [ast.Mult], ast.FloorDiv: [ast.Mult], ast.Mod: [ast.Mult],
    ast.LShift: [ast.RShift], ast.RShift: [ast.LShift], ast.BitAnd: [ast.BitOr], ast.BitOr: [ast.BitAnd],
}  # fmt: skip
_SIGNS: dict[Any, str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.Is: "is",
    ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in", ast.And: "and", ast.Or: "or", ast.Add: "+", ast.Sub: "-",
    ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.LShift: "<<", ast.RShift: ">>",
    ast.BitAnd: "&", ast.BitOr: "|",
}  # fmt: skip
_TALK = ("log", "logger", "logging", "warnings", "warn", "print")  # what they say is not what the code does
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Target:
    """One outermost function with changed lines, and its function objects."""

    def __init__(self, path: str, file: str, node: Any, around: list[Any], futures: list[Any]) -> None:
        self.path = path
        self.file = file
        self.node = node
        self.around = around  # the classes that it is in, outermost first
        self.futures = futures
        self.functions: list[Any] = []

    def compile(self, node: Any) -> Any:
        """The code of a version of this function, compiled within its classes alone: names resolve as they did."""
        body: Any = node
        for each in reversed(self.around):
            body = ast.ClassDef(
                name=each.name, bases=[], keywords=[], body=[body], decorator_list=[], lineno=1, col_offset=0
            )
            body.type_params = []
        module = ast.fix_missing_locations(ast.Module(body=[*self.futures, body], type_ignores=[]))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(module, self.file, "exec", dont_inherit=True)
        names = [*(each.name for each in self.around), node.name]
        for name in names:
            code = _inner(code, name)
        return code


class Mutant:
    """One small change of a function: what `ask` asks about, at a line."""

    def __init__(self, target: Target, place: int, change: Any, line: int, ask: str) -> None:
        self.target = target
        self.place = place  # in the order of ast.walk
        self.change = change
        self.line = line
        self.ask = ask
        self.span = [0, 0, 0]  # column, last line and its column
        self.syntax = ""
        self.status = "not tried"
        self.tests = 0

    def code(self) -> Any:
        node = copy.deepcopy(self.target.node)
        found = next(each for index, each in enumerate(ast.walk(node)) if index == self.place)
        self.change(found)
        return self.target.compile(node)


def _inner(code: Any, name: str) -> Any:
    """The code object called `name` within another, also behind the scope of type parameters."""
    inner = [each for each in code.co_consts if isinstance(each, types.CodeType)]
    for each in inner:
        if each.co_name == name:
            return each
    return next(_inner(each, name) for each in inner if each.co_name.startswith("<generic parameters"))


def targets(path: str, file: str, lines: frozenset[int]) -> list[Target]:
    """The outermost functions of a file that hold any of these lines."""
    with open(file, "rb") as opened:  # noqa: PTH123
        source = opened.read()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(source)
    futures = [each for each in tree.body if isinstance(each, ast.ImportFrom) and each.module == "__future__"]
    found: list[Target] = []

    def look(body: Any, around: list[Any]) -> None:
        for node in body:
            if isinstance(node, _FUNCTIONS):
                if any(node.lineno <= line <= (node.end_lineno or 0) for line in lines):
                    found.append(Target(path, file, node, around, futures))
            elif isinstance(node, ast.ClassDef):
                look(node.body, [*around, node])
            else:
                for name in ("body", "orelse", "finalbody"):
                    look(getattr(node, name, []), around)

    look(tree.body, [])
    return found


def mutants(target: Target, lines: frozenset[int]) -> list[Mutant]:
    """All mutants of a function on these lines."""
    allowed: set[int] = set()
    for statement in target.node.body:
        _allow(statement, allowed)
    found: list[Mutant] = []
    for place, node in enumerate(ast.walk(target.node)):
        line = getattr(node, "lineno", 0)
        if id(node) in allowed and line in lines:
            for change, ask in _changes(node):
                mutant = Mutant(target, place, change, line, ask)
                mutant.span = [getattr(node, name, 0) for name in ("col_offset", "end_lineno", "end_col_offset")]
                mutant.syntax = type(node).__name__
                found.append(mutant)
    return found


def _allow(node: Any, allowed: set[int]) -> None:
    """Everything but annotations, messages of errors, and talk."""
    if isinstance(node, (ast.Raise, ast.Assert, ast.JoinedStr)) or (isinstance(node, ast.Expr) and _talks(node.value)):
        return
    allowed.add(id(node))
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for each in value if isinstance(value, list) else [value]:  # pyright: ignore[reportUnknownVariableType]
            if isinstance(each, ast.AST):
                _allow(each, allowed)


def _talks(node: Any) -> bool:
    while isinstance(node, (ast.Call, ast.Attribute)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return isinstance(node, ast.Name) and node.id in _TALK


def _changes(node: Any) -> list[Any]:
    """The changes of one node: a function that makes it, and what is asked."""
    found: list[Any] = []
    if isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            found += [(_operator(new, index), _swapped(operator, new)) for new in _SWAPS.get(type(operator), [])]
    elif isinstance(node, (ast.BoolOp, ast.BinOp, ast.AugAssign)):
        found += [(_operator(new), _swapped(node.op, new)) for new in _SWAPS.get(type(node.op), [])]
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        found.append((_negated("operand"), "this `not` were not there"))
    elif isinstance(node, (ast.If, ast.While, ast.IfExp)):
        plain = not isinstance(node.test, (ast.Compare, ast.BoolOp, ast.UnaryOp, ast.Constant))
        found += [(_negated("test"), "this condition were reversed")] if plain else []
    elif isinstance(node, ast.Constant):
        found += _constants(node)
    elif isinstance(node, ast.Return):
        if node.value is not None and not isinstance(node.value, ast.Constant):
            found.append((_nothing, "this `return` gave None"))
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        found.append((_nothing, "this call of `%s` were left out" % _dotted(node.value.func)[:60]))  # noqa: UP031
    return found


def _dotted(node: Any) -> str:
    """The name of what is called, as it is written; before Python 3.9 nothing in `ast` writes more than that."""
    if hasattr(ast, "unparse"):
        return ast.unparse(node)
    if isinstance(node, ast.Attribute):
        return "%s.%s" % (_dotted(node.value), node.attr)  # noqa: UP031
    return node.id if isinstance(node, ast.Name) else "…"


def _constants(node: Any) -> list[Any]:
    if isinstance(node.value, bool):
        return [(_value(not node.value), "this `%s` were `%s`" % (node.value, not node.value))]  # noqa: UP031
    if isinstance(node.value, (int, float)):
        return [(_value(node.value + 1), "this `%s` were `%s`" % (node.value, node.value + 1))]  # noqa: UP031
    return []


def _swapped(old: Any, new: Any) -> str:
    return "this `%s` were `%s`" % (_SIGNS[type(old)], _SIGNS[new])  # noqa: UP031


def _operator(new: Any, index: int | None = None) -> Any:
    def change(node: Any) -> None:
        if index is None:
            node.op = new()
        else:
            node.ops[index] = new()

    return change


def _negated(field: str) -> Any:
    def change(node: Any) -> None:
        setattr(node, field, ast.UnaryOp(op=ast.Not(), operand=getattr(node, field)))

    return change


def _value(new: Any) -> Any:
    def change(node: Any) -> None:
        node.value = new

    return change


def _nothing(node: Any) -> None:
    # The old value stays where it is never reached: a function that closes over other names cannot be put in its place.
    none, always = ast.Constant(value=None), ast.Constant(value=True)
    node.value = ast.IfExp(test=always, body=none, orelse=node.value)
