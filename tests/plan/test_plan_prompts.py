"""What an agent is told, and the fold of plans."""

from __future__ import annotations

import pytest

from podium.kernel.errors import PodiumError
from podium.kernel.value import canonical
from podium.ledger.event import GENESIS, Payload, Record
from podium.plan.events import DispatchHalted, DispatchOrdered, PlanApproved, PlanWithdrawn
from podium.plan.model import ApprovedPlan, Task
from podium.plan.parse import parse_proposed_plan
from podium.plan.prompts import fallback_prompt, plan_request_prompt, prompt, refine_prompt
from podium.plan.store import Plans
from podium.review.model import Point
from podium.spec.parse import parse_spec

SPEC = parse_spec(
    """---
title: Rate limit
scope: [src/**]
---
## Intent
One customer can slow the API down.
## Behaviour
- B1: The server answers 429.
  check: `pytest -q -k burst`
- B2: Another task's business.
## Edge cases
- E1: No key counts by address.
## Done
- D1: The docs say so.
## Out of scope
- Limits per user.
- A page.
""",
    "specs/rate-limit.md",
)
T1 = Task(id="T1", title="Count requests", clauses=("B2",), scope=("src/count.py",))
T2 = Task(
    id="T2",
    title="Refuse requests",
    clauses=("B1", "E1"),
    scope=("src/limit/**", "tests/limit/**"),
    depends_on=("T1",),
    budget=250,
    instructions="Use the clock that is passed in.",
)
APPROVED = ApprovedPlan(
    spec="rate-limit",
    spec_blob="s",
    plan_blob="p",
    tasks=(T1, T2),
    serialised=(),
    approved_by="Ada",
    approved_at="2026-01-01T00:00:00.000Z",
)
POINTS = (
    Point(id="P1", text="B1 fails for an empty list", round=1, by="Ada", clause="B1", path="src/limit/a.py", line=7),
    Point(id="P2", text="Name it better", round=1, by="Ada"),
)


def test_the_first_prompt_holds_what_the_task_needs_and_nothing_of_its_neighbours() -> None:
    told = prompt(T2, SPEC, APPROVED)
    for needed in (
        "# Task rate-limit/T2: Refuse requests",
        "One customer can slow the API down.",
        "- B1: The server answers 429.",
        "Checked by: `pytest -q -k burst`",
        "- E1: No key counts by address.",
        "`src/limit/**`, `tests/limit/**`",
        "250 changed lines",
        "Limits per user.",
        "Use the clock that is passed in.",
        "T1 (Count requests)",
        "Do not weaken, skip or delete a test",
    ):
        assert needed in told
    for foreign in ("Another task's business", "The docs say so", "Done when"):
        assert foreign not in told
    assert len(told) < 2_500


def test_points_that_are_known_are_part_of_the_first_prompt() -> None:
    assert "- P1 (B1, `src/limit/a.py:7`): B1 fails for an empty list" in prompt(T2, SPEC, APPROVED, POINTS)


def test_a_refine_prompt_names_the_points_and_the_clauses_that_they_speak_of() -> None:
    told = refine_prompt(T2, SPEC, POINTS)
    assert "- P1 (B1, `src/limit/a.py:7`): B1 fails for an empty list" in told
    assert "- P2: Name it better" in told
    assert "- B1: The server answers 429." in told
    assert "E1" not in told
    assert len(told) < 1_200


def test_a_fresh_session_is_told_what_happened_before() -> None:
    diff = "--- a/x\n+++ b/x\n+```\n+````\n"
    told = fallback_prompt(T2, SPEC, APPROVED, POINTS, diff=diff, summary="I did\n```all```")
    assert "- B1: The server answers 429." in told
    assert f"`````diff\n{diff}`````" in told
    assert "> I did\n> ```all```" in told
    assert "- P2: Name it better" in told
    assert told.index("What happened before") < told.index("Review points to meet")


def test_a_long_diff_is_cut_and_the_cut_is_told() -> None:
    told = fallback_prompt(T2, SPEC, APPROVED, POINTS, diff="+line\n" * 100_000, summary="")
    assert len(told) < 40_000
    assert "more characters; see the working tree]" in told


def test_a_plan_is_asked_for_in_the_form_that_is_read() -> None:
    told = plan_request_prompt(SPEC, [f"src/{number}.py" for number in range(1_000)])
    assert SPEC.text.rstrip() in told
    assert "src/399.py" in told
    assert "... and 600 more files" in told
    example = told[told.index("```toml") : told.index("The spec:")]
    assert parse_proposed_plan(example, "rate-limit").tasks[0].id == "T1"


# --- the fold ---------------------------------------------------------------------------------------------------------


def _plans(*events: Payload) -> Plans:
    plans = Plans()
    for seq, event in enumerate(events, 1):
        plans.apply(_record(event, seq))
    return plans


def _record(event: Payload, seq: int = 1, kind: str = "") -> Record:
    return Record(
        seq=seq, project="p", at=f"2026-01-01T00:00:00.{seq:03}Z", actor="person:Ada", kind=kind or event.kind,
        subject=event.subject, data=canonical(event), previous=GENESIS, hash="0" * 64,
    )  # fmt: skip


def _plan(blob: str, *tasks: Task) -> PlanApproved:
    return PlanApproved(
        plan=ApprovedPlan(
            spec="rate-limit", spec_blob="s", plan_blob=blob, tasks=tasks or (T1, T2), serialised=(),
            approved_by="Ada", approved_at="2026-01-01T00:00:00.000Z",
        )
    )  # fmt: skip


def test_an_approved_plan_is_kept_until_it_is_withdrawn() -> None:
    plans = _plans(_plan("p1"))
    assert plans.approved("rate-limit") == _plan("p1").plan
    assert plans.all() == (_plan("p1").plan,)
    assert plans.task("rate-limit", "T2") == T2
    gone = _plans(_plan("p1"), PlanWithdrawn(spec="rate-limit", reason="too soon"))
    assert (gone.approved("rate-limit"), gone.withdrawn("rate-limit"), gone.all()) == (None, "too soon", ())
    assert gone.task("rate-limit", "T2") == T2
    again = _plans(_plan("p1"), PlanWithdrawn(spec="rate-limit", reason="too soon"), _plan("p2"))
    assert again.withdrawn("rate-limit") == ""


def _order(*tasks: str, agents: tuple[str, ...] = ()) -> DispatchOrdered:
    return DispatchOrdered(spec="rate-limit", by="Ada", tasks=tasks, agents=agents)


def test_orders_add_up_in_the_order_of_the_plan() -> None:
    order = _plans(_plan("p1"), _order("T2"), _order("T1", agents=("codex",))).dispatch("rate-limit")
    assert order is not None
    assert (order.tasks, order.agents) == (("T1", "T2"), {"T1": ("codex",)})
    whole = _plans(_plan("p1"), _order()).dispatch("rate-limit")
    assert whole is not None
    assert (whole.tasks, whole.by, whole.at) == (("T1", "T2"), "Ada", "2026-01-01T00:00:00.002Z")


@pytest.mark.parametrize(
    "end",
    [
        DispatchHalted(spec="rate-limit", by="Ada"),
        PlanWithdrawn(spec="rate-limit", reason="x"),
        _plan("p2"),
    ],
)
def test_an_order_ends_when_it_is_halted_or_another_plan_counts(end: Payload) -> None:
    assert _plans(_plan("p1"), _order(), end).dispatch("rate-limit") is None


def test_the_same_approval_again_leaves_the_order_alone() -> None:
    assert _plans(_plan("p1"), _order(), _plan("p1")).dispatch("rate-limit") is not None


def test_an_order_for_a_plan_that_nobody_approved_orders_nothing() -> None:
    assert _plans(_order()).dispatch("rate-limit") is None


def test_records_of_other_nouns_are_passed_over_and_unknown_ones_are_not() -> None:
    plans = Plans()
    plans.apply(_record(_plan("p1"), kind="project.registered"))
    assert plans.all() == ()
    with pytest.raises(PodiumError, match=r"plan\.burnt"):
        plans.apply(_record(_plan("p1"), kind="plan.burnt"))


def test_events_keep_their_form_in_the_ledger() -> None:
    assert canonical(_order("T1", agents=("a",))) == (
        b'{"agents":["a"],"by":"Ada","kind":"plan.dispatch-ordered","spec":"rate-limit","tasks":["T1"]}'
    )
    assert canonical(PlanWithdrawn(spec="s", reason="r")) == b'{"kind":"plan.withdrawn","reason":"r","spec":"s"}'
