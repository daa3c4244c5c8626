"""What parallel agents need, as a whole: dependencies by lockfile, an env file without secrets, a service."""

from __future__ import annotations

import zipfile
from pathlib import Path

from conductor_world import SETTINGS, World, writes

from podium.evidence.model import Holds
from podium.landing.model import InReview
from podium.runs.model import Delivered
from podium.testing.script import Script

TESTS = """\
import pathlib, socket, sys
import tiny
assert tiny.VALUE == 7
env = pathlib.Path(".env").read_text()
assert "DEBUG=1" in env, env
assert "hunter2" not in env and "KEY=podium-keeps-key" in env, env
socket.create_connection(("127.0.0.1", 8123)).close()
print("1 passed")
"""


def wheel(folder: Path) -> None:
    """A wheel of one module, made by hand: no network, no build."""
    folder.mkdir()
    with zipfile.ZipFile(folder / "tiny-1.0-py3-none-any.whl", "w") as file:
        info = "tiny-1.0.dist-info"
        file.writestr("tiny.py", "VALUE = 7\n")
        file.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")


def test_checks_find_dependencies_env_file_and_service(
    tmp_path: Path, environment: dict[str, str], marker: str
) -> None:
    wheel(tmp_path / "wheels")
    own = f"""
setup = "auto"
env = {{ PIP_NO_INDEX = "1", PIP_FIND_LINKS = "{tmp_path}/wheels" }}
mounts = ["{tmp_path}/wheels"]
env_files = [".env"]
env_keep = ["DEBUG"]

[environment.services.web]
command = "python3 -m http.server 8123 --bind 127.0.0.1"
ready = "python3 -c 'import socket; socket.create_connection((\\"127.0.0.1\\", 8123)).close()'"
"""
    settings = SETTINGS.replace(
        'test = "python3 tests/check.py"', f'test = ".venv/bin/python tests/check.py"{own.rstrip()}'
    )
    world = World.build(
        tmp_path,
        environment,
        Script(tasks=(writes("src/one.py", "print(1)\n"),)),
        {"T1": ()},
        settings=settings,
        files={"requirements.txt": "tiny==1.0\n", "tests/check.py": TESTS, ".gitignore": ".env\n.venv/\n"},
    )
    try:
        (world.root / ".env").write_text("# KEY=hunter2\nDEBUG=1\nKEY=hunter2\n")
        world.order()
        world.start_worker()
        world.wait_for("T1", InReview, 120.0)
        run = world.run_of("T1")
        items = world.now.evidence.items(run.id, 1)
        (tests,) = [item for item in items if item.name == "project tests"]
        assert isinstance(tests.outcome, Holds), tests
        state = run.rounds[-1].state
        assert isinstance(state, Delivered)
        assert state.candidate.files == 1
    finally:
        world.close()
