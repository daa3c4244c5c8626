# pyright: basic
# (what it handles is of any type, and is only known at run time)
"""Has CrossHair look for inputs on which the old and the new version of a function differ, and tries each of them.

    python podium_pair.py ORDER RESULT

`ORDER` names each function's module, its name, and the file beside it that holds the module as it was. This is loaded
beside the new one, among the new ones: only this module is the old one. CrossHair finds the two versions as `before`
and `after` of a module that is written for it. What it prints is believed only after both were called with it, in a
process of their own: its model of Python is not Python.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import os
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from podium.checks.inside.texts import call_text, text_of
else:
    try:
        from podium_texts import call_text, text_of
    except ImportError:
        from podium.checks.inside.texts import call_text, text_of

MOST_SECONDS = 12.0  # for one function
INPUTS = 5  # of one function
TRY_SECONDS = 10.0
_GIVEN = re.compile(r"^Given: \((.{0,2000})\),$", re.MULTILINE)
_EXHAUSTED = "All paths exhausted"


def main() -> None:
    """Do what ORDER says, in the directory of the candidate's tree."""
    order = _read(sys.argv[1])
    told: Any = {"installed": importlib.util.find_spec("crosshair") is not None, "functions": []}
    deadline = time.monotonic() + order["seconds"]
    for index in range(len(order["functions"]) if told["installed"] else 0):
        left = deadline - time.monotonic()
        if left < 2:
            break
        told["functions"].append(_look(order, index, min(MOST_SECONDS, left / 2)))
    with open(sys.argv[2], "w", encoding="utf-8") as out:  # noqa: PTH123
        json.dump(told, out)


def _look(order: Any, index: int, seconds: float) -> Any:
    name = "podium_pair_%d" % index  # noqa: UP031 - old Pythons
    with open(os.path.join(_here(), name + ".py"), "w", encoding="utf-8") as file:  # noqa: PTH118, PTH123
        file.write("from podium_pair import load\nbefore, after = load(%r, %d)\n" % (order, index))  # noqa: UP031
    try:
        fault = _fault(*load(order, index))
    except BaseException as error:  # noqa: BLE001 - whatever a module does when it is loaded
        fault = "it cannot be loaded beside the new one: %s" % type(error).__name__  # noqa: UP031 - old Pythons
    if fault:
        return {"why": fault}
    sought = ["diffbehavior", name + ".before", name + ".after", "--exception_equivalence", "SAME_TYPE"]
    said = _run([*sought, "--per_condition_timeout", str(round(seconds, 1))], seconds * 2 + TRY_SECONDS)
    if said is None:
        return {"why": "CrossHair did not end"}
    given = _GIVEN.findall(said)[:INPUTS]
    if not given:
        return {"whole": _EXHAUSTED in said, "why": "" if "No differences found" in said else _last(said)}
    command = [sys.executable, __file__, sys.argv[1], str(index), *given]
    tried = _output(command, TRY_SECONDS)
    try:
        return {"found": json.loads(tried or "[]")}
    except ValueError:
        return {"why": "what CrossHair found cannot be tried"}


def _fault(before: Any, after: Any) -> str:
    """Why a pair is nothing for CrossHair; empty when it is."""
    for each in (before, after):
        if not inspect.isfunction(each) or inspect.iscoroutinefunction(each) or inspect.isgeneratorfunction(each):
            return "it is no plain function"
        if any(one.annotation is one.empty for one in inspect.signature(each).parameters.values()):
            return "a parameter has no type"
    return ""


def _run(arguments: Any, seconds: float) -> Any:
    """What CrossHair prints, for the modules that are known here; None when it does not end."""
    start = "import runpy, sys; sys.path[:0] = %r; runpy.run_module('crosshair', None, '__main__')"
    return _output([sys.executable, "-c", start % [_here(), *sys.path[1:]], *arguments], seconds)


def _output(command: Any, seconds: float) -> Any:
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return None
    return (done.stdout or done.stderr).decode("utf-8", "replace")


def _here() -> str:
    return os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120


def _last(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "CrossHair said nothing"


def load(order: Any, index: int) -> Any:
    """The two versions of a function: as it was, and as it is."""
    each = order["functions"][index]
    old_file = os.path.join(_here(), each["old"])  # noqa: PTH118
    sys.path[1:] = [path for path in order["path"] if path not in sys.path[:1]]
    new = importlib.import_module(each["module"])
    spec: Any = importlib.util.spec_from_file_location(each["module"] + "__before", old_file)
    old = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = old
    spec.loader.exec_module(old)
    return getattr(old, each["name"]), getattr(new, each["name"])


def tried(order: Any, index: int, given: Any) -> Any:
    """Each input on which the two really differ, with what came of both."""
    before, after = load(order, index)
    found = []
    for text in given:
        ends = []
        for function in (before, after):
            try:
                # CrossHair prints arguments as Python: they are made anew for each call, in the function's own names.
                arguments = eval("dict(%s)" % text, dict(vars(sys.modules[after.__module__])))  # noqa: UP031
            except Exception:  # noqa: BLE001 - it printed a value that cannot be written
                break
            call = call_text(after.__name__, arguments)
            try:
                ends.append("returned " + text_of(function(**arguments)))
            except Exception as error:  # noqa: BLE001 - what the function raises is its answer
                ends.append("raised %s(%s)" % (type(error).__name__, text_of(str(error))))  # noqa: UP031
        if len(ends) == 2 and ends[0] != ends[1]:
            found.append({"call": call, "old": ends[0], "new": ends[1]})
    return found


def _read(path: str) -> Any:
    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        return json.load(file)


if __name__ == "__main__" and len(sys.argv) > 3:
    json.dump(tried(_read(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]), sys.stdout)
elif __name__ == "__main__":
    main()
