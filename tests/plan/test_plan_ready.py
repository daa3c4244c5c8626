"""Which tasks may start, what the others wait for, and that no plan can block itself."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podium.kernel.errors import PodiumError
from podium.plan.model import ApprovedPlan, Plan, Serialised, Task
from podium.plan.rules import approval_counts, approve, find_cycle, ready, serialise, waiting
from podium.spec.model import LintFinding, Spec

AT = datetime(2026, 1, 2, tzinfo=UTC)
SPEC = Spec(
    name="shop",
    title="Shop",
    owner="Ada",
    risk="low",
    scope=("**",),
    intent="",
    clauses=(),
    out_of_scope="",
    text="",
    blob="s1",
)


def _task(name: str, scope: str, *needs: str) -> Task:
    return Task(id=name, title=name, clauses=("B1",), scope=tuple(scope.split()), depends_on=needs)


def _plan(*tasks: Task) -> Plan:
    return Plan(spec="shop", tasks=tasks, text="", blob="p1")


def _approved(*tasks: Task) -> ApprovedPlan:
    return approve(_plan(*tasks), SPEC, (), by="Ada <ada@x.org>", at=AT)


def _ids(tasks: tuple[Task, ...]) -> list[str]:
    return [task.id for task in tasks]


def test_tasks_that_share_nothing_start_at_once() -> None:
    plan = _approved(_task("T1", "a/**"), _task("T2", "b/**"))
    assert _ids(ready(plan, (), (), ())) == ["T1", "T2"]


def test_a_task_waits_until_what_it_depends_on_has_landed() -> None:
    plan = _approved(_task("T1", "a/**"), _task("T2", "b/**", "T1"))
    assert _ids(ready(plan, (), (), ())) == ["T1"]
    assert _ids(ready(plan, (), (), ("T1",))) == []
    assert _ids(ready(plan, ("T1",), ("T1",), ())) == ["T2"]
    assert [(entry.task, entry.why) for entry in waiting(plan, (), (), ("T1",))] == [("T2", "waits for T1 to land")]


def test_what_depends_on_a_task_that_was_given_up_never_starts() -> None:
    plan = _approved(_task("T1", "a"), _task("T2", "b", "T1"), _task("T3", "c", "T2"))
    held = waiting(plan, (), ("T1",), ())
    assert [(entry.task, entry.hopeless) for entry in held] == [("T2", True), ("T3", True)]
    assert "T1, which was given up" in held[0].why


def test_what_depends_on_a_task_that_was_not_ordered_never_starts() -> None:
    plan = _approved(_task("T1", "a"), _task("T2", "b", "T1"))
    (held,) = waiting(plan, (), (), (), wanted=("T2",))
    assert "not ordered" in held.why
    assert held.hopeless
    assert _ids(ready(plan, ("T1",), ("T1",), (), wanted=("T2",))) == ["T2"]


def test_tasks_with_a_common_file_go_one_after_the_other() -> None:
    plan = _approved(_task("T1", "src/**"), _task("T2", "src/a.py docs/**"), _task("T3", "docs/x.md"))
    assert plan.serialised == (
        Serialised(before="T1", after="T2", overlap=("src/a.py",)),
        Serialised(before="T2", after="T3", overlap=("docs/x.md",)),
    )
    assert _ids(ready(plan, (), (), ())) == ["T1"]
    assert _ids(ready(plan, (), (), ("T1",))) == []
    assert _ids(ready(plan, (), ("T1",), ())) == ["T2"]
    assert "both may touch src/a.py" in waiting(plan, (), (), ("T1",))[0].why


def test_a_task_is_not_kept_waiting_by_one_that_nobody_ordered_but_by_one_that_runs() -> None:
    plan = _approved(_task("T1", "src/**"), _task("T2", "src/a.py"))
    assert _ids(ready(plan, (), (), (), wanted=("T2",))) == ["T2"]
    assert _ids(ready(plan, (), (), ("T2",), wanted=("T1", "T2"))) == []
    assert _ids(ready(plan, (), (), ("T1",), wanted=("T2",))) == []


def test_tasks_that_depend_on_each_other_are_not_serialised_as_well() -> None:
    plan = _plan(_task("T1", "src/**"), _task("T2", "x", "T1"), _task("T3", "src/a.py", "T2"))
    assert serialise(plan) == ()


def test_the_overlap_names_the_files_that_are_there() -> None:
    plan = _plan(_task("T1", "src/**"), _task("T2", "src/*.py"))
    assert serialise(plan, ("src/a.py", "src/b.txt"))[0].overlap == ("src/a.py",)
    assert serialise(plan, ())[0].overlap == ("src/*.py",)
    assert serialise(plan, ("src/b.txt",))[0].overlap == ("src/*.py",)


def test_globs_that_only_a_file_nobody_has_could_join_do_not_meet() -> None:
    plan = _plan(_task("T1", "tests/**/*cart*"), _task("T2", "tests/**/*tax*"))
    assert serialise(plan, ("tests/test_cart.py",)) == ()
    assert serialise(plan, ("tests/test_cart_tax.py",))[0].overlap == ("tests/test_cart_tax.py",)
    assert serialise(plan)[0].overlap == ("tests/**/*cart*",)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Acyclic plans whose tasks stand in any order, over few files, so that there are many overlaps."""
    count = draw(st.integers(1, 8))
    order = draw(st.permutations(range(1, count + 1)))
    tasks: list[Task] = []
    for place, number in enumerate(order):
        needs = draw(st.lists(st.sampled_from(order[:place]), max_size=2, unique=True)) if place else []
        scope = draw(st.lists(st.sampled_from("abcd"), min_size=1, max_size=2, unique=True))
        tasks.append(_task(f"T{number}", " ".join(scope), *(f"T{need}" for need in needs)))
    return _plan(*draw(st.permutations(tasks)))


@settings(max_examples=300, deadline=None)
@given(plan=plans(), data=st.data())
def test_no_plan_blocks_itself_and_no_two_tasks_with_a_common_file_run_at_once(plan: Plan, data: st.DataObject) -> None:
    approved = approve(plan, SPEC, (), by="Ada", at=AT)
    scopes = {task.id: set(task.scope) for task in plan.tasks}
    landed: set[str] = set()
    active: set[str] = set()
    while len(landed) < len(plan.tasks):
        for task in ready(approved, landed, landed, active):
            assert set(task.depends_on) <= landed
            active.add(task.id)
        assert active, "nothing runs and nothing can start"
        running = sorted(active)
        for number, one in enumerate(running):
            for other in running[number + 1 :]:
                assert not scopes[one] & scopes[other]
        ended = data.draw(st.sampled_from(running))
        active.remove(ended)
        landed.add(ended)
    assert ready(approved, landed, landed, ()) == ()


def test_a_cycle_is_found_with_its_path() -> None:
    assert find_cycle([_task("T1", "a", "T3"), _task("T2", "a", "T1"), _task("T3", "a", "T2")]) == (
        "T1", "T3", "T2", "T1",
    )  # fmt: skip
    assert find_cycle([_task("T1", "a", "T1")]) == ("T1", "T1")
    assert find_cycle([_task("T1", "a", "T9"), _task("T2", "a", "T1")]) == ()
    long = [_task(f"T{number}", "a", f"T{number + 1}") for number in range(1, 3_000)]
    assert find_cycle(long) == ()


def _finding(severity: str) -> LintFinding:
    return LintFinding(
        rule="r", severity=severity, path="shop.md", line=3, column=1, message="It is odd.", instead="Mend it."  # type: ignore[arg-type]
    )  # fmt: skip


def test_an_approval_names_the_exact_documents_and_the_person() -> None:
    plan = _approved(_task("T1", "a"))
    assert (plan.spec_blob, plan.plan_blob, plan.approved_by) == ("s1", "p1", "Ada <ada@x.org>")
    assert plan.approved_at == "2026-01-02T00:00:00.000Z"


def test_an_error_refuses_the_approval_and_a_warning_does_not() -> None:
    approve(_plan(_task("T1", "a")), SPEC, (_finding("warning"),), by="Ada", at=AT)
    with pytest.raises(PodiumError) as caught:
        approve(_plan(_task("T1", "a")), SPEC, (_finding("warning"), _finding("error")), by="Ada", at=AT)
    assert caught.value.where == "shop.md:3"
    assert "It is odd." in caught.value.what


def test_nobody_cannot_approve() -> None:
    with pytest.raises(PodiumError, match="named person"):
        approve(_plan(_task("T1", "a")), SPEC, (), by=" ", at=AT)


def test_an_approval_counts_only_for_the_documents_that_were_approved() -> None:
    plan = _approved(_task("T1", "a"))
    assert approval_counts(plan, "s1", "p1") == ""
    assert "the spec was edited after Ada" in approval_counts(plan, "s2", "p1")
    assert "the plan was deleted" in approval_counts(plan, "s1", "")
    assert "the spec was edited and the plan was edited" in approval_counts(plan, "s2", "p2")
