"""How early a reader finds the defect: recall of defect lines within the first 20 % of the added lines.

    python benchmarks/reading_order.py FILE [--json]

FILE holds one JSON object a line (gzip or plain) with `project`, `files`, `diff` and `defect_lines`. The universe of a
record are the lines that its diff adds to production Python files (`.py`, no `test` in the path). Three orders are
measured: ours (podium.review.line_risk, whose weights come from other projects), the order of the diff, and random
(50 shuffles a record, seeded).
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from labelled_records import records

from podium.review.line_risk import contexts, line_risk

SHUFFLES = 50
FIELDS = {"project": str, "files": list, "diff": str, "defect_lines": list}


class Line(NamedTuple):
    path: str
    number: int
    text: str


def added(diff: str) -> Iterator[Line]:
    """The added lines of a diff, in its order."""
    path, number, left_old, left_new = "", 0, 0, 0
    for row in diff.split("\n"):
        if left_old <= 0 and left_new <= 0:
            if row.startswith("+++ "):
                path = row[4:].removeprefix("b/").rstrip("\t")
            elif row.startswith("@@ "):
                old, new = row.split(" ")[1:3]
                number = int(new[1:].split(",")[0])
                left_old, left_new = (int(side.split(",")[1]) if "," in side else 1 for side in (old, new))
            continue
        kind = row[:1]
        if kind == "+":
            yield Line(path, number, row[1:])
        if kind in "+ ":
            number, left_new = number + 1, left_new - 1
        if kind in "- ":
            left_old -= 1


def universe(record: dict[str, Any]) -> list[Line]:
    return [line for line in added(record["diff"]) if line.path.endswith(".py") and "test" not in line.path]


def ours(record: dict[str, Any], lines: list[Line]) -> list[Line]:
    places = {
        (file["path"], number): context
        for file in record["files"]
        if file.get("new")
        for number, context in enumerate(contexts(file["new"].split("\n"), file["path"]), 1)
    }
    scored = [
        (-line_risk(line.text, line.path, places.get((line.path, line.number))).score, at)
        for at, line in enumerate(lines)
    ]
    return [lines[at] for _, at in sorted(scored)]


def measure(record: dict[str, Any], lines: list[Line]) -> tuple[float, float, float]:
    """Recall@20 %, any hit@20 % and lines read before the first defect line."""
    defects = {(each["path"], each["line"]) for each in record["defect_lines"]}
    budget = max(1, round(len(lines) * 0.2))
    hits = [at for at, line in enumerate(lines) if (line.path, line.number) in defects]
    early = sum(at < budget for at in hits)
    return early / len(defects), float(early > 0), float(hits[0]) if hits else float(len(lines))


def shuffled(record: dict[str, Any], lines: list[Line], chance: random.Random) -> tuple[float, float, float]:
    tries = [measure(record, chance.sample(lines, len(lines))) for _ in range(SHUFFLES)]
    return tuple(statistics.mean(column) for column in zip(*tries, strict=True))


def summary(results: list[tuple[float, float, float]]) -> dict[str, float]:
    recall, hit, first = zip(*results, strict=True)
    return {
        "recall@20%": round(statistics.mean(recall), 3),
        "anyhit@20%": round(statistics.mean(hit), 3),
        "ifa_median": round(statistics.median(first), 1),
    }


def compare(chosen: list[dict[str, Any]]) -> dict[str, Any]:
    chance = random.Random(20)
    orders: dict[str, Callable[[dict[str, Any], list[Line]], tuple[float, float, float]]] = {
        "ours": lambda record, lines: measure(record, ours(record, lines)),
        "diff_order": measure,
        "random": lambda record, lines: shuffled(record, lines, chance),
    }
    pairs = [(record, lines) for record in chosen if (lines := universe(record))]
    return {"n": len(pairs)} | {
        name: summary([order(record, lines) for record, lines in pairs]) for name, order in orders.items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    chosen = records(options.file, FIELDS)
    result = compare(chosen)
    result["projects"] = {
        project: compare([record for record in chosen if record["project"] == project])
        for project in sorted({record["project"] for record in chosen})
    }
    if options.json:
        print(json.dumps(result))
        return 0
    for project, figures in [("all", result), *result["projects"].items()]:
        for order in ("ours", "diff_order", "random"):
            cells = "  ".join(f"{name} {value:6.3f}" for name, value in figures[order].items())
            print(f"{project:12} n={figures['n']:<4} {order:11} {cells}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
