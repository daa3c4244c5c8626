"""Writing a file so that a kill at any point leaves the old one, the new one, or none: never a torn one."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Put `data` at `path` atomically and durably; readers see the old file or the new one."""
    temporary = _temporary(path, data)
    try:
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_directory(path.parent)


def create_once(path: Path, data: bytes) -> bool:
    """Like `write_whole`, but only if there is no such file; False when there is one (it is left as it is)."""
    if path.exists():
        return False
    temporary = _temporary(path, data)
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    _sync_directory(path.parent)
    return True


def append_line(path: Path, line: bytes) -> None:
    """Append `line` (with its newline) durably; a torn last line of an earlier death is cut off first."""
    with path.open("ab+") as file:
        keep = whole_lines(file.fileno())
        file.truncate(keep)
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def whole_lines(descriptor: int) -> int:
    """How many bytes of the file are complete lines."""
    end = os.fstat(descriptor).st_size
    while end > 0:
        start = max(0, end - 65536)
        block = os.pread(descriptor, end - start, start)
        newline = block.rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


def _temporary(path: Path, data: bytes) -> Path:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        temporary.unlink(missing_ok=True)  # on a full disk, every try would leave one
        raise
    return temporary


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
