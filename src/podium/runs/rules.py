"""What is decided about runs, without any effect."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from podium.runs.model import FileChange, Round


class HunkAddress:
    """Computes a hunk's id while its lines go by. What the id is made of, and why:

    - the file's path and `facts` (what happens to the file beside its lines: mode change, old name, blobs of a binary
      file), so that a file that becomes executable is read again;
    - every line as the reviewer was shown it, byte for byte: removed, added AND up to three lines of context. A mark
      says "a person has read this here"; without the context an agent could move a line that was read into another
      function and it would still count as read. The price: when a neighbouring line changes, the hunk is read again;
    - NOT the line numbers and not git's section text, so that the id survives shifts, rebases and refine rounds;
    - an ordinal among the hunks of the file that are equal in all of this, counted from the top.

    160 bits are kept: fewer could be collided by an agent that wants an unread hunk to count as read.
    """

    def __init__(self, path: str, facts: Iterable[str] = ()) -> None:
        self._digest = hashlib.sha256(b"podium hunk 1\n")
        for fact in (path, *facts):
            self._feed("f", fact.encode())

    def add(self, kind: str, line: bytes) -> None:
        """Takes the next line: its kind (" ", "+", "-") and its bytes, with the newline if the file has one there."""
        self._feed(kind, line)

    def id(self, ordinal: int = 0) -> str:
        """The id, 40 hex digits, of the hunk that has `ordinal` equal ones above it in its file."""
        return hashlib.sha256(self._digest.digest() + ordinal.to_bytes(4, "big")).hexdigest()[:40]

    def _feed(self, kind: str, data: bytes) -> None:
        self._digest.update(kind.encode() + len(data).to_bytes(8, "big"))
        self._digest.update(data)


def hunk_id(path: str, lines: Iterable[tuple[str, bytes]], *, facts: Iterable[str] = (), ordinal: int = 0) -> str:
    """The content address of a hunk; see `HunkAddress` for what it is made of."""
    address = HunkAddress(path, facts)
    for kind, line in lines:
        address.add(kind, line)
    return address.id(ordinal)


def candidate_ref(run: str, number: int) -> str:
    """Where a round's candidate is kept until it has landed or was archived."""
    return f"refs/podium/candidates/{run}/{number}"


def hand_notes(round_: Round) -> tuple[str, ...]:
    """What a person changed in the agent's workspace during a round, in words."""
    return tuple(
        f"changed by hand by {each.by}: {', '.join(each.paths[:20])}"
        + (f" and {len(each.paths) - 20 + each.beyond} more" if len(each.paths) + each.beyond > 20 else "")
        for each in round_.by_hand
        if each.paths
    )


def patch_text(changes: Iterable[FileChange]) -> str:
    """The changes as text for reading, in the style of a unified diff; binary files are named only.

    Bytes that are not UTF-8 are lost and long diffs may have been cut: it is for reading, not for applying.
    """
    lines: list[str] = []
    for change in changes:
        lines.append(f"--- {change.old_path if change.status != 'added' else '/dev/null'}")
        lines.append(f"+++ {change.path if change.status != 'deleted' else '/dev/null'}")
        for hunk in change.hunks:
            if hunk.lines:
                old = sum(1 for line in hunk.lines if line.kind != "+")
                new = sum(1 for line in hunk.lines if line.kind != "-")
                lines.append(f"@@ -{hunk.old_start},{old} +{hunk.new_start},{new} @@ {hunk.section}".rstrip())
                lines.extend(line.kind + line.text for line in hunk.lines)
            else:
                lines.append(f"({change.status}{', binary' if change.binary else ''})")
    return "\n".join(lines)
