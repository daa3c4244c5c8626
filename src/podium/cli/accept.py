"""`podium accept`: take responsibility for a candidate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from podium.cli.background import ensure_conductor
from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.names import AgentName, TaskName
from podium.cli.part import take_some
from podium.cli.verdict import Seat, signer_of, take_seat
from podium.kernel.errors import UsageError

if TYPE_CHECKING:
    from podium.review.model import Accepted, Refusal


@click.command(
    cls=Verb,
    examples=(
        "podium accept T1",
        'podium accept T2 --except 3f2a91c0 -m "src/cart.py:12 swallows the error"',
        'podium accept rate-limit/T2 --waive "check-not-run:D1=no browser here, tried by hand"',
    ),
)
@click.argument("task", type=TaskName())
@click.option("--agent", type=AgentName(), default="", help="Whose candidate, when several agents race.")
@click.option("--waive", "waivers", multiple=True, metavar="CODE=REASON", help="Override one refusal, by its code.")
@click.option("--unsigned", is_flag=True, help="Do not sign the receipt.")
@click.option("--hunk", "hunks", multiple=True, metavar="ID", help="Take only this hunk; may be repeated.")
@click.option("--except", "excepted", multiple=True, metavar="ID", help="Take all but this hunk; may be repeated.")
@click.option("-m", "--message", "texts", multiple=True, metavar="POINT", help="What is to change in what you leave.")
@click.pass_obj
def command(
    context: Context,
    task: str,
    agent: str,
    waivers: tuple[str, ...],
    unsigned: bool,
    hunks: tuple[str, ...] = (),
    excepted: tuple[str, ...] = (),
    texts: tuple[str, ...] = (),
) -> int:
    """Accept a candidate: you have read it, and you own it.

    It is refused while anything stands against it (a check that fails, a hunk that you have not read, a protected area
    ...), and says what. A refusal can be waived by its code, with a reason that goes into the receipt. What is accepted
    enters the landing queue.

    With --hunk or --except a part is taken: its evidence is gathered on exactly that tree, then it waits for your
    accept. When it has landed, the rest goes back to the agent with the points that you give.
    """
    from podium.conductor.decide import Approved
    from podium.conductor.ssh_signing import NoSigner
    from podium.review.rules import Refused

    given = tuple(_waiver(text) for text in waivers)
    seat = take_seat(context, task, agent)
    if hunks or excepted:
        if given:
            raise UsageError("a part is not accepted yet", where="--waive", do="Waive when you accept it.")
        return take_some(context, seat, hunks, excepted, texts)
    if texts:
        raise UsageError("an accept takes no points", where="-m", do=f'podium refine {seat.name} -m "..."')
    match seat.judge.accept(seat.run.id, NoSigner() if unsigned else signer_of(context), given):
        case Refused(refusals=refusals):
            return _refused(context, seat, refusals)
        case Approved(refusals=refusals):
            _approved(context, seat, refusals)
        case accepted:
            _accepted(context, seat, accepted)
            ensure_conductor(context)
    return 0


def _waiver(text: str) -> tuple[str, str]:
    code, equals, reason = text.partition("=")
    if not equals or not code.strip():
        raise UsageError(
            f"{text!r} names no code and reason",
            where="--waive",
            do='Write it as --waive "CODE=why this is right"; podium accept shows the codes.',
        )
    return code.strip(), reason.strip()


def _refused(context: Context, seat: Seat, refusals: tuple[Refusal, ...]) -> int:
    from podium.render.terminal_facts import refusal_lines

    output = context.output
    output.document({"task": seat.name, "accepted": False, "refusals": refusals})
    output.line(f"{output.paint('refused', 'bad')}  {seat.name} cannot be accepted as things are:")
    for line in refusal_lines(refusals, width=output.width, paint=output.ink):
        output.line(line)
    codes = [refusal.code for refusal in refusals if refusal.waivable]
    if len(codes) == len(refusals):
        output.line(f'To override it, with a reason for the receipt: --waive "{output.safe(codes[0])}=REASON"')
    return 1


def _approved(context: Context, seat: Seat, refusals: tuple[Refusal, ...]) -> None:
    output = context.output
    output.document({"task": seat.name, "accepted": False, "approved": True, "refusals": refusals})
    output.line(f"{output.paint('approved', 'good')}  {seat.name}: your yes is recorded; a second person's is wanted:")
    for refusal in refusals:
        output.line(f"  {output.safe(refusal.message)}")


def _accepted(context: Context, seat: Seat, accepted: Accepted) -> None:
    output, receipt = context.output, accepted.receipt
    output.document(
        {
            "task": seat.name,
            "accepted": True,
            "signed": accepted.signed,
            "receipt": receipt.id,
            "tree": receipt.tree,
            "commit": receipt.commit,
        }
    )
    signed = "signed" if accepted.signed else "unsigned"
    output.line(f"{output.paint('accepted', 'good')}  {seat.name} round {receipt.round}, tree {receipt.tree[:12]}")
    output.line(f"  {signed} receipt {receipt.id} by {output.safe(receipt.reviewer)}")
    if not accepted.signed:
        output.line(output.paint("  to sign receipts: git config gpg.format ssh, and set user.signingKey", "quiet"))
    output.line("  It is in the landing queue: podium status")
