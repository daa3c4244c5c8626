"""How a process ends that has threads which nobody can end."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import NoReturn

from podium.cli.streams import UnwritableError


def end_at_once(code: int) -> NoReturn:
    """End this process as a power cut would, but for what was printed.

    All that a worker does is made to be gone on with by the next one, and an orderly end would wait for the engine and
    for the checks that are running. Its nursery ends with it, and so do its sandboxes; agents go on.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, UnwritableError):
            stream.flush()
    os._exit(code)
