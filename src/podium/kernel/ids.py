"""Identifiers: random ones for things that happen, content digests for things that are.

Randomness is an argument (`Entropy`), so that rules stay pure and tests repeat.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime

Entropy = Callable[[int], bytes]
"""Returns that many random bytes."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def system_entropy(count: int) -> bytes:
    """`count` bytes from the operating system."""
    return secrets.token_bytes(count)


def new_id(now: datetime, entropy: Entropy = system_entropy) -> str:
    """A 26-character lower-case ULID: sorts by time (milliseconds), then at random (80 bits)."""
    value = (int(now.timestamp() * 1000) << 80) | int.from_bytes(entropy(10), "big")
    return "".join(_ALPHABET[(value >> shift) & 31] for shift in range(125, -5, -5))


def digest(data: bytes) -> str:
    """`sha256:` and 64 hex digits of `data`."""
    return "sha256:" + hashlib.sha256(data).hexdigest()
