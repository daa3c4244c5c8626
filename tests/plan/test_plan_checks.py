"""Reading a plan, what is wrong with one, and what a task is called."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podium.kernel.errors import NotFoundError, UsageError
from podium.plan.checks import check_plan
from podium.plan.model import Plan, Task
from podium.plan.names import full_name, resolve_task
from podium.plan.parse import parse_plan, parse_proposed_plan, render_plan
from podium.plan.rule_book import PLAN_RULES
from podium.project.model import Protected, Settings
from podium.spec.blob import blob_id
from podium.spec.model import LintFinding, Spec
from podium.spec.parse import parse_spec

SPEC: Spec = parse_spec(
    """---
scope: [src/**, tests/**]
---
## Behaviour
- B1: One.
- B2: Two.
## Edge cases
- E1: Three.
## Done
- D1: Four.
""",
    "specs/shop.md",
)
FILES = ("src/a.py", "src/b.py", "src/auth/key.py", "tests/test_a.py")
GOOD = """[[task]]
id = "T1"
title = "One"
clauses = ["B1", "E1", "D1"]
scope = ["src/a.py", "tests/test_a.py"]
agents = ["claude", "codex"]

[[task]]
id = "T2"
title = "Two"
clauses = ["B2"]
scope = ["src/b.py"]
depends_on = ["T1"]
budget = 120
instructions = '''
Keep it short.
Use "b".'''
"""


def _check(text: str, *protected: Protected, default: str = "claude") -> tuple[LintFinding, ...]:
    plan = parse_plan(text, "specs/shop.plan.toml", "shop")
    project = Settings(project="x", default_agent=default, protected=protected)
    return check_plan(plan, SPEC, FILES, project, ("claude", "codex"))


def test_a_good_plan_is_read_and_has_no_fault() -> None:
    plan = parse_plan(GOOD, "specs/shop.plan.toml", "shop")
    assert [task.line for task in plan.tasks] == [1, 8]
    assert plan.tasks[0].agents == ("claude", "codex")
    assert plan.tasks[0].budget == 400
    assert plan.tasks[1].instructions == 'Keep it short.\nUse "b".'
    assert plan.blob == blob_id(GOOD.encode())
    assert _check(GOOD) == ()


@pytest.mark.parametrize(
    ("before", "after", "rule", "line", "said"),
    [
        ('id = "T2"', 'id = "T1"', "plan-duplicate-id", 8, "line 1"),
        ('depends_on = ["T1"]', 'depends_on = ["T3"]', "plan-unknown-dependency", 8, "T3"),
        ('depends_on = ["T1"]', 'depends_on = ["T2"]', "plan-cycle", 8, "T2 -> T2"),
        ('clauses = ["B2"]', 'clauses = ["B2", "B7"]', "plan-unknown-clause", 8, "B7"),
        ('clauses = ["B2"]', "clauses = []", "plan-no-clause", 8, "no clause"),
        ('clauses = ["B2"]', 'clauses = ["B1"]', "plan-uncovered", 1, "B2"),
        ('"E1", "D1"', '"E1"', "plan-uncovered", 1, "D1"),
        ('"codex"', '"codx"', "plan-unknown-agent", 1, "codx"),
        ('scope = ["src/b.py"]', "scope = []", "plan-empty-scope", 8, "no scope"),
        ('scope = ["src/b.py"]', 'scope = ["docs/**"]', "plan-scope", 8, "docs/**"),
        ('scope = ["src/b.py"]', 'scope = ["**/b.py"]', "plan-scope", 8, "not all"),
        ('scope = ["src/b.py"]', 'scope = ["src/**"]', "plan-overlap", 8, "src/a.py"),
        ("budget = 120", "budget = 401", "plan-budget", 8, "401"),
        ("budget = 120", "budget = 1001", "plan-budget", 8, "1001"),
    ],
)
def test_a_fault_is_found_at_its_task(before: str, after: str, rule: str, line: int, said: str) -> None:
    text = GOOD.replace(before, after)
    if rule == "plan-overlap":
        text = text.replace('depends_on = ["T1"]\n', "")
    found = [finding for finding in _check(text) if finding.rule == rule]
    assert found, [finding.rule for finding in _check(text)]
    assert (found[0].line, found[0].path) == (line, "specs/shop.plan.toml")
    assert said in found[0].message
    assert found[0].instead
    assert rule in PLAN_RULES


def test_what_stops_an_approval_and_what_does_not() -> None:
    severities = {
        text: {finding.severity for finding in _check(text)}
        for text in (
            GOOD.replace("budget = 120", "budget = 401"),
            GOOD.replace("budget = 120", "budget = 1001"),
            GOOD.replace('"E1", "D1"', '"E1"'),
            GOOD.replace('"E1", "D1"', '"D1"'),
        )
    }
    assert list(severities.values()) == [{"warning"}, {"error"}, {"warning"}, {"error"}]


def test_a_cycle_is_shown_with_its_path() -> None:
    text = GOOD.replace('agents = ["claude", "codex"]', 'depends_on = ["T2"]')
    (cycle,) = (finding for finding in _check(text) if finding.rule == "plan-cycle")
    assert "T1 -> T2 -> T1 (T1 needs T2, T2 needs T1)" in cycle.message


def test_protected_areas_are_named_before_anything_runs() -> None:
    keys = Protected(rule="human-only", paths=("src/auth/**",), reason="keys")
    both = Protected(rule="two-reviewers", paths=("src/b.py",))
    checked = Protected(rule="extra-checks", paths=("src/a.py",), checks=("make audit",))
    wide = GOOD.replace('"src/b.py"', '"src/auth/**", "src/b.py"')
    found = {(finding.rule, finding.severity, finding.line) for finding in _check(wide, keys, both, checked)}
    assert found == {
        ("plan-human-only", "error", 8),
        ("plan-protected", "warning", 8),
        ("plan-protected", "warning", 1),
    }


def test_an_agent_is_needed_and_must_be_known() -> None:
    def agents(default: str, known: tuple[str, ...]) -> list[tuple[str, str]]:
        plan = parse_plan(GOOD.replace('agents = ["claude", "codex"]\n', ""), "p", "shop")
        found = check_plan(plan, SPEC, FILES, Settings(project="x", default_agent=default), known)
        return [(finding.rule, finding.severity) for finding in found]

    assert agents("claude", ("claude", "codex")) == []
    assert agents("", ("claude",)) == []
    assert agents("nobody", ("claude",)) == [("plan-unknown-agent", "error")]
    assert agents("", ("claude", "codex")) == [("plan-unknown-agent", "warning")]
    assert agents("", ()) == [("plan-unknown-agent", "warning")]


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("", ":1", "no task"),
        ("[[tasks]]\nid = 'T1'\n", ":1", "'tasks'"),
        ("[task]\nid = 'T1'\n", ":1", "task is a table"),
        (GOOD.replace('id = "T2"', 'id = "2"'), ":9", "'2' is not the id of a task"),
        (GOOD.replace('id = "T2"', "id = 2"), ":9", "task.id is the number 2"),
        (GOOD.replace('id = "T2"\n', ""), ":8", "'' is not the id"),
        (GOOD.replace('title = "Two"\n', ""), ":8", "no title"),
        (GOOD.replace('["B2"]', '["b two"]'), ":11", "'b two' is not the id of a clause"),
        (GOOD.replace('"src/b.py"', '"/src/b.py"'), ":12", "'/src/b.py'"),
        (GOOD.replace("budget = 120", "budget = 0"), ":14", "task.budget is 0"),
        (GOOD.replace("budget = 120", "bugdet = 120"), ":14", "'task.bugdet'"),
        (GOOD.replace('"codex"', '"code x"'), ":6", "'code x'"),
        ("[[task]\n", ":1", "not valid TOML"),
        (b"\xff", ":1", "not UTF-8"),
        (b"\0", "", "binary"),
        ("[[task]]\nid = 'T1'\n" * 201, ":1", "201 tasks"),
    ],
)
def test_a_plan_that_cannot_be_read_is_refused_at_its_line(text: str | bytes, where: str, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_plan(text, "shop.plan.toml", "shop")
    assert str(caught.value).startswith(f"shop.plan.toml{where}")
    assert what in str(caught.value)
    assert caught.value.do


_texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=20)


@settings(max_examples=200, deadline=None)
@given(
    title=_texts.filter(lambda text: text.strip()),
    instructions=_texts,
    scope=st.lists(st.sampled_from(["src/**", "a b", '"q"', "é", "a\\*b", "x" * 90]), max_size=4),
    budget=st.integers(1, 10**6),
    comment=_texts,
)
def test_a_rendered_plan_reads_back(title: str, instructions: str, scope: list[str], budget: int, comment: str) -> None:
    task = Task(
        id="T1", title=" ".join(title.split()), clauses=("B1",), scope=tuple(scope), depends_on=("T2",),
        agents=("a",), budget=budget, instructions=instructions.strip().replace("\r", ""), line=0,
    )  # fmt: skip
    plan = Plan(spec="shop", tasks=(task,), text="", blob="")
    (found,) = parse_plan(render_plan(plan, {"T1": comment}, comment), "p", "shop").tasks
    assert (found.title, found.scope, found.budget, found.depends_on, found.agents) == (
        task.title, task.scope, budget, ("T2",), ("a",),
    )  # fmt: skip
    assert found.instructions.split() == task.instructions.split()


def test_a_plan_is_found_in_the_answer_of_an_agent() -> None:
    answer = f"Here:\n\n```toml\n[[task]]\nid = 'old'\n```\n\nBetter:\n```toml\n{GOOD}```\nDone."
    assert [task.id for task in parse_proposed_plan(answer, "shop").tasks] == ["T1", "T2"]
    assert [task.id for task in parse_proposed_plan(GOOD, "shop").tasks] == ["T1", "T2"]
    with pytest.raises(UsageError, match="holds no plan"):
        parse_proposed_plan("I cannot do that. `rm -rf`", "shop")
    with pytest.raises(UsageError, match="the proposed plan"):
        parse_proposed_plan("```toml\n[[task]]\nid = 'x'\n```", "shop")


def _named(spec: str, *tasks: str) -> Plan:
    made = tuple(Task(id=task, title=task, clauses=(), scope=()) for task in tasks)
    return Plan(spec=spec, tasks=made, text="", blob="")


PLANS = (_named("rate-limit", "T1", "T2"), _named("csv", "T1"), _named("big", *(f"T{n}" for n in range(10, 30))))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("rate-limit/T2", ("rate-limit", "T2")),
        ("rate-limit/t2", ("rate-limit", "T2")),
        ("T2", ("rate-limit", "T2")),
        ("t12", ("big", "T12")),
        ("csv", ("csv", "T1")),
        ("csv/T1", ("csv", "T1")),
    ],
)
def test_a_task_is_found_by_its_short_or_full_name(name: str, found: tuple[str, str]) -> None:
    assert resolve_task(name, PLANS) == found
    assert resolve_task(full_name(*found), PLANS) == found


@pytest.mark.parametrize(
    ("name", "what", "do"),
    [
        ("T1", "a task of 2 specs", "rate-limit/T1, csv/T1"),
        ("rate-limit", "has 2 tasks", "rate-limit/T1, rate-limit/T2"),
        ("rate-limit/T9", "no task 'T9'", "T1, T2"),
        ("rate-limt/T1", "no task is called", "rate-limit/T1"),
        ("zzz", "no task is called", "There are: rate-limit/T1"),
    ],
)
def test_a_name_that_names_no_task_is_refused_with_those_that_do(name: str, what: str, do: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolve_task(name, PLANS)
    assert what in caught.value.what
    assert do in caught.value.do


def test_without_a_plan_there_is_no_task() -> None:
    with pytest.raises(NotFoundError, match="no plan is approved"):
        resolve_task("T1", ())
