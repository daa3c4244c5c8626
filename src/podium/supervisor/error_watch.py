"""Failures that come one after the other, or again and again with the same words. Pure."""

from __future__ import annotations

import hashlib
import re

from podium.agents.event import Cleared, ToolCall, Tripped

_MOST = 500  # different failures that are remembered
_NUMBERS = re.compile(r"0x[0-9a-f]+|\d+(?:\.\d+)?")
_QUIET = re.compile(r"^[\s=_\-.*#]*$")


class ErrorWatch:
    """Watches how calls end. `in_a_row` failures without a success between them trip, and so does one repeated failure.

    Edits that succeed do not break a series of one command that fails again and again with the same last words: that is
    how a spiral looks when the agent edits between its tries.
    """

    def __init__(self, in_a_row: int) -> None:
        self._limit = in_a_row
        self._row = 0
        self._same: dict[str, int] = {}
        self._tripped = False

    def ended(self, call: ToolCall) -> tuple[Tripped | Cleared, ...]:
        """What the end of this call trips or clears."""
        if self._limit <= 0:
            return ()
        signature = _signature(call)
        if call.status != "failed":
            self._row = 0
            over = call.kind == "execute" and self._same.pop(_program(call), 0) > 0
            if self._tripped and (over or not self._same):
                self._tripped = False
                return (Cleared(name="error-spiral"),)
            return ()
        self._row += 1
        if signature in self._same or len(self._same) < _MOST:
            self._same[signature] = self._same.get(signature, 0) + 1
            if call.kind == "execute":
                self._same[_program(call)] = 1
        if self._tripped:
            return ()
        what = (call.command or call.title or call.kind)[:200]
        if self._row >= self._limit:
            self._tripped = True
            return (Tripped(name="error-spiral", detail=f"{self._row} calls failed in a row, the last: {what}"),)
        if self._same.get(signature, 0) >= self._limit:
            self._tripped = True
            last = _last_words(call.output)
            told = f"failed {self._limit} times in the same way: {what}" + (f" ({last})" if last else "")
            return (Tripped(name="error-spiral", detail=told),)
        return ()


def _program(call: ToolCall) -> str:
    return "run " + hashlib.sha256((call.command or call.title).encode("utf-8", "surrogatepass")).hexdigest()


def _signature(call: ToolCall) -> str:
    """The same for two failures that differ only in figures."""
    text = f"{call.kind}\0{call.command or call.title}\0{_NUMBERS.sub('N', _last_words(call.output))}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _last_words(output: str) -> str:
    lines = [line.strip() for line in output[-4000:].split("\n") if not _QUIET.match(line)]
    return lines[-1][:200] if lines else ""
