"""How an index is asked about a name: by the user's own way out, and with the user's own password for that index.

The proxy, its exceptions and the company's certificates are those of every other way out of this machine; passwords
are those that pip, uv and npm would use (an address in their settings, .netrc, .npmrc). One goes to the very host that
it is for and nowhere else, whatever a redirect says, and is in no answer and no error.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from podium.checks.package_index import LARGEST, SECONDS, Fetch, Fetched, NotFetchedError

if TYPE_CHECKING:
    import h11

    from podium.workspaces.egress.sources import Sources
    from podium.workspaces.gateway.wire import Wire

_MOST_REDIRECTS: Final = 4
_REDIRECTS: Final = (301, 302, 303, 307, 308)


def fetching(environ: Mapping[str, str]) -> Fetch:
    """What fetches one address as the user with these variables would. It blocks: for a thread without a loop."""
    return lambda url: asyncio.run(_fetched(url, environ))


async def _fetched(url: str, environ: Mapping[str, str]) -> Fetched:
    from podium.workspaces.egress.sources import sources
    from podium.workspaces.egress.way_out import ProxyError

    try:
        known = sources(environ)
        async with asyncio.timeout(SECONDS):
            for _ in range(_MOST_REDIRECTS + 1):
                answer, to = await _asked(url, known)
                if not to:
                    return answer
                url = urljoin(url, to)
    except ProxyError as error:
        raise NotFetchedError(str(error)) from error
    except (OSError, TimeoutError, ValueError) as error:
        raise NotFetchedError(f"the index cannot be reached ({type(error).__name__})") from error
    raise NotFetchedError("the index leads from one address to the next")


async def _asked(url: str, known: Sources) -> tuple[Fetched, str]:
    """One answer, and where it leads on to. Raises OSError, ValueError for an address or an answer that is none."""
    import h11

    from podium.workspaces.gateway.wire import Wire

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("no address of an index")
    tls, host = parts.scheme == "https", parts.hostname
    port = parts.port or (443 if tls else 80)
    name = f"[{host}]" if ":" in host else host
    secure: ssl.SSLContext | None = known.way.trusting() if tls else None
    head = [("host", f"{name}:{port}" if parts.port else name), ("accept", "application/json")]
    head += [("user-agent", "podium"), ("accept-encoding", "identity"), ("connection", "close")]
    origin = known.origins.get(f"{name}:{port}")
    if origin is not None and origin.authorization and origin.tls == tls:
        head.append(("authorization", origin.authorization))
    reader, writer = await known.way.connect(host, port, secure, tls=tls)
    wire = Wire(reader, writer, serves=False)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        await wire.send(h11.Request(method="GET", target=target, headers=head), h11.EndOfMessage())
        return await _read(wire)
    except h11.ProtocolError as error:
        raise ValueError("no answer in HTTP") from error
    finally:
        wire.abort()


async def _read(wire: Wire) -> tuple[Fetched, str]:
    import h11

    while isinstance(event := await wire.next(SECONDS), h11.InformationalResponse):
        pass
    if not isinstance(event, h11.Response):
        raise ConnectionError("the index closed the connection")
    if event.status_code in _REDIRECTS and (to := _location(event)):
        return (event.status_code, b""), to
    body, status = bytearray(), event.status_code
    while isinstance(event := await wire.next(SECONDS), h11.Data):
        body += event.data
        if len(body) > LARGEST:
            break
    else:
        if not isinstance(event, h11.EndOfMessage):
            raise ConnectionError("the index closed the connection")
    return (status, bytes(body)), ""


def _location(answer: h11.Response) -> str:
    return next((value.decode("latin-1") for name, value in answer.headers if name == b"location"), "")
