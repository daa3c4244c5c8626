"""Checks are commands of a candidate, and a candidate is hostile."""

from __future__ import annotations

import asyncio
from pathlib import Path

from checks_bench import PYTHON, Memory, ProcessExecutor, Seen, Trees, order

from podium.checks.gather import gather
from podium.checks.kinds.clause_checks import CLAUSE_CHECKS
from podium.evidence.model import Blind, Execution, Fails, Holds, Item


def check(root: Path, command: str, files: dict[str, str] | None = None, seconds: float = 30.0) -> Item:
    trees = Trees(root, {}, {"candidate": "", **(files or {})})

    async def run() -> tuple[Item, ...]:
        what = order({"B1": f"test -e candidate || exit 1; {command}"}, check_seconds=seconds)
        source, executor = trees, ProcessExecutor(trees)
        return await gather(what, executor, Seen(), source=source, cache=Memory(), kinds=(CLAUSE_CHECKS,))

    [item] = asyncio.run(run())
    return item


def candidate(item: Item) -> Execution:
    assert item.candidate is not None
    return item.candidate


def test_a_flood_of_output_leaves_its_end_and_its_digest(tmp_path: Path) -> None:
    item = check(tmp_path, "head -c 300000000 /dev/zero; echo the end; exit 3")
    assert isinstance(item.outcome, Fails)
    assert candidate(item).output.endswith("the end\n")
    assert len(candidate(item).output) <= 8 * 1024
    assert candidate(item).output_digest.startswith("sha256:")


def test_what_succeeds_keeps_little_of_its_output(tmp_path: Path) -> None:
    item = check(tmp_path, "seq 100000")
    assert item.outcome == Holds()
    assert len(candidate(item).output) == 1024


def test_output_that_is_not_text_is_kept_as_text(tmp_path: Path) -> None:
    item = check(tmp_path, r"printf '\377\000\033[2J\nlast line'; exit 1")
    assert item.outcome == Fails(why="exit 1: last line")
    assert "\ufffd" in candidate(item).output


def test_a_check_that_kills_its_parent_fails(tmp_path: Path) -> None:
    item = check(tmp_path, f"{PYTHON} -c 'import os, signal; os.kill(os.getppid(), signal.SIGKILL)'; echo survived")
    assert isinstance(item.outcome, Fails)
    assert item.outcome.why.startswith("exit -9") or item.outcome.why.startswith("exit 137")


def test_a_check_that_deletes_the_workspace_harms_no_other(tmp_path: Path) -> None:
    assert check(tmp_path, 'rm -rf "$PWD" "$PODIUM_OUT"').outcome == Holds()
    assert (tmp_path / "candidate/candidate").exists()


def test_a_hang_with_a_daemon_that_holds_the_output_ends_at_its_limit(tmp_path: Path) -> None:
    item = check(tmp_path, "sleep 300 & sleep 300", seconds=0.3)
    assert isinstance(item.outcome, Fails)
    assert item.outcome.why.startswith("it did not end within")


def test_a_malicious_report_is_blind_and_never_a_success(tmp_path: Path) -> None:
    entities = '<!DOCTYPE a [<!ENTITY b "c">]><testsuite><testcase name="&b;"/></testsuite>'
    files = {"entities.xml": entities, "broken.xml": "<testsuite>"}
    item = check(tmp_path / "1", 'cp entities.xml "$PODIUM_OUT/junit.xml"', files)
    assert item.outcome == Blind(
        why="it ended with exit 0, but its test report has a document type declaration, which is refused"
    )
    item = check(tmp_path / "2", 'cp broken.xml "$PODIUM_OUT/junit.xml"', files)
    assert isinstance(item.outcome, Blind)


def test_a_report_that_is_a_link_or_a_giant_is_no_report(tmp_path: Path) -> None:
    secret = tmp_path / "secret.xml"
    secret.write_text("<testsuite><testcase name='x'/></testsuite>")
    for number, command in enumerate((f"ln -s {secret}", "truncate -s 500000000", "mkfifo", "mkdir")):
        item = check(tmp_path / str(number), f'{command} "$PODIUM_OUT/junit.xml"')
        assert candidate(item).passed is None, command


def test_a_forged_report_of_failures_is_not_a_success(tmp_path: Path) -> None:
    report = "<testsuite><testcase name='x'><failure/></testcase></testsuite>"
    item = check(tmp_path, 'cp report.xml "$PODIUM_OUT/junit.xml"', {"report.xml": report})
    assert item.outcome == Fails(why="exit 0: 1 of 1 tests fail: x")
