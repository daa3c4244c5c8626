"""What a change left alone, on real trees."""

from __future__ import annotations

from pathlib import Path

import msgspec
from checks_bench import World, change, order
from test_unrun_lines import all_lines

from podium.checks.kinds.not_changed import NOT_CHANGED
from podium.evidence.model import Fails, Holds, Item
from podium.runs.model import DiffLine, FileChange, Hunk
from podium.spec.model import Clause

CLAUSES, HUNKS = "clauses that nothing touches", "hunks that no clause explains"
OLD = "def total(prices, rate=1):\n    return sum(prices) * rate\n\ndef count(a): return len(a)\n"
NEW = "def total(prices, *, tax):\n    return sum(prices) * tax\n\ndef count(a): return len(a)\n"


def replaced(path: str, old: str, new: str) -> FileChange:
    lines = (DiffLine(kind="-", old=1, new=0, text=old), DiffLine(kind="+", old=0, new=1, text=new))
    hunk = Hunk(id=path, path=path, old_start=1, new_start=1, section="", lines=lines)
    fields = {name: getattr(change(path), name) for name in FileChange.__struct_fields__}
    return FileChange(**{**fields, "removed": 1, "hunks": (hunk,)})


def look(root: Path, base: dict[str, str], candidate: dict[str, str], *changes: FileChange) -> dict[str, Item]:
    return World(root, base, candidate).gather(order(changes=changes), (NOT_CHANGED,))


def test_calls_that_no_longer_fit_are_found_and_those_that_fit_are_not(tmp_path: Path) -> None:
    callers = {
        "shop.py": "from money import total\n\ntotal([1], tax=2)\ntotal([1], 2)\ntotal(*x)\n",
        "deep/cart.py": "import money\n\ndef f():\n    return money.total([1], rate=3)\n",
        "broken.py": "total(\n",
    }
    items = look(tmp_path, {"money.py": OLD}, {"money.py": NEW, **callers}, change("money.py"))
    assert {(f.path, f.line, f.message, f.side) for f in items["calls that were left"].findings} == {
        ("shop.py", 4, "this call of total passes 2 arguments by place; it takes 1", "not changed"),
        ("deep/cart.py", 4, "this call of total passes rate, which it does not take", "not changed"),
    }


def test_a_name_that_several_functions_have_is_not_guessed_at(tmp_path: Path) -> None:
    candidate = {"money.py": NEW, "other.py": "def total(a): pass\n\ntotal(1)\n"}
    assert look(tmp_path, {"money.py": OLD}, candidate, change("money.py"))["calls that were left"].outcome == Holds()


def test_a_constructor_is_called_by_its_class(tmp_path: Path) -> None:
    old, new = "class Cart:\n    def __init__(self): pass\n", "class Cart:\n    def __init__(self, owner): pass\n"
    candidate = {"cart.py": new, "use.py": "from cart import Cart\nCart()\nCart(owner=1)\n"}
    [finding] = look(tmp_path, {"cart.py": old}, candidate, change("cart.py"))["calls that were left"].findings
    assert (finding.path, finding.line, finding.message) == ("use.py", 2, "this call of Cart does not pass owner")


def test_the_same_line_elsewhere_is_shown_unless_it_stands_everywhere(tmp_path: Path) -> None:
    line = "    deadline = started_at + timeout * 1000"
    here = replaced("a.go", line, "    deadline = started_at + timeout")
    item = look(tmp_path / "a", {}, {"a.go": "x", "b.go": f"x\n{line}\n"}, here)["the same line elsewhere"]
    assert [(f.path, f.line, f.side) for f in item.findings] == [("b.go", 2, "not changed")]
    many = {f"{n}.go": f"{line}\n" for n in range(9)}
    assert look(tmp_path / "b", {}, many, here)["the same line elsewhere"].outcome == Holds()


def test_documents_that_mention_what_is_gone_are_shown_but_not_the_history(tmp_path: Path) -> None:
    candidate = {
        "money.py": "",
        "docs/use.md": "Call `money.total()`.\nA grand total.\n",
        "CHANGES.md": "`total` is gone\n",
    }
    item = look(tmp_path, {"money.py": OLD}, candidate, change("money.py"))["texts that were left"]
    assert [(f.path, f.line, f.message) for f in item.findings] == [
        ("docs/use.md", 1, "mentions total, which is gone from money.py")
    ]


def test_a_clause_whose_names_no_changed_line_mentions_is_told(tmp_path: Path) -> None:
    def clause(name: str, text: str) -> Clause:
        return Clause(id=name, kind="behaviour", text=text, line=1, column=1)

    clauses = (clause("B1", "`retry_after` is sent"), clause("B2", "`limit` counts"), clause("B3", "no names"))
    what = msgspec.structs.replace(order(changes=(all_lines("a.py", "limit = 1\n"),)), clauses=clauses)
    item = World(tmp_path / "a", {}, {"a.py": "limit = 1\n"}).gather(what, (NOT_CHANGED,))[CLAUSES]
    assert [(f.message, f.level) for f in item.findings] == [
        ("no hunk mentions `retry_after` of B1, and no test does", "warning")
    ]
    tested = {"a.py": "limit = 1\n", "tests/test_a.py": "def test_it():\n    assert retry_after == 1\n"}
    item = World(tmp_path / "b", {}, tested).gather(what, (NOT_CHANGED,))[CLAUSES]
    assert [(f.message, f.level, f.path) for f in item.findings] == [
        ("no hunk mentions `retry_after` of B1; tests/test_a.py does, and is as it was", "note", "tests/test_a.py")
    ]


def test_a_hunk_that_no_clause_explains_is_told_at_its_line_and_a_lock_file_is_not(tmp_path: Path) -> None:
    clauses = tuple(
        Clause(id=name, kind="behaviour", text=text, line=1, column=1)
        for name, text in (("B1", "`retry_after` is sent"), ("B2", "`limit` counts"))
    )
    files = {"a.py": "limit = 1\n", "b.py": "colour = 2\n", "uv.lock": "x\n", "tests/test_b.py": "shade = 3\n"}
    changes = tuple(all_lines(path, text) for path, text in files.items())
    item = World(tmp_path, {}, files).gather(
        msgspec.structs.replace(order(changes=changes), clauses=clauses), (NOT_CHANGED,)
    )[HUNKS]
    assert item.outcome == Fails(why="2 hunks that no clause explains")
    assert {(f.path, f.line, f.level) for f in item.findings} == {
        ("b.py", 1, "warning"),
        ("tests/test_b.py", 1, "note"),
    }
    alone = msgspec.structs.replace(order(changes=changes), clauses=clauses[:1])
    assert HUNKS not in {job.name for job in NOT_CHANGED.jobs(alone)}  # one clause explains everything


def test_nothing_is_looked_for_where_only_documents_and_tests_change() -> None:
    assert NOT_CHANGED.jobs(order(changes=(change("README.md"), change("tests/test_x.py")))) == ()
