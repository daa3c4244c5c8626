"""The package registries of the user's own pip, uv and npm configuration, as a sandbox is told of them.

Only addresses are taken over. Credentials stay outside: an address loses its user and password, and lines that hold
tokens are never read into anything. Which of the registries are in reach is the project's allow-list alone.
"""

from __future__ import annotations

import configparser
import contextlib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlsplit, urlunsplit

from podium.workspaces.egress.proxy import PORT

_LARGEST: Final = 1 << 20


def proxy_env(port: int = PORT) -> dict[str, str]:
    """The variables by which programs find the proxy; what is on the sandbox's own loopback does not go there."""
    url, own = f"http://127.0.0.1:{port}", "127.0.0.1,localhost,::1"
    found: dict[str, str] = {}
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        found[name] = found[name.lower()] = url
    return {**found, "NO_PROXY": own, "no_proxy": own, "NODE_USE_ENV_PROXY": "1"}


def registry_env(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables for pip, uv and npm, from the user's variables and files; without any credential."""
    home = environ.get("HOME", "")
    pip, extra = pip_indexes(environ, home)
    uv = environ.get("UV_DEFAULT_INDEX") or environ.get("UV_INDEX_URL") or uv_index(environ, home) or pip
    npm = environ.get("npm_config_registry") or environ.get("NPM_CONFIG_REGISTRY") or npm_registry(environ, home)
    wanted = {"PIP_INDEX_URL": pip, "PIP_EXTRA_INDEX_URL": extra, "UV_DEFAULT_INDEX": uv, "npm_config_registry": npm}
    found = {name: " ".join(filter(None, map(without_credentials, text.split()))) for name, text in wanted.items()}
    return {name: text for name, text in found.items() if text}


def registry_hosts(found: Mapping[str, str]) -> tuple[str, ...]:
    """host:port of every registry in the variables."""
    hosts: list[str] = []
    for text in found.values():
        for url in text.split():
            parts = urlsplit(url)
            hosts.append(f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}")
    return tuple(dict.fromkeys(hosts))


def without_credentials(url: str) -> str:
    """The address without user, password and query; empty when it is no http(s) address."""
    try:
        parts = urlsplit(url.strip().strip("\"'"))
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return urlunsplit((parts.scheme, host + port, parts.path, "", ""))


def pip_indexes(environ: Mapping[str, str], home: str) -> tuple[str, str]:
    """pip's index and its further ones, as they are written, credentials and all."""
    places = [
        "/etc/pip.conf",
        f"{home}/.pip/pip.conf",
        f"{environ.get('XDG_CONFIG_HOME') or home + '/.config'}/pip/pip.conf",
    ]
    places += [environ[name] for name in ("PIP_CONFIG_FILE",) if environ.get(name)]
    index, extra = "", ""
    for place in places:
        parser = configparser.RawConfigParser(strict=False)
        with contextlib.suppress(configparser.Error):
            parser.read_string(text_of(place))
        for section in ("global", "install"):
            index = parser.get(section, "index-url", fallback=index) or index
            extra = parser.get(section, "extra-index-url", fallback=extra) or extra
    return environ.get("PIP_INDEX_URL") or index, environ.get("PIP_EXTRA_INDEX_URL") or extra


def uv_index(environ: Mapping[str, str], home: str) -> str:
    """uv's default index by its file, as it is written."""
    place = f"{environ.get('XDG_CONFIG_HOME') or home + '/.config'}/uv/uv.toml"
    try:
        document: dict[str, Any] = tomllib.loads(text_of(place))
    except tomllib.TOMLDecodeError:
        return ""
    listed: object = document.get("index")
    for each in cast("list[object]", listed) if isinstance(listed, list) else []:
        entry = cast("dict[str, Any]", each) if isinstance(each, dict) else {}
        if entry.get("default") is True and isinstance(entry.get("url"), str):
            return str(entry["url"])
    single = document.get("index-url")
    return single if isinstance(single, str) else ""


def npm_registry(environ: Mapping[str, str], home: str) -> str:
    """npm's registry by its files, as it is written."""
    found = ""
    for place in ("/etc/npmrc", environ.get("NPM_CONFIG_USERCONFIG") or f"{home}/.npmrc"):
        match = re.findall(r"^\s*registry\s*=\s*(\S+)\s*$", text_of(place), re.MULTILINE)
        found = match[-1] if match else found
    return found


def text_of(place: str) -> str:
    """The beginning of a file; empty where there is none."""
    try:
        with Path(place).open("rb") as file:
            return file.read(_LARGEST).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""
