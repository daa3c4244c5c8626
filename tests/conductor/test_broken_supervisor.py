"""A supervisor that cannot even begin, because its installation is broken: the round ends, and says why."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conductor_world import World, writes

from podium.landing.model import Lost
from podium.runs.model import Failed
from podium.testing.script import Script

BROKEN = """\
import sys

class Broken:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "podium.supervisor.round":
            raise ImportError("the library is gone")

sys.meta_path.insert(0, Broken)
"""


@pytest.mark.slow
def test_a_round_whose_supervisors_die_while_they_import_fails_with_their_last_words(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/sitecustomize.py").write_text(BROKEN)
    script = Script(tasks=(writes("src/one.py", "print(1)\n"),))
    world = World.build(tmp_path, environment, script, {"T1": ()})
    command = [sys.executable, "-m", "podium.cli.main", "--state", str(world.state), "agents", "test", "scripted"]
    variables = {**environment, "PYTHONPATH": str(tmp_path / "broken")}
    try:
        checked = subprocess.run(command, cwd=world.root, env=variables, capture_output=True, check=False, timeout=120)
        assert b"the supervisor of the check died: ImportError: the library is gone" in checked.stderr
        world.order()
        world.start_worker(PYTHONPATH=str(tmp_path / "broken"))
        world.wait_for("T1", Lost, 120.0)
        state = world.run_of("T1").rounds[0].state
        assert isinstance(state, Failed)
        assert state.reason.startswith("supervise: its supervisor ended")
        assert state.reason.endswith("before it could start the agent: ImportError: the library is gone")
    finally:
        world.close()
