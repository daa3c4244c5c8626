# pyright: basic
# (what it handles is of any type, and is only known at run time)
"""Any value as text, for comparing it between two processes without pickling it. Used by the files beside it.

Equal texts mean: nothing was seen to differ. No code of the value's class is run (no `__repr__`, no property), but of
well-known classes of the standard library; addresses are left out; what is too large or too deep is cut, and says so.
"""

from __future__ import annotations

import enum
import hashlib
import re
import types
from typing import Any

_DEEP = 7
_LONG = 600  # characters of one text
_SAID = frozenset(
    ["datetime", "decimal", "fractions", "pathlib", "pathlib._local", "uuid", "ipaddress", "re", "zoneinfo", "builtins"]
)
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.ModuleType, property)
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{4,}")


def text_of(value: Any, nodes: int = 400) -> str:
    """The text of a value; of at most so many parts of it."""
    try:
        return _Text(nodes).of(value, 0)
    except Exception as error:  # noqa: BLE001 - a value that cannot even be looked at
        return "<cannot be looked at: %s>" % type(error).__name__  # noqa: UP031 - this file runs on old Pythons


def call_text(name: str, arguments: Any) -> str:
    """A call as a reader would write it."""
    return "%s(%s)" % (name, ", ".join("%s=%s" % (each, text_of(arguments[each], 60)) for each in arguments))  # noqa: UP031


class _Text:
    def __init__(self, nodes: int) -> None:
        self.nodes = nodes
        self.open: set[int] = set()

    def of(self, value: Any, depth: int) -> str:
        self.nodes -= 1
        kind = type(value)
        if value is None or kind in (bool, int, float, complex):
            return _cut(repr(value))
        if kind in (str, bytes, bytearray):
            return _cut(repr(value))
        if isinstance(value, type):
            return "<class %s>" % _name(value)  # noqa: UP031
        if isinstance(value, enum.Enum):
            return "%s.%s" % (kind.__name__, value._name_)  # noqa: UP031
        if self.nodes <= 0 or depth > _DEEP:
            return "…"
        if id(value) in self.open:
            return "<itself>"
        self.open.add(id(value))
        try:
            return self._whole(value, kind, depth)
        finally:
            self.open.discard(id(value))

    def _whole(self, value: Any, kind: Any, depth: int) -> str:
        if isinstance(value, _FUNCTIONS):
            return "<%s %s>" % (kind.__name__, getattr(value, "__qualname__", getattr(value, "__name__", "")))  # noqa: UP031
        if isinstance(value, (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)):
            return "<%s %s>" % (kind.__name__, value.__qualname__)  # noqa: UP031
        inner = self._builtin(value, depth)
        if inner is not None and kind.__module__ == "builtins":
            return inner
        if isinstance(value, BaseException):
            return "%s%s" % (kind.__name__, self._builtin(value.args, depth))  # noqa: UP031
        if kind.__module__ in _SAID and inner is None:
            return _cut(_ADDRESS.sub("0x…", repr(value)))
        fields = self._fields(value, depth)
        if inner is None and fields is None:
            return self._reduced(value, kind, depth)
        both = ", ".join(([inner] if inner is not None else []) + ([fields] if fields else []))
        return "%s(%s)" % (kind.__name__, both)  # noqa: UP031

    def _builtin(self, value: Any, depth: int) -> Any:
        """The text of what a built-in container, or a class derived from one, holds; None for anything else."""
        if isinstance(value, (str, bytes, int, float)):
            for plain in (str, bytes, int, float):
                if isinstance(value, plain):
                    return _cut(plain.__repr__(value))  # pyright: ignore[reportArgumentType] - its type was just asked
        if isinstance(value, dict):
            pairs = [self.of(k, depth + 1) + ": " + self.of(v, depth + 1) for k, v in self._some(dict.items(value))]
            return "{%s}" % ", ".join(pairs)  # noqa: UP031
        if isinstance(value, list):
            return "[%s]" % self._join(list.__iter__(value), depth)  # noqa: UP031
        if isinstance(value, tuple):
            return "(%s)" % self._join(tuple.__iter__(value), depth)  # noqa: UP031
        if isinstance(value, (set, frozenset)):
            return "{%s}" % ", ".join(sorted(self.of(each, depth + 1) for each in self._some(value)))  # noqa: UP031
        return None

    def _join(self, values: Any, depth: int) -> str:
        return ", ".join(self.of(each, depth + 1) for each in self._some(values))

    def _some(self, values: Any) -> Any:
        for each in values:
            if self.nodes <= 0:
                return
            yield each

    def _fields(self, value: Any, depth: int) -> Any:
        """The attributes of an instance, by name; None when it has no place for any."""
        found: dict[str, Any] = {}
        try:
            found.update(object.__getattribute__(value, "__dict__"))
            known = True
        except (AttributeError, TypeError):
            known = False
        for base in type(value).__mro__:
            slots = base.__dict__.get("__slots__", ())
            for name in (slots,) if isinstance(slots, str) else slots:
                known = True
                place = base.__dict__.get(name)
                if isinstance(place, types.MemberDescriptorType):
                    try:
                        found[str(name)] = place.__get__(value)
                    except AttributeError:
                        continue
        if not known:
            return None
        return ", ".join(str(name) + "=" + self.of(found[name], depth + 1) for name in sorted(found, key=str))

    def _reduced(self, value: Any, kind: Any, depth: int) -> str:
        """What a class of an extension says of itself for pickling, if it says anything."""
        try:
            state = value.__reduce_ex__(2)
        except Exception:  # noqa: BLE001 - it runs code of that class
            return "<%s>" % _name(kind)  # noqa: UP031
        return "%s%s" % (kind.__name__, self.of(state[1:3], depth + 1))  # noqa: UP031


def _cut(text: str) -> str:
    if len(text) <= _LONG:
        return text
    mark = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]
    return "%s… (%d characters, %s)" % (text[:_LONG], len(text), mark)  # noqa: UP031


def _name(kind: Any) -> str:
    return "%s.%s" % (kind.__module__, kind.__qualname__)  # noqa: UP031
