"""Bringing what has landed to the user's own branch, where nothing is in the way."""

from __future__ import annotations

from pathlib import Path

from podium.conductor.desk import Desk
from podium.conductor.mirrors import open_mirror, tip_for
from podium.git.fast_forward import fast_forward
from podium.git.model import (
    BranchDiverged,
    BranchMoved,
    CheckedOutElsewhere,
    CheckoutMoved,
    DirtyTree,
    FastForward,
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


def advice(found: FastForward, target: str) -> str:
    """What a person is told about the delivery; empty when there is nothing to say."""
    merge = f"git merge podium/{target}"
    match found:
        case CheckoutMoved(new=new) | BranchMoved(new=new):
            return f"{target} is at {new[:10]} in your repository"
        case UpToDate():
            return ""
        case DirtyTree(files=files):
            shown = ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")
            return f"your checkout was left alone: {shown} not committed. Commit or stash, then: {merge}"
        case InProgress(operation=operation, path=place):
            return f"your checkout was left alone: a {operation} is in progress in {place}. Finish it, then: {merge}"
        case CheckedOutElsewhere(path=place):
            return f"{target} is checked out in {place}. There: {merge}"
        case BranchDiverged(user_only=mine, landed_only=landed):
            return f"your {target} has {mine} commits of its own and lacks {landed} that landed: {merge}"
        case NoBranch():
            return f"your repository has no branch {target}; what landed is podium/{target}"
