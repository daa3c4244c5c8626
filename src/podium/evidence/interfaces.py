"""What others reach a program by, other than its code: flags, routes, variables, schemas, migrations. Pure.

Told by lines, so for every language: a name that a removed line declared and no added line declares is gone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from podium.evidence.change_rules import changed_lines
from podium.evidence.fingerprint import Findings
from podium.evidence.test_code import belongs_to_tests, is_code, is_program
from podium.runs.model import DiffLine, FileChange

_Declared = dict[str, tuple[FileChange, DiffLine]]
_LINE_LIMIT = 2000
_QUOTED = r"[\"'`]"
_FLAG_CALL = re.compile(r"add_argument|\boption\b|\bOption\b|\bflag\b|\bFlag\b|\.flags?\(|#\[(?:arg|clap)")
_FLAG = re.compile(_QUOTED + r"(--[A-Za-z][\w-]*)")
_ROUTE = re.compile(
    r"(?:@?(?<![.\w])(?:(?:app|router|api|bp|blueprint|server|mux|routes|fastify)\w*|r|e|g)\s*\.\s*"
    r"(?:route|get|post|put|patch|delete|options|head|all|websocket|GET|POST|PUT|PATCH|DELETE|Handle(?:Func)?)"
    r"|\bhttp\.Handle(?:Func)?|\bRoute|\b(?:re_)?path)\s*\(\s*[rf]?" + _QUOTED + r"(/?[^\"'`\s]{0,200})" + _QUOTED
)
_VARIABLE = re.compile(
    r"(?:environ(?:\.get\(|\[)|getenv\(|\bGetenv\(|LookupEnv\(|env::var(?:_os)?\(|option_env!\(|process\.env\["
    r"|\bENV(?:\.fetch\(|\[)|EnvironmentVariable\(|\benvvar=)\s*"
    + _QUOTED
    + r"([A-Za-z_]\w*)|(?:process|import\.meta)\.env\.([A-Za-z_]\w*)"
)
_SCHEMA = re.compile(
    r"\.(?:proto|graphqls?|gql|avsc|xsd|thrift)$|(?:^|/)(?:openapi|swagger)[\w.-]*\.(?:ya?ml|json)$|\.schema\.json$"
    r"|(?:^|/)schema\.(?:sql|rb|prisma)$|\.prisma$"
)
_MIGRATION = re.compile(r"(?:^|/)(?:migrations?|alembic/versions|db/migrate|flyway)/.*\.(?:py|sql|rb|js|ts|go)$")
_DESTROYS = re.compile(
    r"(?i)\bdrop_(?:table|column|index|constraint)\b|\b(?:RemoveField|DeleteModel|RenameField|RenameModel|AlterField)\b"
    r"|\bdrop\s+(?:table|column|database|schema)\b|\btruncate\b|\bdelete\s+from\b|\balter\s+column\b"
    r"|\bdropColumn\b|\bdropTable\b|\bremove_column\b"
)
_UNDO = re.compile(
    r"(?i)\bdef\s+(?:downgrade|backward)|\breverse_\w+|\bexports\.down\b|\bdown\s*\(|-- ?(?:\+goose )?down"
)


def has_interfaces(changes: tuple[FileChange, ...]) -> bool:
    """Whether a candidate touches a file that could declare any of that."""
    return any(
        (is_code(change.path) and not belongs_to_tests(change.path))
        or _SCHEMA.search(change.old_path)
        or _MIGRATION.search(change.path)
        for change in changes
    )


def interface_changes(changes: tuple[FileChange, ...]) -> Findings:
    """Everything of that sort in a candidate."""
    found = Findings()
    for rule, what, names in _SORTS:
        gone, come = _sides(changes, names)
        for name, (change, line) in gone.items():
            if name not in come:
                found.add_line(f"{rule}-gone", "warning", f"the {what} {name} is gone from here", change, line)
        for name, (change, line) in come.items():
            if name not in gone:
                found.add_line(f"{rule}-new", "note", f"a new {what}: {name}", change, line)
    for change in changes:
        if _MIGRATION.search(change.path):
            _migration(change, found)
        elif _SCHEMA.search(change.old_path) and change.status != "added":
            _schema(change, found)
    return found


def interfaces_gone(changes: tuple[FileChange, ...]) -> Iterator[tuple[str, str]]:
    """What it is, and its name, for each that a removed line declared and no added line declares."""
    for _, what, names in _SORTS:
        gone, come = _sides(changes, names)
        yield from ((what, name) for name in gone if name not in come)


def _flags(text: str) -> Iterator[str]:
    if "--" in text and _FLAG_CALL.search(text):
        yield from _FLAG.findall(text)


def _routes(text: str) -> Iterator[str]:
    if "(" in text and any(quote in text for quote in "\"'`"):
        yield from (found for found in _ROUTE.findall(text) if found)


def _env(text: str) -> Iterator[str]:
    if "env" in text or "Env" in text or "ENV" in text:
        yield from (one or other for one, other in _VARIABLE.findall(text))


_SORTS = (("cli-flag", "flag", _flags), ("route", "route", _routes), ("variable", "variable", _env))


def _sides(changes: tuple[FileChange, ...], names: Callable[[str], Iterator[str]]) -> tuple[_Declared, _Declared]:
    """The names that removed lines declare, and those that added lines declare, each where it first stands."""
    gone, come = _Declared(), _Declared()
    for change in changes:
        if not is_program(change.path):
            continue
        for line in changed_lines(change):
            side = gone if line.kind == "-" else come
            for name in names(line.text[:_LINE_LIMIT]):
                side.setdefault(name, (change, line))
    return gone, come


def _migration(change: FileChange, found: Findings) -> None:
    if change.status in ("modified", "deleted", "renamed"):
        message = "a migration that others may have run already is changed"
        found.add("migration-changed", "error", message, path=change.path)
        return
    lines = [line for line in changed_lines(change) if line.kind == "+"]
    for line in lines:
        if _DESTROYS.search(line.text[:_LINE_LIMIT]):
            found.add_line("migration-destroys", "warning", "this migration takes something away", change, line)
    if lines and not any(_UNDO.search(line.text[:_LINE_LIMIT]) for line in lines):
        found.add("migration-one-way", "note", "this migration says no way back", path=change.path)


def _schema(change: FileChange, found: Findings) -> None:
    if change.status == "deleted":
        found.add("schema", "warning", "a schema is gone", path=change.old_path, side="old")
        return
    removed = [line for line in changed_lines(change) if line.kind == "-" and line.text.strip(" \t{}[](),;#/*-")]
    if removed:
        message = f"{len(removed)} lines of a schema are gone or changed"
        found.add_line("schema", "warning", message, change, removed[0])
