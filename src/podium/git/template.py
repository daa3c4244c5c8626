"""Templates: the files of one commit in a directory of their own, the lowest layer of every workspace on that commit.

A template is made once per commit and never changes: overlays are mounted over it. Files are the blobs byte for byte.
The `.git` in it is the agent's own, and small: HEAD on branch `podium`, a fresh index, and an `alternates` file that
names where the mirror's objects will be mounted. Files get a time two seconds in the past and the index compares times
and sizes only (`checkStat=minimal`): so git inside the sandbox trusts the index although the overlay shows other inode
numbers and owners, and the first `git status` reads no file again.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from podium.git.mirror import Mirror
from podium.git.run import GitError
from podium.kernel.errors import NotFoundError

OBJECTS_IN_SANDBOX = "/podium/objects"
AGENT_BRANCH = "podium"
_LEFT_SECONDS = 3600.0

_CONFIG = """\
[core]
\trepositoryFormatVersion = 0
\tfileMode = true
\tbare = false
\tlogAllRefUpdates = true
\ttrustCtime = false
\tcheckStat = minimal
\tautoCrlf = false
[user]
\tname = Podium agent
\temail = agent@podium.invalid
[gc]
\tauto = 0
[maintenance]
\tauto = false
"""


def export_template(mirror: Mirror, commit: str, dest: Path, *, objects: str = OBJECTS_IN_SANDBOX) -> Path:
    """Writes the files of a commit, and a small `.git`, to a new directory, and returns it.

    Safe when several processes do it at once: one works, the others wait and find it done. What a killed one left is
    removed. Raises NotFoundError for no such commit and GitError when the directory could not be written.
    """
    sha = mirror.resolve(commit)
    if sha is None:
        raise NotFoundError(f"no such commit: {commit}")
    if _is_template(dest, sha):
        return dest
    try:
        dest.parent.mkdir(parents=True, exist_ok=True)
        with _alone(dest.with_name(f".{dest.name}.lock")):
            if not _is_template(dest, sha):
                _make(mirror, sha, dest, objects)
    except OSError as error:
        raise GitError(f"the template could not be written: {error.strerror}", command=[str(dest)]) from error
    return dest


def _make(mirror: Mirror, sha: str, dest: Path, objects: str) -> None:
    _sweep(dest)
    # A name that nobody else has: the git of a maker that was killed may live on for a moment, and go on writing.
    fresh = dest.with_name(f".{dest.name}.{token_hex(6)}.partial")
    try:
        _write_git_directory(fresh / ".git", sha, objects, mirror.shallow_file)
        _write_files(mirror, sha, fresh)
        fresh.rename(dest)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _sweep(dest: Path) -> None:
    """Remove what killed makers left: of this template, and of others when they are surely dead."""
    for left in dest.parent.glob(".*.partial"):
        with suppress(OSError):
            if left.name.startswith(f".{dest.name}.") or time.time() - left.stat().st_mtime > _LEFT_SECONDS:
                shutil.rmtree(left, ignore_errors=True)


def _is_template(dest: Path, sha: str) -> bool:
    try:
        found = (dest / ".git" / "refs" / "heads" / AGENT_BRANCH).read_text().strip()
    except (FileNotFoundError, NotADirectoryError):
        return False
    if found != sha:
        raise GitError(f"holds the files of commit {found[:12]}, not of {sha[:12]}", command=[str(dest)])
    return True


@contextmanager
def _alone(lock: Path) -> Generator[None]:
    """Holds a file lock; the kernel gives it back when the holder dies."""
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _write_git_directory(git_dir: Path, sha: str, objects: str, shallow: bytes) -> None:
    for part in ("objects/info", "objects/pack", "refs/heads", "refs/tags", "info"):
        (git_dir / part).mkdir(parents=True)
    (git_dir / "HEAD").write_text(f"ref: refs/heads/{AGENT_BRANCH}\n")
    (git_dir / "config").write_text(_CONFIG)
    (git_dir / "objects" / "info" / "alternates").write_text(objects + "\n")
    if shallow:
        (git_dir / "shallow").write_bytes(shallow)
    # Last: its presence is what makes a directory a template.
    (git_dir / "refs" / "heads" / AGENT_BRANCH).write_text(sha + "\n")


def _write_files(mirror: Mirror, sha: str, fresh: Path) -> None:
    env = {"GIT_INDEX_FILE": str(fresh / ".git" / "index")}
    stat = ["-c", "core.checkStat=minimal", "-c", "core.trustCtime=false"]
    mirror.git(["read-tree", sha], env_extra=env)
    mirror.git(["checkout-index", "--all", "--force"], work_tree=fresh, env_extra=env, umask=0o022)
    _set_back(fresh, time.time() - 2)
    # Reads every file again and fails if one is not what the commit says: a full disk, a file system that folds case.
    mirror.git([*stat, "update-index", "--refresh"], work_tree=fresh, env_extra=env, umask=0o022)


def _set_back(top: Path, seconds: float) -> None:
    """Gives every file this time: one that is not older than the index would be read again by each `git status`."""
    for folder, folders, files in os.walk(top):
        if ".git" in folders:
            folders.remove(".git")
        for name in files:
            os.utime(os.path.join(folder, name), (seconds, seconds), follow_symlinks=False)  # noqa: PTH118 - 5,000 times
