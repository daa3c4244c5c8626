"""What is proven to be mechanical in a candidate, read from the mirror and remembered by content."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

from podium.evidence.model import Item
from podium.git.mirror import Mirror
from podium.git.objects import TooLargeError
from podium.kernel.errors import NotFoundError
from podium.project.model import Generated
from podium.review.folds import REGENERATED, Fold, folds
from podium.review.lane import InLane
from podium.runs.model import FileChange

_MOST = 64
_BLOB_LIMIT = 1 << 20
_known: OrderedDict[tuple[object, ...], tuple[Fold, ...]] = OrderedDict()
_lock = threading.Lock()


def proven(
    mirror: Mirror,
    pair: tuple[str, str],
    changes: Sequence[FileChange],
    *,
    lane: Sequence[InLane],
    generated: tuple[Generated, ...],
    items: Sequence[Item],
) -> tuple[Fold, ...]:
    """The folds of the changes between two commits (`pair`). Safe for threads."""
    made = tuple(item for item in items if item.kind == REGENERATED)
    place = (str(mirror.path), *pair, tuple(each.hunk for each in lane), generated, made)
    with _lock:
        if place in _known:
            _known.move_to_end(place)
            return _known[place]

    def read(blob: str) -> bytes | None:
        try:
            return mirror.read_blob(blob, limit=_BLOB_LIMIT)
        except (NotFoundError, TooLargeError):
            return None

    found = folds(changes, read=read, lane=lane, generated=generated, items=made)
    with _lock:
        _known[place] = found
        while len(_known) > _MOST:
            _known.popitem(last=False)
    return found
