"""Gathering one item of evidence again: the same question about the same trees, in fresh sandboxes, nothing cached."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from podium.checks.kind import GatherOrder, Job, Kind, installed_kinds
from podium.conductor.examine import Subject, gather_on, order_for
from podium.conductor.mirrors import open_mirror
from podium.conductor.own_keys import OwnKeys, redactor_of
from podium.conductor.prepare import ground_of
from podium.conductor.setup_reach import SetupReach
from podium.conductor.shop import Shop, in_thread
from podium.evidence.model import Execution, Item
from podium.evidence.rules import item_id
from podium.git.mirror import Mirror
from podium.kernel.errors import NotFoundError
from podium.runs.store import candidate_of


@dataclass(frozen=True)
class Reproduced:
    """An item as it was recorded, and as it is now."""

    old: Item
    new: Item
    settings_changed: bool  # what reproduces it is another command now, or another environment

    @property
    def same(self) -> bool:
        """Whether both say the same: the outcome, and what was found."""
        old, new = self.old, self.new
        return type(old.outcome) is type(new.outcome) and _found(old) == _found(new)


async def reproduce(shop: Shop, project: str, item: str) -> Reproduced:
    """Gather the item with this id again. Records nothing.

    Raises NotFoundError for no such item, for trees that are gone, and for a kind that is not installed any more.
    """
    with shop.desk.reading(project) as state:
        known = state.evidence.find(item)
        registered = state.project
    if known is None:
        raise NotFoundError(
            "there is no evidence with this id", where=item, do="podium evidence TASK --json names them."
        )
    run, number, old = known
    found, round_ = shop.look(project, run, number)
    candidate = candidate_of(round_)
    if candidate is None:
        raise NotFoundError("the candidate of this evidence is gone", where=f"{found.spec}/{found.task}")
    mirror = await in_thread(open_mirror, shop.home, registered, shop.path)
    try:
        subject = Subject(base=candidate.base, commit=candidate.commit, run=found, round=number)
        return await _again(shop, mirror, project, old, subject)
    finally:
        mirror.close()  # not awaited: nothing may cancel it


async def _again(shop: Shop, mirror: Mirror, project: str, old: Item, subject: Subject) -> Reproduced:
    ground = await in_thread(ground_of, shop, project, mirror)
    order = await in_thread(order_for, shop, ground, subject)
    # Asked alone, an item has all the time that it wants.
    order = msgspec.structs.replace(order, budget_seconds=0.0)
    redactor = await in_thread(redactor_of, ground.settings, shop.environ, ground.project.root)
    own = (OwnKeys(redactor), SetupReach(ground, subject.base, subject.commit))
    kinds: tuple[Kind, ...] = tuple(_Only(kind, old.id) for kind in (*installed_kinds(), *own))
    items = await gather_on(ground, order, subject, _quiet, cache=_Forgetful(), kinds=kinds, redactor=redactor)
    if not items:
        raise NotFoundError(
            f"no installed kind of evidence gives {old.name!r} ({old.kind}) for this candidate any more",
            where=old.id,
            do="Install what gave it, and look whether podium.toml still asks for it.",
        )
    changed = (items[0].command, items[0].environment) != (old.command, old.environment)
    return Reproduced(old, items[0], changed)


def _found(item: Item) -> frozenset[str]:
    return frozenset(finding.fingerprint for finding in item.findings)


async def _quiet(_: Item) -> None:
    return None


class _Only:
    """A kind with none but the job that gives one item."""

    def __init__(self, kind: Kind, item: str) -> None:
        self.name = kind.name
        self._kind = kind
        self._item = item

    def jobs(self, order: GatherOrder) -> tuple[Job, ...]:
        every = self._kind.jobs(order)
        return tuple(job for job in every if item_id(job.kind, job.name, order.base_tree, order.tree) == self._item)


class _Forgetful:
    """A cache that holds nothing: to see it again means to run it again."""

    def get(self, key: str) -> Execution | None:  # noqa: ARG002 - the port's signature
        return None

    def put(self, key: str, execution: Execution) -> None:
        """Forget it."""
