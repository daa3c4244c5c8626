"""`podium review`: read a candidate, with the facts first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from podium.cli.asides import read_answers, tell_why
from podium.cli.case import open_own_mirror, read_case
from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.names import AgentName, TaskName
from podium.conductor.tasks import find_run
from podium.kernel.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from podium.cli.reading_session import Verdict
    from podium.git.mirror import Mirror
    from podium.review.case import Case
    from podium.review.model import MarkName


@click.command(
    cls=Verb,
    examples=(
        "podium review T2",
        "podium review T2 --print | less -R",
        "podium review T2 --mark seen 3f2a91c0 77be01d4",
        'podium review T2 --close "P1=measured again: it holds"',
    ),
)
@click.argument("task", type=TaskName())
@click.argument("hunks", nargs=-1, metavar="[HUNK]...")
@click.option("--mark", type=click.Choice(["seen", "understood", "flagged", "unseen"]), help="Mark the hunks named.")
@click.option("--close", "closing", multiple=True, metavar="POINT=REASON", help="Close a point of an earlier round.")
@click.option("--answer", "answers", multiple=True, metavar="ID=yes|no|na: WHY", help="Answer a question it raises.")
@click.option("--why", metavar="HUNK", default="", help="Tell why a hunk is here: clause, step, tests, blame.")
@click.option("--print", "printed", is_flag=True, help="Print it whole instead of page by page.")
@click.option("--every", is_flag=True, help="Print hunks in full that you have read before.")
@click.option("--agent", type=AgentName(), default="", help="Whose candidate, when several agents race.")
@click.pass_context
def command(
    click_context: click.Context,
    task: str,
    hunks: tuple[str, ...],
    mark: MarkName | None,
    closing: tuple[str, ...],
    answers: tuple[str, ...],
    why: str,
    printed: bool,
    every: bool,
    agent: str,
) -> None:
    """Read a candidate: what was asked, what Podium observed, then the change.

    The riskiest hunks come first, what the agent claims comes last. Page by page each key marks what you have read; the
    marks are kept by content, so that only what changed is unread in the next round. In a pipe it is printed whole.
    """
    context = click_context.ensure_object(Context)
    if hunks and not mark:
        raise UsageError("hunks are named without a mark", where="podium review", do="Add --mark seen")
    run = find_run(context.desk.look(context.project.id), task, agent, archived=True)
    with open_own_mirror(context) as mirror:
        case = read_case(context, mirror, run)
        if case.candidate is None:
            why = f"round {case.round} has no candidate: {run.rounds[-1].state.__struct_config__.tag}"
            raise NotFoundError(why, where=case.name, do=f"podium status {case.name}")
        if why:
            tell_why(context, mirror, case, why)
        elif mark or closing or answers:
            _record(context, case, hunks, mark, closing, answers)
        elif context.output.paged and not printed:
            _read(click_context, context, mirror, case)
        else:
            _print(context, mirror, case, every)


def _record(
    context: Context,
    case: Case,
    hunks: tuple[str, ...],
    mark: MarkName | None,
    closing: tuple[str, ...],
    answers: tuple[str, ...],
) -> None:
    from podium.cli.verdict import take_seat
    from podium.conductor.record_reading import record_look, record_marks
    from podium.review.marks import named

    output, closings, said = context.output, [_closing(text) for text in closing], read_answers(answers)
    named([hunk.id for hunk in case.hunks], hunks, case.name)  # all is looked at before anything is recorded
    judge = take_seat(context, case.name, case.run.agent).judge if closings or said else None
    answered: list[str] = []
    if judge:
        for question, answer, why in said:
            answered.append(judge.answer(case.run.id, question, answer, why))
            output.line(f"{output.paint('answered', 'good')}  {output.safe(answered[-1])}: {answer}")
        for point, reason in closings:
            judge.close_point(case.run.id, point, reason)
            output.line(f"{output.paint('closed', 'good')}  {output.safe(point)}: {output.safe(reason)}")
    if mark:
        record_look(context.desk, case)
        record_marks(context.desk, case, hunks, mark)
        output.line(f"{output.paint('marked', 'good')}  {len(hunks)} of {len(case.hunks)} hunks {mark}")
    output.document(
        {"task": case.name, "marked": list(hunks), "mark": mark, "closed": list(closing), "answered": answered}
    )


def _closing(text: str) -> tuple[str, str]:
    point, equals, reason = text.partition("=")
    if not equals:
        raise UsageError(f"{text!r} gives no reason", where="--close", do=f'Write it as --close "{point}=why"')
    return point.strip(), reason


def _print(context: Context, mirror: Mirror, case: Case, every: bool) -> None:
    from podium.conductor.point_places import point_places
    from podium.conductor.rounds_apart import since_last_look
    from podium.render.terminal import review_screen
    from podium.review.obstacles import obstacles

    output = context.output
    if output.json:
        output.document({**_data(case), "since": since_last_look(mirror, case)})
        return
    screen = review_screen(
        case,
        width=output.width,
        paint=output.ink,
        refusals=obstacles(case),
        every=every,
        since=since_last_look(mirror, case),
        places=point_places(mirror, case),
    )
    for line in screen:
        output.line(line)


def _data(case: Case) -> dict[str, Any]:
    from podium.render.terminal import in_order
    from podium.review.obstacles import obstacles
    from podium.review.provenance import provenance

    return {
        "task": case.name,
        "title": case.task.title,
        "clauses": case.clauses,
        "agent": case.run.agent,
        "run": case.run.id,
        "round": case.round,
        "candidate": case.candidate,
        "evidence_finished": case.evidence_finished,
        "evidence": case.own_items,
        "notes": provenance(case),
        "hunks": [
            {
                "id": placed.hunk.id,
                "path": placed.hunk.path,
                "mark": mark,
                "reasons": placed.reasons,
                "old_start": placed.hunk.old_start,
                "new_start": placed.hunk.new_start,
                "lines": [line.kind + line.text for line in placed.hunk.lines],
            }
            for placed, mark in in_order(case)
        ],
        "points": case.review.points,
        "lane": case.lane,
        "folds": case.folds,
        "questions": case.questions,
        "answers": case.review.answers,
        "refusals": obstacles(case),
        "claim": case.judged.claim if case.judged else "",
    }


def _read(click_context: click.Context, context: Context, mirror: Mirror, case: Case) -> None:
    from podium.cli.keyboard import take_terminal
    from podium.cli.reading_session import Session
    from podium.conductor.record_reading import raise_points, record_look, record_marks
    from podium.review.obstacles import obstacles

    def judge() -> Any:
        run = context.desk.look(case.project).runs.by_id[case.run.id]
        return obstacles(read_case(context, mirror, run))

    session = Session(case, context.output, lambda hunk, mark: record_marks(context.desk, case, [hunk], mark), judge)
    record_look(context.desk, case)
    try:
        with take_terminal() as keyboard:
            verdict = session.read(keyboard)
    except BaseException:
        raise_points(context.desk, case, session.points)  # what was typed is not lost, whatever ended the reading
        raise
    _conclude(click_context, context, case, verdict, tuple(session.points))


def _conclude(
    click_context: click.Context, context: Context, case: Case, verdict: Verdict, points: tuple[str, ...]
) -> None:
    """Do what the person chose at the end. Points that are not sent back are kept as open points."""
    from podium.cli import accept, refine, reject
    from podium.conductor.record_reading import raise_points

    output, run = context.output, case.run
    if verdict == "refine":
        click_context.invoke(refine.command, task=case.name, texts=points, agent=run.agent)
        return
    for point in raise_points(context.desk, case, points):
        output.line(f"{output.paint(point.id, 'strong')}  {output.safe(point.text)} (kept open)")
    if verdict == "accept":
        click_context.exit(
            click_context.invoke(accept.command, task=case.name, agent=run.agent, waivers=(), unsigned=False)
        )
    if verdict == "reject":
        reason = click.prompt("Why is it rejected")
        click_context.invoke(reject.command, task=case.name, reason=reason, agent=run.agent)
        return
    output.line(f"What you marked is kept. Go on with: podium review {case.name}")
