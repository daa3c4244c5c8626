"""The same evidence about any two commits, with no task, registration or conductor behind it.

Everything is made in a scratch directory and is gone afterwards: a mirror, the trees, the dependency layers. What
decides what is run comes from the base, or from the person: a branch cannot choose how it is checked.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from podium.checks.kind import GatherOrder, installed_kinds
from podium.conductor.examine import Emit, Subject, gather_on
from podium.conductor.ground import Ground
from podium.conductor.home import Home
from podium.conductor.shop import in_thread
from podium.conductor.trees import FileCache
from podium.evidence.model import Item
from podium.git.bring import bring
from podium.git.commits import list_tree, read_file
from podium.git.diff import changes
from podium.git.mirror import Mirror
from podium.git.user_repository import UserRepository
from podium.kernel.errors import NotFoundError, PodiumError, UsageError
from podium.kernel.ids import system_entropy
from podium.plan.model import Task
from podium.project.detect import detect
from podium.project.model import Project, Settings
from podium.project.settings import FILE, parse_settings
from podium.runs.model import FileChange
from podium.supervisor.lock import holder, take
from podium.workspaces.space import remove
from podium.workspaces.tiers import Chosen

CHECK_PREFIX = "check-"
CHECK_LOCK = "lock"
"""Held by the process that checks; the kernel drops it when that process ends, however it ends."""
_PROJECT = "check"
_READ_LIMIT = 1024 * 1024
_NO_BUDGET = 10**9


@dataclass(frozen=True)
class Range:
    """What is checked: the commits of `head` that `base` lacks."""

    base: str
    head: str


@dataclass(frozen=True)
class Checking:
    """A range, ready to be looked at. Gone with the `with` that gave it."""

    range: Range
    ground: Ground
    changes: tuple[FileChange, ...]
    settings_from: str  # where the settings came from, in words


def find_range(repository: UserRepository, text: str) -> Range:
    """The commits that `BASE..HEAD` (or `BASE`, then up to what is checked out) names.

    The base is where `HEAD` left `BASE`, as code hosts show a pull request: what happened on `BASE` since is not part
    of the change. Raises UsageError for what names no commits, or two histories that share none.
    """
    first, dots, last = text.partition("...") if "..." in text else text.partition("..")
    if not first and not last:
        raise UsageError("this names no commits", where=f"{text!r}", do="For example: podium check main..HEAD")
    head = repository.commit((last or "HEAD") if dots else "HEAD")
    start = repository.commit(first or "HEAD")
    merged = repository.git(["merge-base", start, head], check=False)
    if merged.code != 0:
        raise UsageError(
            "these two share no history here",
            where=text,
            do="In a shallow clone, fetch more of it first: git fetch --unshallow",
        )
    return Range(base=merged.text(), head=head)


@contextmanager
def checking(
    repository: UserRepository,
    wanted: Range,
    *,
    settings: Settings | None,
    test: str = "",
    scratch: Path,
    path: str,
    chosen: Chosen,
    environ: Mapping[str, str] | None = None,
) -> Generator[Checking]:
    """Everything that is needed to look at a range, below a new directory in `scratch`.

    Without `settings`, the `podium.toml` of the base counts, else that of the head, else what the files suggest; a
    `test` command that is given replaces theirs. `environ` is the user's: where a set-up finds their package indexes.
    Raises PodiumError.
    """
    place = scratch / f"{CHECK_PREFIX}{system_entropy(8).hex()}"
    home = Home(place)
    place.mkdir(mode=0o700, parents=True)
    lock = take(place / CHECK_LOCK)
    try:
        with Mirror.create(home.mirror(_PROJECT), {"PATH": path}) as mirror:
            for commit in (wanted.base, wanted.head):
                bring(mirror, repository.root, commit)
            found, source = (settings, "the command line") if settings else _settings(mirror, repository, wanted)
            if test:
                found = _testing_with(found, test)
            project = Project(
                id=_PROJECT,
                name=found.project,
                root=str(repository.root),
                mirror=str(mirror.path),
                target=found.target,
            )
            ground = Ground(home, project, found, mirror, chosen.tier, chosen.bwrap, environ or {}, trusted=wanted.base)
            yield Checking(wanted, ground, changes(mirror, wanted.base, wanted.head), source)
    finally:
        remove(place, within=scratch)
        if lock is not None:
            os.close(lock)


def abandoned(scratch: Path) -> list[Path]:
    """Directories of checks in `scratch` whose process has died without clearing up."""
    return sorted(lock.parent for lock in scratch.glob(f"{CHECK_PREFIX}*/{CHECK_LOCK}") if holder(lock) is None)


async def check_range(check: Checking, emit: Emit) -> tuple[Item, ...]:
    """Gather all evidence about a range; `emit` gets each item as soon as it is known. Cancelling ends all sandboxes.

    Raises PodiumError when the set-up of the dependencies fails.
    """
    ground, wanted = check.ground, check.range
    # What a plan would ask (scope, size, clauses) nobody asked here: the scope is everything, the size has no end.
    task = Task(id="check", title="a branch", clauses=(), scope=("**",), budget=_NO_BUDGET)
    order = GatherOrder(
        run=_PROJECT,
        round=1,
        base_tree=ground.mirror.tree_of(wanted.base),
        tree=ground.mirror.tree_of(wanted.head),
        task=task,
        clauses=(),
        changes=check.changes,
        settings=ground.settings,
        environment=await in_thread(ground.environment_key, wanted.head),
    )
    cache = FileCache(ground.home.project(_PROJECT) / "base-executions")
    subject = Subject(base=wanted.base, commit=wanted.head)
    return await gather_on(ground, order, subject, emit, cache=cache, kinds=installed_kinds())


def _settings(mirror: Mirror, repository: UserRepository, wanted: Range) -> tuple[Settings, str]:
    for commit, where in ((wanted.base, "the base"), (wanted.head, "the head: the base has none")):
        try:
            text = read_file(mirror, commit, FILE, limit=_READ_LIMIT)
        except NotFoundError:
            continue
        found = parse_settings(text)
        # A branch that brings its own settings may say how it is looked at, there being no other, but not that nothing
        # it does is wrong.
        return found if commit == wanted.base else _without_policy(found), f"{FILE} of {where}"
    return _detected(mirror, repository, wanted.base), "what the files of the base suggest"


def _detected(mirror: Mirror, repository: UserRepository, base: str) -> Settings:
    def read(path: str) -> str:
        try:
            return read_file(mirror, base, path, limit=_READ_LIMIT).decode("utf-8", "replace")
        except PodiumError:
            return ""

    files = [entry.path for entry in list_tree(mirror, base)]
    found = detect(files, read, name=repository.root.name or "project", target="main")
    return _testing_with(Settings(project=found.name or "project"), found.test)


def _without_policy(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, evidence=msgspec.structs.replace(settings.evidence, fail_on=None))


def _testing_with(settings: Settings, test: str) -> Settings:
    environment = msgspec.structs.replace(settings.environment, test=test)
    return msgspec.structs.replace(settings, environment=environment)
