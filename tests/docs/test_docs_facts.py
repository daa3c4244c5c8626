from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from podium.project.settings import parse_settings
from podium.testing.actions import Action

ROOT = Path(__file__).parents[2]
FLAGS = re.MULTILINE | re.DOTALL


@pytest.mark.parametrize("action", get_args(Action), ids=lambda each: each.__struct_config__.tag)
def test_the_reference_names_every_action_with_its_fields(action: type[msgspec.Struct]) -> None:
    text = (ROOT / "docs/reference/scripted-agent.md").read_text()
    row = re.search(rf"^\| `{action.__struct_config__.tag}` \| (.*?) \|", text, re.MULTILINE)
    assert row, "it has no row"
    outside = re.sub(r"\(.*?\)", "", row[1])
    assert re.findall(r"`(\w+)`", outside) == list(action.__struct_fields__)


def test_every_dependency_has_its_line() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project, groups = settings["project"], settings["dependency-groups"]
    optional = [each for extra in project.get("optional-dependencies", {}).values() for each in extra]
    wanted = [*project["dependencies"], *groups["dev"], *optional]
    text = (ROOT / "docs/dependencies.md").read_text()
    rows = " ".join(re.findall(r"^\| (.*?) \|", text, re.MULTILINE))
    names = [re.split(r"[<>=;\[ ]", each)[0] for each in wanted]
    assert [name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", rows)] == []


def test_the_changelog_has_a_place_for_what_is_not_released() -> None:
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text()


def settings_shown() -> list[tuple[str, str]]:
    """Every piece of podium.toml that a document shows, with the document's name."""
    pages = [*(ROOT / "docs").rglob("*.md")]
    blocks = [
        (page.name, block) for page in pages for block in re.findall(r"^```toml\n(.*?)^```$", page.read_text(), FLAGS)
    ]
    return [(name, block) for name, block in blocks if not re.search(r"^\[\[task", block, re.MULTILINE)]


@pytest.mark.parametrize(("name", "block"), settings_shown(), ids=lambda text: text if text.endswith(".md") else "")
def test_settings_that_a_document_shows_are_settings(name: str, block: str) -> None:
    head = "" if "[project]" in block else '[project]\nname = "shown"\n\n'
    parse_settings(head + block, name)
