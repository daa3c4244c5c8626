"""What a diff leaves out, and files that are too large, are told: no kind that reads lines gives a clean bill."""

from __future__ import annotations

import asyncio

import pytest
from checks_bench import Memory, ProcessExecutor, Seen, Trees, order

from podium.checks.gather import gather
from podium.checks.kind import installed_kinds
from podium.conductor.trees import BLOB_LIMIT, TreeSource
from podium.evidence.model import Blind, Item, NotRun
from podium.git.diff import DiffLimits, changes
from podium.git.mirror import Mirror
from podium.testing.repositories import build_repository

LINES_KEPT = 2_000
BASE = {
    "src/many.py": "value_0 = 0\nvalue_1 = 1\n",
    "src/tool.js": "export function a(b) { return b }\n",
    "README.md": "x\n",
}
CHANGE = {
    "src/many.py": "".join(f"value_{number} = {number}\n" for number in range(2 * LINES_KEPT)),
    "src/tool.js": "var a = 1; " * (BLOB_LIMIT // 11 + 1),
}


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Item]:
    place = tmp_path_factory.mktemp("left-out")
    repo = build_repository(place / "repo", BASE, commits=[CHANGE])
    base, candidate = repo.git("rev-parse", "HEAD~1"), repo.git("rev-parse", "HEAD")
    with Mirror.create(place / "mirror.git") as mirror:
        mirror.fetch_from(repo.path, ["+refs/heads/*:refs/heads/*"])
        found = changes(mirror, base, candidate, DiffLimits(lines_per_file=LINES_KEPT))
        source = TreeSource(mirror, base, candidate)
        executor = ProcessExecutor(Trees(place / "trees", {}, {}))
        gathered = asyncio.run(
            gather(order(changes=found), executor, Seen(), source=source, cache=Memory(), kinds=installed_kinds())
        )
    return {f"{item.kind}: {item.name}": item for item in gathered}


def test_no_kind_breaks_because_a_file_is_too_large(items: dict[str, Item]) -> None:
    broken = {name: item.outcome for name, item in items.items() if isinstance(item.outcome, NotRun)}
    assert not [each for each in broken.values() if "broke" in each.why], broken


@pytest.mark.parametrize("name", ["security: credentials", "weakened-tests: weakened tests"])
def test_a_kind_that_reads_changed_lines_is_blind_where_the_diff_leaves_some_out(
    items: dict[str, Item], name: str
) -> None:
    outcome = items[name].outcome
    assert isinstance(outcome, Blind), outcome
    assert "src/many.py" in outcome.why


@pytest.mark.parametrize("name", ["public-api: public API", "security: new risky calls", "shape: complexity"])
def test_a_kind_that_reads_files_names_the_one_that_is_too_large(items: dict[str, Item], name: str) -> None:
    outcome = items[name].outcome
    assert isinstance(outcome, Blind), outcome
    assert "src/tool.js: it is larger than 8 MB" in outcome.why


def test_the_reader_is_told_which_files_are_not_shown_whole(items: dict[str, Item]) -> None:
    told = items["hidden-characters: hidden characters"].findings
    assert {each.path for each in told if each.rule == "text-not-shown"} == {"src/many.py", "src/tool.js"}
