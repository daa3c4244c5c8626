"""Receipts in the user's repository: the notes that hold them, and the commits that they speak of."""

from __future__ import annotations

from pathlib import Path

from podium.git.bring import bring_refs
from podium.git.mirror import Mirror
from podium.git.model import NULL_ID
from podium.git.user_repository import UserRepository
from podium.kernel.errors import ConflictError

ACCEPTED = "refs/podium/accepted"
"""Below it, by receipt, the candidates that were accepted: kept for as long as the repository."""


def keep_accepted(mirror: Mirror, receipt: str, commit: str) -> str:
    """Name an accepted candidate by its receipt; doing it again does nothing. Returns the ref."""
    ref = f"{ACCEPTED}/{receipt}"
    try:
        mirror.update_ref(ref, commit, NULL_ID)
    except ConflictError:
        if mirror.resolve(ref) != commit:
            raise
    return ref


def fetch_receipts(user: UserRepository, mirror: Mirror, notes_ref: str) -> None:
    """Bring notes and accepted candidates to the user's repository, so that receipts can be verified there alone.

    The notes ref is Podium's own: it is overwritten. Raises GitError when git fails.
    """
    wanted = [f"+{notes_ref}:{notes_ref}"] if mirror.resolve(notes_ref) else []
    user.git(
        [
            *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--end-of-options"),
            str(mirror.path),
            *wanted,
            f"+{ACCEPTED}/*:{ACCEPTED}/*",
        ]
    )


def copy_receipts(mirror: Mirror, user_root: Path, notes_ref: str) -> None:
    """Bring notes and accepted candidates from a user's repository, as far as it has them. Raises GitError."""
    bring_refs(mirror, user_root, [f"+{notes_ref}*:{notes_ref}*", f"+{ACCEPTED}/*:{ACCEPTED}/*"])


def note_blobs(mirror: Mirror, notes_ref: str) -> dict[str, str]:
    """The blob of each commit's note, by commit; empty when there are no notes."""
    if mirror.resolve(notes_ref) is None:
        return {}
    listed = mirror.git(["notes", f"--ref={notes_ref}", "list"]).text()
    return {commit: blob for blob, _, commit in (line.partition(" ") for line in listed.splitlines())}
