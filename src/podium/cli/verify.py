"""`podium verify`: are these commits what a person accepted?"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.paragraphs import indented
from podium.kernel.errors import UsageError

if TYPE_CHECKING:
    from podium.cli.output import Tone
    from podium.conductor.warrant import Judged
    from podium.review.warrant import Required, Warrant


@click.command(
    cls=Verb,
    examples=(
        "podium verify",
        "podium verify origin/main..HEAD --require receipt",
        "podium verify v1.0..v1.1 --require signature --signers ~/team/allowed_signers",
    ),
)
@click.argument("commits", metavar="COMMIT | FROM..TO", required=False, default="HEAD")
@click.option(
    "--require",
    "required",
    type=click.Choice(["sound", "receipt", "signature"]),
    default="sound",
    help="What each commit must have. [sound: nothing that is not so]",
)
@click.option(
    "--signers",
    type=click.Path(),
    default="",
    metavar="FILE",
    help="The reviewers' public keys. [git's gpg.ssh.allowedSignersFile]",
)
@click.pass_obj
def command(context: Context, commits: str, required: Required, signers: str) -> int:
    """Tell whether commits are exactly what a person accepted, and who.

    Needs the repository alone: no ledger, no registration, no conductor; so it can guard a branch in any CI. Each
    commit's files are made again from the accepted work, and its receipt's signature is checked against the keys.
    Ends with 1 where a commit lacks what is required: sound (nothing it claims is untrue), receipt (each was accepted),
    signature (each under a signature that you trust).
    """
    from podium.conductor.warrant import judging
    from podium.review.warrant import suffices

    revisions, only = _revisions(context, commits)
    keys = _signers(context, signers)
    found: list[Judged] = []
    scratch = Path(tempfile.gettempdir())
    with judging(context.repository, revisions[-1], signers=keys, scratch=scratch, path=context.path) as judge:
        for each in judge.commits(revisions, only=only):
            found.append(each)
            _tell(context, each, good=suffices(each.found, required))
    refused = [each for each in found if not suffices(each.found, required)]
    context.output.document(
        {"verified": not refused, "required": required, "commits": [_data(each, required) for each in found]}
    )
    _sum_up(context, found, len(refused))
    return 1 if refused else 0


def _revisions(context: Context, text: str) -> tuple[list[str], bool]:
    """The ids for git, the tip last, and whether the tip alone is meant."""
    first, dots, last = text.partition("..")
    if last.startswith("."):
        raise UsageError("three dots name no range that can be verified", where=text, do=f"Write {first}..{last[1:]}")
    tip = context.repository.commit((last or "HEAD") if dots else text)
    return ([f"^{context.repository.commit(first or 'HEAD')}", tip], False) if dots else ([tip], True)


def _signers(context: Context, given: str) -> Path | None:
    if given:
        place = context.place(given)
    else:
        configured = context.repository.signing_key().allowed_signers
        if not configured:
            context.output.note("no keys of reviewers are known: --signers FILE, or git's gpg.ssh.allowedSignersFile")
            return None
        place = context.repository.root / configured
    try:
        place.read_bytes()
    except OSError as error:
        raise UsageError(
            f"the file of the reviewers' keys cannot be read: {error.strerror}", where=str(place), do="--signers FILE"
        ) from error
    if place.resolve().is_relative_to(context.repository.root.resolve()):
        context.output.warn(
            f"{place} lies in the repository itself: who may change that may add a key. Trust it only as a branch that "
            "you trust has it"
        )
    return place


def _tell(context: Context, judged: Judged, *, good: bool) -> None:
    output = context.output
    word, tone, text = _words(judged.found)
    mark = output.paint(word.ljust(9), tone if good else "bad")
    output.line(f"{mark} {judged.commit[:12]} {output.safe(judged.subject)}")
    if text:
        output.line(f"{' ' * 10}{indented(text, output.width, 10).lstrip()}")


def _words(found: Warrant) -> tuple[str, Tone, str]:
    """A word, its tone, and what there is to say."""
    from podium.review.warrant import Forged, Merges, Missing, Outside, TakesBack, Trusted, Unproven

    match found:
        case Trusted(receipt=receipt, keyid=keyid):
            return (
                "trusted",
                "good",
                f"accepted by {receipt.reviewer}, signed with {keyid}{_waived(len(receipt.waivers))}",
            )
        case Unproven(receipt=receipt, why=why):
            return "unproven", "warn", f"accepted by {receipt.reviewer}{_waived(len(receipt.waivers))}; {why}"
        case TakesBack(reverted=reverted):
            return "revert", "quiet", f"takes back {reverted[:12]} and nothing else"
        case Merges():
            return "merge", "quiet", "brings nothing of its own"
        case Outside():
            return "outside", "warn", "does not say that it came through Podium"
        case Missing(what=what, do=do):
            return "missing", "warn", f"{what}: {do}"
        case Forged(why=why):
            return "forged", "bad", why


def _waived(count: int) -> str:
    return f", {count} refusal{'s' if count > 1 else ''} waived" if count else ""


def _sum_up(context: Context, found: list[Judged], refused: int) -> None:
    output = context.output
    counts: dict[str, int] = {}
    for each in found:
        word = _words(each.found)[0]
        counts[word] = counts.get(word, 0) + 1
    total = "1 commit" if len(found) == 1 else f"{len(found)} commits"
    told = ", ".join(f"{count} {word}" for word, count in counts.items())
    lacking = "1 lacks what is required" if refused == 1 else f"{refused} lack what is required"
    if not found:
        output.line("No commits: nothing is verified.")
    elif refused:
        output.line(f"{total}: {told}. {output.paint(lacking, 'bad')}")
    else:
        output.line(f"{total}: {told}")


def _data(judged: Judged, required: Required) -> dict[str, Any]:
    from podium.review.warrant import suffices

    return {
        "commit": judged.commit,
        "subject": judged.subject,
        "author": judged.author,
        "suffices": suffices(judged.found, required),
        "found": judged.found,
    }
