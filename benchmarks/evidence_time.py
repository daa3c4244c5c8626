"""How long evidence takes on a project of 2,000 tests, as ratios to the plain test run.

    python benchmarks/evidence_time.py [--json] [--tests N]

A project is generated (50 modules, 2,000 tests), then two changes of it are checked as `podium check` does: one of 30
lines in one module, one of 230 lines in eight. The baseline, the plain test run in a process of its own, is measured in
the same run. Aims on two cores: the 30-line change has its first facts within 10 s and everything but the behaviour
diff within 30 s; the 230-line change has everything within 90 s. On a busy machine the ratios tell more; the load is
part of the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from timed_check import git, python_settings, timed_check

from podium.evidence.model import Blind, NotRun

MODULES = 50
FUNCTIONS = 20
SMALL = (1, 2)  # modules, functions of each
LARGE = (8, 2)

FUNCTION = '''
def price_{n}(count, percent={n}, *, floor=0):
    """The price of some, reduced."""
    if count < 0:
        raise ValueError("a count is not negative")
    total = count * {factor}
    if count >= {limit}:
        total -= total * percent // 100
    parts = [part for part in range(3) if part < count]
    return max(floor, total + len(parts))
'''
CHANGED = '''
def price_{n}(count, percent={n}, *, floor=0):
    """The price of some, reduced."""
    if count < 0:
        raise ValueError("a count is not negative")
    each = {factor}
    total = count * each
    if count > {limit}:
        reduction = total * percent // 100
        total = total - reduction
    size = min(count, 3)
    if size < 0:
        size = 0
    return max(floor, total + size)
'''
TEST = """
@pytest.mark.parametrize("count", [0, {cases}])
def test_price_{n}(count):
    time.sleep(0.001)
    expected = shop_{m}.price_{n}(count)
    assert expected >= 0
    assert shop_{m}.price_{n}(count, floor=10**6) == 10**6
"""


def main() -> None:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(description="How long evidence takes.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--tests", type=int, default=2000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="podium-evidence-") as name:
        figures = measure(Path(name), chosen.tests)
    if chosen.json:
        print(json.dumps(figures, indent=2))
        return
    for key, value in figures.items():
        print(f"{key:36} {value}")


def measure(place: Path, tests: int) -> dict[str, object]:
    """All figures, in seconds unless a name says otherwise."""
    root = place / "project"
    build(root, tests)
    environment = Path(sys.prefix)
    plain_run(root, environment)  # the first one reads from the disk
    plain = plain_run(root, environment)
    figures: dict[str, object] = {
        "tests": tests,
        "cores": os.cpu_count() or 0,
        "load_before": round(os.getloadavg()[0], 2),
        "plain_test_run_s": round(plain, 2),
    }
    for name, (modules, functions) in (("30_lines", SMALL), ("230_lines", LARGE)):
        lines = change(root, name, modules, functions)
        found = timed_check(root, f"main..{name}", python_settings(environment))
        rest = [each.at for each in found if each.item.kind != "behaviour"]
        times = {
            "first_fact": found[0].at,
            "tests_known": next(each.at for each in found if each.item.kind == "project-tests"),
            "all_but_behaviour": max(rest),
            "all": found[-1].at,
        }
        figures[f"{name}_changed_lines"] = lines
        figures |= {f"{name}_{key}_s": round(value, 2) for key, value in times.items()}
        figures |= {f"{name}_{key}_ratio": round(value / plain, 2) for key, value in times.items()}
        figures[f"{name}_unseen"] = [
            f"{each.item.kind}: {each.item.outcome.why}"
            for each in found
            if isinstance(each.item.outcome, NotRun | Blind)
        ]
    figures["load_after"] = round(os.getloadavg()[0], 2)
    return figures


def build(root: Path, tests: int) -> None:
    """The project on its branch `main`."""
    cases = max(2, tests // (MODULES * FUNCTIONS))
    (root / "src").mkdir(parents=True)
    (root / "tests").mkdir()
    for module in range(MODULES):
        (root / f"src/shop_{module}.py").write_text('"""Prices."""\n' + "\n".join(map(text_of, range(FUNCTIONS))))
        head = f"import time\n\nimport pytest\nimport shop_{module}\n"
        body = "".join(
            TEST.format(m=module, n=n, cases=", ".join(str(k * 7) for k in range(1, cases))) for n in range(FUNCTIONS)
        )
        (root / f"tests/test_shop_{module}.py").write_text(head + body)
    git(root, "init", "-q", "--initial-branch=main")
    git(root, "add", "--all")
    git(root, "commit", "-q", "-m", "the project")


def text_of(number: int, template: str = FUNCTION) -> str:
    """One function."""
    return template.format(n=number, factor=3 + number, limit=5 + number)


def change(root: Path, branch: str, modules: int, functions: int) -> int:
    """Commit a change on a branch of its own; how many lines it adds and removes."""
    git(root, "checkout", "-q", "-b", branch, "main")
    for module in range(modules):
        file = root / f"src/shop_{module}.py"
        text = file.read_text()
        for number in range(functions):
            text = text.replace(text_of(number).strip(), text_of(number, CHANGED).strip())
        file.write_text(text)
        test = root / f"tests/test_shop_{module}.py"
        test.write_text(test.read_text() + f"\ndef test_limit():\n    assert shop_{module}.price_0(5) == 18\n")
    git(root, "commit", "-q", "-a", "-m", branch)
    counts = git(root, "diff", "--numstat", "main", branch).split()
    git(root, "checkout", "-q", "main")
    return sum(int(count) for count in counts if count.isdigit())


def plain_run(root: Path, environment: Path) -> float:
    """The project's tests as anybody runs them."""
    started = time.monotonic()
    command = [f"{environment}/bin/python", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    surroundings = {**os.environ, "PYTHONPATH": "src", "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(command, cwd=root, env=surroundings, check=True, capture_output=True)
    return time.monotonic() - started


if __name__ == "__main__":
    main()
