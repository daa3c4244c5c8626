"""Errors that a person can act on: what is wrong, where, and what to do.

Every error that Podium raises on purpose is a `PodiumError`. The edges (`cli`, `web`, `api`) print it without a
traceback; `exit_code` is 2 for a mistake in how Podium was called or configured, 1 for work that failed.
"""

from __future__ import annotations


class PodiumError(Exception):
    """Work that failed for a reason that was foreseen.

    `what` says what is wrong, `where` names the file, line, task or command it is wrong in (may be empty), `do` says
    what the reader can do about it (may be empty).
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", do: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.do = do

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}\n  {self.do}" if self.do else head


class UsageError(PodiumError):
    """Podium was called or configured wrongly: the caller can mend it."""

    exit_code = 2


class NotFoundError(UsageError):
    """Something was named that does not exist."""


class ConflictError(PodiumError):
    """The state moved between reading and writing; reading again and repeating the act may succeed."""
