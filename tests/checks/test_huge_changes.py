"""A change of a million lines goes through every kind that reads, and nothing holds about what was not looked at."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from pathlib import Path

import pytest
from checks_bench import Memory, change, order

from podium.checks.gather import gather
from podium.checks.kind import Cost, Job, installed_kinds
from podium.checks.ports import Side
from podium.checks.reading import MOST_BYTES, in_part, reading, why_blind
from podium.conductor.trees import TreeSource
from podium.evidence.model import Holds
from podium.git.diff import changes
from podium.git.mirror import Mirror

FACTS = {"empty", "scope", "size", "protected", "embedded", "symlinks", "modes", "file-names"}
"""Kinds that rest on names, modes and counts, which a diff of any size tells in full."""

TEST = "def test_{name}_{n}():\n    assert {n} == {value}\n\n\n"
FUNCTION = (
    "def name_{n}(value, other={value}):\n    if value > {n}:\n        return eval(other)\n    return value - {n}\n\n\n"
)


def many(text: str, count: int, **fields: object) -> bytes:
    return "".join(text.format(n=n, **fields) for n in range(count)).encode()


def huge_mirror(place: Path) -> Mirror:
    """Two commits: what `huge` adds to `base` is large in each way that a change can be."""
    both = {f"src/part_{n}.py": many(FUNCTION, 5, value=n) for n in range(60)}
    base = {**both, "tests/test_big.py": many(TEST, 9000, name="old", value=1)}
    head = {
        "tests/test_big.py": many(TEST, 9000, name="new", value=2),
        "src/huge.py": many(FUNCTION, 50_000, value=2),
        "web/app.min.js": b"function a(b){return eval(b)};" * 400_000,
        "data/rows.csv": many("{n},{value}\n", 600_000, value=3),
        "data/blob.bin": os.urandom(1 << 16) * 512,
        "gen/api_pb2.py": b"# Generated. DO NOT EDIT!\n" + many("FIELD_{n} = {n}\n", 30_000),
        **{f"src/part_{n}.py": many(FUNCTION, 6, value=n + 1) for n in range(60)},
    }
    mirror = Mirror.create(place, {"PATH": os.environ["PATH"]})
    stream: list[bytes] = []
    for name, files in (("base", base), ("huge", head)):
        stream.append(f"commit refs/heads/{name}\ncommitter a <a@b> 1700000000 +0000\ndata 1\nx\n".encode())
        stream += [b"from refs/heads/base\n"] if name == "huge" else []
        stream += [
            f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n" for path, data in files.items()
        ]
    command = ["git", f"--git-dir={place}", "fast-import", "--quiet"]
    subprocess.run(command, input=b"".join(stream), check=True)
    return mirror


class _Reading:
    """All installed kinds, as far as their jobs read only."""

    name = "reading"

    def jobs(self, what: object) -> tuple[Job, ...]:
        every = (job for kind in installed_kinds() for job in kind.jobs(what))  # type: ignore[arg-type]
        return tuple(job for job in every if job.cost == Cost.READS)


class _Nowhere:
    async def execute(self, request: object) -> object:
        raise AssertionError(f"a job that reads runs a command: {request}")


@pytest.mark.slow
def test_a_huge_change_goes_through_every_kind_and_nothing_holds_about_what_was_not_read(tmp_path: Path) -> None:
    with huge_mirror(tmp_path / "mirror") as mirror:
        found = changes(mirror, "base", "huge")
        assert sum(each.added + each.removed for each in found) > 900_000
        what = order(changes=found, test="true")
        started = time.process_time()

        async def run() -> list[tuple[str, str, object]]:
            source = TreeSource(mirror, "base", "huge")
            items = await gather(what, _Nowhere(), _ignore, source=source, cache=Memory(), kinds=(_Reading(),))  # type: ignore[arg-type]
            return [(item.kind, item.name, item.outcome) for item in items]

        told = asyncio.run(run())
    assert time.process_time() - started < 60  # of all together; each takes a second or two
    assert len(told) == len(_Reading().jobs(what))
    assert {(kind, name) for kind, name, outcome in told if isinstance(outcome, Holds) and kind not in FACTS} == set()
    assert not [each for each in told if "broke" in getattr(each[2], "why", "")]


async def _ignore(_: object) -> None:
    pass


class _Large:
    """Every file has a hundred thousand bytes."""

    def read(self, side: Side, path: str) -> bytes | None:
        return b"x" * 100_000 if path in self.paths(side) else None

    def paths(self, side: Side) -> tuple[str, ...]:
        return tuple(f"f{n:03}" for n in range(200)) if side == "candidate" else ()


def test_what_there_is_no_room_for_is_counted_and_named() -> None:
    most, blind = MOST_BYTES // 100_000, list[str]()
    wanted = [change(f"f{n:03}", "added") for n in range(most + 9)]
    assert len(list(reading(_Large(), wanted, blind))) == most
    left = "f080, f081, f082 and 6 more"
    assert blind == [f"looked at the {most} smallest of {most + 9} changed files, and not at {left}"]
    assert in_part("2 things", blind) == f"2 things; {blind[0]}"
    assert why_blind(["a", "b", "c", "d"]) == "a; b; c; and 1 more"
