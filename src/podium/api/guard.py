"""The one place that decides who gets an answer: Host, where the request comes from, and the secret.

What it guards against, each with a test:

- a name that an attacker lets resolve to 127.0.0.1 (DNS rebinding): only the names of this server are served;
- another website, and another program on another port of this machine (which a browser counts as the same SITE, so that
  SameSite does not hold it back): Sec-Fetch-Site and Origin must say that this very origin asks;
- programs of other users of the machine: every request carries the secret, in a cookie that scripts cannot read;
- being framed, being fed scripts, being asked for by script tags of others: the headers of every answer.

Only `/enter`, where a link becomes a cookie, and the files below `/static/`, the same for everybody, need no secret.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from podium.api.keys import same

SAFE_METHODS = ("GET", "HEAD")
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # with none at all, a form's Origin is null
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

Refuse = Callable[[Scope, str, str], ASGIApp]
"""Makes the answer to a refused request from what is wrong, and what to do about it."""


def cookie_name(port: int) -> str:
    """The name of the cookie. Cookies do not know ports: two servers would overwrite each other's."""
    return f"podium-{port}"


class Guard:
    """Wraps the application: refuses what must not come through, and puts the headers on every answer."""

    def __init__(self, app: ASGIApp, *, secret: str, port: int, refuse: Refuse) -> None:
        self._app = app
        self._secret = secret
        self._cookie = cookie_name(port)
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # a websocket: there are none
            await send({"type": "websocket.close", "code": 1008})
            return
        what, do = self._fault(scope)
        app = self._refuse(scope, what, do) if what else self._app
        await app(scope, receive, _with_headers(send))

    def _fault(self, scope: Scope) -> tuple[str, str]:
        """What is wrong with a request, and what to do; empty when nothing is."""
        headers = Headers(scope=scope)
        host = headers.getlist("host")
        if len(host) != 1 or host[0].lower() not in self._hosts:
            return "this server does not answer to that name", "Use the link that podium up prints."
        foreign = _foreign(scope, headers, host[0].lower())
        if foreign:
            return foreign, "Open Podium's own page, with the link that podium up prints."
        path = scope["path"]
        if (path == "/enter" or path.startswith("/static/")) and scope["method"] in SAFE_METHODS:
            return "", ""
        if not self._knows(headers):
            return "this browser has not been let in yet", "Run podium up, and open the link that it prints."
        return "", ""

    def _knows(self, headers: Headers) -> bool:
        for line in headers.getlist("cookie"):
            try:
                morsel = SimpleCookie(line).get(self._cookie)
            except CookieError:
                continue
            if morsel is not None and same(morsel.value, self._secret):
                return True
        return False


def _foreign(scope: Scope, headers: Headers, host: str) -> str:
    """Why a request is not this origin's own; empty when it is, or when a person follows a link to a page."""
    site, origin = headers.get("sec-fetch-site", ""), headers.get("origin")
    if origin is not None and origin.lower() != f"http://{host}":
        return "another website asked for this"
    if scope["method"] in SAFE_METHODS:
        visit = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        return "" if site in ("", "none", "same-origin") or visit else "another website asked for this"
    if site not in ("", "same-origin"):
        return "another website asked for this"
    if not site and origin is None:
        return "it is not said which website asks for this change"
    return ""


def _with_headers(send: Send) -> Callable[[MutableMapping[str, Any]], Awaitable[None]]:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)  # an answer may be stricter
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return sending
