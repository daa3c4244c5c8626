"""Which evidence need not be gathered again, because exactly this was gathered before.

Design. An item is taken over only where nothing could make it come out otherwise: same kind and name, same two trees,
same changes between them, same test command, same program (Podium's own sources, Python, the parsers). That is all
that an answer depends on that rests on the `trees`, so that it may come from any task of the project.

What rests on `runs` of commands depends on more than anybody can list: what is installed, the machine, the hour. All
that can be told is part of the question (the whole settings, task and clauses, `GatherOrder.environment`, and the
shelf's `surroundings`), and because that is not everything, only what *holds* is taken over, only where every run of it
came to its end, only within a day, and a shelf is for one task and one machine. What fails, is flaky, was cut off or
could not see is looked at again; so is everything that a plugin says.

An item that was taken over says so (`Item.earlier`), for a reader and in what is signed. `podium evidence reproduce`
and `podium check` have no shelf.
"""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Protocol

import msgspec

from podium import __version__
from podium.checks.kind import GatherOrder, Job
from podium.evidence.model import Earlier, Fails, Holds, Item
from podium.evidence.rules import item_id
from podium.kernel.ids import digest
from podium.kernel.value import canonical

_OWN = Path(__file__).parents[1]
_EDGES = ("api", "cli", "render", "testing", "web")  # they show evidence, and gather none
_PARSERS = "tree-sitter"


class Shelf(Protocol):
    """Where items are kept for later gatherings. Losing one costs time, nothing else."""

    @property
    def surroundings(self) -> str:
        """All that can be told of what commands meet in a sandbox here, beyond `GatherOrder.environment`."""
        ...

    def get(self, key: str) -> Item | None:
        """What was put under `key`, or None."""
        ...

    def put(self, key: str, item: Item) -> None:
        """Keep an item, with the moment in its `earlier`."""
        ...

    def is_fresh(self, item: Item) -> bool:
        """Whether a kept item is young enough to stand for a run of commands."""
        ...


def question(order: GatherOrder, job: Job, shelf: Shelf) -> str:
    """The key of all that the answer to a job depends on; empty where that cannot be said."""
    # Only our own sources are part of the key: a plugin may have changed without a trace.
    if job.rests_on == "world" or not getattr(job.work, "__module__", "").startswith("podium."):
        return ""
    asked = [job.kind, job.name, job.command, job.clause, job.required, job.rests_on]
    tested_by = order.settings.environment.test  # whoever changes what it runs weakens the tests
    parts: list[object] = [asked, order.base_tree, order.tree, order.changes, tested_by, program()]
    if job.rests_on == "runs":
        seconds = [order.check_seconds, order.budget_seconds]
        parts += [order.settings, order.task, order.clauses, order.environment, seconds, shelf.surroundings]
    return digest(canonical(parts))


def known(shelf: Shelf, key: str, order: GatherOrder, job: Job) -> Item | None:
    """The item that answers this question already, or None."""
    item = shelf.get(key) if key else None
    if item is None or item.earlier is None:
        return None
    if job.rests_on == "runs" and not shelf.is_fresh(item):
        return None
    wanted = (item_id(job.kind, job.name, order.base_tree, order.tree), order.tree, order.base_tree)
    return item if (item.id, item.tree, item.base_tree) == wanted else None


def put_away(shelf: Shelf, key: str, order: GatherOrder, job: Job, item: Item) -> None:
    """Keep an item that was just gathered, if whoever asks exactly this again may take it over."""
    if key and _is_lasting(job, item):
        shelf.put(key, msgspec.structs.replace(item, earlier=Earlier(run=order.run, round=order.round, at="")))


def _is_lasting(job: Job, item: Item) -> bool:
    if job.rests_on == "trees":
        return isinstance(item.outcome, Holds | Fails)
    ran = [each for each in (item.base, item.candidate) if each is not None]
    ended = all(each.how in ("exited", "absent") for each in ran)
    tried = all(mutant.status != "Pending" for mutant in item.mutants)
    return isinstance(item.outcome, Holds) and ended and tried and not item.repeats


@cache
def program() -> str:
    """The digest of what gathers evidence here: Podium's sources, the Python that runs them, the parsers."""
    seen = hashlib.sha256(f"{__version__} {platform.python_version()}\0".encode())
    for file in sorted(_OWN.rglob("*.py")):
        if file.relative_to(_OWN).parts[0] not in _EDGES:
            seen.update(str(file.relative_to(_OWN)).encode() + b"\0" + file.read_bytes() + b"\0")
    for name, version in sorted((each.name, each.version) for each in distributions()):
        if name.startswith(_PARSERS):
            seen.update(f"{name} {version}\0".encode())
    return seen.hexdigest()
