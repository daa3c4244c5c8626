# pyright: basic
# (what it handles is of any type, and is only known at run time)
"""What changed functions are called with, and what comes of it. A pytest plugin; `begin` is called in its last line.

Of each call of a changed function: its arguments as they were, what it returned or raised, and its arguments as they
then are, all as text, by test. And, where that is wanted, the arguments themselves, pickled at the moment of the call,
so that `replay` can call the function with them again. From Python 3.12 on by `sys.monitoring`, before by a trace
function. Everything has an end: calls of a test, inputs of a function, the time that all this may take.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import pickle
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from podium.checks.inside.texts import call_text, text_of
else:
    try:
        from podium_texts import call_text, text_of
    except ImportError:
        from podium.checks.inside.texts import call_text, text_of

CALLS_OF_TEST = 200  # of one function
CALLS = 20_000
INPUTS = 40  # of one function
TRIES = 400  # calls of one function that are looked at for inputs
INPUT_BYTES = 50_000
OWN_SECONDS = 30.0
_PAUSES = 0x2A0  # generator, coroutine, asynchronous generator
_RETURNS = frozenset(["RETURN_VALUE", "RETURN_CONST"])
_YIELDS = frozenset(["YIELD_VALUE", "YIELD_FROM", "SEND", "RESUME", "RETURN_GENERATOR"])


def now(_clock: Any = time.monotonic) -> float:
    """Seconds. Bound when this file is read: test suites put clocks of their own in the place of `time`'s."""
    return _clock()


class Function:
    """One changed function, and what was seen of it."""

    def __init__(self, name: str, new: Any) -> None:
        self.name = name
        self.new = new  # parameters that only the candidate has, with the text of their defaults
        self.calls = 0
        self.module = ""
        self.inputs: dict[str, Any] = {}
        self.unfit = 0  # calls whose arguments cannot be pickled

    def is_default(self, name: str, value: Any) -> bool:
        """Whether nobody needs to be told of an argument: the base has no such parameter, and nobody gave one."""
        return name in self.new and text_of(value) == self.new[name]


class Calls:
    """Takes note of calls."""

    def __init__(self, root: str, out: str, data: Any) -> None:
        self.root = os.path.realpath(root)
        self.out = out
        self.functions = [Function(name, new) for name, new in zip(data["names"], data["new"])]  # noqa: B905 - old Pythons
        self.inputs = data["inputs"]
        self.deadline = now() + data["seconds"]
        self.own = 0.0
        self.test = ""
        self.full = ""  # why no more calls are noted; empty = they are
        self.total = 0
        self.tests: dict[str, list[Any]] = {}
        self.counts: dict[Any, int] = {}
        self.texts: dict[str, int] = {}
        self._places = {
            os.path.realpath(os.path.join(root, path)): {int(line): index for line, index in lines.items()}  # noqa: PTH118
            for path, lines in data["functions"].items()
        }
        self._known: dict[int, Any] = {}
        self._files: dict[str, Any] = {}
        self._open: dict[int, Any] = {}
        self._local = threading.local()

    # --- what is a changed function -----------------------------------------------------------------------------------

    def index_of(self, code: Any) -> int:
        """Which changed function a code object is of; -1 = none."""
        known = self._known.get(id(code))
        if known is None:
            lines = self._files.get(code.co_filename)
            if lines is None:
                lines = self._files[code.co_filename] = self._places.get(os.path.realpath(code.co_filename), {})
            known = self._known[id(code)] = (lines.get(code.co_firstlineno, -1), code)
        return known[0]

    # --- a call -------------------------------------------------------------------------------------------------------

    def enter(self, index: int, frame: Any) -> None:
        self._open.pop(id(frame), None)
        if self.full or getattr(self._local, "busy", False):
            return
        self._local.busy = True
        started = now()
        try:
            self._enter(index, frame)
        finally:
            self.own += now() - started
            self._local.busy = False
        if self.own > OWN_SECONDS or now() > self.deadline:
            self.full = "time"
        elif self.total >= CALLS:
            self.full = "calls"

    def _enter(self, index: int, frame: Any) -> None:
        function = self.functions[index]
        function.calls += 1
        arguments = _arguments(frame)
        if self.inputs and function.calls <= TRIES and len(function.inputs) < INPUTS:
            self._keep(function, arguments, frame)
        place = (self.test, index)
        count = self.counts.get(place, 0)
        if self.test and count < CALLS_OF_TEST:
            self.counts[place] = count + 1
            self.total += 1
            known = {name: arguments[name] for name in arguments if not function.is_default(name, arguments[name])}
            called = [index, self._text(call_text(function.name, known)), -1, -1]
            self.tests.setdefault(self.test, []).append(called)
            self._open[id(frame)] = (called, known)

    def leave(self, frame: Any, result: Any, error: Any) -> None:
        found = self._open.pop(id(frame), None)
        if found is None or getattr(self._local, "busy", False):
            return
        self._local.busy = True
        started = now()
        try:
            called, arguments = found
            said = "raised " + text_of(error) if error is not None else "returned " + text_of(result)
            called[2] = self._text(said)
            called[3] = self._text(call_text("", arguments))
        finally:
            self.own += now() - started
            self._local.busy = False

    def _keep(self, function: Function, arguments: Any, frame: Any) -> None:
        try:
            data = pickle.dumps(arguments, protocol=4)
        except Exception:  # noqa: BLE001 - pickling runs code of the project
            function.unfit += 1
            return
        if len(data) > INPUT_BYTES:
            function.unfit += 1
            return
        function.module = frame.f_globals.get("__name__", "")
        function.inputs.setdefault(hashlib.sha256(data).hexdigest(), data)

    def _text(self, text: str) -> int:
        return self.texts.setdefault(text[:3000], len(self.texts))

    # --- how calls are seen -------------------------------------------------------------------------------------------

    def start(self) -> None:
        if hasattr(sys, "monitoring"):
            self._monitor(sys.monitoring)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
        else:
            threading.settrace(self.trace)
            sys.settrace(self.trace)

    def resume(self) -> None:
        if not hasattr(sys, "monitoring") and sys.gettrace() != self.trace:
            sys.settrace(self.trace)

    def trace(self, frame: Any, event: str, _argument: Any) -> Any:
        index = self.index_of(frame.f_code)
        if event != "call" or index < 0:
            return None
        if not (frame.f_code.co_flags & _PAUSES and id(frame) in self._open):  # entered once, resumed often
            self.enter(index, frame)
        raised: list[Any] = []
        frame.f_trace_lines = False

        def local(frame: Any, event: str, argument: Any) -> Any:
            if event == "exception":
                raised[:] = [argument[1]]
            elif event == "return":
                operation = _operation(frame)
                if operation in _RETURNS:
                    self.leave(frame, argument, None)
                elif raised and operation not in _YIELDS:
                    self.leave(frame, None, raised[0])
                elif not frame.f_code.co_flags & _PAUSES:
                    self.leave(frame, argument, None)
            return local

        return local

    def _monitor(self, monitoring: Any) -> None:
        tool = next(number for number in (4, 3, 5, 2, 1, 0) if monitoring.get_tool(number) is None)
        events = monitoring.events

        def begin(code: Any, _offset: int) -> Any:
            index = self.index_of(code)
            if index < 0:
                return monitoring.DISABLE
            monitoring.set_local_events(tool, code, events.PY_RETURN)
            self.enter(index, sys._getframe(1))
            return None

        def end(_code: Any, _offset: int, result: Any) -> None:
            self.leave(sys._getframe(1), result, None)

        def unwind(code: Any, _offset: int, error: Any) -> None:
            if self.index_of(code) >= 0:
                self.leave(sys._getframe(1), None, error)

        monitoring.use_tool_id(tool, "podium")
        monitoring.register_callback(tool, events.PY_START, begin)
        monitoring.register_callback(tool, events.PY_RETURN, end)
        monitoring.register_callback(tool, events.PY_UNWIND, unwind)
        monitoring.set_events(tool, events.PY_START | events.PY_UNWIND)

    # --- the result ---------------------------------------------------------------------------------------------------

    def _relative(self, path: str) -> str:
        """A place within the tree as `./...`: the tree may be elsewhere when it is needed again."""
        whole = os.path.realpath(path)
        inside = whole == self.root or whole.startswith(self.root + os.sep)
        return os.path.join(".", os.path.relpath(whole, self.root)) if inside else path  # noqa: PTH118

    def write(self, worker: str) -> None:
        told = {
            "python": sys.executable,
            "version": "%d.%d.%d" % sys.version_info[:3],  # noqa: UP031 - this file runs on old Pythons
            "path": [self._relative(each) for each in sys.path],
            "full": self.full,
            "functions": [
                {
                    "module": each.module,
                    "calls": each.calls,
                    "unfit": each.unfit,
                    "inputs": [base64.b64encode(data).decode() for data in each.inputs.values()],
                }
                for each in self.functions
            ],
            "tests": self.tests,
            "texts": list(self.texts),
        }
        target = os.path.join(self.out, "calls%s.json" % worker)  # noqa: PTH118, UP031
        with open(target + ".new", "w") as file:  # noqa: PTH123
            json.dump(told, file)
        os.replace(target + ".new", target)  # noqa: PTH105


def _arguments(frame: Any) -> dict[str, Any]:
    code, values = frame.f_code, frame.f_locals
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 4) + bool(code.co_flags & 8)
    return {name: values[name] for name in code.co_varnames[:count] if name in values}


def _operation(frame: Any) -> str:
    import opcode

    try:
        return opcode.opname[frame.f_code.co_code[frame.f_lasti]]
    except IndexError:
        return ""


class Hooks:
    """The place of this in a pytest session."""

    def __init__(self, calls: Calls, only: Any) -> None:
        self.calls = calls
        self.only = frozenset(only)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: Any, items: Any) -> None:
        if self.only:
            gone = [item for item in items if item.nodeid not in self.only]
            items[:] = [item for item in items if item.nodeid in self.only]
            config.hook.pytest_deselected(items=gone)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: Any) -> Any:
        self.calls.resume()
        self.calls.test = item.nodeid
        yield
        self.calls.test = ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        self.calls.write("")


_STARTED: list[Any] = []


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: Any) -> None:
    if hasattr(config.option, "dist"):
        config.option.dist = "no"  # pytest-xdist: one process sees all
    config.pluginmanager.register(_STARTED[0], "podium-calls")


def begin(root: str, out: str, data: Any) -> None:
    """Called in the last line of this file, which Podium adds."""
    calls = Calls(root, out, data)
    _STARTED.append(Hooks(calls, data["only"]))
    calls.start()
