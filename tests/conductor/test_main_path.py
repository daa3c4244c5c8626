"""From an approved plan to a landed commit, with real processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conductor_world import World, writes

from podium.landing.model import InReview, OnTarget
from podium.review.model import Accepted
from podium.testing.script import Script


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path, environment: dict[str, str], marker: str) -> Iterator[World]:
    url = "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))
    script = Script(
        tasks=(
            writes("src/one.py", "print(1)\n", match="numbers/T1"),
            writes("src/two.py", "print(2)\n", match="numbers/T2"),
        )
    )
    built = World.build(tmp_path, environment, script, {"T1": (), "T2": ("T1",)}, url=url)
    yield built
    built.close()


def test_two_tasks_go_from_plan_to_target_one_after_the_other(world: World) -> None:
    world.start_worker()
    world.order()
    world.wait_for("T1", InReview)
    assert isinstance(world.accept("T1"), Accepted)
    world.wait_for("T1", OnTarget)
    world.wait_for("T2", InReview)
    assert isinstance(world.accept("T2"), Accepted)
    world.wait_for("T2", OnTarget)
    world.wait_for_delivery()
    assert (world.root / "src" / "one.py").read_text() == "print(1)\n"
    assert (world.root / "src" / "two.py").read_text() == "print(2)\n"
