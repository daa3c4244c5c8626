"""Calls of JavaScript, TypeScript, Go and Rust that a change left, on real trees."""

from __future__ import annotations

from pathlib import Path

import msgspec
from checks_bench import World, change, order

from podium.checks.kinds.not_changed import NOT_CHANGED
from podium.evidence.model import Blind, Holds, Item
from podium.runs.model import FileChange

Told = set[tuple[str, int, str]]


def look(root: Path, base: dict[str, str], candidate: dict[str, str], *changes: FileChange) -> Item:
    """What is said of the calls; the line that `change` touches is the first one of a file."""
    found = World(root, base, {**base, **candidate}).gather(order(changes=changes), (NOT_CHANGED,))
    return found["calls that were left"]


def told(item: Item) -> Told:
    assert {(each.level, each.side) for each in item.findings} <= {("warning", "not changed")}
    return {(each.path, each.line, each.message) for each in item.findings}


def test_calls_of_an_exported_function_of_typescript_are_known_by_what_a_file_imports(tmp_path: Path) -> None:
    base = {
        "src/money.ts": "\nexport function total(a: number[], rate = 1) {}\nexport default function (a: string) {}\n"
        "export class Cart {\n  constructor(a: string) {}\n  setOwner(a: string) {}\n  add(a: string) {}\n}\n",
        "src/index.ts": "export * from './money'\n",
        "src/a.ts": "import price, { total as sum } from './money.js'\n\n"
        "sum([1])\nsum([1], 2, 3)\nsum(...x)\nprice('x')\n",
        "src/deep/b.tsx": "import * as money from '../money'\n\nmoney.total(\n  [1],\n)\nother.total([1])\n",
        "src/c.ts": "import { total } from 'elsewhere'\ntotal([1])\n",
        "src/d.ts": "import { total, Cart } from './index'\n"
        "total([2])\nnew Cart('x').setOwner('y')\nnew Set().add('x')\n",
        "src/e.ts": "function total(a: number[]) {}\ntotal([1])\n",
    }
    new = (
        "\nexport function total(a: number[], rate: number) {}\nexport default function (a: string, b: string) {}\n"
        "export class Cart {\n  constructor(a: string, b: string) {}\n  setOwner() {}\n"
        "  add(a: string, b: string) {}\n}\n"
    )
    assert told(look(tmp_path / "a", base, {"src/money.ts": new}, change("src/money.ts"))) == {
        ("src/a.ts", 3, "this call of sum passes 1 argument; it takes 2"),
        ("src/a.ts", 6, "this call of price passes 1 argument; it takes 2"),
        ("src/deep/b.tsx", 3, "this call of total passes 1 argument; it takes 2"),
        ("src/d.ts", 3, "this call of Cart passes 1 argument; it takes 2"),
        ("src/d.ts", 3, "this call of setOwner passes 1 argument; it takes 0"),
    }
    del base["src/e.ts"]  # with one function of that name, an import by way of another file is clear
    item = look(tmp_path / "b", base, {"src/money.ts": new}, change("src/money.ts"))
    assert ("src/d.ts", 2, "this call of total passes 1 argument; it takes 2") in told(item)


def test_what_is_gone_from_a_module_of_javascript_is_told_where_it_is_imported(tmp_path: Path) -> None:
    base = {
        "lib/money.js": "\nfunction total (a) {}\nfunction tax (a) {}\nmodule.exports = { total, tax }\n",
        "lib/old.js": "\nmodule.exports = function (a) { return a }\n",
        "lib/use.js": "'use strict'\nconst { total, tax: t } = require('./money')\n"
        "const old = require('./old')\ntotal(1)\nold(1)\n",
        "lib/now.js": "'x'\nconst { sum } = require('./money')\nsum(1)\n",
    }
    candidate = {"lib/money.js": "\nfunction sum (a) {}\nfunction tax (a) {}\nmodule.exports = { sum, tax }\n"}
    world = {**base, **candidate}
    del world["lib/old.js"]
    changes = (change("lib/money.js"), change("lib/old.js", "deleted"))
    item = World(tmp_path, base, world).gather(order(changes=changes), (NOT_CHANGED,))["calls that were left"]
    assert told(item) == {
        ("lib/use.js", 2, "this imports total of lib/money.js, which is gone"),
        ("lib/use.js", 3, "this imports lib/old.js, which is gone"),
    }


def test_calls_of_go_are_known_by_their_package(tmp_path: Path) -> None:
    base = {
        "money/money.go": "package money\nfunc Total(a []int) int { return 0 }\nfunc Many(a int, b ...int) {}\n"
        "func Gone() {}\nfunc inner(a int) {}\nfunc (c *Cart[K, V]) SetOwner(a string) {}\n",
        "money/use.go": "package money\n\nfunc x() {\n\tinner(1)\n\tTotal(pair())\n\tTotal(nil)\n}\n",
        "cart/cart.go": 'package cart\n\nimport (\n\tm "example.org/shop/money"\n\t"other.org/money2"\n)\n\n'
        "func y() {\n\tm.Total(nil)\n\tm.Many(1, 2, 3)\n\tmoney2.Total(nil)\n\tm.Gone()\n\tc.SetOwner(\"x\")\n}\n",
    }  # fmt: skip
    new = base["money/money.go"].replace("a []int)", "a []int, rate int)").replace("func Gone() {}\n", "\n")
    new = new.replace("inner(a int)", "inner(a, b int)").replace("SetOwner(a string)", "SetOwner()")
    new = new.replace("b ...int", "b int")
    assert told(look(tmp_path, base, {"money/money.go": new}, change("money/money.go"))) == {
        ("money/use.go", 4, "this call of inner passes 1 argument; it takes 2"),
        ("money/use.go", 6, "this call of Total passes 1 argument; it takes 2"),
        ("cart/cart.go", 9, "this call of Total passes 1 argument; it takes 2"),
        ("cart/cart.go", 10, "this call of Many passes 3 arguments; it takes 2"),
        ("cart/cart.go", 12, "this uses m.Gone, which is gone"),
        ("cart/cart.go", 13, "this call of SetOwner passes 1 argument; it takes 0"),
    }


def test_calls_of_rust_are_known_by_type_and_by_the_one_function_of_a_name(tmp_path: Path) -> None:
    base = {
        "src/money.rs": "\npub struct Cart;\nimpl Cart {\n    pub fn new(a: u8) -> Self { Cart }\n"
        "    pub(crate) fn set_owner(&mut self, a: u8) {}\n    pub fn add(&self, a: u8) {}\n}\n"
        "pub fn total(a: u8) {}\npub fn gone(a: u8) {}\n",
        "src/other.rs": "pub struct Other;\nimpl Other { pub fn new(a: u8) -> Self { Other } }\n",
        "src/use.rs": "use crate::money::{gone, total, Cart};\n\nfn x() {\n    total(1);\n    crate::money::total(2);\n"
        "    let mut c = Cart::new(1);\n    Other::new(1);\n    c.set_owner(1);\n    Cart::set_owner(&mut c, 1);\n"
        "    c.add(1);\n    gone(1);\n}\n",
        "src/far.rs": "use tokio::gone;\n\nfn y() { gone(1); }\n",
    }
    new = base["src/money.rs"].replace("new(a: u8)", "new()").replace("&mut self, a: u8", "&mut self, a: u8, b: u8")
    new = new.replace("total(a: u8)", "total(a: u8, b: u8)").replace("pub fn gone(a: u8) {}\n", "")
    new = new.replace("&self, a: u8", "&self")
    assert told(look(tmp_path, base, {"src/money.rs": new}, change("src/money.rs"))) == {
        ("src/use.rs", 4, "this call of total passes 1 argument; it takes 2"),
        ("src/use.rs", 5, "this call of total passes 1 argument; it takes 2"),
        ("src/use.rs", 6, "this call of new passes 1 argument; it takes 0"),
        ("src/use.rs", 8, "this call of set_owner passes 1 argument; it takes 2"),
        ("src/use.rs", 9, "this call of set_owner passes 2 arguments; it takes 3"),
        ("src/use.rs", 11, "this calls gone, which is gone"),
    }


def test_a_rename_that_was_followed_and_a_call_that_was_changed_are_not_told(tmp_path: Path) -> None:
    base = {"a.js": "\nexports.total = function (a) {}\n", "b.js": "const { total } = require('./a')\ntotal(1)\n"}
    candidate = {"a.js": "\nexports.sum = function (a) {}\n", "b.js": "const { sum } = require('./a')\nsum(1)\n"}
    assert look(tmp_path / "a", base, candidate, change("a.js"), change("b.js")).outcome == Holds()
    wrong = {"a.js": "\nexports.total = function (a, b) {}\n", "b.js": "require('./a').total(1)\n"}
    assert look(tmp_path / "b", base, wrong, change("a.js"), change("b.js")).outcome == Holds()  # its line is changed
    wider = {"a.js": "\nexports.total = function (a, b = 1, ...c) {}\n"}
    assert look(tmp_path / "c", base, wider, change("a.js")).outcome == Holds()


def test_a_file_that_cannot_be_parsed_makes_it_blind(tmp_path: Path) -> None:
    base = {"a.ts": "\nexport function total(a) {}\n", "b.ts": "import { total } from './a'\ntotal((((1)\n"}
    item = look(tmp_path / "a", base, {"a.ts": "\nexport function total(a, b) {}\n"}, change("a.ts"))
    assert item.outcome == Blind(why="1 files that mention what changed cannot be parsed here")
    item = look(tmp_path / "b", base, {"a.ts": "export function total((((\n"}, change("a.ts"))
    assert isinstance(item.outcome, Blind)


def test_a_deleted_file_whose_name_another_file_takes_is_not_missed(tmp_path: Path) -> None:
    base = {"a.js": "\nexport const total = (a) => a\n", "b.ts": "import { total } from './a'\ntotal(1)\n"}
    gone = msgspec.structs.replace(change("a.js"), status="deleted")
    world = World(tmp_path, base, {"b.ts": base["b.ts"], "a/index.ts": "export const total = (a: number) => a\n"})
    item = world.gather(order(changes=(gone, change("a/index.ts", "added"))), (NOT_CHANGED,))["calls that were left"]
    assert item.outcome == Holds()
