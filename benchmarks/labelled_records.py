"""Reads a file of labelled records: one JSON object a line, plain or compressed with gzip."""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, cast

_GZIP = b"\x1f\x8b"
_WORDS = {str: "a text", list: "a list", bool: "true or false"}


def records(file: Path, fields: Mapping[str, type]) -> list[dict[str, Any]]:
    """The records of a file, each with at least these fields of these types.

    Ends the program with exit code 2 and one line that says what is wrong, and where, when a file cannot be read, holds
    no record, or has a line that is no such record.
    """
    try:
        data = file.read_bytes()
        text = (gzip.decompress(data) if data.startswith(_GZIP) else data).decode()
    except (OSError, EOFError, zlib.error) as error:
        _end(f"{file}: cannot be read: {error}")
    except UnicodeDecodeError as error:
        _end(f"{file}: is not UTF-8 at byte {error.start}: give JSON lines, plain or compressed with gzip")
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    found = [_record(line, fields, f"{file}, line {number}") for number, line in lines]
    if not found:
        _end(f"{file}: holds no record")
    return found


def _record(line: str, fields: Mapping[str, type], where: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        _end(f"{where}: is no JSON: {error}")
    if not isinstance(record, dict):
        _end(f"{where}: is no JSON object")
    for name, sort in fields.items():
        if name not in record:
            _end(f"{where}: has no {name!r}; a record needs {', '.join(fields)}")
        if not isinstance(record[name], sort):
            _end(f"{where}: {name!r} is not {_WORDS[sort]}")
    return cast("dict[str, Any]", record)


def _end(what: str) -> NoReturn:
    print(f"error: {what}", file=sys.stderr)
    raise SystemExit(2)
