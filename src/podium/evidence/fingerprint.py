"""Findings with fingerprints that survive line shifts and rebases. Pure."""

from __future__ import annotations

import hashlib
from typing import Literal

from podium.evidence.model import Example, Finding
from podium.kernel.value import canonical
from podium.runs.model import DiffLine, FileChange

MOST = 200
"""Findings that one item shows; what is beyond is counted in one last finding."""


def fingerprint(rule: str, path: str, text: str, ordinal: int) -> str:
    """16 hex digits over the rule, the file, what it is about, and which of several equal ones it is.

    No line number enters, so that lines added above change nothing.
    """
    return hashlib.sha256(canonical([rule, path, text, ordinal])).hexdigest()[:16]


class Findings:
    """Collects the findings of one item."""

    def __init__(self) -> None:
        self._found: list[Finding] = []
        self._seen: dict[tuple[str, str, str], int] = {}
        self._beyond = 0

    @property
    def count(self) -> int:
        """How many were noted, those that are not listed included."""
        return len(self._found) + self._beyond

    def add(
        self,
        rule: str,
        level: Literal["note", "warning", "error"],
        message: str,
        *,
        path: str = "",
        line: int = 0,
        side: Literal["old", "new", "not changed"] = "new",
        text: str = "",
        example: Example | None = None,
    ) -> None:
        """Note one finding; `text` (default: the message) is what its fingerprint is made of."""
        about = (rule, path, " ".join((text or message).split()))
        ordinal = self._seen.get(about, 0)
        self._seen[about] = ordinal + 1
        if len(self._found) >= MOST:
            self._beyond += 1
            if level == "note" or not self._makes_room(level):
                return
        self._found.append(
            Finding(
                fingerprint=fingerprint(*about, ordinal),
                rule=rule,
                level=level,
                message=message,
                path=path,
                line=line,
                side=side,
                example=example,
            )
        )

    def add_line(
        self, rule: str, level: Literal["note", "warning", "error"], message: str, change: FileChange, line: DiffLine
    ) -> None:
        """Note one finding at a changed line: on the new side if it was added, on the old side if it was removed."""
        if line.kind == "-":
            self.add(rule, level, message, path=change.old_path, line=line.old, side="old", text=line.text)
        else:
            self.add(rule, level, message, path=change.path, line=line.new, text=line.text)

    def _makes_room(self, level: str) -> bool:
        """Drop the last finding that weighs less: whoever makes many small ones must not hide a grave one."""
        less = ("note",) if level == "warning" else ("note", "warning")
        at = next((n for n in range(len(self._found) - 1, -1, -1) if self._found[n].level in less), None)
        if at is not None:
            del self._found[at]
        return at is not None

    def all(self) -> tuple[Finding, ...]:
        """Everything noted."""
        if not self._beyond:
            return tuple(self._found)
        rest = Finding(
            fingerprint=fingerprint("more", "", "", 0),
            rule="more",
            level="note",
            message=f"{self._beyond} more are not listed",
        )
        return (*self._found, rest)
