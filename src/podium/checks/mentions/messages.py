"""What the program said and says otherwise now: texts of three words or more in quotes. Pure, by line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from itertools import islice

from podium.checks.mentions.untrue import Untrue
from podium.evidence.change_rules import changed_lines
from podium.evidence.test_code import is_program
from podium.runs.model import FileChange

_LINE_LIMIT = 2000
_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.){14,400})\"|'((?:[^'\\]|\\.){14,400})'|`((?:[^`\\]|\\.){14,400})`")
_PLACES = re.compile(
    r"\{[^{}]{0,80}\}|\$\{[^{}]{0,80}\}|%[-+#0-9.]{0,6}[sdrifvqx]|%\(\w{1,40}\)[sdrif]|\\[nrt\"']|[\r\n]"
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_ALIKE = 0.5  # likeness of what is there instead, by difflib
_MOST_COMPARED = 40
_MOST_PARTS = 400


def messages_changed(changes: tuple[FileChange, ...]) -> Iterator[Untrue]:
    """Parts of texts that stood in removed lines of code and in no added line."""
    gone: dict[str, FileChange] = {}
    come: dict[str, None] = {}
    for change in changes:
        if not is_program(change.old_path):
            continue
        for line in changed_lines(change):
            for part in _parts(line.text[:_LINE_LIMIT]):
                if line.kind == "-":
                    gone.setdefault(part, change)
                else:
                    come[part] = None
    there = "\n".join(come)
    candidates = list(come)[:_MOST_COMPARED]
    for part, change in islice(((part, change) for part, change in gone.items() if part not in come), _MOST_PARTS):
        if part in there:
            continue
        instead = difflib.get_close_matches(part, candidates, 1, _ALIKE) if candidates else []
        now = f" now, but “{instead[0][:80]}”" if instead else " any more"
        message = f"has “{part[:80]}”, which {change.path} does not say{now}"
        yield Untrue(needle=part, message=message, where="expected")


def _parts(text: str) -> Iterator[str]:
    for found in _QUOTED.findall(text):
        for piece in _PLACES.split(next(filter(None, found))):
            part = piece.strip()
            if len(part) >= 14 and sum(_WORD.search(each) is not None for each in part.split()) >= 3:
                yield part
