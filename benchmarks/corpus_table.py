"""The table of the corpus: what each kind said about each slice, and how long it took."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

SHOWN = {
    "project-tests": "tests",
    "new-tests-prove": "new tests prove",
    "unrun-lines": "unrun lines",
    "mutants": "mutants",
    "behaviour": "behaviour",
    "public-api": "public API",
}
READING = ("weakened-tests", "deleted-tests", "public-api", "not-changed", "security", "shape")
WORDS = {"holds": "holds", "fails": "finds", "broken before": "broken before", "not run": "not run", "blind": "blind"}
WEIGHTS = ("fails", "broken before", "not run", "blind", "holds")
HEAD = """\
# Evidence about real changes

What each kind of evidence said about {count} changes of {projects} well-known Python projects, as
`python benchmarks/corpus.py` wrote it. The changes are slices of the difference between two consecutive releases: one
changed module with the test files named after it, on top of the older release. Nobody wrote a slice as such, and some
need another one to work: their tests fail, and they stay in the table. A new module that a slice imports comes with it.
`broken before` is what the project's own suite does on this Python, before and after. `not run` is the budget of 90
seconds, which the suite of packaging takes alone on a busy machine. The releases are source distributions, pinned by
digest in `benchmarks/corpus.json`; the rows are from several runs. Seconds are those of a machine of two cores, which
had other work to do in some of the rows.

`finds` means that the kind has something to show: for `behaviour` a concrete call with both results, for `unrun lines`
lines that no test runs, for `mutants` small changes that no test notices. `blind` and `not run` say that it could not
look; why is in the last section. TypeScript, JavaScript and Rust are in [a corpus of their own](evidence-languages.md).
"""
LANGUAGES_HEAD = """\
# Evidence about real changes in other languages

What the kinds that only read said about {count} changes of {projects} well-known projects in {languages}, as
`python benchmarks/corpus_languages.py --table FILE` wrote it: slices as in [the corpus](evidence-corpus.md), one
changed file with the test files that are named after it, from releases of the npm registry and the Python index, pinned
by digest in `benchmarks/corpus.json`. Nothing is run here: no toolchain of these projects is needed.

Every finding was read, but for some two thirds of the notes. Removed tests, assertions and names are what these changes
did: fastify 5 took away what it had deprecated, and the tests of it. `signature` shows any change of an exported type,
also one that old calls still fit.
An unused function is mostly the slice's doing: what uses it is in a file of the same release that is not part of it.
`call-left` and `use-left` are calls and imports outside the slice that no longer fit it: in the release they were
changed too. All 52 were held against the newer release, and all are right.
"""


def write_table(results: list[dict[str, Any]], file: Path) -> None:
    """Write the page."""
    projects = {result["project"] for result in results}
    lines = [HEAD.format(count=len(results), projects=len(projects)), "## By kind", ""]
    lines += ["| kind | holds | finds | broken before | blind | not run | median s | longest s |", "|" + "---|" * 8]
    items = [item for result in results for item in result["items"]]
    for kind in sorted({item["kind"] for item in items}):
        of_kind = [item for item in items if item["kind"] == kind]
        counts = [sum(item["outcome"]["type"] == word for item in of_kind) for word in WORDS if word != "not run"]
        unrun = sum(item["outcome"]["type"] == "not run" for item in of_kind)
        seconds = [item.get("seconds", 0.0) for item in of_kind]
        figures = [*counts, unrun, f"{statistics.median(seconds):.1f}", f"{max(seconds):.1f}"]
        lines.append(f"| {kind} | " + " | ".join(map(str, figures)) + " |")
    lines += ["", "## By change", ""]
    lines += ["| change | lines | " + " | ".join(SHOWN.values()) + " | s |", "|" + "---|" * (len(SHOWN) + 3)]
    lines += [_row(result) for result in results]
    lines += ["", "## What the behaviour diff showed", ""]
    for result in results:
        shown = [f for item in result["items"] if item["kind"] == "behaviour" for f in item.get("findings", [])]
        lines += [f"- {result['name']}: `{_code(f['message'])}`" for f in shown[:2]]
    lines += ["", "## What could not be seen", ""]
    reasons: dict[str, int] = {}
    for item in items:
        if item["outcome"]["type"] in ("blind", "not run"):
            why = f"{item['kind']}: {item['outcome']['why'].partition(';')[0][:110]}"
            reasons[why] = reasons.get(why, 0) + 1
    lines += [f"- {count} times {why}" for why, count in sorted(reasons.items(), key=lambda each: (-each[1], each[0]))]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _row(result: dict[str, Any]) -> str:
    cells = [_cell([item for item in result["items"] if item["kind"] == kind]) for kind in SHOWN]
    return f"| {result['name']} | {result['lines']} | " + " | ".join(cells) + f" | {result['seconds']:.0f} |"


def _cell(items: list[dict[str, Any]]) -> str:
    """What a kind said, of several items the one that weighs most."""
    if not items:
        return ""
    said = min((item["outcome"]["type"] for item in items), key=WEIGHTS.index)
    findings = [finding for item in items if item["outcome"]["type"] == said for finding in item.get("findings", [])]
    count = sum(finding["rule"] != "no-difference" for finding in findings)
    return f"{WORDS[said]} {count}" if said == "fails" and count else WORDS[said]


def _code(text: str) -> str:
    return text.replace("`", "'").replace("\n", " ")[:240]


def write_languages(results: list[dict[str, Any]], file: Path) -> None:
    """Write the page about other languages."""
    languages = sorted({result["language"] for result in results})
    told = ", ".join(languages[:-1]) + f" and {languages[-1]}" if len(languages) > 1 else languages[0]
    head = LANGUAGES_HEAD.format(
        count=len(results), projects=len({result["project"] for result in results}), languages=told
    )
    names = {(item["kind"], item["name"]) for result in results for item in result["items"]}
    read = sorted(each for each in names if each[0] in READING)
    lines = [head, "## By kind", "", "How often a kind found something, of the changes that it looked at.", ""]
    lines += ["| kind | " + " | ".join(languages) + " | blind |", "|" + "---|" * (len(languages) + 2)]
    for kind, name in read:
        cells: list[str] = []
        items = [(r["language"], i) for r in results for i in r["items"] if (i["kind"], i["name"]) == (kind, name)]
        for language in languages:
            own = [item["outcome"]["type"] for of, item in items if of == language]
            cells.append(f"{own.count('fails')} of {len(own)}" if own else "")
        blind = sum(item["outcome"]["type"] == "blind" for _, item in items)
        lines.append(f"| {kind}: {name} | " + " | ".join(cells) + f" | {blind} |")
    lines += ["", "## By change", "", "| change | lines | findings, by rule | s |", "|---|---|---|---|"]
    for result in results:
        rules: dict[str, int] = {}
        for item in result["items"]:
            for finding in item.get("findings", ()) if item["kind"] in READING else ():
                rules[finding["rule"]] = rules.get(finding["rule"], 0) + 1
        said = ", ".join(f"{rule} {count}" for rule, count in sorted(rules.items())) or "none"
        lines.append(f"| {result['name']} | {result['lines']} | {said} | {result['seconds']:.1f} |")
    reasons = [
        f"- {result['name']}: {item['kind']}: {item['outcome']['why'][:160]}"
        for result in results
        for item in result["items"]
        if item["kind"] in READING and item["outcome"]["type"] == "blind"
    ]
    lines += ["", "## What could not be seen", "", *(reasons or ["Every file could be read."])]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
