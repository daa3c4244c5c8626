"""Where the runs of one task agree, where one stands alone, and which sites others edited that one did not. Pure.

Independent runs that make the same change are more often right than those that differ: the agreement of each patch with
the others is evidence, and is always told with its counts. It proves nothing: all runs can share one mistake.

The score was fitted by hand, to round numbers, on 416 patches for 104 tasks of eleven Python projects (SWE-bench Lite;
benchmarks/plausible.py). It looks at patches and at the text of the task, at nothing else.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import msgspec

from podium.evidence.likeness import (
    NEAR,
    Likeness,
    Shape,
    edits,
    is_near,
    likeness,
    production,
    shape,
)
from podium.kernel.value import Value
from podium.runs.model import FileChange

# One run that agrees says less than five that do: the sum over the others is divided by their number plus this.
_DOUBT = 1.0
_REPLACES = 0.05  # a patch that replaces as much as it adds is right more often than one that only adds
_LARGE = -0.03  # for each e-fold of its tokens
_QUOTED = 0.1  # for code that the task itself spells out
_QUOTE = 8  # characters from which on a line counts as spelled out


class RunPatch(Value, frozen=True, kw_only=True):
    """What one run of a task changes. All patches that are compared have the same base."""

    run: str
    changes: tuple[FileChange, ...]


class Region(Value, frozen=True, kw_only=True):
    """A place in the base that runs edited: lines at most three apart belong together."""

    path: str  # in the base
    first: int  # lines of the base; an insertion is at the line that it stands before
    last: int
    runs: tuple[str, ...]  # those that edited it, in the order given
    alike: int  # most runs that put the same code there

    @property
    def contested(self) -> bool:
        """Whether runs that edited this place did not all do the same."""
        return self.alike < len(self.runs)


class HunkAgreement(Value, frozen=True, kw_only=True):
    """How many others did what a hunk does."""

    path: str
    near: tuple[str, ...]  # other runs that edited the same place
    same: tuple[str, ...]  # other runs that added and removed the same code in this file


class RunAgreement(Value, frozen=True, kw_only=True):
    """How far one run agrees with the others."""

    run: str
    peers: int  # other runs that it is compared with
    place: float  # mean over the others, each from 0 to 1
    names: float
    lines: float
    pairs: float
    score: float  # higher = more likely right; see `score_of`
    reasons: tuple[str, ...]
    alone: tuple[Region, ...]  # nobody else edited these
    missed: tuple[Region, ...]  # at least half of the others, and no fewer than two, edited these; it did not


class Agreement(Value, frozen=True, kw_only=True):
    """All that comparing the runs of one task tells."""

    runs: tuple[RunAgreement, ...]
    files: dict[str, tuple[str, ...]]  # path in the base -> runs that edited it
    regions: tuple[Region, ...]  # most runs first
    hunks: dict[str, dict[str, HunkAgreement]]  # run -> hunk id -> agreement


def agreement(patches: Sequence[RunPatch], task_text: str = "") -> Agreement:
    """Compare all patches of one task with each other; `task_text` is what the runs were asked to do.

    The names of the runs must differ: raises ValueError otherwise.
    """
    if len({patch.run for patch in patches}) != len(patches):
        raise ValueError("two patches of the same run")
    shapes = {patch.run: shape(patch.changes) for patch in patches}
    alike = {(one, two): likeness(shapes[one], shapes[two]) for one, two in combinations(shapes, 2)}
    regions = tuple(sorted(_regions(patches), key=lambda region: (-len(region.runs), region.path, region.first)))
    runs = tuple(_run(patch, shapes, alike, regions, task_text) for patch in patches)
    files: dict[str, list[str]] = {}
    for patch in patches:
        for path in dict.fromkeys(change.old_path for change in patch.changes):
            files.setdefault(path, []).append(patch.run)
    return Agreement(
        runs=runs,
        files={path: tuple(names) for path, names in sorted(files.items())},
        regions=regions,
        hunks=_all_hunk_agreements(patches),
    )


def score_of(own: Shape, likenesses: Sequence[Likeness], quoted: float) -> float:
    """How likely a patch is right: its agreement with the others, doubted where they are few, and what itself tells.

    `quoted` is the share of its added lines that the task spells out. No probability, but good for an order.
    """
    agreed = sum(each.overall for each in likenesses) / (len(likenesses) + _DOUBT)
    most = max(own.added, own.removed)
    replaced = min(own.added, own.removed) / most if most else 0.0
    return agreed + _REPLACES * replaced + _LARGE * math.log1p(own.tokens) + _QUOTED * quoted


def quoted_share(changes: Sequence[FileChange], task_text: str) -> float:
    """The share of the added lines of code that the text of the task contains word by word."""
    added = [edit.text for edit in edits(production(changes)) if edit.kind == "+"]
    spelled = {text for line in task_text.split("\n") if (text := line.strip().removeprefix("+").strip())}
    return sum(len(text) > _QUOTE and text in spelled for text in added) / len(added) if added else 0.0


def _run(
    patch: RunPatch,
    shapes: Mapping[str, Shape],
    alike: Mapping[tuple[str, str], Likeness],
    regions: Sequence[Region],
    task_text: str,
) -> RunAgreement:
    name = patch.run
    found = [like for pair, like in alike.items() if name in pair]
    peers = len(found)
    place, names, lines, pairs = (sum(view) / peers for view in zip(*found, strict=True)) if found else (0.0,) * 4
    alone = tuple(region for region in regions if peers and region.runs == (name,))
    enough = max(2, math.ceil(peers / 2))
    missed = tuple(region for region in regions if name not in region.runs and len(region.runs) >= enough)
    near = sum(like.place > 0 for like in found)
    same = sum(like.lines == like.pairs == 1.0 for like in found)
    return RunAgreement(
        run=name,
        peers=peers,
        place=place,
        names=names,
        lines=lines,
        pairs=pairs,
        score=score_of(shapes[name], found, quoted_share(patch.changes, task_text)),
        reasons=tuple(_reasons(peers, near, same, alone, missed)),
        alone=alone,
        missed=missed,
    )


def _reasons(peers: int, near: int, same: int, alone: Sequence[Region], missed: Sequence[Region]) -> Iterator[str]:
    if not peers:
        yield "no other run to compare with"
        return
    yield f"{near} of {peers} other runs edited the same place" if near else f"none of {peers} other runs edited here"
    if same:
        yield f"{same} of {peers} made the same change"
    if missed:
        yield f"did not edit {_where(missed[0])}, which {len(missed[0].runs)} of {peers} did"
    if alone:
        yield f"nobody else edited {_where(alone[0])}"


def _where(region: Region) -> str:
    return f"{region.path}:{region.first}"


def _regions(patches: Sequence[RunPatch]) -> Iterator[Region]:
    """Edited lines of all runs, joined where they are near."""
    at: dict[str, list[tuple[int, int, str, str]]] = {}
    for order, patch in enumerate(patches):
        for edit in edits(patch.changes):
            at.setdefault(edit.path, []).append((edit.at, order, edit.kind, edit.text))
    names = [patch.run for patch in patches]
    for path, found in at.items():
        found.sort(key=lambda each: each[0])
        begun = 0
        for index in range(1, len(found) + 1):
            if index == len(found) or found[index][0] - found[index - 1][0] > NEAR:
                yield _region(path, found[begun:index], names)
                begun = index


def _region(path: str, found: Sequence[tuple[int, int, str, str]], names: Sequence[str]) -> Region:
    contents: dict[int, list[str]] = {}
    for _, order, kind, text in found:
        contents.setdefault(order, []).append(kind + text)
    return Region(
        path=path,
        first=found[0][0],
        last=found[-1][0],
        runs=tuple(names[order] for order in sorted(contents)),
        alike=max(Counter("\n".join(lines) for lines in contents.values()).values()),
    )


def _all_hunk_agreements(patches: Sequence[RunPatch]) -> dict[str, dict[str, HunkAgreement]]:
    """For each run, its hunks by id."""
    by_run = {patch.run: _PlacedHunks(patch) for patch in patches}
    found: dict[str, dict[str, HunkAgreement]] = {}
    for name, own in by_run.items():
        others = [(run, other) for run, other in by_run.items() if run != name]
        found[name] = {
            identity: HunkAgreement(
                path=path,
                near=tuple(run for run, other in others if other.touches(content.path, at)),
                same=tuple(run for run, other in others if content in other.contents),
            )
            for identity, path, at, content in own.hunks
        }
    return found


class _Content(NamedTuple):
    """What a hunk adds and removes in a file of the base, comments and white space apart."""

    path: str
    lines: tuple[str, ...]


class _PlacedHunks:
    """The hunks of one patch, tests included, and where they are."""

    def __init__(self, patch: RunPatch) -> None:
        self.hunks: list[tuple[str, str, Sequence[int], _Content]] = []
        self.contents: set[_Content] = set()
        places: dict[str, set[int]] = {}
        for change in patch.changes:
            for hunk in change.hunks:
                edited = list(edits([msgspec.structs.replace(change, hunks=(hunk,))]))
                at = sorted({edit.at for edit in edited})
                content = _Content(change.old_path, tuple(edit.kind + edit.text for edit in edited))
                self.hunks.append((hunk.id, change.path, at, content))
                self.contents.add(content)
                places.setdefault(change.old_path, set()).update(at)
        self._places = {path: sorted(at) for path, at in places.items()}

    def touches(self, path: str, lines: Sequence[int]) -> bool:
        return any(is_near(line, self._places.get(path, ())) for line in lines)
