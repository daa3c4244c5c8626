"""Putting a repository under Podium."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from podium.conductor.approve_plan import record_settings
from podium.conductor.desk import Desk
from podium.conductor.mirrors import open_mirror, publish, synchronise, target_ref
from podium.kernel.errors import NotFoundError, UsageError
from podium.project.events import ProjectRegistered
from podium.project.model import Project
from podium.project.settings import parse_settings


def register(desk: Desk, root: Path, settings_text: str, *, mirror: str = "", path: str, actor: str) -> Project:
    """Register the repository at `root` and fill its mirror; doing it again changes what has changed, and no more.

    `mirror` is where the project's mirror is, a path or URL; empty = in this state directory.
    Raises PodiumError when the target branch does not exist or the mirror cannot be written.
    """
    settings = parse_settings(settings_text)
    if not _is_text(str(root)):
        raise UsageError("the repository's path is not UTF-8", where=str(root), do="Rename the directory, or move it.")
    known = _known(desk, root)
    identity = known.id if known else project_id(settings.project, root)
    place = mirror or (known.mirror if known else str(desk.home.mirror(identity)))
    project = Project(id=identity, name=settings.project, root=str(root), mirror=place, target=settings.target)
    desk.home.root.mkdir(parents=True, exist_ok=True, mode=0o700)  # made here, it is not left to the umask
    with open_mirror(desk.home, project, path) as copy:
        synchronise(copy, desk.home, project)
        publish(copy, desk.home, project, target_ref(project))
    with desk.change(identity) as change:
        if change.state.seq == 0 or change.state.project != project:
            change.append(ProjectRegistered(project=project), actor=actor)
        record_settings(change, settings_text, actor)
    return project


def project_id(name: str, root: Path) -> str:
    """The id of a project, a plain file name: its name and a digest of its place, so that two clones do not meet."""
    slug = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:40] or "project"
    return f"{slug}-{hashlib.sha256(str(root).encode()).hexdigest()[:8]}"


def _is_text(path: str) -> bool:
    """Whether a path can be recorded: bytes that are no UTF-8 are lone surrogates in Python."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _known(desk: Desk, root: Path) -> Project | None:
    for project in desk.projects():
        try:
            found = desk.look(project).project
        except NotFoundError:
            continue
        if found.root == str(root):
            return found
    return None
