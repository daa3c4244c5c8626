"""What checks need from outside: a place to run a command on a tree, files to read, and a memory for the base.

`podium.conductor` implements these with `podium.workspaces` and `podium.git`; a kind of evidence never meets them
directly but through `podium.checks.bench.Bench`.
"""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias

import msgspec

from podium.evidence.model import Execution
from podium.kernel.value import Value

Side: TypeAlias = Literal["base", "candidate"]


class Request(Value, frozen=True, kw_only=True):
    """One command to run with `/bin/sh -c` in a fresh sandbox that holds one tree.

    `from_candidate` names files that are laid over the base tree as they are in the candidate (a path that the
    candidate lacks is removed): that is how new tests meet old source. `env` comes on top of the project's own
    environment. The variable PODIUM_OUT names a writable directory outside the workspace, which holds nothing but
    `inputs` (content by plain relative name); `artefacts` are names of files in it that are wanted back.
    """

    side: Side
    command: str
    timeout_seconds: float
    env: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    artefacts: tuple[str, ...] = ()
    from_candidate: tuple[str, ...] = ()
    inputs: dict[str, bytes] = msgspec.field(default_factory=dict[str, bytes])


class Ran(Value, frozen=True, kw_only=True):
    """What came of a request. `broken` means that the sandbox failed, so that nothing was learnt about the command."""

    how: Literal["exited", "timeout", "limit", "broken"]
    exit_code: int | None
    seconds: float
    output: bytes  # the end of standard output and standard error together, at most `OUTPUT_LIMIT` bytes
    output_digest: str  # of all of it
    detail: str = ""  # which limit, or what broke
    artefacts: dict[str, bytes] = msgspec.field(default_factory=dict[str, bytes])  # only those that could be read


OUTPUT_LIMIT = 64 * 1024
"""Bytes of output that an executor hands back; the rest is counted into the digest only."""

ARTEFACT_LIMIT = 32 * 1024 * 1024
"""Bytes of one artefact; a larger one is not handed back. Read them with `podium.checks.artefacts.read_artefact`."""


class Executor(Protocol):
    """Runs commands in sandboxes. Must be safe to call several times at once."""

    async def execute(self, request: Request) -> Ran:
        """Run to the end, or end it at the time limit. Cancelling the coroutine ends the sandbox too.

        Must not raise for anything that the command does; raises PodiumError when the request cannot be met at all.
        """
        ...


class UnreadableError(Exception):
    """A file is there, and is not read: it is too large, or no text of its language. The text says which, without the
    name of the file."""


class Source(Protocol):
    """The files of the two trees. Never follows a symbolic link."""

    def read(self, side: Side, path: str) -> bytes | None:
        """The content of a regular file, or None where that tree has none at `path`.

        Raises UnreadableError for a file that is too large: who asks must be blind about it, and go on.
        """
        ...

    def paths(self, side: Side) -> tuple[str, ...]:
        """All regular files of a tree."""
        ...


class Cache(Protocol):
    """Remembers executions on the base across rounds and tasks. Losing an entry costs time, nothing else."""

    def get(self, key: str) -> Execution | None:
        """What was put under `key`, or None."""
        ...

    def put(self, key: str, execution: Execution) -> None:
        """Remember `execution` under `key`."""
        ...
