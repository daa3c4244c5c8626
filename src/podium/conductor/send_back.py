"""A landing that did not fit is sent back as a refine point: the accept is void, and the same agent goes on."""

from __future__ import annotations

from podium.conductor.casefile import build_case
from podium.conductor.order_run import Documents
from podium.conductor.shop import Shop
from podium.git.mirror import Mirror
from podium.kernel.clock import stamp
from podium.landing.events import ReturnedEvent
from podium.landing.model import Entry, Queued
from podium.review.rules import Refused, decide_refine


def send_back(
    shop: Shop, mirror: Mirror, project: str, entry: Entry, *, tip: str, why: str, paths: tuple[str, ...]
) -> None:
    """Return an entry of the queue, void its accept and raise the point, all in one transaction."""
    with shop.desk.change(project) as change:
        state = change.state
        if not isinstance(state.landings.entries[entry.id].state, Queued):
            return
        change.append(ReturnedEvent(entry=entry.id, why=why, onto=tip, paths=paths), actor=shop.actor)
        plan = state.plans.approved(entry.spec)
        documents = Documents(plan.spec_blob, plan.plan_blob) if plan else Documents("", "")
        case = build_case(
            state,
            mirror,
            state.runs.by_id[entry.run],
            tip=tip,
            documents=documents,
            actor=shop.actor,
            at=stamp(shop.clock.now()),
            receipt_id="",
        )
        refined = decide_refine(case, (why,))
        if not isinstance(refined, Refused):
            for event in refined:
                change.append(event, actor=shop.actor)
