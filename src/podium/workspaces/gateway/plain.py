"""An answer as the gateway can read it: unpacked, and without the key of the request.

Podium asks for `identity`; a provider, or what stands before it, may pack its answer all the same. Packed, it could
neither be counted nor searched, so gzip and deflate are unpacked here and go on plainly. What cannot be unpacked is not
passed on: the agent would have it uncounted.

A provider that tells the key again (in an error, in a header) would hand it to the sandbox. Each occurrence becomes as
many asterisks, so lengths stay; of a piece only an end that may be the beginning of a key waits for the next. What is
too short to be a secret ("none", for a server of one's own) is left: it would be found in any text.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any, Final

import h11

from podium.workspaces.gateway.headers import Headers, value_of

_UNPACKED: Final = frozenset((b"content-encoding", b"content-length", b"content-md5", b"digest", b"etag"))
_MOST_AT_ONCE: Final = 1 << 20
_SHORTEST: Final = 12


class Plain:
    """Of one answer: give it the head, then every piece; `end` tells what is left."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(
            sorted({text.encode() for text in secrets if len(text) >= _SHORTEST}, key=len, reverse=True)
        )
        self._unpack: Any = None  # of zlib, whose class has no public name
        self._begun = False
        self._deflate = False
        self._kept = b""

    def head(self, given: Headers) -> Headers:
        """The head to pass on. Raises h11.RemoteProtocolError for an answer that is packed in an unknown way."""
        packed = value_of(given, b"content-encoding").strip().lower()
        found = [(name, self._covered(value)) for name, value in given]
        if packed in ("", "identity"):
            return found
        if packed not in ("gzip", "x-gzip", "deflate"):
            raise h11.RemoteProtocolError("its answer is packed in a way that was not asked for")
        self._deflate = packed == "deflate"
        self._unpack = zlib.decompressobj(zlib.MAX_WBITS | (0 if self._deflate else 16))
        return [each for each in found if each[0] not in _UNPACKED]

    def data(self, block: bytes) -> list[bytes]:
        """What of it can be passed on now. Raises h11.RemoteProtocolError for what cannot be unpacked."""
        blocks = [block] if self._unpack is None else self._unpacked(block)
        return [ready for each in blocks if (ready := self._ready(each))]

    def end(self) -> bytes:
        """What was kept back. Raises h11.RemoteProtocolError when the packed body is not whole."""
        if self._unpack is not None and self._begun and not self._unpack.eof:
            raise h11.RemoteProtocolError("its packed answer breaks off")
        rest, self._kept = self._kept, b""
        return rest

    def _unpacked(self, block: bytes) -> list[bytes]:
        unpack = self._unpack
        found: list[bytes] = []
        if self._deflate and not self._begun and block and block[0] & 0x0F != 8:
            unpack = self._unpack = zlib.decompressobj(-zlib.MAX_WBITS)
        self._begun = self._begun or bool(block)
        try:
            while block:
                if unpack.eof:  # a further member follows
                    if self._deflate:
                        break
                    unpack = self._unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
                found.append(unpack.decompress(block, _MOST_AT_ONCE))
                block = unpack.unused_data if unpack.eof else unpack.unconsumed_tail
        except zlib.error as error:
            raise h11.RemoteProtocolError("its packed answer cannot be unpacked") from error
        return found

    def _covered(self, text: bytes) -> bytes:
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, b"*" * len(secret))
        return text

    def _ready(self, block: bytes) -> bytes:
        text = self._covered(self._kept + block)
        keep = max((_overlap(text, secret) for secret in self._secrets), default=0)
        self._kept = text[len(text) - keep :]
        return text[: len(text) - keep]


def _overlap(text: bytes, secret: bytes) -> int:
    """How many bytes at the end of a text begin a secret."""
    most = min(len(text), len(secret) - 1)
    first = secret[:1]
    start = text.find(first, len(text) - most) if most else -1
    while start >= 0:
        if secret.startswith(text[start:]):
            return len(text) - start
        start = text.find(first, start + 1)
    return 0
