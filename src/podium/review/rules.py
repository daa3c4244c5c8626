"""The verdict: what a person may decide on a candidate, and why not.

An accept is refused by code, each code with a reason and with what to do. The closed list:

    not-a-person               the actor is an agent, a worker or nobody              never waivable
    decided                    the task was accepted, rejected or has landed          never waivable
    no-candidate               the round has no candidate, or its run is archived     never waivable
    human-only:PATH            touches what may not be delegated                      never waivable
    superseded                 there is a later round of this run
    intent-void                the approval of spec or plan no longer counts
    evidence-unfinished        evidence is still being gathered
    check-failed:NAME          required evidence says no
    check-broken-before:NAME   required evidence says no, as it did on the base, and does not name its tests
    check-not-run:NAME         required evidence was not gathered, or was gathered on another tree
    check-blind:NAME           required evidence cannot see an answer
    finding:NAME               a finding of level error about scope, tests, links, hidden characters, keys or set-ups
    unread-lane                hunks not read that can be neither folded nor skipped    never waivable
    unread                     hunks that the accepting person has not read
    flagged                    hunks that the accepting person flagged
    checklist                  questions that the accepting person has not answered, where the risk is high
    open-point:P1              a point of an earlier round that nobody closed and no evidence met
    conflict                   the base moved under a conflicting change
    protected:two-reviewers:PATH    nobody else approved this tree
    protected:extra-checks:PATH     a check that guards the path does not hold

A waiver names one code and gives a reason; it goes into the receipt.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from podium.kernel.clock import moment
from podium.kernel.errors import UsageError
from podium.kernel.value import Value
from podium.review import points, receipt
from podium.review.case import Case
from podium.review.checklist import answer_lines
from podium.review.drafts import Draft
from podium.review.events import AcceptVoided, ApprovalGiven, ReviewEvent, TaskRefined, TaskRejected
from podium.review.model import (
    Accepted,
    FirstPass,
    HunkRecord,
    Receipt,
    Refusal,
    Rejected,
    Signature,
)
from podium.review.obstacles import obstacles, other_approvals
from podium.review.person import require_person, same_person
from podium.review.verdict import last_decision
from podium.runs.model import Delivered, Failed, Stopped


class Cleared(Value, frozen=True, kw_only=True, tag="cleared"):
    """Nothing stands against the accept: the receipt waits for its signature (`seal`)."""

    receipt: Receipt


class SecondWanted(Value, frozen=True, kw_only=True, tag="second wanted"):
    """Only a second person is missing: `approval` is to be recorded, and is no accept."""

    approval: ApprovalGiven
    refusals: tuple[Refusal, ...]


class Refused(Value, frozen=True, kw_only=True, tag="refused"):
    """It cannot be done as things are, for these reasons."""

    refusals: tuple[Refusal, ...]


# --- accept -----------------------------------------------------------------------------------------------------------


def decide_accept(case: Case) -> Cleared | SecondWanted | Refused:
    """Whether this person may accept this candidate now.

    Raises UsageError for a waiver without a reason, of another person, or of something that is no obstacle.
    """
    found = obstacles(case)
    waived = _waived(case, found)
    left = tuple(refusal for refusal in found if not (refusal.waivable and refusal.code in waived))
    if not left:
        return Cleared(receipt=_receipt(case))
    if case.candidate and all(refusal.code.startswith("protected:two-reviewers:") for refusal in left):
        approval = ApprovalGiven(
            spec=case.spec,
            task=case.task.id,
            run=case.run.id,
            round=case.round,
            tree=case.candidate.tree,
            by=case.who,
            waivers=case.waivers,
        )
        return SecondWanted(approval=approval, refusals=left)
    return Refused(refusals=left)


def seal(cleared: Cleared, signature: Signature | None) -> Accepted:
    """The proof of an accept: its receipt in an envelope, signed or plainly marked as unsigned."""
    envelope = receipt.envelope(cleared.receipt, signature)
    return Accepted(receipt=cleared.receipt, envelope=envelope, signed=signature is not None)


def same_ground(before: Receipt, now: Receipt) -> bool:
    """Whether two receipts were founded on the same facts.

    Signing takes time and happens outside the transaction: whoever records the accept decides again inside it, and
    goes on only when this holds. Id, time and place in the ledger may differ.
    """
    return _ground(before) == _ground(now)


def with_evidence(each: Receipt, other: Receipt) -> Receipt:
    """The receipt as it would be with the evidence that another one names."""
    return msgspec.structs.replace(each, evidence=other.evidence)


def _ground(each: Receipt) -> Receipt:
    return msgspec.structs.replace(each, id="", at="", seconds=None, ledger_head="", pace="")


def _waived(case: Case, found: tuple[Refusal, ...]) -> frozenset[str]:
    codes = {refusal.code: refusal for refusal in found}
    for waiver in case.waivers:
        if not waiver.reason.strip():
            raise UsageError(
                f"{waiver.refusal} cannot be waived without a reason",
                where=case.name,
                do=f'Give one: --waive "{waiver.refusal}=why this is right"',
            )
        if not same_person(waiver.by, case.who):
            raise UsageError(f"{waiver.by} cannot waive for {case.who or case.actor}", where=case.name)
        if waiver.refusal not in codes:
            known = ", ".join(code for code, refusal in codes.items() if refusal.waivable)
            raise UsageError(
                f"there is nothing to waive called {waiver.refusal}",
                where=case.name,
                do=f"What stands against it and can be waived: {known or 'nothing'}",
            )
        if not codes[waiver.refusal].waivable:
            raise UsageError(
                f"{waiver.refusal} cannot be waived by anyone", where=case.name, do=codes[waiver.refusal].do
            )
    return frozenset(waiver.refusal for waiver in case.waivers)


def _receipt(case: Case) -> Receipt:
    candidate = case.candidate
    if candidate is None:  # `obstacles` refuses it
        raise AssertionError("an accept without a candidate")
    own, others, folded = case.own_marks, other_approvals(case), case.folded
    theirs = (each for each in case.review.approvals if each.tree == candidate.tree and each.by in others)
    return Receipt(
        id=case.receipt_id,
        project=case.project,
        spec=case.spec,
        task=case.task.id,
        run=case.run.id,
        agent=case.run.agent,
        round=case.round,
        base=candidate.base,
        commit=candidate.commit,
        tree=candidate.tree,
        spec_blob=case.spec_blob,
        plan_blob=case.plan_blob,
        reviewer=case.who,
        at=case.at,
        evidence=tuple(receipt.evidence_line(item) for item in case.own_items),
        hunks=tuple(
            HunkRecord(hunk=h.id, path=h.path, mark=own.get(h.id, "unseen"), folded=folded.get(h.id, ""))
            for h in case.hunks
        ),
        waivers=(*case.waivers, *(waiver for each in theirs for waiver in each.waivers)),
        seconds=_seconds(case),
        ledger_head=case.ledger_head,
        approvals=others,
        points=tuple(receipt.point_line(point, points.state(point, case.own_items)) for point in case.review.points),
        part_of=case.part.whole if case.part else "",
        left_out=case.part.left_out if case.part else (),
        answers=answer_lines(case.questions, case.review.answers, case.who),
        first_pass=_first_pass(case),
        pace=case.pace,
    )


def _first_pass(case: Case) -> FirstPass:
    """How this person first read this round; empty when they did not open it."""
    for look in case.review.looks:
        if look.run == case.run.id and look.round == case.round and same_person(look.by, case.who):
            return "blind" if look.blind else "open"
    return ""


def _seconds(case: Case) -> float | None:
    """From the first look at this round to the verdict; None when nobody looked, or the clock went backwards."""
    looks = [
        look.at
        for look in case.review.looks
        if look.run == case.run.id and look.round == case.round and same_person(look.by, case.who)
    ]
    if not looks:
        return None
    passed = (moment(case.at) - moment(min(looks))).total_seconds()
    return passed if passed >= 0 else None


# --- refine and reject ------------------------------------------------------------------------------------------------


def decide_refine(case: Case, texts: Iterable[str | Draft]) -> tuple[ReviewEvent, ...] | Refused:
    """The events that send a candidate back with numbered points.

    An accept that has not landed is voided by it. Podium itself may refine (a landing that failed); an agent may not.
    Raises UsageError when no point has any text.
    """
    by = case.who or ("podium" if case.actor.startswith("podium:") else "")
    refusals = tuple(_against_refine(case, by))
    if refusals:
        return Refused(refusals=refusals)
    written = points.write(
        texts,
        review=case.review,
        by=by,
        round_number=case.round,
        clauses=(clause.id for clause in case.clauses),
        changes=case.changes,
        items=case.own_items,
    )
    if case.part is not None:  # what was left out of a part that does not land goes back with it
        numbered = msgspec.structs.replace(case.review, points=(*case.review.points, *written))
        written = (*written, *points.renumbered(case.part.points, numbered))
    earlier = points.still_open(case.review.points, case.own_items)
    if not written:
        raise UsageError(
            "a refine needs at least one point that says what to change",
            where=case.name,
            do=f'For example: podium refine {case.name} -m "B2 fails for an empty list"',
        )
    refined = TaskRefined(
        spec=case.spec,
        task=case.task.id,
        run=case.run.id,
        round=case.round,
        points=written,
        open=tuple(point.id for point in (*earlier, *written)),
        by=by,
    )
    return (*_voiding(case, by), refined)


def _against_refine(case: Case, by: str) -> Iterable[Refusal]:
    if not by:
        message = f"only a named person can refine, not {case.actor or 'nobody'}"
        yield Refusal(code="not-a-person", message=message, do="Set your name: git config user.name.", waivable=False)
    yield from _against_change(case)
    last = case.run.rounds[-1] if case.run.rounds else None
    if last is None or not isinstance(last.state, Delivered | Failed | Stopped):
        yield Refusal(
            code="at-work",
            message="its latest round has not ended",
            do=f"Wait for it (podium status {case.name}) or stop it (podium stop {case.name}).",
            waivable=False,
        )
    elif last.number != case.round:
        yield Refusal(
            code="superseded",
            message=f"round {case.round} is not the latest: there is round {last.number}",
            do=f"Review round {last.number}: podium review {case.name}",
            waivable=False,
        )
    if case.run.archived:
        message = f"this run is out of the race: {case.run.archived}"
        yield Refusal(code="no-candidate", message=message, do="Refine the run that is still in it.", waivable=False)


def _against_change(case: Case) -> Iterable[Refusal]:
    if case.landed:
        do = f"Take it back with podium revert {case.name}, or write a new task."
        yield Refusal(code="decided", message="it has landed", do=do, waivable=False)
    match last_decision(case.review):
        case Rejected(by=by, reason=reason):
            do = "Write a new task."
            yield Refusal(code="decided", message=f"{by} rejected it: {reason}", do=do, waivable=False)
        case _:
            return


def _voiding(case: Case, by: str) -> tuple[ReviewEvent, ...]:
    match last_decision(case.review):
        case Accepted(receipt=receipt):
            voided = AcceptVoided(
                spec=case.spec,
                task=case.task.id,
                run=receipt.run,
                round=receipt.round,
                why="its reviewer changed their mind" if same_person(by, receipt.reviewer) else f"{by} sent it back",
                by=by,
            )
            return (voided,)
        case _:
            return ()


def decide_reject(case: Case, reason: str) -> tuple[ReviewEvent, ...] | Refused:
    """The events that turn a task down for good.

    Raises UsageError without a reason, PodiumError when the actor is no person.
    """
    by = require_person(case.actor, "reject")
    refusals = tuple(_against_change(case))
    if refusals:
        return Refused(refusals=refusals)
    if not reason.strip():
        raise UsageError(
            "a reject needs a reason",
            where=case.name,
            do=f'For example: podium reject {case.name} --reason "weakened the test"',
        )
    rejected = TaskRejected(spec=case.spec, task=case.task.id, reason=reason.strip(), by=by)
    return (*_voiding(case, by), rejected)
