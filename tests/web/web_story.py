"""Ledgers for the pages to show: small and large, written event by event, and hostile where an agent may write."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from web_world import ADA, Shop

from podium.agents.event import Entry, Event, encode
from podium.conductor.approve_plan import approve_plan
from podium.conductor.order_run import order_run
from podium.kernel.clock import stamp
from podium.landing.events import HeldEvent, LandedEvent, LandOrdered
from podium.ledger.event import Payload
from podium.plan.events import QuestionsAsked
from podium.plan.model import Question
from podium.runs.events import (
    AgentEnded,
    AgentStarted,
    BoundaryRecorded,
    CandidateHarvested,
    PermissionAsked,
    RoundClaimed,
    RoundDelivered,
    RoundFailed,
    RoundOrdered,
    RunStarted,
    TripwireTripped,
    WaitBegan,
)
from podium.runs.model import Boundary, Candidate, EnforcedLimit, PermissionRequest, Trip, Usage, Wait
from podium.supervisor.order import EVENTS

HEAD = "---\ntitle: {title}\nowner: Ada Example\nrisk: low\nscope: [src/**, tests/**]\n---\n\n# {title}\n\n"
BODY = (
    "## Intent\nPeople who buy want to see what they pay before they pay it.\n\n## Behaviour\n{clauses}\n\n"
    "## Edge cases\n- E1: An empty basket costs 0.\n\n## Done\n- D1: The tests pass.\n\n## Out of scope\nTaxes.\n"
)


def spec_text(title: str, clauses: int) -> str:
    """A spec with so many behaviours that lint has little against."""
    words = [f"basket_{n}.py" for n in range(1, clauses + 1)]
    lines = "\n".join(f"- B{n}: `{name}` prints the sum of its lines." for n, name in enumerate(words, 1))
    return HEAD.format(title=title) + BODY.format(clauses=lines)


def plan_text(count: int, *, wide: int = 4) -> str:
    """A plan of so many tasks, each depending on one some places before it."""
    parts: list[str] = []
    for n in range(1, count + 1):
        needs = f'["T{n - wide}"]' if n > wide else "[]"
        parts.append(
            f'[[task]]\nid = "T{n}"\ntitle = "Add basket number {n} to the total"\nclauses = ["B{(n - 1) % 20 + 1}"]\n'
            f'scope = ["src/basket{n}/**"]\ndepends_on = {needs}\nagents = ["scripted"]\n'
        )
    return "\n".join(parts)


class Teller:
    """Writes what workers and agents would have written, without any of them."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def spec(self, name: str, title: str, *, clauses: int = 3, tasks: int = 4, approved: bool = True) -> None:
        """A spec and a plan in the repository, approved."""
        folder = self.shop.root / "specs"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.md").write_text(spec_text(title, clauses))
        (folder / f"{name}.plan.toml").write_text(plan_text(tasks))
        if approved:
            self.approve(name)

    def approve(self, name: str) -> None:
        """Approve a plan as it lies in the repository."""
        sources = self.shop.sources
        approve_plan(
            self.shop.desk,
            self.shop.project.id,
            sources.spec(name),
            sources.plan(name),
            (),
            settings_text=sources.settings_text(),
            tracked_files=(),
            actor=ADA,
        )

    def order(self, name: str, tasks: Sequence[str] = ()) -> None:
        """Order tasks of an approved plan."""
        sources = self.shop.sources
        order_run(
            self.shop.desk,
            self.shop.project.id,
            name,
            documents=sources.documents(name),
            settings_text=sources.settings_text(),
            tasks=tuple(tasks),
            actor=ADA,
        )

    def append(self, *payloads: Payload, actor: str = "podium:worker-1") -> None:
        """Records of a worker."""
        with self.shop.desk.change(self.shop.project.id) as change:
            for payload in payloads:
                change.append(payload, actor=actor)

    def start(self, spec: str, task: str, *, agent: str = "scripted") -> str:
        """A run whose agent is at work; its id."""
        run = self.shop.desk.new_id()
        self.append(
            RunStarted(run=run, spec=spec, task=task, agent=agent, plan_blob="0" * 40),
            RoundOrdered(run=run, round=1, round_kind="first", base="a" * 40),
            RoundClaimed(run=run, round=1, worker="worker-1"),
            BoundaryRecorded(run=run, round=1, boundary=BOUNDARY),
            AgentStarted(run=run, round=1, attempt=1, resumption="new"),
        )
        return run

    def ask(self, run: str, title: str = "run pip install left-pad", request: str = "1.1", detail: str = "") -> None:
        """The agent waits for a permission."""
        asked = PermissionRequest(id=request, title=title, kind="execute", detail=detail, asked_at=now())
        self.append(PermissionAsked(run=run, round=1, request=asked))

    def trip(self, run: str, detail: str = "the same call 7 times: pytest -q") -> None:
        """A tripwire fires."""
        self.append(TripwireTripped(run=run, round=1, trip=Trip(name="loop", detail=detail, at=now())))

    def wait(self, run: str, on: str = "budget") -> None:
        """The round stands still for money."""
        waits = Wait(on=on, detail="the task's limit of $5.00 is spent", since=now())
        self.append(WaitBegan(run=run, round=1, wait=waits))

    def question(self, spec: str, task: str, text: str = "Per account, or per key?") -> None:
        """An agent wants to know something before it begins."""
        asked = Question(id="Q1", task=task, clause="B1", text=text, agent="scripted", asked_at=now())
        self.append(QuestionsAsked(spec=spec, task=task, agent="scripted", questions=(asked,)))

    def deliver(self, run: str, *, claim: str = "I did it.") -> None:
        """The round is over; a candidate waits for review."""
        candidate = Candidate(
            base="a" * 40,
            commit="b" * 40,
            tree="c" * 40,
            files=3,
            added=120,
            removed=14,
            ref="refs/podium/c",
        )
        usage = Usage(input_tokens=182_344, output_tokens=9_120, cost_usd=0.8312)
        self.append(
            AgentEnded(run=run, round=1, attempt=1, outcome="completed", claim=claim, usage=usage, seconds=312.0),
            CandidateHarvested(run=run, round=1, candidate=candidate),
            RoundDelivered(run=run, round=1),
        )

    def fail(self, run: str, reason: str = "the agent changed nothing") -> None:
        """The round gave no candidate."""
        self.append(RoundFailed(run=run, round=1, reason=reason))

    def land(self, spec: str, task: str, run: str, *, commit: str = "d" * 40) -> str:
        """The candidate is on the target branch; the id of its entry in the queue."""
        entry = self.shop.desk.new_id()
        self.append(
            LandOrdered(entry=entry, spec=spec, task=task, run=run, round=1, receipt=entry),
            LandedEvent(
                entry=entry, commit=commit, tree="e" * 40, target="main", before="a" * 40, checks=("project tests",)
            ),
        )
        return entry

    def hold(self, spec: str, task: str, run: str, why: str = "the project tests fail on the merged tree") -> str:
        """The landing waits for a person; the id of its entry in the queue."""
        entry = self.shop.desk.new_id()
        self.append(
            LandOrdered(entry=entry, spec=spec, task=task, run=run, round=1, receipt=entry),
            HeldEvent(entry=entry, why=why, do="Mend the test, then: podium land"),
        )
        return entry

    def says(self, run: str, *events: Event, number: int = 1, first: int = 1) -> None:
        """Lines at the end of the round's transcript; the first has the number `first`."""
        place = self.shop.desk.home.round(self.shop.project.id, run, number)
        place.mkdir(parents=True, exist_ok=True)
        with (place / EVENTS).open("ab") as file:
            for offset, event in enumerate(events):
                file.write(encode(Entry(n=first + offset, t=now(), event=event)))


BOUNDARY = Boundary(
    tier="overlay",
    readable=("/usr", "/lib", "/bin"),
    writable=("the workspace", "HOME"),
    network=(),
    credentials=("model key (through the gateway)",),
    limits=(
        EnforcedLimit(name="memory", value="4096 MB", by="cgroup"),
        EnforcedLimit(name="processes", value="256", by="none"),
    ),
    agent="scripted",
    agent_version="1.0",
    agent_sha256="sha256:" + "0" * 64,
)


def now() -> str:
    """The present, as it is stored."""
    return stamp(datetime.now(UTC))
