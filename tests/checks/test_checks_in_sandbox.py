"""The same checks, in the sandbox in which they are run for real."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path

from checks_bench import PYTHON, Memory, Seen, Trees, order
from checks_sandbox import BWRAP, SandboxExecutor

from podium.checks.gather import gather
from podium.checks.kind import Kind
from podium.checks.kinds.clause_checks import CLAUSE_CHECKS
from podium.checks.kinds.project_tests import PROJECT_TESTS
from podium.evidence.model import Blind, Execution, Fails, Holds, Item

Require = Callable[[object, str], None]
KINDS: tuple[Kind, ...] = (CLAUSE_CHECKS, PROJECT_TESTS)


def check(root: Path, checks: dict[str, str], files: dict[str, str], test: str = "", seconds: float = 60) -> list[Item]:
    root.chmod(0o755)
    trees = Trees(root, {}, files)
    scratch = root / "scratch"
    scratch.mkdir()

    async def run() -> tuple[Item, ...]:
        what = order(checks, test=test, check_seconds=seconds)
        executor = SandboxExecutor(trees, scratch)
        return await gather(what, executor, Seen(), source=trees, cache=Memory(), kinds=KINDS)

    return sorted(asyncio.run(run()), key=lambda item: item.name)


def candidate(item: Item) -> Execution:
    assert item.candidate is not None
    return item.candidate


def test_checks_and_tests_are_judged_and_counted(tmp_path: Path, require: Require) -> None:
    require(BWRAP.exists(), "bubblewrap")
    suite = "def test_a(): pass\ndef test_b(): assert False\n"
    checks = {"B1": "test -e made", "E1": "test -e missing"}
    test = f"{PYTHON} -m pytest -q -p no:cacheprovider"
    made, missing, project = check(tmp_path, checks, {"made": "", "test_x.py": suite}, test)
    assert made.outcome == Holds()
    assert isinstance(missing.outcome, Fails)
    assert project.outcome == Fails(why="1 failing that did not fail on the base: test_x::test_b")


def test_hostile_checks_harm_nothing_and_prove_nothing(tmp_path: Path, require: Require) -> None:
    require(BWRAP.exists(), "bubblewrap")
    secret = tmp_path / "secret.xml"
    secret.write_text("<testsuite><testcase name='secret'/></testsuite>")
    checks = {
        "B1": "test -e candidate || exit 1; rm -rf /workspace/* /podium/out/*; kill -9 1; kill -9 $PPID; exit 0",
        "B2": f'test -e candidate || exit 1; ln -s {secret} "$PODIUM_OUT/junit.xml"',
        "B3": 'test -e candidate || exit 1; cp entities.xml "$PODIUM_OUT/junit.xml"',
        "B4": "test -e candidate || exit 1; head -c 100000000 /dev/zero; echo the end; exit 3",
        "B5": "test -e candidate || exit 1; sleep 300 & sleep 300",
    }
    files = {"candidate": "", "entities.xml": '<!DOCTYPE a [<!ENTITY b "c">]><testsuite/>'}
    deletes, links, entities, floods, hangs, _ = check(tmp_path, checks, files, seconds=2)
    assert (tmp_path / "candidate/candidate").exists()
    assert candidate(deletes).how in ("exited", "broken")
    assert candidate(links).passed is None
    assert isinstance(entities.outcome, Blind)
    assert isinstance(floods.outcome, Fails)
    assert candidate(floods).output.endswith("the end\n")
    assert candidate(hangs).how == "timeout"
    assert secret.exists()


def test_cancelling_ends_the_sandboxes_at_once(tmp_path: Path, require: Require) -> None:
    require(BWRAP.exists(), "bubblewrap")
    tmp_path.chmod(0o755)
    trees, scratch = Trees(tmp_path, {}, {}), tmp_path / "scratch"
    scratch.mkdir()
    executor = SandboxExecutor(trees, scratch)

    async def run() -> float:
        what = order({"B1": "touch $PODIUM_OUT/started; sleep 300"})
        gathering = gather(what, executor, Seen(), source=trees, cache=Memory(), kinds=KINDS)
        task = asyncio.create_task(gathering)
        async with asyncio.timeout(30):
            while not list(scratch.glob("*/out/started")):
                await asyncio.sleep(0.01)
        asked = time.monotonic()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        return time.monotonic() - asked

    assert asyncio.run(run()) < 5
    assert list(scratch.iterdir()) == []
