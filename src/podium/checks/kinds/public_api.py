"""What the change takes from those who use the code: names that are gone, calls that no longer fit.

Signatures are read, nothing is run: what a function raises, returns or does is not seen here.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from podium.checks.bench import Bench
from podium.checks.changed_python import is_product
from podium.checks.configuration.changes import configuration_changes, holds_keys
from podium.checks.kind import Answer, GatherOrder, Job, ReadsDiff
from podium.checks.languages.changed import foreign_sources
from podium.checks.languages.export_changes import foreign_changes
from podium.checks.module_changes import ModuleChange, for_others, module_changes, python_modules
from podium.checks.python_api import defaults_changed, narrowed
from podium.checks.reading import in_part, why_blind
from podium.evidence.fingerprint import Findings
from podium.evidence.interfaces import has_interfaces, interface_changes
from podium.evidence.model import Blind, Fails, Holds
from podium.evidence.rules import diff_command
from podium.runs.model import FileChange

NAME = "public-api"
_SCRIPTS = re.compile(r"^(?:bin|scripts?|tools?|tasks?)/")  # they are started, and imported by nobody


class PublicApi:
    """One job each for signatures, interfaces and configuration, where they may have changed; they read files only."""

    name = NAME

    def jobs(self, order: GatherOrder) -> tuple[Job, ...]:
        command = diff_command(order.base_tree, order.tree)
        read = bool(_products(order.changes) or foreign_sources(order.changes))
        wanted: tuple[tuple[bool, str, Callable[[Bench], Awaitable[Answer]], ReadsDiff], ...] = (
            (read, "public API", _work, ""),
            (has_interfaces(order.changes), "flags, routes, schemas", _interfaces, "code"),
            (any(map(holds_keys, order.changes)), "configuration keys", configuration_changes, ""),
        )
        return tuple(
            Job(kind=NAME, name=name, work=work, command=command, rests_on="trees", reads_diff=reads)
            for applies, name, work, reads in wanted
            if applies
        )


def _products(changes: tuple[FileChange, ...]) -> tuple[FileChange, ...]:
    return tuple(
        change
        for change in python_modules(changes)
        if is_product(change.old_path) and not _SCRIPTS.search(change.old_path)
    )


async def _work(bench: Bench) -> Answer:
    modules, blind = module_changes(_products(bench.order.changes), bench.source)
    everywhere = frozenset(name for module in modules for name in (*module.new.callees, *module.new.names))
    found = Findings()
    for module in modules:
        _compare(bench, module, everywhere, found)
    blind += foreign_changes(bench, found)
    broken = sum(finding.level == "warning" for finding in found.all())
    if broken:
        why = "one thing that callers relied on is gone" if broken == 1 else f"{broken} things that callers relied on"
        outcome = Fails(why=in_part(why if broken == 1 else f"{why} are gone or changed", blind))
    else:
        outcome = Blind(why=why_blind(blind)) if blind else Holds()
    return Answer(outcome=outcome, findings=found.all(), tool="podium")


async def _interfaces(bench: Bench) -> Answer:
    found = interface_changes(bench.order.changes)
    count = sum(finding.level != "note" for finding in found.all())
    why = "one thing that users rely on is gone or changed" if count == 1 else f"{count} things that users rely on"
    if not count:
        why = "new ones were added"
    elif count > 1:
        why += " are gone or changed"
    return Answer(outcome=Fails(why=why) if found.count else Holds(), findings=found.all(), tool="podium")


def _compare(bench: Bench, module: ModuleChange, everywhere: frozenset[str], found: Findings) -> None:
    change, old, new = module.change, module.old, module.new
    meant = for_others(change.old_path, bench.source)
    gone_module = change.status == "deleted" or change.status == "renamed"

    def public(name: str) -> bool:
        return old.public(name) and (meant is None or name.partition(".")[0] in meant)

    if gone_module and any(public(name) for name in (*old.callees, *old.names)):
        what = f"the module {change.old_path} is gone"
        if change.status == "renamed":
            what = f"the module {change.old_path} is now {change.path}"
        found.add("module-gone", "warning", what, path=change.old_path, side="old")
        if change.status == "deleted":
            return
    for name, line in _lines(module).items():
        if not public(name) or new.has(name) or _within_gone(name, module):
            continue
        moved = "; a name like it is defined in another changed module" if name in everywhere else ""
        found.add("name-gone", "warning", f"{name} is gone{moved}", path=change.old_path, line=line, side="old")
    for name, callee in old.callees.items():
        now = new.callees.get(name)
        if now is None or not public(name):
            continue
        for what in narrowed(callee, now):
            found.add("signature", "warning", f"{name}: {what}", path=change.path, line=now.line)
        for what in defaults_changed(callee, now):
            found.add("default", "warning", f"{name}: {what}", path=change.path, line=now.line)


def _lines(module: ModuleChange) -> dict[str, int]:
    return {**module.old.names, **{name: callee.line for name, callee in module.old.callees.items()}}


def _within_gone(name: str, module: ModuleChange) -> bool:
    """Whether the class that it was in is gone too, which is told once."""
    outer = name.rpartition(".")[0]
    return bool(outer) and not module.new.has(outer)


PUBLIC_API = PublicApi()
