"""How often the trace of clauses speaks about honest hunks, and how often it sees a foreign one.

    python benchmarks/clause_trace.py FILE [--json]

From each right patch of a file such as `plausible.py` reads: the sentences of its issue are the clauses of a task. A
hunk of the patch that no clause explains is a false alarm; the hunks of a right patch for another task of the same
project, mixed in, should be unexplained.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from labelled_records import records
from unified_diff import changes

from podium.evidence.test_code import belongs_to_tests, is_code
from podium.review.trace import trace
from podium.runs.model import FileChange
from podium.spec.model import Clause

FIELDS = {"task": str, "patch": str, "problem_statement": str, "correct": bool}
_MOST_CLAUSES = 12
_SENTENCE = re.compile(r"\n\s*\n|(?<=[.!?])\s+(?=[A-Z])")


def main() -> None:
    """Read, trace, count, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    counts = measure([each for each in records(chosen.file, FIELDS) if each["correct"]])
    if chosen.json:
        print(json.dumps(counts))
        return
    for name, count in counts.items():
        print(f"{name:<22} {count}")


def measure(records: list[dict[str, Any]]) -> dict[str, int]:
    """The counts over all patches whose issue has two sentences or more."""
    found: Counter[str] = Counter()
    for number, record in enumerate(records):
        clauses = clauses_of(record["problem_statement"])
        if len(clauses) < 2:
            continue
        own = changes(record["patch"])
        told = set(trace(own, clauses).unexplained)
        found["patches"] += 1
        found["patches with one told"] += bool(told)
        for change in own:
            source = is_code(change.path) and not belongs_to_tests(change.path)
            what = "source hunks" if source else "other hunks"
            found[what] += len(change.hunks)
            found[f"{what} told"] += sum(hunk.id in told for hunk in change.hunks)
        foreign = other_task(records, number)
        ids = {hunk.id for change in foreign for hunk in change.hunks}
        found["foreign hunks"] += len(ids)
        found["foreign hunks told"] += len(ids & set(trace((*own, *foreign), clauses).unexplained))
    return dict(sorted(found.items()))


def clauses_of(issue: str) -> tuple[Clause, ...]:
    """The first sentences and paragraphs of an issue, as the clauses of a task."""
    texts = [part.strip() for part in _SENTENCE.split(issue) if len(part.strip()) > 30][:_MOST_CLAUSES]
    return tuple(
        Clause(id=f"B{number}", kind="behaviour", text=text, line=1, column=1) for number, text in enumerate(texts, 1)
    )


def other_task(records: list[dict[str, Any]], number: int) -> tuple[FileChange, ...]:
    """The next right patch for another task of the same project, in other files; none where there is none."""
    record = records[number]
    for other in (*records[number + 1 :], *records[:number]):
        if other["repo"] == record["repo"] and not set(other["gold_files"]) & set(record["gold_files"]):
            return changes(other["patch"])
    return ()


if __name__ == "__main__":
    main()
