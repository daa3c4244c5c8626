"""What parallel agents need, as a whole: dependencies by lockfile, an env file without secrets, a service."""

from __future__ import annotations

from pathlib import Path

from conductor_world import SETTINGS, World, writes
from package_index import WHEEL, PackageIndex

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


def test_checks_find_dependencies_env_file_and_service(
    tmp_path: Path, environment: dict[str, str], marker: str
) -> None:
    own = """
setup = "auto"
setup_network = true
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
    index = PackageIndex()
    index.start()
    try:
        (world.root / ".env").write_text("# KEY=hunter2\nDEBUG=1\nKEY=hunter2\n")
        world.order()
        world.start_worker(PIP_INDEX_URL=f"{index.url}/simple")
        world.wait_for("T1", InReview, 120.0)
        run = world.run_of("T1")
        items = world.now.evidence.items(run.id, 1)
        (tests,) = [item for item in items if item.name == "project tests"]
        assert isinstance(tests.outcome, Holds), tests
        state = run.rounds[-1].state
        assert isinstance(state, Delivered)
        assert state.candidate.files == 1
        assert [path for _, path, _ in index.asked] == ["/simple/tiny/", f"/files/{WHEEL}"]
        boundary = run.rounds[-1].boundary
        assert boundary is not None
        assert f"127.0.0.1:{index.port} (http, to fetch only)" in boundary.setup_network
        assert boundary.setup_refused == ()
        assert boundary.network == ()
    finally:
        world.close()
        index.close()
