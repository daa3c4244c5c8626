"""Would a test fail if a changed line were wrong? A pytest plugin; `begin` is called in the line that Podium adds.

The session collects once. Then everything happens in forked children, so that no mutant outlives its test and no file
is written: one child runs the tests (those alone that are known to run a changed line, where that was watched before)
and tells which runs which changed line; each mutant's child puts the mutated code
in place of the function's and runs the tests that run its line, until one fails. Before a function's mutants, its
**null mutant** runs: the same code compiled again. Unless its tests pass, what is seen of that function means nothing.
"""

from __future__ import annotations

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
    from podium.checks.inside.mutations import Mutant, Target, mutants, targets
else:
    try:  # their names in the sandbox
        from podium_lines_plugin import Recorder
        from podium_mutations import Mutant, Target, mutants, targets
    except ImportError:
        from podium.checks.inside.lines_plugin import Recorder
        from podium.checks.inside.mutations import Mutant, Target, mutants, targets


def now(_clock: Any = time.monotonic) -> float:
    """Seconds. Bound when this file is read: test suites put clocks of their own in the place of `time`'s."""
    return _clock()


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
        self.only = data.get("only")  # names of tests; None = all
        self.ran = {path: frozenset(lines) for path, lines in data.get("ran", {}).items()}  # when they were watched
        self.deadline = now() + data["seconds"]
        self.told: dict[str, Any] = {"tests": 0, "blind": [], "mutants": [], "unrun": [], "uncovered": 0}

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
        chosen = self._chosen(session)

        def work() -> bool:
            recorder, failed = Recorder(self.root, self.out, {p: list(n) for p, n in self.lines.items()}), Failed()
            session.config.pluginmanager.register(failed)
            recorder.start()
            for place, index in enumerate(chosen):
                recorder.resume()
                recorder.test = index
                item = session.items[index]
                following = session.items[chosen[place + 1]] if place + 1 < len(chosen) else None
                item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
            lines = [[path, line, sorted(tests - {-1})] for (path, line), tests in recorder.hits.items()]
            with open(target, "w") as file:  # noqa: PTH123
                json.dump({"lines": lines, "failed": sorted(failed.failed), "seconds": failed.seconds}, file)
            return True

        if _child(work, self.deadline - now()) != "passed":
            return None
        with open(target) as file:  # noqa: PTH123
            return json.load(file)

    def _chosen(self, session: Any) -> list[int]:
        """Which items are in question: all, unless those that run a changed line are known, each by its name."""
        if self.only is not None:
            wanted = set(self.only)
            found = [index for index, item in enumerate(session.items) if item.nodeid in wanted]
            if wanted == {session.items[index].nodeid for index in found}:
                return found
        self.only = None  # tests whose names differ from run to run: what was watched before cannot be used
        return list(range(len(session.items)))

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
            elif self.only is not None and mutant.line in self.ran.get(mutant.target.path, ()):
                self._say("%s: no test of %s passes without the tests before it", mutant.target)
            else:
                mutant.status = "unrun"
                self.told["uncovered"] += 1
                if len(self.told["unrun"]) < self.most:
                    self.told["unrun"].append(_told(mutant))
        sound: dict[int, bool] = {}
        for mutant, tests in _spread(chosen)[: self.most]:
            self._one(session, mutant, tests, known["seconds"], sound)
        self.told["mutants"] = [_told(mutant) for mutant, _tests in chosen]

    def _of(self, target: Target, lines: frozenset[int]) -> list[Mutant]:
        first = min([target.node.lineno, *(each.lineno for each in target.node.decorator_list)])
        for each in gc.get_objects():
            if not isinstance(each, types.FunctionType) or each.__code__.co_name != target.node.name:
                continue
            same = each.__code__.co_firstlineno in (first, target.node.lineno)
            if same and os.path.realpath(each.__code__.co_filename) == target.file:
                target.functions.append(each)
        if not target.functions:
            self._say("%s: %s is not there when the tests begin", target)
            return []
        return mutants(target, lines)

    def _one(self, session: Any, mutant: Mutant, tests: list[int], seconds: Any, sound: dict[int, bool]) -> None:
        left = self.deadline - now()
        if left <= 0:
            return
        items = [session.items[test] for test in tests]
        limit = min(left, 2.0 + 5.0 * sum(seconds.get(item.nodeid, 0.0) for item in items))
        target = mutant.target
        if id(target) not in sound:
            null = _child(lambda: _passes(session, target, target.compile(target.node), items), limit)
            sound[id(target)] = null == "passed"
            if null != "passed":
                self._say("%s: the tests of %s fail without any change", target)
        if sound[id(target)]:
            mutant.tests = len(items)
            mutant.status = _child(lambda: _passes(session, target, mutant.code(), items), limit)

    def _say(self, words: str, target: Target) -> None:
        said = words % (target.path, target.node.name)
        if said not in self.told["blind"]:
            self.told["blind"].append(said)

    def _write(self) -> None:
        target = os.path.join(self.out, "mutants.json")  # noqa: PTH118
        with open(target + ".new", "w") as file:  # noqa: PTH123
            json.dump(self.told, file)
        os.replace(target + ".new", target)  # noqa: PTH105


def _told(m: Mutant) -> dict[str, Any]:
    place = {"path": m.target.path, "line": m.line, "span": m.span}
    return {**place, "syntax": m.syntax, "ask": m.ask, "status": m.status, "tests": m.tests}


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
    poll = select.poll()  # select.select fails where the tests have opened 1,024 files
    poll.register(receive, select.POLLIN)
    ready = poll.poll(max(0.0, seconds) * 1000)
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
