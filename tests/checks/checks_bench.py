"""Two trees, an executor of real processes, and an order, for the tests of checks."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from podium.checks.artefacts import read_artefact
from podium.checks.gather import gather
from podium.checks.kind import GatherOrder, Kind
from podium.checks.kinds.clause_checks import CLAUSE_CHECKS
from podium.checks.kinds.extra_checks import EXTRA_CHECKS
from podium.checks.kinds.project_tests import PROJECT_TESTS
from podium.checks.ports import ARTEFACT_LIMIT, OUTPUT_LIMIT, Ran, Request, Side
from podium.evidence.model import Execution, Item
from podium.plan.model import Task
from podium.project.model import Environment, Settings
from podium.runs.model import DiffLine, FileChange, Hunk
from podium.spec.model import Clause

PYTHON = sys.executable


class Trees:
    """A base and a candidate as directories; also the `Source` of their files."""

    def __init__(self, root: Path, base: dict[str, str], candidate: dict[str, str]) -> None:
        self.roots: dict[Side, Path] = {"base": root / "base", "candidate": root / "candidate"}
        for folder, files in ((self.roots["base"], base), (self.roots["candidate"], candidate)):
            for path, text in files.items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_text(text)
            folder.mkdir(parents=True, exist_ok=True)

    def read(self, side: Side, path: str) -> bytes | None:
        return read_artefact(self.roots[side], path, 1 << 24)

    def paths(self, side: Side) -> tuple[str, ...]:
        root = self.roots[side]
        return tuple(sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file() and not p.is_symlink()))


class ProcessExecutor:
    """Runs requests as plain processes in a fresh copy of a tree. What it ran is in `ran`."""

    def __init__(self, trees: Trees) -> None:
        self._trees = trees
        self.ran: list[Request] = []
        self.running = 0
        self.most = 0

    async def execute(self, request: Request) -> Ran:
        self.ran.append(request)
        self.running += 1
        self.most = max(self.most, self.running)
        scratch = Path(tempfile.mkdtemp(prefix="podium-checks-"))
        try:
            return await self._run(request, scratch)
        finally:
            self.running -= 1
            shutil.rmtree(scratch, ignore_errors=True)

    async def _run(self, request: Request, scratch: Path) -> Ran:
        work, out = scratch / "workspace", scratch / "out"
        shutil.copytree(self._trees.roots[request.side], work, symlinks=True)
        out.mkdir()
        for path in request.from_candidate:
            self._lay_over(path, work)
        for name, content in request.inputs.items():
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (out / name).write_bytes(content)
        started = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            "/bin/sh",
            "-c",
            request.command,
            cwd=work,
            env={
                "PATH": f"{Path(PYTHON).parent}:{os.environ['PATH']}",
                "HOME": str(scratch),
                "PODIUM_OUT": str(out),
                "PYTHONDONTWRITEBYTECODE": "1",
                **request.env,
            },
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        how, tail, seen = "exited", b"", hashlib.sha256()
        try:
            async with asyncio.timeout(request.timeout_seconds):
                assert process.stdout
                while chunk := await process.stdout.read(1 << 20):
                    seen.update(chunk)
                    tail = (tail + chunk)[-OUTPUT_LIMIT:]
                await process.wait()
        except TimeoutError:
            how = "timeout"
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
            process._transport.close()  # type: ignore[attr-defined] - a killed process may leave its pipe open
        read = {name: read_artefact(out, name, ARTEFACT_LIMIT) for name in request.artefacts}
        return Ran(
            how=how,  # type: ignore[arg-type]
            exit_code=process.returncode if how == "exited" else None,
            seconds=time.monotonic() - started,
            output=tail,
            output_digest="sha256:" + seen.hexdigest(),
            artefacts={name: data for name, data in read.items() if data is not None},
        )

    def _lay_over(self, path: str, work: Path) -> None:
        data = self._trees.read("candidate", path)
        target = work / path
        if data is None:
            target.unlink(missing_ok=True)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


class Memory:
    """A cache in memory."""

    def __init__(self) -> None:
        self.known: dict[str, Execution] = {}

    def get(self, key: str) -> Execution | None:
        return self.known.get(key)

    def put(self, key: str, execution: Execution) -> None:
        self.known[key] = execution


class Seen:
    """An `emit` that keeps what it is given."""

    def __init__(self) -> None:
        self.items: list[Item] = []

    async def __call__(self, item: Item) -> None:
        self.items.append(item)


def order(
    clauses: dict[str, str] | None = None,
    *,
    test: str = "",
    changes: tuple[FileChange, ...] = (),
    settings: dict[str, Any] | None = None,
    **fields: Any,
) -> GatherOrder:
    """An order about the two trees `b` and `t`, with clause checks by id and a test command."""
    checks = clauses or {}
    return GatherOrder(
        **{
            "run": "r",
            "round": 1,
            "base_tree": "b",
            "tree": "t",
            "task": Task(id="T1", title="t", clauses=tuple(checks), scope=("**",)),
            "clauses": tuple(
                Clause(id=name, kind="behaviour", text=name, line=1, column=1, check=check)
                for name, check in checks.items()
            ),
            "changes": changes,
            "settings": Settings(project="p", environment=Environment(test=test, test_minutes=1), **(settings or {})),
            "environment": "none",
            "check_seconds": 30.0,
            **fields,
        }
    )


def change(path: str, status: str = "modified") -> FileChange:
    line = DiffLine(kind="+", old=0, new=1, text="x")
    hunk = Hunk(id=path, path=path, old_start=1, new_start=1, section="", lines=(line,))
    return FileChange(
        path=path,
        old_path=path,
        status=status,  # type: ignore[arg-type]
        old_mode="100644",
        new_mode="100644",
        old_blob="1",
        new_blob="2",
        added=1,
        removed=0,
        binary=False,
        hunks=(hunk,),
    )


class World:
    """Two trees and everything around a gathering."""

    def __init__(self, root: Path, base: dict[str, str], candidate: dict[str, str]) -> None:
        self.trees = Trees(root, base, candidate)
        self.executor = ProcessExecutor(self.trees)
        self.cache = Memory()
        self.seen = Seen()

    def gather(
        self, what: GatherOrder, kinds: tuple[Kind, ...] = (CLAUSE_CHECKS, EXTRA_CHECKS, PROJECT_TESTS)
    ) -> dict[str, Item]:
        async def run() -> tuple[Item, ...]:
            return await gather(what, self.executor, self.seen, source=self.trees, cache=self.cache, kinds=kinds)

        return {item.name: item for item in asyncio.run(run())}

    @property
    def ran(self) -> list[tuple[str, str]]:
        return [(request.side, request.command) for request in self.executor.ran]
