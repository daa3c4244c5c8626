"""Bundles: commits in a file. How a candidate comes in from a sandbox, and how old work is put away.

`git fetch` checks no objects of a bundle (git < 2.46), so a bundle's pack is given to `index-pack --strict` by us: it
refuses broken objects and links, trees that hold `.git`, `..`, slashes, duplicates, and dangerous `.gitmodules`. Only a
commit that passed is ever named by a ref.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from podium.git.commits import commit_info
from podium.git.mirror import Mirror
from podium.git.model import NULL_ID, CommitInfo
from podium.git.run import GitError, run_git
from podium.kernel.errors import ConflictError, UsageError

_HEADER_LIMIT = 65_536
_HEADER = re.compile(rb"# v2 git bundle\n((?:-[0-9a-f]{40}[^\n]*\n)*)((?:[0-9a-f]{40} [^\n]+\n)+)\n")


def fetch_bundle(
    mirror: Mirror,
    bundle: Path,
    want_commit: str,
    ref: str,
    *,
    base: str | None = None,
    limit_bytes: int | None = None,
) -> CommitInfo:
    """Takes a commit over from a bundle, after checking every object of it, and names it `ref`.

    With `base`, the commit must have exactly that one parent. Doing it twice is as good as once. Raises GitError when
    the bundle is not what it should be, and ConflictError when `ref` names another commit.
    """
    with _opened(bundle) as pack, _quarantine(mirror) as quarantine:
        _index(mirror, pack, quarantine, limit_bytes)
        known = mirror.git(["cat-file", "commit", want_commit], env_extra=_inside(mirror, quarantine), check=False)
        if known.code != 0:
            raise GitError(f"the bundle does not hold commit {want_commit}", command=[str(bundle)])
        parents = re.findall(rb"^parent ([0-9a-f]{40})$", known.stdout.partition(b"\n\n")[0], re.MULTILINE)
        if base is not None and parents != [base.encode()]:
            raise GitError(f"commit {want_commit} does not have {base} as its one parent", command=[str(bundle)])
        connected = ["rev-list", "--objects", "--quiet", want_commit, "--not", "--all", "--"]
        mirror.git(connected, env_extra=_inside(mirror, quarantine))
        _release(mirror, quarantine)
    try:
        mirror.update_ref(ref, want_commit, NULL_ID)
    except ConflictError:
        if mirror.resolve(ref) != want_commit:
            raise
    return commit_info(mirror, want_commit)


def bundle_refs(mirror: Mirror, refs: Sequence[str], file: Path, *, without: Sequence[str] = ()) -> None:
    """Writes refs, with the history they need, to a new bundle on disk; it is complete and synced when this returns.

    `without` names commits whose history is left out (whoever restores it has them). `Mirror.fetch_from(file, ...)`
    restores. Raises UsageError for no refs, GitError for all else.
    """
    if not refs:
        raise UsageError("no refs to put away")
    for left in file.parent.glob(f".{file.name}.*.partial*"):  # by one that was killed, with git's own lock beside it
        left.unlink(missing_ok=True)
    # A name that nobody else has: the git of one that was killed may live on for a moment.
    fresh = file.with_name(f".{file.name}.{token_hex(6)}.partial")
    try:
        wanted = "".join(f"{line}\n" for line in (*refs, *(f"^{commit}" for commit in without)))
        mirror.git(["bundle", "create", "--version=2", "--quiet", str(fresh), "--stdin"], stdin=wanted.encode())
        mirror.git(["bundle", "verify", "--quiet", str(fresh)])
        with fresh.open("rb") as written:
            os.fsync(written.fileno())
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def gc(mirror: Mirror, *, prune: str = "2.weeks.ago") -> None:
    """Packs refs and objects, and removes what no ref has reached for that long. Harmless beside other work."""
    mirror.git(["gc", "--quiet", f"--prune={prune}"], timeout=3600)
    # The mirror borrows from its history: nothing is ever pruned there, only packed.
    run_git(["gc", "--quiet", "--no-prune"], git_dir=mirror.history_directory, env_extra=mirror.environ, timeout=3600)


@contextmanager
def _quarantine(mirror: Mirror) -> Generator[Path]:
    """A place for objects that were not checked yet. git's own gc removes one that a killed process left."""
    place = mirror.objects_directory / f"tmp_objdir-podium-{secrets.token_hex(8)}"
    (place / "pack").mkdir(parents=True)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _inside(mirror: Mirror, quarantine: Path) -> dict[str, str | None]:
    return {
        "GIT_OBJECT_DIRECTORY": str(quarantine),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(mirror.objects_directory),
    }


def _index(mirror: Mirror, pack: BinaryIO, quarantine: Path, limit_bytes: int | None) -> None:
    command = ["index-pack", "--stdin", "--fix-thin", "--strict"]
    if limit_bytes is not None:
        command.append(f"--max-input-size={limit_bytes}")
    mirror.git(command, stdin=pack, env_extra=_inside(mirror, quarantine))


def _release(mirror: Mirror, quarantine: Path) -> None:
    """Moves the checked pack into the mirror; its index comes last, for git sees a pack by its index."""
    packs = mirror.objects_directory / "pack"
    packs.mkdir(exist_ok=True)
    for file in sorted((quarantine / "pack").iterdir(), key=lambda each: each.suffix == ".idx"):
        file.replace(packs / file.name)


@contextmanager
def _opened(bundle: Path) -> Generator[BinaryIO]:
    """The bundle's file, standing at its pack."""
    try:
        descriptor = os.open(bundle, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise GitError(f"the bundle could not be opened: {error.strerror}", command=[str(bundle)]) from error
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise GitError("the bundle is no ordinary file", command=[str(bundle)])
        header = _HEADER.match(file.read(_HEADER_LIMIT))
        if header is None:
            raise GitError("this is no bundle of git", command=[str(bundle)])
        file.seek(header.end())
        yield file
