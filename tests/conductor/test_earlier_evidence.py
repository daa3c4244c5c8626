"""Two agents of a race write the very same: the second round's evidence is the first one's, and says so."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from conductor_world import SETTINGS, World, writes

from podium.conductor.reproduce import reproduce
from podium.conductor.shop import Shop
from podium.evidence.model import Item
from podium.landing.model import InReview
from podium.testing.script import Script
from podium.testing.waiting import eventually
from podium.workspaces.tiers import candidates, probe

PLAN = '[[task]]\nid = "T1"\ntitle = "Write"\nclauses = ["D1"]\nscope = ["src/**"]\nagents = ["one", "two"]\n'
RUN = """\
printf '<testsuite><testcase name="a"/></testsuite>' > "$PODIUM_OUT/junit.xml"
"""


def test_evidence_about_the_same_trees_is_taken_over_from_the_other_agent_of_a_race(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    settings = SETTINGS.replace("python3 tests/check.py", "sh tests/run.sh") + "\n[evidence]\nbudget_seconds = 0\n"
    script = Script(tasks=(writes("src/one.py", "def one():\n    return 1\n"),))
    world = World.build(
        tmp_path,
        environment,
        script,
        {"T1": ()},
        agents={"one": script, "two": script},
        settings=settings,
        plan=PLAN,
        files={"tests/run.sh": RUN},
    )
    try:
        world.start_worker(slots=1)  # one round after the other
        world.order()
        eventually(lambda: len(gathered(world)) == 2 and all(gathered(world)), 90)
        world.wait_for("T1", InReview)
        first, second = sorted(gathered(world), key=lambda items: any(item.earlier for item in items))
        ended = {run.id for run in world.now.runs.of_task("numbers", "T1")}
        tiers = probe(candidates(environment["PATH"]), scratch=tmp_path, root=os.geteuid() == 0)
        shop = Shop(desk=world.desk, worker="w", path=environment["PATH"], python=sys.executable, tiers=tiers)
        taken = next(item for item in second if item.name == "project tests")
        again = asyncio.run(reproduce(shop, world.project.id, taken.id))
    finally:
        world.close()
    assert [item for item in first if item.earlier] == []
    known = {item.kind for item in second if item.earlier}
    assert {"project-tests", "security", "shape"} <= known, known
    assert {item.earlier.run for item in second if item.earlier} < ended
    assert taken.candidate == next(item for item in first if item.name == "project tests").candidate
    assert again.new.earlier is None  # reproduced means: run again
    assert again.same


def gathered(world: World) -> list[tuple[Item, ...]]:
    """The evidence about each run's first round, once all of it is there; nothing before."""
    evidence, runs = world.now.evidence, world.now.runs.of_task("numbers", "T1")
    return [evidence.items(run.id, 1) if evidence.finished(run.id, 1) else () for run in runs]
