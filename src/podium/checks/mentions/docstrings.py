"""Docstrings that name a parameter or an error which is gone, or leave out a parameter that is new. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from podium.checks.module_changes import ModuleChange
from podium.checks.python_api import Callee
from podium.checks.python_claims import Function
from podium.evidence.fingerprint import Findings

_SPHINX = re.compile(r"^\s*[:@]param(?:eter)?\s+(?:[\w.\[\], |]{1,60}\s+)?\*{0,2}(\w+)\s*:", re.MULTILINE)
_SECTION = re.compile(r"^( *)(?:Args|Arguments|Parameters|Params|Keyword Args|Other Parameters)\s*:?\s*$", re.MULTILINE)
_RAISES = re.compile(r"^\s*[:@](?:raises?|except|exception)\s+([\w.]+)\s*:", re.MULTILINE)
_RAISES_SECTION = re.compile(r"^( *)Raises\s*:?\s*$", re.MULTILINE)
_ENTRY = re.compile(r"^\*{0,2}([\w.]+)(?:\s*,\s*\w+)*\s*(?:\([^)]{0,200}\))?\s*:")
_NUMPY = re.compile(r"^\*{0,2}([\w.]+)(?:\s*,\s*\w+)*\s*(?: :.*)?$")


def docstrings_left(module: ModuleChange, tree: ast.Module, found: Findings) -> None:
    """Note what the docstrings of one changed module say of parameters, and should not, or do not say, and should."""
    changed = dict(_renamed(module))
    if not changed:
        return
    for name, function in _functions(tree.body, ""):
        text = ast.get_docstring(function, clean=True) if name in changed else None
        if not text:
            continue
        old, new = changed[name]
        told = documented(text)
        line = function.body[0].lineno
        taken = any(each.takes in ("rest", "keywords") for each in new.parameters)  # it may be given all the same
        for gone in sorted((_names(old) - _names(new)) & told) if not taken else ():
            message = f"the docstring of {name} describes the parameter {gone}, which is gone"
            found.add("text-left", "note", message, path=module.change.path, line=line, side="not changed")
        kept = _names(old) & _names(new)
        if told and kept and kept <= told:
            for come in sorted(_names(new) - _names(old) - told):
                message = f"the docstring of {name} describes every parameter but {come}, which is new"
                found.add("text-left", "note", message, path=module.change.path, line=line, side="not changed")


def raises_left(path: str, before: ast.Module, after: ast.Module, found: Findings) -> None:
    """Note what a docstring says is raised, its function raised, and nothing in its module raises any more."""
    still = _raised(after)
    gone = {name: _raised(function) - still for name, function in _functions(before.body, "")}
    for name, function in _functions(after.body, ""):
        text = ast.get_docstring(function, clean=True) if gone.get(name) else None
        for error in sorted(gone[name] & _said_raised(text)) if text else ():
            message = f"the docstring of {name} says that it raises {error}, which {path} does not raise any more"
            found.add("text-left", "note", message, path=path, line=function.body[0].lineno, side="not changed")


def _raised(tree: ast.AST) -> frozenset[str]:
    """The last names of what is raised by name."""
    names = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            names.update(_last_name(node.exc.func if isinstance(node.exc, ast.Call) else node.exc))
    return frozenset(names)


def _last_name(node: ast.expr) -> tuple[str, ...]:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return (name,)
        case _:
            return ()


def _said_raised(text: str) -> frozenset[str]:
    names = {name.rpartition(".")[2] for name in _RAISES.findall(text)}
    lines = text.split("\n")
    for section in _RAISES_SECTION.finditer(text):
        at = text.count("\n", 0, section.start()) + 1
        names.update(name.rpartition(".")[2] for name in _listed(lines[at:], len(section[1])))
    return frozenset(names)


def documented(text: str) -> frozenset[str]:
    """The parameters that a docstring lists, in the manner of Sphinx, Google or NumPy."""
    names = set(_SPHINX.findall(text))
    lines = text.split("\n")
    for found in _SECTION.finditer(text):
        at = text.count("\n", 0, found.start()) + 1
        names.update(_listed(lines[at:], len(found[1])))
    return frozenset(names)


def _listed(lines: list[str], outer: int) -> Iterator[str]:
    underlined = bool(lines) and _is_rule(lines[0])
    depth = outer if underlined else -1
    body = lines[1:] if underlined else lines
    for line, below in zip(body, [*body[1:], ""], strict=True):
        bare, indent = line.strip(), len(line) - len(line.lstrip())
        if not bare:
            continue
        if _is_rule(below) if underlined else indent <= outer:
            return  # the next section
        depth = indent if depth < 0 else depth
        entry = (_NUMPY if underlined else _ENTRY).match(bare) if indent == depth else None
        if entry:
            yield entry[1]


def _is_rule(line: str) -> bool:
    return set(line.strip()) == {"-"}


def _renamed(module: ModuleChange) -> Iterator[tuple[str, tuple[Callee, Callee]]]:
    for name, new in module.new.callees.items():
        old = module.old.callees.get(name)
        if old is not None and _names(old) != _names(new):
            yield name, (old, new)


def _names(callee: Callee) -> frozenset[str]:
    return frozenset(
        each.name
        for each in callee.parameters
        if not each.name.startswith("_") and each.takes not in ("rest", "keywords")
    )


def _functions(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, Function]]:
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield prefix + node.name, node
            case ast.ClassDef():
                yield from _functions(node.body, f"{prefix}{node.name}.")
            case _:
                pass
