"""Where a set-up may fetch packages: the indexes of the user's own pip, uv and npm, and what the project allows.

Read outside of any sandbox. What goes inside is addresses only. An index that wants a password is asked for in plain
http inside, and out here in https with the password added (see `forward`); it never enters a sandbox. The public index
of a tool is in reach where a setting of the user's or the project's list names it, and nowhere by itself.
"""

from __future__ import annotations

import base64
import netrc
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from podium.workspaces.egress.forward import Origin
from podium.workspaces.egress.proxy import PORT
from podium.workspaces.egress.registries import npm_registry, pip_indexes, text_of, uv_index, without_credentials
from podium.workspaces.egress.way_out import WayOut, way_out

_LOOPBACK: Final = ("127.0.0.1", "localhost")
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\??\}")
_SCOPE: Final = re.compile(r"^\s*(@[A-Za-z0-9._~-]+):registry\s*=\s*(\S+)\s*$", re.MULTILINE)
_TOKEN: Final = re.compile(r"^\s*(//\S+?)/?:(_authToken|_auth)\s*=\s*(\S+)\s*$", re.MULTILINE)
_QUIET: Final = {
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "UV_PYTHON_DOWNLOADS": "never",  # they come from elsewhere than packages do
    "npm_config_audit": "false",  # it posts what is installed
    "npm_config_fund": "false",
    "npm_config_update_notifier": "false",
}
_CERTIFICATES: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "NODE_EXTRA_CA_CERTS")


@dataclass(frozen=True)
class Sources:
    """What a set-up may reach, and how it is told of it. Holds passwords: never to be written down."""

    env: Mapping[str, str] = field(default_factory=dict[str, str])
    npmrc: str = ""  # for HOME inside
    hosts: tuple[str, ...] = ()  # host:port that the CONNECT proxy carries
    private: tuple[str, ...] = ()  # of them and of the origins: those that the user named, which may be private ones
    origins: Mapping[str, Origin] = field(default_factory=dict[str, Origin], repr=False)
    certificates: tuple[str, ...] = ()  # files that are to be visible inside
    way: WayOut = field(default_factory=WayOut, repr=False)  # how this machine reaches them
    unused: tuple[str, ...] = ()  # for a person: settings of theirs that are not followed, and what helps

    @property
    def ports(self) -> dict[int, str]:
        """The origins of this machine's loopback, by the port that stands for them inside."""
        found = {origin.port: name for name, origin in self.origins.items() if origin.host in _LOOPBACK}
        return {port: name for port, name in found.items() if port != PORT}

    @property
    def reach(self) -> tuple[str, ...]:
        """For a person: what is in reach, and where a password of theirs is used."""
        told = list(self.hosts)
        for name, origin in self.origins.items():
            scheme = "https" if origin.tls else "http"
            key = ", your password for it is added outside" if origin.authorization else ""
            told = [each for each in told if each != name]
            told.append(f"{name} ({scheme}, to fetch only{key})")
        return tuple(told)


def sources(environ: Mapping[str, str], allowed: tuple[str, ...] = ()) -> Sources:
    """The sources of the user with these variables; `allowed` is what the project's own list adds."""
    home, way = environ.get("HOME", ""), way_out(environ)
    found = _Collector(environ, _netrc(environ, home), _npm_tokens(environ, home))
    index, extra = pip_indexes(environ, home)
    pip, pip_extra = found.take(index), found.take(extra)
    wanted_uv = environ.get("UV_DEFAULT_INDEX") or environ.get("UV_INDEX_URL") or uv_index(environ, home)
    uv = found.take(wanted_uv) or pip
    more = found.take(f"{environ.get('UV_INDEX', '')} {environ.get('UV_EXTRA_INDEX_URL', '')}") or pip_extra
    registry = environ.get("npm_config_registry") or environ.get("NPM_CONFIG_REGISTRY") or npm_registry(environ, home)
    npm = found.take(_filled(registry, environ), npm=True)
    scopes = {scope: found.take(_filled(url, environ), npm=True) for scope, url in _scopes(environ, home)}
    wanted = {
        "PIP_INDEX_URL": pip,
        "PIP_EXTRA_INDEX_URL": pip_extra,
        "PIP_TRUSTED_HOST": " ".join(found.origins),
        "UV_DEFAULT_INDEX": uv,
        "UV_INDEX": more,
        "npm_config_registry": npm,
        "npm_config_replace_registry_host": "always" if npm in found.rewritten else "",
    }
    certificates = {name: environ[name] for name in _CERTIFICATES if Path(environ.get(name) or "/").is_file()}
    lines = [f"registry={npm}"] if npm else []
    lines += [f"{scope}:registry={url}" for scope, url in scopes.items() if url]
    return Sources(
        env={name: text for name, text in {**_QUIET, **wanted, **certificates}.items() if text},
        npmrc="".join(f"{line}\n" for line in lines),
        hosts=tuple(dict.fromkeys((*found.hosts, *allowed))),
        private=tuple(dict.fromkeys((*found.hosts, *found.origins))),
        origins=found.origins,
        certificates=tuple(dict.fromkeys(certificates.values())),
        way=way,
        unused=(*found.unused, *way.faults),
    )


class _Collector:
    """Sorts addresses into those that are carried and those that are fetched from out here."""

    def __init__(self, environ: Mapping[str, str], logins: Mapping[str, str], tokens: Mapping[str, str]) -> None:
        self.hosts: list[str] = []
        self.origins: dict[str, Origin] = {}
        self.rewritten: set[str] = set()
        self.unused: tuple[str, ...] = ()
        self._environ = environ
        self._logins = logins
        self._tokens = tokens
        self._ca_file = environ.get("SSL_CERT_FILE") or ""

    def take(self, text: str, *, npm: bool = False) -> str:
        """The addresses as they are used inside, those left out that are no http."""
        return " ".join(filter(None, (self._one(url, npm=npm) for url in text.split())))

    def _one(self, url: str, *, npm: bool) -> str:
        name, url = (url.partition("=")[0], url.partition("=")[2]) if _is_named(url) else ("", url)
        bare = without_credentials(url)
        if not bare:
            self._leave_out(url)
            return ""
        parts = urlsplit(bare)
        host, tls = (parts.hostname or "").lower(), parts.scheme == "https"
        port = parts.port or (443 if tls else 80)
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        key = _login(url) or _uv_login(name, self._environ)
        key = key or (self._tokens.get(where, "") if npm else self._logins.get(host, ""))
        if tls:
            self.hosts.append(where)
        if tls and not key and host not in _LOOPBACK:
            return bare
        known = self.origins.get(where)
        key = key or (known.authorization if known else "")
        self.origins[where] = Origin(
            host=host, port=port, tls=tls, ca_file=self._ca_file if tls else "", authorization=key
        )
        inside = f"http://{where}{parts.path}"
        self.rewritten.add(inside)
        return inside

    def _leave_out(self, url: str) -> None:
        if url.lower().startswith("file:"):
            path = unquote(url[5:].removeprefix("//"))
            said = f"The index in {path} is a directory: name it in [environment] mounts"
            self.unused = tuple(dict.fromkeys((*self.unused, f"{said}, and in PIP_FIND_LINKS in its env.")))


def _is_named(url: str) -> bool:
    """Whether it is an index with a name before it, as uv has them."""
    return bool(re.match(r"[A-Za-z0-9._-]+=https?://", url))


def _login(url: str) -> str:
    """What an address's own user and password are as a header; empty without them."""
    try:
        parts = urlsplit(url.strip().strip("\"'"))
    except ValueError:
        return ""
    if not parts.username and not parts.password:
        return ""
    return _basic(unquote(parts.username or ""), unquote(parts.password or ""))


def _uv_login(index: str, environ: Mapping[str, str]) -> str:
    """The user and password of an index that has a name before it, as uv finds them in variables."""
    if not index:
        return ""
    name = re.sub(r"[^A-Z0-9]", "_", index.upper())
    user, word = (environ.get(f"UV_INDEX_{name}_{part}", "") for part in ("USERNAME", "PASSWORD"))
    return _basic(user, word) if user or word else ""


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _netrc(environ: Mapping[str, str], home: str) -> dict[str, str]:
    """Headers by host, as pip and uv find them in the user's .netrc."""
    try:
        known = netrc.netrc(environ.get("NETRC") or f"{home}/.netrc")
    except (OSError, ValueError, netrc.NetrcParseError):
        return {}
    return {host.lower(): _basic(user, word or "") for host, (user, _, word) in known.hosts.items()}


def _npm_tokens(environ: Mapping[str, str], home: str) -> dict[str, str]:
    """Headers by host:port, as npm finds them in its files."""
    found: dict[str, str] = {}
    for place, kind, value in _TOKEN.findall(_npmrc(environ, home)):
        parts = urlsplit(f"https:{place}")
        word = _filled(value.strip("\"'"), environ)
        found[f"{(parts.hostname or '').lower()}:{parts.port or 443}"] = (
            f"Bearer {word}" if kind == "_authToken" else f"Basic {word}"
        )
    return {where: header for where, header in found.items() if not re.search(r"[\r\n]", header)}


def _scopes(environ: Mapping[str, str], home: str) -> list[tuple[str, str]]:
    return _SCOPE.findall(_npmrc(environ, home))


def _npmrc(environ: Mapping[str, str], home: str) -> str:
    own = environ.get("NPM_CONFIG_USERCONFIG") or f"{home}/.npmrc"
    return text_of("/etc/npmrc") + "\n" + text_of(own)


def _filled(text: str, environ: Mapping[str, str]) -> str:
    """The text with `${NAME}` replaced, as npm does."""
    return _VARIABLE.sub(lambda found: environ.get(found[1], ""), text)
