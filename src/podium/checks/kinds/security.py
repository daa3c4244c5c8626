"""New risks: places where data becomes code or trust, credentials, dependencies, what the CI does.

Only what the base did not have is told. Sinks are looked for in Python, JavaScript, TypeScript, Go and Rust;
credentials and the rest in every language.
Whether a new dependency exists, and how old it is, an index is asked where podium.toml names one.
"""

from __future__ import annotations

import asyncio
import posixpath
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from difflib import get_close_matches

from podium.checks.bench import Bench
from podium.checks.dependencies import ManifestError, declared, is_manifest, locks_of
from podium.checks.kind import Answer, GatherOrder, Job, ReadsDiff, RestsOn
from podium.checks.languages.changed import foreign_sources
from podium.checks.languages.sinks import foreign_sinks
from podium.checks.module_changes import python_modules
from podium.checks.package_index import Absent, Known, Listed, Unreachable, days_since, ecosystem_of, look_up
from podium.checks.ports import UnreadableError
from podium.checks.python_claims import parse
from podium.checks.python_sinks import Sink, sinks
from podium.checks.reading import reading, why_blind
from podium.checks.well_known import near_known
from podium.evidence.change_rules import changed_lines, not_shown
from podium.evidence.fingerprint import Findings
from podium.evidence.grammar import family_of
from podium.evidence.model import Blind, Fails, Holds
from podium.evidence.rules import diff_command
from podium.evidence.secret_texts import secret_in
from podium.evidence.test_code import is_test_file
from podium.runs.model import FileChange

NAME = "security"
_WORKFLOW = re.compile(
    r"^\.github/(?:workflows|actions)/|(?:^|/)(?:\.gitlab-ci\.yml|Jenkinsfile|azure-pipelines\.yml)$"
)
_RISKY_STEP = re.compile(
    r"pull_request_target|permissions:\s*write-all|^\s*[\w-]+:\s*write\s*$|\$\{\{\s*github\.(?:event|head_ref)"
    r"|curl[^|\n]*\|\s*(?:ba|z)?sh|secrets\.|continue-on-error:\s*true"
)
_MOST_ASKED = 30
_DECLARES = re.compile(r"(?:^|/)(?:setup\.(?:py|cfg)|pyproject\.toml|Pipfile|requirements[\w.-]*\.(?:txt|in))$")
_MOST_DECLARED = 200_000  # bytes of such a file that are read
_YOUNG = 90  # days; most packages that were planted to be taken by mistake are found out by then
_SELDOM = 1000
_UNPINNED = re.compile(r"uses:\s*(?!\./)([\w./-]+)@(?![0-9a-f]{40}\b)(\S+)")


class Security:
    """Up to three jobs, each where it has something to look at; they read files only."""

    name = NAME

    def jobs(self, order: GatherOrder) -> tuple[Job, ...]:
        command = diff_command(order.base_tree, order.tree)
        wanted: tuple[tuple[bool, str, Callable[[Bench], Awaitable[Answer]], RestsOn, ReadsDiff], ...] = (
            (any(True for _ in _sources(order.changes)), "new risky calls", _sinks, "trees", ""),
            (any(change.added for change in order.changes), "credentials", _credentials, "trees", "all"),
            (any(_supplies(change.path) for change in order.changes), "supply chain", _supply, "world", ""),
        )
        return tuple(
            Job(kind=NAME, name=name, work=work, command=command, rests_on=rests_on, reads_diff=reads)
            for applies, name, work, rests_on, reads in wanted
            if applies
        )


async def _sinks(bench: Bench) -> Answer:
    found, blind = Findings(), list[str]()
    known: Counter[tuple[str, str]] = Counter()
    alike: Counter[tuple[str, str]] = Counter()
    fresh: list[tuple[FileChange, Sink]] = []
    for change, old, new in reading(bench.source, _sources(bench.order.changes), blind):
        try:
            before = _sinks_of(change.old_path, old)
            known.update((each.rule, each.text) for each in before)
            alike.update((change.path, each.message) for each in before)
            fresh.extend((change, each) for each in _sinks_of(change.path, new))
        except UnreadableError as error:
            blind.append(f"{change.path}: {error}")
    for change, sink in fresh:
        if known[sink.rule, sink.text] > 0:
            known[sink.rule, sink.text] -= 1
            alike[change.path, sink.message] -= 1
            continue
        # The file did so before in as many places: this one was rewritten, and what flows into it may be another thing.
        rewritten = alike[change.path, sink.message] > 0
        alike[change.path, sink.message] -= 1
        level, message = ("note", f"{sink.message}: rewritten") if rewritten else ("warning", sink.message)
        found.add(f"sink/{sink.rule}", level, message, path=change.path, line=sink.line, text=sink.text)
    one = "one new or rewritten call that can do harm"
    return _answer(found, one, "new or rewritten calls that can do harm", blind)


def _sources(changes: tuple[FileChange, ...]) -> Iterator[FileChange]:
    yield from python_modules(changes)
    yield from foreign_sources(changes)


def _sinks_of(path: str, source: bytes) -> tuple[Sink, ...]:
    return foreign_sinks(path, source) if family_of(path) else tuple(sinks(parse(source)))


async def _credentials(bench: Bench) -> Answer:
    found = Findings()
    removed = {line.text for change in bench.order.changes for line in changed_lines(change) if line.kind == "-"}
    for change in bench.order.changes:
        if posixpath.basename(change.path) in ("package-lock.json", "uv.lock", "yarn.lock", "poetry.lock"):
            continue
        for line in changed_lines(change):
            what = secret_in(line.text) if line.kind == "+" and line.text not in removed else ""
            if what:
                level = "warning" if is_test_file(change.path) else "error"
                found.add_line("credential", level, f"this looks like {what}", change, line)
    return _answer(found, "what looks like a credential is added", "lines look like credentials", [])


def _supplies(path: str) -> bool:
    return is_manifest(path) or bool(_WORKFLOW.search(path))


async def _supply(bench: Bench) -> Answer:
    found, blind = Findings(), list[str]()
    for change in bench.order.changes:
        if _WORKFLOW.search(change.path):
            _workflow(change, found)
            blind += [f"{change.path}: changed lines were left out"] if not_shown(change) else []
        elif is_manifest(change.path) and change.status != "deleted":
            try:
                fresh = _manifest(bench, change, found)
                blind.extend(await _asked(bench, change.path, fresh, found) if fresh else ())
            except ManifestError as error:
                blind.append(str(error))
            except UnreadableError as error:
                blind.append(f"{change.path}: {error}")
    return _answer(found, "one change of the supply chain", "changes of the supply chain", blind)


def _workflow(change: FileChange, found: Findings) -> None:
    for line in changed_lines(change):
        if line.kind != "+":
            continue
        text = line.text[:1000]
        unpinned = _UNPINNED.search(text)
        if _RISKY_STEP.search(text):
            found.add_line("workflow", "warning", f"the CI may do more now: {text.strip()[:100]}", change, line)
        elif unpinned:
            message = f"the CI runs {unpinned[1]} at {unpinned[2]}, which can change under it"
            found.add_line("workflow", "note", message, change, line)


async def _asked(bench: Bench, path: str, names: list[str], found: Findings) -> list[str]:
    """Ask the index of the project about new names; returns what could not be learnt."""
    ecosystem = ecosystem_of(path)
    index = bench.order.settings.evidence.index.get(ecosystem, "")
    if not index:
        return [f"{path}: no registry was asked about its new dependencies"]
    limit = asyncio.Semaphore(4)

    async def ask(name: str) -> Known:
        async with limit:
            return await asyncio.to_thread(look_up, ecosystem, index, name, bench.fetch)

    untold: list[str] = []
    told = await asyncio.gather(*(ask(name) for name in names[:_MOST_ASKED]))
    for name, known in zip(names, told, strict=False):
        match known:
            case Absent():
                message = f"the index has no package {name}: is it invented, or private?"
                found.add("dependency-absent", "error", message, path=path, text=name)
            case Unreachable(why=why):
                untold.append(f"{name}: {why}")
            case Listed():
                _young(name, path, known, found)
    if len(names) > _MOST_ASKED:
        untold.append(f"{len(names) - _MOST_ASKED} more new dependencies were not asked about")
    return untold


def _young(name: str, path: str, known: Listed, found: Findings) -> None:
    days = days_since(known, datetime.now(UTC))
    if days is not None and days < _YOUNG:
        found.add("dependency-young", "error", f"{name} exists for {days} days only", path=path, text=name)
    elif known.releases <= 1 or (known.downloads is not None and known.downloads < _SELDOM):
        used = f"{known.downloads} downloads" if known.downloads is not None else "one release"
        found.add("dependency-seldom", "warning", f"{name} is hardly used: {used}", path=path, text=name)


def _manifest(bench: Bench, change: FileChange, found: Findings) -> list[str]:
    """Tell what a manifest declares newly; returns the new names."""
    before = bench.source.read("base", change.old_path) if change.status not in ("added", "copied") else None
    old = declared(change.old_path, before) if before is not None else {}
    new = declared(change.path, bench.source.read("candidate", change.path) or b"")
    fresh = [name for name in new if name not in old]
    for name in fresh:
        near = get_close_matches(name, [each for each in old if each != name], n=1, cutoff=0.85)
        like = f"; its name is close to {near[0]}, which is there already" if near else ""
        known = near_known(ecosystem_of(change.path), name)
        if known and not near:
            like = f"; its name is almost that of {known}, which is known everywhere"
        level = "error" if near or known else "warning"
        moved = "" if near or known else _declared_before(bench, name, change.path)
        if moved:
            level, like = "note", f"; {moved} declared it before"
        found.add("dependency", level, f"new dependency: {new[name][:100]}{like}", path=change.path, text=name)
    for name, line in new.items():
        if name in old and re.search(r"(?:git\+|https?:|file:)", line) and line != old[name]:
            found.add("dependency-source", "warning", f"comes from elsewhere now: {line[:100]}", path=change.path)
    changed = {each.path for each in bench.order.changes}
    there = frozenset(bench.source.paths("candidate"))
    locks = [lock for lock in locks_of(change.path) if lock in there]
    if new != old and locks and not changed & set(locks):
        found.add("lock-file", "warning", f"{locks[0]} was not changed with it", path=change.path)
    return fresh


def _declared_before(bench: Bench, name: str, path: str) -> str:
    """Another file of the base that declares a dependency of Python, where it has only moved from one to the other."""
    if ecosystem_of(path) != "python":
        return ""
    word = re.escape(name).replace(r"\-", "[-_.]+")
    line = rf"[ \t]*{word}[ \t]*(?:\[[^\]\n]*\])?[ \t]*(?:[<>=!~;@#][^\n]*)?"
    says = re.compile(rf"(?im)^{line}$|[\"']{line}[\"']")
    for other in bench.source.paths("base"):
        if other != path and _DECLARES.search(other):
            text = (bench.source.read("base", other) or b"")[:_MOST_DECLARED].decode("utf-8", "replace")
            if says.search(text):
                return other
    return ""


def _answer(found: Findings, one: str, many: str, blind: list[str]) -> Answer:
    if found.count:
        why = one if found.count == 1 else f"{found.count} {many}"
        return Answer(outcome=Fails(why="; ".join([why, *blind[:2]])), findings=found.all(), tool="podium")
    return Answer(outcome=Blind(why=why_blind(blind)) if blind else Holds(), tool="podium")


SECURITY = Security()
