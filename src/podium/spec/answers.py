"""Answers that a person gives to questions about a clause, written into the spec where every run reads them. Pure."""

from __future__ import annotations

from podium.kernel.errors import UsageError
from podium.spec.outline import read_outline
from podium.spec.parse import parse_spec

LONGEST = 1_000


def with_answer(text: str, path: str, clause: str, answer: str) -> str:
    """The document with `answer` as a line of its clause, above the clause's check.

    Raises UsageError when there is no such clause, the answer is empty, or the line would be read as anything else.
    """
    said = " ".join(answer.replace("<!--", "<! --").split())
    if not said or len(said) > LONGEST:
        raise UsageError("the answer is empty or too long", where=path, do=f"Write up to {LONGEST} characters.")
    outline = read_outline(text.encode("utf-8", "surrogatepass"), path)
    found = next((each for each in outline.clauses if each.id == clause), None)
    if found is None or not found.lines:
        raise UsageError(f"the spec has no clause {clause}", where=path, do="Write the answer into the spec by hand.")
    rows = text.split("\n")
    last = found.lines[-1].line
    new = [*rows[:last], f"{_indent(rows[last - 1])}Decided: {said}", *rows[last:]]
    changed = "\n".join(new)
    _same_but_for(text, changed, path, clause, said)
    return changed


def _indent(row: str) -> str:
    """The column at which the text of a list item, or of a paragraph, begins."""
    bare = row.lstrip()
    lead = row[: len(row) - len(bare)]
    return lead + "  " if bare[:2] in ("- ", "* ", "+ ") else lead


def _same_but_for(before: str, after: str, path: str, clause: str, said: str) -> None:
    old, new = parse_spec(before, path), parse_spec(after, path)
    same = [(each.id, each.kind, each.check) for each in old.clauses] == [
        (each.id, each.kind, each.check) for each in new.clauses
    ]
    texts = {each.id: each.text for each in new.clauses}
    others = all(each.text == texts.get(each.id) for each in old.clauses if each.id != clause)
    if not same or not others or "Decided:" not in texts.get(clause, "") or old.scope != new.scope:
        raise UsageError(
            "the answer would be read as something else there",
            where=path,
            do=f"Write it below {clause} by hand: {said}",
        )
