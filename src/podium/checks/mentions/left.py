"""Everything that a candidate makes untrue, looked for in what it left."""

from __future__ import annotations

import re

from podium.checks.bench import Bench
from podium.checks.mentions.docstrings import docstrings_left, raises_left
from podium.checks.mentions.examples import examples_left, other_calls
from podium.checks.mentions.files import files_gone
from podium.checks.mentions.messages import messages_changed
from podium.checks.mentions.names import exports_gone, interfaces_changed, names_gone
from podium.checks.mentions.search import MOST, texts_left, wanted_text
from podium.checks.mentions.untrue import Untrue
from podium.checks.mentions.values import defaults_of, values_of
from podium.checks.module_changes import module_changes
from podium.checks.ports import UnreadableError
from podium.checks.python_claims import parse
from podium.checks.texts import texts
from podium.evidence.fingerprint import Findings
from podium.evidence.outcome import some_of
from podium.evidence.test_code import is_program
from podium.runs.model import FileChange

_MOST_LINES = 60_000  # changed lines that are read: a change of more is read by nobody


def says_otherwise(changes: tuple[FileChange, ...]) -> bool:
    """Whether a change touches code of which a text elsewhere could speak."""
    return any(is_program(change.old_path) or change.status in ("deleted", "renamed") for change in changes)


def texts_made_untrue(bench: Bench, products: tuple[FileChange, ...], found: Findings) -> tuple[str, ...]:
    """Note what was left; the answer is what could not be looked at. `products` are the changed Python modules."""
    changes, beyond = _readable(bench.order.changes)
    modules, blind = module_changes(products, bench.source)
    blind = (*beyond, *blind)
    for module in modules:
        try:
            tree = parse(bench.source.read("candidate", module.change.path) or b"")
            docstrings_left(module, tree, found)
            if module.change.status in ("modified", "renamed"):
                before = parse(bench.source.read("base", module.change.old_path) or b"")
                raises_left(module.change.path, before, tree, found)
        except UnreadableError:
            continue  # it stands in `blind` already
    exported, unread = exports_gone(bench)
    blind = (*blind, *unread)
    untrue = [
        *interfaces_changed(changes), *defaults_of(modules), *values_of(changes),
        *names_gone(modules, bench.source), *exported,
        *files_gone(changes, frozenset(bench.source.paths("candidate"))), *messages_changed(changes),
    ]  # fmt: skip
    calls = other_calls(modules)
    if not untrue and not calls:
        return blind
    if len(untrue) > MOST:
        blind = (f"looked at the first {MOST} of {len(untrue)} things that are otherwise now", *blind)
    searched = texts(bench, wanted_text)
    files = searched.files
    programs = tuple(data for path, data in files if is_program(path))
    texts_left([each for each in untrue[:MOST] if not _still_true(each, programs)], files, bench.order.changes, found)
    examples_left(calls, files, bench.order.changes, found)
    return (*blind, *searched.blind)


def _readable(changes: tuple[FileChange, ...]) -> tuple[tuple[FileChange, ...], tuple[str, ...]]:
    """The smallest changes for which there is room, in their order, and what is told of the others."""
    room, fits = _MOST_LINES, set[str]()
    known = sorted(changes, key=lambda each: (each.added + each.removed, each.path))
    for number, change in enumerate(known):
        room -= max(change.added + change.removed, sum(len(hunk.lines) for hunk in change.hunks))
        if room < 0:
            left = some_of(tuple(each.path for each in known[number:]))
            told = f"looked at the {number} smallest of {len(known)} changed files, and not at {left}"
            return tuple(each for each in changes if each.path in fits), (told,)
        fits.add(change.path)
    return changes, ()


def _still_true(each: Untrue, programs: tuple[bytes, ...]) -> bool:
    """Whether the program has it at another place: a name, a flag that a second command takes, a message said twice."""
    if each.rule == "file-left":
        return False  # it was looked for among the paths
    if each.where != "prose":
        has = re.escape(each.needle)
    elif each.quoted:
        last = re.escape(each.needle.rpartition(".")[2])
        has = rf"\b(?:def|class|function|func|fn|const|type|struct)\s+{last}\b|^{last}\s*[:=]"
    else:
        return False
    key = (each.needle.rpartition(".")[2] if each.quoted else each.needle).encode()
    pattern = re.compile(has.encode(), re.MULTILINE)
    return any(key in data and pattern.search(data) for data in programs)
