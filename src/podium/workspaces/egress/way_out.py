"""How Podium itself gets out of this machine: directly, or by the proxy that the user's environment names.

The variables are the usual ones, in capitals or small letters (small ones win, as for curl): HTTPS_PROXY, HTTP_PROXY,
ALL_PROXY, NO_PROXY. What is on this machine's loopback never goes to a proxy. Everything else is carried through a
tunnel (CONNECT), plain http too; inside it, TLS is checked against the far name as on a direct way, by the system's
certificates and those of the company. The proxy's password stays here: it is in no sandbox, no log and no error.

Through a proxy it is the proxy that looks names up, so what a name leads to is the company's own rule there. What is
allowed at all is still Podium's list, and addresses written as numbers (`is_written_as_number`) are still checked.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ipaddress
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, urlsplit

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

SECONDS: Final = 20.0
VARIABLES: Final = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
HANDED: Final = "way out: "
"""Before the name of a variable among the secrets of a round: what is behind it is no secret as a whole."""

_PORTS: Final = {"http": 3128, "https": 443}
_BLOCK: Final = 65536
_NUMBER: Final = re.compile(r"(0[xX][0-9A-Fa-f]*|\d+)\.?")
_STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d{3})(?: [^\r\n]*)?\r\n")


class ProxyError(OSError):
    """The proxy does not carry; the text names it without its password."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Hop:
    """One proxy."""

    host: str
    port: int
    variable: str  # which names it
    tls: bool = False
    authorization: str = field(default="", repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)  # texts that must not be shown anywhere

    @property
    def name(self) -> str:
        """For a person."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https://' if self.tls else ''}{host}:{self.port} ({self.variable})"


@dataclass(frozen=True)
class WayOut:
    """Where connections to other machines go; the plain one goes directly."""

    https: Hop | None = None
    http: Hop | None = None
    exempt: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()  # files and directories to trust besides the system's
    faults: tuple[str, ...] = ()  # for a person: variables that cannot be followed

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown anywhere."""
        return tuple(dict.fromkeys(text for hop in (self.https, self.http) if hop is not None for text in hop.secrets))

    @property
    def text(self) -> str:
        """For a person, without a password; empty for a direct way."""
        hops = [f"{kind} by {hop.name}" for kind, hop in (("https", self.https), ("http", self.http)) if hop]
        if not hops:
            return ""
        direct = f"; directly to {', '.join(self.exempt)}" if self.exempt else ""
        key = ", with a password" if self.secrets else ""
        return f"{', '.join(hops)}{key}{direct}"

    def hop(self, host: str, port: int, *, tls: bool = True) -> Hop | None:
        """The proxy for this goal; None for a direct connection."""
        bare = host.lower().strip("[]").rstrip(".")
        if is_loopback(bare) or any(_covers(entry, bare, port) for entry in self.exempt):
            return None
        return self.https if tls else self.http

    def trusting(self, ca_file: str = "") -> ssl.SSLContext:
        """A context for the far side: `ca_file` alone where it is given, else the system's and the company's.

        Raises OSError for a `ca_file` that cannot be read. What the environment names and holds no certificate is left
        out, as other programs do: then the far side is not trusted.
        """
        context = ssl.create_default_context(cafile=ca_file or None)
        if not ca_file:
            for file in self.certificates:
                is_directory = Path(file).is_dir()
                with contextlib.suppress(OSError):
                    context.load_verify_locations(
                        cafile=None if is_directory else file, capath=file if is_directory else None
                    )
        return context

    async def connect(self, host: str, port: int, secure: ssl.SSLContext | None = None, *, tls: bool = True) -> Streams:
        """A connection to `host`, encrypted with `secure` where that is given; `tls`: what will be spoken there.

        Raises OSError (ProxyError for what the proxy does), TimeoutError.
        """
        hop = self.hop(host, port, tls=tls)
        name = host.strip("[]")
        if hop is None:
            return await asyncio.open_connection(name, port, ssl=secure, limit=_BLOCK)
        return await _through(hop, name, port, secure)


def way_out(environ: Mapping[str, str]) -> WayOut:
    """The way that these variables name."""
    faults: list[str] = []
    https = _hop(environ, faults, "HTTPS_PROXY", "ALL_PROXY")
    http = _hop(environ, faults, "HTTP_PROXY", "ALL_PROXY")
    found = [environ.get(name, "") for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")]
    return WayOut(
        https=https,
        http=http,
        exempt=tuple(dict.fromkeys(_value(environ, "NO_PROXY").lower().replace(",", " ").split())),
        certificates=tuple(dict.fromkeys(file for file in found if file and Path(file).exists())),
        faults=tuple(dict.fromkeys(faults)),
    )


def handed_on(environ: Mapping[str, str]) -> dict[str, str]:
    """What a supervisor is told of them, among its secrets."""
    names = [name for known in VARIABLES for name in (known, known.lower()) if environ.get(name)]
    return {HANDED + name: environ[name] for name in (*names, "SSL_CERT_FILE") if environ.get(name)}


def received(secrets: Mapping[str, str]) -> tuple[WayOut, tuple[str, ...]]:
    """What `handed_on` told: the way, and all among `secrets` that must not be shown."""
    way = way_out({name.removeprefix(HANDED): text for name, text in secrets.items() if name.startswith(HANDED)})
    others = tuple(text for name, text in secrets.items() if not name.startswith(HANDED))
    return way, (*others, *way.secrets)


def is_loopback(host: str) -> bool:
    """Whether a name or an address is this machine's own."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_written_as_number(host: str) -> bool:
    """Whether a host is an address, in whatever notation: 127.0.0.1, 0x7f.1, 2130706433, ::1."""
    return ":" in host or bool(_NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]))


def _value(environ: Mapping[str, str], name: str) -> str:
    return (environ.get(name.lower()) or environ.get(name) or "").strip()


def _hop(environ: Mapping[str, str], faults: list[str], *names: str) -> Hop | None:
    name = next((name for name in names if _value(environ, name)), "")
    if not name:
        return None
    text = _value(environ, name)
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("http://")
    if not host or parts.scheme not in _PORTS or not re.fullmatch(r"[a-z0-9._:-]+", host):
        faults.append(
            f"{name} is no address of an http proxy; Podium connects directly"
        )  # its text may hold a password
        return None
    user, word = unquote(parts.username or ""), unquote(parts.password or "")
    basic = base64.b64encode(f"{user}:{word}".encode()).decode() if user or word else ""
    secrets = (word, quote(word, safe=""), parts.password or "", basic) if word else ()
    return Hop(
        host=host,
        port=port or _PORTS[parts.scheme],
        variable=name,
        tls=parts.scheme == "https",
        authorization=f"Basic {basic}" if basic else "",
        secrets=tuple(dict.fromkeys(filter(None, secrets))),
    )


def _covers(entry: str, host: str, port: int) -> bool:
    """Whether a word of NO_PROXY is for a host: `*`, a domain and all below it, with a port, an address, a network."""
    if entry == "*":
        return True
    if "/" in entry:
        try:
            return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return False
    found = re.fullmatch(r"\[([0-9a-f:.]+)\](?::(\d+))?|([^:]+)(?::(\d+))?", entry)
    if found is None:
        return entry == host  # an address of IPv6
    name, only = found[1] or found[3], found[2] or found[4]
    if only and int(only) != port:
        return False
    name = name.removeprefix("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


async def _through(hop: Hop, host: str, port: int, secure: ssl.SSLContext | None) -> Streams:
    to_proxy = ssl.create_default_context() if hop.tls else None
    try:
        async with asyncio.timeout(SECONDS):
            reader, writer = await asyncio.open_connection(hop.host, hop.port, ssl=to_proxy, limit=_BLOCK)
    except TimeoutError as error:
        raise ProxyError(f"the proxy {hop.name} does not answer") from error
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise ProxyError(f"the proxy {hop.name} cannot be reached: {why}") from error
    try:
        async with asyncio.timeout(SECONDS):
            await _ask(hop, reader, writer, f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
            if secure is not None:
                await writer.start_tls(secure, server_hostname=host)
    except BaseException as error:
        writer.transport.abort()
        if isinstance(error, TimeoutError):
            raise ProxyError(f"the proxy {hop.name} does not connect to {host}:{port} in time") from error
        raise
    return reader, writer


async def _ask(hop: Hop, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, goal: str) -> None:
    key = f"Proxy-Authorization: {hop.authorization}\r\n" if hop.authorization else ""
    writer.write(f"CONNECT {goal} HTTP/1.1\r\nHost: {goal}\r\n{key}\r\n".encode())
    try:
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise ProxyError(f"the proxy {hop.name} closed the connection without a word that can be read") from error
    found = _STATUS.match(head)
    code = int(found[1]) if found else 0
    if 200 <= code < 300:
        return
    match code:
        case 407:
            held = "refuses the user and password that it names" if hop.authorization else "wants a user and a password"
            why = f"{held} (407)"
        case 403:
            why = f"does not allow {goal} (403)"
        case 0:
            why = "does not speak http"
        case _:
            why = f"cannot connect to {goal} ({code})"
    raise ProxyError(f"the proxy {hop.name} {why}")
