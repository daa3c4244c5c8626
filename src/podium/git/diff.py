"""What a candidate does to each file, in hunks that keep their ids across rounds."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator

from podium.git.mirror import Mirror
from podium.git.patch import BinaryMark, FileHead, HunkHead, HunkLine, PatchEvent, read_patch
from podium.git.run import TIMEOUT_SECONDS, GitError, GitResult, failure, stop
from podium.kernel.value import Value
from podium.runs.model import ChangeStatus, DiffLine, FileChange, Hunk
from podium.runs.rules import HunkAddress

_STATUS: dict[str, ChangeStatus] = {
    "A": "added",
    "D": "deleted",
    "M": "modified",
    "R": "renamed",
    "C": "copied",
    "T": "type-changed",
}
DIFF_COMMAND = (
    "-c",
    "core.quotePath=true",
    "diff-tree",
    "-r",
    "--raw",
    "-p",
    "--full-index",
    "--no-abbrev",
    "-M",
    "-l1000",
    "--no-rename-empty",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-commit-id",
    "--indent-heuristic",
    "--unified=3",
    "--inter-hunk-context=0",
    "--ignore-submodules=none",
    "--submodule=short",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--end-of-options",
)
LARGE_BYTES = 256 * 1024
"""From here on git's histogram is left: lines that are equal in threes take it 1.5 s for 300 kB, 13 s for 1 MB and a
quarter of an hour for 8 MB, where Myers takes 0.1 s (git 2.39; the other shapes that were tried take both alike)."""


class DiffLimits(Value, frozen=True, kw_only=True):
    """How much of a diff's text is kept. What is beyond is counted, and its bytes still go into the hunks' ids."""

    lines: int = 200_000  # in all files
    lines_per_file: int = 20_000
    characters_per_line: int = 10_000


def changes(mirror: Mirror, base: str, commit: str, limits: DiffLimits | None = None) -> tuple[FileChange, ...]:
    """All files that differ between two commits or trees, renames found, in order of their paths.

    Where text is left out because of `limits`, a line says so (see `is_marker`). Raises GitError.
    """
    args = [*diff_command(mirror, base, commit), base, commit]
    process = mirror.start(args)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        process.stdin.close()
        found = tuple(_Collector(limits or DiffLimits()).collect(read_patch(iter(process.stdout))))
        said = process.stderr.read()
        code = process.wait(TIMEOUT_SECONDS)
    except (GitError, subprocess.TimeoutExpired) as error:
        # A git that failed half-way prints half a diff: its own message says more than ours.
        process.kill()
        said = process.stderr.read()
        if said:
            raise failure(args, GitResult(b"", said, process.wait())) from error
        raise
    finally:
        stop(process)
    if code != 0:
        raise failure(args, GitResult(b"", said, code))
    return found


def diff_command(mirror: Mirror, base: str, commit: str) -> tuple[str, ...]:
    """The command whose patch is read, without its two trees: the algorithm depends on nothing but them.

    Histogram makes the hunks that people read best. Where a file was large on either side, all files have Myers' hunks,
    so that nobody's lines can stall Podium.
    """
    listing = mirror.git(["diff-tree", "-r", "--raw", "--no-abbrev", "--no-renames", "--end-of-options", base, commit])
    algorithm = "myers" if _has_large(mirror, listing.stdout) else "histogram"
    command, end = DIFF_COMMAND[:-1], DIFF_COMMAND[-1]
    return (*command, f"--diff-algorithm={algorithm}", end)


def _has_large(mirror: Mirror, listing: bytes) -> bool:
    """Whether large files are on both sides: only then are there two that could be compared."""
    large = [False, False]
    for line in listing.splitlines():
        modes, blobs = line[1:].split(b" ", 4)[:2], line[1:].split(b" ", 4)[2:4]
        for side in (0, 1):
            if not large[side] and modes[side].startswith(b"100"):
                large[side] = mirror.objects.kind_and_size(blobs[side].decode())[1] >= LARGE_BYTES
        if all(large):
            return True
    return False


def is_marker(line: DiffLine) -> bool:
    """Whether a line stands for text that was left out; it is no line of the file."""
    return line.old == 0 and line.new == 0


def totals(found: tuple[FileChange, ...]) -> tuple[int, int, int]:
    """Files, added lines and removed lines of a diff."""
    return len(found), sum(change.added for change in found), sum(change.removed for change in found)


class _Collector:
    """Turns the events of a patch into values, keeping at most what the limits allow."""

    def __init__(self, limits: DiffLimits) -> None:
        self._limits = limits
        self._kept = 0

    def collect(self, events: Iterator[PatchEvent]) -> Iterator[FileChange]:
        file: _File | None = None
        for event in events:
            if isinstance(event, FileHead):
                if file is not None:
                    yield self._done(file)
                room = min(self._limits.lines_per_file, max(self._limits.lines - self._kept, 0))
                file = _File(event, room, self._limits.characters_per_line)
            elif file is not None:
                file.take(event)
        if file is not None:
            yield self._done(file)

    def _done(self, file: _File) -> FileChange:
        change = file.finished()
        self._kept += sum(len(hunk.lines) for hunk in change.hunks)
        return change


class _File:
    """One file on its way to a FileChange."""

    def __init__(self, head: FileHead, room: int, width: int) -> None:
        self._head = head
        self._room = room
        self._width = width
        self._added = self._removed = 0
        self._binary = False
        self._hunks: list[Hunk] = []
        self._equal: Counter[str] = Counter()
        self._open: _OpenHunk | None = None

    def take(self, event: PatchEvent) -> None:
        match event:
            case HunkLine(kind, data):
                self._added += kind == "+"
                self._removed += kind == "-"
                assert self._open is not None
                self._room -= self._open.take(kind, data, self._room > 0)
            case HunkHead():
                self._close()
                self._open = _OpenHunk(event, HunkAddress(self._head.path, _facts(self._head, False)), self._width)
            case BinaryMark():
                self._binary = True
            case FileHead():
                raise ValueError("a file within a file")

    def finished(self) -> FileChange:
        self._close()
        if not self._hunks:
            address = HunkAddress(self._head.path, _facts(self._head, True))
            self._hunks.append(
                Hunk(id=address.id(), path=self._head.path, old_start=0, new_start=0, section="", lines=())
            )
        head = self._head
        return FileChange(
            path=head.path,
            old_path=head.old_path,
            status=_STATUS[head.status],
            old_mode=head.old_mode,
            new_mode=head.new_mode,
            old_blob=head.old_blob,
            new_blob=head.new_blob,
            added=self._added,
            removed=self._removed,
            binary=self._binary,
            hunks=tuple(self._hunks),
        )

    def _close(self) -> None:
        if self._open is None:
            return
        first = self._open.address.id()
        ordinal = self._equal[first]
        self._equal[first] += 1
        self._hunks.append(self._open.finished(self._head.path, ordinal))
        self._open = None


class _OpenHunk:
    """One hunk on its way."""

    def __init__(self, head: HunkHead, address: HunkAddress, width: int) -> None:
        self.address = address
        self._head = head
        self._width = width
        self._old = head.old_start
        self._new = head.new_start
        self._lines: list[DiffLine] = []
        self._left_out = 0

    def take(self, kind: str, data: bytes, keep: bool) -> int:
        """Takes a line; returns 1 when it was kept."""
        self.address.add(kind, data)
        if keep:
            self._lines.append(self._line(kind, data))
        else:
            self._left_out += 1
        self._old += kind != "+"
        self._new += kind != "-"
        return int(keep)

    def finished(self, path: str, ordinal: int) -> Hunk:
        if self._left_out:
            text = f"[{self._left_out:,} more lines of this hunk are not shown]"
            self._lines.append(DiffLine(kind=" ", old=0, new=0, text=text))
        return Hunk(
            id=self.address.id(ordinal),
            path=path,
            old_start=self._head.old_start,
            new_start=self._head.new_start,
            section=self._head.section.decode("utf-8", "replace"),
            lines=tuple(self._lines),
        )

    def _line(self, kind: str, data: bytes) -> DiffLine:
        whole = data.removesuffix(b"\n")
        text = whole.decode("utf-8", "replace")
        if len(text) > self._width:
            text = f"{text[: self._width]} [{len(text) - self._width:,} more characters of this line are not shown]"
        return DiffLine(
            kind="+" if kind == "+" else "-" if kind == "-" else " ",
            old=0 if kind == "+" else self._old,
            new=0 if kind == "-" else self._new,
            text=text,
            no_newline=len(whole) == len(data),
        )


def _facts(head: FileHead, blobs: bool) -> Iterator[str]:
    """What happens to a file beside its lines: part of its hunks' ids."""
    if head.old_path != head.path:
        yield f"was {head.old_path}"
    if head.old_mode != head.new_mode:
        yield f"mode {head.old_mode} {head.new_mode}"
    if blobs and head.old_blob != head.new_blob:
        yield f"blob {head.old_blob} {head.new_blob}"
