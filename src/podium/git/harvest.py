"""Harvest: what an agent left in its workspace becomes a commit.

Everything in a workspace is hostile: its `.git`, its attributes, its nested repositories, its file names. So the commit
is made by a small script of git commands that
- uses a git directory of ours (`prepare_harvest_dir`), fresh each time; the workspace's own `.git` is never read;
- has no filter, diff or merge driver, no conversion, no hook, no fsmonitor: a file's blob is its bytes;
- runs INSIDE a second sandbox, after the agent's has ended (`harvest_plan`), or directly where there is no sandbox
  (`harvest_directly`); the same script either way.
The result is a bundle, which `podium.git.bundle.fetch_bundle` checks object by object.

What git alone would lose is handled: a nested repository would become a link to a commit that nobody has, so its files
are taken as ordinary files (what its `.gitignore` names left out), and it is reported. Files that nobody may read are
made readable to their owner first. Sockets, pipes and devices cannot be in a commit and are reported, and so is what
was written into submodules, and what `.gitignore` keeps out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from podium.git.commits import person_environment
from podium.git.mirror import RAW_ATTRIBUTES, Mirror, git_init
from podium.git.model import HarvestReport, Identity
from podium.git.paths import to_text
from podium.git.run import SEARCH_PATH, GitError, environment, is_full, stop
from podium.git.template import OBJECTS_IN_SANDBOX
from podium.kernel.value import Value

GIT_DIR_IN_SANDBOX = "/git"
WORKSPACE_IN_SANDBOX = "/workspace"
CANDIDATE_REF = "refs/podium/candidate"
_LISTED = 1000
_READ_LIMIT = 16 * 1024 * 1024

_CONFIG = """\
[core]
\trepositoryFormatVersion = 0
\tfileMode = true
\tbare = false
\tsymlinks = true
\tignoreCase = false
\tprecomposeUnicode = false
\tautoCrlf = false
\tsafeCrlf = false
\tattributesFile = /dev/null
\texcludesFile = /dev/null
\thooksPath = /dev/null
\tfsmonitor = false
\tuntrackedCache = false
\tsplitIndex = false
\tbigFileThreshold = 16m
\tprotectHFS = true
\tprotectNTFS = true
\tcompression = 1
[pack]
\tcompression = 1
\tthreads = 1
\twindowMemory = 256m
[gc]
\tauto = 0
[maintenance]
\tauto = false
[advice]
\taddEmbeddedRepo = false
[submodule]
\trecurse = false
"""


class HarvestMount(Value, frozen=True, kw_only=True):
    """A host path that the harvest's sandbox needs."""

    source: str
    target: str
    writable: bool


class HarvestPlan(Value, frozen=True, kw_only=True):
    """One command, and what it needs around it: the workspace itself, and these mounts."""

    argv: tuple[str, ...]
    env: dict[str, str]
    mounts: tuple[HarvestMount, ...]
    workdir: str


def prepare_harvest_dir(
    path: Path, mirror: Mirror, *, objects: str = OBJECTS_IN_SANDBOX, exclude: tuple[str, ...] = ()
) -> Path:
    """Makes a fresh git directory at a new path (removing what an interrupted harvest left there) and returns it.

    `objects` is where the mirror's objects are seen by the harvest. `exclude` are gitignore patterns, anchored with a
    slash, of files that Podium itself put into the workspace. Raises GitError.
    """
    shutil.rmtree(path, ignore_errors=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    git_init(path)
    (path / "config").write_text(_CONFIG)
    (path / "info" / "attributes").write_text(RAW_ATTRIBUTES)
    (path / "info" / "exclude").write_text("".join(f"{pattern}\n" for pattern in exclude))
    (path / "objects" / "info" / "alternates").write_text(objects + "\n")
    if mirror.shallow_file:
        (path / "shallow").write_bytes(mirror.shallow_file)
    return path


def harvest_plan(git_dir: Path, mirror: Mirror, *, base: str, message: str, author: Identity, date: str) -> HarvestPlan:
    """The command that harvests `/workspace` in a sandbox, with the mounts and the environment it wants.

    Equal arguments and files give the same commit. Afterwards `read_harvest(git_dir, base)` says what came of it.
    """
    return HarvestPlan(
        argv=("/bin/sh", "-c", _script(), "harvest", base, message),
        env=_environment(GIT_DIR_IN_SANDBOX, WORKSPACE_IN_SANDBOX, author, date),
        mounts=(
            HarvestMount(source=str(git_dir), target=GIT_DIR_IN_SANDBOX, writable=True),
            HarvestMount(source=str(mirror.objects_directory), target=OBJECTS_IN_SANDBOX, writable=False),
        ),
        workdir=WORKSPACE_IN_SANDBOX,
    )


def harvest_directly(
    git_dir: Path,
    workspace: Path,
    *,
    base: str,
    message: str,
    author: Identity,
    date: str,
    path: str = SEARCH_PATH,
    timeout: float = 600.0,
) -> HarvestReport:
    """Harvests a workspace without a sandbox; `git_dir` was prepared with the mirror's objects as the host sees them.

    The agent must have ended. Raises GitError when it fails, and then there is no candidate.
    """
    env = {**_environment(str(git_dir), str(workspace), author, date), "PATH": path}
    argv = ["/bin/sh", "-c", _script(), "harvest", base, message]
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        argv, cwd=workspace, env=env, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, start_new_session=True
    )
    try:
        output = process.communicate(timeout=timeout)[1]
    except subprocess.TimeoutExpired:
        raise GitError(f"the harvest took more than {timeout:g} seconds and was stopped") from None
    finally:
        stop(process)
    if process.returncode != 0:
        raise harvest_error(process.returncode, output)
    return read_harvest(git_dir, base)


def harvest_error(code: int, output: bytes) -> GitError:
    """The error for a harvest whose command ended with `code`, printing `output`."""
    tail = output.decode("utf-8", "replace").strip()[-2000:]
    return GitError(
        f"the harvest failed: {tail or f'exit code {code}'}",
        code=code,
        stderr=tail,
        do="Free some disk space and gather the candidate again; the workspace is untouched." if is_full(tail) else "",
    )


def read_harvest(git_dir: Path, base: str) -> HarvestReport:
    """What the harvest in `git_dir` found. Raises GitError when it did not finish."""
    result = _read(git_dir / "harvest" / "result").decode("ascii", "replace").split()
    if len(result) != 2:
        raise GitError("the harvest did not finish", command=[str(git_dir)])
    ignored = _list(git_dir, "ignored")
    embedded = _list(git_dir, "embedded")
    inside_ignored = tuple(path for path in ignored if path.endswith("/"))
    return HarvestReport(
        base=base,
        commit=result[0],
        tree=result[1],
        bundle=str(git_dir / "harvest" / "candidate.bundle"),
        embedded=tuple(path for path in embedded if not f"{path}/".startswith(inside_ignored)),
        submodule_files=_list(git_dir, "submodule-files"),
        special=_list(git_dir, "special"),
        ignored=ignored[:_LISTED],
        ignored_count=len(ignored),
    )


def _script() -> str:
    return Path(__file__).with_name("harvest.sh").read_text()


def _environment(git_dir: str, work_tree: str, author: Identity, date: str) -> dict[str, str]:
    mine: Mapping[str, str] = {
        "GIT_DIR": git_dir,
        "GIT_WORK_TREE": work_tree,
        "GIT_INDEX_FILE": f"{git_dir}/index",
        "GIT_ALLOW_PROTOCOL": "",
        **person_environment(author, author, date),
    }
    return environment(mine)


def _list(git_dir: Path, name: str) -> tuple[str, ...]:
    lines = _read(git_dir / "harvest" / name).split(b"\0")
    return tuple(sorted({to_text(line.removeprefix(b"./")) for line in lines if line}))


def _read(path: Path) -> bytes:
    """A file of the harvest, at most 16 MB of it, and never through a link."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise GitError(f"the harvest did not finish: {error.strerror}", command=[str(path)]) from error
    with os.fdopen(descriptor, "rb") as file:
        return file.read(_READ_LIMIT)
