"""What stands against an accept, each kind found by one function; `podium.review.rules` has the list of codes."""

from __future__ import annotations

from collections.abc import Iterator

from podium.evidence.model import Blind, BrokenBefore, Fails, Holds, Item, NotRun
from podium.review import marks, points
from podium.review.case import Case
from podium.review.checklist import unanswered
from podium.review.model import Accepted, ProtectedTouch, Refusal, Rejected
from podium.review.person import same_person
from podium.review.verdict import is_refined, last_decision


def obstacles(case: Case) -> tuple[Refusal, ...]:
    """All that stands against accepting this candidate, the unwaivable first, one for each code."""
    found: dict[str, Refusal] = {}
    for kind in _KINDS:
        for refusal in kind(case):
            found.setdefault(refusal.code, refusal)
    return tuple(sorted(found.values(), key=lambda refusal: refusal.waivable))


def _actor(case: Case) -> Iterator[Refusal]:
    if not case.who:
        yield Refusal(
            code="not-a-person",
            message=f"only a named person can accept, not {case.actor or 'nobody'}",
            do="Set your name: git config user.name and git config user.email.",
            waivable=False,
        )


def _decided(case: Case) -> Iterator[Refusal]:
    message = ""
    match last_decision(case.review):
        case _ if case.landed:
            message = "it has landed"
        case Accepted(receipt=receipt):
            message = f"{receipt.reviewer} accepted it"
        case Rejected(by=by, reason=reason):
            message = f"{by} rejected it: {reason}"
        case _:
            return
    yield Refusal(code="decided", message=message, do=f"See podium log {case.name}.", waivable=False)


def _candidate(case: Case) -> Iterator[Refusal]:
    if case.candidate is None:
        message, do = f"round {case.round} has no candidate", f"See podium status {case.name}."
    elif case.run.archived:
        message, do = f"this run is out of the race: {case.run.archived}", "Accept the run that is still in it."
    else:
        return
    yield Refusal(code="no-candidate", message=message, do=do, waivable=False)


def _latest(case: Case) -> Iterator[Refusal]:
    last = case.run.rounds[-1].number if case.run.rounds else 0
    if last > case.round:
        yield Refusal(
            code="superseded",
            message=f"round {case.round} is not the latest: there is round {last}",
            do=f"Review round {last}: podium review {case.name}",
            waivable=True,
        )
    elif is_refined(case.review, case.run.id, case.round):
        yield Refusal(
            code="superseded",
            message=f"round {case.round} was sent back: its next round is on its way",
            do=f"Wait for it: podium status {case.name}",
            waivable=True,
        )


def _intent(case: Case) -> Iterator[Refusal]:
    if case.intent_void:
        yield Refusal(
            code="intent-void",
            message=f"the approval no longer counts: {case.intent_void}",
            do=f"Approve the plan again: podium plan approve {case.spec}",
            waivable=True,
        )


# --- evidence ---------------------------------------------------------------------------------------------------------


def _evidence(case: Case) -> Iterator[Refusal]:
    if not case.evidence_finished:
        yield Refusal(
            code="evidence-unfinished",
            message="evidence is still being gathered",
            do=f"Wait for it: podium status {case.name}",
            waivable=True,
        )
    items = case.own_items
    for item in items:
        if item.required:
            yield from _outcome(case, item)
    asked = [clause.id for clause in case.clauses if clause.check and clause.id in case.task.clauses]
    answered = {item.clause for item in items} | {item.name for item in items}
    for name in [*asked, *case.expected]:
        if name not in answered:
            yield _refused(case, "check-not-run", name, "was not run on this tree")


def _findings(case: Case) -> Iterator[Refusal]:
    """Facts about the change that no check stands for, and that are no matter of taste."""
    for item in case.own_items:
        serious = [
            finding
            for finding in item.findings
            if finding.level == "error" and (item.kind in _SERIOUS or finding.rule in _KEYS)
        ]
        if not item.required and isinstance(item.outcome, Fails) and serious:
            yield Refusal(
                code=f"finding:{item.name}",
                message=f"{item.name}: {serious[0].message}" + (f", and {len(serious) - 1} more" * (len(serious) > 1)),
                do=f'Send it back: podium refine {case.name} -m "..."',
                waivable=True,
            )


def _outcome(case: Case, item: Item) -> Iterator[Refusal]:
    match item.outcome:
        case Holds():
            return
        case Fails(why=why):
            yield _refused(case, "check-failed", item.name, f"fails: {why}")
        case BrokenBefore(why=why):
            if not _tells_tests_apart(item):
                yield _refused(case, "check-broken-before", item.name, f"fails, as it did on the base: {why}")
        case NotRun(why=why):
            yield _refused(case, "check-not-run", item.name, f"was not run: {why}")
        case Blind(why=why):
            yield _refused(case, "check-blind", item.name, f"cannot see an answer: {why}")


def _tells_tests_apart(item: Item) -> bool:
    """Whether the reports of both trees name their tests: then `broken before` means that no other test fails now.

    Without them a new failure hides behind an old one, and a person has to say that it does not.
    """
    return all(
        execution is not None and execution.passed is not None and bool(execution.failing)
        for execution in (item.base, item.candidate)
    )


def _refused(case: Case, kind: str, name: str, what: str) -> Refusal:
    return Refusal(
        code=f"{kind}:{name}",
        message=f"{name} {what}",
        do=f'Send it back: podium refine {case.name} -m "..."',
        waivable=True,
    )


# --- what the person did ----------------------------------------------------------------------------------------------


def _reading(case: Case) -> Iterator[Refusal]:
    hunks, own, folded = case.hunks, case.own_marks, case.folded
    unread = tuple(hunk for hunk in marks.unread(hunks, own) if hunk.id not in folded)
    reasons = {each.hunk: each.reasons for each in case.lane}
    lane = [hunk for hunk in unread if hunk.id in reasons]
    if lane:
        told = ", ".join(dict.fromkeys(reason for hunk in lane for reason in reasons[hunk.id]))
        yield Refusal(
            code="unread-lane",
            message=f"{_count(len(lane), 'hunk')} not read by you that nobody may skip"
            + (f": {told}" if told and not case.blind else ""),
            do=f"Read them: podium review {case.name}",
            waivable=False,
        )
    if len(unread) > len(lane):
        files = len({hunk.path for hunk in unread})
        yield Refusal(
            code="unread",
            message=f"{_count(len(unread), 'hunk')} of {len(hunks)} in {_count(files, 'file')} not read by you",
            do=f"Read them: podium review {case.name}",
            waivable=True,
        )
    flagged = marks.flagged(hunks, own)
    if flagged:
        yield Refusal(
            code="flagged",
            message=f"you flagged {_count(len(flagged), 'hunk')}",
            do=f"Raise a point (podium refine {case.name}) or mark them understood.",
            waivable=True,
        )


def _checklist(case: Case) -> Iterator[Refusal]:
    """Where the risk is high, the questions that the change raises want an answer."""
    left = unanswered(case.questions, case.review.answers, case.who) if case.risk == "high" else ()
    if left:
        yield Refusal(
            code="checklist",
            message=f"{_count(len(left), 'question')} not answered by you"
            + ("" if case.blind else f": {', '.join(each.topic for each in left)}"),
            do=f"Read the change, then answer them: podium review {case.name}"
            if case.blind
            else f'Answer them: podium review {case.name} --answer "{left[0].id}=yes: why"',
            waivable=True,
        )


def _points(case: Case) -> Iterator[Refusal]:
    for point in points.still_open(case.review.points, case.own_items):
        yield Refusal(
            code=f"open-point:{point.id}",
            message=f"{point.id} is open: {point.text}",
            do=f'Close it: podium review {case.name} --close "{point.id}=why it is met", or send it back again.',
            waivable=True,
        )


def _base(case: Case) -> Iterator[Refusal]:
    if case.conflicts is not None:
        paths = ", ".join(case.conflicts[:5]) + (", ..." if len(case.conflicts) > 5 else "")
        yield Refusal(
            code="conflict",
            message=f"the target branch has moved, and conflicts in {paths or 'some files'}",
            do=f'Send it back, to be done again on the new base: podium refine {case.name} -m "..."',
            waivable=True,
        )


# --- protected areas --------------------------------------------------------------------------------------------------


def _protected(case: Case) -> Iterator[Refusal]:
    for touch in case.protected:
        match touch.rule:
            case "human-only":
                yield Refusal(
                    code=f"human-only:{touch.place}",
                    message=f"{touch.place} may be changed by people only{_because(touch)}",
                    do="Send it back without that change, and make the change yourself.",
                    waivable=False,
                )
            case "two-reviewers":
                yield from _second_person(case, touch)
            case "extra-checks":
                yield from _guarded(case, touch)


def _second_person(case: Case, touch: ProtectedTouch) -> Iterator[Refusal]:
    if not other_approvals(case):
        yield Refusal(
            code=f"protected:two-reviewers:{touch.place}",
            message=f"{touch.place} needs a second person{_because(touch)}",
            do=f"Ask another person to review and accept it: podium accept {case.name}",
            waivable=True,
        )


def _guarded(case: Case, touch: ProtectedTouch) -> Iterator[Refusal]:
    holding = {text for item in case.own_items if isinstance(item.outcome, Holds) for text in (item.name, item.command)}
    missing = [check for check in touch.checks if check not in holding]
    if missing:
        yield Refusal(
            code=f"protected:extra-checks:{touch.place}",
            message=f"{touch.place} is guarded by {', '.join(missing)}, which does not hold{_because(touch)}",
            do=f'Send it back: podium refine {case.name} -m "..."',
            waivable=True,
        )


_SERIOUS = frozenset({"scope", "weakened-tests", "deleted-tests", "hidden-characters", "symlinks", "embedded"})
_KEYS = frozenset({"credential", "own-key", "set-up-refused"})
"""Rules: what is committed once is known to everybody for ever, and what it sets up runs before anybody read it."""

_KINDS = (
    _actor,
    _decided,
    _candidate,
    _protected,
    _latest,
    _intent,
    _evidence,
    _findings,
    _reading,
    _checklist,
    _points,
    _base,
)


def other_approvals(case: Case) -> tuple[str, ...]:
    """Who else approved exactly this tree, each named once."""
    candidate = case.candidate
    if candidate is None:
        return ()
    names = (each.by for each in case.review.approvals if each.tree == candidate.tree)
    return tuple(dict.fromkeys(name for name in names if not same_person(name, case.who)))


def _because(touch: ProtectedTouch) -> str:
    return f" ({touch.reason})" if touch.reason else ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
