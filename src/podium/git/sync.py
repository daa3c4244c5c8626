"""The user's commits flow into the mirror, by fast-forward only."""

from __future__ import annotations

from pathlib import Path

from podium.git.history import into_history
from podium.git.mirror import Mirror, write_whole
from podium.git.model import NULL_ID, Sync, SyncBehind, SyncDiverged, SyncMoved, SyncUnchanged
from podium.git.run import run_git
from podium.kernel.errors import ConflictError, UsageError

_ATTEMPTS = 5


def sync_from(mirror: Mirror, user_root: Path, branch: str) -> Sync:
    """Takes the user's branch into the mirror's branch of the same name, if that is a fast-forward.

    If the mirror has commits that the user lacks, the mirror's branch is left alone and the answer says so. A shallow
    repository makes a shallow mirror: its history ends where the user's does, and goes on when the user deepens it.
    Raises UsageError when the user has no such branch, GitError when fetching fails.
    """
    theirs = _fetch(mirror, user_root, branch)
    for _ in range(_ATTEMPTS):
        try:
            return _advance(mirror, f"refs/heads/{branch}", theirs)
        except ConflictError:
            continue  # another process moved the branch between our look and our move
    return _advance(mirror, f"refs/heads/{branch}", theirs)


def _fetch(mirror: Mirror, user_root: Path, branch: str) -> str:
    # The user chose this repository (`UserRepository.open` heeded git's own check of its owner), so it is trusted here.
    trust = {
        **mirror.environ,
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
    }
    ref = f"refs/heads/{branch}"
    if run_git(["rev-parse", "--verify", "-q", ref], cwd=user_root, env_extra=trust, check=False).code != 0:
        raise UsageError(
            f"there is no branch {branch}",
            where=str(user_root),
            do="Create it, or set `target` in podium.toml to a branch that exists.",
        )
    shallow = run_git(["rev-parse", "--is-shallow-repository"], cwd=user_root, env_extra=trust).text() == "true"
    options = ["--update-shallow"] if shallow else ["--unshallow"] if mirror.shallow_file else []
    # Variables that carry settings do not reach the other side of a fetch; a file does.
    trusted = mirror.path / "trusted.config"
    write_whole(trusted, "[safe]\n\tdirectory = *\n")
    return into_history(mirror, user_root, ref, options, {"GIT_CONFIG_GLOBAL": str(trusted)})


def _advance(mirror: Mirror, ref: str, theirs: str) -> Sync:
    ours = mirror.refs(ref).get(ref)
    if ours is None:
        mirror.update_ref(ref, theirs, NULL_ID)
        return SyncMoved(tip=theirs, old="")
    if ours == theirs:
        return SyncUnchanged(tip=ours)
    user_only, mirror_only = mirror.ahead_and_behind(theirs, ours)
    if mirror_only == 0:
        mirror.update_ref(ref, theirs, ours)
        return SyncMoved(tip=theirs, old=ours)
    if user_only == 0:
        return SyncBehind(tip=ours, user_tip=theirs, missing=mirror_only)
    return SyncDiverged(tip=ours, user_tip=theirs, user_only=user_only, mirror_only=mirror_only)
