from __future__ import annotations

import pytest

from podium.checks.languages.exports import breaks, exports
from podium.checks.languages.sinks import foreign_sinks

GO_F = "package p\nfunc F(a int) error { return nil }"
GO_T = "package p\ntype T struct {\nA int\nb int\n}"


def api(path: str, old: str, new: str) -> list[str]:
    before, after = exports(path, old.encode()), exports(path, new.encode())
    gone = [f"{name} gone" for name in before if name not in after]
    return gone + [name for name in before if name in after and breaks(before[name], after[name])]


@pytest.mark.parametrize(
    ("path", "old", "new", "told"),
    [
        ("a.js", "export function f(a) {}", "function f(a) {}", ["f gone"]),
        ("a.js", "export function f(a) {}", "export function f(a, b) {}", ["f"]),
        ("a.js", "export function f(a) {}", "export function f(a, b = 1) {}", []),
        ("a.js", "export function f(a) {}", "export function f(other) { return 1 }", []),
        ("a.js", "export const f = (a) => a", "export const f = (a, b) => a", ["f"]),
        ("a.js", "export default function (a) {}", "export default function (a, b) {}", ["default"]),
        ("a.js", "module.exports = { f, g: 1 }", "module.exports = { f }", ["g gone"]),
        ("a.js", "exports.f = function (a) {}", "exports.g = function (a) {}", ["f gone"]),
        ("a.js", "export class A { run(a) {} }", "export class A { run(a, b) {} }", ["A.run"]),
        ("a.js", "export class A { #run(a) {} }", "export class A { #run(a, b) {} }", []),
        ("a.js", "const x = 1\nexport { x as y }", "const x = 1\nexport { x }", ["y gone"]),
        ("a.ts", "export function f(a: string): number {}", "export function f(a: number): number {}", ["f"]),
        ("a.ts", "export function f(a: string): number {}", "export function f(a: string): void {}", ["f"]),
        ("a.ts", "export function f(a: string): number {}", "export function f(b: string, c?: X): number {}", []),
        ("a.ts", "export interface A { x: number }", "export interface A { x: string }", ["A"]),
        ("a.ts", "export type A = 'a' | 'b'", "export type A = 'a'", ["A"]),
        ("a.ts", "export interface A<out T, in out K = X> { x: T }", "export interface A<out T> { x: T }", ["A"]),
        ("a.ts", "export type A<out> = out[]", "export type A<in T> = T[]\nexport type B<const out U> = U", ["A"]),
        ("a.tsx", "export const B = () => <b/>", "export const B = () => <i/>", []),
        ("a.go", GO_F, GO_F.replace("int", "string"), ["F"]),
        ("a.go", GO_F, "package p\nfunc F(b int) error { return x }", []),
        ("a.go", "package p\nfunc F(a, b int) {}", "package p\nfunc F(a int, b int) {}", []),
        ("a.go", "package p\nfunc f(a int) {}", "package p\nfunc f(a string) {}", []),
        ("a.go", GO_T, GO_T.replace("A int", ""), ["T.A gone"]),
        ("a.go", "package p\nfunc (t *T) M() {}", "package p\n", ["T.M gone"]),
        ("a.rs", "pub fn f(a: u8) -> u8 { a }", "pub fn f(a: u16) -> u8 { 1 }", ["f"]),
        ("a.rs", "pub fn f(a: u8) -> u8 { a }", "pub(crate) fn f(a: u8) -> u8 { a }", ["f gone"]),
        ("a.rs", "pub fn f(a: u8) -> u8 { a }", "pub fn f(b: u8) -> u8 { 1 + b }", []),
        ("a.rs", "pub enum E { A, B }", "pub enum E { A }", ["E"]),
        ("a.rs", "pub struct S { pub a: u8, b: u8 }", "pub struct S { pub a: u8, c: u8 }", []),
        ("a.rs", "impl S { pub fn f(&self) {} }", "impl S { fn f(&self) {} }", ["S::f gone"]),
        ("a.rs", "pub trait T { fn f(&self); }", "pub trait T { fn f(&self, a: u8); }", ["T::f"]),
    ],
)  # fmt: skip
def test_what_others_relied_on_is_told(path: str, old: str, new: str, told: list[str]) -> None:
    assert api(path, old, new) == told


@pytest.mark.parametrize(
    ("path", "text", "rules"),
    [
        ("a.js", "eval(x)", ["runs"]),
        ("a.js", "child_process.exec(`ls ${x}`)", ["runs"]),
        ("a.js", "/a/.exec(x); re.exec(x)", []),
        ("a.ts", "db.query(`select * from t where id = ${id}`)", ["query"]),
        ("a.ts", "db.query('select * from t where id = ?', [id])", []),
        ("a.js", "el.innerHTML = text", ["markup"]),
        ("a.jsx", "<p dangerouslySetInnerHTML={x}/>", ["markup"]),
        ("a.js", "https.request({ rejectUnauthorized: false })", ["unverified"]),
        ("a.js", "crypto.createHash('md5')", ["weak"]),
        ("a.js", "crypto.createHash('sha256')", []),
        ("a.js", "fs.rmSync(path)", ["path"]),
        ("a.js", "try { f() } catch (e) {}", ["swallowed"]),
        ("a.go", 'package p\nfunc f() { exec.Command("sh", "-c", x) }', ["runs"]),
        ("a.go", 'package p\nfunc f() { db.Query(fmt.Sprintf("select a from t where b=%s", x)) }', ["query"]),
        ("a.go", "package p\nvar c = tls.Config{InsecureSkipVerify: true}", ["unverified"]),
        ("a.go", "package p\nfunc f() { md5.Sum(x) }", ["weak"]),
        ("a.rs", 'fn f() { Command::new("sh").arg(x); }', ["runs"]),
        ("a.rs", "fn f() { unsafe { g() } }", ["memory"]),
        ("a.rs", "fn f() { std::fs::remove_dir_all(p); }", ["path"]),
    ],
)
def test_places_where_data_becomes_power_are_found(path: str, text: str, rules: list[str]) -> None:
    assert [each.rule for each in foreign_sinks(path, text.encode())] == rules


def test_of_long_signatures_the_part_is_shown_where_they_differ() -> None:
    members = "; ".join(f"member{n}: string" for n in range(90))
    old, new = (
        exports("a.ts", f"export interface Far {{ {members}; last: {kind} }}\n".encode()) for kind in ("a", "b")
    )
    said = breaks(old["Far"], new["Far"])
    assert len(said) < 300
    assert "last: a" in said
    assert "last: b" in said
