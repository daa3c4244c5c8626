"""Folding what is proven to be mechanical: a hunk is folded only with its proof, and the proof can be repeated.

    renamed       the blob is the same under another name
    formatting    with and without this hunk the file is the same program (syntax tree, comments, line ends)
    moved         plain top-level functions of a Python module changed their order, and nothing else did
    regenerated   the generator that podium.toml names made exactly these files, in a sandbox on this tree

Formatting and moves are proven at both ends: added to the old file alone, and taken away from the new file alone, the
hunk changes nothing. What only looks mechanical is not folded, nor is anything in the lane (podium.review.lane), nor a
hunk with a comment that tools obey. A folded hunk counts as folded in the receipt, never as read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, TypeAlias

from podium.evidence.model import Holds, Item
from podium.kernel.errors import PodiumError
from podium.kernel.value import Value
from podium.project.globs import matcher
from podium.project.model import Generated
from podium.review import python_form, tree_form
from podium.review.lane import InLane
from podium.review.pieces import leave, take
from podium.runs.model import DiffLine, FileChange, Hunk

Kind: TypeAlias = Literal["renamed", "formatting", "moved", "regenerated"]
Read: TypeAlias = Callable[[str], bytes | None]
"""The bytes of a blob by its id; None for one that is too large or not there."""

REGENERATED = "regenerated"
"""The kind of evidence that makes generated files again; an item is named after its command."""

_MOST_HUNKS = 60  # of one file that are proven one by one
_MOST_BYTES = 20_000_000  # of files that are parsed for one candidate
_WORD = re.compile(r"\w+")
_OBEYED = re.compile(
    r"(?i)(?:#|//|/\*|<!--).{0,200}?(?:noqa|type:\s*ignore|pragma|nosec|pylint|mypy|pyright|ruff|fmt:|isort|coding[:=]|"
    r"eslint|@ts-|prettier|istanbul|c8 ignore|go:|\+build|nolint|#\[|#!)|^#!"
)
_BY_PLACE = re.compile(r"^#!|^\s*//\s*(?:go:|\+build)|^\s*#.{0,200}?coding[:=]")
"""Lines that are obeyed because of where they stand: a blank line beside them can take their meaning away."""


class Fold(Value, frozen=True, kw_only=True):
    """Hunks that need not be read, why, and how to see that it is so."""

    kind: Kind
    path: str
    hunks: tuple[str, ...]
    proof: str
    reproduce: str = ""  # a command, in the project's mirror

    @property
    def said(self) -> str:
        """For the receipt."""
        return f"{self.kind}: {self.proof}"


def folds(
    changes: Iterable[FileChange],
    *,
    read: Read,
    lane: Iterable[InLane] = (),
    generated: Iterable[Generated] = (),
    items: Iterable[Item] = (),
) -> tuple[Fold, ...]:
    """Everything that is proven of a candidate; `items` is the evidence about its tree."""
    barred = {each.hunk for each in lane}
    made = _makers(generated, items)
    budget = [_MOST_BYTES]
    found: list[Fold] = []
    for change in changes:
        open_hunks = [hunk for hunk in change.hunks if hunk.id not in barred]
        if open_hunks:
            found.extend(_of_file(change, open_hunks, _within(read, budget), made))
    return tuple(found)


def folded(found: Iterable[Fold]) -> dict[str, str]:
    """What is said of each folded hunk, by its id."""
    return {hunk: fold.said for fold in found for hunk in fold.hunks}


def _of_file(
    change: FileChange, hunks: list[Hunk], read: Read, made: Sequence[tuple[Callable[[str], bool], Item]]
) -> Iterator[Fold]:
    for makes, item in made:
        if (
            makes(change.path)
            and change.status in ("added", "modified")
            and change.old_mode in ("000000", change.new_mode)
        ):
            proof = f"`{item.command}` makes exactly this file on tree {item.tree[:10]} (evidence {item.id})"
            yield Fold(
                kind="regenerated",
                path=change.path,
                hunks=tuple(hunk.id for hunk in hunks),
                proof=proof,
                reproduce=item.command,
            )
            return
    if change.status == "renamed":
        yield from _renamed(change, hunks)
    elif change.status == "modified" and change.old_mode == change.new_mode and not change.binary:
        yield from _same_meaning(change, hunks, read)


def _makers(generated: Iterable[Generated], items: Iterable[Item]) -> list[tuple[Callable[[str], bool], Item]]:
    holding = {item.command: item for item in items if item.kind == REGENERATED and isinstance(item.outcome, Holds)}
    return [(matcher(each.paths), holding[each.command]) for each in generated if each.command in holding]


def _renamed(change: FileChange, hunks: list[Hunk]) -> Iterator[Fold]:
    if change.old_blob == change.new_blob and change.old_mode == change.new_mode:
        yield Fold(
            kind="renamed",
            path=change.path,
            hunks=tuple(hunk.id for hunk in hunks),
            proof=f"{change.old_path} has the same blob {change.new_blob[:10]}",
            reproduce=f"git cat-file -p {change.new_blob}",
        )


def _same_meaning(change: FileChange, hunks: list[Hunk], read: Read) -> Iterator[Fold]:
    if not change.path.endswith(".py") and not tree_form.knows(change.path):
        return
    quiet = [hunk for hunk in hunks if not _is_obeyed(hunk)]
    old, new = (read(change.old_blob), read(change.new_blob)) if quiet else (None, None)
    if old is None or new is None:
        return
    same = _same(change.path)
    likely = [hunk for hunk in quiet if _same_words(hunk)]
    if len(likely) == len(change.hunks) and same(old, new):
        yield _formatting(change, quiet)
        return
    alone = [hunk for hunk in likely[:_MOST_HUNKS] if _changes_nothing(old, new, (hunk,), same)]
    if alone:
        yield _formatting(change, alone)
    if change.path.endswith(".py"):
        left = [hunk for hunk in quiet if hunk not in alone]
        yield from _moves(change, left, old, new)


def _formatting(change: FileChange, hunks: Sequence[Hunk]) -> Fold:
    what = "syntax tree and comments are" if change.path.endswith(".py") else "syntax tree, with all its words, is"
    return Fold(
        kind="formatting",
        path=change.path,
        hunks=tuple(hunk.id for hunk in hunks),
        proof=f"the {what} the same with it and without it",
        reproduce=f"git diff -w {change.old_blob[:12]} {change.new_blob[:12]}",
    )


def _moves(change: FileChange, hunks: list[Hunk], old: bytes, new: bytes) -> Iterator[Fold]:
    """Pairs of hunks of which one takes away exactly the lines that the other one brings."""
    gone = {_text(hunk, "-"): hunk for hunk in hunks if _is_only(hunk, "-")}
    for hunk in hunks:
        source = gone.get(_text(hunk, "+")) if _is_only(hunk, "+") else None
        if source is not None and _changes_nothing(old, new, (source, hunk), python_form.same_but_moved):
            yield Fold(
                kind="moved",
                path=change.path,
                hunks=(source.id, hunk.id),
                proof="the same top-level functions in another order; all else keeps its place",
                reproduce=f"git diff --color-moved {change.old_blob[:12]} {change.new_blob[:12]}",
            )


def _changes_nothing(old: bytes, new: bytes, hunks: Sequence[Hunk], same: Callable[[bytes, bytes], bool]) -> bool:
    """Whether these hunks, alone, change nothing at the old end and at the new one."""
    try:
        return same(old, take(old, new, hunks)) and same(leave(old, new, hunks), new)
    except PodiumError:
        return False


def _same(path: str) -> Callable[[bytes, bytes], bool]:
    if path.endswith(".py"):
        return python_form.same_program
    return lambda one, other: tree_form.same_tree(path, one, other)


def _within(read: Read, budget: list[int]) -> Read:
    """`read`, until as many bytes were read as one candidate may cost."""

    def limited(blob: str) -> bytes | None:
        if budget[0] <= 0:
            return None
        content = read(blob)
        budget[0] -= len(content or b"")
        return content

    return limited


def _is_obeyed(hunk: Hunk) -> bool:
    """Whether tools obey a comment that a hunk changes, or one that it may move away from its place."""
    return any((_BY_PLACE if line.kind == " " else _OBEYED).search(line.text[:500]) for line in hunk.lines)


def _changed(hunk: Hunk) -> Iterator[DiffLine]:
    return (line for line in hunk.lines if line.kind != " ")


def _same_words(hunk: Hunk) -> bool:
    """Whether a hunk takes away and brings the same words in the same order.

    Formatting does; and proving that it is no more than that costs seconds in a large file.
    """
    old, new = (
        [word for line in hunk.lines if line.kind == kind for word in _WORD.findall(line.text)] for kind in ("-", "+")
    )
    return old == new


def _is_only(hunk: Hunk, kind: str) -> bool:
    return all(line.kind == kind for line in _changed(hunk))


def _text(hunk: Hunk, kind: str) -> tuple[str, ...]:
    return tuple(line.text for line in hunk.lines if line.kind == kind and line.text.strip())
