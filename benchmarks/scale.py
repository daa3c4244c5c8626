"""Fifty agents at once on one machine: is an event lost, and what does each supervisor cost?

    python benchmarks/scale.py [--json] [--agents N] [--messages N]

Every scripted agent says so many numbered messages, all agents at the same time. Each number is then looked for in the
round's `events.jsonl`, in its order, and the file's digest is compared with the one in the ledger. Before they are let
go, all agents wait: that is when memory and idle processor time of the supervisors are taken.

    lost_events, wrong_digests    must be 0
    supervisor_pss_mb, _rss_mb    the mean of all supervisors; PSS counts memory that several share once
    supervisor_plain_pss_mb       the same for one that was started without the nursery (the baseline)
    idle_cpu_percent              of one core, all supervisors together, while their agents wait
    ledger_writes_s               appends by one writer, each its own durable transaction; `sqlite_commits_s` is the
                                  baseline: bare inserts, each committed with the same settings
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from scripted_world import ADA, ScriptedWorld, cpu_of, wait

from podium.plan.events import DispatchHalted
from podium.runs.model import Run
from podium.supervisor.attach import start_or_attach, status
from podium.supervisor.lock import holder
from podium.supervisor.names import EVENTS, LOCK
from podium.supervisor.order import Order, read_order
from podium.testing import actions
from podium.testing.script import Script, one_round

IDLE_SECONDS = 10.0
WRITES = 300


def main() -> int:
    """Measure and print; 1 when something was lost."""
    parser = argparse.ArgumentParser(description="Many agents at once.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--agents", type=int, default=50)
    parser.add_argument("--messages", type=int, default=200)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="podium-bench-") as directory:
        figures = measure(Path(directory), chosen.agents, chosen.messages)
    if chosen.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:26} {value:10.3f}" if isinstance(value, float) else f"{name:26} {value:10}")
    return 1 if figures["lost_events"] or figures["wrong_digests"] else 0


def measure(top: Path, agents: int, messages: int) -> dict[str, float | int]:
    """All figures."""
    world = ScriptedWorld(top / "world", script(messages), agents)
    world.warm()
    called = world.order()
    wait(lambda: len(ready(world)) == agents, 600, "all agents at work")
    figures: dict[str, float | int] = {"agents": agents, "all_at_work_s": round(time.time() - called, 2)}
    runs = world.runs()
    figures |= supervisors(world, runs)
    figures["supervisor_plain_pss_mb"] = plain(world, top, runs[0])
    released = time.time()
    for run in runs:
        (home_of(world, run) / "go").touch()
    figures["all_delivered_s"] = round(world.wait_delivered(agents) - released, 2)
    runs = world.runs()
    lost = [lost_of(world, run, messages) for run in runs]
    figures |= {
        "messages": agents * messages,
        "lost_events": sum(lost),
        "wrong_digests": sum(not digest_fits(world, run) for run in runs),
        "ledger_records": world.desk.look(world.project.id).seq,
    }
    figures |= writes(world, top)
    world.close()
    return figures


def script(messages: int) -> Script:
    """Say that it is there, wait to be let go, and say all the numbers."""
    numbers = (actions.Say(text=f"<{number}>") for number in range(messages))
    return one_round(actions.Mark(path="~/ready"), actions.WaitForFile(path="~/go"), *numbers)


def home_of(world: ScriptedWorld, run: Run) -> Path:
    """The agent's HOME, as the host sees it."""
    return world.home.run(world.project.id, run.id) / "home"


def ready(world: ScriptedWorld) -> list[Path]:
    """The agents that wait."""
    return list((world.home.project(world.project.id) / "runs").glob("*/home/ready"))


def supervisors(world: ScriptedWorld, runs: list[Run]) -> dict[str, float | int]:
    """Memory of all supervisors, and what they use while nothing happens."""
    pids = [pid for run in runs if (pid := holder(world.home.round(world.project.id, run.id, 1) / LOCK)) is not None]
    before, began = sum(cpu_of(pid) for pid in pids), time.monotonic()
    time.sleep(IDLE_SECONDS)  # the span over which processor time is taken
    used, seconds = sum(cpu_of(pid) for pid in pids) - before, time.monotonic() - began
    memory = [psutil.Process(pid).memory_full_info() for pid in pids]
    return {
        "supervisors": len(pids),
        "supervisor_pss_mb": round(sum(each.pss for each in memory) / len(memory) / 2**20, 2),
        "supervisor_rss_mb": round(sum(each.rss for each in memory) / len(memory) / 2**20, 2),
        "idle_cpu_percent": round(used / seconds * 100, 1),
    }


def plain(world: ScriptedWorld, top: Path, run: Run) -> float:
    """Memory of a supervisor that was started from nothing, on a round like the others."""
    order: Order = read_order(world.home.round(world.project.id, run.id, 1))
    place = top / "plain"
    for name in ("upper", "work", "home"):
        (place / name).mkdir(parents=True)
    changes = {name: str(place / name) for name in ("upper", "work", "home")}
    fields: dict[str, Any] = {name: getattr(order.sandbox, name) for name in order.sandbox.__struct_fields__}
    fields |= changes
    own: dict[str, Any] = {name: getattr(order, name) for name in order.__struct_fields__}
    own |= {"sandbox": type(order.sandbox)(**fields)}
    start_or_attach(place / "round", Order(**own))
    wait((place / "home" / "ready").exists, 60, "a plain supervisor's agent")
    pid = holder(place / "round" / LOCK)
    assert pid is not None, status(place / "round")
    pss = psutil.Process(pid).memory_full_info().pss
    (place / "home" / "go").touch()
    wait(lambda: holder(place / "round" / LOCK) is None, 60, "its end")
    return round(pss / 2**20, 2)


def lost_of(world: ScriptedWorld, run: Run, messages: int) -> int:
    """How many numbers are not where they belong in the transcript."""
    lines = (world.home.round(world.project.id, run.id, 1) / EVENTS).read_text().splitlines()
    events = [json.loads(line)["e"] for line in lines]
    said = "".join(event["text"] for event in events if event["type"] == "message")
    found = [int(number) for number in re.findall(r"<(\d+)>", said)]
    return sum(found[at : at + 1] != [at] for at in range(messages)) + max(0, len(found) - messages)


def digest_fits(world: ScriptedWorld, run: Run) -> bool:
    """Whether the transcript is the one whose digest the ledger holds."""
    data = (world.home.round(world.project.id, run.id, 1) / EVENTS).read_bytes()
    return run.rounds[0].transcript == "sha256:" + hashlib.sha256(data).hexdigest()


def writes(world: ScriptedWorld, top: Path) -> dict[str, float]:
    """How many durable records a second one writer gets into the ledger, and into a bare SQLite file."""
    began = time.perf_counter()
    for _ in range(WRITES):
        with world.desk.change(world.project.id) as change:
            change.append(DispatchHalted(spec="numbers", by=ADA), actor=f"person:{ADA}")
    ledger = WRITES / (time.perf_counter() - began)
    bare = sqlite3.connect(top / "bare.db", isolation_level=None)
    bare.execute("pragma journal_mode=wal")
    bare.execute("pragma synchronous=full")
    bare.execute("create table record (seq integer primary key, data blob)")
    began = time.perf_counter()
    for _ in range(WRITES):
        bare.execute("insert into record (data) values (?)", (os.urandom(300),))
    commits = WRITES / (time.perf_counter() - began)
    bare.close()
    return {"ledger_writes_s": round(ledger, 1), "sqlite_commits_s": round(commits, 1)}


if __name__ == "__main__":
    sys.exit(main())
