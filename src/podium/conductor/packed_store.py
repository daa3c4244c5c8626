"""An agent's session store as one string of bytes, and back into a fresh HOME.

The store was written by an agent, so nothing in it is trusted: only regular files are taken, no link is followed on the
way to them, and their number, depth and size are bounded. Unpacking checks every name again.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

import msgspec

from podium.kernel.errors import PodiumError
from podium.kernel.value import Value

LIMIT_BYTES = 64 * 1024 * 1024
LIMIT_FILES = 5_000
LIMIT_DEPTH = 16
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class PackedFile(Value, frozen=True, kw_only=True):
    """One regular file, by its path below HOME."""

    path: str
    mtime_ns: int
    body: bytes


class PackedStore(Value, frozen=True, kw_only=True):
    """All files of a store."""

    files: tuple[PackedFile, ...] = ()


def pack(home: Path, stores: Sequence[str], *, limit_bytes: int = LIMIT_BYTES) -> bytes:
    """What `stores` (paths below `home`) hold; empty when they hold nothing. Links and special files are left out.

    Raises PodiumError when they hold more than `limit_bytes` or too many files, and OSError when one cannot be read.
    """
    packing = _Packing(limit_bytes)
    for store in stores:
        packing.take(home, store)
    if not packing.files:
        return b""
    return msgspec.msgpack.encode(PackedStore(files=tuple(packing.files)))


def unpack(packed: bytes, home: Path, stores: Sequence[str]) -> None:
    """Write a packed store into `home`, an empty directory that no agent has touched.

    Raises PodiumError, with nothing written, when the bytes are no packed store or name anything outside of `stores`.
    """
    try:
        store = msgspec.msgpack.decode(packed, type=PackedStore)
    except msgspec.MsgspecError as error:
        raise PodiumError(f"the kept session cannot be read: {error}") from error
    for file in store.files:
        _check(file.path, stores)
    for file in store.files:
        _write(home, file)


class _Packing:
    """Goes through the stores and counts."""

    def __init__(self, limit_bytes: int) -> None:
        self.files: list[PackedFile] = []
        self._left = limit_bytes

    def take(self, home: Path, store: str) -> None:
        """Take a file or a directory; one that is not there, or behind a link, is nothing."""
        *above, name = store.split("/")
        here = os.open(home, _DIRECTORY)
        try:
            for part in above:
                if not stat.S_ISDIR(_mode(here, part)):
                    return
                below = os.open(part, _DIRECTORY, dir_fd=here)
                os.close(here)
                here = below
            self._take(here, name, store, LIMIT_DEPTH)
        finally:
            os.close(here)

    def _take(self, parent: int, name: str, path: str, depth: int) -> None:
        mode = _mode(parent, name)
        if stat.S_ISREG(mode):
            self._file(parent, name, path)
        elif stat.S_ISDIR(mode):
            if depth == 0:
                raise PodiumError("the session store is nested too deeply", where=path)
            here = os.open(name, _DIRECTORY, dir_fd=parent)
            try:
                for entry in sorted(_names(here)):
                    self._take(here, entry, f"{path}/{entry}", depth - 1)
            finally:
                os.close(here)

    def _file(self, parent: int, name: str, path: str) -> None:
        if len(self.files) >= LIMIT_FILES:
            raise PodiumError(f"the session store has more than {LIMIT_FILES} files", where=path)
        with os.fdopen(os.open(name, _FILE, dir_fd=parent), "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                return
            body = b"" if about.st_size > self._left else file.read(self._left + 1)
            if max(len(body), about.st_size) > self._left:
                raise PodiumError("the session store is too large to be kept", where=path)
        self._left -= len(body)
        self.files.append(PackedFile(path=path, mtime_ns=about.st_mtime_ns, body=body))


def _names(directory: int) -> list[str]:
    """What can be named in UTF-8, at most a little more than may be taken."""
    names: list[str] = []
    with os.scandir(directory) as entries:
        for entry in entries:
            if len(names) > LIMIT_FILES:
                raise PodiumError(f"the session store has more than {LIMIT_FILES} files", where=names[-1])
            if entry.name.isprintable():
                names.append(entry.name)
    return names


def _mode(parent: int, name: str) -> int:
    try:
        return os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return 0


def _check(path: str, stores: Sequence[str]) -> None:
    parts = path.split("/")
    known = any(path == store or path.startswith(f"{store}/") for store in stores)
    if not known or not path.isprintable() or any(part in ("", ".", "..") for part in parts):
        raise PodiumError("the kept session names a file outside of its store", where=ascii(path)[:200])


def _write(home: Path, file: PackedFile) -> None:
    *above, name = file.path.split("/")
    place = home
    for part in above:
        place /= part
        place.mkdir(mode=0o700, exist_ok=True)
    try:
        opened = os.open(place / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise PodiumError(f"the kept session cannot be written: {error.strerror}", where=file.path) from error
    with os.fdopen(opened, "wb") as out:
        out.write(file.body)
    os.utime(place / name, ns=(file.mtime_ns, file.mtime_ns), follow_symlinks=False)
