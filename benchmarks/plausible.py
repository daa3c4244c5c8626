"""Which patches that pass the visible tests are right? Told from patches alone, by the agreement of the runs of a task.

    python benchmarks/plausible.py FILE [--json]

FILE holds one JSON object a line (gzip or plain) with `task`, `patch`, `problem_statement`, `visible_green`, `correct`.
Only visible-green records are scored and compared with each other, task by task (podium.evidence.agreement); `correct`
is read when the scores are there. Printed: AUC, with an interval from drawing whole tasks again, precision of the
records with the highest scores, the same for each repository, and what the size of the patch alone would tell.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from labelled_records import records
from unified_diff import changes

from podium.evidence.agreement import RunPatch, agreement

DRAWS = 500
FIELDS = {"task": str, "patch": str, "visible_green": bool, "correct": bool}
Scored = tuple[float, bool]  # the score, and whether the patch is right


def scores(group: Sequence[dict[str, Any]]) -> list[float]:
    """The scores of the patches of one task."""
    patches = [RunPatch(run=str(at), changes=changes(each["patch"])) for at, each in enumerate(group)]
    return [run.score for run in agreement(patches, group[0].get("problem_statement") or "").runs]


def auc(scored: Sequence[Scored]) -> float | None:
    """The chance that a right patch scores above a wrong one; None where there is only one sort."""
    right = [score for score, correct in scored if correct]
    wrong = sorted(score for score, correct in scored if not correct)
    if not right or not wrong:
        return None
    above = sum((bisect_left(wrong, score) + bisect_right(wrong, score)) / 2 for score in right)
    return above / len(right) / len(wrong)


def precision(scored: Sequence[Scored], share: float) -> float:
    """The share of right ones among those with the highest scores."""
    ordered = sorted(scored, key=lambda each: -each[0])
    top = ordered[: max(1, round(len(ordered) * share))]
    return round(sum(correct for _, correct in top) / len(top), 3)


def interval(tasks: Sequence[Sequence[Scored]]) -> list[float]:
    """Where the AUC lies in 95 % of the draws of as many tasks, with replacement."""
    chance = random.Random(20)
    drawn = [auc([each for task in chance.choices(tasks, k=len(tasks)) for each in task]) for _ in range(DRAWS)]
    known = sorted(value for value in drawn if value is not None)
    return [round(known[round((len(known) - 1) * at)], 3) for at in (0.025, 0.975)] if known else []


def summary(tasks: Sequence[Sequence[Scored]]) -> dict[str, Any]:
    scored = [each for task in tasks for each in task]
    value = auc(scored)
    return {
        "n": len(scored),
        "tasks": len(tasks),
        "auc": None if value is None else round(value, 3),
        "auc_95": interval(tasks),
        "precision": {f"{share}%": precision(scored, share / 100) for share in (10, 20, 30)} if scored else {},
        "share_right": round(sum(correct for _, correct in scored) / len(scored), 3) if scored else None,
    }


def _is_of(name: str, each: dict[str, Any]) -> bool:
    return each.get("repo") == name


def measure(chosen: Sequence[dict[str, Any]]) -> dict[str, Any]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for record in chosen:
        if record["visible_green"]:
            groups.setdefault(record["task"], []).append(record)
    tasks = [list(zip(scores(group), group, strict=True)) for group in groups.values()]

    def of(pick: Callable[[dict[str, Any]], object]) -> list[list[Scored]]:
        found = [[(score, bool(each["correct"])) for score, each in task if pick(each)] for task in tasks]
        return [task for task in found if task]

    small = [[(-float(len(each["patch"])), bool(each["correct"])) for _, each in task] for task in tasks]
    value = auc([each for task in small for each in task])
    return summary(of(lambda _: True)) | {
        "clean_core": summary(of(lambda each: each.get("clean_core"))),
        "repos": {
            name: summary(of(partial(_is_of, name)))
            for name in sorted({each.get("repo", "") for group in groups.values() for each in group})
        },
        "smaller_patch_auc": None if value is None else round(value, 3),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    result = measure(records(options.file, FIELDS))
    if not result["n"]:
        print(f"error: {options.file}: no visible-green record", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(result))
        return 0
    for name, part in [("all", result), ("clean core", result["clean_core"]), *result["repos"].items()]:
        tops = "  ".join(f"top {top} {share}" for top, share in part["precision"].items())
        print(f"{name:28} n={part['n']:<4} tasks={part['tasks']:<4} auc {part['auc']} {part['auc_95']}  {tops}")
    print(f"{'smaller patch':28} auc {result['smaller_patch_auc']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
