"""A project with candidates to review, written straight into the ledger, and the web app in front of it."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Error

from own_port import own_port
from podium.api.seat import Seat
from podium.conductor.approve_plan import approve_plan
from podium.conductor.desk import Desk
from podium.conductor.home import Home
from podium.conductor.mirrors import open_mirror
from podium.conductor.register import register
from podium.conductor.sources import Sources
from podium.conductor.ssh_signing import NoSigner
from podium.evidence.events import EvidenceFinished, EvidenceGathered, Pending
from podium.evidence.model import Finding, Holds, Item
from podium.git.diff import changes, totals
from podium.git.user_repository import UserRepository
from podium.kernel.clock import SystemClock
from podium.plan.parse import parse_plan
from podium.project.model import Project
from podium.review.ports import Signer
from podium.runs.events import (
    AgentEnded,
    AgentStarted,
    CandidateHarvested,
    HandedBack,
    RoundDelivered,
    RoundOrdered,
    RunStarted,
)
from podium.runs.model import Candidate
from podium.spec.parse import parse_spec
from podium.testing.repositories import Repository, build_repository
from podium.web.server import Site

ADA = "person:Ada Example <ada@example.org>"
BEN = "person:Ben Other <ben@example.org>"
SPEC = """\
---
title: Shop
owner: Ada Example
risk: {risk}
scope: [src/**, tests/**]
---

# Shop

## Intent
People need totals.

## Behaviour
- B1: `total` adds the prices.
- B2: `total` of nothing is 0.

## Edge cases
- E1: negative prices are refused.

## Done
- D1: the tests pass.

## Out of scope
Everything else.
"""
PLAN = """\
[[task]]
id = "T1"
title = "Totals of a basket"
clauses = ["B1", "B2", "E1"]
scope = ["src/**", "tests/**"]
agents = ["scripted"]
"""
SETTINGS = """\
[project]
name = "shop"
target = "main"

[agents.scripted]
command = ["true"]

[agents.other]
command = ["true"]
"""


READY = "document.getElementById('verdict-open') && document.getElementById('diff')?.hunks?.size > 0"


def until(page: Any, expression: str, seconds: float = 60.0) -> None:
    """Wait until an expression holds in a page. Playwright's own way of waiting is no match for the security policy."""
    end = time.monotonic() + seconds
    while not _holds(page, expression):
        assert time.monotonic() < end, f"{expression} did not come true on {page.url}"
        page.wait_for_timeout(50)


def _holds(page: Any, expression: str) -> bool:
    try:
        return bool(page.evaluate(expression))
    except Error as error:
        if "context was destroyed" in str(error):  # the page is being loaded anew
            return False
        raise


@dataclass
class Reviewed:
    """A project whose task T1 has a candidate, and the site that shows it."""

    repository: Repository
    desk: Desk
    project: Project
    site: Site
    thread: threading.Thread
    base: str
    spec: str
    plan_blob: str
    runs: dict[str, str]
    who: list[str]
    keys: list[Signer]
    seat: Seat

    @classmethod
    def build(
        cls,
        place: Path,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
        *,
        risk: str = "low",
        claim: str = "I wrote it all, and the tests pass.",
        findings: Sequence[Finding] = (),
        plan: str = PLAN,
        settings: str = SETTINGS,
        notes: tuple[str, ...] = (),
        pending: tuple[Pending, ...] = (),
        ahead: bool = False,
    ) -> Reviewed:
        """The files `before`, and a candidate that makes them `after` (None removes one)."""
        root = place / "shop"
        spec = SPEC.format(risk=risk)
        own = {"podium.toml": settings, "specs/shop.md": spec, "specs/shop.plan.toml": plan}
        repository = build_repository(root, {**own, **before})
        desk = Desk(Home(place / "state"), Home(place / "state").default_database, SystemClock())
        project = register(desk, root, settings, path=os.environ["PATH"], actor=ADA)
        parsed, tasks = parse_spec(spec, "specs/shop.md"), parse_plan(plan, "specs/shop.plan.toml", "shop")
        files = [*own, *(str(name) for name in before)]
        approve_plan(desk, project.id, parsed, tasks, (), settings_text=settings, tracked_files=files, actor=ADA)
        approved = desk.look(project.id).plans.approved("shop")
        assert approved is not None
        who: list[str] = [ADA]
        keys: list[Signer] = [NoSigner()]
        seat = Seat(
            desk=desk,
            project=project.id,
            sources=Sources(root, UserRepository.open(root, os.environ)),
            path=os.environ["PATH"],
            actor=lambda: who[-1],
            signer=lambda: keys[-1],
            ensure_conductor=lambda: False,
        )
        site = Site(seat, own_port(), ahead=ahead)
        thread = threading.Thread(target=site.serve, daemon=True)
        thread.start()
        base = repository.git("rev-parse", "HEAD")
        made = cls(repository, desk, project, site, thread, base, "shop", approved.plan_blob, {}, who, keys, seat)
        made.deliver(after, claim=claim, findings=findings, notes=notes, pending=pending)
        return made

    def deliver(
        self,
        after: Mapping[str, Any],
        *,
        agent: str = "scripted",
        claim: str = "I wrote it all.",
        findings: Sequence[Finding] = (),
        points: tuple[str, ...] = (),
        by_hand: tuple[HandedBack, ...] = (),
        notes: tuple[str, ...] = (),
        pending: tuple[Pending, ...] = (),
    ) -> Candidate:
        """Another round of an agent's run, whose candidate changes the base to `after`."""
        candidate = self._candidate(after)
        with self.desk.change(self.project.id) as change:
            run = self.runs.get(agent)
            if run is None:
                run = self.runs[agent] = f"run{len(self.runs) + 1}"
                started = RunStarted(run=run, spec="shop", task="T1", agent=agent, plan_blob=self.plan_blob)
                change.append(started, actor=ADA)
            known = change.state.runs.by_id.get(run)
            number = len(known.rounds) + 1 if known else 1
            kind = "first" if number == 1 else "refine"
            for event in (
                RoundOrdered(run=run, round=number, round_kind=kind, base=self.base, points=points),
                AgentStarted(run=run, round=number, attempt=1, resumption="new"),
                *by_hand,
                AgentEnded(run=run, round=number, attempt=1, outcome="completed", claim=claim),
                CandidateHarvested(run=run, round=number, candidate=candidate, notes=notes),
                *self._evidence(run, number, candidate, findings, pending),
                RoundDelivered(run=run, round=number),
            ):
                change.append(event, actor="podium:worker")
        return candidate

    def _evidence(
        self, run: str, number: int, candidate: Candidate, findings: Sequence[Finding], pending: tuple[Pending, ...]
    ) -> list[Any]:
        items = [
            Item(
                id=f"e{number}a",
                kind="scope",
                name="scope",
                tree=candidate.tree,
                base_tree="",
                outcome=Holds(),
                required=True,
            ),
        ]
        if findings:
            items.append(
                Item(
                    id=f"e{number}b",
                    kind="security",
                    name="supply chain" if findings[0].rule.startswith("dependency/") else "sinks",
                    tree=candidate.tree,
                    base_tree="",
                    outcome=Holds(),
                    required=False,
                    findings=tuple(findings),
                )
            )
        gathered = [EvidenceGathered(run=run, round=number, item=item) for item in items]
        names = tuple(item.id for item in items)
        finished = EvidenceFinished(
            run=run, round=number, tree=candidate.tree, items=names, seconds=1.0, pending=pending
        )
        return [*gathered, finished]

    def _candidate(self, after: Mapping[str, Any]) -> Candidate:
        """A commit on the base, known to the mirror alone."""
        work = self.repository.path.parent / f"work-{os.urandom(4).hex()}"
        shutil.copytree(self.repository.path, work, symlinks=True)
        copy = Repository(work)
        copy.git("checkout", "-q", "-f", "--detach", self.base)
        commit = copy.commit(after)
        with open_mirror(self.desk.home, self.project, os.environ["PATH"]) as mirror:
            ref = f"refs/podium/candidates/test-{commit[:12]}"
            mirror.fetch_from(work, [f"+{commit}:{ref}"])
            found = changes(mirror, self.base, commit)
            tree = mirror.tree_of(commit)
        shutil.rmtree(work)
        files, added, removed = totals(found)
        return Candidate(base=self.base, commit=commit, tree=tree, files=files, added=added, removed=removed, ref=ref)

    @property
    def review(self) -> Any:
        """What the ledger says of the review."""
        return self.desk.look(self.project.id).reviews.of("shop", "T1")

    def open(self, page: Any, more: str = "", *, reads: bool = False, seconds: float = 60.0) -> Any:
        """Let a browser in and open the review. Without `reads` nobody looks: hunks are marked by keys alone."""
        if not reads:
            page.add_init_script("document.hasFocus = () => false")
        page.goto(self.site.link())
        page.goto(f"{self.site.url}/review/shop/T1{more}")
        until(page, READY, seconds)
        return page

    def stop(self) -> None:
        """End the server; `start` brings it back at the same address."""
        self.site.stop()
        self.thread.join(30)

    def start(self, *, ahead: bool = False) -> None:
        """Serve again where it was served before."""
        self.site = Site(self.seat, self.site.port, ahead=ahead)
        self.thread = threading.Thread(target=self.site.serve, daemon=True)
        self.thread.start()

    def close(self) -> None:
        """End the site and give everything back."""
        self.stop()
        self.desk.close()
