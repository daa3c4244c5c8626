"""Calls in documents and docstrings that no longer fit the function that they show. Pure."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from podium.checks.mentions.names import called
from podium.checks.mentions.search import is_document
from podium.checks.module_changes import ModuleChange
from podium.checks.python_api import Callee, narrowed
from podium.checks.python_calls import calls, misfit
from podium.evidence.change_rules import changed_lines
from podium.evidence.fingerprint import Findings
from podium.runs.model import FileChange

_LINE_LIMIT = 1000
_PROMPT = re.compile(r"^\s*(?:>>> |\.\.\. |In \[\d+\]: )?")
_SPAN = re.compile(r"`{1,2}([^`]{1,200})`")


def other_calls(modules: tuple[ModuleChange, ...]) -> dict[str, Callee]:
    """The functions that old calls do not fit, by the one name by which they are called."""
    found: dict[str, Callee] = {}
    seen: Counter[str] = Counter()
    for module in modules:
        for name, new in module.new.callees.items():
            seen[called(name)] += 1
            old = module.old.callees.get(name)
            if old is not None and module.old.public(name) and new.form != "property" and narrowed(old, new):
                found[called(name)] = new
    return {name: each for name, each in found.items() if seen[name] == 1}


def examples_left(
    changed: dict[str, Callee], files: Iterable[tuple[str, bytes]], changes: tuple[FileChange, ...], found: Findings
) -> None:
    """Note each call, within one line of a document, that the change made wrong and left."""
    if not changed:
        return
    names = re.compile(rb"\b(" + b"|".join(re.escape(name).encode() for name in changed) + rb")\(")
    written = {
        change.path: {line.new for line in changed_lines(change) if line.kind == "+"}
        for change in changes
        if is_document(change.path)
    }
    for path, data in files:
        if not is_document(path) or not names.search(data):
            continue
        for number, whole in enumerate(data.split(b"\n"), 1):
            if number in written.get(path, ()) or not names.search(whole):
                continue
            for name, why in _misfits(whole[:_LINE_LIMIT].decode("utf-8", "replace"), changed):
                message = f"this call of {name} {why}"
                found.add("text-left", "note", message, path=path, line=number, side="not changed")


def _misfits(line: str, changed: dict[str, Callee]) -> Iterator[tuple[str, str]]:
    for text in (_PROMPT.sub("", line, count=1), *_SPAN.findall(line)):
        try:
            tree = ast.parse(text.strip())
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for name, call in calls(tree, frozenset(changed)):
            if any(isinstance(each, ast.Constant) and each.value is ... for each in call.args):
                continue
            why = misfit(call, changed[name])
            if why:
                yield name, why
