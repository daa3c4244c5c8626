"""A tree with some hunks of a change and without the others, made in the mirror from blobs: nothing is checked out.

Files that are taken whole keep the candidate's own blob, mode and name. A file of which some hunks are taken is put
together from the two blobs by ranges of lines. The paths were an agent's to choose: they reach git as bytes, through an
index of our own, and git refuses what could harm a checkout. At last the tree is compared with the base again: what it
changes must be exactly what was chosen.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from podium.git.diff import DiffLimits, changes
from podium.git.mirror import Mirror
from podium.git.model import NULL_ID
from podium.git.paths import to_bytes
from podium.kernel.errors import UsageError
from podium.review.pieces import take
from podium.runs.model import FileChange, Hunk

_WHOLE = DiffLimits(lines=1 << 40, lines_per_file=1 << 40, characters_per_line=1)
_BLOB_LIMIT = 64 * 1024 * 1024
_REGULAR = ("100644", "100755")


def part_tree(mirror: Mirror, base: str, whole: str, chosen: Collection[str]) -> str:
    """The tree of `base` with these hunks of the change to `whole`, named by their ids.

    Raises UsageError when the hunks of a file belong together, or when alone they would be another change.
    """
    wanted = frozenset(chosen)
    found = changes(mirror, base, whole, _WHOLE)
    with tempfile.TemporaryDirectory(dir=mirror.path, prefix=".part-") as place:
        own: dict[str, str | None] = {"GIT_INDEX_FILE": str(Path(place) / "index")}
        mirror.git(["read-tree", base], env_extra=own)
        lines = b"".join(_entries(mirror, found, wanted))
        mirror.git(["update-index", "-z", "--index-info"], stdin=lines, env_extra=own)
        tree = mirror.git(["write-tree"], env_extra=own).text()
    _check(mirror, base, whole, tree, wanted)
    return tree


def _entries(mirror: Mirror, found: tuple[FileChange, ...], wanted: frozenset[str]) -> Iterator[bytes]:
    """Lines for `git update-index --index-info`: what goes first, so that a file can become a directory."""
    taken = [(change, [hunk for hunk in change.hunks if hunk.id in wanted]) for change in found]
    touched = [(change, hunks) for change, hunks in taken if hunks]
    for change, _ in touched:
        if change.status in ("deleted", "renamed"):
            yield _line("0", NULL_ID, change.old_path)
    for change, hunks in touched:
        if change.status != "deleted":
            whole = len(hunks) == len(change.hunks)
            blob = change.new_blob if whole else _put_together(mirror, change, hunks)
            yield _line(change.new_mode, blob, change.path)


def _line(mode: str, blob: str, path: str) -> bytes:
    return f"{mode} {blob}\t".encode() + to_bytes(path) + b"\0"


def _put_together(mirror: Mirror, change: FileChange, hunks: list[Hunk]) -> str:
    modes = (change.old_mode, change.new_mode)
    if change.binary or change.status == "type-changed" or not all(mode in _REGULAR for mode in modes):
        raise UsageError("the hunks of this file belong together", where=change.path, do="Take all of them or none.")
    old = mirror.read_blob(change.old_blob, limit=_BLOB_LIMIT)
    new = mirror.read_blob(change.new_blob, limit=_BLOB_LIMIT)
    return mirror.git(["hash-object", "-w", "--stdin", "--no-filters"], stdin=take(old, new, hunks)).text()


def _check(mirror: Mirror, base: str, whole: str, tree: str, wanted: frozenset[str]) -> None:
    """Whether the tree changes what was chosen and nothing else, as far as a diff can tell them apart."""
    chosen = _content(changes(mirror, base, whole), wanted)
    made = _content(changes(mirror, base, tree), None)
    if chosen != made:
        other = sorted({path for path, _ in (chosen - made) + (made - chosen)})
        raise UsageError(
            "taken alone, these hunks would be another change than the one that you read",
            where=", ".join(other[:3]),
            do="Take more of the hunks of these files, or all of them.",
        )


def _content(found: tuple[FileChange, ...], wanted: frozenset[str] | None) -> Counter[tuple[str, object]]:
    """Hunks by what they say, whichever number equal ones have in their file."""
    return Counter(
        (change.path, (change.old_path, change.new_mode, tuple((line.kind, line.text) for line in hunk.lines)))
        for change in found
        for hunk in change.hunks
        if wanted is None or hunk.id in wanted
    )
