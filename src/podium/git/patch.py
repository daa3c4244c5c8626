"""Reading what `git diff-tree --raw -p` prints, byte by byte, as a stream of small events.

No library does this on bytes. Two things make it safe against hostile names and contents: git is told to quote paths,
so that a header is one line whatever a file is called; and the lines of a hunk are counted, never recognised by looks.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from typing import NamedTuple, TypeAlias

from podium.git.paths import to_bytes, to_text
from podium.git.run import GitError

_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)\n?", re.DOTALL)
_HEADERS = (
    b"old mode ",
    b"new mode ",
    b"deleted file mode ",
    b"new file mode ",
    b"copy from ",
    b"copy to ",
    b"rename from ",
    b"rename to ",
    b"similarity index ",
    b"dissimilarity index ",
    b"--- ",
    b"+++ ",
)


class FileHead(NamedTuple):
    """A file begins."""

    old_mode: str
    new_mode: str
    old_blob: str
    new_blob: str
    status: str  # git's letter
    old_path: str
    path: str


class BinaryMark(NamedTuple):
    """The file's contents are not shown, for they are binary."""


class HunkHead(NamedTuple):
    """A hunk of the file begins."""

    old_start: int
    new_start: int
    section: bytes


class HunkLine(NamedTuple):
    """A line of the hunk; `data` ends with a newline if the line in the file does."""

    kind: str
    data: bytes


PatchEvent: TypeAlias = FileHead | BinaryMark | HunkHead | HunkLine


def read_patch(lines: Iterator[bytes]) -> Iterator[PatchEvent]:
    """The events of a patch, file by file in git's order. Raises GitError for what git does not print."""
    heads: list[FileHead] = []
    line = next(lines, b"")
    while line.startswith(b":"):
        heads.append(_head(line))
        line = next(lines, b"")
    if heads and line != b"\n":
        raise _unexpected(line)
    line = next(lines, b"")
    for head in heads:
        yield head
        # A change of type (a file becomes a link, say) is printed as a removal and an addition.
        for _ in range(2 if head.status == "T" else 1):
            if not line.startswith(b"diff --git "):
                raise _unexpected(line)
            line = yield from _section(lines, head)
    if line:
        raise _unexpected(line)


def _head(line: bytes) -> FileHead:
    """Parses `:OLDMODE NEWMODE OLDBLOB NEWBLOB STATUS[SCORE]<tab>PATH[<tab>NEWPATH]`, paths quoted where need be."""
    facts, *paths = line[1:].removesuffix(b"\n").split(b"\t")
    words = facts.decode("ascii").split(" ")
    if len(words) != 5 or not 1 <= len(paths) <= 2:
        raise _unexpected(line)
    old_path, path = _path(paths[0]), _path(paths[-1])
    return FileHead(words[0], words[1], words[2], words[3], words[4][:1], old_path, path)


def _path(printed: bytes) -> str:
    return to_text(to_bytes(printed.decode("ascii")) if printed.startswith(b'"') else printed)


def _section(lines: Iterator[bytes], head: FileHead) -> Generator[PatchEvent, None, bytes]:
    """One `diff --git` part; returns the line after it."""
    line = next(lines, b"")
    while line:
        if line.startswith(b"index "):
            _check_blobs(line, head)
        elif line.startswith((b"Binary files ", b"GIT binary patch")):
            yield BinaryMark()
        elif not line.startswith(_HEADERS):
            break
        line = next(lines, b"")
    while line.startswith(b"@@ "):
        line = yield from _hunk(line, lines)
    return line


def _check_blobs(line: bytes, head: FileHead) -> None:
    """A part that belongs to another file than we think must never be shown under a wrong name."""
    old, _, new = line[6:].split()[0].partition(b"..")
    fits = (old.decode(), new.decode()) == (head.old_blob, head.new_blob)
    if head.status != "T" and not fits:
        raise _unexpected(line)


def _hunk(line: bytes, lines: Iterator[bytes]) -> Generator[PatchEvent, None, bytes]:
    """One hunk; returns the line after it."""
    match = _HUNK.fullmatch(line)
    if match is None:
        raise _unexpected(line)
    old_left, new_left = int(match[2] or 1), int(match[4] or 1)
    yield HunkHead(int(match[1]), int(match[3]), match[5])
    line = next(lines, b"")
    while old_left > 0 or new_left > 0:
        kind = line[:1]
        if kind == b" ":
            old_left, new_left = old_left - 1, new_left - 1
        elif kind == b"-":
            old_left -= 1
        elif kind == b"+":
            new_left -= 1
        else:
            raise _unexpected(line)
        data = line[1:]
        line = next(lines, b"")
        if line.startswith(b"\\"):  # "\ No newline at end of file"
            data = data[:-1]
            line = next(lines, b"")
        yield HunkLine(kind.decode(), data)
    return line


def _unexpected(line: bytes) -> GitError:
    return GitError(f"git printed a diff that cannot be read: {line[:200]!r}", command=["git", "diff-tree"])
