"""The project's mirror, wherever it is: this worker's own bare repository, or a copy of one elsewhere.

The mirror's `refs/heads/<target>` is the truth about the target branch. The user's commits flow into it by
fast-forward; landings flow from it into the user's repository. A worker whose state directory does not hold the mirror
works on a copy: it fetches before it reads, and pushes with a lease where a local one would compare and swap.
"""

from __future__ import annotations

from pathlib import Path

from podium.conductor.home import Home
from podium.conductor.shop import Shop
from podium.git.mirror import Mirror
from podium.git.model import Sync, SyncMoved
from podium.git.sync import sync_from
from podium.kernel.errors import ConflictError, PodiumError
from podium.project.model import Project


def open_mirror(home: Home, project: Project, path: str) -> Mirror:
    """This state directory's mirror of a project, made if need be, with what the project's mirror has. Close it."""
    mirror = Mirror.create(home.mirror(project.id), {"PATH": path})
    if is_elsewhere(home, project):
        refresh(mirror, project)
    return mirror


def is_elsewhere(home: Home, project: Project) -> bool:
    """Whether the project's mirror is not in this state directory."""
    return project.mirror != str(home.mirror(project.id))


def refresh(mirror: Mirror, project: Project) -> None:
    """Take over what the project's mirror has. Raises GitError when it cannot be reached."""
    refs = ["+refs/heads/*:refs/heads/*", "+refs/podium/*:refs/podium/*", "+refs/notes/*:refs/notes/*"]
    mirror.fetch_from(project.mirror, refs)


def synchronise(mirror: Mirror, home: Home, project: Project) -> Sync | None:
    """Let the user's new commits on the target branch flow in; None where the user's repository is not on this machine.

    Raises PodiumError when the branch is gone or the mirror cannot be reached.
    """
    root = Path(project.root)
    if not root.exists():
        return None
    for _ in range(3):
        found = sync_from(mirror, root, project.target)
        if not (isinstance(found, SyncMoved) and is_elsewhere(home, project)):
            return found
        try:
            mirror.push_to(project.mirror, [f"{target_ref(project)}:{target_ref(project)}"])
            return found
        except ConflictError:
            refresh(mirror, project)
    raise PodiumError("the mirror keeps moving", where=project.mirror, do="Try again.")


def target_ref(project: Project) -> str:
    """The full name of the target branch."""
    return f"refs/heads/{project.target}"


def tip_for(mirror: Mirror, project: Project) -> str:
    """The tip of the target branch as the mirror has it. Raises PodiumError when it has none yet."""
    tip = mirror.resolve(target_ref(project))
    if tip is None:
        raise PodiumError(f"the mirror has no branch {project.target} yet", where=project.name, do="podium init")
    return tip


def target_tip(shop: Shop, project: Project) -> str:
    """The newest tip, after the user's commits have flowed in."""
    with open_mirror(shop.home, project, shop.path) as mirror:
        synchronise(mirror, shop.home, project)
        return tip_for(mirror, project)


def publish(mirror: Mirror, home: Home, project: Project, *refs: str) -> None:
    """Bring refs to the project's mirror where that is elsewhere. Raises GitError when it cannot be reached."""
    if is_elsewhere(home, project):
        mirror.push_to(project.mirror, [f"+{ref}:{ref}" for ref in refs])


def move_target(mirror: Mirror, home: Home, project: Project, new: str, old: str) -> None:
    """Move the target branch from exactly `old` to `new`. Raises ConflictError when it is not at `old` any more."""
    ref = target_ref(project)
    if is_elsewhere(home, project):
        mirror.push_to(project.mirror, [f"{new}:{ref}"], leases={ref: old})
        refresh(mirror, project)
    else:
        mirror.update_ref(ref, new, old)
