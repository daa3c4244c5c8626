"""Events per second that one supervisor decodes, and how long it takes from an agent's write to the follower.

    .venv/bin/python benchmarks/stream.py [--json] [--runs 50] [--seconds 10]

The decoding rate is that of each driver's pure decoder on recorded streams of the real program. The latency is that of
whole rounds at once: an agent that prints the time, its supervisor, its transcript, and a follower that reads all of
them every 20 ms, as the live pages do. Aim: p99 under 100 ms with 50 runs.

The memory is that of rounds which do nothing, each with a gateway of its own: the proportional set size (PSS, where a
page that several processes share counts in parts) of the supervisor, and of all that runs in its sandbox.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from podium.agents import claude_stream, codex_stream
from podium.agents.event import Entry, Event, Message, encode
from podium.project.model import Limits
from podium.supervisor import inbox
from podium.supervisor.attach import Alive, Ended, start_or_attach, status
from podium.supervisor.follow import read
from podium.supervisor.order import Order
from podium.workspaces.gateway.credentials import KeyPlace
from podium.workspaces.gateway.order import GatewayOrder
from podium.workspaces.plan import SandboxPlan
from podium.workspaces.processes import descendants
from podium.workspaces.tiers import bundled_bwrap

RECORDED = Path(__file__).parents[1] / "tests" / "agents" / "recorded"
DECODERS: dict[str, Callable[[dict[str, Any]], list[Event]]] = {
    "claude-2.1.330": claude_stream.events_of,
    "codex-0.169.0": codex_stream.events_of,
}
_GATEWAY = GatewayOrder(name="nobody", kind="anthropic", url="http://127.0.0.1:9", key=KeyPlace(variable="NO_KEY"))
_TALK = 'while :; do date +"at %s.%N"; sleep 0.2; done'


def decoded(seconds: float) -> dict[str, float]:
    """Messages a second: parsed, decoded to events, encoded as lines of a transcript."""
    found: dict[str, float] = {}
    for name, events_of in DECODERS.items():
        lines = (RECORDED / f"{name}.jsonl").read_bytes().splitlines()
        count, started = 0, time.perf_counter()
        while (spent := time.perf_counter() - started) < seconds:
            for line in lines:
                for event in events_of(json.loads(line)):
                    encode(Entry(n=1, t="2026-01-01T00:00:00.000Z", event=event))
                count += 1
        found[name] = round(count / spent)
    return found


def latencies(runs: int, seconds: float) -> list[float]:
    """Milliseconds from each write to its being read, over all rounds."""
    with tempfile.TemporaryDirectory(prefix="podium-stream-") as top:
        rounds = [_start(Path(top) / str(number)) for number in range(runs)]
        try:
            return _follow(rounds, seconds)
        finally:
            _end(rounds)


def memory(runs: int) -> dict[str, float]:
    """Megabytes (PSS) of one idle round: its supervisor, and its sandbox with an agent that sleeps; the mean of all."""
    with tempfile.TemporaryDirectory(prefix="podium-memory-") as top:
        rounds = [
            _start(Path(top) / str(number), "echo ready; exec sleep 3600", gateway=True) for number in range(runs)
        ]
        try:
            while not all(any(isinstance(entry.event, Message) for entry in read(place, 0)[0]) for place in rounds):
                time.sleep(0.1)
            supervisors = [_supervisor(place) for place in rounds]
            inside = [sum(map(_pss, descendants(pid))) for pid in supervisors]
            return {
                "runs": runs,
                "supervisor_mb": round(statistics.mean(map(_pss, supervisors)), 1),
                "sandbox_mb": round(statistics.mean(inside), 1),
            }
        finally:
            _end(rounds)


def _supervisor(place: Path) -> int:
    now = status(place)
    assert isinstance(now, Alive), now
    return now.pid


def _pss(pid: int) -> float:
    """Megabytes; 0 for a process that has just ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith("Pss:"))) / 1024


def _end(rounds: list[Path]) -> None:
    for place in rounds:
        inbox.post(place, inbox.Stop(by="the benchmark"), id="stop")
    while not all(isinstance(status(place), Ended) for place in rounds):
        time.sleep(0.1)


def _start(root: Path, talk: str = _TALK, *, gateway: bool = False) -> Path:
    for name in ("lower", "upper", "work", "home"):
        (root / name).mkdir(parents=True)
    plan = SandboxPlan(
        tier="overlay",
        lowers=(str(root / "lower"),),
        upper=str(root / "upper"),
        work=str(root / "work"),
        home=str(root / "home"),
        limits=Limits(memory_mb=0),
    )
    order = Order(
        round=root.name,
        agent="clock",
        driver="shell",
        command=("/bin/sh", "-c", talk),
        prompt="Tell the time.",
        sandbox=plan,
        bwrap=bundled_bwrap() or "",
        gateway=_GATEWAY if gateway else None,
    )
    start_or_attach(root / "round", order)
    return root / "round"


def _follow(rounds: list[Path], seconds: float) -> list[float]:
    offsets = dict.fromkeys(rounds, 0)
    found: list[float] = []
    heard: set[Path] = set()
    until = time.time() + 3600.0
    while time.time() < until:
        for place in rounds:
            block, offsets[place] = read(place, offsets[place])
            now = time.time()
            for entry in block:
                if isinstance(entry.event, Message) and entry.event.text.startswith("at "):
                    if len(heard) == len(rounds):
                        found.append((now - float(entry.event.text[3:])) * 1000)
                    heard.add(place)
        if len(heard) == len(rounds) and until > time.time() + 1000:
            until = time.time() + seconds
        time.sleep(0.02)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--runs", type=int, default=50, help="rounds at once [50]")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long to measure [10]")
    args = parser.parse_args()
    rates = decoded(min(2.0, args.seconds))
    waits = sorted(latencies(args.runs, args.seconds))
    idle = memory(min(args.runs, 10))
    told: dict[str, Any] = {
        "decoded_per_second": rates,
        "idle_run_pss": idle,
        "runs": args.runs,
        "events": len(waits),
        "latency_ms": {f"p{part}": round(waits[min(len(waits) - 1, len(waits) * part // 100)], 1) for part in (50, 99)},
    }
    if args.json:
        json.dump(told, sys.stdout, indent=2)
        print()
        return
    for name, rate in rates.items():
        print(f"{name:16} {rate:>8} messages/s decoded and encoded")
    print(f"an idle run with a gateway: {idle['supervisor_mb']} MB supervisor, {idle['sandbox_mb']} MB sandbox (PSS)")
    print(
        f"{args.runs} runs, {len(waits)} events: p50 {told['latency_ms']['p50']} ms, p99 {told['latency_ms']['p99']} ms"
    )


if __name__ == "__main__":
    main()
