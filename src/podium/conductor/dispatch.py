"""Turning decisions into ordered work: one pass over one project.

What is ordered, and the workflow that does it, commit in one transaction. The workflow's id is made from the id of what
was ordered, so that ordering the same thing twice runs it once.
"""

from __future__ import annotations

from dataclasses import replace

from podium.conductor.crash import crash_point
from podium.conductor.desk import Change
from podium.conductor.engine import Engine
from podium.conductor.mirrors import open_mirror, target_tip
from podium.conductor.orders import Land, NextRound, Order, SendRest, StartPart, StartRun, Void, Work, orders
from podium.conductor.shop import Shop
from podium.git.merge import merge
from podium.git.model import Conflicted
from podium.landing.events import LandOrdered, WorkOrdered
from podium.project.agents import find_agent
from podium.review.events import AcceptVoided
from podium.review.model import Part
from podium.review.part_rules import rest_refined
from podium.runs.events import PartOrdered, RoundOrdered, RunStarted
from podium.runs.model import Candidate
from podium.runs.store import candidate_of

RUN_ROUND = "run_round"
LAND = "land"


def dispatch(shop: Shop, engine: Engine, project: str) -> int:
    """Order everything that the ledger asks for by now; return how much that was.

    Raises PodiumError when the mirror cannot be read or the database refuses: nothing was ordered then.
    """
    with shop.desk.reading(project) as state:
        wanted = orders(state)
        target = state.project
    if not wanted:
        return 0
    tip = target_tip(shop, target) if any(isinstance(order, StartRun | NextRound) for order in wanted) else ""
    with shop.desk.change(project) as change:
        wanted = [
            _on_moved_base(shop, change, order, tip)
            for order in orders(change.state)
            if tip or not isinstance(order, StartRun | NextRound)
        ]
        for order in wanted:
            _order(shop, engine, change, order, tip)
    crash_point(shop.crash_at, "round-ordered")
    return len(wanted)


def _on_moved_base(shop: Shop, change: Change, order: Order, tip: str) -> Order:
    """A round that goes on with a candidate which no longer fits the target branch goes on on the branch's tip."""
    if not isinstance(order, NextRound) or order.rebased_from:
        return order
    before = change.state.runs.by_id[order.run].rounds[order.number - 2]
    if before.kind == "part":  # the workspace has the whole
        before = change.state.runs.by_id[order.run].rounds[before.part_of - 1]
    candidate = candidate_of(before)
    if candidate is None or tip == order.base:
        return order
    with open_mirror(shop.home, change.state.project, shop.path) as mirror:
        fits = not isinstance(merge(mirror, tip, candidate.commit), Conflicted)
    return order if fits else replace(order, base=tip, rebased_from=candidate.commit)


def _order(shop: Shop, engine: Engine, change: Change, order: Order, tip: str) -> None:
    project = change.state.id
    match order:
        case StartRun():
            _start_run(shop, engine, change, order, tip)
        case NextRound(run=run, number=number):
            ordered = RoundOrdered(
                run=run,
                round=number,
                round_kind="refine",
                base=order.base,
                points=order.points,
                rebased_from=order.rebased_from,
            )
            change.append(ordered, actor=shop.actor)
            engine.enqueue(change.connection, RUN_ROUND, f"round:{run}.{number}", project, run, str(number))
        case StartPart(part=part):
            _start_part(shop, engine, change, part)
        case Void(spec=spec, task=task, run=run, round=number, why=why):
            voided = AcceptVoided(spec=spec, task=task, run=run, round=number, why=why, by="podium")
            change.append(voided, actor=shop.actor)
        case SendRest(spec=spec, task=task, round=number, part=part):
            change.append(rest_refined(change.state.reviews.of(spec, task), number, part), actor=shop.actor)
        case Land():
            entry = shop.desk.new_id()
            queued = LandOrdered(
                entry=entry,
                spec=order.spec,
                task=order.task,
                run=order.run,
                round=order.round,
                receipt=order.receipt,
            )
            change.append(queued, actor=shop.actor)
            _work(shop, engine, change, Work(entry, 1))
        case Work():
            _work(shop, engine, change, order)


def _model(change: Change, agent: str) -> str:
    found = find_agent(change.state.settings, agent)
    return found.model if found else ""


def _start_run(shop: Shop, engine: Engine, change: Change, order: StartRun, tip: str) -> None:
    run = shop.desk.new_id()
    started = RunStarted(
        run=run,
        spec=order.spec,
        task=order.task,
        agent=order.agent,
        plan_blob=order.plan_blob,
        model=_model(change, order.agent),
    )
    change.append(started, actor=shop.actor)
    change.append(RoundOrdered(run=run, round=1, round_kind="first", base=tip), actor=shop.actor)
    engine.enqueue(change.connection, RUN_ROUND, f"round:{run}.1", change.state.id, run, "1")


def _start_part(shop: Shop, engine: Engine, change: Change, part: Part) -> None:
    candidate = Candidate(
        base=part.base,
        commit=part.commit,
        tree=part.tree,
        files=part.files,
        added=part.added,
        removed=part.removed,
        ref=part.ref,
    )
    parted = PartOrdered(run=part.run, round=part.number, part_of=part.round, candidate=candidate)
    change.append(parted, actor=shop.actor)
    name = f"round:{part.run}.{part.number}"
    engine.enqueue(change.connection, RUN_ROUND, name, change.state.id, part.run, str(part.number))


def _work(shop: Shop, engine: Engine, change: Change, order: Work) -> None:
    change.append(WorkOrdered(entry=order.entry, attempt=order.attempt), actor=shop.actor)
    engine.enqueue(change.connection, LAND, f"land:{order.entry}.{order.attempt}", change.state.id, order.entry)
