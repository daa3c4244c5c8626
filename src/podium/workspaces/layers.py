"""Dependency layers: what a project's set-up command installs, built once per key in a sandbox, read-only for ever.

A layer is what the set-up wrote to /workspace, without anything that concerns the commit it happened to be built on:
files that the template has too (a layer must never hide a newer version of them), removals, and `.git`. What the
set-up wrote to HOME or /tmp is gone: it has to install into the workspace (`.venv`, `node_modules`, `vendor` ...).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import stat
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from podium.kernel.errors import PodiumError, UsageError
from podium.workspaces.plan import SandboxPlan
from podium.workspaces.run import Completed, run
from podium.workspaces.space import remove

if TYPE_CHECKING:
    from podium.workspaces.egress.sources import Sources

SETUP_SECONDS: Final = 30 * 60.0
_LOG_BYTES: Final = 256 * 1024
_SHOWN_BYTES: Final = 2000
_MOST_REFUSED: Final = 50
_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def build_layer(
    store: Path,
    key: str,
    plan_at: Callable[[Path], SandboxPlan],
    setup: str,
    *,
    bwrap: str,
    timeout_seconds: float = SETUP_SECONDS,
    sources: Sources | None = None,
) -> Path:
    """The layer `key` in `store`, built with the command `setup` if it is not there yet.

    `plan_at` gives the sandbox to build in, whose `upper` lies in the directory it is given. Of several builders at
    once, one builds and the others wait. `sources` is what the set-up may reach; None = nothing. Raises PodiumError
    with the end of the output when the set-up fails (the log stays in `store` as `KEY.log`), and UsageError for a key
    that is no file name.
    """
    if not key or "/" in key or key.startswith("."):
        raise UsageError(f"{key!r} cannot name a layer", where=str(store))
    layer = store / key
    if layer.is_dir():
        return layer
    store.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _only_one(store / f".{key}.lock"):
        if layer.is_dir():
            return layer
        _sweep(store, key)
        place = store / f".{key}.{secrets.token_hex(4)}.building"
        place.mkdir(mode=0o700)
        try:
            _build(layer, plan_at(place), setup, bwrap, timeout_seconds, sources)
        finally:
            remove(place, within=store)
    return layer


def refused_at(layer: Path) -> tuple[str, ...]:
    """What the set-up of a layer asked for and was refused: the host as it named it, and why."""
    try:
        return msgspec.json.decode(_refusals(layer).read_bytes(), type=tuple[str, ...])
    except (OSError, msgspec.MsgspecError):
        return ()


def _build(
    layer: Path, plan: SandboxPlan, setup: str, bwrap: str, timeout_seconds: float, sources: Sources | None
) -> None:
    told: list[str] = []
    done = _run(plan, setup, bwrap, timeout_seconds, sources, told)
    log = layer.with_name(f"{layer.name}.log")
    log.write_bytes(done.output + "".join(f"\npodium refused {line}" for line in told).encode())
    _refusals(layer).unlink(missing_ok=True)
    if told:
        _refusals(layer).write_bytes(msgspec.json.encode(told))
    if done.how != "exited" or done.exit_code != 0:
        end = done.output[-_SHOWN_BYTES:].decode(errors="replace").strip()
        raise PodiumError(
            f"the set-up of dependencies {_failed(done, timeout_seconds)}:\n{end}",
            where="[environment] setup",
            do=f"{_hint(sources, told)} The whole log: {log}",
        )
    upper = Path(plan.upper)
    with _directory(upper) as made:
        for lower in plan.lowers:
            with _directory(Path(lower)) as below:
                _prune(made, below)
        _clean(made)
    upper.rename(layer)


def _run(
    plan: SandboxPlan,
    setup: str,
    bwrap: str,
    timeout_seconds: float,
    sources: Sources | None,
    told: list[str],
) -> Completed:
    if sources is None:
        return run(plan, setup, bwrap=bwrap, timeout_seconds=timeout_seconds, output_limit=_LOG_BYTES)
    from podium.workspaces.egress.door import Door  # here: a set-up is rare, and it needs an HTTP parser

    def refuse(where: str, why: str) -> None:
        line = "".join(char if char.isprintable() else "?" for char in f"{where[:200]}: {why[:300]}")
        if len(told) < _MOST_REFUSED and line not in told:
            told.append(line)

    plan = msgspec.structs.replace(plan, network=(*sources.hosts, *sources.origins) or ("nothing",))
    with Door(sources, refuse) as door:
        return run(
            plan,
            setup,
            bwrap=bwrap,
            timeout_seconds=timeout_seconds,
            output_limit=_LOG_BYTES,
            network=door.access,
            at_start=door.open,
        )


def _hint(sources: Sources | None, refused: list[str]) -> str:
    return " ".join((_reached(sources, refused), *(sources.unused if sources else ())))


def _reached(sources: Sources | None, refused: list[str]) -> str:
    if refused:
        return f"It was refused {'; '.join(refused[:5])}. What it needs can be named in [network] allow."
    if sources is None:
        return "It has no network (setup_network = true opens package indexes) and must install into the workspace."
    return f"It reaches {', '.join(sources.reach) or 'nothing'}, and must install into the workspace."


def _refusals(layer: Path) -> Path:
    return layer.with_name(f"{layer.name}.refused")


def _failed(done: Completed, timeout_seconds: float) -> str:
    if done.how == "timeout":
        return f"did not end within {timeout_seconds:g} s"
    return f"failed with exit code {done.exit_code}" if done.how == "exited" else f"did not end by itself ({done.why})"


def _prune(made: int, below: int) -> None:
    """Remove from `made` every file that `below` has at the same place, and `.git`."""
    for name in os.listdir(made):
        if name == ".git":
            _remove_in(made, name)
            continue
        theirs = _mode(below, name)
        if theirs is None:
            continue
        if stat.S_ISDIR(theirs) and stat.S_ISDIR(_mode(made, name) or 0):
            inner = os.open(name, _DIRECTORY, dir_fd=made)
            other = os.open(name, _DIRECTORY, dir_fd=below)
            try:
                _prune(inner, other)
            finally:
                os.close(inner)
                os.close(other)
            with contextlib.suppress(OSError):
                os.rmdir(name, dir_fd=made)  # only when nothing is left in it
        else:
            _remove_in(made, name)


def _clean(made: int) -> None:
    """Remove whiteouts and the marks that hide what is below, so that the layer adds and never takes away."""
    with contextlib.suppress(OSError):
        os.removexattr(made, "user.overlay.opaque")
    for name in os.listdir(made):
        mode = _mode(made, name) or 0
        if stat.S_ISDIR(mode):
            with contextlib.suppress(PermissionError):
                inner = os.open(name, _DIRECTORY, dir_fd=made)
                try:
                    _clean(inner)
                finally:
                    os.close(inner)
        elif not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
            os.unlink(name, dir_fd=made)


def _remove_in(parent: int, name: str) -> None:
    path = Path(f"/proc/self/fd/{parent}").readlink()
    remove(path / name, within=path)


def _mode(parent: int, name: str) -> int | None:
    try:
        return os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return None


def _sweep(store: Path, key: str) -> None:
    """Remove what builders that were killed left behind; only called by the one that holds the lock."""
    for left in store.glob(f".{key}.*.building"):
        remove(left, within=store)


@contextlib.contextmanager
def _directory(path: Path) -> Generator[int]:
    fd = os.open(path, _DIRECTORY)
    try:
        yield fd
    finally:
        os.close(fd)


@contextlib.contextmanager
def _only_one(lock: Path) -> Generator[None]:
    with lock.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
