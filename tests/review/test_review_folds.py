"""Folding only what is proven: what folds, and above all what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from review_cases import item
from review_diffs import diff

from podium.evidence.model import Fails, Finding
from podium.kernel.errors import PodiumError
from podium.project.model import Generated
from podium.review.folds import folded, folds
from podium.review.lane import lane
from podium.review.pieces import leave, take
from podium.runs.model import DiffLine, Hunk

_lines = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n", b"\r\n", b"\xff\n"]), max_size=40)
_content = st.builds(lambda lines, end: b"".join(lines) + end, _lines, st.sampled_from([b"", b"x"]))


def found(path: str, old: bytes, new: bytes, **more):
    change = diff(path, old, new)
    blobs = {"old": old, "new": new}
    return change, folds([change], read=blobs.get, **more)


def kinds(path: str, old: str, new: str) -> list[str]:
    return [fold.kind for fold in found(path, old.encode(), new.encode())[1]]


# --- pieces -----------------------------------------------------------------------------------------------------------


@given(_content, _content, st.integers(0, 3), st.data())
def test_pieces_are_exact_to_the_byte(old, new, context, data):
    hunks = diff("f", old, new, context=context).hunks
    assert take(old, new, hunks) == new
    assert take(old, new, ()) == old
    assert leave(old, new, hunks) == old
    chosen = [hunk for hunk in hunks if data.draw(st.booleans())]
    rest = [hunk for hunk in hunks if hunk not in chosen]
    assert take(old, new, chosen) == leave(old, new, rest)


def test_a_hunk_that_was_cut_or_does_not_fit_is_not_taken():
    hunk = diff("f", b"a\nb\n", b"a\nc\n").hunks[0]
    with pytest.raises(PodiumError, match="does not fit"):
        take(b"", b"a\n", [hunk])
    cut = Hunk(
        id="x",
        path="f",
        old_start=1,
        new_start=1,
        section="",
        lines=(DiffLine(kind=" ", old=0, new=0, text="[3 more lines]"),),
    )
    with pytest.raises(PodiumError, match="too long"):
        take(b"a\n", b"b\n", [cut])


# --- formatting -------------------------------------------------------------------------------------------------------

CODE = """\
def f(a, b):
    x = call(a,
             b)
    return x


def g():
    return [1,2]
"""


def test_python_that_was_only_formatted_is_folded_with_its_proof():
    new = CODE.replace("call(a,\n             b)", "call(a, b)").replace("[1,2]", "[1, 2]")
    change, (fold,) = found("src/a.py", CODE.encode(), new.encode())
    assert fold.kind == "formatting"
    assert fold.hunks == tuple(hunk.id for hunk in change.hunks)
    assert "syntax tree and comments are the same" in fold.proof
    assert fold.reproduce.startswith("git diff -w")
    assert set(folded([fold]).values()) == {fold.said}


def test_in_a_file_with_a_real_change_the_formatted_hunks_alone_are_folded():
    far = CODE + "\n\n" + "\n".join(f"v{n} = {n}" for n in range(20)) + "\n"
    new = far.replace("[1,2]", "[1, 2]").replace("v19 = 19", "v19 = 18")
    change, (fold,) = found("src/a.py", far.encode(), new.encode())
    assert len(change.hunks) == 2
    assert fold.hunks == (change.hunks[0].id,)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x = 1  # noqa\n", "x = (1)  # noqa\n"),  # a comment that tools obey
        ("x = 1  # seven\n", "x = 1  # eight\n"),
        ("x = '''a\n b'''\n", "x = '''a\n  b'''\n"),
        ("if a:\n    b()\nc()\n", "if a:\n    b()\n    c()\n"),
        ("x = 1\n", "x = 1\r\n"),
        ("x = 1\n", "x = 2\n"),
        ("x = (\n", "x = ( \n"),  # no Python
        ("#!/bin/a\nx = 1\n", "#! /bin/a\nx = 1\n"),
        ("x = 1\n", "\ufeffx = 1\n"),
        ("#!/bin/a\nx = 1\n", "\n#!/bin/a\nx = 1\n"),  # on the second line it is a remark
    ],
)
def test_what_may_mean_something_is_not_folded(old, new):
    assert kinds("src/a.py", old, new) == []


def test_a_string_that_grows_around_formatted_lines_keeps_them_unfolded():
    """A hunk that changes nothing on the old file may do so on the new one: both ends are looked at."""
    old = "a = 1\n" + "\n" * 8 + "x = [1,2]\n" + "\n" * 8 + "b = 1\n"
    new = 'a = """\n' + "\n" * 8 + "x = [1, 2]\n" + "\n" * 8 + '"""\n'
    assert kinds("src/a.py", old, new) == []


@pytest.mark.parametrize(
    ("path", "old", "new", "folds"),
    [
        ("a.js", "f(a,b);\n", "f(a, b);\n", True),
        ("a.js", "function f() { return x }\n", "function f() { return\nx }\n", False),  # a newline ends the statement
        ("a.js", "x = `a b`;\n", "x = `a  b`;\n", False),
        ("a.js", "x = 'a b';\n", "x = 'a  b';\n", False),
        ("a.js", "x = /a b/;\n", "x = /a  b/;\n", False),
        ("a.js", "// a\nx();\n", "// b\nx();\n", False),
        ("a.js", "a = b\n(c)\n", "a = b;\n(c)\n", False),
        ("a.ts", "let a: number=1;\n", "let a: number = 1;\n", True),
        ("a.tsx", "let a = <b>x y</b>;\n", "let a = <b>x  y</b>;\n", False),
        ("a.go", "package a\n\nfunc f() { g( 1 ) }\n", "package a\n\nfunc f() { g(1) }\n", True),
        ("a.go", "package a\n\nvar s = `a b`\n", "package a\n\nvar s = `a  b`\n", False),
        ("a.rs", "fn f() { g( 1 ) }\n", "fn f() { g(1) }\n", True),
        ("a.rs", 'fn f() { println!("a") }\n', 'fn f() { println! ( "a" ) }\n', False),
        ("a.js", "f(;\n", "f( ;\n", False),
        ("a.txt", "a b\n", "a  b\n", False),
    ],
)
def test_other_languages_fold_by_their_syntax_trees(path, old, new, folds):
    assert bool(kinds(path, old, new)) is folds


def test_deep_nesting_and_huge_files_are_refused_without_harm():
    deep = "x = " + "(" * 5000 + "1" + ")" * 5000 + "\n"
    assert kinds("a.py", deep, deep.replace("1", " 1")) == []
    nested = "[" * 20_000 + "]" * 20_000
    assert kinds("a.js", f"x = {nested};\n", f"x  = {nested};\n") == ["formatting"]
    assert kinds("a.py", "x = 1\n" * 100_000, "x  = 1\n" * 100_000) == []


# --- moves and renames ------------------------------------------------------------------------------------------------

ONE = "def one(a, b=1):\n    # first\n    return two(a) + b\n"
TWO = "def two(a):\n    return a * 2\n"
MIDDLE = "\n\n" + "\n".join(f"V{n} = {n}" for n in range(12)) + "\n\n\n"


def test_functions_that_changed_places_are_folded_together():
    change, (fold,) = found("a.py", (ONE + MIDDLE + TWO).encode(), (MIDDLE + TWO + "\n\n" + ONE).encode())
    assert fold.kind == "moved"
    assert len(fold.hunks) == 2
    assert set(fold.hunks) <= {hunk.id for hunk in change.hunks}


@pytest.mark.parametrize(
    "moved",
    [
        "@register\ndef one(a):\n    return 1\n",  # its decorator runs on the way in
        "def one(a=now()):\n    return a\n",
        "class One:\n    pass\n",
        "check()\n",
        "def V3():\n    return 1\n",  # which of the two counts depends on the order
    ],
)
def test_what_can_tell_its_place_is_not_folded_when_it_moves(moved):
    assert "moved" not in kinds("a.py", moved + MIDDLE + TWO, MIDDLE + TWO + "\n\n" + moved)


def test_a_call_that_moved_before_a_check_is_never_folded():
    old = "def f(user):\n    check(user)\n    log(user)\n    note(user)\n    send(user)\n    delete(user)\n"
    new = "def f(user):\n    log(user)\n    note(user)\n    send(user)\n    delete(user)\n    check(user)\n"
    assert kinds("a.py", old, new) == []


def test_a_pure_rename_is_folded_and_one_that_changes_a_mode_is_not():
    change = diff("b.txt", b"", b"", old_path="a.txt", status="renamed", old_blob="s", new_blob="s")
    mark = Hunk(id="r", path="b.txt", old_start=0, new_start=0, section="", lines=())
    from msgspec.structs import replace

    pure = replace(change, hunks=(mark,))
    assert [fold.kind for fold in folds([pure], read={}.get)] == ["renamed"]
    assert folds([replace(pure, new_mode="100755")], read={}.get) == ()
    assert folds([replace(pure, new_blob="t")], read={}.get) == ()


# --- generated files, and the lane ------------------------------------------------------------------------------------


def test_generated_files_are_folded_only_when_the_generator_made_them_here():
    generated = (Generated(paths=("gen/**",), command="make gen"),)
    holds = item("make gen", kind="regenerated", clause="", command="make gen")
    old, new = b"1\n", b"2\n"
    _, (fold,) = found("gen/a.txt", old, new, generated=generated, items=[holds])
    assert fold.kind == "regenerated"
    assert fold.reproduce == "make gen"
    fails = item("make gen", Fails(why="differs"), kind="regenerated", clause="", command="make gen")
    assert found("gen/a.txt", old, new, generated=generated, items=[fails])[1] == ()
    assert found("src/a.txt", old, new, generated=generated, items=[holds])[1] == ()


def test_nothing_in_the_lane_is_folded():
    old, new = CODE.encode(), CODE.replace("[1,2]", "[1, 2]").encode()
    change = diff("tests/test_a.py", old, new)
    line = next(row.new for hunk in change.hunks for row in hunk.lines if row.kind == "+")
    finding = Finding(
        fingerprint="f", rule="test-skipped", level="error", message="skipped", path=change.path, line=line
    )
    weakened = item("weakened tests", Fails(why="x"), kind="weakened-tests", clause="", findings=(finding,))
    (barred,) = lane([change], [weakened])
    assert barred.reasons == ("weakened test",)
    read = {"old": old, "new": new}.get
    assert [fold.kind for fold in folds([change], read=read)] == ["formatting"]
    assert folds([change], read=read, lane=[barred]) == ()


@pytest.mark.parametrize("path", ["uv.lock", "a/package.json", ".github/workflows/x.yml", "conftest.py", "Makefile"])
def test_dependencies_and_what_runs_in_ci_are_in_the_lane(path):
    assert lane([diff(path, b"a\n", b"b\n")], [])
