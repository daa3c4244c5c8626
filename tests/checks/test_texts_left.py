"""Texts that a change left and made untrue, on real trees: documents, comments, docstrings, scripts and tests."""

from __future__ import annotations

import difflib
from pathlib import Path

import msgspec
import pytest
from checks_bench import World, change, order

from podium.checks.kinds.not_changed import NOT_CHANGED
from podium.checks.mentions.docstrings import documented
from podium.evidence.model import Fails, Holds, Item
from podium.runs.model import DiffLine, FileChange, Hunk

Files = dict[str, str]
NAME = "texts that were left"


def edited(path: str, old: str, new: str) -> FileChange:
    """The change of one file, with one hunk for each place."""
    before, after, hunks = old.splitlines(), new.splitlines(), list[Hunk]()
    for number, (tag, i, j, k, m) in enumerate(difflib.SequenceMatcher(None, before, after).get_opcodes()):
        if tag != "equal":
            gone = (DiffLine(kind="-", old=at + 1, new=0, text=before[at]) for at in range(i, j))
            come = (DiffLine(kind="+", old=0, new=at + 1, text=after[at]) for at in range(k, m))
            hunk = Hunk(
                id=f"{path}{number}", path=path, old_start=i + 1, new_start=k + 1, section="", lines=(*gone, *come)
            )
            hunks.append(hunk)
    return msgspec.structs.replace(change(path), hunks=tuple(hunks))


def look(root: Path, base: Files, edits: Files) -> Item:
    changes = tuple(edited(path, base.get(path, ""), text) for path, text in edits.items())
    return World(root, base, {**base, **edits}).gather(order(changes=changes), (NOT_CHANGED,))[NAME]


def told(item: Item) -> set[tuple[str, int, str]]:
    assert all(found.side == "not changed" for found in item.findings)
    return {(found.path, found.line, found.message) for found in item.findings}


SHOP = """\
LIMIT_OF_ITEMS = 40


def add_item(cart, name, count=12):
    '''Put something into a cart.

    Args:
        cart: where it goes
        name: what it is
        count: how many; 12 where nothing is said
    '''
    if count > LIMIT_OF_ITEMS:
        raise ValueError(f"a cart holds {LIMIT_OF_ITEMS} things at the most")


def old_name():
    pass
"""


def test_documents_comments_and_tests_that_still_say_the_old_are_told(tmp_path: Path) -> None:
    base = {
        "shop.py": SHOP,
        "README.md": "`add_item` takes a count (12).\nLIMIT_OF_ITEMS is 40 here.\n12 eggs.\nCall old_name().\n",
        "other.py": "# add_item: count is 12\nx = 12  # items\ncount = 12\n",
        "tests/test_shop.py": "def test_x():\n    with raises(match='things at the most'):\n        pass\n",
        "CHANGELOG.md": "LIMIT_OF_ITEMS is 40, `old_name`\n",
    }
    now = (
        SHOP.replace("count=12", "count=6").replace("= 40", "= 50").replace("things at the most", "things and no more")
    )
    item = look(tmp_path, base, {"shop.py": now.replace("def old_name", "def new_name")})
    value, limit = (
        "says 12 of count, which is 6 in shop.py now",
        "says 40 of LIMIT_OF_ITEMS, which is 50 in shop.py now",
    )
    text = "has “things at the most”, which shop.py does not say now, but “things and no more”"
    assert told(item) == {
        ("README.md", 1, value),
        ("README.md", 2, limit),
        ("README.md", 4, "mentions old_name, which is gone from shop.py"),
        ("other.py", 1, value),
        ("shop.py", 10, value),
        ("tests/test_shop.py", 2, text),
    }
    assert item.outcome == Fails(why="6 texts say what is not so any more")


def test_what_the_change_wrote_itself_and_honest_rewrites_are_silent(tmp_path: Path) -> None:
    base = {"shop.py": SHOP, "README.md": "LIMIT_OF_ITEMS is 40.\n", "docs/use.md": "`old_name` does nothing.\n"}
    moved = SHOP[SHOP.index("def old_name") :]
    rest = (
        SHOP.replace(moved, "")
        .replace("'''", '"""')
        .replace("if count > LIMIT_OF_ITEMS:", "if LIMIT_OF_ITEMS < count:")
    )
    assert look(tmp_path / "a", base, {"shop.py": rest, "names.py": moved}).outcome == Holds()
    edits = {"shop.py": SHOP.replace("= 40", "= 50"), "README.md": "LIMIT_OF_ITEMS is 50, and was 40.\n"}
    assert look(tmp_path / "b", base, edits).outcome == Holds()


def test_an_ordinary_word_counts_only_with_what_it_belongs_to(tmp_path: Path) -> None:
    base = {"money.py": "def total(a): pass\n", "use.md": "The `total` of all.\nUse `money.total`.\n"}
    assert told(look(tmp_path, base, {"money.py": "x = 1\n"})) == {
        ("use.md", 2, "mentions total, which is gone from money.py")
    }


def test_a_call_in_a_document_that_no_longer_fits_is_told(tmp_path: Path) -> None:
    base = {
        "money.py": "def total(prices, rate=1): pass\n",
        "use.rst": ">>> total([1], rate=2)\n>>> total([1])\nUse ``total(x, 3)`` or ``total(...)``.\n",
    }
    item = look(tmp_path, base, {"money.py": "def total(prices, *, tax=1): pass\n"})
    assert told(item) == {
        ("use.rst", 1, "this call of total passes rate, which it does not take"),
        ("use.rst", 3, "this call of total passes 2 arguments by place; it takes 1"),
    }


def test_scripts_that_use_a_flag_or_a_variable_that_is_gone_are_told(tmp_path: Path) -> None:
    source = 'parser.add_argument("--old-flag")\nx = os.environ["SHOP_TTL"]\ny = os.environ["SHOP_KEPT"]\n'
    base = {
        "cli.py": source,
        "more.py": 'y = os.environ.get("SHOP_KEPT")\n',
        "Dockerfile": "ENV SHOP_TTL=3\nRUN shop --old-flag\nRUN shop --old-flag-2\n",
        "deploy.yml": "SHOP_KEPT: 3\n",
    }
    item = look(tmp_path, base, {"cli.py": "x = 1\n"})
    assert told(item) == {
        ("Dockerfile", 1, "still has the variable SHOP_TTL, which the change took away"),
        ("Dockerfile", 2, "still has the flag --old-flag, which the change took away"),
    }
    assert {found.level for found in item.findings} == {"warning"}


def test_a_docstring_that_lists_other_parameters_than_there_are_is_told(tmp_path: Path) -> None:
    new = SHOP.replace("name, count=12", "title, count=12").replace("Put something", "Put  something")
    item = look(tmp_path, {"shop.py": SHOP}, {"shop.py": new})
    assert told(item) == {
        ("shop.py", 5, "the docstring of add_item describes the parameter name, which is gone"),
        ("shop.py", 5, "the docstring of add_item describes every parameter but title, which is new"),
    }


RAISES = '''\
def first(a):
    """One.

    Raises:
        KeyError: never again
        ValueError: now elsewhere
    """
    raise KeyError(a) if a else ValueError


def second(a):
    """Two.

    :raises shop.ShopError: never again
    """
    if a == 1:
        raise KeyError(a)
    if a == 2:
        raise ValueError
    raise shop.ShopError
'''


def test_an_error_that_a_docstring_promises_and_the_module_raises_no_more_is_told(tmp_path: Path) -> None:
    new = RAISES.replace("        raise KeyError(a)\n", "        return 3\n").replace(
        "raise shop.ShopError", "return 4"
    )
    item = look(tmp_path, {"a.py": RAISES}, {"a.py": new})
    says = "the docstring of second says that it raises ShopError, which a.py does not raise any more"
    assert told(item) == {("a.py", 12, says)}


def test_texts_that_name_a_file_or_an_export_which_is_gone_are_told(tmp_path: Path) -> None:
    base = {
        "src/pay.ts": "export function payNow(a: number) {}\nexport function get() {}\nexport function keepMe() {}\n",
        "tools/make_all.sh": "echo\n",
        "README.md": "Call `payNow(1)`, `get` or `keepMe`.\n",
        "ci.yml": "run: sh tools/make_all.sh\nother: tools/make_all.sh.bak x/tools-tools/make_all.shx\n",
        "logo.png": "\0 tools/make_all.sh\n",
    }
    gone = edited("tools/make_all.sh", base["tools/make_all.sh"], "")
    pay = edited("src/pay.ts", base["src/pay.ts"], "export function keepMe() {}\n")
    now = {**base, "src/pay.ts": "export function keepMe() {}\n"}
    del now["tools/make_all.sh"]
    changes = (msgspec.structs.replace(gone, status="deleted"), pay)
    item = World(tmp_path, base, now).gather(order(changes=changes), (NOT_CHANGED,))[NAME]
    assert told(item) == {
        ("README.md", 1, "mentions payNow, which is gone from src/pay.ts"),
        ("ci.yml", 1, "names the file tools/make_all.sh, which is gone"),
    }


@pytest.mark.parametrize(
    "text",
    [
        "X.\n\n:param a: one\n:param int b: two\n:returns: c\n",
        "X.\n\nArgs:\n    a: one\n        more: of it\n    b (int, optional): two\n\nReturns:\n    c: three\n",
        "X.\n\nParameters\n----------\na : int\n    one\nb\n    two\n\nReturns\n-------\nc : int\n",
    ],
)
def test_parameters_are_read_in_three_manners(text: str) -> None:
    assert documented(text) == {"a", "b"}


def test_lines_on_history_are_no_mentions(tmp_path: Path) -> None:
    text = ".. versionchanged:: 2\n   ``old_name`` was added.\n\nSee ``old_name``.\n"
    item = look(tmp_path, {"shop.py": SHOP, "docs/a.rst": text}, {"shop.py": "x = 1\n"})
    assert ("docs/a.rst", 4, "mentions old_name, which is gone from shop.py") in told(item)
    assert not [each for each in told(item) if each[1] == 2]


def test_hostile_texts_and_many_changes_are_borne(tmp_path: Path) -> None:
    lines = [f'    raise ValueError("(.*)+[ odd text number {number}")' for number in range(300)]
    source = "def f():\n" + "\n".join(lines) + "\n"
    base = {
        "a.py": source,
        "docs/a.md": "(.*)+[ odd text number 7\n" + "`" * 200_000 + "\n" + "a" * 1_000_000,
        "tests/-rf.txt": "\u202e(.*)+[ odd text number 7\r\n\udcff".encode("utf-8", "replace").decode(),
    }
    item = look(tmp_path, base, {"a.py": "x = 1\n"})
    why = "2 texts say what is not so any more; looked at the first 80 of 300 things that are otherwise now"
    assert item.outcome == Fails(why=why)
    assert {(path, line) for path, line, _ in told(item)} == {("docs/a.md", 1), ("tests/-rf.txt", 1)}
