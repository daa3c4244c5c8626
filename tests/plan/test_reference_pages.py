"""The reference pages of specs, plans and podium.toml: their examples are read, their tables are complete."""

from __future__ import annotations

import re
from pathlib import Path

from podium.plan.parse import parse_plan
from podium.plan.rule_book import PLAN_RULES
from podium.project.model import Settings
from podium.project.settings import parse_settings
from podium.spec.parse import parse_spec
from podium.spec.rule_book import RULES
from podium.spec.rules import lint

PAGES = Path(__file__).parents[2] / "docs" / "reference"


def _page(name: str) -> tuple[str, str]:
    text = (PAGES / name).read_text()
    found = re.search(r"^```\w+\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert found
    return text, found.group(1)


def test_the_example_of_a_spec_has_no_fault_and_every_rule_is_listed() -> None:
    text, example = _page("spec.md")
    assert lint(parse_spec(example, "specs/rate-limit.md")) == ()
    assert re.findall(r"^\| `([a-z-]+)` \| (\w+) \|", text, re.MULTILINE) == [
        (rule.id, rule.severity) for rule in RULES.values()
    ]


def test_the_example_of_a_plan_is_read_and_every_rule_is_listed() -> None:
    text, example = _page("plan.md")
    assert [task.id for task in parse_plan(example, "p", "rate-limit").tasks] == ["T1", "T2"]
    assert re.findall(r"^\| `([a-z-]+)` \| (\w+) \|", text, re.MULTILINE) == [
        (rule.id, rule.severity) for rule in PLAN_RULES.values()
    ]


def test_the_example_of_podium_toml_shows_the_defaults() -> None:
    _, example = _page("podium-toml.md")
    found, plain = parse_settings(example), Settings(project="shop")
    for name in ("project", "target", "specs", "capacity", "parallel", "network", "limits", "tripwires"):
        assert getattr(found, name) == getattr(plain, name)
    assert [area.rule for area in found.protected] == ["human-only", "two-reviewers", "extra-checks"]
