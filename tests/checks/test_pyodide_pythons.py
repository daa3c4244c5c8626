"""What runs inside the project's Python, on CPython 3.13 and 3.14 as WebAssembly: no fork and no process is there.

So the plugins are tried directly, with this environment's pytest, and mutants are made and compiled but not raced.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path
from pwd import getpwuid

import pytest

INSTALLED = Path(os.environ.get("TEST_AGENTS") or Path(getpwuid(os.getuid()).pw_dir, ".cache/podium/test-agents"))
INSIDE = Path(__file__).parents[2] / "src/podium/checks/inside"
HOST = Path(__file__).parent / "pyodide.mjs"

SHOP = """\
def name(text):
    if text:
        return text.title()
    return ""


def unused(count):
    return count < 3
"""
TESTS = """\
from shop import name

def test_name():
    assert name("ada") == "Ada"

def test_empty():
    assert name("") == ""
"""
LINES = 'begin("/project", "/project", {"shop.py": [2, 3, 4, 8]})\n'
CALLS = (
    'begin("/project", "/project", {"names": ["name"], "new": [{}], "inputs": True, "seconds": 600, "only": [],'
    ' "functions": {"shop.py": {"1": 0}}})\n'
)
PROGRAM = """\
import ast, glob, json, pytest, sys
for file in glob.glob("/project/podium_*.py"):
    ast.parse(open(file, encoding="utf-8").read(), file)
ended = int(pytest.main(["-q", "-p", "no:cacheprovider", "-p", "podium_lines", "-p", "podium_calls", "test_shop.py"]))
import podium_mutations as made, podium_texts
lines = frozenset([2, 3, 8])
targets = made.targets("shop.py", "/project/shop.py", lines)
found = [mutant for target in targets for mutant in made.mutants(target, lines)]
codes = {mutant.target.compile(mutant.target.node).co_name for mutant in found}
text = podium_texts.text_of({"a": [1, None]})
told = {"ended": ended, "asks": [m.ask for m in found], "codes": sorted(codes), "text": text, "version": sys.version}
json.dump(told, open("/project/told.json", "w"))
"""


@pytest.mark.parametrize(("version", "package"), [("3.13", "0.29.0"), ("3.14", "314.0.7")])
def test_lines_and_calls_are_seen_and_mutants_are_made_on_a_newer_python(
    tmp_path: Path, require: Callable[[object, str], None], version: str, package: str
) -> None:
    place = INSTALLED / f"pyodide-{version}-{package}/node_modules/pyodide"
    node = INSTALLED / "node-22/bin/node"
    require(place.exists() and node.exists(), f"CPython {version} (scripts/agents pyodide-{version})")
    packages, work = tmp_path / "packages", tmp_path / "work"
    packages.mkdir()
    work.mkdir()
    libraries = Path(sysconfig.get_paths()["purelib"])
    shutil.copy(libraries / "py.py", packages)
    for name in ("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments"):
        shutil.copytree(libraries / name, packages / name, ignore=shutil.ignore_patterns("__pycache__"))
    for file in sorted(INSIDE.glob("*.py")):
        begin = {"lines_plugin": LINES, "calls_plugin": CALLS}.get(file.stem, "")
        name = file.stem.removesuffix("_plugin") if begin else file.stem
        (work / f"podium_{name}.py").write_text(f"{file.read_text()}\n{begin}")
    (work / "shop.py").write_text(SHOP)
    (work / "test_shop.py").write_text(TESTS)
    command = [str(node), str(HOST), str(place), str(packages), str(work), PROGRAM]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    told = json.loads((work / "told.json").read_text())
    assert told["version"].startswith(version + ".")
    assert (told["ended"], told["codes"], told["text"]) == (0, ["name", "unused"], "{'a': [1, None]}")
    assert any("<=" in ask for ask in told["asks"]), told
    seen = json.loads((work / "map.json").read_text())
    assert (seen["how"], seen["early"], seen["entered"]) == ("monitoring", [], ["shop.py"])
    assert seen["lines"] == {"shop.py": {"2": [0, 1], "3": [0], "4": [1]}}
    calls = (work / "calls.json").read_text()
    assert "name(text='ada')" in calls, calls
    assert "'Ada'" in calls
