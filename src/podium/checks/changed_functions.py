"""The functions of Python source that a candidate changes, on both sides. Pure.

A function counts as changed when its own syntax differs (not its documentation or its type annotations), or when it
uses a name of its module or of its class whose value differs: a pattern, a table, a limit.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from podium.checks.changed_python import source_changes
from podium.checks.ports import Source, UnreadableError
from podium.checks.python_claims import parse
from podium.checks.reading import reading
from podium.runs.model import FileChange

MOST = 60
_SEEDS = 40
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class ChangedFunction:
    """One function that both trees have. Lines are those that a code object may begin at."""

    path: str
    old_path: str
    name: str  # qualified
    line: int  # of its `def` in the candidate
    new_lines: tuple[int, ...]
    old_lines: tuple[int, ...]
    new_defaults: dict[str, str]  # parameters that only the candidate has, with their defaults as text


@dataclass
class ChangedFunctions:
    """What can be compared, and what cannot."""

    functions: list[ChangedFunction] = field(default_factory=list[ChangedFunction])
    added: int = 0  # functions that the base does not have
    removed: int = 0
    beyond: int = 0  # more than `MOST`
    blind: list[str] = field(default_factory=list[str])
    seeds: list[int | str | float] = field(default_factory=list[int | str | float])


def changed_functions(changes: tuple[FileChange, ...], source: Source) -> ChangedFunctions:
    """The changed functions of all source files that both trees have."""
    found = ChangedFunctions()
    both = (change for change in source_changes(changes) if change.status != "added")
    for change, old, new in reading(source, both, found.blind):
        try:
            _compare(change, parse(old), parse(new), found)
        except UnreadableError as error:
            found.blind.append(f"{change.path}: {error}")
        except RecursionError:
            found.blind.append(f"{change.path}: it is nested too deeply")
    return found


def _compare(change: FileChange, old: ast.Module, new: ast.Module, found: ChangedFunctions) -> None:
    before, after = _functions(old), _functions(new)
    moved = _changed_values(old, new)
    for name, nodes in after.items():
        if name not in before:
            found.added += 1
            continue
        plain = [_plain(node) for node in nodes] == [_plain(node) for node in before[name]]
        if plain and not any(_uses(node, name, moved) for node in nodes):
            continue
        if len(found.functions) >= MOST:
            found.beyond += 1
            continue
        _seeds([*nodes, *before[name], *_named_by(nodes, new), *_named_by(before[name], old)], found)
        found.functions.append(
            ChangedFunction(
                path=change.path,
                old_path=change.old_path,
                name=name,
                line=nodes[-1].lineno,
                new_lines=_starts(nodes),
                old_lines=_starts(before[name]),
                new_defaults=_new_defaults(before[name][-1], nodes[-1]),
            )
        )
    found.removed += len(before.keys() - after.keys())


def _functions(tree: ast.Module) -> dict[str, list[_Function]]:
    """Outermost functions by qualified name; several where a name is defined again (a property's setter)."""
    found: dict[str, list[_Function]] = {}
    for name, node in _within(tree.body, ""):
        found.setdefault(name, []).append(node)
    return found


def _within(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, _Function]]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if not any(ast.unparse(each).rpartition(".")[2] == "overload" for each in node.decorator_list):
                yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _within(node.body, f"{prefix}{node.name}.")
        else:
            for block in ("body", "orelse", "finalbody"):
                yield from _within(getattr(node, block, []), prefix)


def _plain(node: ast.AST) -> str:
    """The syntax of a function without its documentation and annotations."""
    return ast.dump(_Bare().visit(ast.parse(ast.unparse(node))))


class _Bare(ast.NodeTransformer):
    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.returns = None
        if len(node.body) > 1 and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node


def _changed_values(old: ast.Module, new: ast.Module) -> frozenset[str]:
    """Names of the module, and `Class.name`, that are assigned something else."""
    before, after = dict(_values(old.body, "")), dict(_values(new.body, ""))
    return frozenset(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _values(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, str]]:
    for node in body:
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    for name in ast.walk(target):
                        if isinstance(name, ast.Name):
                            yield prefix + name.id, ast.dump(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield prefix + name, ast.dump(value)
            case ast.ClassDef(name=name):
                yield from _values(node.body, f"{prefix}{name}.")
            case _:
                pass


def _uses(node: _Function, name: str, moved: frozenset[str]) -> bool:
    if not moved:
        return False
    owner = name.rpartition(".")[0]
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and each.id in moved:
            return True
        if isinstance(each, ast.Attribute) and owner and f"{owner}.{each.attr}" in moved:
            return True
    return False


def _starts(nodes: list[_Function]) -> tuple[int, ...]:
    lines = {line for node in nodes for line in (node.lineno, *(each.lineno for each in node.decorator_list))}
    return tuple(sorted(lines))


def _new_defaults(old: _Function, new: _Function) -> dict[str, str]:
    known = {each.arg for each in ast.walk(old.args) if isinstance(each, ast.arg)}
    by_place = [*new.args.posonlyargs, *new.args.args]
    pairs = list(zip(reversed(by_place), reversed(new.args.defaults), strict=False))
    pairs += [(each, value) for each, value in zip(new.args.kwonlyargs, new.args.kw_defaults, strict=True) if value]
    rests = ((new.args.vararg, "()"), (new.args.kwarg, "{}"))
    found = {each.arg: empty for each, empty in rests if each is not None and each.arg not in known}
    for argument, value in pairs:
        if argument.arg not in known:
            try:
                found[argument.arg] = repr(ast.literal_eval(value))
            except ValueError:
                continue
    return found


def _named_by(nodes: list[_Function], tree: ast.Module) -> list[ast.expr]:
    """The values of the module's own names that a function uses."""
    used = {each.id for node in nodes for each in ast.walk(node) if isinstance(each, ast.Name)}
    return [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id in used for target in node.targets)
    ]


def _seeds(nodes: Sequence[ast.AST], found: ChangedFunctions) -> None:
    """The plain values that the code itself names: near them it decides something."""
    for node in nodes:
        for each in ast.walk(node):
            if isinstance(each, ast.Constant) and type(each.value) in (int, str, float):
                value = each.value
                short = not isinstance(value, str) or (0 < len(value) <= 40)
                if short and value not in found.seeds and len(found.seeds) < _SEEDS and _is_exact(value):
                    found.seeds.append(value)  # pyright: ignore[reportArgumentType] - its type was asked above


def _is_exact(value: object) -> bool:
    """Whether JSON carries a value as it is."""
    return not isinstance(value, int | float) or abs(value) < 2**53
