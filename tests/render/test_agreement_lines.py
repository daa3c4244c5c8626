"""The agreement of racing candidates, in words."""

from __future__ import annotations

from podium.evidence.agreement import RunPatch, agreement
from podium.render.agreement_lines import agreement_lines
from podium.render.paint import Paint
from podium.runs.model import DiffLine, FileChange, Hunk

NAMES = {"r1": "claude", "r2": "codex", "r3": "gemini"}


def change(path: str, at: int, *added: str) -> FileChange:
    lines = tuple(DiffLine(kind="+", old=0, new=at + n, text=text) for n, text in enumerate(added))
    hunk = Hunk(id=f"{path}{at}{added}", path=path, old_start=at, new_start=at, section="", lines=lines)
    return FileChange(
        path=path, old_path=path, status="modified", old_mode="100644", new_mode="100644", old_blob="", new_blob="",
        added=len(added), removed=0, binary=False, hunks=(hunk,),
    )  # fmt: skip


def told(*patches: RunPatch) -> list[str]:
    return agreement_lines(agreement(patches), NAMES, width=100, paint=Paint())


def test_files_and_places_are_told_with_who_edited_them_and_who_did_not() -> None:
    lines = told(
        RunPatch(run="r1", changes=(change("a.py", 3, "x = check(1)"), change("b.py", 9, "y = 2"))),
        RunPatch(run="r2", changes=(change("a.py", 3, "x = check(1)"), change("b.py", 9, "y = 3"))),
        RunPatch(run="r3", changes=(change("a.py", 3, "x = check(1)"), change("c.py", 40, "z = 1"))),
    )
    text = "\n".join(lines)
    assert lines[0] == "Where 3 independent candidates agree"
    assert "a.py  same    same   same" in text
    assert "b.py  edits   edits  -" in text
    assert "1 of 3 places are edited alike by all." in text
    assert "b.py:10  claude, codex, each differently; not gemini" in text
    assert "c.py:41  only gemini" in text
    assert "gemini  2 of 2 other runs edited the same place; did not edit b.py:10, which 2 of 2 did" in text


def test_one_candidate_has_nothing_to_agree_with() -> None:
    assert told(RunPatch(run="r1", changes=(change("a.py", 3, "x"),))) == []


def test_hostile_paths_are_made_safe() -> None:
    evil = "a\x1b[2J.py"
    lines = told(*(RunPatch(run=run, changes=(change(evil, 3, "x"),)) for run in ("r1", "r2")))
    assert "\x1b" not in "".join(lines)
