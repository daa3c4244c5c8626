"""A real project from its source distribution, and an environment with pytest: fetched once, kept in `.cache`."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "third-party"
PROJECT = "pluggy"
VERSION = "1.6.0"
SHA256 = "7dcc130b76258d33b90f61b658791dede3486c3e6bfb003ee5c9bfb396dd22f3"
TESTED_WITH = "pytest==8.4.2"
PAUSES = (1.0, 5.0)  # seconds before another attempt to fetch


class AbsentError(Exception):
    """It is not here and could not be fetched."""


@dataclass(frozen=True)
class ThirdParty:
    """What was fetched. The environment's Python is linked to the one in `base`."""

    archive: Path
    environment: Path

    @property
    def base(self) -> Path:
        return Path(sys.base_prefix).resolve()

    def unpack(self, place: Path) -> Path:
        """The project's files at `place`, under a fresh git repository with everything committed."""
        place.mkdir(parents=True)
        with tarfile.open(self.archive) as archive:
            for member in archive.getmembers():  # root would give each file the owner that the archive names
                member.uid, member.gid, member.uname, member.gname = os.getuid(), os.getgid(), "", ""
                # Python 3.11.4 knows filters; the archive is pinned by its digest in any case.
                safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
                archive.extract(member, place, **safely)  # pyright: ignore[reportArgumentType]
        root = place / f"{PROJECT}-{VERSION}"
        for arguments in (
            ["init", "-q", "--initial-branch=main"],
            ["add", "--all", "--force"],  # a distribution holds a file that its .gitignore names
            ["commit", "-q", "-m", f"{PROJECT} {VERSION}"],
        ):
            subprocess.run(["git", *arguments], cwd=root, check=True)
        return root


def fetch() -> ThirdParty:
    """What is in the cache; what is not is fetched by pip, as the person's own configuration says.

    Raises AbsentError with pip's last words.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    with _locked(CACHE / "lock"):
        environment = CACHE / f"environment-{sys.version_info.major}.{sys.version_info.minor}"
        ready = environment / f".{TESTED_WITH}-{hashlib.sha256(str(environment).encode()).hexdigest()[:8]}"
        if not ready.exists():
            shutil.rmtree(environment, ignore_errors=True)
            _try([sys.executable, "-m", "venv", str(environment)])
            _try([*_pip(environment), "install", TESTED_WITH])
            ready.touch()
        archive = CACHE / f"{PROJECT}-{VERSION}.tar.gz"
        if not _sound(archive):
            wanted = f"{PROJECT}=={VERSION}"
            _try([*_pip(environment), "download", "--no-deps", "--no-binary", PROJECT, "-d", str(CACHE), wanted])
            if not _sound(archive):
                raise AbsentError(f"{archive.name} is not the distribution that is expected")
    return ThirdParty(archive, environment)


def _sound(archive: Path) -> bool:
    return archive.exists() and hashlib.sha256(archive.read_bytes()).hexdigest() == SHA256


def _pip(environment: Path) -> list[str]:
    return [str(environment / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]


def _try(command: list[str]) -> None:
    """Run it, again after a pause when it fails. The tests' own HOME is empty; pip is configured in the real one."""
    surroundings = {**os.environ, "HOME": pwd.getpwuid(os.getuid()).pw_dir}
    for pause in (*PAUSES, None):
        done = subprocess.run(command, env=surroundings, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode == 0:
            return
        if pause is None:
            raise AbsentError(f"{' '.join(command[1:5])}: {done.stderr.strip()[-500:]}")
        time.sleep(pause)


@contextmanager
def _locked(path: Path) -> Generator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
