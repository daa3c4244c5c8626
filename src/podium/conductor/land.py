"""The durable workflow of one landing: merge, verify on the exact merged tree, move by compare-and-swap, deliver.

The commit that lands carries the id of its entry as a trailer. A step that died after it had moved the branch finds its
own commit there and only writes down what it did: nothing lands twice. Nothing moves before the checks hold on the very
tree that lands, and a branch that moved in the meantime means merging and verifying again.
"""

from __future__ import annotations

import sys
import traceback
from dataclasses import dataclass
from functools import partial

from podium.checks.kind import Cost, Job
from podium.conductor.crash import crash_point
from podium.conductor.deliver import deliver
from podium.conductor.engine import step
from podium.conductor.examine import Subject, examine
from podium.conductor.ground import Ground
from podium.conductor.landing_commit import (
    Landable,
    commit_date,
    find_landed,
    landable,
    make_commit,
    merged_tree,
)
from podium.conductor.mirrors import move_target, open_mirror, publish, synchronise, tip_for
from podium.conductor.patience import is_for_want_of_room, patiently
from podium.conductor.prepare import ground_of
from podium.conductor.send_back import send_back
from podium.conductor.shop import Shop, in_thread
from podium.evidence.model import Item
from podium.evidence.rules import blocks, required
from podium.git.commits import add_note
from podium.git.mirror import Mirror
from podium.git.model import Conflicted, Identity, SyncDiverged
from podium.git.receipts import keep_accepted
from podium.kernel.errors import ConflictError, PodiumError
from podium.landing.events import HeldEvent, LandedEvent, ReturnedEvent
from podium.landing.model import Entry, Queued
from podium.review.receipt import NOTES_REF, evidence_line
from podium.review.verdict import was_withdrawn
from podium.runs.model import Run

TRIES = 20
_REVERT_KINDS = ("project-tests", "extra-check")
_CHECK_CODES = ("check-failed:", "check-broken-before:", "check-not-run:", "check-blind:")


async def land(shop: Shop, project: str, entry: str) -> None:
    """Bring one entry of the queue to its end: landed, returned with a point, or held for a person."""
    await step("land", patiently, "a landing", partial(_guarded, shop, project, entry))
    await step("deliver", _deliver, shop, project)


async def _guarded(shop: Shop, project: str, entry: str) -> None:
    try:
        await _land(shop, project, entry)
    except Exception as error:
        if is_for_want_of_room(error):
            raise
        why, do = f"Podium broke: {error!r}", ""
        if isinstance(error, PodiumError):
            why, do = error.what, error.do
        else:
            traceback.print_exc()  # into the worker's log
        await in_thread(_hold, shop, project, entry, why, do or "podium land tries again")


async def _land(shop: Shop, project: str, entry_id: str) -> None:
    with shop.desk.reading(project) as state:
        entry, registered = state.landings.entries[entry_id], state.project
    if not isinstance(entry.state, Queued):
        return
    mirror = await in_thread(open_mirror, shop.home, registered, shop.path)
    try:
        ground = await in_thread(ground_of, shop, project, mirror)
        attempt = Attempt(shop, ground, mirror, entry)
        for _ in range(TRIES):
            if await attempt.once():
                return
        raise PodiumError(f"{registered.target} kept moving during {TRIES} attempts", do="podium land tries again")
    finally:
        mirror.close()  # not awaited: nothing may cancel it


@dataclass(frozen=True)
class Attempt:
    """One entry, tried on the tip of the moment."""

    shop: Shop
    ground: Ground
    mirror: Mirror
    entry: Entry

    @property
    def project(self) -> str:
        """The project's id."""
        return self.ground.project.id

    async def once(self) -> bool:
        """Try to land; False when the branch moved meanwhile, and it is to be tried again."""
        synced = await in_thread(synchronise, self.mirror, self.shop.home, self.ground.project)
        if isinstance(synced, SyncDiverged):
            await in_thread(self._diverged, synced)
            return True
        tip = await in_thread(tip_for, self.mirror, self.ground.project)
        with self.shop.desk.reading(self.project) as state:
            what, run = landable(state, self.entry), state.runs.by_id[self.entry.run]
        done = await in_thread(find_landed, self.mirror, what, tip)
        if done is not None:
            await in_thread(self._record, done, ())
            return True
        if await in_thread(self._is_withdrawn, tip):
            return True
        merged = await in_thread(merged_tree, self.mirror, what, tip)
        if isinstance(merged, Conflicted):
            await in_thread(self._conflict, what, tip, merged)
            return True
        commit = await in_thread(make_commit, self.mirror, what, merged.tree, tip)
        crash_point(self.shop.crash_at, "landing-merged")
        items = await self._verify(what, run, tip, commit, merged.tree)
        if await in_thread(self._is_withdrawn, tip):  # a person may change their mind while the checks run
            return True
        broken = [item for item in items if blocks(item) and item.name not in _waived(what)]
        if broken:
            await in_thread(self._broken, what, tip, broken)
            return True
        crash_point(self.shop.crash_at, "landing-verified")
        return await in_thread(self._move, what, commit, tip, tuple(evidence_line(item) for item in items))

    async def _verify(self, what: Landable, run: Run, tip: str, commit: str, tree: str) -> tuple[Item, ...]:
        """The required evidence on exactly the tree that lands; what was gathered on that very tree is not repeated."""
        if what.candidate is not None and what.candidate.tree == tree:
            with self.shop.desk.reading(self.project) as state:
                return required(state.evidence.items(run.id, self.entry.round))
        subject = Subject(run=run, round=self.entry.round, base=tip, commit=commit)

        async def emit(_: Item) -> None:
            return

        items = required(await examine(self.shop, self.ground, subject, emit, wanted=_decides))
        if what.candidate is None:  # the clauses of the very task that is taken back cannot hold any more
            return tuple(item for item in items if item.kind in _REVERT_KINDS)
        return items

    def _is_withdrawn(self, tip: str) -> bool:
        """Whether the accept was voided since the entry was queued; then the entry goes back, and nothing moves."""
        with self.shop.desk.reading(self.project) as state:
            review = state.reviews.of(self.entry.spec, self.entry.task)
            if self.entry.revert_of or not was_withdrawn(review, self.entry.receipt):
                return False
        with self.shop.desk.change(self.project) as change:
            if isinstance(change.state.landings.entries[self.entry.id].state, Queued):
                why = "its accept was taken back before it landed"
                change.append(ReturnedEvent(entry=self.entry.id, why=why, onto=tip), actor=self.shop.actor)
        return True

    def _move(self, what: Landable, commit: str, tip: str, checks: tuple[str, ...]) -> bool:
        if what.candidate is not None and what.receipt is not None:
            self._keep_receipt(what, commit)
        if self._is_withdrawn(tip):
            return True
        try:
            move_target(self.mirror, self.shop.home, self.ground.project, commit, tip)
        except ConflictError:
            return False
        crash_point(self.shop.crash_at, "landing-moved-not-recorded")
        self._record(commit, checks)
        return True

    def _keep_receipt(self, what: Landable, commit: str) -> None:
        """Attach the receipt to the commit before it lands: a note on a commit that does not is harmless."""
        assert what.candidate is not None
        assert what.receipt is not None
        podium = Identity(name="Podium", email="podium@podium.invalid")
        add_note(self.mirror, NOTES_REF, commit, what.envelope + "\n", by=podium, date=commit_date(what))
        ref = keep_accepted(self.mirror, what.receipt.id, what.candidate.commit)
        publish(self.mirror, self.shop.home, self.ground.project, NOTES_REF, ref)

    def _record(self, commit: str, checks: tuple[str, ...]) -> None:
        landed = LandedEvent(
            entry=self.entry.id,
            commit=commit,
            tree=self.mirror.tree_of(commit),
            before=self.mirror.resolve(f"{commit}^") or "",
            target=self.ground.project.target,
            checks=checks,
        )
        with self.shop.desk.change(self.project) as change:
            if isinstance(change.state.landings.entries[self.entry.id].state, Queued):
                change.append(landed, actor=self.shop.actor)

    def _conflict(self, what: Landable, tip: str, found: Conflicted) -> None:
        target, paths = self.ground.project.target, ", ".join(found.paths[:20])
        if what.candidate is None:
            do = f"Revert it by hand: git revert {self.entry.revert_of}"
            _hold(self.shop, self.project, self.entry.id, f"later work stands in the way in {paths}", do)
            return
        text = f"{target} has moved, and this no longer fits: both changed {paths}. Do the work again on top of it."
        send_back(self.shop, self.mirror, self.project, self.entry, tip=tip, why=text, paths=found.paths)

    def _broken(self, what: Landable, tip: str, items: list[Item]) -> None:
        names = "; ".join(evidence_line(item) for item in items)
        if what.candidate is None:
            do = "Look at what fails; podium land tries again."
            _hold(self.shop, self.project, self.entry.id, f"without it the checks fail: {names}", do)
            return
        text = f"Merged with {self.ground.project.target} as it is now, the checks do not hold: {names}"
        send_back(self.shop, self.mirror, self.project, self.entry, tip=tip, why=text, paths=())

    def _diverged(self, synced: SyncDiverged) -> None:
        target = self.ground.project.target
        why = (
            f"your {target} has {synced.user_only} commits that Podium does not have, "
            f"and lacks {synced.mirror_only} that have landed"
        )
        do = f"git merge podium/{target} (in your repository), then podium land"
        _hold(self.shop, self.project, self.entry.id, why, do)


def _decides(job: Job) -> bool:
    """What a landing waits for. A plugin's cheap jobs are asked too: their answer may say that it is required."""
    return job.required or job.cost <= Cost.CHECK


def _waived(what: Landable) -> set[str]:
    """Names of the checks whose failure the reviewer waived, with a reason, in the receipt."""
    waivers = what.receipt.waivers if what.receipt else ()
    return {
        waiver.refusal.removeprefix(code)
        for waiver in waivers
        for code in _CHECK_CODES
        if waiver.refusal.startswith(code)
    }


def _hold(shop: Shop, project: str, entry: str, why: str, do: str) -> None:
    with shop.desk.change(project) as change:
        if isinstance(change.state.landings.entries[entry].state, Queued):
            change.append(HeldEvent(entry=entry, why=why, do=do), actor=shop.actor)


async def _deliver(shop: Shop, project: str) -> None:
    """Bring what landed to the user. What is in the way is theirs to see to: `podium land` tells, and tries again."""
    crash_point(shop.crash_at, "landed-not-delivered")
    try:
        await in_thread(deliver, shop.desk, project, shop.path)
    except (PodiumError, OSError) as error:
        print(f"{project}: not delivered: {error}", file=sys.stderr, flush=True)  # noqa: T201 - the worker's log
