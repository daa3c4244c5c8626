"""Places in JavaScript, TypeScript, Go and Rust where data becomes code, a command, a query, a path or trust. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from podium.checks.languages.syntax import line_of, parse, walk, words
from podium.checks.python_sinks import Sink
from podium.evidence.grammar import Family, family_of

if TYPE_CHECKING:
    from tree_sitter import Node

_SQL = re.compile(r"\b(?:select\b.+\bfrom|insert\s+into|update\b.+\bset|delete\s+from|drop\s+table)\b", re.I | re.S)
_MIXED = re.compile(r"\$\{|[\"'`]\s*\+|\+\s*[\"'`]|Sprintf|format!")

_Call = tuple[str, re.Pattern[str], str]


def _calls(rule: str, does: str, *patterns: str) -> _Call:
    return rule, re.compile("|".join(patterns)), does


_CALLS: dict[Family, tuple[_Call, ...]] = {  # the first that fits is told
    "js": (
        _calls(
            "runs",
            "runs code or a command",
            r"^(?:eval|Function|vm\.\w+)$",
            r"(?:^|\.)(?:exec|execSync|execFile|execFileSync|spawn|spawnSync|fork)$",
        ),
        _calls(
            "markup",
            "puts text into the page as markup",
            r"(?:^|\.)(?:insertAdjacentHTML|document\.write(?:ln)?|bypassSecurityTrust\w+)$",
        ),
        _calls(
            "deserialises",
            "can run code that the data brings",
            r"(?:^|\.)(?:unserialize|deserialize|yaml\.load|v8\.deserialize)$",
        ),
        _calls("weak", "does not withstand an attacker", r"(?:^|\.)(?:createHash|createHmac|createCipher(?:iv)?)$"),
        _calls(
            "path",
            "writes, removes or hands out a file",
            r"(?:^|\.)(?:sendFile|unlink|unlinkSync|rm|rmSync|rmdir|rmdirSync)$",
            r"(?:^|\.)(?:writeFile|writeFileSync|createWriteStream|symlink|chmod)$",
        ),
    ),
    "go": (
        _calls(
            "runs", "runs a command", r"^(?:exec\.Command(?:Context)?|syscall\.Exec|os\.StartProcess|plugin\.Open)$"
        ),
        _calls("markup", "puts text into the page as markup", r"^template\.(?:HTML|JS|CSS|URL|HTMLAttr)$"),
        _calls("deserialises", "reads data that can be anything", r"^gob\.NewDecoder$"),
        _calls(
            "weak",
            "does not withstand an attacker",
            r"^(?:md5|sha1|des|rc4)\.\w+$",
            r"^rand\.(?:Int\w*|Read|Seed)$",
        ),
        _calls(
            "path",
            "writes, removes or hands out a file",
            r"^os\.(?:RemoveAll|Remove|WriteFile|Chmod|Symlink|Create)$",
            r"^http\.(?:ServeFile|Dir)$",
        ),
        _calls("memory", "goes round the type system", r"^unsafe\.\w+$"),
    ),
    "rust": (
        _calls("runs", "runs a command", r"(?:^|::)Command::new$", r"^libc::\w+$"),
        _calls(
            "memory",
            "goes round the compiler's checks",
            r"(?:^|::)(?:transmute|from_raw_parts\w*|from_utf8_unchecked)$",
            r"(?:::|\.)get_unchecked\w*$",
        ),
        _calls("weak", "does not withstand an attacker", r"(?:^|::)(?:Md5|Sha1)::new$", r"^md5::compute$"),
        _calls(
            "path",
            "writes or removes a file",
            r"(?:^|::)(?:remove_dir_all|remove_file|fs::write|set_permissions|File::create)$",
        ),
    ),
}
_WEAK_WORDS = re.compile(r"[\"'](?:md5|sha1|des|rc4|aes-\d+-ecb)[\"']", re.I)
_QUERY = re.compile(
    r"(?:\.|^)(?:query|queryRaw|\$queryRawUnsafe|\$executeRawUnsafe|raw|execute|sql_query"
    r"|Query|QueryRow|QueryContext|Exec|ExecContext|Raw)$"
)
_UNVERIFIED = re.compile(
    r"rejectUnauthorized\s*:\s*false|InsecureSkipVerify\s*:\s*true|NODE_TLS_REJECT_UNAUTHORIZED"
    r"|danger_accept_invalid_(?:certs|hostnames)\s*\(\s*true"
)
_HTML = re.compile(r"\.(?:innerHTML|outerHTML)$")
_CALL_TYPES = ("call_expression", "new_expression")


def foreign_sinks(path: str, source: bytes) -> tuple[Sink, ...]:
    """Every sink of a file. Raises UnreadableError."""
    family = family_of(path)
    if family is None or not source.strip():
        return ()
    return tuple(_found(parse(path, source), family))


def _found(root: Node, family: Family) -> Iterator[Sink]:
    for node in walk(root):
        told = _call(node, family) if node.type in _CALL_TYPES else _other(node, family)
        if told:
            rule, what = told
            yield Sink(rule, words(node)[:300], what, line_of(node))


def _call(node: Node, family: Family) -> tuple[str, str] | None:
    name = words(node.child_by_field_name("function") or node.child_by_field_name("constructor"))[:200]
    arguments = node.child_by_field_name("arguments")
    given = words(arguments)[:4000]
    if _QUERY.search(name) and _SQL.search(given) and _MIXED.search(given):
        return "query", f"{name} gets a query that is put together from text"
    for rule, pattern, does in _CALLS[family]:
        if not pattern.search(name):
            continue
        if rule == "weak" and family == "js" and not _WEAK_WORDS.search(given):
            return None
        if family == "js" and name.endswith(".exec") and not re.search(r"(?i)child_process|\bcp\b|shell|proc", name):
            return None  # of a regular expression
        return rule, f"{name} {does}"
    return None


def _other(node: Node, family: Family) -> tuple[str, str] | None:
    match node.type:
        case "assignment_expression" if family == "js":
            left = words(node.child_by_field_name("left"))
            return ("markup", f"{left} puts text into the page as markup") if _HTML.search(left) else None
        case "jsx_attribute" if words(node).startswith("dangerouslySetInnerHTML"):
            return "markup", "dangerouslySetInnerHTML puts text into the page as markup"
        case "pair" | "keyed_element" if _UNVERIFIED.search(words(node)[:200]):
            return "unverified", "it does not verify who it talks to"
        case "unsafe_block" if family == "rust":
            return "memory", "unsafe code goes round the compiler's checks"
        case "catch_clause" if family == "js" and _empty(node.child_by_field_name("body")):
            return "swallowed", "every error is swallowed here"
        case "method_call_expression" | "call_expression" if _UNVERIFIED.search(words(node)[:300]):
            return "unverified", "it does not verify who it talks to"
        case _:
            return None


def _empty(body: Node | None) -> bool:
    return body is not None and all("comment" in each.type for each in body.named_children)
