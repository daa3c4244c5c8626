"""Which test runs which changed line. A pytest plugin; `begin` is called in the line that Podium adds at the end.

From Python 3.12 on `sys.monitoring` tells of lines, and only in code objects that hold a changed line; before that a
trace function does, at a higher price. Writes one JSON file when the session ends; a run that is cut off writes none.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

import pytest

MOST_TESTS = 20_000  # that one line remembers


class Recorder:
    """Hits by file and line. `test` is the index of the running test, -1 for none: import, collection."""

    def __init__(self, root: str, out: str, wanted: dict[str, list[int]]) -> None:
        self.out = out
        self.tests: list[str] = []
        self.seconds: list[float] = []
        self.test = -1
        self.hits: dict[tuple[str, int], set[int]] = {}
        self.entered: set[str] = set()
        self.how = "trace"
        self._lines = {
            os.path.realpath(os.path.join(root, path)): (path, frozenset(lines))  # noqa: PTH118 - runs on old Pythons
            for path, lines in wanted.items()
        }
        loaded = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
        files = {os.path.realpath(name) for name in loaded if isinstance(name, str)}
        self.early = sorted(found[0] for name, found in self._lines.items() if name in files)
        self._known: dict[str, Any] = {}
        self._codes: dict[Any, Any] = {}

    def start(self) -> None:
        if hasattr(sys, "monitoring"):
            self.how = "monitoring"
            self._monitor(sys.monitoring)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
        else:
            threading.settrace(self.trace)
            sys.settrace(self.trace)

    def resume(self) -> None:
        """Take over again from another tracer (coverage): its figures are not wanted in this run."""
        if self.how == "trace" and sys.gettrace() != self.trace:
            sys.settrace(self.trace)

    def of_file(self, name: str) -> Any:
        """The path and changed lines of a source file, or None."""
        if name not in self._known:
            self._known[name] = self._lines.get(os.path.realpath(name))
        return self._known[name]

    def note(self, path: str, line: int) -> None:
        tests = self.hits.setdefault((path, line), set())
        if len(tests) < MOST_TESTS:
            tests.add(self.test)

    # --- before Python 3.12 -------------------------------------------------------------------------------------------

    def trace(self, frame: Any, event: str, _argument: Any) -> Any:
        code = frame.f_code
        known = self._codes.get(id(code))
        if known is None:  # by identity: equal code objects may come from different files
            known = self._codes[id(code)] = (self._holds_changes(code), code)
        return self.trace_lines if known[0] and event == "call" else None

    def trace_lines(self, frame: Any, event: str, _argument: Any) -> Any:
        if event == "line":
            path, lines = self._known[frame.f_code.co_filename]
            if frame.f_lineno in lines:
                self.note(path, frame.f_lineno)
        return self.trace_lines

    def _holds_changes(self, code: Any) -> bool:
        found = self.of_file(code.co_filename)
        if found is None:
            return False
        self.entered.add(found[0])
        if not hasattr(code, "co_lines"):  # before Python 3.10
            return True
        return any(line in found[1] for _start, _end, line in code.co_lines())

    # --- from Python 3.12 on ------------------------------------------------------------------------------------------

    def _monitor(self, monitoring: Any) -> None:
        tool = next(number for number in (4, 3, 5, 2, 1, 0) if monitoring.get_tool(number) is None)
        events = monitoring.events

        def begin(code: Any, _offset: int) -> Any:
            if self._holds_changes(code):
                monitoring.set_local_events(tool, code, events.LINE)
            return monitoring.DISABLE

        def line(code: Any, number: int) -> Any:
            path, lines = self._known[code.co_filename]
            if number not in lines:
                return monitoring.DISABLE
            self.note(path, number)
            return None

        monitoring.use_tool_id(tool, "podium")
        monitoring.register_callback(tool, events.PY_START, begin)
        monitoring.register_callback(tool, events.LINE, line)
        monitoring.set_events(tool, events.PY_START)

    # --- the result ---------------------------------------------------------------------------------------------------

    def write(self, worker: str) -> None:
        lines: dict[str, dict[int, list[int]]] = {}
        for (path, line), tests in sorted(self.hits.items()):
            lines.setdefault(path, {})[line] = sorted(tests)
        found = {
            "python": "%d.%d.%d" % sys.version_info[:3],  # noqa: UP031 - this file runs on old Pythons
            "how": self.how,
            "tests": self.tests,
            "entered": sorted(self.entered),
            "early": self.early,
            "lines": lines,
        }
        target = os.path.join(self.out, "map%s.json" % worker)  # noqa: PTH118, UP031
        with open(target + ".new", "w") as file:  # noqa: PTH123
            json.dump(found, file)
        os.replace(target + ".new", target)  # noqa: PTH105


class Hooks:
    """The recorder's place in a pytest session."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: Any) -> Any:
        recorder = self.recorder
        recorder.resume()
        recorder.tests.append(item.nodeid)
        recorder.test = len(recorder.tests) - 1
        yield
        recorder.test = -1

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: Any) -> None:
        worker = getattr(session.config, "workerinput", None)
        self.recorder.write("-" + worker["workerid"] if worker else "")


_STARTED: list[Recorder] = []


def pytest_configure(config: Any) -> None:
    config.pluginmanager.register(Hooks(_STARTED[0]), "podium-lines-hooks")


def begin(root: str, out: str, wanted: dict[str, list[int]]) -> None:
    """Called in the last line of this file, which Podium adds."""
    _STARTED.append(Recorder(root, out, wanted))
    _STARTED[0].start()
