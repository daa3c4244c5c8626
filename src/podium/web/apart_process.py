"""The process of one piece of work on a large diff: `python -m podium.web.apart_process order|trace`."""

from __future__ import annotations

import os
import resource
import sys

import msgspec

from podium.evidence.model import Item
from podium.runs.model import FileChange
from podium.spec.model import Clause

MOST_MEMORY = 3_000_000_000  # bytes of address space
MOST_SECONDS = 300  # of processor time, should nobody be there any more to end it
_NICE = 10


def main() -> None:
    """Read the input to its end, work, and write the answer."""
    os.nice(_NICE)
    _at_most(resource.RLIMIT_AS, MOST_MEMORY)
    _at_most(resource.RLIMIT_CPU, MOST_SECONDS)
    answer = work(sys.argv[1], sys.stdin.buffer.read())
    sys.stdout.buffer.write(answer)


def work(what: str, data: bytes) -> bytes:
    """The answer to one input."""
    if what == "trace":
        from podium.review.trace import trace

        changed, clauses = msgspec.msgpack.decode(data, type=tuple[tuple[FileChange, ...], tuple[Clause, ...]])
        return msgspec.msgpack.encode(trace(changed, clauses))
    from podium.review.reading import reading_order
    from podium.web.apart import Place

    changes, items = msgspec.msgpack.decode(data, type=tuple[tuple[FileChange, ...], tuple[Item, ...]])
    return msgspec.msgpack.encode(
        [
            Place(hunk=each.hunk.id, score=each.score, reasons=each.reasons, lines=each.lines)
            for each in reading_order(changes, items)
        ]
    )


def _at_most(what: int, limit: int) -> None:
    _, hard = resource.getrlimit(what)
    most = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    main()
