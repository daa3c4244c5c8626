"""The review page in a real browser: how fast a large diff opens, what it costs, how it scrolls, beside a plain page.

    python benchmarks/web.py [--json] [--lines 13000 60000] [--runs 64] [--diff2html]

A candidate with about so many changed lines is opened in headless Chromium while 64 runs are live: their transcripts
grow by 200 lines a second together, the ledger by one record a second. `cold` is the first opening ever (nothing is
coloured, nothing is ordered), `prepared` the first opening of a candidate that was there for a while, `warm` the
second, in a new browser context. Milliseconds since navigation began.


    complete          (cold, prepared) the whole page is there: a large diff is shown as it is until its order and facts
                      are made
    first_paint       first contentful paint
    interactive       rows and index are there: every key works, every hunk can be gone to
    memory_mb         the page's process (PSS), after the scroll
    long_frames       frames above 50 ms while the wheel is turned from the top over 60 screens
    worst_frame       the longest of them, milliseconds
    nodes             elements in the document after the scroll

Baselines, in the same run and of the same diff (`web_baselines.py`): `@pierre/diffs` in a page, whose `interactive` is
the first line drawn; a page with nothing but `git diff` in one `<pre>`, which is what a browser can do at best without
colours, marks and search; `git diff --no-index` alone, and until less shows its first screen. `--diff2html` adds that
renderer. What needs npm or network that is not there is skipped, and the reason printed.
"""

from __future__ import annotations

import argparse
import functools
import html
import http.server
import json
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "web_review")]  # the worlds of the tests are measured

from review_world import ADA, PLAN, Reviewed, until  # noqa: E402
from web_baselines import SkippedError, diff2html_page, pager, pierre_page  # noqa: E402

from browser import ARGUMENTS, NAMES  # noqa: E402
from podium.runs.events import AgentStarted, RoundOrdered, RunStarted, Steered  # noqa: E402
from podium.runs.model import Candidate  # noqa: E402
from podium.runs.store import candidate_of  # noqa: E402
from podium.testing.waiting import eventually  # noqa: E402
from podium.web.review_room import order_key, room_of, run_for  # noqa: E402

SCREENS = 60
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
WATCH = """() => {
  window.frames_ = [];
  let before = performance.now();
  const next = (now) => { window.frames_.push(now - before); before = now; window.raf_ = requestAnimationFrame(next); };
  window.raf_ = requestAnimationFrame(next);
}"""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="The review page and its diff.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--lines", type=int, nargs="+", default=[13_000, 60_000])
    parser.add_argument("--runs", type=int, default=64)
    parser.add_argument("--diff2html", action="store_true")
    chosen = parser.parse_args()
    path = next(filter(None, map(shutil.which, NAMES)))
    figures: dict[str, Any] = {}
    with sync_playwright() as playwright:
        for lines in chosen.lines:
            with tempfile.TemporaryDirectory(prefix="podium-bench-") as place:
                browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS, timeout=60_000)
                figures[str(lines)] = measure(Path(place), browser, lines, chosen.runs, chosen.diff2html)
                browser.close()
    print(json.dumps(figures) if chosen.json else table(figures))
    return 0


def measure(place: Path, browser: Browser, lines: int, runs: int, diff2html: bool) -> dict[str, Any]:
    """The figures for one size."""
    before, after = sources(lines)
    found: dict[str, Any] = {}
    for name, ahead in (("cold", False), ("prepared", True)):
        world = Reviewed.build(place / name, before, after, plan=plan(runs), ahead=ahead)
        busy = Busy(world, runs)
        try:
            address = f"{world.site.url}/review/shop/T1"
            found["changed_lines"] = candidate(world).added + candidate(world).removed
            ready = "performance.getEntriesByName('podium-ready')[0]?.startTime"
            if ahead:
                prepared(world)
            found[name] = first_visit(browser, address, ready, world.site.link())
            if ahead:
                found["warm"] = visit(browser, address, ready, enter=world.site.link())
        finally:
            busy.stop()
            world.close()
    folder = place / "pages"
    plain(world, folder)
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        at = f"http://127.0.0.1:{server.server_address[1]}"
        loaded = "performance.getEntriesByType('navigation')[0].loadEventEnd"
        drawn = "performance.getEntriesByName('drawn')[0]?.startTime"
        found["baseline_pre"] = visit(browser, f"{at}/pre.html", loaded)
        found["pierre_diffs"] = known(lambda: visit(browser, f"{at}/{pierre_page(folder)}", drawn))
        if diff2html:
            found["diff2html"] = known(lambda: visit(browser, f"{at}/{diff2html_page(folder)}", drawn))
        server.shutdown()
    for name, files in (("before", before), ("after", after)):
        for path, text in files.items():
            (place / name / path).parent.mkdir(parents=True, exist_ok=True)
            (place / name / path).write_text(text)
    found["pager"] = known(lambda: pager(["git", "diff", "--no-index", "--color=always", "before", "after"], place))
    return found


def prepared(world: Reviewed) -> None:
    """Wait until the server has made what a first opening takes."""
    room = room_of(world.seat)
    reading = room.reading(run_for(world.seat, "shop/T1"))
    eventually(lambda: order_key(reading) in reading.sheaf.traces, 300)
    first = room.placed(reading)[0].change
    eventually(lambda: room.colours_of(first.new_blob, first.path) is not None, 300)


def known(measured: Callable[[], dict[str, float]]) -> dict[str, Any]:
    """The figures of a baseline, or why there are none."""
    try:
        return measured()
    except SkippedError as error:
        return {"skipped": str(error)}


def first_visit(browser: Browser, address: str, ready: str, link: str) -> dict[str, float]:
    """The first opening: the diff as it is, then the whole page, with order, proofs and facts."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(link)
    began = time.monotonic()
    page.goto(address, timeout=300_000)
    until(page, ready, 120)
    interactive = page.evaluate(ready)
    first = page.evaluate(PAINT)
    until(page, "document.getElementById('verdict-open')", 300)
    whole = time.monotonic() - began
    context.close()
    return {"first_paint": round(first), "interactive": round(interactive), "complete": round(whole * 1000)}


def visit(browser: Browser, address: str, ready: str, *, enter: str = "") -> dict[str, float]:
    """Open a page, scroll it, and tell what it took."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    if enter:
        page.goto(enter)
    page.goto(address, timeout=300_000)
    until(page, ready, 300)
    interactive = page.evaluate(ready)
    first = page.evaluate(PAINT)
    page.wait_for_timeout(1000)
    page.mouse.move(700, 500)
    page.evaluate(WATCH)
    for _ in range(SCREENS):
        page.mouse.wheel(0, 800)
        page.wait_for_timeout(40)
    frames: list[float] = page.evaluate("() => { cancelAnimationFrame(window.raf_); return window.frames_; }")
    nodes = page.evaluate("document.getElementsByTagName('*').length")
    memory = renderer_mb()
    context.close()
    return {
        "first_paint": round(first),
        "interactive": round(interactive),
        "memory_mb": round(memory),
        "long_frames": sum(each > 50 for each in frames),
        "worst_frame": round(max(frames, default=0)),
        "nodes": nodes,
    }


def renderer_mb() -> float:
    """The largest page process of the browser that this program started."""
    sizes: list[float] = []
    for process in psutil.Process().children(recursive=True):
        try:
            if "--type=renderer" in process.cmdline():
                sizes.append(process.memory_full_info().pss / 1e6)
        except psutil.Error:
            continue
    return max(sizes, default=0.0)


def sources(lines: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Python files before and after, that differ by about so many lines: a third of each file changes."""
    chance = random.Random(lines)
    own = [path.read_text() for path in sorted((ROOT / "src" / "podium").rglob("*.py")) if path.stat().st_size > 2000]
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    count = 0
    while count < lines:
        text = "\n".join(chance.choice(own) for _ in range(3)).split("\n")
        changed: list[str] = []
        for line in text:
            draw = chance.random()
            if draw < 0.3 and count < lines:
                changed.append(line.replace("self", "this") + "  # changed")
                count += 2
            elif draw < 0.33 and count < lines:
                count += 1
            else:
                changed.append(line)
        name = f"src/part{len(before) % 20}/file{len(before)}.py"
        before[name], after[name] = "\n".join(text) + "\n", "\n".join(changed) + "\n"
    return before, after


def plan(runs: int) -> str:
    """The plan with one more task for each live run."""
    tasks = (
        f'[[task]]\nid = "T{number + 2}"\ntitle = "Live {number}"\nclauses = ["B1"]\nscope = ["src/live{number}/**"]\n'
        f'agents = ["scripted"]\n'
        for number in range(runs)
    )
    return PLAN + "\n" + "\n".join(tasks)


class Busy:
    """Live runs: their transcripts grow, the ledger grows."""

    def __init__(self, world: Reviewed, runs: int) -> None:
        self._world = world
        self._runs = [f"live{number}" for number in range(runs)]
        self._end = threading.Event()
        with world.desk.change(world.project.id) as change:
            for number, run in enumerate(self._runs):
                started = RunStarted(
                    run=run, spec="shop", task=f"T{number + 2}", agent="scripted", plan_blob=world.plan_blob
                )
                change.append(started, actor=ADA)
                change.append(RoundOrdered(run=run, round=1, round_kind="first", base=world.base), actor=ADA)
                change.append(AgentStarted(run=run, round=1, attempt=1, resumption="new"), actor="podium:worker")
        self._files = [world.desk.home.round(world.project.id, run, 1) / "events.jsonl" for run in self._runs]
        for file in self._files:
            file.parent.mkdir(parents=True)
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        number = 0
        while self._runs and not self._end.wait(0.05):
            for _ in range(10):
                number += 1
                event = {"kind": "message", "text": f"step {number} of the work"}
                line = json.dumps({"n": number, "t": "2026-01-01T00:00:00Z", "event": event})
                with self._files[number % len(self._files)].open("a") as file:
                    file.write(line + "\n")
            if number % 200 == 0:
                with self._world.desk.change(self._world.project.id) as change:
                    told = Steered(run=self._runs[number % len(self._runs)], round=1, what="say", text="go on")
                    change.append(told, actor=ADA)

    def stop(self) -> None:
        """End the growth."""
        self._end.set()
        self._thread.join()


def candidate(world: Reviewed) -> Candidate:
    """The candidate that is reviewed."""
    found = candidate_of(world.desk.look(world.project.id).runs.by_id[world.runs["scripted"]].rounds[-1])
    assert found is not None
    return found


def plain(world: Reviewed, folder: Path) -> None:
    """The diff as text, and a page with nothing else."""
    shown = candidate(world)
    git = ["git", "--git-dir", str(world.desk.home.mirror(world.project.id))]
    text = subprocess.run(
        [*git, "diff", "--no-color", shown.base, shown.commit], capture_output=True, check=True
    ).stdout.decode("utf-8", "replace")
    folder.mkdir()
    (folder / "pre.html").write_text(f"<!doctype html><meta charset=utf-8><pre>{html.escape(text)}</pre>")
    (folder / "diff.txt").write_text(text)


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Nothing."""


def table(figures: dict[str, Any]) -> str:
    """The figures for a person."""
    lines: list[str] = []
    for size, found in figures.items():
        lines.append(f"{size} lines asked for, {found['changed_lines']} changed")
        for name, each in found.items():
            if name != "changed_lines":
                lines.append(f"  {name:14}" + "".join(f"{what} {value:>7}  " for what, value in each.items()))
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
