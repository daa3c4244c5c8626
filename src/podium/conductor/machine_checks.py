"""The check-up's look at this machine: git, sandbox, state directory, database, disk."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from podium.conductor.checkup import Check, Premises

if TYPE_CHECKING:
    from podium.workspaces.tiers import TierReport

LITTLE_DISK, NO_DISK = 5_000_000_000, 500_000_000


def git_check(premises: Premises) -> list[Check]:
    """Whether git is there and new enough. Raises UsageError when it is not."""
    from podium.git.run import run_git

    text = run_git(["--version"], env_extra={"PATH": premises.path}).text()
    return [Check("git", "ok", text.removeprefix("git version "))]


def sandbox_report(premises: Premises) -> TierReport:
    """What works here, found by trying in the state directory."""
    from podium.workspaces.tiers import candidates, probe

    wanted = premises.settings.limits if premises.has_settings else None
    return probe(candidates(premises.path), scratch=premises.state, root=os.geteuid() == 0, wanted=wanted)


def sandbox_check(report: TierReport, wanted: str = "") -> list[Check]:
    """The tier, and which limits are truly enforced by what.

    `wanted` is a tier that was asked for by name. Raises PodiumError when that cannot be had.
    """
    from podium.workspaces.tiers import choose

    if wanted and choose(report, wanted).tier != report.tier:
        what = f"{wanted}, because PODIUM_TIER says so; {report.tier or 'no other'} works here"
        return [Check("sandbox", "note", what, "Leave PODIUM_TIER out for the best that works.")]
    if report.tier is None:
        tried = tuple(f"{each.tier}{' ' if each.bwrap else ''}{each.bwrap}: {each.why}" for each in report.tried)
        return [Check("sandbox", "missing", "no kind of sandbox works here", report.do, tried)]
    program = f" (bubblewrap {report.bwrap_version}, {report.bwrap})" if report.bwrap else ""
    checks = [
        Check(
            "sandbox",
            "ok" if report.tier == "overlay" else "note",
            f"{report.tier}{program}" + (f". {report.weaker}" if report.weaker else ""),
            report.do,
        )
    ]
    loose = [limit.name for limit in report.limits if limit.by == "none"]
    enforced = ", ".join(f"{limit.name} {limit.value} ({limit.by})" for limit in report.limits if limit.by != "none")
    what = enforced + (f"; not enforced: {', '.join(loose)}" if loose else "")
    return [*checks, Check("limits", "ok", what or "none")]


def state_check(premises: Premises) -> list[Check]:
    """Whether the state directory can be written, and how much room is left."""
    place = _existing(premises.state)
    if not os.access(place, os.W_OK):
        return [Check("state", "missing", f"{premises.state} cannot be written", "Name another one: --state DIR")]
    free = shutil.disk_usage(place).free
    what = f"{premises.state}, {free / 1e9:.1f} GB free"
    if free < NO_DISK:
        return [Check("state", "missing", what, "Free disk space, or name another place: --state DIR")]
    if free < LITTLE_DISK:
        return [Check("state", "note", what, "Agents may fill that quickly: podium gc, or --state DIR")]
    return [Check("state", "ok", what)]


def database_check(premises: Premises) -> list[Check]:
    """Whether the ledger's database can be opened. Raises PodiumError when it is corrupt, unreachable or too new."""
    from podium.ledger.read import open_reader

    shown = without_password(premises.desk.url)
    reader = open_reader(premises.desk.url)
    if reader is None:
        return [Check("database", "ok", f"{shown}, made when it is first needed")]
    try:
        count = len(reader.projects())
    finally:
        reader.close()
    return [Check("database", "ok", f"{shown}, {count} project{'' if count == 1 else 's'}")]


def without_password(url: str) -> str:
    """A database's URL as it may be shown."""
    return re.sub(r"(://[^:/@]*):[^@/]*@", r"\1:***@", url)


def _existing(path: Path) -> Path:
    return next(place for place in (path, *path.parents) if place.exists())


def proxy_check(premises: Premises) -> list[Check]:
    """By which proxy Podium reaches other machines, never its password; nothing where it connects directly."""
    from podium.workspaces.egress.way_out import way_out

    way = way_out(premises.environ)
    checks = [Check("proxy", "note", fault, "Write it as http://HOST:PORT.") for fault in way.faults]
    return [*checks, Check("proxy", "ok", way.text)] if way.text else checks
