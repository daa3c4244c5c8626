"""Writing a spec or a plan into the user's repository from somewhere else than an editor.

Never over something newer: the writer says which content it saw. Never through a symbolic link: files in a repository
may have been put there by an agent.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from podium.kernel.errors import ConflictError, UsageError
from podium.kernel.ids import system_entropy
from podium.spec.blob import blob_id

LARGEST = 1_000_000


def write_document(root: Path, path: Path, text: str, *, seen: str) -> str:
    """Write `text` to `path` (relative to `root`) and return its git blob id.

    `seen` is the blob id of the content that the writer saw, empty when there was no file. Raises ConflictError when
    the file has another content now, UsageError for a place that must not be written.
    """
    content = text.encode("utf-8", "replace")
    if len(content) > LARGEST:
        raise UsageError(f"it is longer than {LARGEST // 1_000_000} MB", where=str(path))
    place = root / path
    folder = place.parent
    if not folder.resolve().is_relative_to(root.resolve()):
        raise UsageError("its folder leads out of the repository", where=str(path))
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{place.name}.{system_entropy(6).hex()}"
    mode = _checked(place, path, seen)
    try:
        _write(fresh, content, mode)
        _checked(place, path, seen)
        if seen:
            fresh.replace(place)
        else:
            _link(fresh, place, path)
    finally:
        fresh.unlink(missing_ok=True)
    return blob_id(content)


def _checked(place: Path, path: Path, seen: str) -> int:
    """The mode of the file, when it still holds what was seen. Raises as `write_document` does."""
    try:
        found = place.lstat()
    except FileNotFoundError:
        if seen:
            raise ConflictError(
                "it was removed in the meantime", where=str(path), do="Copy your text, then reload."
            ) from None
        return 0o644
    if not stat.S_ISREG(found.st_mode):
        raise UsageError("it is no plain file", where=str(path), do="Look at it in your repository.")
    if blob_id(place.read_bytes()) != seen:
        raise ConflictError(
            "it was changed in the meantime",
            where=str(path),
            do="Nothing was written. Copy what you typed, reload, and put it in again.",
        )
    return stat.S_IMODE(found.st_mode)


def _write(fresh: Path, content: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(fresh, flags, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())


def _link(fresh: Path, place: Path, path: Path) -> None:
    """Put a new file in place; unlike a rename it never replaces one that came in between."""
    try:
        os.link(fresh, place)
    except FileExistsError:
        raise ConflictError("it exists already", where=str(path), do="Open it, and edit it there.") from None
