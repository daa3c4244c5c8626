"""Calls in Python source through which data becomes code, a command, a query or trust. Pure.

Each is a place to look at, not a fault: whether what flows in can be trusted, a person has to say.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

_RUNS = re.compile(
    r"^(?:eval|exec|compile|__import__|os\.(?:system|popen|exec\w+|spawn\w+)|subprocess\.\w+|pty\.spawn"
    r"|asyncio\.create_subprocess_(?:exec|shell)|importlib\.import_module|runpy\.\w+|code\.interact)$"
)
_LOADS = re.compile(
    r"^(?:c?[pP]ickle|dill|cloudpickle|marshal|shelve|joblib|jsonpickle)\.(?:loads?|open|Unpickler|decode)$"
    r"|^yaml\.(?:load|load_all|unsafe_load|full_load)$|^torch\.load$|^pandas\.read_pickle$"
)
_WEAK = re.compile(
    r"^hashlib\.(?:md5|sha1)$|^random\.(?:random|randint|choice|choices|randrange|sample)$|^tempfile\.mktemp$"
)
_QUERY = re.compile(r"(?:^|\.)(?:execute|executemany|executescript|raw|text)$")
_SQL = re.compile(r"\b(?:select\b.+\bfrom|insert\s+into|update\b.+\bset|delete\s+from|drop\s+table)\b", re.I | re.S)
_SECRETS = re.compile(r"token|secret|password|passwd|nonce|salt|session|csrf|otp", re.I)


@dataclass(frozen=True)
class Sink:
    """One such place. Equal `rule` and `text` are the same place, wherever it stands."""

    rule: str
    text: str
    message: str
    line: int


def sinks(tree: ast.Module) -> Iterator[Sink]:
    """Every sink of a module."""
    names = dict(_imported(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            found = _of(node, names)
            if found:
                rule, message = found
                yield Sink(rule, ast.unparse(node)[:300], message, node.lineno)
        elif isinstance(node, ast.ExceptHandler) and _swallows(node):
            yield Sink("swallowed", ast.unparse(node)[:300], "every error is swallowed here", node.lineno)


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """What a name at the top of the module stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    yield alias.asname, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _of(call: ast.Call, names: dict[str, str]) -> tuple[str, str] | None:
    written = ast.unparse(call.func) if isinstance(call.func, ast.Name | ast.Attribute) else ""
    first, dot, rest = written.partition(".")
    name = names.get(first, first) + dot + rest
    words = {word.arg: word.value for word in call.keywords if word.arg}
    if _true(words.get("shell")):
        return "shell", f"{name} runs a command through a shell"
    if _RUNS.match(name) and not (name == "compile" and not call.args):
        literal = all(isinstance(arg, ast.Constant) for arg in call.args[:1])
        return (
            None
            if literal and name in ("importlib.import_module", "__import__")
            else ("runs", f"{name} runs code or a command")
        )
    if _LOADS.match(name) and "afe" not in ast.unparse(words.get("Loader", call)):
        return "deserialises", f"{name} can run code that the data brings"
    if _false(words.get("verify")) or "_create_unverified_context" in name:
        return "unverified", f"{name} does not verify who it talks to"
    if _WEAK.match(name) and (not name.startswith("random") or _SECRETS.search(ast.unparse(call))):
        return "weak", f"{name} does not withstand an attacker"
    if _QUERY.search(name) and call.args and _composed(call.args[0]):
        return "query", f"{name} gets a query that is put together from text"
    return None


def _true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _false(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def _composed(node: ast.expr) -> bool:
    """Whether an expression puts SQL together from parts."""
    mixed = isinstance(node, ast.JoinedStr) or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod))
    mixed = mixed or (isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".format"))
    return mixed and bool(_SQL.search(ast.unparse(node)))


def _swallows(node: ast.ExceptHandler) -> bool:
    broad = node.type is None or ast.unparse(node.type) in ("Exception", "BaseException")
    return broad and all(isinstance(each, ast.Pass | ast.Continue) for each in node.body)
