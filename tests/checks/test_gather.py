from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from checks_bench import PYTHON, World, change, order

from podium.checks.bench import Bench
from podium.checks.gather import gather
from podium.checks.kind import Answer, Cost, GatherOrder, Job, Kind, installed_kinds
from podium.checks.kinds.changes import CHANGES
from podium.checks.kinds.clause_checks import CLAUSE_CHECKS
from podium.checks.kinds.extra_checks import EXTRA_CHECKS
from podium.checks.kinds.project_tests import PROJECT_TESTS
from podium.checks.ports import Ran, Request
from podium.evidence.model import Blind, BrokenBefore, Fails, Holds, Item, NotRun
from podium.kernel.errors import PodiumError
from podium.project.model import Protected

RUNNING = (CLAUSE_CHECKS, EXTRA_CHECKS, PROJECT_TESTS)
KINDS: tuple[Kind, ...] = (CHANGES, *RUNNING)
PYTEST = f"{PYTHON} -m pytest -q -p no:cacheprovider"


def test_a_clause_that_becomes_true_holds_and_shows_both_trees(tmp_path: Path) -> None:
    world = World(tmp_path, {}, {"made": "yes"})
    item = world.gather(order({"B1": "cat made"}))["B1"]
    assert item.outcome == Holds()
    assert (item.required, item.clause, item.command, item.tree, item.base_tree) == (True, "B1", "cat made", "t", "b")
    assert item.base is not None
    assert item.candidate is not None
    assert (item.base.exit_code, item.candidate.exit_code, item.candidate.output) == (1, 0, "yes")


def test_a_clause_that_is_not_met_fails_and_is_not_called_broken_before(tmp_path: Path) -> None:
    item = World(tmp_path, {}, {}).gather(order({"B1": "cat made"}))["B1"]
    assert isinstance(item.outcome, Fails)
    assert item.repeats == ()


def test_a_clause_without_a_check_is_not_run_and_blocks_nothing(tmp_path: Path) -> None:
    item = World(tmp_path, {}, {}).gather(order({"D1": ""}))["D1"]
    assert item.outcome == NotRun(why="the clause carries no check")
    assert not item.required


def test_equal_commands_run_once_per_tree(tmp_path: Path) -> None:
    world = World(tmp_path, {}, {})
    items = world.gather(order({"B1": "true", "E1": "true"}, test="true"))
    # The project's tests have another time limit, so they are another execution.
    assert sorted(world.ran) == [("base", "true")] * 2 + [("candidate", "true")] * 2
    assert {item.outcome for item in items.values()} == {Holds()}


def test_the_base_is_remembered_by_tree_command_and_environment(tmp_path: Path) -> None:
    world = World(tmp_path, {}, {})
    world.gather(order({"B1": "true"}))
    second = world.gather(order({"B1": "true"}, tree="u"))["B1"]
    assert world.ran == [("candidate", "true"), ("base", "true"), ("candidate", "true")]
    assert second.base is not None
    assert second.base.cached
    world.gather(order({"B1": "true"}, environment="overlay"))
    assert world.ran[3:] == [("candidate", "true"), ("base", "true")]


def test_a_check_whose_file_the_candidate_adds_is_not_run_on_the_base(tmp_path: Path) -> None:
    world = World(tmp_path, {}, {"tests/check.sh": "exit 0"})
    what = order({"B1": "sh ./tests/check.sh"}, changes=(change("tests/check.sh", "added"),))
    item = world.gather(what)["B1"]
    assert item.outcome == Holds()
    assert item.base is not None
    assert (item.base.how, item.base.detail) == ("absent", "tests/check.sh does not exist on the base")
    assert world.ran == [("candidate", "sh ./tests/check.sh")]


def test_items_are_emitted_once_each_and_cheap_ones_first(tmp_path: Path) -> None:
    world = World(tmp_path, {}, {"a": "x"})
    what = order({"B1": "true"}, test="true", changes=(change("a", "added"),), parallel=1)
    items = world.gather(what, KINDS)
    assert [item.id for item in world.seen.items] == [item.id for item in items.values()]
    kinds = [item.kind for item in world.seen.items]
    assert kinds[-2:] == ["clause-check", "project-tests"]
    assert kinds[0] == "empty"


def test_no_more_run_at_once_than_ordered(tmp_path: Path) -> None:
    world = World(tmp_path, {}, {})
    world.gather(order({f"B{n}": f"sleep 0.02; echo {n}" for n in range(5)}, parallel=2))
    assert world.executor.most == 2


def test_the_project_tests_are_counted_from_the_report_of_pytest(tmp_path: Path) -> None:
    suite = "import pytest\ndef test_a(): pass\ndef test_b(): assert {}\n@pytest.mark.skip\ndef test_c(): pass\n"
    world = World(tmp_path, {"test_x.py": suite.format(True)}, {"test_x.py": suite.format(False)})
    item = world.gather(order(test=PYTEST))["project tests"]
    assert item.outcome == Fails(why="exit 1: 1 of 2 tests fail: test_x::test_b")
    assert item.command == PYTEST
    assert item.candidate is not None
    assert (item.candidate.passed, item.candidate.failed, item.candidate.skipped) == (1, 1, 1)
    assert item.candidate.failing == ("test_x::test_b",)
    assert [finding.rule for finding in item.findings] == ["test-fails"]
    assert len(item.repeats) == 1


def test_tests_that_were_broken_before_do_not_hide_a_new_failure(tmp_path: Path) -> None:
    suite = "def test_old(): assert 0\ndef test_new(): assert {}\n"
    world = World(tmp_path, {"test_x.py": suite.format(1)}, {"test_x.py": suite.format(0)})
    assert world.gather(order(test=PYTEST))["project tests"].outcome == Fails(
        why="1 failing that did not fail on the base: test_x::test_new"
    )
    same = World(tmp_path / "same", {"test_x.py": suite.format(1)}, {"test_x.py": suite.format(1)})
    assert isinstance(same.gather(order(test=PYTEST))["project tests"].outcome, BrokenBefore)


def test_fewer_tests_and_more_skips_are_findings_of_a_suite_that_holds(tmp_path: Path) -> None:
    base = "def test_a(): pass\ndef test_b(): pass\ndef test_c(): pass\n"
    candidate = "import pytest\ndef test_a(): pass\n@pytest.mark.skip\ndef test_b(): pass\n"
    item = World(tmp_path, {"test_x.py": base}, {"test_x.py": candidate}).gather(order(test=PYTEST))["project tests"]
    assert item.outcome == Holds()
    assert [finding.message for finding in item.findings] == [
        "1 tests are executed; on the base 3",
        "1 tests are skipped; on the base 0",
    ]


def test_a_suite_without_tests_is_blind_and_does_not_block(tmp_path: Path) -> None:
    item = World(tmp_path, {}, {}).gather(order(test=PYTEST))["project tests"]
    assert item.outcome == Blind(why="no test was executed")
    assert not item.required


def test_a_clause_check_that_executes_no_test_is_blind_and_blocks(tmp_path: Path) -> None:
    world = World(tmp_path, {}, {"test_x.py": "def test_a(): pass\n"})
    item = world.gather(order({"B1": f"{PYTEST} test_x.py -k nothing"}))["B1"]
    assert item.outcome == Blind(why="no test was executed")
    assert item.required


def test_a_candidate_that_ends_its_test_run_early_with_success_is_blind(tmp_path: Path) -> None:
    suite = {"test_x.py": "def test_a(): pass\n"}
    world = World(tmp_path, suite, {**suite, "conftest.py": "import os\nos._exit(0)\n"})
    assert isinstance(world.gather(order(test=PYTEST))["project tests"].outcome, Blind)


def test_a_project_without_a_test_command_is_told_so(tmp_path: Path) -> None:
    item = World(tmp_path, {}, {}).gather(order())["project tests"]
    assert isinstance(item.outcome, NotRun)
    assert not item.required


def test_a_check_that_fails_only_the_first_time_is_flaky(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    command = f"test ! -e candidate || test -e {marker} || {{ touch {marker}; exit 1; }}"
    item = World(tmp_path, {}, {"candidate": ""}).gather(order(test=command))["project tests"]
    assert item.outcome == Blind(why="flaky: on the same tree it held in 1 of 2 runs")
    assert item.candidate is not None
    assert [item.candidate.exit_code, *(again.exit_code for again in item.repeats)] == [1, 0]


def test_extra_checks_run_only_when_their_area_is_touched(tmp_path: Path) -> None:
    area = Protected(rule="extra-checks", paths=("auth/**",), checks=("test ! -e bad",))
    world = World(tmp_path, {}, {"bad": ""})
    settings = {"protected": (area,)}
    assert "test ! -e bad" not in world.gather(order(changes=(change("src/a"),), settings=settings))
    item = world.gather(order(changes=(change("auth/a"),), settings=settings))["test ! -e bad"]
    assert item.kind == "extra-check"
    assert isinstance(item.outcome, Fails)


def test_what_the_budget_does_not_reach_is_not_run(tmp_path: Path) -> None:
    clock = iter([0.0, *[0.5] * 3, *[100.0] * 100])
    world = World(tmp_path, {}, {})

    async def run() -> tuple[Item, ...]:
        what = order({"B1": "true", "B2": "echo 2"}, test="echo 3", budget_seconds=10, parallel=1)
        return await gather(
            what,
            world.executor,
            world.seen,
            source=world.trees,
            cache=world.cache,
            kinds=RUNNING,
            monotonic=lambda: next(clock),
        )

    items = {item.name: item for item in asyncio.run(run())}
    assert items["project tests"].outcome == NotRun(why="the time budget was spent: 10 s")
    assert items["project tests"].required
    assert len(world.ran) < 6


def test_a_run_cut_off_by_the_budget_is_not_run_rather_than_failed(tmp_path: Path) -> None:
    world = World(tmp_path, {}, {})
    item = world.gather(order({"B1": "sleep 60"}, budget_seconds=0.2))["B1"]
    assert item.outcome == NotRun(why="the time budget was spent: 0 s")


def test_a_hang_fails_at_its_own_time_limit(tmp_path: Path) -> None:
    world = World(tmp_path, {}, {"hang": ""})
    item = world.gather(order({"B1": "test ! -e hang || sleep 60"}, check_seconds=0.3))["B1"]
    assert isinstance(item.outcome, Fails)
    assert item.outcome.why.startswith("it did not end within 0 s; on the base it took 0.")


def test_an_executor_that_cannot_run_anything_is_not_run(tmp_path: Path) -> None:
    class Broken:
        async def execute(self, _: Request) -> Ran:
            raise PodiumError("no space left on the device")

    world = World(tmp_path, {}, {})
    world.executor = Broken()  # type: ignore[assignment]
    items = world.gather(order({"B1": "true"}, test="true"))
    assert {item.outcome for item in items.values()} == {NotRun(why="the sandbox broke: no space left on the device")}
    assert world.cache.known == {}


def test_a_kind_that_breaks_is_told_and_stops_no_other(tmp_path: Path) -> None:
    class Planless:
        name = "planless"

        def jobs(self, _: GatherOrder) -> tuple[Job, ...]:
            raise KeyError("x")

    async def fail(_: Bench) -> Answer:
        raise RuntimeError("boom")

    class Failing:
        name = "failing"

        def jobs(self, _: GatherOrder) -> tuple[Job, ...]:
            return (Job(kind="failing", name="failing", work=fail, cost=Cost.MANY, required=True),)

    items = World(tmp_path, {}, {}).gather(order({"B1": "true"}), (Planless(), Failing(), CLAUSE_CHECKS))
    assert items["planless"].outcome == NotRun(why="the kind of evidence broke: KeyError: 'x'")
    assert items["failing"].outcome == NotRun(why="the kind of evidence broke: RuntimeError: boom")
    assert items["failing"].required
    assert items["B1"].outcome == Holds()


def test_cancelling_ends_every_process(tmp_path: Path) -> None:
    world = World(tmp_path, {}, {})
    started = [tmp_path / f"started-{n}" for n in range(2)]
    pids = [tmp_path / f"pid-{n}" for n in range(2)]
    checks = {f"B{n}": f"echo $$ > {pids[n]}; touch {started[n]}; exec sleep 300" for n in range(2)}

    async def run() -> None:
        kinds: tuple[Kind, ...] = (CLAUSE_CHECKS,)
        task = asyncio.create_task(
            gather(order(checks), world.executor, world.seen, source=world.trees, cache=world.cache, kinds=kinds)
        )
        async with asyncio.timeout(20):
            while not any(path.exists() for path in started):
                await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert world.executor.running == 0
    assert world.seen.items == []
    assert not any(Path(f"/proc/{path.read_text().strip()}").exists() for path in pids if path.exists())


def test_an_emit_that_fails_ends_the_gathering(tmp_path: Path) -> None:
    world = World(tmp_path, {}, {})

    async def emit(_: Item) -> None:
        raise PodiumError("the disk is full")

    async def run() -> None:
        what = order({"B1": "true", "B2": "sleep 300"})
        await gather(what, world.executor, emit, source=world.trees, cache=world.cache, kinds=RUNNING)

    with pytest.raises(PodiumError, match="the disk is full"):
        asyncio.run(run())
    assert world.executor.running == 0


def test_no_installed_kind_at_all_is_an_error_and_not_a_clean_bill() -> None:
    with pytest.raises(PodiumError, match="no kind of evidence is installed"):
        installed_kinds(())


def test_a_kind_that_cannot_be_loaded_is_named() -> None:
    from importlib.metadata import EntryPoint

    good = EntryPoint("clause-check", "podium.checks.kinds.clause_checks:CLAUSE_CHECKS", "podium.evidence")
    assert installed_kinds((good,)) == (CLAUSE_CHECKS,)
    bad = EntryPoint("other", "podium_no_such_plugin:KIND", "podium.evidence")
    with pytest.raises(PodiumError, match="'other' cannot be loaded"):
        installed_kinds((good, bad))


def test_pytest_that_writes_no_report_is_blind_even_where_the_base_cannot_tell(tmp_path: Path) -> None:
    files = {"tests/test_x.py": "def test_a(): assert 0\n", "conftest.py": "import os\nos._exit(0)\n"}
    what = order({"B1": f"{PYTEST} tests/test_x.py"}, changes=(change("tests/test_x.py", "added"),))
    item = World(tmp_path, {}, files).gather(what)["B1"]
    assert item.outcome == Blind(why="it ended with exit 0, but pytest wrote no test report")
