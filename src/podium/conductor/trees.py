"""The places in which evidence is gathered: sandboxes over exact trees, the files of the trees, and a memory."""

from __future__ import annotations

import asyncio
import posixpath
import shlex
import threading
from dataclasses import dataclass
from pathlib import Path

import msgspec

from podium.checks.artefacts import read_artefact
from podium.checks.ports import ARTEFACT_LIMIT, OUTPUT_LIMIT, Ran, Request, Side, UnreadableError
from podium.conductor.ground import Ground
from podium.conductor.room import LITTLE_BYTES, NOTHING_BYTES, is_for_want_of_disk, require_room
from podium.evidence.model import Execution
from podium.evidence.redaction import SHAPES, Redactor, clean_execution
from podium.git.commits import list_tree
from podium.git.mirror import Mirror
from podium.git.objects import TooLargeError
from podium.git.paths import to_bytes
from podium.kernel.errors import NotFoundError, PodiumError
from podium.kernel.ids import digest, system_entropy
from podium.kernel.room import NoRoomError, is_no_room
from podium.kernel.value import canonical
from podium.workspaces.plan import Mount, SandboxPlan
from podium.workspaces.run import Completed, run
from podium.workspaces.space import disk_use, remove

OUT = "/podium/out"
CANDIDATE = "/podium/candidate"
LAY_OVER = "in/lay-over.sh"
_AT_ONCE = 100  # files that one program of the script is given: their names fit into a command line
_TRIES = 4
BLOB_LIMIT = 8 * 1024 * 1024


@dataclass(frozen=True)
class TreeExecutor:
    """Runs each command in a fresh sandbox over the files of one commit. Implements `podium.checks.ports.Executor`."""

    ground: Ground
    scratch: Path
    base: str
    candidate: str

    async def execute(self, request: Request) -> Ran:
        """Run a command; cancelling ends its sandbox. Raises NoRoomError on a full disk, and what a tree gives."""
        ended = threading.Event()
        work = asyncio.ensure_future(asyncio.to_thread(self._with_room, request, ended))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            ended.set()
            await asyncio.wait([work])
            raise

    def _with_room(self, request: Request, ended: threading.Event) -> Ran:
        """Run it with room on the disk. Where others used that up meanwhile, what it said is no fact: it runs again.

        After `_TRIES` it is believed: it may be the command itself that fills the disk and clears up.
        """
        for left in reversed(range(_TRIES)):
            require_room(self.scratch)
            try:
                ran, starved = self._execute(request, ended)
            except (PodiumError, OSError) as error:
                if is_for_want_of_disk(error):
                    raise NoRoomError(str(self.scratch)) from error
                raise
            if not starved or not left or ended.is_set():
                return ran
        raise AssertionError("unreachable")

    def _execute(self, request: Request, ended: threading.Event) -> tuple[Ran, bool]:
        """What a command gave, and whether there was hardly any room on the disk, by no doing of its own."""
        commit = self.base if request.side == "base" else self.candidate
        place = self.scratch / system_entropy(8).hex()
        try:
            plan = self._plan(request, commit, place)
            command = request.command
            if request.from_candidate:  # a file: a single argument has no room for the words of a large change
                _put(place / "out", LAY_OVER, self._laid_over(request))
                command = f'. "$PODIUM_OUT/{LAY_OVER}"; {command}'
            for name, content in request.inputs.items():
                _put(place / "out", name, content)
            done = run(
                plan,
                command,
                bwrap=self.ground.bwrap,
                timeout_seconds=request.timeout_seconds,
                output_limit=OUTPUT_LIMIT,
                cancelled=ended.is_set,
            )
            found = {name: read_artefact(place / "out", name, ARTEFACT_LIMIT) for name in request.artefacts}
            starved = done.least_free < NOTHING_BYTES and disk_use(place).bytes < LITTLE_BYTES
            return _ran(done, {name: data for name, data in found.items() if data is not None}), starved
        finally:
            remove(place, within=self.scratch)

    def _plan(self, request: Request, commit: str, place: Path) -> SandboxPlan:
        out = place / "out"
        out.mkdir(parents=True, mode=0o700)
        mounts = [Mount(source=str(out), target=OUT, writable=True)]
        if request.from_candidate:
            mounts.append(Mount(source=str(self.ground.template(self.candidate)), target=CANDIDATE))
        env = {**request.env, "PODIUM_OUT": OUT if self._mounted else str(out)}
        return self.ground.plan(commit, place, env=env, mounts=tuple(mounts))

    @property
    def _mounted(self) -> bool:
        """Whether mounts are seen at their targets: without a mount namespace they are where they are."""
        return self.ground.tier in ("overlay", "clone")

    def _laid_over(self, request: Request) -> bytes:
        """A shell script that brings files of the candidate into the base's tree, within the sandbox.

        It starts a program for many files at a time: a large change may bring tens of thousands.
        """
        top = CANDIDATE if self._mounted else str(self.ground.template(self.candidate))
        folders: dict[str, list[str]] = {}
        for path in request.from_candidate:
            name = to_bytes(path).decode("utf-8", "surrogateescape")
            folders.setdefault(posixpath.dirname(name), []).append(name)
        steps = [
            (folder, names[at : at + _AT_ONCE])
            for folder, names in sorted(folders.items())
            for at in range(0, len(names), _AT_ONCE)
        ]
        lines = [f"rm -rf -- {' '.join(shlex.quote(f'./{name}') for name in part)}" for _, part in steps]
        for folder, part in steps:
            lines.append("set --")
            for name in part:
                there = shlex.quote(f"{top}/{name}")
                lines.append(f'if test -e {there}; then set -- "$@" {there}; fi')
            into = shlex.quote(f"./{folder}")
            lines.append(f'if test $# -gt 0; then mkdir -p -- {into} && cp -P -- "$@" {into}; fi')
        return "\n".join([*lines, "set --", ""]).encode("utf-8", "surrogateescape")


def _put(out: Path, name: str, content: bytes) -> None:
    """Make a file that the sandbox finds below PODIUM_OUT. Raises ValueError for a name that leads elsewhere."""
    parts = name.split("/")
    if any(part in ("", ".", "..") for part in parts):
        raise ValueError(f"not a plain relative path: {name!r}")
    file = out.joinpath(*parts)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.write_bytes(content)


def _ran(done: Completed, artefacts: dict[str, bytes]) -> Ran:
    return Ran(
        how=done.how,
        exit_code=done.exit_code,
        seconds=done.seconds,
        output=done.output,
        output_digest=done.digest,
        detail=done.why,
        artefacts=artefacts,
    )


class TreeSource:
    """The files of two commits, straight from the mirror. Implements `podium.checks.ports.Source`."""

    def __init__(self, mirror: Mirror, base: str, candidate: str) -> None:
        self._mirror = mirror
        self._commits: dict[Side, str] = {"base": base, "candidate": candidate}
        self._trees: dict[Side, dict[str, str]] = {}

    def read(self, side: Side, path: str) -> bytes | None:
        """The bytes of a regular file, or None. Raises UnreadableError above 8 MB."""
        blob = self._tree(side).get(path)
        if blob is None:
            return None
        try:
            return self._mirror.read_blob(blob, limit=BLOB_LIMIT)
        except NotFoundError:
            return None
        except TooLargeError as error:
            raise UnreadableError(f"it is larger than {BLOB_LIMIT // 2**20} MB") from error

    def paths(self, side: Side) -> tuple[str, ...]:
        """All regular files."""
        return tuple(self._tree(side))

    def _tree(self, side: Side) -> dict[str, str]:
        if side not in self._trees:
            entries = list_tree(self._mirror, self._commits[side])
            self._trees[side] = {entry.path: entry.blob for entry in entries if entry.mode.startswith("100")}
        return self._trees[side]


@dataclass(frozen=True)
class FileCache:
    """Executions on base trees, one small file each. Implements `podium.checks.ports.Cache`."""

    directory: Path
    redactor: Redactor = SHAPES

    def get(self, key: str) -> Execution | None:
        """What was put under `key`; a damaged file counts as none."""
        try:
            return msgspec.json.decode(self._file(key).read_bytes(), type=Execution)
        except (OSError, msgspec.MsgspecError):
            return None

    def put(self, key: str, execution: Execution) -> None:
        """Remember an execution, if there is room for it."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self.directory / f".{system_entropy(8).hex()}"
        try:
            fresh.write_bytes(canonical(clean_execution(execution, self.redactor)))
            fresh.replace(self._file(key))
        except OSError as error:
            fresh.unlink(missing_ok=True)
            if not is_no_room(error):
                raise

    def _file(self, key: str) -> Path:
        return self.directory / f"{digest(key.encode())[7:]}.json"
