"""A ledger that was never worked through: tasks, runs and verdicts as records, for what is folded from them."""

from __future__ import annotations

import msgspec

from podium.conductor.state import State
from podium.landing.events import LandedEvent, LandOrdered, RevertOrdered
from podium.ledger.event import GENESIS, Payload, Record
from podium.plan.events import PlanApproved
from podium.plan.model import ApprovedPlan, Task
from podium.review.events import TaskAccepted, TaskRefined, TaskRejected
from podium.review.model import Accepted, Receipt
from podium.runs.events import AgentEnded, RoundFailed, RoundOrdered, RunArchived, RunStarted
from podium.runs.model import Usage
from podium.spec.events import SpecRecorded

SPEC = "---\ntitle: Shop\nowner: Ada\nrisk: {risk}\nscope: [src/**]\n---\n\n# Shop\n"


class SimulatedLedger:
    """Each `task` call plays one task from its plan to its end; `state` is the fold of all of it."""

    def __init__(self) -> None:
        self.state = State("p1")
        self._seq = 0

    def task(
        self,
        number: int,
        agent: str,
        fate: str,
        *,
        scope: str = "src/shop/*.py",
        risk: str = "medium",
        budget: int = 200,
        cost: float | None = 0.5,
        model: str = "",
        rivals: tuple[str, ...] = (),
    ) -> None:
        """One task, given to `agent`. `fate`: first, later, rejected, failed, reverted, open."""
        spec, run = f"s{number}", f"run{number}"
        task = Task(id="T1", title="x", clauses=("B1",), scope=(scope,), budget=budget)
        plan = ApprovedPlan(
            spec=spec, spec_blob="a", plan_blob="b", tasks=(task,), serialised=(), approved_by="Ada", approved_at=""
        )
        self._add(SpecRecorded(name=spec, blob="a", text=SPEC.format(risk=risk), title="Shop", risk=risk))
        self._add(PlanApproved(plan=plan))
        for name, who in ((run, agent), *((f"{run}-{rival}", rival) for rival in rivals)):
            self._add(RunStarted(run=name, spec=spec, task="T1", agent=who, plan_blob="b", model=model))
            self._round(name, 1, cost)
        self._judge(spec, run, fate, cost)
        for rival in rivals:
            self._add(RunArchived(run=f"{run}-{rival}", why="another was accepted"))

    def _round(self, run: str, number: int, cost: float | None) -> None:
        self._add(RoundOrdered(run=run, round=number, round_kind="first" if number == 1 else "refine", base="c"))
        usage = Usage(cost_usd=cost)
        self._add(AgentEnded(run=run, round=number, attempt=1, outcome="completed", usage=usage, seconds=120.0))

    def _judge(self, spec: str, run: str, fate: str, cost: float | None) -> None:
        if fate == "failed":
            self._add(RoundFailed(run=run, round=1, reason="no candidate"))
        if fate == "rejected":
            self._add(TaskRejected(spec=spec, task="T1", reason="no", by="Ada"))
        if fate == "later":
            self._add(TaskRefined(spec=spec, task="T1", run=run, round=1, points=(), open=(), by="Ada"))
            self._round(run, 2, cost)
        if fate in ("first", "later", "reverted"):
            self._accept(spec, run, 2 if fate == "later" else 1)
        if fate == "reverted":
            revert = RevertOrdered(entry=f"v-{run}", spec=spec, task="T1", run=run, round=1, commit="d", by="Ada")
            self._add(revert)
            self._add(LandedEvent(entry=f"v-{run}", commit="e", tree="t", before="d", target="main"))

    def _accept(self, spec: str, run: str, number: int) -> None:
        receipt = Receipt(
            id=f"r-{run}", project="p1", spec=spec, task="T1", run=run, agent="", round=number, base="c", commit="c",
            tree="t", spec_blob="a", plan_blob="b", reviewer="Ada", at="", evidence=(), hunks=(), waivers=(),
            seconds=None, ledger_head="",
        )  # fmt: skip
        accepted = Accepted(receipt=receipt, envelope="{}", signed=False)
        self._add(TaskAccepted(spec=spec, task="T1", run=run, round=number, accepted=accepted))
        self._add(LandOrdered(entry=f"l-{run}", spec=spec, task="T1", run=run, round=number, receipt=receipt.id))
        self._add(LandedEvent(entry=f"l-{run}", commit="d", tree="t", before="c", target="main"))

    def _add(self, payload: Payload) -> None:
        self._seq += 1
        at = f"2026-01-01T00:00:{self._seq % 60:02d}.000000Z"
        record = Record(
            seq=self._seq, project="p1", at=at, actor="person:Ada <a@x>", kind=payload.kind, subject=payload.subject,
            data=msgspec.json.encode(payload), previous=GENESIS, hash=GENESIS,
        )  # fmt: skip
        self.state.apply(record)
