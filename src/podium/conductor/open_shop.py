"""Opening the shop: finding out by trying what isolation works on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from podium.conductor.desk import Desk
from podium.conductor.shop import Shop
from podium.conductor.worker_name import worker_name
from podium.kernel.errors import PodiumError
from podium.workspaces.tiers import candidates, probe


def open_shop(desk: Desk, path: str, environ: Mapping[str, str]) -> Shop:
    """What a worker on this state directory works with. Raises PodiumError when there is no room to try."""
    tiers = probe(candidates(path), scratch=desk.home.root, root=os.geteuid() == 0)
    if tiers.tier is None and any("No space left" in tried.why or "quota" in tried.why for tried in tiers.tried):
        # Not what this machine can do, only what it can do now: a worker remembers it for as long as it lives.
        do = "Free some space (podium gc), or move the state: --state DIR"
        raise PodiumError("there is no room to try a sandbox", where=str(desk.home.root), do=do)
    return Shop(
        desk=desk,
        worker=worker_name(desk.home),
        path=path,
        environ=environ,
        python=sys.executable,
        tiers=tiers,
        tier=environ.get("PODIUM_TIER", ""),
        crash_at=environ.get("PODIUM_CRASH_AT", ""),
        supervisor_crash_at=environ.get("PODIUM_SUPERVISOR_CRASH_AT", ""),
    )
