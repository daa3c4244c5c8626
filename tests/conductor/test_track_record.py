"""The track record, and the choice of an agent from it: on simulated ledgers."""

from __future__ import annotations

import random

from simulated_ledger import SimulatedLedger

from podium.conductor.choose_agent import choose_agent
from podium.conductor.track_record import Attempt, TaskKind, attempts, kind_of, lines, wilson
from podium.plan.model import Task
from podium.render.paint import Paint
from podium.render.record_lines import record_lines

KIND = TaskKind(language="Python", area="src/shop", size="medium", risk="medium")


def test_every_fate_is_told_from_the_ledger_alone() -> None:
    ledger = SimulatedLedger()
    fates = ("first", "later", "rejected", "failed", "reverted", "open")
    for number, fate in enumerate(fates):
        ledger.task(number, "claude", fate)
    found = attempts(ledger.state)
    assert [each.fate for each in found] == ["first", "later", "rejected", "failed", "first"]
    assert [each.good for each in found] == [True, False, False, False, False]
    assert [each.reverted for each in found] == [False, False, False, False, True]
    assert [each.rounds for each in found] == [1, 2, 1, 1, 1]
    assert found[0].kind == KIND


def test_a_line_tells_counts_and_intervals_and_only_costs_that_are_known() -> None:
    ledger = SimulatedLedger()
    for number, fate in enumerate(("first", "first", "first", "later", "rejected", "reverted")):
        ledger.task(number, "claude", fate, cost=None if number == 0 else 0.25)
    (line,) = lines(attempts(ledger.state))
    assert (line.first.hits, line.first.of) == (4, 6)
    assert (line.accepted.hits, line.accepted.of) == (5, 6)
    assert (line.escaped.hits, line.escaped.of) == (1, 5)
    assert line.cost_known == 5
    assert line.cost_usd == 0.25  # the refined one cost two rounds, the median is one
    assert line.first.low < 4 / 6 < line.first.high
    assert line.minutes == 2.0


def test_who_lost_a_race_is_neither_praised_nor_blamed() -> None:
    ledger = SimulatedLedger()
    ledger.task(1, "claude", "first", rivals=("codex",))
    by_agent = {line.agent: line for line in lines(attempts(ledger.state))}
    assert by_agent["codex"].first.of == 0
    assert by_agent["codex"].lost_races == 1
    assert (by_agent["codex"].first.low, by_agent["codex"].first.high) == (0.0, 1.0)


def test_models_and_kinds_of_tasks_are_told_apart() -> None:
    ledger = SimulatedLedger()
    ledger.task(1, "claude", "first", model="opus", scope="web/**/*.ts", risk="high")
    ledger.task(2, "claude", "first", model="sonnet")
    found = lines(attempts(ledger.state), by=("language", "risk"))
    assert [(line.model, line.kind) for line in found] == [("opus", "TypeScript, high"), ("sonnet", "Python, medium")]


def test_the_kind_of_a_task_is_told_by_its_plan() -> None:
    task = Task(
        id="T1", title="x", clauses=(), scope=("src/pay/*.go", "src/pay/**/*.go", "tests/**", "*.md"), budget=900
    )
    assert kind_of(task, "high") == TaskKind(language="Go", area="src/pay", size="large", risk="high")
    vague = Task(id="T1", title="x", clauses=(), scope=("**",), budget=10)
    assert kind_of(vague, "low") == TaskKind(language="", area="", size="small", risk="low")


def test_wilsons_interval_holds_the_true_share_as_often_as_it_says() -> None:
    chance = random.Random(7)
    held = total = 0
    for share in (0.1, 0.5, 0.8):
        for of in (5, 20, 100):
            for _ in range(400):
                seen = wilson(sum(chance.random() < share for _ in range(of)), of)
                held += seen.low <= share <= seen.high
                total += 1
    assert 0.93 <= held / total <= 0.98


def test_nothing_known_is_said_and_the_lot_decides_the_same_way_again() -> None:
    choice = choose_agent(("claude", "codex"), KIND, (), "seed")
    assert "nothing is known yet of any of 2 agents" in choice.why
    assert choice == choose_agent(("claude", "codex"), KIND, (), "seed")
    drawn = {choose_agent(("claude", "codex"), KIND, (), f"seed{number}").agent for number in range(50)}
    assert drawn == {"claude", "codex"}


def test_the_choice_is_explained_in_one_line_with_counts() -> None:
    ledger = SimulatedLedger()
    for number in range(20):
        ledger.task(number, "claude" if number % 2 else "codex", "first" if number % 2 else "rejected")
    choice = choose_agent(("claude", "codex"), KIND, attempts(ledger.state), "x")
    assert choice.agent == "claude"
    assert choice.why == (
        "claude (10 of 10 right at first review), drawn for Python, src/shop, medium, medium risk; "
        "others: codex (0 of 10 right at first review)"
    )


def test_over_many_tasks_the_better_agent_gets_nearly_all_of_the_work() -> None:
    chance = random.Random(3)
    truth = {"good": 0.8, "middling": 0.55, "bad": 0.3}
    record: list[Attempt] = []
    chosen: list[str] = []
    for number in range(400):
        agent = choose_agent(tuple(truth), KIND, record, f"s{number}").agent
        chosen.append(agent)
        record.append(attempt(number, agent, good=chance.random() < truth[agent]))
    assert chosen[-100:].count("good") >= 80
    assert set(chosen[:60]) == set(truth)  # everybody got a chance


def test_a_record_on_other_work_counts_less_than_one_on_the_same() -> None:
    other = TaskKind(language="Go", area="cmd", size="small", risk="low")
    record = [attempt(number, "far", good=True, kind=other) for number in range(8)]
    record += [attempt(number, "near", good=True) for number in range(8)]
    odds = {each.agent: each for each in choose_agent(("far", "near"), KIND, record, "x").odds}
    assert odds["far"].of == odds["near"].of == 8
    assert odds["far"].alpha == 3.0
    assert odds["near"].alpha == 9.0


def attempt(number: int, agent: str, *, good: bool, kind: TaskKind = KIND) -> Attempt:
    return Attempt(
        run=f"r{number}", agent=agent, model="", spec="s", task="T1", kind=kind, fate="first" if good else "rejected",
        reverted=False, landed=good, rounds=1, seconds=60.0, cost_usd=None, at="",
    )  # fmt: skip


def test_the_table_never_tells_a_share_without_what_it_rests_on() -> None:
    ledger = SimulatedLedger()
    for number, fate in enumerate(("first", "first", "later", "rejected", "reverted")):
        ledger.task(number, "claude", fate, rivals=("codex",) if number == 0 else ())
    head, claude, codex = record_lines(lines(attempts(ledger.state)), width=120, paint=Paint())
    assert "accepted at first review" in head
    assert "3 of 5 (23-88 %)" in claude
    assert "1 of 4 (5-70 %)" in claude
    assert "nothing known" in codex
    assert record_lines((), width=80, paint=Paint()) == ["Nothing is known yet: no agent's work has been decided on."]
