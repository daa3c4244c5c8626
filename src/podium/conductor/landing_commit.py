"""The commit that lands: its tree, its message with trailers, and how to recognise it afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from podium.conductor.state import State
from podium.git.commits import commit_tree
from podium.git.merge import merge, revert_tree
from podium.git.mirror import Mirror
from podium.git.model import Identity, Merge, Merged
from podium.kernel.clock import moment
from podium.landing.model import Entry
from podium.review.model import Accepted, Receipt
from podium.runs.model import Candidate
from podium.runs.store import candidate_of

ENTRY_TRAILER = "Podium-Landing"
TASK_TRAILER = "Podium-Task"
RECEIPT_TRAILER = "Podium-Receipt"
REVIEWER_TRAILER = "Reviewed-by"


@dataclass(frozen=True)
class Landable:
    """Everything that a landing commit is made of."""

    entry: Entry
    title: str
    agent: str
    by: str  # the person: "Ada <ada@x.org>"
    candidate: Candidate | None  # None for a revert
    receipt: Receipt | None
    envelope: str
    at: str


def landable(state: State, entry: Entry) -> Landable:
    """What an entry lands. The receipt is the proof that a person accepted exactly this candidate."""
    task = state.plans.task(entry.spec, entry.task)
    run = state.runs.by_id[entry.run]
    title = task.title if task else entry.task
    if entry.revert_of:
        return Landable(entry, f'Revert "{title}"', "", entry.by, None, None, "", entry.queued_at)
    accepted = next(
        each.decision
        for each in state.reviews.of(entry.spec, entry.task).decisions
        if isinstance(each.decision, Accepted) and each.decision.receipt.id == entry.receipt
    )
    candidate = candidate_of(run.rounds[entry.round - 1])
    assert candidate is not None, f"{entry.id} was accepted without a candidate"
    assert candidate.tree == accepted.receipt.tree, f"{entry.id}: the receipt is for another tree"
    return Landable(
        entry,
        title,
        run.agent,
        accepted.receipt.reviewer,
        candidate,
        accepted.receipt,
        accepted.envelope,
        accepted.receipt.at,
    )


def merged_tree(mirror: Mirror, what: Landable, tip: str) -> Merge:
    """The tree of landing on `tip`, or the paths that are in the way."""
    if what.candidate is None:
        return revert_tree(mirror, what.entry.revert_of, tip)
    return merge(mirror, tip, what.candidate.commit)


def make_commit(mirror: Mirror, what: Landable, tree: str, tip: str) -> str:
    """Write the commit (no ref is moved). Equal arguments give the same commit."""
    person = _identity(what.by)
    return commit_tree(mirror, tree, (tip,), message(what), author=person, committer=person, date=commit_date(what))


def commit_date(what: Landable) -> str:
    """When the person decided, as git writes dates: the same for every attempt."""
    return f"{int(moment(what.at).timestamp())} +0000"


def message(what: Landable) -> str:
    """Subject, body and trailers."""
    entry = what.entry
    lines = [_one_line(what.title)[:72], ""]
    if entry.revert_of:
        lines += [
            f"This takes back {entry.revert_of}.",
            *([_one_line(entry.reason)] if entry.reason else []),
            "",
        ]
    lines.append(f"{TASK_TRAILER}: {entry.spec}/{entry.task}")
    lines.append(f"{ENTRY_TRAILER}: {entry.id}")
    if what.receipt is not None:
        lines.append(f"{RECEIPT_TRAILER}: {what.receipt.id}")
        lines.append(f"Assisted-by: {what.agent}")
    lines.append(f"{REVIEWER_TRAILER}: {what.by}")
    return "\n".join(lines) + "\n"


def _one_line(text: str) -> str:
    """Text for a commit message: on one line, so that it adds no trailer, and with nothing that acts on a terminal."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def find_landed(mirror: Mirror, what: Landable, tip: str) -> str | None:
    """The commit of an entry that is already on the branch, however its writer ended.

    Anybody can write its trailer. So it counts only where its tree is what the accepted work gives on its parent.
    """
    trailer = f"--grep=^{ENTRY_TRAILER}: {what.entry.id}$"
    found = mirror.git(["log", "--format=%H %T %P", "--max-count=20", "--basic-regexp", trailer, tip, "--"]).text()
    for line in found.splitlines():
        commit, tree, *parents = line.split(" ")
        if len(parents) != 1:
            continue
        merged = merged_tree(mirror, what, parents[0])
        if isinstance(merged, Merged) and merged.tree == tree:
            return commit
    return None


def _identity(person: str) -> Identity:
    name, _, rest = person.partition("<")
    return Identity(name=name.strip() or person.strip(), email=rest.rstrip("> ").strip() or "unknown@podium.invalid")
