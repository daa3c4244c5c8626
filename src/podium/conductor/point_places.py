"""Where the points of a task are in the candidate that is read now, wherever rounds and rebases moved their code."""

from __future__ import annotations

from podium.git.commits import read_file
from podium.git.mirror import Mirror
from podium.git.objects import TooLargeError
from podium.kernel.errors import NotFoundError
from podium.review.anchors import Place, find
from podium.review.case import Case

_LIMIT = 4 << 20


def point_places(mirror: Mirror, case: Case) -> dict[str, Place]:
    """The place of each point that is about a line, by the point's id."""
    if case.candidate is None:
        return {}
    renamed = {change.old_path: change.path for change in case.changes if change.status == "renamed"}
    texts: dict[str, list[str] | None] = {}
    found: dict[str, Place] = {}
    for point in case.review.points:
        if point.anchor is None:
            continue
        path = renamed.get(point.path, point.path)
        if path not in texts:
            texts[path] = _lines(mirror, case.candidate.commit, path)
        place = find(point, texts[path], path)
        if place is not None:
            found[point.id] = place
    return found


def _lines(mirror: Mirror, commit: str, path: str) -> list[str] | None:
    try:
        content = read_file(mirror, commit, path, limit=_LIMIT)
    except (NotFoundError, TooLargeError):
        return None
    return content.decode("utf-8", "replace").split("\n")
