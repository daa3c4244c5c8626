"""Waiting for a condition, with a deadline: what tests do instead of sleeping."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Got = TypeVar("Got")


def eventually(condition: Callable[[], Got], seconds: float = 10.0, *, what: str = "", every: float = 0.01) -> Got:
    """The first true value of `condition`, which is asked every `every` seconds.

    Raises AssertionError, with `what` was waited for and the last value, when it is not true within `seconds`.
    An AssertionError or a FileNotFoundError in `condition` counts as "not yet", and is the cause of the final one (git
    removes a file before it writes its next version).
    """
    deadline = time.monotonic() + seconds
    last: object = None
    failure: Exception | None = None
    while True:
        try:
            value = condition()
            if value:
                return value
            last, failure = value, None
        except (AssertionError, FileNotFoundError) as error:
            failure = error
        if time.monotonic() >= deadline:
            name = what or getattr(condition, "__name__", "condition")
            raise AssertionError(
                f"not within {seconds:g} s: {name} (last: {failure if failure else repr(last)})"
            ) from failure
        time.sleep(every)
