"""Landed work comes to the user's branch: by fast-forward, and never over anything that the user did.

What was landed is always fetched to `refs/remotes/podium/<branch>` first, so that in every other case the user can type
`git merge podium/<branch>`. Hooks of the user's repository do not run; the user's own filters (LFS) do.
"""

from __future__ import annotations

from pathlib import Path

from podium.git.mirror import Mirror
from podium.git.model import (
    BranchDiverged,
    BranchMoved,
    CheckedOutElsewhere,
    CheckoutMoved,
    DirtyTree,
    FastForward,
    Free,
    InProgress,
    NoBranch,
    UpToDate,
)
from podium.git.paths import to_text
from podium.git.run import failure
from podium.git.user_repository import UserRepository
from podium.kernel.errors import ConflictError

_OPERATIONS = {
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "BISECT_LOG": "bisect",
}
_MERGE = (
    "merge",
    "--ff-only",
    "--no-overwrite-ignore",
    "--no-autostash",
    "--no-squash",
    "--no-stat",
    "--no-verify-signatures",
    "--quiet",
)


def fast_forward(user: UserRepository, branch: str, new_tip: str, mirror: Mirror) -> FastForward:
    """Brings the user's `branch` to `new_tip`, a commit of the mirror's branch of that name, if nothing is in the way.

    The checked-out branch moves only together with a clean work tree; a branch that is checked out nowhere moves by
    compare-and-swap. In all other cases nothing changes and the answer says why. Raises GitError when git fails.
    """
    found = in_the_way(user, branch, new_tip, mirror)
    return _move(user, branch, found.tip, new_tip) if isinstance(found, Free) else found


def in_the_way(user: UserRepository, branch: str, new_tip: str, mirror: Mirror) -> FastForward | Free:
    """What keeps the user's `branch` from `new_tip`, or `Free`. Only `refs/remotes/podium/` is written."""
    user.git(["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--end-of-options",
              str(mirror.path), f"+refs/heads/{branch}:refs/remotes/podium/{branch}"])  # fmt: skip
    ref = f"refs/heads/{branch}"
    known = user.git(["rev-parse", "--verify", "-q", f"{ref}^{{commit}}"], check=False)
    if known.code != 0:
        return NoBranch()
    old = known.text()
    user_only, landed_only = (
        int(count)
        for count in user.git(["rev-list", "--count", "--left-right", f"{old}...{new_tip}", "--"]).text().split()
    )
    if landed_only == 0:
        return UpToDate(tip=old)
    if user_only > 0:
        return BranchDiverged(user_tip=old, user_only=user_only, landed_only=landed_only)
    busy = _busy(user, ref)
    if busy is not None:
        return busy
    dirty = user.dirty() if user.branch() == branch else ()
    return DirtyTree(files=dirty) if dirty else Free(tip=old, landed_only=landed_only)


def _busy(user: UserRepository, ref: str) -> InProgress | CheckedOutElsewhere | None:
    """Whether the branch is in use where we must not touch it."""
    if user.branch() is None or f"refs/heads/{user.branch()}" == ref:
        for name, operation in _OPERATIONS.items():
            if (user.git_dir / name).exists():
                return InProgress(operation=operation, path=str(user.root))
    for path, branch in _worktrees(user):
        if branch == ref and not _same(path, user.root) and path.exists():
            return CheckedOutElsewhere(path=str(path))
    for folder in (user.common_dir, *(user.common_dir / "worktrees").glob("*")):
        for name in ("rebase-merge", "rebase-apply"):
            if _first_line(folder / name / "head-name") == ref:
                return InProgress(operation="rebase", path=str(folder))
    return None


def _move(user: UserRepository, branch: str, old: str, new: str) -> FastForward:
    if user.branch() != branch:
        return _move_branch(user, branch, old, new)
    result = user.git([*_MERGE, new], check=False)
    if result.code == 0:
        if user.tip(branch) != new:
            raise ConflictError("another branch was checked out in the meantime", where=str(user.root))
        return CheckoutMoved(old=old, new=new)
    # Checked by git file by file, under its own lock: changes made since our look, untracked and ignored files.
    in_the_way = tuple(to_text(line[1:]) for line in result.stderr.split(b"\n") if line.startswith(b"\t"))
    if not in_the_way:
        raise failure([*_MERGE, new], result)
    return DirtyTree(files=in_the_way)


def _move_branch(user: UserRepository, branch: str, old: str, new: str) -> BranchMoved:
    args = ["update-ref", "-m", "podium: fast-forward", f"refs/heads/{branch}", new, old]
    result = user.git(args, check=False)
    if result.code != 0:
        if user.tip(branch) != old:
            raise ConflictError(f"branch {branch} moved in the meantime", where=str(user.root), do="Try again.")
        raise failure(args, result)
    return BranchMoved(old=old, new=new)


def _worktrees(user: UserRepository) -> list[tuple[Path, str]]:
    """Every worktree with the ref it has checked out (empty for none)."""
    found: list[tuple[Path, str]] = []
    for block in user.git(["worktree", "list", "--porcelain", "-z"]).stdout.split(b"\0\0"):
        lines = [line.decode("utf-8", "surrogateescape") for line in block.split(b"\0") if line]
        facts = {key: value for key, _, value in (line.partition(" ") for line in lines)}
        if "worktree" in facts:
            found.append((Path(facts["worktree"]), facts.get("branch", "")))
    return found


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def _first_line(file: Path) -> str:
    try:
        return file.read_text().partition("\n")[0]
    except OSError:
        return ""
