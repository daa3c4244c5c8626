"""Which addresses a name may lead to: public ones, and those that the project itself names."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Collection

RESOLVE_SECONDS = 20.0

# Addresses of IPv6 that stand for one of IPv4: compatible, translated, NAT64, 6to4, Teredo.
_CARRIES_IPV4 = tuple(
    ipaddress.ip_network(text)
    for text in ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)


class NotAllowedError(Exception):
    """The name leads to where it may not; the text says where."""


async def resolved(host: str, port: int, allowed: Collection[str], *, private: bool = False) -> list[str]:
    """The addresses to try, in order. Raises NotAllowedError when the name leads to none that may be reached, OSError.

    `private`: the person named this host, and it may be one of a private network.

    Looked up here, once, and connected to by address: an answer that changes in between changes nothing.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(RESOLVE_SECONDS):
        known = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    found = [str(each[4][0]) for each in known]
    kept = [address for address in dict.fromkeys(found) if may_reach(address, port, allowed, private=private)]
    if not kept:
        shown = ", ".join(dict.fromkeys(found)) or "nothing"
        raise NotAllowedError(f"{host} leads to {shown}, which is not public")
    return kept


def may_reach(address: str, port: int, allowed: Collection[str], *, private: bool = False) -> bool:
    """Whether this address may be connected to: it is public, or the list names the address itself.

    With `private`, an address of a private network will do as well; this machine and the link never do.
    """
    bare = address.partition("%")[0]
    known = ipaddress.ip_address(bare)
    if isinstance(known, ipaddress.IPv6Address):
        if int(known) > 1 and any(known in network for network in _CARRIES_IPV4):
            return False  # a gateway or a tunnel would lead to whatever is written in it
        known = known.ipv4_mapped or known
    if known.is_global and not (known.is_multicast or getattr(known, "is_site_local", False)):
        return True
    if private and not (known.is_loopback or known.is_link_local or known.is_multicast or known.is_unspecified):
        return True
    named = {f"{bare}:{port}", f"[{bare}]:{port}", *([f"localhost:{port}"] if known.is_loopback else [])}
    return bool(named.intersection(allowed)) and not known.is_link_local


def is_address(host: str) -> bool:
    """Whether a host is an address and no name."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
