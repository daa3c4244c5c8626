"""Would a test fail if a changed line were wrong? A pytest plugin; `begin` is called in the line that Podium adds.

The session collects once. Then everything happens in forked children, so that no mutant outlives its test and no file
is written: one child runs all tests and tells which runs which changed line; each mutant's child puts the mutated code
in place of the function's and runs the tests that run its line, until one fails. Before a function's mutants, its
**null mutant** runs: the same code compiled again. Unless its tests pass, what is seen of that function means nothing.
"""

from __future__ import annotations

import ast
import copy
import gc
import json
import os
import select
import signal
import time
import types
import warnings
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from podium.checks.inside.lines_plugin import Recorder
else:
    from podium_lines_plugin import Recorder  # its name in the sandbox

_SWAPS: dict[Any, list[Any]] = {
    ast.Lt: [ast.LtE, ast.GtE], ast.LtE: [ast.Lt, ast.Gt], ast.Gt: [ast.GtE, ast.LtE], ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq], ast.Is: [ast.IsNot], ast.IsNot: [ast.Is], ast.In: [ast.NotIn],
    ast.NotIn: [ast.In], ast.And: [ast.Or], ast.Or: [ast.And], ast.Add: [ast.Sub], ast.Sub: [ast.Add],
    ast.Mult: [ast.Add], ast.Div: [ast.Mult], ast.FloorDiv: [ast.Mult], ast.Mod: [ast.Mult],
    ast.LShift: [ast.RShift], ast.RShift: [ast.LShift], ast.BitAnd: [ast.BitOr], ast.BitOr: [ast.BitAnd],
}  # fmt: skip
_SIGNS: dict[Any, str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.Is: "is",
    ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in", ast.And: "and", ast.Or: "or", ast.Add: "+", ast.Sub: "-",
    ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.LShift: "<<", ast.RShift: ">>",
    ast.BitAnd: "&", ast.BitOr: "|",
}  # fmt: skip
_TALK = ("log", "logger", "logging", "warnings", "warn", "print")  # what they say is not what the code does
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Target:
    """One outermost function with changed lines, and its function objects."""

    def __init__(self, path: str, file: str, node: Any, around: list[Any], futures: list[Any]) -> None:
        self.path = path
        self.file = file
        self.node = node
        self.around = around  # the classes that it is in, outermost first
        self.futures = futures
        self.functions: list[Any] = []

    def compile(self, node: Any) -> Any:
        """The code of a version of this function, compiled within its classes alone: names resolve as they did."""
        body: Any = node
        for each in reversed(self.around):
            body = ast.ClassDef(
                name=each.name, bases=[], keywords=[], body=[body], decorator_list=[], lineno=1, col_offset=0
            )
            body.type_params = []
        module = ast.fix_missing_locations(ast.Module(body=[*self.futures, body], type_ignores=[]))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(module, self.file, "exec", dont_inherit=True)
        names = [*(each.name for each in self.around), node.name]
        for name in names:
            code = _inner(code, name)
        return code


class Mutant:
    """One small change of a function: what `ask` asks about, at a line."""

    def __init__(self, target: Target, place: int, change: Any, line: int, ask: str) -> None:
        self.target = target
        self.place = place  # in the order of ast.walk
        self.change = change
        self.line = line
        self.ask = ask
        self.status = "not tried"
        self.tests = 0

    def code(self) -> Any:
        node = copy.deepcopy(self.target.node)
        found = next(each for index, each in enumerate(ast.walk(node)) if index == self.place)
        self.change(found)
        return self.target.compile(node)


def _inner(code: Any, name: str) -> Any:
    """The code object called `name` within another, also behind the scope of type parameters."""
    inner = [each for each in code.co_consts if isinstance(each, types.CodeType)]
    for each in inner:
        if each.co_name == name:
            return each
    return next(_inner(each, name) for each in inner if each.co_name.startswith("<generic parameters"))


# --- what is mutated --------------------------------------------------------------------------------------------------


def targets(path: str, file: str, lines: frozenset[int]) -> list[Target]:
    """The outermost functions of a file that hold any of these lines."""
    with open(file, "rb") as opened:  # noqa: PTH123
        source = opened.read()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(source)
    futures = [each for each in tree.body if isinstance(each, ast.ImportFrom) and each.module == "__future__"]
    found: list[Target] = []

    def look(body: Any, around: list[Any]) -> None:
        for node in body:
            if isinstance(node, _FUNCTIONS):
                if any(node.lineno <= line <= (node.end_lineno or 0) for line in lines):
                    found.append(Target(path, file, node, around, futures))
            elif isinstance(node, ast.ClassDef):
                look(node.body, [*around, node])
            else:
                for name in ("body", "orelse", "finalbody"):
                    look(getattr(node, name, []), around)

    look(tree.body, [])
    return found


def mutants(target: Target, lines: frozenset[int]) -> list[Mutant]:
    """All mutants of a function on these lines."""
    allowed: set[int] = set()
    for statement in target.node.body:
        _allow(statement, allowed)
    found: list[Mutant] = []
    for place, node in enumerate(ast.walk(target.node)):
        line = getattr(node, "lineno", 0)
        if id(node) in allowed and line in lines:
            found.extend(Mutant(target, place, change, line, ask) for change, ask in _changes(node))
    return found


def _allow(node: Any, allowed: set[int]) -> None:
    """Everything but annotations, messages of errors, and talk."""
    if isinstance(node, (ast.Raise, ast.Assert, ast.JoinedStr)) or (isinstance(node, ast.Expr) and _talks(node.value)):
        return
    allowed.add(id(node))
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for each in value if isinstance(value, list) else [value]:  # pyright: ignore[reportUnknownVariableType]
            if isinstance(each, ast.AST):
                _allow(each, allowed)


def _talks(node: Any) -> bool:
    while isinstance(node, (ast.Call, ast.Attribute)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return isinstance(node, ast.Name) and node.id in _TALK


def _changes(node: Any) -> list[Any]:
    """The changes of one node: a function that makes it, and what is asked."""
    found: list[Any] = []
    if isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            found += [(_operator(new, index), _swapped(operator, new)) for new in _SWAPS.get(type(operator), [])]
    elif isinstance(node, (ast.BoolOp, ast.BinOp, ast.AugAssign)):
        found += [(_operator(new), _swapped(node.op, new)) for new in _SWAPS.get(type(node.op), [])]
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        found.append((_negated("operand"), "this `not` were not there"))
    elif isinstance(node, (ast.If, ast.While, ast.IfExp)):
        plain = not isinstance(node.test, (ast.Compare, ast.BoolOp, ast.UnaryOp, ast.Constant))
        found += [(_negated("test"), "this condition were reversed")] if plain else []
    elif isinstance(node, ast.Constant):
        found += _constants(node)
    elif isinstance(node, ast.Return):
        if node.value is not None and not isinstance(node.value, ast.Constant):
            found.append((_nothing, "this `return` gave None"))
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        found.append((_nothing, "this call of `%s` were left out" % ast.unparse(node.value.func)[:60]))  # noqa: UP031
    return found


def _constants(node: Any) -> list[Any]:
    if isinstance(node.value, bool):
        return [(_value(not node.value), "this `%s` were `%s`" % (node.value, not node.value))]  # noqa: UP031
    if isinstance(node.value, (int, float)):
        return [(_value(node.value + 1), "this `%s` were `%s`" % (node.value, node.value + 1))]  # noqa: UP031
    return []


def _swapped(old: Any, new: Any) -> str:
    return "this `%s` were `%s`" % (_SIGNS[type(old)], _SIGNS[new])  # noqa: UP031


def _operator(new: Any, index: int | None = None) -> Any:
    def change(node: Any) -> None:
        if index is None:
            node.op = new()
        else:
            node.ops[index] = new()

    return change


def _negated(field: str) -> Any:
    def change(node: Any) -> None:
        setattr(node, field, ast.UnaryOp(op=ast.Not(), operand=getattr(node, field)))

    return change


def _value(new: Any) -> Any:
    def change(node: Any) -> None:
        node.value = new

    return change


def _nothing(node: Any) -> None:
    # The old value stays where it is never reached: a function that closes over other names cannot be put in its place.
    none, always = ast.Constant(value=None), ast.Constant(value=True)
    node.value = ast.IfExp(test=always, body=none, orelse=node.value)


# --- running them -----------------------------------------------------------------------------------------------------


class Failed:
    """Sees whether a test failed, and how long each took."""

    def __init__(self) -> None:
        self.failed: set[str] = set()
        self.seconds: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration
        if report.failed:
            self.failed.add(report.nodeid)


class Hooks:
    """Takes the place of the session's own loop over tests."""

    def __init__(self, root: str, out: str, data: Any) -> None:
        self.root = root
        self.out = out
        self.lines = {path: frozenset(lines) for path, lines in data["lines"].items()}
        self.most = data["most"]
        self.deadline = time.monotonic() + data["seconds"]
        self.told: dict[str, Any] = {"tests": 0, "blind": [], "mutants": [], "uncovered": 0}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: Any) -> Any:
        if session.config.option.collectonly or not session.items:
            return None
        known = self._map(session)
        if known is not None:
            self._all(session, known)
            self._write()
        return True

    def _map(self, session: Any) -> Any:
        """Which item runs which line, from a child that runs them all; None when it did not come to its end."""
        target = os.path.join(self.out, "mutants-map.json")  # noqa: PTH118

        def work() -> bool:
            recorder, failed = Recorder(self.root, self.out, {p: list(n) for p, n in self.lines.items()}), Failed()
            session.config.pluginmanager.register(failed)
            recorder.start()
            for index, item in enumerate(session.items):
                recorder.resume()
                recorder.test = index
                following = session.items[index + 1] if index + 1 < len(session.items) else None
                item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
            lines = [[path, line, sorted(tests - {-1})] for (path, line), tests in recorder.hits.items()]
            with open(target, "w") as file:  # noqa: PTH123
                json.dump({"lines": lines, "failed": sorted(failed.failed), "seconds": failed.seconds}, file)
            return True

        if _child(work, self.deadline - time.monotonic()) != "passed":
            return None
        with open(target) as file:  # noqa: PTH123
            return json.load(file)

    def _all(self, session: Any, known: Any) -> None:
        covering: dict[Any, list[int]] = {(path, line): tests for path, line, tests in known["lines"]}
        failed = set(known["failed"])
        self.told["tests"] = len(session.items)
        found: list[Mutant] = []
        for path, lines in sorted(self.lines.items()):
            file = os.path.realpath(os.path.join(self.root, path))  # noqa: PTH118
            for target in targets(path, file, lines):
                found += self._of(target, lines)
        chosen: list[Any] = []
        for mutant in found:
            tests = [t for t in covering.get((mutant.target.path, mutant.line), []) if _name(session, t) not in failed]
            if tests:
                chosen.append((mutant, tests))
            else:
                self.told["uncovered"] += 1
        sound: dict[int, bool] = {}
        for mutant, tests in _spread(chosen)[: self.most]:
            self._one(session, mutant, tests, known["seconds"], sound)
        self.told["mutants"] = [
            {"path": m.target.path, "line": m.line, "ask": m.ask, "status": m.status, "tests": m.tests}
            for m, _tests in chosen
        ]

    def _of(self, target: Target, lines: frozenset[int]) -> list[Mutant]:
        first = min([target.node.lineno, *(each.lineno for each in target.node.decorator_list)])
        for each in gc.get_objects():
            if not isinstance(each, types.FunctionType) or each.__code__.co_name != target.node.name:
                continue
            same = each.__code__.co_firstlineno in (first, target.node.lineno)
            if same and os.path.realpath(each.__code__.co_filename) == target.file:
                target.functions.append(each)
        if not target.functions:
            self.told["blind"].append("%s: %s is not there when the tests begin" % (target.path, target.node.name))  # noqa: UP031
            return []
        return mutants(target, lines)

    def _one(self, session: Any, mutant: Mutant, tests: list[int], seconds: Any, sound: dict[int, bool]) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            return
        items = [session.items[test] for test in tests]
        limit = min(left, 2.0 + 5.0 * sum(seconds.get(item.nodeid, 0.0) for item in items))
        target = mutant.target
        if id(target) not in sound:
            null = _child(lambda: _passes(session, target, target.compile(target.node), items), limit)
            sound[id(target)] = null == "passed"
            if null != "passed":
                place = (target.path, target.node.name)
                self.told["blind"].append("%s: the tests of %s fail without any change" % place)  # noqa: UP031
        if sound[id(target)]:
            mutant.tests = len(items)
            mutant.status = _child(lambda: _passes(session, target, mutant.code(), items), limit)

    def _write(self) -> None:
        target = os.path.join(self.out, "mutants.json")  # noqa: PTH118
        with open(target + ".new", "w") as file:  # noqa: PTH123
            json.dump(self.told, file)
        os.replace(target + ".new", target)  # noqa: PTH105


def _name(session: Any, test: int) -> str:
    return session.items[test].nodeid


def _spread(chosen: list[Any]) -> list[Any]:
    """One mutant of every line first, so that a spent budget leaves no line out."""
    seen: dict[Any, int] = {}
    keyed: list[Any] = []
    for index, (mutant, tests) in enumerate(chosen):
        place = (mutant.target.path, mutant.line)
        seen[place] = seen.get(place, -1) + 1
        keyed.append((seen[place], index, (mutant, tests)))
    return [each for _rank, _index, each in sorted(keyed, key=lambda k: k[:2])]


def _passes(session: Any, target: Target, code: Any, items: list[Any]) -> bool:
    """In a child: whether all these tests pass with this code in place. Raises what shows that it is not in place."""
    for function in target.functions:
        function.__code__ = code
    if any(function.__code__ is not code for function in target.functions):
        raise RuntimeError("not installed")
    failed = Failed()
    session.config.pluginmanager.register(failed)
    for index, item in enumerate(items):
        item.ihook.pytest_runtest_protocol(item=item, nextitem=items[index + 1] if index + 1 < len(items) else None)
        if failed.failed:
            return False
    return True


def _child(work: Any, seconds: float) -> str:
    """`passed`, `failed`, `timeout`, `died` (it ended the process) or `broken` (our own code raised)."""
    receive, send = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        child = os.fork()
    if child == 0:
        answer = b"broken"
        try:
            os.setsid()
            quiet = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(quiet, descriptor)
            answer = b"passed" if work() else b"failed"
        finally:
            os.write(send, answer)
            os._exit(0)
    os.close(send)
    ready = select.select([receive], [], [], max(0.0, seconds))[0]
    said = os.read(receive, 20).decode() or "died" if ready else "timeout"
    os.close(receive)
    try:
        os.killpg(child, signal.SIGKILL)
    except OSError:
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return said


_STARTED: list[Hooks] = []


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: Any) -> None:
    if hasattr(config.option, "dist"):
        config.option.dist = "no"  # pytest-xdist: this process is the one that forks
    config.pluginmanager.register(_STARTED[0], "podium-mutants")


def begin(root: str, out: str, data: Any) -> None:
    """Called in the last line of this file, which Podium adds."""
    _STARTED.append(Hooks(root, out, data))
