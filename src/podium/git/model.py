"""The values that git work answers with."""

from __future__ import annotations

from typing import TypeAlias

from podium.kernel.value import Value

NULL_ID = "0" * 40
"""As the expected old value of a ref: it must not exist."""


class Identity(Value, frozen=True, kw_only=True):
    """Who wrote or committed something."""

    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


class CommitInfo(Value, frozen=True, kw_only=True):
    """One commit. `at` texts are seconds since 1970 and the zone, as git keeps them: `1700000000 +0100`."""

    id: str
    tree: str
    parents: tuple[str, ...]
    author: Identity
    authored_at: str
    committer: Identity
    committed_at: str
    message: str

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0]


class TreeEntry(Value, frozen=True, kw_only=True):
    """One file of a tree. `size` is None for a submodule."""

    path: str
    mode: str  # six octal digits
    blob: str
    size: int | None


class BlameLine(Value, frozen=True, kw_only=True):
    """Where one line of a file comes from."""

    commit: str
    path: str  # what the file was called in that commit
    line: int  # the line's number in that commit
    text: str


# --- merging ----------------------------------------------------------------------------------------------------------


class Merged(Value, frozen=True, kw_only=True, tag="merged"):
    """The merge is clean, and gives this tree."""

    tree: str


class Conflicted(Value, frozen=True, kw_only=True, tag="conflicted"):
    """The merge needs a person."""

    paths: tuple[str, ...]
    messages: tuple[str, ...]


Merge: TypeAlias = Merged | Conflicted


# --- from the user's repository into the mirror -----------------------------------------------------------------------


class SyncUnchanged(Value, frozen=True, kw_only=True, tag="unchanged"):
    """User and mirror have the same tip."""

    tip: str


class SyncMoved(Value, frozen=True, kw_only=True, tag="moved"):
    """The mirror took over commits of the user; `old` is empty the first time."""

    tip: str
    old: str


class SyncBehind(Value, frozen=True, kw_only=True, tag="behind"):
    """The user does not have `missing` landed commits yet."""

    tip: str
    user_tip: str
    missing: int


class SyncDiverged(Value, frozen=True, kw_only=True, tag="diverged"):
    """User and mirror both have commits that the other lacks; `tip` is the mirror's, which was left alone."""

    tip: str
    user_tip: str
    user_only: int
    mirror_only: int


Sync: TypeAlias = SyncUnchanged | SyncMoved | SyncBehind | SyncDiverged


# --- from the mirror into the user's repository -----------------------------------------------------------------------


class CheckoutMoved(Value, frozen=True, kw_only=True, tag="checkout-moved"):
    """The user's checkout was on the branch and clean: branch and files were fast-forwarded."""

    old: str
    new: str


class BranchMoved(Value, frozen=True, kw_only=True, tag="branch-moved"):
    """The branch is checked out nowhere: only the branch was moved, no file was touched."""

    old: str
    new: str


class UpToDate(Value, frozen=True, kw_only=True, tag="up-to-date"):
    """The user's branch already contains the new tip."""

    tip: str


class Free(Value, frozen=True, kw_only=True):
    """Nothing is in the way of a fast-forward from this tip, which lacks this many commits."""

    tip: str
    landed_only: int


class DirtyTree(Value, frozen=True, kw_only=True, tag="dirty"):
    """Left alone: these files have changes that are not committed, or would be overwritten."""

    files: tuple[str, ...]


class InProgress(Value, frozen=True, kw_only=True, tag="in-progress"):
    """Left alone: the user is in the middle of a merge, rebase, cherry-pick, revert or bisect."""

    operation: str
    path: str


class CheckedOutElsewhere(Value, frozen=True, kw_only=True, tag="elsewhere"):
    """Left alone: the branch is checked out in another worktree."""

    path: str


class BranchDiverged(Value, frozen=True, kw_only=True, tag="diverged"):
    """Left alone: the user's branch has commits that were not landed."""

    user_tip: str
    user_only: int
    landed_only: int


class NoBranch(Value, frozen=True, kw_only=True, tag="no-branch"):
    """Left alone: the user's repository has no such branch any more."""


FastForward: TypeAlias = (
    CheckoutMoved | BranchMoved | UpToDate | DirtyTree | InProgress | CheckedOutElsewhere | BranchDiverged | NoBranch
)


# --- from a workspace into the mirror ---------------------------------------------------------------------------------


class HarvestReport(Value, frozen=True, kw_only=True):
    """What a harvest found in a workspace."""

    base: str
    commit: str
    tree: str
    bundle: str  # file on the host that holds the commit
    embedded: tuple[str, ...]  # git repositories inside the workspace; their files were taken as ordinary files
    submodule_files: tuple[str, ...]  # submodule directories in which something was written: NOT in the candidate
    special: tuple[str, ...]  # sockets, pipes, devices: NOT in the candidate
    ignored: tuple[str, ...]  # files and whole directories that .gitignore keeps out: NOT in the candidate
    ignored_count: int  # `ignored` holds at most the first thousand
