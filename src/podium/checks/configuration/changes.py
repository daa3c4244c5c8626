"""What a candidate does to the keys by which users configure the program."""

from __future__ import annotations

from collections.abc import Iterable

from podium.checks.bench import Bench
from podium.checks.configuration.classes import settings_fields
from podium.checks.configuration.code import KeyRead, key_reads
from podium.checks.configuration.entries import Entries, shown, was_and_is
from podium.checks.configuration.files import file_keys, is_settings_file
from podium.checks.kind import Answer
from podium.checks.ports import UnreadableError
from podium.checks.reading import PARSED, in_part, reading, why_blind
from podium.checks.texts import texts
from podium.evidence.fingerprint import Findings
from podium.evidence.model import Blind, Fails, Holds
from podium.evidence.test_code import is_program
from podium.runs.model import FileChange

_TRIVIAL = frozenset(("", "0", "1", "true", "false", "null", "None", "True", "False", "[]", "{}", '""', "''"))


def holds_keys(change: FileChange) -> bool:
    """Whether a changed file could read or set configuration keys."""
    return any(is_program(path) or is_settings_file(path) for path in {change.path, change.old_path})


async def configuration_changes(bench: Bench) -> Answer:
    """Keys that are gone, new or called otherwise, and defaults that are others."""
    blind: list[str] = []
    found = Findings()
    old_reads: list[tuple[str, KeyRead]] = []
    new_reads: list[tuple[str, KeyRead]] = []
    for change, old, new in reading(bench.source, filter(holds_keys, bench.order.changes), blind):
        try:
            if is_program(change.path) or is_program(change.old_path):
                _compare_classes(change, old, new, found)
                old_reads += _reads(change.old_path, old)
                new_reads += _reads(change.path, new)
            elif is_settings_file(change.old_path) or is_settings_file(change.path):
                _compare_files(change, old, new, found)
        except UnreadableError as error:
            blind.append(f"{change.path}: {error}")
    blind += _compare_reads(bench, old_reads, new_reads, found)
    grave = sum(finding.level != "note" for finding in found.all())
    if found.count:
        one, many = "one configuration key or default is another", "configuration keys or defaults are others"
        why = (one if grave == 1 else f"{grave} {many}") if grave else "new configuration keys were added"
        outcome = Fails(why=in_part(why, blind))
    else:
        outcome = Blind(why=why_blind(blind)) if blind else Holds()
    return Answer(outcome=outcome, findings=found.all(), tool="podium")


def _reads(path: str, data: bytes) -> list[tuple[str, KeyRead]]:
    if len(data) > PARSED:
        raise UnreadableError("it is too large to be read for configuration keys")
    return [(path, each) for each in key_reads(data.decode("utf-8", "replace"))] if is_program(path) else []


# --- what code reads --------------------------------------------------------------------------------------------------


def _compare_reads(
    bench: Bench, old: Iterable[tuple[str, KeyRead]], new: Iterable[tuple[str, KeyRead]], found: Findings
) -> tuple[str, ...]:
    """Keys are compared over all changed files together: a look-up that moved is none that changed."""
    before, after = _by_name(old), _by_name(new)
    gone = {key for sort, key in before.keys() - after.keys() if sort == "key" and ("hint", key) not in after}
    come = {key for sort, key in after.keys() - before.keys() if sort == "key" and ("hint", key) not in before}
    elsewhere, blind = _elsewhere(bench) if gone or come else (frozenset[str](), ())
    for key in sorted(gone - elsewhere):
        path, read = before["key", key][0]
        message = f"the configuration key {key} is no longer read: whoever sets it is not heard"
        found.add("configuration-key-gone", "warning", message, path=path, line=read.line, side="old")
    for key in sorted(come - elsewhere):
        path, read = after["key", key][0]
        found.add("configuration-key-new", "note", f"a new configuration key: {key}", path=path, line=read.line)
    for name in sorted(before.keys() & after.keys()):
        were, are = ([each for each in side[name] if each[1].default is not None] for side in (before, after))
        if len({read.default for _, read in were}) == len({read.default for _, read in are}) == 1:
            _compare_defaults(were[0][1], *are[0], found)
    return blind


def _compare_defaults(was: KeyRead, path: str, now: KeyRead, found: Findings) -> None:
    if was.default is None or now.default is None or was.default == now.default:
        return
    what = "variable" if now.sort == "variable" else "configuration key"
    message = f"the default of the {what} {now.key} {was_and_is(now.key, was.default, now.default)}"
    found.add("configuration-default", "warning", message, path=path, line=now.line)


def _by_name(reads: Iterable[tuple[str, KeyRead]]) -> dict[tuple[str, str], list[tuple[str, KeyRead]]]:
    found: dict[tuple[str, str], list[tuple[str, KeyRead]]] = {}
    for path, read in reads:
        found.setdefault((read.sort, read.key), []).append((path, read))
    return found


def _elsewhere(bench: Bench) -> tuple[frozenset[str], tuple[str, ...]]:
    """The keys that files read which the candidate leaves as they are."""
    changed = {change.path for change in bench.order.changes}
    searched = texts(bench, lambda path: is_program(path) and path not in changed)
    keys = (read.key for _, data in searched.files for read in key_reads(data.decode("utf-8", "replace")))
    return frozenset(keys), searched.blind


# --- what classes and files set ---------------------------------------------------------------------------------------


def _compare_classes(change: FileChange, old: bytes, new: bytes, found: Findings) -> None:
    if not (change.path.endswith(".py") and old and new):
        return
    before, after = settings_fields(change.old_path, old), settings_fields(change.path, new)
    for name in (each for each in after if each in before):
        was, now = before[name].value, after[name].value
        if was is not None and now is not None and was != now:
            message = f"the default of {name} {was_and_is(name, was, now)}"
            found.add("configuration-default", "warning", message, path=change.path, line=after[name].line)
        elif was is not None and now is None:
            message = f"{name} has no default any more: it has to be given"
            found.add("configuration-default", "warning", message, path=change.path, line=after[name].line)


def _compare_files(change: FileChange, old: bytes, new: bytes, found: Findings) -> None:
    if change.status == "deleted":
        message = "a configuration file is gone"
        found.add("configuration-file-gone", "warning", message, path=change.old_path, side="old")
    if not (old and new):
        return
    before, after = file_keys(change.old_path, old), file_keys(change.path, new)
    gone = {key: before[key] for key in before if key not in after}
    come = {key: after[key] for key in after if key not in before}
    for key, other in _renamed(gone, come):
        message = f"the configuration key {key} is now {other}"
        found.add("configuration-key-gone", "warning", message, path=change.path, line=come[other].line)
        del gone[key], come[other]
    for key, entry in gone.items():
        message = f"the configuration key {key} is gone from {_name(change.old_path)}"
        found.add("configuration-key-gone", "warning", message, path=change.old_path, line=entry.line, side="old")
    for key, entry in come.items():
        value = shown(key, entry.value or "")
        message = f"a new configuration key: {key}" + (f", set to {value}" if value else "")
        found.add("configuration-key-new", "note", message, path=change.path, line=entry.line)
    for key, entry in after.items():
        if key in before and entry.value != before[key].value:
            message = f"{key} {was_and_is(key, before[key].value or 'empty', entry.value or 'empty')}"
            found.add("configuration-default", "warning", message, path=change.path, line=entry.line)


def _renamed(gone: Entries, come: Entries) -> list[tuple[str, str]]:
    """Keys that kept place and value under another name, where that can mean one thing only."""
    pairs: list[tuple[str, str]] = []
    for key, entry in gone.items():
        place = key.rpartition(".")[0]
        alike = [
            other
            for other, its in come.items()
            if its.value == entry.value and other.rpartition(".")[0] == place and entry.value not in _TRIVIAL
        ]
        if len(alike) == 1 and sum(its.value == entry.value for its in gone.values()) == 1:
            pairs.append((key, alike[0]))
    return pairs


def _name(path: str) -> str:
    return path.rpartition("/")[2]
