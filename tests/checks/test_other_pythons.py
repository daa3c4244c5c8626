"""What runs inside the project's Python, on Pythons other than Podium's: `sys.monitoring` from 3.12 on, tracing before.

The newest that the PATH, pyenv or uv offers is used with this environment's pytest (which is plain Python, from 3.10
on). No package registry has them: where there is none, `test_pyodide_pythons` tries the same plugins on CPython as
WebAssembly.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from checks_bench import World, order
from test_behaviour import OLD, TESTS
from test_unrun_lines import all_lines

from podium.checks.kinds.behaviour import BEHAVIOUR, ITEM
from podium.checks.kinds.mutants import MUTANTS
from podium.checks.kinds.unrun_lines import UNRUN_LINES
from podium.evidence.model import Fails

INSIDE = Path("src/podium/checks/inside")
MANAGED = (  # what pyenv and uv keep, whether or not the PATH leads there
    Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions",
    Path(os.environ.get("UV_PYTHON_INSTALL_DIR", Path.home() / ".local/share/uv/python")),
)


def interpreters(*versions: str) -> list[str]:
    """One program of each of these versions that the machine offers, and that runs."""
    return [program for version in versions if (program := interpreter(version))]


def interpreter(version: str) -> str | None:
    name = f"python{version}"
    kept = [str(program) for top in MANAGED for program in sorted(top.glob(f"*/bin/{name}"))]
    return next((each for each in [shutil.which(name), *kept] if each and runs(each)), None)


def runs(program: str) -> bool:
    """Whether it is more than a version manager's stand-in."""
    return subprocess.run([program, "-c", ""], check=False, stderr=subprocess.DEVNULL).returncode == 0


def only_pytest(folder: Path) -> Path:
    """pytest and what it needs, all of it plain Python, of this environment."""
    folder.mkdir()
    for name in ("pytest", "_pytest", "py.py", "pluggy", "iniconfig", "packaging", "pygments"):
        (folder / name).symlink_to(Path(sysconfig.get_paths()["purelib"]) / name)
    return folder


def test_calls_lines_and_mutants_are_seen_through_monitoring(tmp_path: Path) -> None:
    newer = interpreters("3.14", "3.13", "3.12")
    if not newer:
        pytest.skip("no Python 3.12, 3.13 or 3.14 on the PATH, in pyenv or in uv")
    python, packages = newer[0], only_pytest(tmp_path / "packages")
    command = f"PYTHONPATH=$PYTHONPATH:{packages} {python} -m pytest -q -p no:cacheprovider"
    new = OLD.replace("if not text:", "if text is None:").replace("self.count * 3", "3 * self.count")
    what = order(test=command, changes=(all_lines("shop.py", new),))
    tests = TESTS.replace('    with pytest.raises(ValueError):\n        name("")\n', "")
    world = World(tmp_path, {"shop.py": OLD, "test_shop.py": tests}, {"shop.py": new, "test_shop.py": tests})
    items = world.gather(what, (BEHAVIOUR, UNRUN_LINES, MUTANTS))
    assert isinstance(items[ITEM].outcome, Fails), items[ITEM]
    assert [found.message for found in items[ITEM].findings] == [
        "an input made up: name(text=''): raised ValueError('a name is needed') before, returned '' now"
    ]
    unrun = items["changed lines are run"]
    assert [found.message for found in unrun.findings] == ["no test runs line 23 of name"], unrun
    assert isinstance(items["mutants of changed lines"].outcome, Fails), items


def test_what_runs_inside_is_syntax_of_every_python_of_the_machine() -> None:
    program = "import ast, sys\nfor name in sys.argv[1:]:\n    ast.parse(open(name, encoding='utf-8').read(), name)\n"
    files = [str(file) for file in sorted(INSIDE.glob("*.py"))]
    assert files
    for python in [sys.executable, *interpreters("3.8", "3.9", "3.10", "3.12", "3.13", "3.14")]:
        subprocess.run([python, "-c", program, *files], check=True)


def test_what_runs_inside_is_written_in_the_syntax_of_python_3_8() -> None:
    for file in sorted(INSIDE.glob("*.py")):
        ast.parse(file.read_text(), str(file), feature_version=(3, 8))
