"""Names of new files that some file systems take for another one's, or cannot hold. Pure.

macOS and Windows fold case, macOS folds the forms of accented letters: of two such files a checkout there has one,
whose content is that of either. Windows takes some names for devices, and drops dots and spaces at the end of any.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterable

from podium.evidence.fingerprint import Findings

_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])[ ]*(?:\..*)?", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[<>:"|?*\\\x00-\x1f]')


def odd_names(new: Iterable[str], known: Iterable[str]) -> Findings:
    """What is wrong with the names of `new` paths, beside those of all `known` ones (with or without the new ones)."""
    fresh = sorted(set(new))
    spelled: dict[str, str] = {}
    for path in sorted({*known} - {*fresh}):
        for place in _places(path):
            spelled.setdefault(_folded(place), place)
    found, told = Findings(), set[str]()
    for path in fresh:
        for place in _places(path):
            other = spelled.setdefault(_folded(place), place)
            if place in told:
                continue
            told.add(place)
            if other != place:
                message = f"{place} and {other} are one and the same name on macOS and Windows"
                found.add("file-names/same", "error", message, path=path)
            elif why := _impossible(posixpath.basename(place)):
                found.add("file-names/windows", "warning", f"Windows cannot check out {place}: {why}", path=path)
    return found


def _places(path: str) -> list[str]:
    """A path and the directories that it is in, outermost first."""
    parts = path.split("/")
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _impossible(name: str) -> str:
    if _DEVICE.fullmatch(name):
        return "it is the name of a device"
    if _FORBIDDEN.search(name):
        return "it holds a character that names there cannot have"
    return "a dot or space at its end is dropped there" if name.endswith((".", " ")) else ""
