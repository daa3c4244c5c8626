"""How fast an isolated workspace is ready, against `git worktree add`, on a generated repository of 5,000 files.

    python benchmarks/workspace.py [--json] [--files N]

"Ready" is from the decision to the end of the first command in the workspace: for Podium, its directories are made,
the sandbox and its overlay are started, the command reads one file and writes one, and everything has ended again. The
baseline makes a worktree and runs the same command in it with no isolation at all. Both use the template or the object
database of the same commit, made before; what the template cost, once per commit, is printed too.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from podium.git.mirror import Mirror
from podium.git.template import export_template
from podium.testing.repositories import build_repository
from podium.workspaces import space, tiers
from podium.workspaces.plan import OBJECTS, Mount, SandboxPlan
from podium.workspaces.run import run
from podium.workspaces.sandbox import Launch, launch

COMMAND = ["/bin/sh", "-c", "cat d7/f57.py >/dev/null && echo x >new"]
GIT = ["/bin/sh", "-c", "git status --short | wc -l"]


class Bench:
    """One repository, and where its workspaces go."""

    def __init__(self, top: Path, files: int) -> None:
        self.top = top
        bwrap = tiers.bundled_bwrap()
        assert bwrap is not None
        self.bwrap = bwrap
        tree = {f"d{number % 50}/f{number}.py": f"value = {number}\n" * 40 for number in range(files)}
        self.repo = build_repository(top / "repo", tree).path
        self.commit = self.git("rev-parse", "HEAD")
        with Mirror.create(top / "mirror.git") as mirror:
            self.objects = mirror.objects_directory
            mirror.fetch_from(self.repo, ["+refs/heads/*:refs/heads/*"])
            begun = time.perf_counter()
            self.template = export_template(mirror, self.commit, top / "templates" / self.commit)
            self.template_seconds = time.perf_counter() - begun

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(self.repo), *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def plan(self, name: str) -> SandboxPlan:
        made = space.create(self.top / "runs" / name)
        return SandboxPlan(
            tier="overlay",
            lowers=(str(self.template),),
            upper=made.upper,
            work=made.work,
            home=made.home,
            mounts=(Mount(source=str(self.objects), target=OBJECTS),),
        )

    def start(self, name: str) -> tuple[Launch, subprocess.Popen[bytes]]:
        ready = launch(self.plan(name), COMMAND, bwrap=self.bwrap)
        process = subprocess.Popen(ready.argv, pass_fds=ready.pass_fds, env=ready.env)
        ready.spawned(process.pid)
        return ready, process

    def one(self, name: str) -> float:
        begun = time.perf_counter()
        ready, process = self.start(name)
        process.wait()
        seconds = time.perf_counter() - begun
        assert ready.exit_code() == 0
        ready.close()
        return seconds

    def together(self, count: int) -> tuple[int, float]:
        """How many of so many at once failed, and how long all took."""
        begun = time.perf_counter()
        started = [self.start(f"together-{number}") for number in range(count)]
        failures = 0
        for ready, process in started:
            process.wait()
            failures += ready.exit_code() != 0
            ready.close()
        return failures, time.perf_counter() - begun

    def worktree(self, number: int) -> float:
        path = self.top / f"worktree-{number}"
        begun = time.perf_counter()
        self.git("worktree", "add", "-q", "--detach", str(path), self.commit)
        subprocess.run(COMMAND, cwd=path, check=True)
        return time.perf_counter() - begun

    def mb(self, path: Path) -> float:
        return space.disk_use(path).bytes / 1024 / 1024


def measure(files: int) -> dict[str, float | int | str]:
    """All figures."""
    with tempfile.TemporaryDirectory(prefix="podium-bench-") as directory:
        bench = Bench(Path(directory), files)
        bench.one("warm")
        times: list[float] = []
        trees: list[float] = []
        for number in range(7):  # by turns, so that whatever else the machine does hits both
            trees.append(bench.worktree(number))
            times += [bench.one(f"one-{number}-{again}") for again in range(3)]
        failures, all_seconds = bench.together(50)
        status = run(bench.plan("status"), GIT, bwrap=bench.bwrap, timeout_seconds=60)
        median, tree = statistics.median(times), statistics.median(trees)
        figures: dict[str, float | int | str] = {
            "ratio_vs_worktree": round(tree / median, 1),
            "median_ms": round(median * 1000, 1),
            "slowest_ms": round(max(times) * 1000, 1),
            "concurrent_50_failures": failures,
            "concurrent_50_seconds": round(all_seconds, 2),
            "mb_each": round(bench.mb(bench.top / "runs" / "one-0-0"), 3),
            "worktree_median_ms": round(tree * 1000, 1),
            "worktree_mb_each": round(bench.mb(bench.top / "worktree-0"), 1),
            "template_once_ms": round(bench.template_seconds * 1000, 1),
            "first_git_status_ms": round(status.seconds * 1000, 1),
            "first_git_status": status.output.decode(errors="replace").strip(),
            "files": files,
        }
        for path in (bench.top / "runs").iterdir():
            space.remove(path, within=bench.top / "runs")
        return figures


def main() -> int:
    """Print the figures; 1 when a sandbox failed."""
    parser = argparse.ArgumentParser(description="Workspace benchmark.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--files", type=int, default=5000)
    asked = parser.parse_args()
    figures = measure(asked.files)
    if asked.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:24} {value}")
    return 1 if figures["concurrent_50_failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
