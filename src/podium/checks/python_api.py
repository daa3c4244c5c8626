"""What a Python module offers: its functions, classes and names, with their signatures. Read, never run. Pure."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from podium.checks.ports import UnreadableError
from podium.checks.python_claims import parse

Takes: TypeAlias = Literal["positional", "either", "rest", "keyword", "keywords"]


@dataclass(frozen=True)
class Parameter:
    """One parameter; `default` is its text, None = it has to be given."""

    name: str
    takes: Takes
    default: str | None

    @property
    def required(self) -> bool:
        return self.default is None and self.takes not in ("rest", "keywords")


@dataclass(frozen=True)
class Callee:
    """A function or method."""

    name: str  # qualified by its classes
    line: int
    parameters: tuple[Parameter, ...]  # without self and cls
    form: str  # function, async function, property


@dataclass(frozen=True)
class Offer:
    """All that a module defines at its top and in its classes."""

    callees: dict[str, Callee] = field(default_factory=dict[str, Callee])
    names: dict[str, int] = field(default_factory=dict[str, int])  # classes and variables, each with its line
    imported: frozenset[str] = frozenset()
    declared: frozenset[str] | None = None  # __all__, where it can be read

    def has(self, name: str) -> bool:
        """Whether a name is there, defined or imported."""
        return name in self.callees or name in self.names or name.partition(".")[0] in self.imported

    def public(self, name: str) -> bool:
        """Whether others are meant to use it."""
        parts = name.split(".")
        if any(part.startswith("_") and not (part.startswith("__") and part.endswith("__")) for part in parts):
            return False
        return self.declared is None or parts[0] in self.declared


def offer(source: bytes) -> Offer:
    """What a module offers. Raises UnreadableError."""
    tree = parse(source)
    callees: dict[str, Callee] = {}
    names: dict[str, int] = {}
    try:
        _collect(tree.body, "", callees, names)
    except RecursionError as error:
        raise UnreadableError("it is nested too deeply") from error
    imported = (
        alias.asname or alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    )
    return Offer(callees, names, frozenset(imported), _declared(tree))


def _collect(body: list[ast.stmt], prefix: str, callees: dict[str, Callee], names: dict[str, int]) -> None:
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                marks = {ast.unparse(each).rpartition(".")[2] for each in node.decorator_list}
                if not marks & {"overload", "setter", "deleter"}:
                    callees[prefix + node.name] = _callee(node, prefix, marks)
            case ast.ClassDef():
                names[prefix + node.name] = node.lineno
                _collect(node.body, f"{prefix}{node.name}.", callees, names)
            case ast.Assign():
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        names[prefix + target.id] = node.lineno
            case ast.AnnAssign(target=ast.Name(id=name)):
                names[prefix + name] = node.lineno
            case ast.If() | ast.Try():
                for block in (node.body, node.orelse, *(each.body for each in getattr(node, "handlers", ()))):
                    _collect(block, prefix, callees, names)
            case _:
                pass


def _callee(node: ast.FunctionDef | ast.AsyncFunctionDef, prefix: str, marks: set[str]) -> Callee:
    args = node.args
    plain = [*args.posonlyargs, *args.args]
    defaults: list[ast.expr | None] = [*([None] * (len(plain) - len(args.defaults))), *args.defaults]
    found = [
        Parameter(arg.arg, "positional" if arg in args.posonlyargs else "either", _text(default))
        for arg, default in zip(plain, defaults, strict=True)
    ]
    if prefix and "staticmethod" not in marks:
        found = found[1:]
    if args.vararg:
        found.append(Parameter(args.vararg.arg, "rest", None))
    for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        found.append(Parameter(arg.arg, "keyword", _text(default)))
    if args.kwarg:
        found.append(Parameter(args.kwarg.arg, "keywords", None))
    form = "async function" if isinstance(node, ast.AsyncFunctionDef) else "function"
    if marks & {"property", "cached_property"}:
        form = "property"
    return Callee(prefix + node.name, node.lineno, tuple(found), form)


def _text(node: ast.expr | None) -> str | None:
    return None if node is None else ast.unparse(node)


def _declared(tree: ast.Module) -> frozenset[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            try:
                return frozenset(str(each) for each in ast.literal_eval(node.value))
            except (ValueError, TypeError, MemoryError, RecursionError):
                return None
    return None


def narrowed(old: Callee, new: Callee) -> list[str]:
    """What callers of `old` could do and callers of `new` cannot, in words; empty when every old call still fits."""
    if old.form != new.form:
        return [f"was a {old.form} and is now a{'n' if new.form[0] in 'aeiou' else ''} {new.form}"]
    after = {parameter.name: parameter for parameter in new.parameters}
    takes = {parameter.takes for parameter in new.parameters}
    told: list[str] = []
    for parameter in old.parameters:
        now = after.get(parameter.name)
        if parameter.takes == "rest":
            told += [] if "rest" in takes else [f"no longer takes *{parameter.name}"]
        elif parameter.takes == "keywords":
            told += [] if "keywords" in takes else [f"no longer takes **{parameter.name}"]
        elif now is None or now.takes in ("rest", "keywords"):
            kept = parameter.takes == "positional" or "keywords" in takes
            told += [] if kept else [f"the parameter {parameter.name} is gone"]
        elif parameter.takes == "either" and now.takes == "keyword":
            told.append(f"{parameter.name} has to be given by name")
        elif parameter.takes in ("either", "keyword") and now.takes == "positional":
            told.append(f"{parameter.name} cannot be given by name")
        elif now.required and not parameter.required:
            told.append(f"{parameter.name} has to be given")
    known = {parameter.name for parameter in old.parameters}
    # One that is only given by place may be called anything.
    by_place = sum(parameter.takes in ("positional", "either") for parameter in old.parameters)
    told += [
        f"{parameter.name} is new and has to be given"
        for place, parameter in enumerate(new.parameters)
        if parameter.required
        and parameter.name not in known
        and not (parameter.takes == "positional" and place < by_place)
    ]
    return told + _reordered(old, new)


def _reordered(old: Callee, new: Callee) -> list[str]:
    """Whether arguments given by place now go to other parameters."""
    before = [p.name for p in old.parameters if p.takes in ("positional", "either")]
    after = [p.name for p in new.parameters if p.takes in ("positional", "either")]
    kept = [name for name in before if name in after]
    moved = [name for name in kept if after.index(name) != before.index(name)]
    if not moved:
        return []
    return [f"{moved[0]} is now argument {after.index(moved[0]) + 1}, and was {before.index(moved[0]) + 1}"]


def defaults_changed(old: Callee, new: Callee) -> list[str]:
    """Defaults that are another text now: callers who leave them out get something else."""
    after = {parameter.name: parameter for parameter in new.parameters}
    return [
        f"{p.name} is {_cut(after[p.name].default)} by default, and was {_cut(p.default)}"
        for p in old.parameters
        if p.default is not None
        and p.name in after
        and after[p.name].default is not None
        and after[p.name].default != p.default
    ]


def _cut(text: str | None) -> str:
    flat = " ".join((text or "").split())
    return flat if len(flat) <= 60 else flat[:59] + "…"
