"""Bringing what has landed to the user's own branch, where nothing is in the way."""

from __future__ import annotations

from pathlib import Path

from podium.conductor.desk import Desk
from podium.conductor.mirrors import open_mirror, target_ref, tip_for
from podium.git.fast_forward import fast_forward, in_the_way
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
from podium.git.receipts import fetch_receipts
from podium.git.user_repository import UserRepository
from podium.review.receipt import NOTES_REF


def deliver(desk: Desk, project: str, path: str) -> FastForward | None:
    """Fast-forward the user's branch to the mirror's; None where the user's repository is not on this machine.

    A dirty tree is never touched: the answer says what is in the way, and `advice` what to do.
    Raises GitError when git fails.
    """
    registered = desk.look(project).project
    if not Path(registered.root).exists():
        return None
    with open_mirror(desk.home, registered, path) as mirror:
        user = UserRepository.open(Path(registered.root))
        fetch_receipts(user, mirror, NOTES_REF)
        return fast_forward(user, registered.target, tip_for(mirror, registered), mirror)


def undelivered(desk: Desk, project: str, path: str) -> tuple[str, str]:
    """Why landed work is not on the user's branch yet, and what to do; empty when it is, or when nobody can tell here.

    Changes nothing but `refs/remotes/podium/`. A few milliseconds where the branch is up to date.
    """
    registered = desk.look(project).project
    root, branch = Path(registered.root), registered.target
    if not root.exists() or not desk.home.mirror(project).exists():
        return "", ""
    with open_mirror(desk.home, registered, path) as mirror:
        tip = mirror.resolve(target_ref(registered))
        user = UserRepository.open(root)
        if tip is None or user.tip(branch) == tip:
            return "", ""
        found = in_the_way(user, branch, tip, mirror)
    if isinstance(found, Free):
        return f"your {branch} lacks {_commits(found.landed_only)} that landed", "podium land"
    return _told(found, branch)


def advice(found: FastForward, target: str) -> str:
    """What a person is told about the delivery; empty when there is nothing to say."""
    match found:
        case CheckoutMoved(new=new) | BranchMoved(new=new):
            return f"{target} is at {new[:10]} in your repository"
        case _:
            what, do = _told(found, target)
            return f"{what}; {do}" if do else what


def _told(found: FastForward, target: str) -> tuple[str, str]:
    """What is in the way, and what to do about it."""
    merge = f"git merge podium/{target}"
    match found:
        case CheckoutMoved() | BranchMoved() | UpToDate():
            return "", ""
        case DirtyTree(files=files):
            shown = ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")
            return f"your checkout was left alone: {shown} not committed", f"commit or stash, then {merge}"
        case InProgress(operation=operation, path=place):
            return (
                f"your checkout was left alone: a {operation} is in progress in {place}",
                f"finish it, then {merge}",
            )
        case CheckedOutElsewhere(path=place):
            return f"{target} is checked out in {place}", f"there: {merge}"
        case BranchDiverged(user_only=mine, landed_only=landed):
            return f"your {target} has {_commits(mine)} of its own and lacks {landed} that landed", merge
        case NoBranch():
            return f"your repository has no branch {target}; what landed is podium/{target}", ""


def _commits(count: int) -> str:
    return "1 commit" if count == 1 else f"{count} commits"
