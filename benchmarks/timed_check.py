"""`podium check` on two commits of a repository, with the moment at which each fact was known."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from podium.conductor.check_range import check_range, checking, find_range
from podium.evidence.model import Item
from podium.git.user_repository import UserRepository
from podium.project.model import Environment, EvidenceSettings, Settings
from podium.workspaces.tiers import candidates, choose, probe


@dataclass(frozen=True)
class Timed:
    """An item, and the seconds from the beginning until it was known."""

    item: Item
    at: float


def python_settings(environment: Path, *, test: str = "", budget: float = 600.0, source: str = "src") -> Settings:
    """Settings of a Python project whose packages are in a virtual environment of this machine."""
    base = Path(sys.base_prefix).resolve()
    command = test or f"{environment}/bin/python -m pytest -q -p no:cacheprovider"
    return Settings(
        project="benchmark",
        environment=Environment(
            test=command,
            mounts=(str(environment), str(base)),
            env={"PYTHONPATH": source, "PYTHONDONTWRITEBYTECODE": "1"},
        ),
        evidence=EvidenceSettings(budget_seconds=budget),
    )


def timed_check(root: Path, text: str, settings: Settings) -> list[Timed]:
    """Everything that `podium check TEXT` finds in the repository at `root`, in the order in which it is known."""
    repository = UserRepository.open(root)
    path = os.environ["PATH"]
    found: list[Timed] = []
    with tempfile.TemporaryDirectory(prefix="podium-bench-") as name:
        scratch = Path(name)
        chosen = choose(probe(candidates(path), scratch=scratch, root=os.geteuid() == 0), "")
        wanted = find_range(repository, text)
        with checking(repository, wanted, settings=settings, scratch=scratch, path=path, chosen=chosen) as check:
            started = time.monotonic()

            async def emit(item: Item) -> None:
                found.append(Timed(item, time.monotonic() - started))

            asyncio.run(check_range(check, emit))
    return found


def git(root: Path, *arguments: str) -> str:
    """Run git in a repository of the benchmark."""
    identity = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in _WHO.items()}
    environment = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull}
    command = ["git", "-c", "core.autocrlf=false", *arguments]
    return subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True, text=True).stdout.strip()


_WHO = {"NAME": "Benchmark", "EMAIL": "benchmark@example.org", "DATE": "2026-01-01T00:00:00+0000"}
