"""The dependencies that manifests declare. Read, never resolved. Pure."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any, cast

_NAME = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_LOCKS = {
    "pyproject.toml": ("uv.lock", "poetry.lock", "pdm.lock"),
    "package.json": ("package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock"),
    "Cargo.toml": ("Cargo.lock",),
    "go.mod": ("go.sum",),
    "Pipfile": ("Pipfile.lock",),
    "Gemfile": ("Gemfile.lock",),
}


class ManifestError(Exception):
    """The manifest cannot be read; the text says why."""


def is_manifest(path: str) -> bool:
    """Whether a file declares dependencies in a form that is understood here."""
    name = path.rpartition("/")[2]
    return name in ("pyproject.toml", "package.json", "Cargo.toml", "go.mod") or bool(
        re.fullmatch(r"requirements[\w.-]*\.(?:txt|in)", name)
    )


def locks_of(path: str) -> tuple[str, ...]:
    """The lock files that a manifest may have beside it."""
    folder, slash, name = path.rpartition("/")
    return tuple(f"{folder}{slash}{lock}" for lock in _LOCKS.get(name, ()))


def declared(path: str, content: bytes) -> dict[str, str]:
    """Each dependency's name with its whole declaration. Raises ManifestError."""
    name = path.rpartition("/")[2]
    text = content.decode("utf-8", "replace")
    try:
        if name == "go.mod":
            return {
                found[1]: found[0] for found in re.finditer(r"(?m)^\s*(?:require\s+)?([\w.-]+\.[\w./-]+)\s+v\S+", text)
            }
        if name.endswith((".txt", ".in")):
            return dict(_requirement(line) for line in text.splitlines() if _NAME.match(line))
        data: dict[str, Any] = json.loads(text) if name.endswith(".json") else tomllib.loads(text)
        return dict(_package_json(data) if name.endswith(".json") else _toml(data))
    except (ValueError, RecursionError, AttributeError, TypeError) as error:
        raise ManifestError(f"{path} cannot be read: {type(error).__name__}") from error


def _requirement(line: str) -> tuple[str, str]:
    found = _NAME.match(line)
    assert found is not None, "the caller has matched it"
    return re.sub(r"[-_.]+", "-", found[1]).lower(), line.partition("#")[0].strip()


def _package_json(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for group in ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies"):
        for name, version in cast("dict[str, Any]", data.get(group, {})).items():
            yield name, f"{name} {version}"


def _toml(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    project = data.get("project", {})
    groups = [*project.get("optional-dependencies", {}).values(), *data.get("dependency-groups", {}).values()]
    listed = [project.get("dependencies", []), data.get("build-system", {}).get("requires", []), *groups]
    for line in (each for group in listed for each in group if isinstance(each, str) and _NAME.match(each)):
        yield _requirement(line)
    poetry = data.get("tool", {}).get("poetry", {}).get("dependencies", {})
    tables = [data.get(group, {}) for group in ("dependencies", "dev-dependencies", "build-dependencies")]
    for table in (poetry, *tables):
        for name, version in table.items():
            yield name.lower(), f"{name} {version}"
