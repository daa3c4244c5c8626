"""Uses of JavaScript, TypeScript, Go and Rust that the change left, and that no longer fit what they use.

A call is told only where it is known what it calls: by what the file imports, by its package, or because the tree has
one function of that name; and only if it fitted the old signature and does not fit the new one. Types are left to the
compiler. A method is known by its name alone, so that only names of two words or more are looked for: `add` may be
anybody's.
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from dataclasses import dataclass, field

from podium.checks.bench import Bench
from podium.checks.languages.calls import Bound, Call, calls, go_imports, go_package, go_uses, js_bindings
from podium.checks.languages.changed import foreign_sources
from podium.checks.languages.exports import Export, exports
from podium.checks.languages.syntax import parse
from podium.checks.ports import UnreadableError
from podium.checks.reading import reading
from podium.evidence.change_rules import changed_lines
from podium.evidence.fingerprint import Findings
from podium.evidence.grammar import Family, family_of
from podium.runs.model import FileChange

_ENDINGS: dict[Family, tuple[str, ...]] = {
    "js": (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts"),
    "go": (".go",),
    "rust": (".rs",),
}
_DEFINES: dict[Family, str] = {
    "js": (
        r"(?:function\s*\*?\s*|class\s+|(?:const|let|var)\s+)NAME\b"
        r"|^\s*(?:[a-z]+\s+)*[*#]?NAME\s*(?:<[^>\n]*>)?\([^)\n]*\)\s*(?::[^{;\n]+)?\{"
        r"|\bNAME\s*[:=]\s*(?:async\s*)?(?:function\b|\(|\w+\s*=>)"
    ),
    "go": r"^func\s+(?:\([^)\n]*\)\s*)?NAME\s*[\[(]",
    "rust": r"\bfn\s+NAME\s*[<(]",
}
_TWO_WORDS = re.compile(r"[a-z0-9]_[a-z0-9]|[a-z][A-Z]")
_SELF = re.compile(r"(?:^|\s)(?:mut )?self(?:$|\s*:)")
_TYPE = r"\b(?:struct|enum|union|trait)\s+NAME\b"
_WORD = re.compile(rb"[\w$\x80-\xff]+")
_MOST_NAMES = 1000  # that are looked for in each of them
_MOST_FILES = 400  # that are parsed for one candidate


@dataclass(frozen=True)
class Moved:
    """One function or name of a changed file, as it was; `new` is None where it is gone."""

    path: str
    owner: str  # its class or type; empty for a function
    name: str
    old: Export
    new: Export | None


@dataclass
class _Tree:
    """The files of one language on the candidate, and what was found in them."""

    family: Family
    texts: dict[str, bytes]
    touched: dict[str, frozenset[int]]
    found: Findings
    blind: list[str] = field(default_factory=list)
    told: set[tuple[str, int, str]] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)

    def defined(self, name: str, pattern: str = "") -> int:
        """How many functions of the tree have this name, as far as a pattern tells."""
        key = f"{pattern} {name}"
        if key not in self.counts:
            wanted = re.compile((pattern or _DEFINES[self.family]).replace("NAME", re.escape(name)).encode(), re.M)
            has = name.encode()
            self.counts[key] = sum(len(wanted.findall(text)) for text in self.texts.values() if has in text)
        return self.counts[key]

    def tell(self, rule: str, message: str, path: str, line: int) -> None:
        if line not in self.touched.get(path, frozenset()) and (path, line, message) not in self.told:
            self.told.add((path, line, message))
            self.found.add(rule, "warning", message, path=path, line=line, side="not changed")


def left_calls(bench: Bench, texts: dict[str, bytes], found: Findings) -> tuple[str, ...]:
    """Note each use that was left and does not fit any more; returns why something could not be looked at."""
    blind: list[str] = []
    moved: dict[Family, list[Moved]] = defaultdict(list)
    there = (each for each in foreign_sources(bench.order.changes) if each.status not in ("added", "copied"))
    for change, before, after in reading(bench.source, there, blind):
        family = family_of(change.old_path)
        if family is None:
            continue
        try:
            moved[family] += _moved(change, before, after)
        except UnreadableError as error:
            blind.append(f"{change.path}: {error}")
    touched = {
        change.path: frozenset(line.new for line in changed_lines(change) if line.kind == "+")
        for change in bench.order.changes
    }
    for family, names in moved.items():
        own = {path: text for path, text in texts.items() if path.endswith(_ENDINGS[family])}
        tree = _Tree(family, own, touched, found)
        _look(bench, tree, names)
        blind += tree.blind
    return tuple(blind)


def endings(changes: tuple[FileChange, ...]) -> tuple[str, ...]:
    """How the files end in which uses of changed files could stand."""
    families = {family_of(change.old_path) for change in foreign_sources(changes)}
    return tuple(each for family in ("js", "go", "rust") if family in families for each in _ENDINGS[family])


def _moved(change: FileChange, before: bytes, after: bytes) -> list[Moved]:
    old = exports(change.old_path, before, inner=True)
    new: dict[str, Export] = {}
    stays = change.status != "deleted" and family_of(change.path) == family_of(change.old_path)
    if stays:
        new = exports(change.path, after, inner=True)
    elsewhere = change.status == "renamed" and family_of(change.path) == "js"
    found: list[Moved] = []
    for name, was in old.items():
        now = None if elsewhere else new.get(name)
        if now is None and any(each.startswith("* from") for each in new):
            continue
        if now is None or (was.parameters is not None and now.parameters is not None and takes(was) != takes(now)):
            outer, _, last = name.replace("::", ".").rpartition(".")
            found.append(Moved(change.old_path, outer.rpartition(".")[2], last, was, now))
    return found


def takes(what: Export) -> tuple[int, int]:
    """How many arguments a function takes: at least, and at most (a large number where there is no end)."""
    given = what.parameters or ()
    # In Go and Rust every parameter is needed, but for Go's last one of any number.
    least = what.required if what.required <= len(given) else len(given) - what.open_ended
    return least, 10_000 if what.open_ended else len(given)


def _look(bench: Bench, tree: _Tree, moved: list[Moved]) -> None:
    names = {each.name.encode() for each in moved if each.name not in ("default", "constructor")}
    names |= {each.owner.encode() for each in moved if each.name == "constructor"}
    if tree.family == "js":
        names |= {_stem(each.path).encode() for each in moved if each.new is None or each.name == "default"}
    if not names:
        return
    if len(moved) > _MOST_NAMES:
        tree.blind.append(f"only {_MOST_NAMES} of {len(moved)} names that changed or are gone were looked for")
        moved = moved[:_MOST_NAMES]
    plain = {name for name in names if _WORD.fullmatch(name)}
    odd = names - plain - {b""}  # a module's file may have any name
    unread = parsed = 0
    for path, text in tree.texts.items():
        if plain.isdisjoint(_WORD.findall(text)) and not any(name in text for name in odd):
            continue
        parsed += 1
        if parsed > _MOST_FILES:
            tree.blind.append(f"more than {_MOST_FILES} files mention what changed")
            return
        try:
            root = parse(path, text)
        except UnreadableError:
            unread += 1
            continue
        match tree.family:
            case "js":
                _js(bench, tree, path, js_bindings(root), list(calls(root, "js")), moved)
            case "go":
                made = list(calls(root, "go"))
                _go(tree, path, go_package(root), go_imports(root), made, list(go_uses(root)), moved)
            case "rust":
                _rust(tree, path, text, list(calls(root, "rust")), moved)
    if unread:
        tree.blind.append(f"{unread} files that mention what changed cannot be parsed here")


def _judge(tree: _Tree, path: str, call: Call, each: Moved, hidden: int = 0) -> None:
    """Tell a call that fitted and does not fit; `hidden` counts the arguments that stand before the list."""
    if each.new is None or each.old.parameters is None or call.lines & tree.touched.get(path, frozenset()):
        return
    least, most = takes(each.new)
    before, after = takes(each.old)
    given = call.arguments + hidden
    if before <= given <= after and not least <= given <= most:
        name = each.owner if each.name == "constructor" and each.owner != "default" else call.name
        wants = least if least == most or given < least else most
        atmost = "" if least == most else "at least " if given < least else "at most "
        passes = f"{call.arguments} argument{'s' * (call.arguments != 1)}"
        tree.tell(
            "call-left", f"this call of {name} passes {passes}; it takes {atmost}{wants - hidden}", path, call.line
        )


# --- JavaScript and TypeScript ----------------------------------------------------------------------------------------


def _js(bench: Bench, tree: _Tree, path: str, bound: dict[str, Bound], made: list[Call], moved: list[Moved]) -> None:
    by_name: dict[str, list[Call]] = defaultdict(list)
    for call in made:
        by_name[call.name].append(call)
    for each in moved:
        if each.new is None:
            if not each.owner:
                _js_gone(bench, tree, path, bound, each)
            continue
        for local, what in bound.items() if not each.owner or each.name == "constructor" else ():
            wanted = each.owner if each.name == "constructor" else each.name
            if what.name == wanted and _leads(tree, what.source, path, each, wanted):
                for call in by_name[local]:
                    if call.how == ("new" if each.name == "constructor" else "plain"):
                        _judge(tree, path, call, each)
            elif what.name == "*" and resolves(what.source, path, each.path):
                # `require` gives what `module.exports` is: a function, or an object that holds it.
                called = by_name[local] if wanted == "default" else by_name[wanted]
                for call in called:
                    if (call.how == "plain" and wanted == "default") or call.before == local:
                        _judge(tree, path, call, each)
        _js_known(tree, path, bound, by_name, each)


def _js_known(tree: _Tree, path: str, bound: dict[str, Bound], by_name: dict[str, list[Call]], each: Moved) -> None:
    """Calls in the file itself, and those of a method by its name."""
    if each.owner and each.name != "constructor":
        if _TWO_WORDS.search(each.name) and tree.defined(each.name) == 1:
            for call in by_name[each.name]:
                if call.how == "member":
                    _judge(tree, path, call, each)
        return
    name, how = (each.owner, "new") if each.name == "constructor" else (each.name, "plain")
    if path == each.path and name not in bound and tree.defined(name) == 1:
        for call in by_name[name]:
            if call.how == how:
                _judge(tree, path, call, each)


def _leads(tree: _Tree, source: str, path: str, each: Moved, name: str) -> bool:
    """Whether an import leads to the changed file, directly or (there is one of that name) by another file."""
    if resolves(source, path, each.path):
        return True
    return name != "default" and source.startswith((".", "@/", "~/", "#")) and tree.defined(name) == 1


def resolves(source: str, path: str, target: str) -> bool:
    """Whether `./money` in one file means another one."""
    if not source.startswith("."):
        return False
    place = posixpath.normpath(posixpath.join(posixpath.dirname(path), source))
    return target == place or _bare(target) in (place, _bare(place), posixpath.join(place, "index"))


def _bare(path: str) -> str:
    stem, dot, ending = path.rpartition(".")
    return stem.removesuffix(".d") if dot and f".{ending}" in _ENDINGS["js"] else path


def _stem(path: str) -> str:
    stem = posixpath.basename(_bare(path))
    return posixpath.basename(posixpath.dirname(path)) if stem == "index" else stem


def _js_gone(bench: Bench, tree: _Tree, path: str, bound: dict[str, Bound], each: Moved) -> None:
    for what in bound.values():
        if not resolves(what.source, path, each.path):
            continue
        there = [other for other in bench.source.paths("candidate") if resolves(what.source, path, other)]
        if not there:
            tree.tell("use-left", f"this imports {each.path}, which is gone", path, what.line)
        elif what.name == each.name and there == [each.path]:
            tree.tell("use-left", f"this imports {each.name} of {each.path}, which is gone", path, what.line)


# --- Go ---------------------------------------------------------------------------------------------------------------


def _go(
    tree: _Tree,
    path: str,
    package: str,
    imports: dict[str, str],
    made: list[Call],
    uses: list[tuple[str, str, int]],
    moved: list[Moved],
) -> None:
    for each in moved:
        folder = posixpath.dirname(each.path)
        inside = posixpath.dirname(path) == folder and not package.endswith("_test")
        outside = {name for name, source in imports.items() if folder and f"/{source}".endswith(f"/{folder}")}
        if each.new is None:
            if not each.owner and not _go_has(tree, folder, each.name):
                for before, name, line in uses:
                    if name == each.name and before in outside:
                        tree.tell("use-left", f"this uses {before}.{name}, which is gone", path, line)
            continue
        for call in made:
            if call.name != each.name:
                continue
            if each.owner:
                known = call.how == "member" and call.before not in imports and tree.defined(each.name) == 1
                known = known and _TWO_WORDS.search(each.name) is not None
            elif call.how == "plain":
                known = inside
            else:
                known = call.how == "member" and call.before in outside
            if known:
                _judge(tree, path, call, each)


def _go_has(tree: _Tree, folder: str, name: str) -> bool:
    """Whether a file of a package still says the name where a declaration could stand."""
    says = re.compile(rb"^(?:func|type|var|const)\s+" + name.encode() + rb"\b|^\s+" + name.encode() + rb"\b", re.M)
    return any(says.search(text) for path, text in tree.texts.items() if posixpath.dirname(path) == folder)


# --- Rust -------------------------------------------------------------------------------------------------------------


def _rust(tree: _Tree, path: str, text: bytes, made: list[Call], moved: list[Moved]) -> None:
    for each in moved:
        typed = each.owner[:1].isupper()
        method = bool(each.old.parameters) and _SELF.search(each.old.parameters[0]) is not None
        count = tree.defined(each.name)
        for call in made if each.old.parameters is not None else ():
            if call.name != each.name:
                continue
            last = call.before.rpartition("::")[2].partition("<")[0]
            known, hidden = False, 0
            if typed and call.how == "path":
                own = last == each.owner or (last == "Self" and path == each.path)
                known = own and tree.defined(each.owner, _TYPE) == 1
            elif method and call.how == "member":
                known, hidden = count == 1 and _TWO_WORDS.search(each.name) is not None, 1
            elif not typed and call.how in ("plain", "path"):
                known = count <= 1 and not last[:1].isupper()
            if each.new is not None and known:
                _judge(tree, path, call, each, hidden)
            elif known and count == 0 and _rust_means(path, text, call, each):
                tree.tell("use-left", f"this calls {_said(call)}, which is gone", path, call.line)


def _rust_means(path: str, text: bytes, call: Call, each: Moved) -> bool:
    """Whether the file says the name as one of the module that had it; a method has no such words."""
    if call.how == "member":
        return False
    if path == each.path or each.owner[:1].isupper():
        return True
    stem = posixpath.basename(each.path).removesuffix(".rs")
    stem = posixpath.basename(posixpath.dirname(each.path)) if stem in ("mod", "lib", "main") else stem
    words = rb"\b" + re.escape(stem.encode()) + rb"\s*::\s*(?:\{[^}]*)?\b" + re.escape(each.name.encode()) + rb"\b"
    return re.search(words, text) is not None


def _said(call: Call) -> str:
    return f"{call.before.rpartition('::')[2]}::{call.name}" if call.before else call.name
