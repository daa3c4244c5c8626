"""An agent proposes a plan, looks at everything and changes nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conductor_world import SPEC, World

from podium.conductor.propose_plan import propose_plan
from podium.conductor.shop import Shop
from podium.kernel.errors import PodiumError
from podium.spec.parse import parse_spec
from podium.testing import actions
from podium.testing.script import Script, ScriptedTask, rounds
from podium.workspaces.tiers import candidates, probe

PROPOSED = """Here is my plan:

```toml
[[task]]
id = "T1"
title = "Print one"
clauses = ["B1", "E1"]
scope = ["src/one.py"]

[[task]]
id = "T2"
title = "Print two"
clauses = ["B2", "D1"]
scope = ["src/two.py"]
```
"""


@pytest.fixture
def world(tmp_path: Path, environment: dict[str, str], marker: str) -> Iterator[World]:
    tasks: dict[str, ScriptedTask] = {
        "planner": rounds(
            (
                actions.Read(path="src/zero.py"),
                actions.Write(path="src/zero.py", text="changed\n"),
                actions.Ask(title="Write a file", kind="edit"),
                actions.Say(text=PROPOSED),
            )
        ),
        "idler": rounds((actions.Say(text="I have no plan."),)),
        "crasher": rounds((actions.Exit(code=3),)),
    }
    agents = {name: Script(tasks=(task,)) for name, task in tasks.items()}
    built = World.build(tmp_path, environment, agents["planner"], {"T1": (), "T2": ()}, agents=agents)
    yield built
    built.close()


def shop(world: World) -> Shop:
    path = world.environment["PATH"]
    tiers = probe(candidates(path), scratch=world.state, root=os.geteuid() == 0)
    return Shop(desk=world.desk, worker="test", path=path, python=sys.executable, tiers=tiers)


def test_the_plan_of_an_agent_is_a_draft_and_its_changes_are_thrown_away(world: World) -> None:
    plan = propose_plan(shop(world), world.project.id, parse_spec(SPEC, "specs/numbers.md"), "planner")
    assert [(task.id, task.clauses) for task in plan.tasks] == [("T1", ("B1", "E1")), ("T2", ("B2", "D1"))]
    assert (world.root / "src" / "zero.py").read_text() == "print(0)\n"
    assert list(world.desk.home.checks(world.project.id).iterdir()) == []


@pytest.mark.parametrize(("agent", "why"), [("idler", "holds no plan"), ("crasher", "without a plan")])
def test_an_agent_without_a_plan_is_a_clear_error(world: World, agent: str, why: str) -> None:
    with pytest.raises(PodiumError, match=why):
        propose_plan(shop(world), world.project.id, parse_spec(SPEC, "specs/numbers.md"), agent)
    assert list(world.desk.home.checks(world.project.id).iterdir()) == []
