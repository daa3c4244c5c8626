"""How long a small page takes while the server prepares a large candidate, beside the same page when all is quiet.

    python benchmarks/web_ahead.py [--lines 60000] [--json]

A process of its own asks for the board again and again over one connection, as a browser would; `preparing` counts the
answers from the server's start until reading order, proofs and trace are there, `quiet` the 200 after that.
Milliseconds.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import statistics
import sys
import tempfile
import threading
import time
import urllib.parse
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "web_review"), str(ROOT / "benchmarks")]

QUIET = 200


def main() -> int:
    """Measure, and print."""
    from web import sources

    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--lines", type=int, default=60_000)
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="podium-ahead-") as place:
        found = measure(Path(place), *sources(given.lines))
    if given.json:
        print(json.dumps(found))
    else:
        for name, figures in found.items():
            print(f"{name:10} " + "  ".join(f"{key} {value}" for key, value in figures.items()))
    return 0


def measure(place: Path, before: dict[str, Any], after: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Serve the candidate as after a restart: nothing of it is known."""
    from review_world import Reviewed

    from podium.testing.waiting import eventually
    from podium.web.review_room import order_key, room_of, run_for
    from podium.web.server import Site

    world = Reviewed.build(place, before, after)
    world.site.stop()
    world.thread.join(60)
    context = multiprocessing.get_context("spawn")
    ready, stop = context.Event(), context.Event()
    mine, theirs = context.Pipe(duplex=False)
    site = Site(world.seat, ahead=True)
    link = site.link()
    asker = context.Process(target=ask, args=(link, ready, stop, theirs))
    thread = threading.Thread(target=site.serve, daemon=True)
    asker.start()
    began = time.monotonic()
    thread.start()
    ready.wait(60)
    room = room_of(world.seat)
    reading = room.reading(run_for(world.seat, "shop/T1"))
    eventually(lambda: order_key(reading) in reading.sheaf.traces, 600)
    ended = time.monotonic()
    stop.set()
    answers: list[tuple[float, float]] = mine.recv()
    asker.join(60)
    site.stop()
    thread.join(60)
    world.desk.close()
    busy = [took for at, took in answers if at < ended]
    return {
        "preparing": {**figures(busy), "seconds": round(ended - began, 1)},
        "quiet": figures([took for at, took in answers if at >= ended][:QUIET]),
    }


def ask(link: str, ready: Event, stop: Event, answers: Any) -> None:
    """Ask for a small page until it is told to stop, and then QUIET times more."""
    address = urllib.parse.urlsplit(link)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=120)
    connection.request("GET", f"{address.path}?{address.query}")
    answer = connection.getresponse()
    cookie = (answer.getheader("set-cookie") or "").partition(";")[0]
    answer.read()
    ready.set()
    found: list[tuple[float, float]] = []
    more = QUIET
    while more:
        more -= stop.is_set()
        began = time.monotonic()
        connection.request("GET", "/specs", headers={"Cookie": cookie, "Accept": "text/html"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
        found.append((began, (time.monotonic() - began) * 1000))
        time.sleep(0.02)
    answers.send(found)


def figures(took: list[float]) -> dict[str, float]:
    """Of one stretch."""
    if len(took) < 2:
        return {"n": len(took)}
    parts = statistics.quantiles(took, n=20)
    return {"n": len(took), "p50": round(statistics.median(took)), "p95": round(parts[18]), "max": round(max(took))}


if __name__ == "__main__":
    sys.exit(main())
