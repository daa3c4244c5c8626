"""Writing a drafted plan into the user's repository, perhaps in place of the one that is there."""

from __future__ import annotations

from pathlib import Path

from podium.conductor.write_document import write_document
from podium.kernel.errors import ConflictError
from podium.spec.blob import blob_id


def write_draft(root: Path, path: Path, text: str, *, seen: str) -> None:
    """Write where there was nothing (`seen` empty), or replace what was seen, which is kept beside it as `.old`.

    Raises ConflictError when something else lies there now, UsageError as `write_document` does.
    """
    if seen:
        before = _content(root / path)
        if blob_id(before) != seen:
            raise ConflictError("it was changed in the meantime", where=str(path), do="Nothing was written.")
        keep_beside(root, path, ".old", before.decode("utf-8", "replace"))
    write_document(root, path, text, seen=seen)


def keep_beside(root: Path, path: Path, ending: str, text: str) -> Path:
    """Write `text` to a file of the same name with another ending, over an earlier one; where it is."""
    place = path.with_name(path.name + ending)
    before = _content(root / place)
    write_document(root, place, text, seen=blob_id(before) if before or (root / place).exists() else "")
    return place


def _content(place: Path) -> bytes:
    """What is there, as far as it may be looked at; what is written over it is looked at again."""
    try:
        return b"" if place.is_symlink() else place.read_bytes()
    except OSError:
        return b""
