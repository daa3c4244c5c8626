"""New risks in real trees."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from checks_bench import World, order
from test_unrun_lines import all_lines

from podium.checks.kinds.security import SECURITY
from podium.checks.python_sinks import sinks
from podium.evidence.model import Blind, Holds, Item
from podium.evidence.secret_texts import secret_in


def look(root: Path, base: dict[str, str], candidate: dict[str, str]) -> dict[str, Item]:
    changed = [path for path in candidate if base.get(path) != candidate[path]]
    return World(root, base, candidate).gather(
        order(changes=tuple(all_lines(path, candidate[path]) for path in changed)), (SECURITY,)
    )


@pytest.mark.parametrize(
    ("source", "rules"),
    [
        ("import subprocess as sp\nsp.run(x, shell=True)", ["shell"]),
        ("from os import system\nsystem(x)", ["runs"]),
        ("eval(x)", ["runs"]),
        ("import pickle\npickle.loads(x)", ["deserialises"]),
        ("import yaml\nyaml.load(x, Loader=yaml.SafeLoader)", []),
        ("import yaml\nyaml.load(x)", ["deserialises"]),
        ("requests.get(u, verify=False)", ["unverified"]),
        ("db.execute(f'select * from t where a = {a}')", ["query"]),
        ("db.execute('select * from t where a = ?', (a,))", []),
        ("import random\ntoken = random.choice(letters)", []),
        ("import random\nrandom.choice(session_tokens)", ["weak"]),
        ("try:\n    f()\nexcept Exception:\n    pass", ["swallowed"]),
        ("try:\n    f()\nexcept KeyError:\n    pass", []),
        ("json.loads(x); re.compile(x); model.eval()", []),
    ],
)
def test_sinks_are_told_from_ordinary_calls(source: str, rules: list[str]) -> None:
    assert [sink.rule for sink in sinks(ast.parse(source))] == rules


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("key = 'AKIA" + "ABCDEFGHIJKLMNOP'", True),
        ("-----BEGIN RSA " + "PRIVATE KEY-----", True),
        ("token = 'gh" + "p_" + "a1B2" * 9 + "'", True),
        ("url = 'postgres://app:hunter2" + "@db.internal/shop'", True),
        ("api_key = '9f8d7c6b5a4e3f2d1c0b'", True),
        ("password = 'changeme-please'", False),
        ("password = os.environ['PASSWORD']", False),
        ("token = get_token('https://example.org')", False),
        ("secret_name = 'cart'", False),
    ],
)
def test_credentials_are_told_from_their_names(text: str, found: bool) -> None:
    assert bool(secret_in(text)) is found


def test_only_what_the_base_did_not_have_is_told(tmp_path: Path) -> None:
    old = "import os\n\ndef f(x):\n    os.system(x)\n"
    new = f"import os\n\n\ndef g(x):\n    return eval(x)\n\n{old}"
    [finding] = look(tmp_path, {"a.py": old}, {"a.py": new})["new risky calls"].findings
    assert (finding.rule, finding.line) == ("sink/runs", 5)


def test_a_call_that_is_only_rewritten_is_a_note(tmp_path: Path) -> None:
    old, new = "import os\nos.system(a)\n", "import os\nos.system(b)\nos.system(c)\n"
    item = look(tmp_path, {"a.py": old}, {"a.py": new})["new risky calls"]
    assert [(f.level, f.line) for f in item.findings] == [("note", 2), ("warning", 3)]


def test_a_new_dependency_a_near_name_and_a_forgotten_lock_file_are_told(tmp_path: Path) -> None:
    old = '[project]\nname = "x"\ndependencies = ["requests>=2"]\n'
    new = '[project]\nname = "x"\ndependencies = ["requests>=2", "reqeusts", "left-pad==1"]\n'
    base = {"pyproject.toml": old, "uv.lock": ""}
    item = look(tmp_path, base, {**base, "pyproject.toml": new})["supply chain"]
    assert [(f.rule, f.level) for f in item.findings] == [
        ("dependency", "error"),
        ("dependency", "warning"),
        ("lock-file", "warning"),
    ]
    assert "no registry was asked" in getattr(item.outcome, "why", "")


def test_a_dependency_that_moved_from_one_file_to_another_is_a_note(tmp_path: Path) -> None:
    setup = (
        "setup(install_requires=['Left_Pad>=1; python_version < \"3\"'])\nabout = 'colorama is no dependency here'\n"
    )
    base = {"setup.py": setup, "pyproject.toml": '[project]\nname = "x"\n'}
    new = '[project]\nname = "x"\ndependencies = ["left-pad>=1", "colorama"]\n'
    item = look(tmp_path, base, {**base, "pyproject.toml": new})["supply chain"]
    assert {(f.message, f.level) for f in item.findings} == {
        ("new dependency: left-pad>=1; setup.py declared it before", "note"),
        ("new dependency: colorama", "warning"),
    }


def test_a_workflow_that_may_do_more_is_told(tmp_path: Path) -> None:
    text = "on: pull_request_target\njobs:\n  a:\n    steps:\n      - uses: some/action@v1\n"
    item = look(tmp_path, {}, {".github/workflows/ci.yml": text})["supply chain"]
    assert [(f.level, f.line) for f in item.findings] == [("warning", 1), ("note", 5)]


def test_what_cannot_be_read_is_blind_and_the_ordinary_holds(tmp_path: Path) -> None:
    items = look(tmp_path, {}, {"package.json": "[1", "a.py": "def (", "b.py": "x = 1\n"})
    assert isinstance(items["supply chain"].outcome, Blind)
    assert isinstance(items["new risky calls"].outcome, Blind)
    assert items["credentials"].outcome == Holds()
    assert SECURITY.jobs(order()) == ()
