"""Writing a new file into the user's repository."""

from __future__ import annotations

import os
from pathlib import Path

from podium.kernel.errors import UsageError


def write_new(place: Path, text: str, *, shown: str, do: str) -> None:
    """Write a file that must not exist yet, whole or not at all. Raises UsageError when it does, or cannot be."""
    fresh = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(text, encoding="utf-8")
        try:
            os.link(fresh, place)
        finally:
            fresh.unlink()
    except FileExistsError:
        raise UsageError("it exists already", where=shown, do=do) from None
    except OSError as error:
        raise UsageError(f"it cannot be written: {error.strerror}", where=shown) from error
