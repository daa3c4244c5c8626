"""Globs cut down so that they leave out files that only people may change."""

from __future__ import annotations

from collections.abc import Sequence

from podium.project.globs import contains, matcher
from podium.project.model import Settings

_MOST = 12
_WILD = "*?[\\"


def human_only(settings: Settings) -> tuple[str, ...]:
    """The globs of all human-only areas that are areas of files (not of constructs)."""
    return tuple(
        glob for area in settings.protected if area.rule == "human-only" and not area.constructs for glob in area.paths
    )


def narrowed(globs: Sequence[str], tracked_files: Sequence[str], kept_out: Sequence[str]) -> tuple[str, ...]:
    """The globs without what `kept_out` matches: as folders and files that exist, where a glob must be split.

    A glob that cannot be split into at most 12 parts stays as it is, for a person to see to.
    """
    found: list[str] = []
    protected = matcher(kept_out)
    for glob in globs:
        if kept_out and contains(tuple(kept_out), glob):
            continue
        within = matcher((glob,))
        files = [path for path in tracked_files if within(path)]
        if not any(map(protected, files)):
            found.append(glob)
            continue
        parts = _split(_folder(glob), files, [path for path in files if protected(path)])
        found.extend(parts if len(parts) <= _MOST else [glob])
    return tuple(dict.fromkeys(found))


def _folder(glob: str) -> str:
    """The folder, with its slash, above all that a glob can match."""
    end = min((glob.index(char) for char in _WILD if char in glob), default=len(glob))
    return glob[: glob.rfind("/", 0, end) + 1]


def _split(folder: str, files: Sequence[str], out: Sequence[str]) -> list[str]:
    """The files below a folder as globs, those of `out` left out."""
    children: dict[str, list[str]] = {}
    for path in files:
        children.setdefault(path[len(folder) :].split("/")[0], []).append(path)
    left_out = set(out)
    found: list[str] = []
    for name, inside in sorted(children.items()):
        if not left_out.intersection(inside):
            found.append(f"{folder}{name}/**" if inside != [folder + name] else escaped(folder + name))
        elif inside != [folder + name]:
            found.extend(_split(f"{folder}{name}/", inside, out))
    return found


def escaped(path: str) -> str:
    """The glob that matches exactly this path."""
    return "".join(f"\\{char}" if char in _WILD else char for char in path)
