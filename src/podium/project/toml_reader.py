"""Read a TOML document strictly, collecting every fault with its line before complaining.

`Document` holds the parsed data and the places; `Table` hands out typed values and remembers which keys were asked for,
so that `finish` can name the unknown ones, with the nearest known name.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast

from podium.kernel.errors import UsageError
from podium.project.toml_lines import KeyPath, key_lines

LARGEST = 1_000_000
"""Bytes of the largest document that is read."""

_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)")
_Raw: TypeAlias = Mapping[str, Any]


class Document:
    """One TOML document, its places, and the faults found in it so far."""

    def __init__(self, content: bytes | str, path: str) -> None:
        """Parse. Raises UsageError for a document that is not TOML at all."""
        self.path = path
        self.text = decoded(content, path)
        self.data: _Raw = _parsed(self.text, path)
        self._lines: dict[KeyPath, int] | None = None
        self._faults: list[tuple[int, str, str]] = []

    @property
    def root(self) -> Table:
        """The document's outermost table."""
        return Table(self, (), self.data)

    def line(self, at: KeyPath) -> int:
        """The line of this key, or of the nearest thing around it; 1 when there is none."""
        if self._lines is None:
            self._lines = key_lines(self.text)
        while at and at not in self._lines:
            at = at[:-1]
        return self._lines.get(at, 1)

    def fault(self, at: KeyPath, what: str, do: str) -> None:
        """Remember a fault; `check` raises it."""
        self._faults.append((self.line(at), what, do))

    def check(self) -> None:
        """Raise one UsageError that names all faults, if there are any."""
        if not self._faults:
            return
        faults = sorted(set(self._faults))
        line, what, do = faults[0]
        rest = [f"line {line}: {what} {do}".rstrip() for line, what, do in faults[1:9]]
        if len(faults) > 9:
            rest.append(f"and {len(faults) - 9} more")
        raise UsageError(what, where=f"{self.path}:{line}", do="\n  ".join([do, *rest]))


class Table:
    """One table of a document. Each getter returns its default when the key is absent or its value is at fault."""

    def __init__(self, document: Document, at: KeyPath, data: _Raw) -> None:
        self.document = document
        self.at = at
        self._data = data
        self._known: list[str] = []

    @property
    def line(self) -> int:
        """The line where this table begins."""
        return self.document.line(self.at)

    def has(self, key: str) -> bool:
        """Whether the document gives this key."""
        return key in self._data

    def fault(self, key: str | None, what: str, do: str) -> None:
        """Remember a fault of this key, or of the table as a whole."""
        self.document.fault(self.at if key is None else (*self.at, key), what, do)

    def text(self, key: str, default: str = "") -> str:
        value = self._get(key, default)
        return value if isinstance(value, str) else self._wrong(key, value, 'text in quotes, such as "..."', default)

    def whole(self, key: str, default: int, least: int = 0) -> int:
        value = self._get(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            return self._wrong(key, value, f"a whole number, such as {default or 10}", default)
        if value < least:
            self.fault(key, f"{self._name(key)} is {value}.", f"Write {least} or more.")
            return default
        return value

    def number(self, key: str, default: float) -> float:
        value = self._get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return self._wrong(key, value, f"a number, such as {default:g}", default)
        if not 0 <= value < 1e9:
            self.fault(key, f"{self._name(key)} is {value}.", "Write a number that is not negative.")
            return default
        return float(value)

    def flag(self, key: str, default: bool) -> bool:
        value = self._get(key, default)
        return value if isinstance(value, bool) else self._wrong(key, value, "true or false", default)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; one text alone counts as a list of one."""
        value: Any = self._get(key, ())
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, Sequence):
            return self._wrong(key, value, 'a list of texts, such as ["a", "b"]', ())
        items = cast("Sequence[Any]", value)
        for index, item in enumerate(items):
            if not isinstance(item, str):
                name = f"{self._name(key)}[{index}]"
                self.document.fault((*self.at, key, index), f"{name} is {_shown(item)}.", "Write a text in quotes.")
                return ()
        return tuple(items)

    def mapping(self, key: str) -> dict[str, str]:
        """A table of texts."""
        value: Any = self._get(key, {})
        if not isinstance(value, Mapping):
            return self._wrong(key, value, 'a table of texts, such as { NAME = "value" }', {})
        pairs = cast("_Raw", value)
        for name, item in pairs.items():
            if not isinstance(item, str):
                full = f"{self._name(key)}.{name}"
                self.document.fault((*self.at, key, name), f"{full} is {_shown(item)}.", "Write a text in quotes.")
                return {}
        return dict(pairs)

    def table(self, key: str) -> Table:
        """The table below this key; empty when it is absent."""
        value: Any = self._get(key, {})
        if not isinstance(value, Mapping):
            value = self._wrong(key, value, f"a table: a line [{self._name(key)}] with its keys below", {})
        return Table(self.document, (*self.at, key), cast("_Raw", value))

    def tables(self, key: str) -> tuple[Table, ...]:
        """The list of tables below this key: `[[key]]`."""
        value: Any = self._get(key, ())
        wanted = f"a list of tables: a line [[{self._name(key)}]] before the keys of each"
        if isinstance(value, str | Mapping) or not isinstance(value, Sequence):
            return self._wrong(key, cast("object", value), wanted, ())
        items = cast("Sequence[Any]", value)
        if not all(isinstance(item, Mapping) for item in items):
            return self._wrong(key, items, wanted, ())
        return tuple(Table(self.document, (*self.at, key, index), item) for index, item in enumerate(items))

    def named(self) -> tuple[tuple[str, Table], ...]:
        """Every key of this table as a table of its own: `[agents.NAME]`."""
        return tuple((name, self.table(name)) for name in list(self._data))

    def finish(self) -> None:
        """Complain about every key that nobody asked for."""
        for key in self._data:
            if key in self._known:
                continue
            near = difflib.get_close_matches(key, self._known, n=1, cutoff=0.6)
            known = ", ".join(self._known) or "none"
            do = f"Did you mean {near[0]!r}?" if near else f"Known here: {known}."
            self.fault(key, f"{self._name(key)!r} is not a setting that Podium knows.", do)

    def _get(self, key: str, default: Any) -> Any:
        self._known.append(key)
        return self._data.get(key, default)

    def _name(self, key: str) -> str:
        return ".".join(str(part) for part in (*self.at, key) if not isinstance(part, int))

    def _wrong(self, key: str, value: object, wanted: str, default: Any) -> Any:
        self.fault(key, f"{self._name(key)} is {_shown(value)}.", f"Write {wanted}.")
        return default


def decoded(content: bytes | str, path: str) -> str:
    """The text of a document: UTF-8, a byte order mark dropped. Raises UsageError for anything else."""
    if isinstance(content, str):
        content = content.encode("utf-8", "surrogatepass")
    if len(content) > LARGEST:
        raise UsageError(f"the file has {len(content):,} bytes", where=path, do=f"Podium reads up to {LARGEST:,}.")
    if b"\0" in content:
        raise UsageError("the file is binary", where=path, do="Write a UTF-8 text file.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(
            f"byte {content[error.start]:#04x} is not UTF-8", where=f"{path}:{line}", do="Save the file as UTF-8."
        ) from error


def _parsed(text: str, path: str) -> _Raw:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = _PLACE.search(message)
        line = place.group(1) if place and place.group(1) else str(text.count("\n") + 1)
        column = f":{place.group(2)}" if place and place.group(2) else ""
        what = _PLACE.sub("", message)
        twice = re.match(r"Cannot (?:overwrite|declare|mutate)", what)
        form = 'A line is `key = value`; texts stand in quotes, lists in [ ], tables begin with a line "[name]".'
        raise UsageError(
            f"not valid TOML: {what[:1].lower()}{what[1:]}",
            where=f"{path}:{line}{column}",
            do="This key or table is there twice: keep one." if twice else form,
        ) from error
    except RecursionError as error:
        raise UsageError("lists or tables are nested too deeply", where=path, do="Write them flat.") from error


def _shown(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'the text "{value[:40]}"'
        case int() | float():
            return f"the number {value}"
        case Mapping():
            return "a table"
        case Sequence():
            return "a list"
        case _:
            return f"{value}"
