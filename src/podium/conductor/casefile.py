"""Everything that a verdict is judged by, read at one moment."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeAlias

from podium.conductor.order_run import Documents
from podium.conductor.proofs import proven
from podium.conductor.rounds_apart import changes_between
from podium.conductor.state import State
from podium.evidence.model import Item
from podium.git.merge import merge
from podium.git.mirror import Mirror
from podium.git.model import Conflicted
from podium.kernel.errors import UsageError
from podium.landing.model import OnTarget
from podium.landing.rules import task_state
from podium.plan.model import Task
from podium.plan.rules import approval_counts
from podium.project.model import Settings
from podium.project.rules import protected_touch
from podium.review.case import Case
from podium.review.checklist import Question, questions
from podium.review.folds import Fold
from podium.review.lane import InLane, lane
from podium.review.model import ProtectedTouch, Waiver
from podium.review.pace import pace
from podium.review.person import key, person, same_person
from podium.runs.model import Candidate, FileChange, Run
from podium.runs.store import candidate_of
from podium.spec.model import Clause, Spec
from podium.spec.parse import parse_spec

ReadDiff: TypeAlias = Callable[[Mirror, str, str], tuple[FileChange, ...]]

PROJECT_TESTS = "project tests"
"""The name of the item of evidence that the project's own tests give."""


def spec_of(state: State, name: str) -> Spec:
    """The spec as it was recorded last. Raises UsageError when it never was."""
    recorded = state.specs.latest(name)
    if recorded is None:
        raise UsageError("this spec was never approved", where=name, do=f"podium plan approve {name}")
    return parse_spec(recorded.text, f"{name}.md")


def clauses_of(state: State, spec: str, task: Task) -> tuple[Clause, ...]:
    """The clauses that a task serves, from the version of the spec that was approved last."""
    return tuple(clause for clause in spec_of(state, spec).clauses if clause.id in task.clauses)


def build_case(
    state: State,
    mirror: Mirror,
    run: Run,
    *,
    tip: str,
    documents: Documents,
    actor: str,
    at: str,
    receipt_id: str,
    waivers: tuple[Waiver, ...] = (),
    diff: ReadDiff = changes_between,
) -> Case:
    """The case of a run's newest round; the rules say what a round without a candidate is good for.

    `diff` reads the changes between two commits; who asks often for the same ones may remember them.
    """
    round_ = run.rounds[-1]
    candidate = candidate_of(round_)
    task = state.plans.task(run.spec, run.task)
    assert task is not None, f"{run.spec}/{run.task} is in no plan"
    approved = state.plans.approved(run.spec)
    changed = diff(mirror, candidate.base, candidate.commit) if candidate else ()
    items = state.evidence.items(run.id, round_.number)
    own = tuple(item for item in items if candidate and item.tree == candidate.tree)
    protected = protected_places(changed, state)
    barred, asked = _looked_through(candidate, changed, own, protected)
    spec = spec_of(state, run.spec)
    return Case(
        actor=actor,
        at=at,
        project=state.id,
        spec=run.spec,
        spec_blob=approved.spec_blob if approved else "",
        plan_blob=run.plan_blob,
        task=task,
        clauses=tuple(clause for clause in spec.clauses if clause.id in task.clauses),
        run=run,
        round=round_.number,
        changes=changed,
        items=items,
        evidence_finished=state.evidence.finished(run.id, round_.number) is not None,
        pending=tuple(each.name for each in state.evidence.pending(run.id, round_.number)),
        review=state.reviews.of(run.spec, run.task),
        receipt_id=receipt_id,
        ledger_head=state.head,
        expected=(PROJECT_TESTS,) if state.settings.environment.test else (),
        protected=protected,
        intent_void=_intent_void(state, run.spec, documents),
        conflicts=_conflicts(mirror, tip, candidate) if candidate else None,
        landed=_landed(state, run),
        waivers=waivers,
        risk=spec.risk,
        lane=barred,
        folds=_folds(mirror, candidate, changed, barred, own, state),
        questions=asked,
        blind=is_blind(state.settings, spec.risk),
        pace=_pace(state, changed, run, actor, at),
    )


_through: OrderedDict[tuple[object, ...], tuple[tuple[InLane, ...], tuple[Question, ...]]] = OrderedDict()
_lock = threading.Lock()


def _looked_through(
    candidate: Candidate | None,
    changed: tuple[FileChange, ...],
    items: tuple[Item, ...],
    protected: tuple[ProtectedTouch, ...],
) -> tuple[tuple[InLane, ...], tuple[Question, ...]]:
    """Lane and questions: both read every changed line, so they are remembered for the last few candidates."""
    place = (candidate.base, candidate.commit, items, protected) if candidate else ()
    with _lock:
        if place in _through:
            _through.move_to_end(place)
            return _through[place]
    found = (lane(changed, items, protected), questions(changed, items))
    with _lock:
        _through[place] = found
        while len(_through) > 16:
            _through.popitem(last=False)
    return found


def is_blind(settings: Settings, risk: str) -> bool:
    """Whether machine findings are hidden until a hunk is marked."""
    return settings.blind_first == "always" or (settings.blind_first == "high-risk" and risk == "high")


def _folds(
    mirror: Mirror,
    candidate: Candidate | None,
    changed: tuple[FileChange, ...],
    barred: tuple[InLane, ...],
    items: tuple[Item, ...],
    state: State,
) -> tuple[Fold, ...]:
    if candidate is None:
        return ()
    pair = (candidate.base, candidate.commit)
    return proven(mirror, pair, changed, lane=barred, generated=state.settings.generated, items=items)


def _pace(state: State, changed: tuple[FileChange, ...], run: Run, actor: str, at: str) -> str:
    """How fast the person read, for the receipt: only what the ledger has, which is what the project shares."""
    review, who = state.reviews.of(run.spec, run.task), person(actor)
    times = [batch for batch in review.times if who and same_person(batch.by, who)]
    if not times:
        return ""
    hunks = (hunk for change in changed for hunk in change.hunks)
    return pace(times, hunks, review.marks.get(key(who), {}), at).said


def protected_places(changed: tuple[FileChange, ...], state: State) -> tuple[ProtectedTouch, ...]:
    """The protected areas that a candidate touches, as review wants them."""
    return tuple(
        ProtectedTouch(rule=touch.rule, place=touch.path, reason=touch.reason or touch.why, checks=touch.checks)
        for touch in protected_touch(changed, state.settings)
    )


def _intent_void(state: State, spec: str, documents: Documents) -> str:
    plan = state.plans.approved(spec)
    if plan is None:
        return state.plans.withdrawn(spec) or "its plan is not approved"
    return approval_counts(plan, documents.spec_blob, documents.plan_blob)


def _conflicts(mirror: Mirror, tip: str, candidate: Candidate) -> tuple[str, ...] | None:
    if tip == candidate.base:
        return None
    merged = merge(mirror, tip, candidate.commit)
    return merged.paths if isinstance(merged, Conflicted) else None


def _landed(state: State, run: Run) -> bool:
    runs = state.runs.of_task(run.spec, run.task)
    review, entries = state.reviews.of(run.spec, run.task), state.landings.of_task(run.spec, run.task)
    return isinstance(task_state(runs, review, entries), OnTarget)
