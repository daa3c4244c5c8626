# pyright: basic
# (what it handles is of any type, and is only known at run time)
"""Calls changed functions again, with the arguments that were recorded and with some made up from them.

    python podium_replay.py ORDER RESULT

What came of each call is one line of JSON in RESULT: the same call has the same key on both trees. The arguments come
fresh from their pickles for each call; only plain ones are varied, never `self`. The calls are made in forked children:
one that ends its process, or does not end, costs that call alone.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import importlib
import inspect
import io
import json
import os
import pickle
import random
import select
import signal
import sys
import time
import types
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from podium.checks.inside.texts import call_text, text_of
else:
    try:
        from podium_texts import call_text, text_of
    except ImportError:
        from podium.checks.inside.texts import call_text, text_of

CALL_SECONDS = 3.0
VARIED_INPUTS = 12  # recorded inputs of a function that are varied
VARIED = 120  # calls of a function that are made up
HANGS = 10  # calls that did not end, or ended the process, before it is given up
ITEMS = 50  # that are taken from a generator
_FIRST = ("self", "cls", "mcs", "mcls")


def now(_clock: Any = time.monotonic) -> float:
    """Seconds. Bound when this file is read: test suites put clocks of their own in the place of `time`'s."""
    return _clock()


def main() -> None:
    """Do what ORDER says, in the directory of the tree."""
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123
        order = json.load(file)
    here = os.path.realpath(os.curdir)
    known = [os.path.normpath(os.path.join(here, p)) if p[:1] == "." else p for p in order["path"]]  # noqa: PTH118
    sys.path[:] = sys.path[:1] + [path for path in known if path not in sys.path[:1]]
    deadline = now() + order["seconds"]
    cases = [(index, key) for index, each in enumerate(order["functions"]) for key in _keys(each, order["seeds"])]
    with open(sys.argv[2], "w", encoding="utf-8") as out:  # noqa: PTH123
        start = hangs = 0
        while start < len(cases) and hangs < HANGS and now() < deadline:
            done, why = _child(order, cases[start:], out, deadline)
            start += done
            if start < len(cases) and why:
                _write(out, cases[start], {"call": "", "end": why})
                start, hangs = start + 1, hangs + 1


def _keys(function: Any, seeds: Any) -> list[Any]:
    """The calls of a function: (input, parameter or "", which other value)."""
    keys: list[Any] = [(place, "", 0) for place in range(len(function["inputs"]))]
    varied: list[Any] = []
    tried: set[Any] = {_whole(data) for data in function["inputs"]}
    for place, data in enumerate(function["inputs"][:VARIED_INPUTS]):
        try:
            arguments = pickle.loads(base64.b64decode(data))
        except Exception:  # noqa: BLE001, S112 - the call itself will say that it cannot be made
            continue
        for name, value in arguments.items():
            if name in _FIRST:
                continue
            for number, other in enumerate(others(value, seeds)):
                if {text_of({**arguments, name: other}), (name, text_of(other))}.isdisjoint(tried):
                    tried.add((name, text_of(other)))
                    varied.append((place, name, number))
    return keys + varied[:VARIED]


def _whole(data: str) -> str:
    try:
        return text_of(pickle.loads(base64.b64decode(data)))
    except Exception:  # noqa: BLE001 - the call itself will say that it cannot be made
        return ""


def others(value: Any, seeds: Any) -> list[Any]:
    """Other values of the kind of a plain one, those that the changed code itself names among them."""
    kind = type(value)
    own = [seed for seed in seeds if type(seed) is kind]
    if kind is bool:
        return [not value]
    if value is None:
        return [0, "", *[seed for seed in seeds if seed is not None][:6]]
    if kind is int:
        near = [seed + step for seed in own for step in (0, -1, 1)]
        return [0, 1, -1, value + 1, value - 1, -value, *near, 10**9, None]
    if kind is float:
        return [0.0, -value, value + 0.5, value * 10, *own, float("inf"), float("nan")]
    if kind is str:
        return [
            "",
            value + "x",
            value[:-1],
            value[::-1],
            value.upper(),
            " " + value + " ",
            *own,
            value * 3,
            "é\n0",
            None,
        ]
    if kind is bytes:
        return [b"", value + b"x", value[:-1], b"\xff\x00", *own]
    if kind in (list, tuple):
        return [kind(), value[:1], value[::-1], value + value, *([value[1:]] if len(value) > 1 else []), None]
    if kind is dict:
        return [{}, *[{k: v for k, v in value.items() if k != gone} for gone in list(value)[:4]]]
    if kind in (set, frozenset):
        return [kind(), *[value - {gone} for gone in sorted(value, key=text_of)[:3]]]
    return []


# --- one call ---------------------------------------------------------------------------------------------------------


def _call(found: Any, arguments: Any) -> Any:
    """What comes of a call, and its arguments as they then are."""
    code = found.__code__
    names = code.co_varnames
    plain, named = code.co_argcount, code.co_kwonlyargcount
    place = plain + named
    more = arguments.get(names[place], ()) if code.co_flags & 4 else ()
    words = {name: arguments[name] for name in names[plain:place] if name in arguments}
    if code.co_flags & 8:
        words.update(arguments.get(names[place + bool(code.co_flags & 4)], {}))
    by_place = [arguments[name] for name in names[:plain] if name in arguments]
    result = found(*by_place, *more, **words)
    if inspect.iscoroutine(result):
        return asyncio.run(asyncio.wait_for(result, CALL_SECONDS))
    if isinstance(result, types.GeneratorType):
        return ["yields", *(each for each, _ in zip(result, range(ITEMS)))]  # noqa: B905 - old Pythons
    return result


def _suited(function: Any, found: Any, arguments: Any) -> bool:
    """Make arguments of the candidate's signature fit this tree's; False when they cannot."""
    names = frozenset(inspect.getargs(found.__code__)[0])
    code = found.__code__
    known = names | frozenset(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    count = code.co_argcount + code.co_kwonlyargcount
    rest = code.co_varnames[count : count + bool(code.co_flags & 4) + bool(code.co_flags & 8)]
    for name in list(arguments):
        if name in known or name in rest:
            continue
        if text_of(arguments[name]) == function["new"].get(name):
            del arguments[name]  # it has the value that it has when nobody gives it
        else:
            return False
    return True


def _case(function: Any, found: Any, key: Any, seeds: Any) -> Any:
    place, name, number = key
    arguments = pickle.loads(base64.b64decode(function["inputs"][place]))
    if name:
        arguments[name] = others(arguments[name], seeds)[number]
    call = call_text(function["name"], {each: arguments[each] for each in arguments if each not in _FIRST})
    if not _suited(function, found, arguments):
        return {"call": call, "unfit": 1}
    before = text_of(arguments)
    said, output = "", io.StringIO()
    random.seed(0)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        kept = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = output
        try:
            said = "returned " + text_of(_call(found, arguments))
        except BaseException as error:  # noqa: BLE001 - whatever a function raises is its answer
            said = "raised " + text_of(error)
        finally:
            sys.stdout, sys.stderr = kept
    after = text_of(arguments)
    result = {"call": call, "end": said}
    if after != before:
        result["after"] = after
    if output.getvalue():
        result["out"] = output.getvalue()[:2000]
    if warned:
        result["warned"] = "; ".join(sorted({"%s: %s" % (w.category.__name__, w.message) for w in warned}))[:500]  # noqa: UP031
    return result


def _find(function: Any) -> Any:
    """The function object of this tree. Raises LookupError, or what importing its module raises."""
    place: Any = importlib.import_module(function["module"])
    for name in function["name"].split("."):
        place = inspect.getattr_static(place, name)
    waiting, seen = [place], set()
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, types.FunctionType) and each.__code__.co_firstlineno in function["lines"]:
            return each
        for name in ("__func__", "__wrapped__", "fget", "fset", "fdel", "func", "callback"):
            try:
                waiting.append(inspect.getattr_static(each, name))
            except AttributeError:
                continue
        waiting.extend(cell.cell_contents for cell in getattr(each, "__closure__", None) or () if _filled(cell))
    raise LookupError("it is not there under its name")


def _filled(cell: Any) -> bool:
    try:
        return callable(cell.cell_contents)
    except ValueError:
        return False


# --- the children -----------------------------------------------------------------------------------------------------


def _child(order: Any, cases: Any, out: Any, deadline: float) -> Any:
    """Make calls in a child; return how many came to their end, and why the next one did not (empty = time is over)."""
    receive, send = os.pipe()
    out.flush()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        child = os.fork()
    if child == 0:
        os.close(receive)
        os.setpgid(0, 0)
        quiet = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(quiet, descriptor)
        try:
            _calls(order, cases, out, send)
        finally:
            os._exit(0)
    os.close(send)
    poll = select.poll()  # select.select fails where the tests have opened 1,024 files
    poll.register(receive, select.POLLIN)
    done, why = 0, "ended the process"
    while done < len(cases):
        left = deadline - now()
        if not poll.poll(max(0.0, min(CALL_SECONDS + 2, left)) * 1000):
            why = "did not end within %.0f s" % CALL_SECONDS if left > CALL_SECONDS else ""  # noqa: UP031
            break
        said = os.read(receive, 4096)
        if not said:
            break
        done += len(said)
    os.close(receive)
    for end in (os.killpg, os.kill):
        with contextlib.suppress(OSError):
            end(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return done, why


def _calls(order: Any, cases: Any, out: Any, send: int) -> None:
    found: dict[int, Any] = {}
    for index, key in cases:
        function = order["functions"][index]
        if index not in found:
            try:
                found[index] = _find(function)
            except BaseException as error:  # noqa: BLE001 - importing runs the project's code
                found[index] = "%s: %s" % (type(error).__name__, error)  # noqa: UP031
        if isinstance(found[index], str):
            result = {"call": "", "lost": found[index][:300]}
        else:
            try:
                result = _case(function, found[index], key, order["seeds"])
            except BaseException as error:  # noqa: BLE001 - an input that this tree cannot rebuild
                result = {"call": "", "unfit": 1, "why": type(error).__name__}
        _write(out, (index, key), result)
        out.flush()
        os.write(send, b".")


def _write(out: Any, case: Any, result: Any) -> None:
    index, key = case
    out.write("\n" + json.dumps([index, list(key), result]) + "\n")  # a killed child may leave half a line


if __name__ == "__main__":
    main()
