"""Commits and refs of the user's repository into a mirror: for looking at them, with no branch moved."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from podium.git.history import into_history
from podium.git.mirror import Mirror, write_whole
from podium.git.run import run_git


def bring(mirror: Mirror, user_root: Path, commit: str) -> None:
    """Fetches a commit (an id) of the repository at `user_root` into the mirror's history. Raises GitError.

    A shallow repository gives a shallow history.
    """
    env = _trusting(mirror)
    into_history(mirror, user_root, commit, _options(mirror, user_root, env), env)


def bring_refs(mirror: Mirror, user_root: Path, refspecs: Sequence[str]) -> None:
    """Fetches refs of the repository at `user_root`; a pattern that matches none brings none. Raises GitError."""
    env = _trusting(mirror)
    mirror.fetch_from(user_root, refspecs, options=_options(mirror, user_root, env), env_extra=env)


def _trusting(mirror: Mirror) -> dict[str, str]:
    trusted = mirror.path / "trusted.config"  # variables that carry settings do not reach the other side of a fetch
    write_whole(trusted, "[safe]\n\tdirectory = *\n")
    return {"GIT_CONFIG_GLOBAL": str(trusted)}


def _options(mirror: Mirror, user_root: Path, env: dict[str, str]) -> list[str]:
    looked = run_git(
        ["rev-parse", "--is-shallow-repository"], cwd=user_root, env_extra={**mirror.environ, **env}, check=False
    )
    return ["--update-shallow"] if looked.code == 0 and looked.text() == "true" else []
