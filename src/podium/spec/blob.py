"""The id that git gives to a document, computed without git."""

from __future__ import annotations

import hashlib


def blob_id(data: bytes) -> str:
    """The git blob id (SHA-1, 40 hex digits) of these exact bytes."""
    # SHA-1 because it names the blob in the repository; nothing relies on it against forgery.
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
