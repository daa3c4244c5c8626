"""Which commits of a range are what a person accepted, from the repository and the reviewers' keys alone.

Nothing of Podium's ledger or state is asked: a clone with the notes is enough. A commit is believed only where its
tree is what git makes of the accepted work and its parent, and where its receipt was used by no commit before it: so
neither a receipt that is hung on other work counts, nor work that was taken back and is brought in a second time.
"""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from podium.conductor.landing_commit import ENTRY_TRAILER, RECEIPT_TRAILER, REVIEWER_TRAILER, TASK_TRAILER
from podium.conductor.ssh_signing import Invalid, Unsigned, Untrusted, Verified, verify_envelope
from podium.git.bring import bring
from podium.git.merge import merge, revert_tree
from podium.git.messages import Message, messages
from podium.git.mirror import Mirror
from podium.git.model import Merge, Merged
from podium.git.objects import TooLargeError
from podium.git.receipts import ACCEPTED, copy_receipts, note_blobs
from podium.git.run import GitError
from podium.git.user_repository import UserRepository
from podium.kernel.errors import NotFoundError
from podium.kernel.value import Value
from podium.review import person
from podium.review.model import Receipt
from podium.review.receipt import NOTES_REF
from podium.review.warrant import Forged, Merges, Missing, Outside, TakesBack, Trusted, Unproven, Warrant

_ENVELOPE_BYTES: Final = 64 * 2**20
_TAKES_BACK: Final = re.compile(r"^This takes back ([0-9a-f]{40})\.$", re.MULTILINE)
_DEEPEN: Final = "git fetch --unshallow"
_FETCH: Final = f"git fetch REMOTE {NOTES_REF}:{NOTES_REF} '{ACCEPTED}/*:{ACCEPTED}/*'"


class Judged(Value, frozen=True, kw_only=True):
    """A commit, and what can be proven of it."""

    commit: str
    subject: str
    author: str
    found: Warrant


class Judge:
    """Judges commits of one history, which ends at `tip`. Made by `judging`."""

    def __init__(self, mirror: Mirror, tip: str, signers: Path | None) -> None:
        self._mirror = mirror
        self._signers = signers
        self._notes = note_blobs(mirror, NOTES_REF)
        self._uses: dict[str, list[str]] = defaultdict(list)  # of a receipt, by id: the commits that name it
        for message in messages(mirror, [tip], grep=f"{RECEIPT_TRAILER}:"):
            for receipt in message.values(RECEIPT_TRAILER):
                self._uses[receipt].append(message.id)

    def commits(self, revisions: list[str], *, only: bool) -> Generator[Judged]:
        """The commits that these revisions reach (the first alone, with `only`), newest first, as they are judged."""
        for message in messages(self._mirror, revisions, only=only):
            found = self.warrant(message)
            yield Judged(commit=message.id, subject=message.subject, author=message.author, found=found)

    def warrant(self, message: Message) -> Warrant:
        """What can be proven of one commit."""
        named = message.values(RECEIPT_TRAILER)
        if len(named) > 1:
            return Forged(why="it names several receipts")
        if named:
            return self._received(message, named[0])
        if message.values(ENTRY_TRAILER) or message.values(TASK_TRAILER):
            return self._taken_back(message)
        return self._joined(message) if len(message.parents) == 2 else Outside()

    def _received(self, message: Message, named: str) -> Warrant:
        blob = self._notes.get(message.id)
        if blob is None:
            return Missing(what=f"it names the receipt {named}, which is not here", do=_FETCH)
        try:
            text = self._mirror.read_blob(blob, limit=_ENVELOPE_BYTES).decode("utf-8", "replace")
        except (NotFoundError, TooLargeError) as error:
            return Forged(why=f"its receipt cannot be read: {error.what}")
        worth = verify_envelope(text.rstrip("\n"), self._signers)
        if isinstance(worth, Invalid):
            return Forged(why=worth.why)
        receipt = worth.receipt
        why = self._contradiction(message, receipt, named)
        if why:
            return Forged(why=why)
        lacking = self._other_work(message, receipt)
        if lacking is not None:
            return lacking
        match worth:
            case Verified(signer=signer, keyid=keyid):
                return Trusted(receipt=receipt, signer=signer, keyid=keyid)
            case Unsigned():
                return Unproven(receipt=receipt, why="nobody signed its receipt")
            case Untrusted(why=why):
                return Unproven(receipt=receipt, why=why)

    def _contradiction(self, message: Message, receipt: Receipt, named: str) -> str:
        """Why the receipt that hangs on a commit is not its own; empty when it is."""
        if receipt.id != named:
            return f"it names the receipt {named}, and {receipt.id} hangs on it"
        task = f"{receipt.spec}/{receipt.task}"
        if message.values(TASK_TRAILER) != (task,):
            return f"its receipt is for {task}"
        claimed = (*message.values(REVIEWER_TRAILER), message.author)
        if any(person.key(each) != person.key(receipt.reviewer) for each in claimed):
            return f"its receipt is {receipt.reviewer}'s, and it says {', '.join(dict.fromkeys(claimed))}"
        for other in self._uses[named]:
            if other != message.id and not self._mirror.is_ancestor(message.id, other):
                return f"its receipt was used up by {other[:12]}"
        return ""

    def _other_work(self, message: Message, receipt: Receipt) -> Warrant | None:
        """What is wrong when the commit does not bring exactly what was accepted; None when it does."""
        if self._mirror.resolve(receipt.commit) is None:
            return Missing(what=f"the accepted work {receipt.commit[:12]} is not here", do=_FETCH)
        if self._mirror.tree_of(receipt.commit) != receipt.tree:
            return Forged(why="its receipt names a commit and the tree of another")
        lacking = self._parentless(message)
        if lacking is not None:
            return lacking
        try:
            made = merge(self._mirror, message.parents[0], receipt.commit)
        except GitError as error:
            return _cannot(error)
        if _tree(made) != message.tree:
            return Forged(why=f"its files are not what the accepted work {receipt.commit[:12]} gives on its parent")
        return None

    def _taken_back(self, message: Message) -> Warrant:
        reverted = _TAKES_BACK.search(message.text)
        if reverted is None:
            return Forged(why="it says that it landed through Podium, and names no receipt")
        if self._mirror.resolve(reverted[1]) is None:
            return Missing(what=f"the commit {reverted[1][:12]} that it takes back is not here", do="git fetch")
        lacking = self._parentless(message)
        if lacking is not None:
            return lacking
        try:
            made = revert_tree(self._mirror, reverted[1], message.parents[0])
        except GitError as error:
            return _cannot(error)
        if _tree(made) != message.tree:
            return Forged(why=f"its files are not those without {reverted[1][:12]}")
        return TakesBack(reverted=reverted[1])

    def _joined(self, message: Message) -> Warrant:
        try:
            made = merge(self._mirror, *message.parents)
        except GitError:
            return Outside()
        return Merges() if _tree(made) == message.tree else Outside()

    def _parentless(self, message: Message) -> Warrant | None:
        """What is wrong when a commit that landed does not stand on exactly one other; None when it does."""
        if message.id.encode() in self._mirror.shallow_file.split():
            return Missing(what="this clone is shallow, and the commit before it is not here", do=_DEEPEN)
        if len(message.parents) != 1:
            return Forged(why=f"it has {len(message.parents)} parents, and what is accepted lands on one")
        return None


@contextmanager
def judging(
    repository: UserRepository, tip: str, *, signers: Path | None, scratch: Path, path: str
) -> Generator[Judge]:
    """A judge of the history that ends at `tip` (a commit's id), which needs no more of the repository meanwhile.

    It works on a copy in a new directory below `scratch`. `signers` is a file as in ssh-keygen(1), "allowed signers";
    None = nobody's key is known. Raises GitError.
    """
    with (
        tempfile.TemporaryDirectory(prefix="podium-verify-", dir=scratch) as name,
        Mirror.create(Path(name) / "mirror.git", {"PATH": path}) as mirror,
    ):
        bring(mirror, repository.root, tip)
        copy_receipts(mirror, repository.root, NOTES_REF)
        yield Judge(mirror, tip, signers)


def _tree(made: Merge) -> str:
    return made.tree if isinstance(made, Merged) else ""


def _cannot(error: GitError) -> Missing:
    return Missing(what=f"git cannot merge it here: {error.what}", do=_DEEPEN)
