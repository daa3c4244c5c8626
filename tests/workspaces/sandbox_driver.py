"""Runs sandboxes as the user that its first argument names by number, on orders from stdin: one JSON line each.

It stands for Podium itself. Everything is imported before the user changes, since another user may not be able to
read the interpreter's own directory.
"""

from __future__ import annotations

import encodings.idna  # noqa: F401 - so that nothing has to be imported later
import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from podium.kernel.errors import PodiumError
from podium.workspaces import copies, layers, run, space
from podium.workspaces.plan import SandboxPlan


class Order(msgspec.Struct):
    what: str
    plan: SandboxPlan | None = None
    command: str = ""
    timeout: float = 20.0
    stdin: str | None = None
    path: str = ""
    within: str = ""
    bwrap: str = ""
    output_limit: int = 16384


def answer(order: Order) -> Any:
    if order.what == "pid":
        return os.getpid()
    if order.what == "remove":
        return space.remove(Path(order.path), within=Path(order.within))
    if order.what == "disk_use":
        return space.disk_use(Path(order.path))
    if order.what == "rss":
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
    assert order.plan is not None
    if order.what == "layer":
        plan = order.plan
        return str(layers.build_layer(Path(order.path), order.within, lambda _: plan, order.command, bwrap=order.bwrap))
    return run.run(
        order.plan,
        order.command,
        bwrap=order.bwrap,
        timeout_seconds=order.timeout,
        stdin=order.stdin.encode() if order.stdin is not None else None,
        output_limit=order.output_limit,
    )


def main(uid: int) -> None:
    assert copies
    if uid != os.geteuid():
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    decoder = msgspec.json.Decoder(Order)
    for line in sys.stdin.buffer:
        try:
            reply: Any = {"ok": answer(decoder.decode(line))}
        except PodiumError as error:
            reply = {"error": str(error)}
        sys.stdout.buffer.write(msgspec.json.encode(reply) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
