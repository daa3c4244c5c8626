"""Candidates of a race, compared by what they do."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from conductor_world import SETTINGS, World, writes

from podium.conductor.compare_behaviour import compare_behaviour
from podium.conductor.shop import Shop
from podium.evidence.model import Fails
from podium.landing.model import InReview
from podium.testing.script import Script
from podium.workspaces.tiers import candidates, probe

TEST = "from one import half\n\n\ndef test_half():\n    assert half(4) == 2\n"
FILES = {
    "src/one.py": "def half(n):\n    raise NotImplementedError\n",
    "tests/test_one.py": TEST,
    "conftest.py": "import sys\n\nsys.path.insert(0, 'src')\n",
}


def test_two_candidates_that_both_pass_are_told_apart_by_a_concrete_call(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    command = f"{sys.executable} -m pytest -q -p no:cacheprovider"
    mounts = sorted({str(Path(prefix).resolve()) for prefix in (sys.prefix, sys.base_prefix)} - {"/usr"})
    own = f'{command}"\nmounts = {mounts}'.replace("'", '"')
    settings = SETTINGS.replace('python3 tests/check.py"', own) + "\n[evidence]\nbudget_seconds = 0\n"
    agents = {
        "floor": Script(tasks=(writes("src/one.py", "def half(n):\n    return n // 2\n"),)),
        "exact": Script(tasks=(writes("src/one.py", "def half(n):\n    return int(n / 2)\n"),)),
    }
    plan = '[[task]]\nid = "T1"\ntitle = "Halve"\nclauses = ["D1"]\nscope = ["src/**"]\nagents = ["floor", "exact"]\n'
    world = World.build(
        tmp_path, environment, Script(tasks=()), {"T1": ()}, agents=agents, settings=settings, plan=plan, files=FILES
    )
    try:
        world.start_worker()
        world.order()
        world.wait_for("T1", InReview)
        runs = sorted(world.now.runs.of_task("numbers", "T1"), key=lambda run: run.agent, reverse=True)
        tiers = probe(candidates(environment["PATH"]), scratch=tmp_path, root=os.geteuid() == 0)
        shop = Shop(desk=world.desk, worker="w", path=environment["PATH"], python=sys.executable, tiers=tiers)
        item = asyncio.run(compare_behaviour(shop, world.project.id, runs[0], runs[1]))
    finally:
        world.close()
    assert item is not None
    assert isinstance(item.outcome, Fails), item
    assert any("half(n=-" in finding.message for finding in item.findings), item.findings
