"""One commit of the user's repository, with its history, into a mirror: for looking at it, with no branch moved."""

from __future__ import annotations

from pathlib import Path

from podium.git.history import into_history
from podium.git.mirror import Mirror, write_whole
from podium.git.run import run_git


def bring(mirror: Mirror, user_root: Path, commit: str) -> None:
    """Fetches a commit (an id) of the repository at `user_root` into the mirror's history. Raises GitError.

    A shallow repository gives a shallow history.
    """
    trusted = mirror.path / "trusted.config"  # variables that carry settings do not reach the other side of a fetch
    write_whole(trusted, "[safe]\n\tdirectory = *\n")
    env = {"GIT_CONFIG_GLOBAL": str(trusted)}
    looked = run_git(
        ["rev-parse", "--is-shallow-repository"], cwd=user_root, env_extra={**mirror.environ, **env}, check=False
    )
    options = ["--update-shallow"] if looked.code == 0 and looked.text() == "true" else []
    into_history(mirror, user_root, commit, options, env)
