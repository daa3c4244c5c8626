"""A person takes over from an agent by hand, in its own sandbox, and gives the work back to it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from podium.conductor.desk import Desk
from podium.conductor.steer import steer
from podium.kernel.errors import PodiumError, UsageError
from podium.project.globs import matcher
from podium.review.person import require_person
from podium.runs.events import HandedBack, Steered
from podium.runs.model import AwaitingPermission, Run, Working
from podium.runs.store import is_active
from podium.supervisor.attempt import mark_of
from podium.supervisor.order import ORDER, SCRATCH, read_order
from podium.supervisor.sandboxed import marked
from podium.workspaces.plan import SandboxPlan
from podium.workspaces.processes import descendants
from podium.workspaces.takeover import Snapshot, changed, process_inside, snapshot

FREEZE_SECONDS = 60.0
_POLL_SECONDS = 0.1
_MOST_PATHS = 200


class TakenOver:
    """One agent's sandbox in a person's hands: made by `take_over`, given back by `hand_back`."""

    def __init__(self, desk: Desk, project: str, run: Run, plan: SandboxPlan, pid: int) -> None:
        self._desk, self._project = desk, project
        self.run, self.number = run.id, len(run.rounds)
        self.plan, self.pid = plan, pid
        self._before: Snapshot = snapshot(Path(plan.upper))
        self._began = time.monotonic()

    def changed(self) -> tuple[str, ...]:
        """The paths that have changed so far."""
        scratch = matcher(SCRATCH)
        return tuple(path for path in changed(self._before, snapshot(Path(self.plan.upper))) if not scratch(path))

    def hand_back(self, *, word: str = "", resume: bool = True, actor: str) -> tuple[str, ...]:
        """Record what changed as the person's own, tell the agent of it, and let it go on; the paths that changed."""
        by = require_person(actor, "take over")
        paths = self.changed()
        kept = paths[:_MOST_PATHS]
        back = HandedBack(
            run=self.run,
            round=self.number,
            by=by,
            paths=kept,
            beyond=len(paths) - len(kept),
            seconds=round(time.monotonic() - self._began, 3),
        )
        with self._desk.change(self._project) as change:
            if not is_active(change.state.runs.by_id[self.run].rounds[self.number - 1].state):
                raise PodiumError("the round ended meanwhile: what you changed may not be in its candidate")
            change.append(back, actor=actor)
            if paths or word:
                told = Steered(run=self.run, round=self.number, what="say", text=_told(by, kept, word))
                change.append(told, actor=actor)
            if resume:
                change.append(Steered(run=self.run, round=self.number, what="resume"), actor=actor)
        return paths


def take_over(desk: Desk, project: str, run: Run, *, actor: str, awake: Callable[[], object]) -> TakenOver:
    """Pause an agent and wait until all of it stands still. `awake` sees to it that a conductor passes that on.

    Raises UsageError when it is not at work, or its workspace is not on this machine or cannot be entered.
    """
    round_ = run.rounds[-1]
    directory = desk.home.round(project, run.id, round_.number)
    if not isinstance(round_.state, Working | AwaitingPermission):
        raise UsageError("no agent is at work in it now", where=f"{run.spec}/{run.task}", do="podium status")
    if not (directory / ORDER).exists():
        raise UsageError("its workspace is on another machine", where=f"{run.spec}/{run.task}", do=round_.worker)
    plan = read_order(directory).sandbox
    if plan.tier not in ("overlay", "clone"):
        raise UsageError(f"a sandbox of the tier {plan.tier} cannot be entered", where=f"{run.spec}/{run.task}")
    steer(desk, project, run.id, "pause", actor=actor)
    awake()
    outer = _wait_frozen(mark_of(directory))
    return TakenOver(desk, project, run, plan, process_inside(outer))


def _wait_frozen(mark: str) -> int:
    """The outermost process of the sandbox, once everything in it stands still."""
    deadline = time.monotonic() + FREEZE_SECONDS
    while time.monotonic() < deadline:
        found = marked(mark)
        if found:
            below = {pid: descendants(pid) for pid in found}
            outer = max(below, key=lambda pid: len(below[pid]))
            inside = below[outer]
            if inside and all(_stands_still(pid) for pid in inside):
                return outer
        time.sleep(_POLL_SECONDS)
    raise PodiumError("the agent did not come to a stop", do="podium stop ends it; podium watch shows what it does")


def _stands_still(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return True  # it is gone
    return stat.rpartition(b")")[2].split()[:1] in ([b"T"], [b"t"], [b"Z"], [b"X"])


def _told(by: str, paths: tuple[str, ...], word: str) -> str:
    """What the agent hears when it goes on."""
    name = by.partition(" <")[0]
    parts = [word.strip()] if word.strip() else []
    if paths:
        listed = ", ".join(paths[:30]) + (" and more" if len(paths) > 30 else "")
        parts.append(
            f"While you were paused, {name} changed these files by hand: {listed}. Read them again, keep them, "
            "and go on with your task."
        )
    return "\n".join(parts)
