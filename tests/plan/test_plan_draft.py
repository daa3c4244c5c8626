"""The plan that is drafted by rule: sensible, explained, and free of faults."""

from __future__ import annotations

from pathlib import Path

import pytest

from podium.plan.checks import check_plan
from podium.plan.draft import draft
from podium.plan.model import Plan
from podium.plan.narrow import escaped, narrowed
from podium.project.globs import matches
from podium.project.model import Protected, Settings
from podium.spec.parse import parse_spec

SETTINGS = Settings(project="shop", default_agent="a")
FILES = (
    "src/shop/cart.py",
    "src/shop/tax.py",
    "src/shop/payment/card.py",
    "tests/test_cart.py",
    "docs/index.md",
)
SPEC = """---
title: Shop
owner: Ada
risk: low
scope: [src/shop/**, tests/**, docs/**]
---
## Intent
Sell.
## Behaviour
- B1: `cart.py` adds an item.
- B2: `cart.py` removes an item.
- B3: The module `src/shop/tax.py` computes the tax.
- B4: The payment module charges the card.
{more}
## Edge cases
- E1: An empty cart has the total 0 (B2).
- E2: A tax of 0 is printed as `0.00`.
- E3: A card that is expired is refused.
## Done
- D1: The manual names all prices.
- D2: `make test` exits 0.
## Out of scope
Nothing.
"""


def _draft(text: str, files: tuple[str, ...] = FILES, settings: Settings = SETTINGS) -> Plan:
    spec = parse_spec(text, "specs/shop.md")
    plan = draft(spec, files, settings)
    findings = check_plan(plan, spec, files, settings, ("a",))
    assert [finding for finding in findings if finding.severity == "error"] == []
    return plan


def test_behaviours_in_different_places_become_tasks_that_run_at_once() -> None:
    plan = _draft(SPEC.format(more=""))
    assert [(task.title, task.clauses, task.scope, task.depends_on) for task in plan.tasks] == [
        ("Shop: cart", ("B1", "B2", "E1", "D2"), ("src/shop/cart.py", "tests/test_cart.py"), ()),
        ("Shop: tax", ("B3", "E2", "D2"), ("src/shop/tax.py", "tests/test_tax.py"), ()),
        ("Shop: payment", ("B4", "E3", "D2"), ("src/shop/payment/**", "tests/test_payment.py"), ()),
        ("Shop: documentation", ("D1",), ("docs/**",), ("T1", "T2", "T3")),
    ]
    findings = check_plan(plan, parse_spec(SPEC.format(more=""), "specs/shop.md"), FILES, SETTINGS, ("a",))
    assert findings == ()


def test_what_the_rule_cannot_place_may_change_all_of_the_scope() -> None:
    plan = _draft(SPEC.format(more="- B5: A voucher lowers the price by 5 %."))
    rest = plan.tasks[3]
    assert (rest.title, rest.clauses[0], rest.scope) == ("Shop: the rest", "B5", ("src/shop/**", "tests/**"))
    assert "the rule cannot tell" in plan.text


def test_a_small_spec_is_one_task() -> None:
    text = "---\nscope: [src/**]\n---\n## Behaviour\n- B1: One.\n- B2: Two.\n## Edge cases\n- E1: Three.\n"
    plan = _draft(text)
    assert [(task.id, task.clauses, task.scope) for task in plan.tasks] == [("T1", ("B1", "B2", "E1"), ("src/**",))]
    assert plan.tasks[0].budget == 180


def test_many_behaviours_of_one_place_become_tasks_that_follow_one_another() -> None:
    lines = "".join(f"- B{number}: The command `c{number}` exits {number}.\n" for number in range(1, 15))
    plan = _draft(f"---\nscope: [src/**]\n---\n## Behaviour\n{lines}## Edge cases\n- E1: B9 with nothing exits 1.\n")
    assert [task.depends_on for task in plan.tasks] == [(), ("T1",), ("T2",)]
    assert [len(task.clauses) for task in plan.tasks] == [5, 6, 4]
    assert "E1" in plan.tasks[1].clauses
    assert "It follows T1" in " ".join(plan.text.replace("\n# ", " ").split())


def test_files_for_people_only_are_cut_out_of_every_scope() -> None:
    keys = Protected(rule="human-only", paths=("src/shop/payment/**", "podium.toml"), reason="money")
    text = "---\nscope: [src/shop/**]\n---\n## Behaviour\n- B1: One.\n"
    plan = _draft(text, settings=Settings(project="shop", default_agent="a", protected=(keys,)))
    assert plan.tasks[0].scope == ("src/shop/cart.py", "src/shop/tax.py")
    assert "for people only: src/shop/**" in plan.text


def test_a_glob_is_split_into_folders_and_files_that_exist() -> None:
    files = ("a/b/c.py", "a/b/key.pem", "a/d/e.py", "a/f.py", "x/[y].py", "x/key.pem")
    assert narrowed(("a/**",), files, ("**/*.pem",)) == ("a/b/c.py", "a/d/**", "a/f.py")
    assert narrowed(("x/**", "z/**"), files, ("**/*.pem",)) == (escaped("x/[y].py"), "z/**")
    assert matches(escaped("x/[y].py"), "x/[y].py")
    assert narrowed(("a/b/*.pem",), files, ("**/*.pem",)) == ()
    many = tuple(f"m/{number}/a" for number in range(20))
    assert narrowed(("m/**",), many, ("m/3/**",)) == ("m/**",)


def test_the_draft_explains_itself_and_reads_back() -> None:
    plan = _draft(SPEC.format(more=""))
    comments = [line for line in plan.text.splitlines() if line.startswith("#")]
    assert "drafted by rule" in comments[0]
    assert sum("with the edge cases that concern them" in line for line in comments) == 3
    assert max(len(line) for line in plan.text.splitlines()) <= 110
    assert plan.path == "specs/shop.plan.toml"


@pytest.mark.parametrize("text", ["---\nscope: []\n---\n## Behaviour\n- B1: x\n", "## Behaviour\n", "x"])
def test_a_poor_spec_gives_a_draft_too_and_the_check_says_what_is_missing(text: str) -> None:
    spec = parse_spec(text, "specs/shop.md")
    plan = draft(spec, (), SETTINGS)
    assert len(plan.tasks) == 1
    assert "plan-empty-scope" in {finding.rule for finding in check_plan(plan, spec, (), SETTINGS, ("a",))}


GOOD = sorted((Path(__file__).parents[1] / "spec" / "good").glob("*.md"))


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_every_good_spec_gets_a_plan_without_faults(path: Path) -> None:
    spec = parse_spec(path.read_bytes(), f"specs/{path.name}")
    plan = draft(spec, ("src/a.py",), SETTINGS)
    assert check_plan(plan, spec, ("src/a.py",), SETTINGS, ("a",)) == ()
    assert {clause for task in plan.tasks for clause in task.clauses} == {clause.id for clause in spec.clauses}
