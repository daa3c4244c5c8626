"""The disk space of runs: made, measured, copied and removed without ever following what an agent planted.

All names below a run's directories were chosen by an agent. So directories are opened by name relative to an open
directory and never through a symbolic link, removal needs no permission bit to be set and no stack as deep as the
tree, and nothing outside the directory that the caller names as `within` is ever touched.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import time
from collections.abc import Generator
from pathlib import Path
from typing import Final

from podium.kernel.errors import PodiumError, UsageError
from podium.kernel.value import Value

_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_PATH: Final = getattr(os, "O_PATH", os.O_RDONLY) | os.O_NOFOLLOW | os.O_CLOEXEC
_DEEPEST: Final = 256


class RunSpace(Value, frozen=True, kw_only=True):
    """The directories of one run on the host; they stay between its rounds."""

    root: str
    upper: str
    work: str
    home: str


class Use(Value, frozen=True, kw_only=True):
    """What a tree takes on disk."""

    bytes: int
    entries: int
    unreadable: int  # directories that could not be looked into: closed to us, or nested too deep


def create(root: Path) -> RunSpace:
    """Make the directories of a run, or return those that are there. They are closed to other users.

    Raises PodiumError when something else is in the way or the disk is full.
    """
    space = RunSpace(root=str(root), upper=str(root / "upper"), work=str(root / "work"), home=str(root / "home"))
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in (space.upper, space.work, space.home):
            Path(path).mkdir(mode=0o700, exist_ok=True)
            os.close(os.open(path, _PATH | os.O_DIRECTORY))
    except OSError as error:
        raise PodiumError(f"the run's directory cannot be made: {error.strerror}", where=str(root)) from error
    return space


def disk_use(path: Path) -> Use:
    """What the tree below `path` takes on disk: blocks, not lengths; a hard-linked file counts once."""
    walk = DiskWalk((str(path),))
    while (use := walk.step(60.0)) is None:
        pass
    return use


class DiskWalk:
    """Measures trees in small steps, so that a tree of any size can be measured between other work."""

    def __init__(self, roots: tuple[str, ...]) -> None:
        self._steps = _walk(roots)
        self._bytes = 0
        self._entries = 0
        self._unreadable = 0
        self._linked: set[tuple[int, int]] = set()

    def step(self, seconds: float) -> Use | None:
        """Go on for at most about that long. The result once all was seen, None before."""
        end = time.monotonic() + seconds
        for count, state in enumerate(self._steps, 1):
            self._add(state)
            if count % 64 == 0 and time.monotonic() > end:
                return None
        return Use(bytes=self._bytes, entries=self._entries, unreadable=self._unreadable)

    def close(self) -> None:
        """Give up: release the directories that are open."""
        self._steps.close()

    def _add(self, state: os.stat_result | None) -> None:
        if state is None:
            self._unreadable += 1
            return
        self._entries += 1
        if state.st_nlink > 1 and not stat.S_ISDIR(state.st_mode):
            if (state.st_dev, state.st_ino) in self._linked:
                return
            self._linked.add((state.st_dev, state.st_ino))
        self._bytes += state.st_blocks * 512


def _walk(roots: tuple[str, ...]) -> Generator[os.stat_result | None]:
    """The state of every entry below the roots; None for a directory that cannot be looked into."""
    for root in roots:
        try:
            top = os.open(root, _DIRECTORY)
        except OSError:
            yield None
            continue
        stack = [(top, os.scandir(top))]
        try:
            while stack:
                fd, entries = stack[-1]
                entry = next(entries, None)
                if entry is None:
                    os.close(fd)
                    stack.pop()
                    continue
                try:
                    yield entry.stat(follow_symlinks=False)
                    if not entry.is_dir(follow_symlinks=False):
                        continue
                except FileNotFoundError:
                    continue
                try:
                    if len(stack) >= _DEEPEST:
                        raise PermissionError
                    below = os.open(entry.name, _DIRECTORY, dir_fd=fd)
                    stack.append((below, os.scandir(below)))
                except OSError:
                    yield None
        finally:
            for fd, entries in stack:
                entries.close()
                os.close(fd)


def remove(path: Path, *, within: Path) -> None:
    """Remove the tree at `path`, which must lie below `within`; nothing there is fine.

    Follows no link on the way and none inside, and opens what was closed by its mode bits. Raises UsageError when
    `path` does not lie below `within`, and PodiumError when something could not be removed.
    """
    parts = _below(path, within)
    try:
        parent = os.open(within, _DIRECTORY)
    except FileNotFoundError:
        return
    try:
        for part in parts[:-1]:
            below = os.open(part, _DIRECTORY, dir_fd=parent)
            os.close(parent)
            parent = below
        _remove_entry(parent, parts[-1])
    except FileNotFoundError:
        return
    except OSError as error:
        raise PodiumError(f"it could not be removed: {error.strerror}", where=str(path)) from error
    finally:
        os.close(parent)


def _below(path: Path, within: Path) -> tuple[str, ...]:
    try:
        parts = path.relative_to(within).parts
    except ValueError:
        parts = ()
    if not parts or ".." in parts or not within.is_absolute():
        raise UsageError(f"only what lies below {within} can be removed", where=str(path))
    return parts


def _remove_entry(parent: int, name: str) -> None:
    state = os.stat(name, dir_fd=parent, follow_symlinks=False)
    if not stat.S_ISDIR(state.st_mode):
        os.unlink(name, dir_fd=parent)
        return
    with _opened(parent, name) as top:
        _empty(top)
    os.rmdir(name, dir_fd=parent)


def _empty(top: int) -> None:
    """Remove all below an open directory. Directories are first moved up to `top`: depth costs nothing."""
    token = secrets.token_hex(8)
    moved = 0
    while names := os.listdir(top):
        for name in names:
            if not _is_directory(top, name):
                os.unlink(name, dir_fd=top)
                continue
            with _opened(top, name) as fd:
                for inner in os.listdir(fd):  # noqa: PTH208 - an open directory, no path
                    if _is_directory(fd, inner):
                        os.close(_open_up(fd, inner))  # moving a directory needs the right to write to it
                        os.rename(inner, f"{token}-{moved}", src_dir_fd=fd, dst_dir_fd=top)
                        moved += 1
                    else:
                        os.unlink(inner, dir_fd=fd)
            os.rmdir(name, dir_fd=top)


def _is_directory(parent: int, name: str) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)


@contextlib.contextmanager
def _opened(parent: int, name: str) -> Generator[int]:
    fd = _open_up(parent, name)
    try:
        yield fd
    finally:
        os.close(fd)


def _open_up(parent: int, name: str) -> int:
    """Open a directory whatever its mode bits are, giving its owner all of them."""
    handle = os.open(name, _PATH | os.O_DIRECTORY, dir_fd=parent)
    try:
        exact = f"/proc/self/fd/{handle}"
        if stat.S_IMODE(os.fstat(handle).st_mode) & 0o700 != 0o700:
            os.chmod(exact, 0o700)  # noqa: PTH101
        return os.open(exact, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    finally:
        os.close(handle)
