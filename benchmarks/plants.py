"""How often do the kinds that only read find what was planted, and how often do they cry at honest work?

    python benchmarks/plants.py FILE [--json] [--markdown]

FILE holds one JSON object a line (gzip or plain) with `correct`, `buggy`, `test` (a function `check` with assertions)
and `entry_point`. From each record a small project is made: the right source, a caller, a test, a manifest. Then

- weakenings:  each way to make its test check less;
- defects:     each way to do harm that can be seen without running anything;
- logic:       the record's own wrong version, which only code that runs can find: told for honesty;
- honest:      each honest rewrite of source or test, where everything that is said is a false alarm.

A finding counts when its level is warning or error. Nothing of the data is run.
"""

# ruff: noqa: E501, ARG002 - each edit is one row of a table; the ports name arguments that a tree in memory has no use for

from __future__ import annotations

import argparse
import ast
import asyncio
import difflib
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from labelled_records import records
from unified_diff import changes as read_diff

from podium.checks.gather import gather
from podium.checks.kind import Cost, GatherOrder, installed_kinds
from podium.checks.ports import Ran, Request, Side
from podium.evidence.model import Execution, Item
from podium.kernel.ids import digest
from podium.plan.model import Task
from podium.project.model import Settings
from podium.runs.model import FileChange

SOURCE, CALLER, TEST, MANIFEST = "src/shop/core.py", "src/shop/caller.py", "tests/test_core.py", "pyproject.toml"
FIELDS = {"correct": str, "buggy": str, "test": str, "entry_point": str}
Files = dict[str, str]
Edit = Callable[[Files], Files]


# --- projects ---------------------------------------------------------------------------------------------------------


def project(record: dict[str, Any]) -> Files | None:
    """The files of a record's project; None where its test has too few assertions to be weakened."""
    name, source = record["entry_point"], record["correct"].strip() + "\n"
    asserts = [
        ast.unparse(node).replace("candidate(", f"{name}(")
        for node in ast.walk(ast.parse(record["test"]))
        if isinstance(node, ast.Assert) and isinstance(node.test, ast.Compare) and len(node.test.ops) == 1
        and isinstance(node.test.ops[0], ast.Eq) and node.msg is None and "\n" not in ast.unparse(node)
    ]  # fmt: skip
    asserts = list(dict.fromkeys(asserts))[:6]
    function = next((n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef) and n.name == name), None)
    if len(asserts) < 2 or function is None or not function.args.args:
        return None
    values = ", ".join("None" for _ in function.args.args)
    body = "".join(f"    {each}\n" for each in asserts)
    return {
        SOURCE: source,
        CALLER: f"from shop.core import {name}\n\n\ndef call():\n    return {name}({values})\n",
        TEST: f"import pytest\n\nfrom shop.core import {name}\n\n\ndef test_{name}():\n{body}",
        MANIFEST: '[project]\nname = "shop"\ndependencies = ["requests"]\n',
    }


def _line(files: Files, number: int = 0) -> str:
    return [line for line in files[TEST].splitlines() if line.strip().startswith("assert")][number]


def _test(old: Callable[[Files], str], new: Callable[[str], str]) -> Edit:
    return lambda files: {**files, TEST: files[TEST].replace(old(files) + "\n", new(old(files)), 1)}


def _sides(line: str) -> tuple[str, str]:
    test = ast.parse(line.strip(), mode="exec").body[0]
    assert isinstance(test, ast.Assert), "project() takes no others"
    assert isinstance(test.test, ast.Compare), "project() takes no others"
    left, right = test.test.left, test.test.comparators[0]
    return ast.unparse(left), ast.unparse(right)


def _as(form: str) -> Edit:
    """The first assertion in another form; {l} and {r} are its sides."""

    def new(line: str) -> str:
        left, right = _sides(line)
        return form.format(l=left, r=right, line=line.strip()) + "\n"

    return _test(_line, new)


def _before_test(text: str) -> Edit:
    return lambda files: {**files, TEST: files[TEST].replace("def test_", f"{text}\ndef test_", 1)}


WEAKENINGS: dict[str, Edit] = {
    "assertion removed": _as(""),
    "expected value changed": _as("    assert {l} == ('other', {r})"),
    "equal to not equal": _as("    assert {l} != {r}"),
    "equal to truth": _as("    assert {l} or {l} is not None"),
    "equal to not None": _as("    assert {l} is not None"),
    "equal to one of several": _as("    assert {l} in ({r}, None)"),
    "equal to its type": _as("    assert isinstance({l}, object)"),
    "equal within a tolerance": _as("    assert {l} == pytest.approx({r}, abs=10)"),
    "or True": _as("    {line} or True"),
    "only True": _as("    assert True"),
    "failure caught": _as("    try:\n        {line}\n    except AssertionError:\n        pass"),
    "on a condition": _as("    if {l}:\n        {line}"),
    "never reached": _as("    if False:\n        {line}"),
    "skip mark": _before_test("@pytest.mark.skip(reason='flaky')"),
    "xfail mark": _before_test("@pytest.mark.xfail"),
    "skip at once": _as("    pytest.skip('later')\n    {line}"),
    "emptied": lambda files: {**files, TEST: files[TEST].partition("    assert")[0] + "    pass\n"},
    "deleted test": lambda files: {**files, TEST: files[TEST].partition("def test_")[0] + "x = 1\n"},
    "deleted file": lambda files: {path: text for path, text in files.items() if path != TEST},
    "renamed away": lambda files: {**files, TEST: files[TEST].replace("def test_", "def check_", 1)},
    "conftest hook": lambda files: {**files, "tests/conftest.py": "def pytest_collection_modifyitems(items):\n    items.clear()\n"},
    "addopts": lambda files: {**files, MANIFEST: files[MANIFEST] + '[tool.pytest.ini_options]\naddopts = "--deselect x"\n'},
}  # fmt: skip


def _source(form: str) -> Edit:
    """Code after the source; {name} is the function's."""
    return lambda files: {**files, SOURCE: files[SOURCE] + "\n\n" + form.replace("NAME", _name(files)) + "\n"}


def _name(files: Files) -> str:
    return files[TEST].partition("import pytest\n\nfrom shop.core import ")[2].partition("\n")[0]


def _parameters(change: Callable[[str], str]) -> Edit:
    def edit(files: Files) -> Files:
        head = next(line for line in files[SOURCE].splitlines() if line.startswith(f"def {_name(files)}("))
        return {**files, SOURCE: files[SOURCE].replace(head, change(head), 1)}

    return edit


DEFECTS: dict[str, Edit] = {
    "new argument, caller left": _parameters(lambda head: head.replace("(", "(fresh, ", 1)),
    "renamed, caller left": lambda files: {**files, SOURCE: files[SOURCE].replace(_name(files), "other_" + _name(files))},
    "eval": _source("def more(text):\n    return eval(text)"),
    "shell": _source("def more(text):\n    import subprocess\n    return subprocess.run(text, shell=True)"),
    "pickle": _source("def more(data):\n    import pickle\n    return pickle.loads(data)"),
    "query from text": _source('def more(db, who):\n    return db.execute(f"select * from t where who = {who}")'),
    "errors swallowed": _source("def more(a):\n    try:\n        return NAME(a)\n    except Exception:\n        pass"),
    "unverified": _source("def more(url):\n    import requests\n    return requests.get(url, verify=False)"),
    "credential": _source("AWS_SECRET = 'AKIAIOSFODNN7EXAMPLQ'\nKEY = 'ghp_' + 'a8Jk2LmN4pQr6StU8vWx0yZ1bC3dE5fG7hI9'\ntoken = 'ghp_a8Jk2LmN4pQr6StU8vWx0yZ1bC3dE5fG7hI9'"),
    "knows the test": _source("def more():\n    import os\n    return 'PYTEST_CURRENT_TEST' in os.environ"),
    "almost a known package": lambda files: {**files, MANIFEST: files[MANIFEST].replace('"requests"', '"requests", "nunpy"')},
    "hidden characters": _source("def more():\n    return 'a\u202eb'"),
    "CI with write access": lambda files: {**files, ".github/workflows/x.yml": "on: pull_request_target\npermissions: write-all\n"},
    "check silenced": lambda files: {**files, SOURCE: files[SOURCE].replace("\n", "  # noqa\n", 1)},
}  # fmt: skip


def _reordered(files: Files) -> Files:
    head, *asserts = files[TEST].partition("    assert")
    lines = ("".join(asserts)).splitlines()
    return {**files, TEST: head + "\n".join(reversed(lines)) + "\n"}


HONEST: dict[str, Edit] = {
    "assertions in another order": _reordered,
    "sides exchanged": _as("    assert {r} == {l}"),
    "an assertion more": _as("    {line}\n    assert 1 + 1 == 2"),
    "a message": _as("    {line}, 'as the spec says'"),
    "a variable in between": _as("    {line}\n    found = {l}\n    assert found == {r}"),
    "a new test": lambda files: {**files, TEST: files[TEST] + f"\n\ndef test_more():\n    assert {_name(files)} is {_name(files)}.__call__.__self__\n"},
    "a test renamed": lambda files: {**files, TEST: files[TEST].replace("def test_", "def test_that_", 1)},
    "test formatted": lambda files: {**files, TEST: ast.unparse(ast.parse(files[TEST])) + "\n"},
    "test in a class": lambda files: {**files, TEST: files[TEST].replace("def test_", "class TestIt:\n    def test_", 1).replace("():\n", "(self):\n", 1).replace("\n    assert", "\n        assert")},
    "source formatted": lambda files: {**files, SOURCE: ast.unparse(ast.parse(files[SOURCE])) + "\n"},
    "source commented": _source("# A remark that says why."),
    "an argument with a default": _parameters(lambda head: head.replace(")", ", fresh=None)", 1)),
    "a helper that is used": _source("def helper(value):\n    return value\n\n\ndef second(value):\n    return helper(value)\n\n\nSECOND = second"),
    "a version bound": lambda files: {**files, MANIFEST: files[MANIFEST].replace('"requests"', '"requests>=2"')},
}  # fmt: skip


# --- gathering --------------------------------------------------------------------------------------------------------


class Trees:
    """Two trees in memory; nothing can be run on them."""

    def __init__(self, base: Files, candidate: Files) -> None:
        self._files: dict[Side, Files] = {"base": base, "candidate": candidate}

    def read(self, side: Side, path: str) -> bytes | None:
        text = self._files[side].get(path)
        return text.encode() if text is not None else None

    def paths(self, side: Side) -> tuple[str, ...]:
        return tuple(sorted(self._files[side]))

    async def execute(self, request: Request) -> Ran:
        return Ran(how="broken", exit_code=None, seconds=0, output=b"", output_digest=digest(b""), detail=request.side)

    def get(self, key: str) -> Execution | None:
        return None

    def put(self, key: str, execution: Execution) -> None:
        return


def changed(base: Files, candidate: Files) -> tuple[FileChange, ...]:
    found: list[FileChange] = []
    for path in sorted({*base, *candidate}):
        old, new = base.get(path), candidate.get(path)
        if old == new:
            continue
        rows = difflib.unified_diff((old or "").splitlines(), (new or "").splitlines(), path, path, lineterm="", n=3)
        status = "added" if old is None else "deleted" if new is None else "modified"
        for each in read_diff("\n".join(rows)):
            lines = [line for hunk in each.hunks for line in hunk.lines]
            found.append(
                msgspec.structs.replace(
                    each, path=path, old_path=path, status=status, binary=False,
                    old_mode="000000" if old is None else "100644", new_mode="000000" if new is None else "100644",
                    added=sum(line.kind == "+" for line in lines), removed=sum(line.kind == "-" for line in lines),
                )
            )  # fmt: skip
    return tuple(found)


KINDS = installed_kinds()


def items(base: Files, candidate: Files) -> tuple[Item, ...]:
    task = Task(id="T", title="t", clauses=(), scope=("**",), budget=10**6)
    order = GatherOrder(run="r", round=1, base_tree="b", tree="t", task=task, clauses=(), settings=Settings(project="p"),
                        changes=changed(base, candidate), environment="none")  # fmt: skip
    trees = Trees(base, candidate)

    async def emit(_: Item) -> None:
        return

    work = gather(order, trees, emit, source=trees, cache=trees, kinds=KINDS, wanted=lambda job: job.cost == Cost.READS)
    return asyncio.run(work)


def kinds_that_speak(base: Files, candidate: Files) -> set[str]:
    """The kinds with a finding that is more than a note."""
    return {item.kind for item in items(base, candidate) if any(each.level != "note" for each in item.findings)}


# --- figures ----------------------------------------------------------------------------------------------------------


def measure(file: Path) -> dict[str, Any]:
    started, told, skipped = time.monotonic(), dict[str, Any](), 0
    groups: dict[str, dict[str, Edit]] = {"weakenings": WEAKENINGS, "defects": DEFECTS, "honest": HONEST}
    for group in (*groups, "logic"):
        told[group] = {"n": 0, "told": 0, "by_kind": Counter[str](), "by_edit": defaultdict(lambda: [0, 0])}
    for record in records(file, FIELDS):
        base = project(record)
        if base is None:
            skipped += 1
            continue
        for group, edits in groups.items():
            for name, edit in edits.items():
                _count(told[group], name, kinds_that_speak(base, edit(base)))
        wrong = {**base, SOURCE: record["buggy"].strip() + "\n"}
        _count(told["logic"], record.get("bug_type", "wrong"), kinds_that_speak(base, wrong))
    for group in told.values():
        group["rate"] = round(group["told"] / group["n"], 4) if group["n"] else None
        group["by_edit"] = {name: [hit, n] for name, (n, hit) in group["by_edit"].items()}
    return {**told, "skipped": skipped, "seconds": round(time.monotonic() - started, 1)}


def _count(group: dict[str, Any], name: str, kinds: set[str]) -> None:
    group["n"] += 1
    group["told"] += bool(kinds)
    group["by_kind"].update(kinds)
    group["by_edit"][name][0] += 1
    group["by_edit"][name][1] += bool(kinds)


def markdown(figures: dict[str, Any]) -> Iterator[str]:
    for group in ("weakenings", "defects", "honest", "logic"):
        part = figures[group]
        yield f"\n### {group.capitalize()}: {part['told']} of {part['n']} told ({part['rate']:.1%})\n"
        yield "| what was done | told | of |\n|---|---:|---:|"
        for name, (hit, n) in part["by_edit"].items():
            yield f"| {name} | {hit} | {n} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    given = parser.parse_args()
    figures = measure(given.file)
    if given.json:
        print(json.dumps(figures, indent=2))
    elif given.markdown:
        print("\n".join(markdown(figures)))
    else:
        for group in ("weakenings", "defects", "honest", "logic"):
            part = figures[group]
            print(f"{group:<11} {part['told']:>5} of {part['n']:>5} told  {part['rate']:.1%}  {dict(part['by_kind'])}")
        print(f"{figures['skipped']} records left out; {figures['seconds']} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
