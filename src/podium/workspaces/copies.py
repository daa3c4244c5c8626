"""A writable copy of lower directories, for the tiers that cannot mount an overlay.

Links are copied as links. A layer was an overlay's upper directory once, so it may hold whiteouts (character devices
0/0, which stand for "removed") and opaque directories ("what is below is hidden"): both are obeyed here.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from pathlib import Path
from typing import Final

from podium.kernel.errors import PodiumError
from podium.workspaces.plan import SandboxPlan
from podium.workspaces.space import remove

_CLONE: Final = 0x40049409  # FICLONE
_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def fill(plan: SandboxPlan) -> None:
    """Make the plan's workspace ready to be used by its tier: a copy, unless it is an overlay.

    The copy appears at once or not at all. What an overlay left in `upper` is taken over into the copy; the way back
    is not possible: raises PodiumError for an overlay over what is a copy already.
    """
    upper = Path(plan.upper)
    mark, part = upper.with_name(upper.name + ".is-a-copy"), upper.with_name(upper.name + ".part")
    if plan.tier == "overlay":
        if mark.exists():
            raise PodiumError(
                "this workspace is a full copy, made by a weaker sandbox tier",
                where=plan.upper,
                do="Finish this run with the tier it began with, or start the task anew.",
            )
        return
    if mark.exists():
        return
    remove(part, within=part.parent)
    part.mkdir(mode=0o700)
    copy_lowers((*plan.lowers, plan.upper), part)
    remove(upper, within=upper.parent)
    mark.touch()
    part.rename(upper)


def copy_lowers(lowers: tuple[str, ...], target: Path) -> None:
    """Copy the lower directories, bottom first, into the empty directory `target`.

    Shares blocks where the file system can. Raises PodiumError when the disk is full or a file cannot be read.
    """
    try:
        for lower in lowers:
            source = os.open(lower, _DIRECTORY)
            fd = os.open(target, _DIRECTORY)
            try:
                _copy_directory(source, fd, target)
            finally:
                os.close(source)
                os.close(fd)
    except OSError as error:
        raise PodiumError(f"the workspace cannot be copied: {error.strerror}", where=str(target)) from error


def _copy_directory(source: int, target: int, path: Path) -> None:
    for name in os.listdir(source):
        state = os.stat(name, dir_fd=source, follow_symlinks=False)
        if stat.S_ISDIR(state.st_mode):
            _copy_below(source, target, name, state, path)
            continue
        with contextlib.suppress(FileNotFoundError):
            remove(path / name, within=path)
        if stat.S_ISLNK(state.st_mode):
            os.symlink(os.readlink(name, dir_fd=source), name, dir_fd=target)
        elif stat.S_ISREG(state.st_mode):
            _copy_file(source, target, name, state)


def _copy_below(source: int, target: int, name: str, state: os.stat_result, path: Path) -> None:
    inner = os.open(name, _DIRECTORY, dir_fd=source)
    try:
        if _is_opaque(inner) or not _is_directory(target, name):
            remove(path / name, within=path)
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=target)
        below = os.open(name, _DIRECTORY, dir_fd=target)
        try:
            _copy_directory(inner, below, path / name)
            os.fchmod(below, stat.S_IMODE(state.st_mode))
            os.utime(below, ns=(state.st_atime_ns, state.st_mtime_ns))
        finally:
            os.close(below)
    finally:
        os.close(inner)


def _copy_file(source: int, target: int, name: str, state: os.stat_result) -> None:
    read = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=source)
    try:
        write = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=target)
        try:
            _copy_bytes(read, write, state.st_size)
            os.fchmod(write, stat.S_IMODE(state.st_mode))
            os.utime(write, ns=(state.st_atime_ns, state.st_mtime_ns))
        finally:
            os.close(write)
    finally:
        os.close(read)


def _copy_bytes(read: int, write: int, size: int) -> None:
    with contextlib.suppress(OSError):
        fcntl.ioctl(write, _CLONE, read)
        return
    offset = 0
    while offset < size:
        sent = os.sendfile(write, read, offset, size - offset)
        if sent == 0:
            return
        offset += sent


def _is_directory(parent: int, name: str) -> bool:
    try:
        return stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False


def _is_opaque(fd: int) -> bool:
    try:
        return os.getxattr(fd, "user.overlay.opaque") == b"y"
    except OSError:
        return False
