"""A first plan by rule, for a person to edit: `draft`.

The rule is plain on purpose, so that a person sees at once why a plan looks as it does:

1. An edge case goes with the behaviour that it concerns: the one that it names, else the one it shares most words with.
2. A small spec, or one whose behaviours all live in one place, is one task; a place with many behaviours is cut into
   tasks that follow one another.
3. Behaviours that live in different places are tasks that may run at once. A place is a folder of the spec's scope that
   a clause names, or shares a word with.
4. Tests go with what they test. What is said of documents is a task of its own at the end, if the scope holds them.
5. Files that only people may change are cut out of every scope.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from podium.plan.model import Plan, Task
from podium.plan.narrow import escaped, human_only, narrowed
from podium.plan.parse import SUFFIX, parse_plan, render_plan
from podium.project.globs import matcher, overlaps
from podium.project.model import Settings
from podium.spec.model import Clause, Spec

SMALL = 8
"""Clauses up to which a spec is one task."""
MOST = 6
"""Behaviours of one task."""
_LINES_PER_CLAUSE = 60
_BUDGET = 400

_NAMED = re.compile(r"\b[B][1-9][0-9]*\b")
_CODE = re.compile(r"`([^`]+)`")
_WORD = re.compile(r"[a-z][a-z0-9]{2,}")
_DOCUMENTS = re.compile(
    r"\b(?:documentation|documents?|documented|docs|readme|manual|runbook|changelog|guide|tutorial|man page)\b"
    r"|\.(?:md|rst)\b",
    re.IGNORECASE,
)
_TEST_NAME = re.compile(
    r"(?P<folder>(?:.*/)?)(?P<before>test_)?[A-Za-z0-9_-]+?(?P<after>_test|\.test|\.spec)?(?P<suffix>\.[a-z]{1,4})"
)
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "the and for with that this from are was not its has have than then when while each every all any one two "
        "must shall will can may into out per over under only same new old first last which who whose they them "
        "answer answers request requests file files server user users page value values number name list test tests "
        "src lib app code main index init",
    )
)


class _Group(NamedTuple):
    title: str
    clauses: tuple[Clause, ...]
    scope: tuple[str, ...]
    why: str
    after: tuple[int, ...] = ()  # numbers of the groups that it depends on


def draft(spec: Spec, tracked_files: Sequence[str], settings: Settings) -> Plan:
    """A plan whose text explains each task in a comment. It is for a person to check, not to be approved unread."""
    scope = narrowed(spec.scope, tracked_files, human_only(settings))
    groups = _groups(spec, scope, tracked_files)
    tasks = tuple(
        Task(
            id=f"T{number}",
            title=group.title,
            clauses=tuple(clause.id for clause in group.clauses),
            scope=group.scope,
            depends_on=tuple(f"T{needed + 1}" for needed in group.after),
            budget=max(100, min(_BUDGET, _LINES_PER_CLAUSE * len(group.clauses))),
        )
        for number, group in enumerate(groups, 1)
    )
    left_out = [glob for glob in spec.scope if glob not in scope]
    head = _head(spec, left_out)
    path = f"{settings.specs}/{spec.name}{SUFFIX}"
    text = render_plan(
        Plan(spec=spec.name, tasks=tasks, text="", blob=""),
        {task.id: group.why for task, group in zip(tasks, groups, strict=True)},
        head,
    )
    return parse_plan(text, path, spec.name)


def _head(spec: Spec, left_out: Sequence[str]) -> str:
    lines = [
        f"The plan for {spec.name}.md, drafted by rule: edit it, then `podium plan approve {spec.name}`.",
        "Tasks run at the same time unless one depends on another, or both may touch the same files.",
    ]
    if left_out:
        lines.append(f"Cut down, since parts of it are for people only: {', '.join(left_out)}.")
    return "\n".join(lines)


def _groups(spec: Spec, scope: tuple[str, ...], tracked_files: Sequence[str]) -> list[_Group]:
    documents = tuple(glob for glob in scope if _is_documents(glob))
    code = tuple(glob for glob in scope if glob not in documents) or scope
    about_documents = tuple(
        clause for clause in spec.clauses if clause.kind == "done" and documents and _DOCUMENTS.search(clause.text)
    )
    clauses = tuple(clause for clause in spec.clauses if clause not in about_documents)
    behaviours = [clause for clause in clauses if clause.kind == "behaviour"]
    if len(spec.clauses) <= SMALL or len(behaviours) < 2:
        why = f"One task: {len(spec.clauses)} clauses are few enough to review at once."
        return [_Group(spec.title, spec.clauses, scope, why)]
    edges = _with_behaviours(clauses, behaviours)
    groups = _by_place(spec, behaviours, edges, code, tracked_files)
    groups = _with_done(groups, [clause for clause in clauses if clause.kind == "done"])
    if about_documents:
        title = f"{spec.title}: documentation"
        why = "Documents, once there is something to describe."
        groups.append(_Group(title, about_documents, documents, why, tuple(range(len(groups)))))
    elif documents:
        groups[-1] = groups[-1]._replace(scope=(*groups[-1].scope, *documents))
    return groups


def _with_done(groups: list[_Group], done: Sequence[Clause]) -> list[_Group]:
    """What must be true at the end belongs to the task that ends last; if none does, to each that has no follower."""
    if not done:
        return groups
    followed = {needed for group in groups for needed in group.after}
    return [
        group if number in followed else group._replace(clauses=(*group.clauses, *done))
        for number, group in enumerate(groups)
    ]


def _with_behaviours(clauses: Sequence[Clause], behaviours: Sequence[Clause]) -> dict[str, list[Clause]]:
    """The edge cases of each behaviour."""
    found: dict[str, list[Clause]] = {clause.id: [] for clause in behaviours}
    for edge in clauses:
        if edge.kind != "edge":
            continue
        named = [name for name in _NAMED.findall(edge.text) if name in found]
        if named:
            found[named[0]].append(edge)
            continue
        mine = _words(edge.text)
        best = max(behaviours, key=lambda clause: (len(mine & _words(clause.text)), -behaviours.index(clause)))
        found[best.id].append(edge)
    return found


def _by_place(
    spec: Spec,
    behaviours: Sequence[Clause],
    edges: dict[str, list[Clause]],
    code: tuple[str, ...],
    tracked_files: Sequence[str],
) -> list[_Group]:
    tests = tuple(glob for glob in code if _is_tests(glob))
    places = _places(tuple(glob for glob in code if glob not in tests) or code, tracked_files)
    homes: dict[str, list[Clause]] = {}
    lost: list[Clause] = []
    for clause in behaviours:
        home = _home(clause, edges[clause.id], places)
        (homes.setdefault(home, []) if home else lost).append(clause)
    if len(homes) < 2:
        return _chain(spec.title, behaviours, edges, code, [], "everything is about the same files")
    groups: list[_Group] = []
    for home, mine in homes.items():
        label = PurePosixPath(home.rstrip("/*")).stem or home
        scope = (*places[home], *_tests_of(label, tests, tracked_files))
        groups += _chain(f"{spec.title}: {label}", mine, edges, scope, groups, f"all about {home}")
    if lost:
        reason = "the rule cannot tell where these live, so they may change all of the scope"
        groups += _chain(f"{spec.title}: the rest", lost, edges, code, groups, reason)
    return groups


def _chain(
    title: str,
    behaviours: Sequence[Clause],
    edges: dict[str, list[Clause]],
    scope: tuple[str, ...],
    before: Sequence[_Group],
    reason: str,
) -> list[_Group]:
    """Tasks over the same files: one, or several that follow one another."""
    count = -(-len(behaviours) // MOST)
    size = -(-len(behaviours) // count)
    groups: list[_Group] = []
    for number in range(count):
        mine = behaviours[number * size : (number + 1) * size]
        concerned = sorted((edge for clause in mine for edge in edges[clause.id]), key=lambda edge: edge.line)
        clauses = (*mine, *concerned)
        part = f", part {number + 1} of {count}" if count > 1 else ""
        names = ", ".join(clause.id for clause in mine)
        why = f"{names} with the edge cases that concern them: {reason}."
        after = (len(before) + number - 1,) if number else ()
        if after:
            why += f" It follows T{after[0] + 1}, since both change the same files."
        groups.append(_Group(title + part, clauses, scope, why, after))
    return groups


def _is_tests(glob: str) -> bool:
    return (
        re.search(
            r"(?:^|/)(?:tests?|specs?|__tests__|e2e)(?:/|$)|(?:^|/|\*)(?:test_|_test\b|\*?\.(?:test|spec)\.)", glob
        )
        is not None
    )


def _is_documents(glob: str) -> bool:
    return (
        re.search(r"(?:^|/)(?:docs?|documentation|man)(?:/|$)|\.(?:md|rst)$|(?:^|/)(?:README|CHANGELOG)", glob)
        is not None
    )


def _places(code: tuple[str, ...], tracked_files: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Where work may happen: each glob of the scope; a single wide one is taken apart into its folders and files."""
    if len(code) != 1:
        return {glob: (glob,) for glob in code}
    within = matcher(code)
    root = re.split(r"[*?\[]", code[0], maxsplit=1)[0].rpartition("/")[0]
    depth = len(root) + 1 if root else 0
    children = {
        f"{path[: path.index('/', depth)]}/**" if "/" in path[depth:] else escaped(path)
        for path in tracked_files
        if within(path) and not _is_tests(path)
    }
    return {child: (child,) for child in sorted(children)} if len(children) > 1 else {code[0]: code}


def _home(clause: Clause, edges: Sequence[Clause], places: dict[str, tuple[str, ...]]) -> str:
    """The place that a behaviour is about: the one that its code names, else the folder whose name it says."""
    named = [name for name in _CODE.findall(clause.text) if not re.search(r"\s", name)]
    for place, globs in places.items():
        file = PurePosixPath(place).name
        if file in named or any("/" in path and overlaps(glob, path) for glob in globs for path in named):
            return place
    words = _words(clause.text)
    more = {word for edge in edges for word in _words(edge.text)}
    folders = {place: _words(place) for place in places if place.endswith("*")}
    scored = {place: (len(words & mine), len(more & mine)) for place, mine in folders.items()}
    best = max(scored, key=lambda place: scored[place], default="")
    return best if best and scored[best] > (0, 0) and list(scored.values()).count(scored[best]) == 1 else ""


def _tests_of(label: str, tests: tuple[str, ...], tracked_files: Sequence[str]) -> tuple[str, ...]:
    """The tests for a place: globs and files that say its name, else one new file, named as its neighbours are."""
    wanted = _words(label)
    named = tuple(glob for glob in tests if wanted & _words(glob))
    if named:
        return named
    within = matcher(tests)
    files = [path for path in tracked_files if within(path)]
    known = tuple(escaped(path) for path in files if wanted & _words(PurePosixPath(path).stem))
    if known:
        return known
    for path in files:
        style = _TEST_NAME.fullmatch(path)
        if style is not None:
            return (f"{style['folder']}{style['before'] or ''}{label}{style['after'] or ''}{style['suffix']}",)
    return tuple(f"{glob.removesuffix('**')}{label}/**" if glob.endswith("/**") else glob for glob in tests)


def _words(text: str) -> frozenset[str]:
    found = _WORD.findall(text.lower())
    return frozenset(word.removesuffix("s") for word in found if word not in _COMMON) - _COMMON
