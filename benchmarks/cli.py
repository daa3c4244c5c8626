"""How long the command line takes: `podium --help`, and `podium status` with 1,000 tasks in the ledger.

    python benchmarks/cli.py [--json] [--tasks N]

The baselines are measured in the same run: a bare Python (`python -c pass`) and `git --help`. Aims: `--help` under
0.3 s and `status` under 0.5 s on a machine that does nothing else; on a busy one the ratios tell more. Every figure is
a median, the commands taking turns.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from podium.conductor.desk import Change, Desk
from podium.conductor.home import Home
from podium.conductor.register import register
from podium.evidence.events import EvidenceFinished, EvidenceGathered
from podium.evidence.model import Holds, Item
from podium.kernel.clock import SystemClock, stamp
from podium.plan.events import DispatchOrdered, PlanApproved
from podium.plan.model import ApprovedPlan, Task
from podium.runs.events import AgentEnded, AgentStarted, CandidateHarvested, RoundDelivered, RoundOrdered, RunStarted
from podium.runs.model import Candidate
from podium.testing.repositories import build_repository

ADA = "person:Ada Example <ada@example.org>"
PODIUM = "podium:benchmark"
TASKS_OF_A_PLAN = 50
ITEMS_OF_A_ROUND = 12
SETTINGS = '[project]\nname = "benchmark"\n\n[review]\ncapacity = 5000\n'


def main() -> None:
    """Build the ledger, measure, print."""
    arguments = argparse.ArgumentParser(description="How long the command line takes.")
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--tasks", type=int, default=1000)
    arguments.add_argument("--repeat", type=int, default=9)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="podium-benchmark-") as name:
        place = Path(name)
        records = build(place, chosen.tasks)
        found = measure(place, chosen.repeat)
    figures = figures_of(found, chosen.tasks, records)
    if chosen.json:
        print(json.dumps(figures, indent=2))
        return
    for key, value in figures.items():
        print(f"{key:24} {value:8.3f}" if isinstance(value, float) else f"{key:24} {value:8}")


def build(place: Path, count: int) -> int:
    """A registered repository whose ledger holds `count` tasks, four of five delivered; the number of records."""
    root = place / "repository"
    build_repository(root, {"podium.toml": SETTINGS, "README.md": "benchmark\n"})
    home = Home(place / "state")
    desk = Desk(home, home.default_database, SystemClock())
    try:
        project = register(desk, root, SETTINGS, path=os.environ["PATH"], actor=ADA)
        for first in range(0, count, TASKS_OF_A_PLAN):
            with desk.change(project.id) as change:
                _plan(change, f"spec-{first // TASKS_OF_A_PLAN}", min(TASKS_OF_A_PLAN, count - first), desk)
        return desk.look(project.id).seq
    finally:
        desk.close()


def _plan(change: Change, spec: str, count: int, desk: Desk) -> None:
    tasks = tuple(
        Task(id=f"T{number}", title=f"Task {number} of {spec}", clauses=("B1",), scope=(f"{spec}/{number}/**",))
        for number in range(1, count + 1)
    )
    plan = ApprovedPlan(
        spec=spec,
        spec_blob="0" * 40,
        plan_blob="1" * 40,
        tasks=tasks,
        serialised=(),
        approved_by="Ada Example <ada@example.org>",
        approved_at=stamp(desk.clock.now()),
    )
    change.append(PlanApproved(plan=plan), actor=ADA)
    change.append(DispatchOrdered(spec=spec, by="Ada Example <ada@example.org>"), actor=ADA)
    for number, task in enumerate(tasks):
        if number % 5:
            _round(change, desk.new_id(), spec, task)


def _round(change: Change, run: str, spec: str, task: Task) -> None:
    candidate = Candidate(base="2" * 40, commit="3" * 40, tree="4" * 40, files=3, added=40, removed=7, ref="refs/x")
    change.append(RunStarted(run=run, spec=spec, task=task.id, agent="agent", plan_blob="1" * 40), actor=PODIUM)
    change.append(RoundOrdered(run=run, round=1, round_kind="first", base="2" * 40), actor=PODIUM)
    change.append(AgentStarted(run=run, round=1, attempt=1, resumption="new"), actor=PODIUM)
    change.append(AgentEnded(run=run, round=1, attempt=1, outcome="completed", claim="done " * 40), actor=PODIUM)
    change.append(CandidateHarvested(run=run, round=1, candidate=candidate), actor=PODIUM)
    for number in range(ITEMS_OF_A_ROUND):
        item = Item(
            id=f"{run}-{number}",
            kind="clause-check",
            name=f"B{number}",
            tree="4" * 40,
            base_tree="5" * 40,
            outcome=Holds(),
            required=True,
            command="pytest -q",
        )
        change.append(EvidenceGathered(run=run, round=1, item=item), actor=PODIUM)
    items = tuple(f"{run}-{number}" for number in range(ITEMS_OF_A_ROUND))
    change.append(EvidenceFinished(run=run, round=1, tree="4" * 40, items=items, seconds=1.0), actor=PODIUM)
    change.append(RoundDelivered(run=run, round=1), actor=PODIUM)


def measure(place: Path, repeat: int) -> dict[str, list[float]]:
    """Wall-clock seconds of each command, measured in turns."""
    podium = [sys.executable, "-m", "podium.cli.main"]
    commands = {
        "python": [sys.executable, "-c", "pass"],
        "git_help": ["git", "--help"],
        "help": [*podium, "--help"],
        "status": [*podium, "-C", str(place / "repository"), "--state", str(place / "state"), "status"],
    }
    found: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(repeat + 1):
        for name, command in commands.items():
            began = time.perf_counter()
            done = subprocess.run(command, capture_output=True, check=False)
            if done.returncode != 0:
                sys.exit(f"{' '.join(command)} failed:\n{done.stderr.decode(errors='replace')}")
            if turn:  # the first turn only warms the caches
                found[name].append(time.perf_counter() - began)
    return found


def figures_of(found: dict[str, list[float]], tasks: int, records: int) -> dict[str, float | int]:
    """The medians, and their ratios to the baselines."""
    median = {name: statistics.median(times) for name, times in found.items()}
    return {
        "tasks": tasks,
        "records": records,
        "help_s": median["help"],
        "status_s": median["status"],
        "python_s": median["python"],
        "git_help_s": median["git_help"],
        "help_vs_python": median["help"] / median["python"],
        "help_vs_git": median["help"] / median["git_help"],
        "status_vs_python": median["status"] / median["python"],
        "status_vs_git": median["status"] / median["git_help"],
    }


if __name__ == "__main__":
    main()
