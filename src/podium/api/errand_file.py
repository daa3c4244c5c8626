"""What came of errands, in a small file of the state directory: a restart of the server forgets none of it.

It is no truth about the project (that is the ledger's): a file that is lost or damaged is an empty one.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

MOST_KEPT = 40
_MOST_TEXT = 4_000
_MOST_BYTES = 2_000_000
_LOG = logging.getLogger("podium.web")


class KeptErrand(msgspec.Struct, frozen=True, kw_only=True):
    """An errand as it is remembered. `going` ones were at work when this was written."""

    name: str
    title: str
    by: str
    place: str
    began: str
    going: bool = False
    stage: str = ""
    ended: str = ""
    told: str = ""
    link: str = ""
    asks: bool = False
    error: tuple[str, str, str] | None = None  # what, where, do


class ErrandFile:
    """The file of one project. One server at a time writes it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> list[KeptErrand]:
        """What was kept, oldest first; nothing where the file cannot be read."""
        try:
            if self._path.stat().st_size > _MOST_BYTES:
                return []
            found = msgspec.json.decode(self._path.read_bytes(), type=list[KeptErrand])
        except (OSError, msgspec.MsgspecError):
            return []
        return found[-MOST_KEPT:]

    def save(self, errands: Sequence[KeptErrand]) -> None:
        """Replace what is kept, in one step. A full disk costs the memory of it and nothing else."""
        fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as sink:
                sink.write(msgspec.json.encode([_bounded(each) for each in errands[-MOST_KEPT:]]))
            fresh.replace(self._path)
        except OSError as error:
            _LOG.warning("what is done in the background is not remembered: %s", error)


def _bounded(errand: KeptErrand) -> KeptErrand:
    error = errand.error
    return msgspec.structs.replace(
        errand,
        title=_short(errand.title),
        told=_short(errand.told),
        error=error and (_short(error[0]), _short(error[1]), _short(error[2])),
    )


def _short(text: str) -> str:
    """Some of a text, as what can be written: an agent's words may hold half a character."""
    cut = text if len(text) <= _MOST_TEXT else text[:_MOST_TEXT] + " …"
    return cut.encode("utf-8", "replace").decode()
