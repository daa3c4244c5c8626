"""What agents may see of the past: what the user committed and what landed, and nothing that others are working on.

A sandbox that mounts a store of objects can list and read all of it, whatever the refs say. So the history has a store
of its own inside the mirror: the user's commits are fetched into it, landed commits are copied into it before a sandbox
needs them, and candidates never enter it. Each commit that it was given whole is named by `refs/whole/<id>`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

from podium.git.mirror import Mirror, write_whole
from podium.git.run import run_git

_FETCH = ("fetch", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--quiet")


def visible_objects(mirror: Mirror, commit: str) -> Path:
    """The store of objects for a sandbox over the files of `commit` (an id).

    For a commit of the target's history (of any branch of the mirror) that is the history alone. For any other, a
    candidate on which checks run, it is the mirror's own store: no agent is to be given that one.
    """
    if not _is_whole(mirror, commit):
        if not _on_a_branch(mirror, commit):
            return mirror.objects_directory
        into_history(mirror, mirror.path, commit, ["--update-shallow"])
    return mirror.history_directory / "objects"


def is_landed(mirror: Mirror, commit: str, branch: str) -> bool:
    """Whether a commit is of the history of this branch, as the mirror has it."""
    return mirror.git(["merge-base", "--is-ancestor", commit, f"refs/heads/{branch}"], check=False).code == 0


def into_history(
    mirror: Mirror,
    url: str | Path,
    revision: str,
    options: Sequence[str] = (),
    env_extra: Mapping[str, str | None] | None = None,
) -> str:
    """Fetches a ref or commit, with all that it needs, into the history, and returns its id. Raises GitError."""
    history = mirror.history_directory
    incoming = f"refs/incoming/{secrets.token_hex(8)}"
    run_git(
        [*_FETCH, *options, "--end-of-options", str(url), f"{revision}:{incoming}"],
        git_dir=history,
        env_extra={**mirror.environ, **(env_extra or {})},
        timeout=3600,
    )
    commit = run_git(["rev-parse", incoming], git_dir=history, env_extra=mirror.environ).text()
    renamed = f"update refs/whole/{commit} {commit}\ndelete {incoming} {commit}\n"
    run_git(["update-ref", "--stdin"], git_dir=history, env_extra=mirror.environ, stdin=renamed.encode())
    _copy_shallow(mirror)
    return commit


def _on_a_branch(mirror: Mirror, commit: str) -> bool:
    listed = mirror.git(["for-each-ref", "--count=1", f"--contains={commit}", "refs/heads/"], check=False)
    return listed.code == 0 and bool(listed.stdout)


def _is_whole(mirror: Mirror, commit: str) -> bool:
    known = run_git(
        ["rev-parse", "--verify", "-q", f"refs/whole/{commit}"],
        git_dir=mirror.history_directory,
        env_extra=mirror.environ,
        check=False,
    )
    return known.code == 0


def _copy_shallow(mirror: Mirror) -> None:
    """Lets the mirror's history end where the history's does."""
    ends = mirror.history_directory / "shallow"
    try:
        text = ends.read_text()
    except FileNotFoundError:
        (mirror.path / "shallow").unlink(missing_ok=True)
    else:
        write_whole(mirror.path / "shallow", text)
