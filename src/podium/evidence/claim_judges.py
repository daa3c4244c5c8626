"""How each sort of claim is held against the facts: one judge for each sort. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

from podium.evidence.model import Blind, BrokenBefore, Fails, Holds, Item, NotRun
from podium.evidence.test_code import belongs_to_tests, is_code, is_test_file, test_case
from podium.runs.model import FileChange

Standing: TypeAlias = Literal["supported", "contradicted", "unproven"]
Found: TypeAlias = tuple[Standing, str, tuple[str, ...]]
"""How a claim stands, why, and the ids of the evidence that it rests on."""

_FILE = re.compile(
    r"`?((?:[\w.-]+/)*[\w-]+\.(?:py|pyi|js|jsx|ts|tsx|mjs|go|rs|toml|ya?ml|md|json|cfg|txt|rb|java|c|h))\b`?"
)
_NAME = re.compile(r"`([A-Za-z_][\w.]{1,80})(?:\(\))?`")
_COUNT = re.compile(r"(?i)\b(?:all\s+)?(\d{1,6})\s+(?:\w+\s+)?(?:tests?|cases?)\b")


class Facts:
    """What is known of a candidate, as the judges of claims ask for it."""

    def __init__(self, items: Iterable[Item], changes: Iterable[FileChange]) -> None:
        self.items = tuple(items)
        self.changes = tuple(changes)

    def of(self, *kinds: str) -> tuple[Item, ...]:
        """The items of these kinds."""
        return tuple(item for item in self.items if item.kind in kinds)

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that is touched, old names included."""
        return tuple(dict.fromkeys(path for each in self.changes for path in (each.path, each.old_path)))


def _ids(items: Sequence[Item]) -> tuple[str, ...]:
    return tuple(item.id for item in items)


def tests_pass(sentence: str, facts: Facts) -> Found:
    ran = facts.of("project-tests")
    if not ran:
        return "unproven", "the project's tests were not run by Podium", ()
    item = ran[0]
    match item.outcome:
        case Fails(why=why):
            return "contradicted", f"the project's tests fail: {why}", _ids(ran)
        case BrokenBefore(why=why):
            return "contradicted", f"they fail, as they did before: {why}", _ids(ran)
        case NotRun(why=why) | Blind(why=why):
            return "unproven", why, _ids(ran)
        case Holds():
            return _counted(sentence, item)


def _counted(sentence: str, item: Item) -> Found:
    passed = item.candidate.passed if item.candidate else None
    told = _COUNT.search(sentence)
    if told and passed is not None and "new" not in sentence.lower() and int(told[1]) > passed:
        return "contradicted", f"{told[1]} tests are claimed, {passed} passed here", (item.id,)
    return "supported", f"the project's tests hold{f': {passed} passed' if passed else ''}", (item.id,)


def tests_added(sentence: str, facts: Facts) -> Found:
    added = [line.text for each in facts.changes if is_test_file(each.path) for hunk in each.hunks
             for line in hunk.lines if line.kind == "+"]  # fmt: skip
    names = [name for name in (test_case(text) for text in added) if name]
    if not added:
        return "contradicted", "no line of a test file was added", ()
    proof = facts.of("new-tests-prove")
    missing = [name for name in _NAME.findall(sentence) if not any(name.rpartition(".")[2] in text for text in added)]
    missing = [name for name in missing if not _FILE.fullmatch(name)]
    if missing:
        return "unproven", f"no added line of a test mentions {', '.join(missing[:3])}", _ids(proof)
    if any(isinstance(item.outcome, Fails) for item in proof):
        why = next(item.outcome.why for item in proof if isinstance(item.outcome, Fails))
        return "unproven", f"tests were added, but they prove little: {why}", _ids(proof)
    count = f"{len(names)} tests were" if len(names) != 1 else "one test was"
    return ("supported", f"{count} added" if names else "lines were added to tests", _ids(proof))


def no_api_change(_: str, facts: Facts) -> Found:
    seen = facts.of("public-api")
    broken = [item for item in seen if any(finding.level != "note" for finding in item.findings)]
    if broken:
        return "contradicted", broken[0].findings[0].message, _ids(broken)
    if seen and all(isinstance(item.outcome, Holds) for item in seen):
        return "supported", "no name is gone and no signature is narrower", _ids(seen)
    return (
        "unproven",
        "signatures could not be compared" if seen else "no module that is read for this changed",
        _ids(seen),
    )


def only_touched(sentence: str, facts: Facts) -> Found:
    named = _FILE.findall(sentence)
    wanted = [name for name in named if "/" in name or "." in name]
    if not wanted:
        folders = [name.rstrip("/") for name in re.findall(r"`([\w./-]+/)`", sentence)]
        if not folders:
            return "unproven", "it does not say which files", ()
        others = [path for path in facts.paths if not any(path.startswith(f"{each}/") for each in folders)]
    else:
        others = [path for path in facts.paths if not any(path == name or path.endswith(f"/{name}") for name in wanted)]
    if re.search(r"(?i)\btests?\b", sentence):
        others = [path for path in others if not belongs_to_tests(path)]
    if others:
        return "contradicted", f"it touches {', '.join(others[:3])} too", _ids(facts.of("scope"))
    return "supported", "the diff touches nothing else", _ids(facts.of("scope"))


def no_tests_changed(_: str, facts: Facts) -> Found:
    touched = [each.path for each in facts.changes if belongs_to_tests(each.old_path) and each.status != "added"]
    if touched:
        return "contradicted", f"it changes {', '.join(touched[:3])}", _ids(facts.of("weakened-tests"))
    return "supported", "no existing test file is touched", _ids(facts.of("weakened-tests"))


def no_dependencies(_: str, facts: Facts) -> Found:
    seen = [item for item in facts.of("security") if item.name == "supply chain"]
    new = [finding for item in seen for finding in item.findings if finding.rule.startswith("dependency")]
    if new:
        return "contradicted", new[0].message, _ids(seen)
    return "supported", "no manifest declares a new one", _ids(seen)


def docs(sentence: str, facts: Facts) -> Found:
    documents = [path for path in facts.paths if path.endswith((".md", ".rst", ".adoc", ".txt")) or "docs/" in path]
    if documents:
        return "supported", f"{documents[0]} is changed", ()
    if re.search(r"(?i)docstring|comment", sentence):
        return "unproven", "whether a docstring changed is not looked at", ()
    return "contradicted", "no document is changed", ()


def no_behaviour_change(_: str, facts: Facts) -> Found:
    seen = facts.of("behaviour")
    for item in seen:
        if isinstance(item.outcome, Fails):
            why = item.findings[0].message if item.findings else item.outcome.why
            return "contradicted", why, (item.id,)
    return "unproven", "no difference was seen, which is no proof" if seen else "behaviour was not compared", _ids(seen)


def lint_clean(_: str, facts: Facts) -> Found:
    imported = [item for item in facts.items if item.kind.startswith("import")]
    if any(isinstance(item.outcome, Fails) for item in imported):
        bad = [item for item in imported if isinstance(item.outcome, Fails)]
        return "contradicted", f"{bad[0].name} has new findings", _ids(bad)
    if imported and all(isinstance(item.outcome, Holds) for item in imported):
        return "supported", f"{imported[0].name} has no new findings", _ids(imported)
    return "unproven", "Podium ran no linter: [[evidence.import]] brings one in", ()


def verified(_: str, __: Facts) -> Found:
    return "unproven", "what an agent ran itself, Podium did not see as evidence", ()


def fixed(sentence: str, facts: Facts) -> Found:
    """A fix is spoken for by a test that failed before and holds now, or by the check of a clause that did."""
    if not any(is_code(each.path) for each in facts.changes):
        return "contradicted", "no source file is changed", ()
    clauses = [item for item in facts.of("clause-check") if item.clause and re.search(rf"\b{item.clause}\b", sentence)]
    failing = [item for item in clauses or facts.of("clause-check") if isinstance(item.outcome, Fails)]
    if clauses and failing:
        return "contradicted", f"the check of {failing[0].clause} fails", _ids(failing)
    turned = [item for item in clauses if isinstance(item.outcome, Holds) and item.base and item.base.exit_code]
    proof = [item for item in facts.of("new-tests-prove") if isinstance(item.outcome, Holds)]
    if turned:
        return "supported", f"the check of {turned[0].clause} failed before and holds now", _ids(turned)
    names = [name.rpartition(".")[2] for name in _NAME.findall(sentence)]
    text = "\n".join(line.text for each in facts.changes for hunk in each.hunks for line in (*hunk.lines,))
    sections = "\n".join(hunk.section for each in facts.changes for hunk in each.hunks)
    missing = [
        name for name in names if name not in text and name not in sections and name not in "\n".join(facts.paths)
    ]
    if names and len(missing) == len(names):
        return "unproven", f"no changed line mentions {', '.join(missing[:3])}", ()
    if proof:
        return "supported", "new tests fail on the old source and hold now", _ids(proof)
    return "unproven", "nothing that failed before and holds now speaks for it", _ids(failing)
