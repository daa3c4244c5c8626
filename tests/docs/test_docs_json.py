"""docs/reference/json.md against what the commands print."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from podium.cli.catalogue import SUBVERBS, VERBS

ROOT = Path(__file__).parents[2]
CLI = ROOT / "src/podium/cli"
_PAGE = (ROOT / "docs/reference/json.md").read_text(encoding="utf-8")
_ROWS = dict(re.findall(r"^\| (`[a-z].*?) \| (.*) \|$", _PAGE, re.MULTILINE))


def documents(path: Path) -> list[list[str]]:
    """The keys of every document that a module prints as a dictionary written out there."""
    found: list[list[str]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "document":
            (told,) = node.args
            if isinstance(told, ast.Dict):
                found.append([str(key.value) for key in told.keys if isinstance(key, ast.Constant)])
    return found


def test_every_command_has_a_row_of_its_keys() -> None:
    groups = {"spec", "plan", "ledger"}
    verbs = {name for name, entry in VERBS.items() if not entry.hidden} - groups
    verbs |= {f"{group} {sub}" for group, table in SUBVERBS.items() for sub in table}
    assert verbs <= {name for row in _ROWS for name in re.findall(r"`([^`]+)`", row)}


def test_the_page_tells_every_key_that_a_command_prints() -> None:
    modules = {f"{g} {n}": e.module for g, table in SUBVERBS.items() for n, e in table.items()}
    modules |= {name: entry.module for name, entry in VERBS.items() if not entry.hidden}
    for name, module in modules.items():
        told = " ".join(keys for row, keys in _ROWS.items() if re.search(rf"`{re.escape(name)}[` ]", row))
        for keys in documents(CLI / f"{module}.py"):
            assert [key for key in keys if f"`{key}`" not in told] == [], name
