"""The server name in the first words of a TLS connection, read without being part of it. Pure.

A CONNECT proxy sees a name in the request, but what is asked for inside the tunnel may be another host behind the same
address. The ClientHello is the last thing that is said in the clear, and it names the host; one that hides it (ECH) or
names none cannot be checked. RFC 8446, 4.1.2; RFC 6066, 3.
"""

from __future__ import annotations

from typing import Final

MOST: Final = 64 * 1024
"""No ClientHello is longer; what is, is something else."""

_HANDSHAKE, _CLIENT_HELLO = 22, 1
_SERVER_NAME, _ENCRYPTED_HELLO, _OLD_ENCRYPTED_NAME = 0, 0xFE0D, 0xFFCE


class NoHelloError(Exception):
    """What came is no ClientHello that can be checked; the text says why."""


class _ShortError(Exception):
    """More bytes are needed."""


def server_name(data: bytes) -> str | None:
    """The server name that a client asks for, lower case, empty when it names none; None when more bytes are needed.

    Raises NoHelloError for anything that is not the beginning of TLS, or hides the name.
    """
    try:
        hello = _hello(data)
    except _ShortError:
        if len(data) > MOST:
            raise NoHelloError("its first words are too long for TLS") from None
        return None
    try:
        return _name(hello)
    except _ShortError:
        raise NoHelloError("its first words are malformed") from None


def _hello(data: bytes) -> bytes:
    """The body of the ClientHello, which may be spread over several records."""
    hello = b""
    at = 0
    while True:
        if data[at : at + 1] not in (b"", bytes((_HANDSHAKE,))) or (len(data) > at + 1 and data[at + 1] != 3):
            raise NoHelloError("it does not speak TLS")
        length = int.from_bytes(_take(data, at + 3, 2), "big")
        if not 0 < length <= 2**14:
            raise NoHelloError("its first words are malformed")
        hello += data[at + 5 : at + 5 + length]
        if hello and hello[0] != _CLIENT_HELLO:
            raise NoHelloError("it does not begin with a ClientHello")
        if len(hello) >= 4 and len(hello) >= 4 + (size := int.from_bytes(hello[1:4], "big")):
            return hello[4 : 4 + size]
        if len(data) < at + 5 + length:
            raise _ShortError
        at += 5 + length


def _name(hello: bytes) -> str:
    at = 2 + 32  # version, random
    at += 1 + _take(hello, at, 1)[0]  # session id
    at += 2 + int.from_bytes(_take(hello, at, 2), "big")  # cipher suites
    at += 1 + _take(hello, at, 1)[0]  # compression
    if at == len(hello):
        return ""
    end = at + 2 + int.from_bytes(_take(hello, at, 2), "big")
    at += 2
    name = ""
    while at < end:
        kind, length = int.from_bytes(_take(hello, at, 2), "big"), int.from_bytes(_take(hello, at + 2, 2), "big")
        body = _take(hello, at + 4, length)
        if kind in (_ENCRYPTED_HELLO, _OLD_ENCRYPTED_NAME):
            raise NoHelloError("it hides the server's name (encrypted ClientHello)")
        if kind == _SERVER_NAME:
            name = _host_name(body)
        at += 4 + length
    return name


def _host_name(body: bytes) -> str:
    size = int.from_bytes(_take(body, 3, 2), "big")
    if body[2] != 0 or len(body) != 5 + size:
        raise NoHelloError("it names its server in an unusual way")
    try:
        return body[5:].decode("ascii").lower()
    except UnicodeDecodeError:
        raise NoHelloError("it names its server in an unusual way") from None


def _take(data: bytes, at: int, count: int) -> bytes:
    if len(data) < at + count:
        raise _ShortError
    return data[at : at + count]
