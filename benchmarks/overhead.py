"""What Podium adds to an agent's own time, and how long a person waits for the first agent to start.

    python benchmarks/overhead.py [--json] [--repeat N] [--no-thirty]

All by scripted agents, real processes that speak the real protocol. The baselines are measured in the same run, taking
turns with what they are compared to: the same agent driven over its pipes by a minimal client, with no isolation and
no record (`bare_s`); 30 times `sleep 2` at once; a Python that starts and does nothing.

    overhead_s, overhead_cpu_s    from the order to the delivered candidate with its evidence, less the bare run: with
                                  a conductor at work, for a task without checks of its own
    first_agent_s                 from the call of `podium run`, with nothing running, to the agent's first process
    first_agent_warm_s            the same with a conductor at work
    wall_N_s                      N tasks of two seconds, from the call of `podium run`, with nothing running, until
                                  all are delivered
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from scripted_world import ScriptedWorld, cpu_of, cpu_of_ended, reap, scripted_agent

from podium.testing import actions
from podium.testing.script import Script, one_round, save

WORK_SECONDS = 2.0


def script(seconds: float) -> Script:
    """One file, and a time in which nothing happens."""
    say = actions.Say(text="It is done.")
    return one_round(actions.Write(path="src/number.txt", text="1\n"), actions.Pause(seconds=seconds), say)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What Podium adds to an agent's own time.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--no-thirty", action="store_true", help="leave the 30 tasks out")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="podium-bench-") as directory:
        figures = measure(Path(directory), chosen.repeat, thirty=not chosen.no_thirty)
    if chosen.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:24} {value:8.3f}")
    return 0


def measure(top: Path, repeat: int, *, thirty: bool) -> dict[str, float]:
    """All figures: medians of `repeat`."""
    found: dict[str, list[float]] = {}
    one_by_one(top, repeat, found)
    for turn in range(repeat):
        cold(top / f"cold-{turn}", found)
    for count in (1, 10, 30) if thirty else (1, 10):
        found[f"wall_{count}_s"] = [wall(top / f"wall-{count}", count)]
    found["sleep_2_x_30_s"] = [sleeps(30)]
    median = {name: statistics.median(values) for name, values in found.items()}
    median["overhead_s"] = median["podium_s"] - median["bare_s"]
    median["overhead_cpu_s"] = median["podium_cpu_s"] - median["bare_cpu_s"]
    first = (
        "overhead_s",
        "overhead_cpu_s",
        "first_agent_s",
        "first_agent_warm_s",
        "wall_1_s",
        "wall_10_s",
        "wall_30_s",
    )
    names = [*(name for name in first if name in median), *(name for name in median if name not in first)]
    return {name: round(median[name], 3) for name in names}


def one_by_one(top: Path, repeat: int, found: dict[str, list[float]]) -> None:
    """With a conductor at work, one task after the other; before each, the same agent bare."""
    world = ScriptedWorld(top / "warm", script(0.0), repeat + 1)
    world.warm()
    assert world.conductor is not None
    for turn in range(repeat + 1):
        note = found if turn else {}  # the first one makes the template and warms the caches
        add(note, "python_s", timed([sys.executable, "-c", "pass"]))
        seconds, cpu = bare(top / f"bare-{turn}", script(0.0))
        add(note, "bare_s", seconds)
        add(note, "bare_cpu_s", cpu)
        known = set(world.began())
        reap()
        before = cpu_of(world.conductor.pid) + cpu_of_ended()
        called = world.order(f"T{turn + 1}")
        world.wait_delivered(turn + 1)
        reap()
        # The command itself is among what has ended; it is what a person waits for, but not what an agent's work costs.
        used = cpu_of(world.conductor.pid) + cpu_of_ended() - before
        run = next(each for each in world.runs() if each.id not in known)
        moments = stages(world, run.id)
        add(note, "first_agent_warm_s", world.began()[run.id] - called)
        add(note, "podium_s", moments["delivered"] - moments["ordered"])
        add(note, "podium_cpu_s", used - command_cpu(world))
        for name in ("prepare", "agent", "harvest", "evidence"):
            add(note, f"stage_{name}_s", moments[name])
    world.close()


def stages(world: ScriptedWorld, run: str) -> dict[str, float]:
    """When a round was ordered and delivered, and how long its stages took, by the ledger's clock."""
    from datetime import datetime

    from podium.ledger.read import open_reader

    reader = open_reader(world.desk.url)
    assert reader is not None
    at: dict[str, float] = {}
    for record in reader.records(world.project.id):
        if json.loads(record.data).get("run") == run:
            at.setdefault(record.kind, datetime.fromisoformat(record.at).timestamp())
    reader.close()
    return {
        "ordered": at["runs.round-ordered"],
        "delivered": at["runs.round-delivered"],
        "prepare": at["runs.boundary-recorded"] - at["runs.round-ordered"],
        "agent": at["runs.agent-ended"] - at["runs.boundary-recorded"],
        "harvest": at["runs.candidate-harvested"] - at["runs.agent-ended"],
        "evidence": at["runs.round-delivered"] - at["runs.candidate-harvested"],
    }


def command_cpu(world: ScriptedWorld) -> float:
    """Processor seconds of one `podium run` that has nothing to order."""
    before = cpu_of_ended()
    world.order("T1")
    return cpu_of_ended() - before


def cold(place: Path, found: dict[str, list[float]]) -> None:
    """From the call of `podium run`, with nothing running, to the first process of the agent."""
    world = ScriptedWorld(place, script(0.0), 1)
    called = world.order()
    world.wait_delivered(1)
    add(found, "first_agent_s", min(world.began().values()) - called)
    world.close()


def wall(place: Path, count: int) -> float:
    """From the call of `podium run`, with nothing running, until all tasks are delivered."""
    world = ScriptedWorld(place, script(WORK_SECONDS), count)
    called = world.order()
    seconds = world.wait_delivered(count) - called
    world.close()
    return seconds


def sleeps(count: int) -> float:
    """So many `sleep 2` at once."""
    began = time.perf_counter()
    for process in [subprocess.Popen(["sleep", "2"]) for _ in range(count)]:
        process.wait()
    return time.perf_counter() - began


def bare(place: Path, played: Script) -> tuple[float, float]:
    """The agent driven by a minimal client: wall-clock and processor seconds from its start to its end."""
    work = place / "workspace"
    work.mkdir(parents=True)
    file = save(played, place / "script.json")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    agent = subprocess.Popen(
        [str(scripted_agent()), str(file), "--home", str(place)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    ask(agent, "initialize", {"protocolVersion": 1, "clientCapabilities": {}})
    session = ask(agent, "session/new", {"cwd": str(work), "mcpServers": []})["sessionId"]
    prompt = [{"type": "text", "text": "Write a number."}]
    ask(agent, "session/prompt", {"sessionId": session, "prompt": prompt})
    assert agent.stdin is not None
    agent.stdin.close()
    agent.wait()
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (work / "src" / "number.txt").exists()
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ask(agent: subprocess.Popen[bytes], method: str, params: dict[str, Any]) -> dict[str, Any]:
    """One request, and its answer; notifications in between are read and dropped."""
    assert agent.stdin is not None
    assert agent.stdout is not None
    agent.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n")
    agent.stdin.flush()
    while True:
        answer: dict[str, Any] = json.loads(agent.stdout.readline())
        if "id" in answer and "method" not in answer:
            return answer["result"]


def timed(command: list[str]) -> float:
    """Wall-clock seconds of a command."""
    began = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - began


def add(found: dict[str, list[float]], name: str, value: float) -> None:
    """Note one value."""
    found.setdefault(name, []).append(value)


if __name__ == "__main__":
    sys.exit(main())
