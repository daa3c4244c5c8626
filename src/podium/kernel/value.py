"""The one shape of data in Podium: frozen, typed values that have exactly one JSON form."""

from __future__ import annotations

from typing import Any

import msgspec


class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A frozen value; equal when its fields are. `canonical` gives its one JSON form."""


_ENCODER = msgspec.json.Encoder(order="sorted")


def canonical(value: Any) -> bytes:
    """The canonical JSON of a value or of plain data: keys sorted, no white space, UTF-8.

    Two equal values give equal bytes, so that a digest of them means something.
    Raises TypeError for data that JSON cannot hold.
    """
    return _ENCODER.encode(value)
