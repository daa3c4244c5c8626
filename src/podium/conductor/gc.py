"""Freeing disk: only what is provably landed, or archived, or can be made again.

Nothing is deleted because it is old or large. Each item names its proof, and the proof is looked for again at the
moment of deletion:

* a run's workspace and HOME, when its task has landed (its commit is on the target branch now) or the run is out of
  the race (rejected, lost a race, failed and tried again) and every candidate of it lies in a verified bundle;
* the session stores that were kept of such runs, in the mirror;
* candidate refs of such runs, once that bundle is on disk (an accepted one also stays under refs/podium/accepted);
* templates and dependency layers that no active round stands on: they are made again when they are needed;
* scratch directories of evidence that was cut off, when no conductor is at work, and of a `podium check` that died.

Transcripts, receipts and the ledger are never touched.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from podium.conductor.background import at_work
from podium.conductor.check_range import abandoned
from podium.conductor.desk import Desk
from podium.conductor.home import Home
from podium.conductor.mirrors import is_elsewhere, open_mirror, tip_for
from podium.conductor.sessions import RESTORING, SESSIONS
from podium.conductor.state import State
from podium.git.bundle import bundle_refs
from podium.git.mirror import Mirror
from podium.landing.model import Landed
from podium.review.model import Accepted
from podium.runs.model import Run
from podium.runs.store import candidate_of, is_active
from podium.supervisor.attach import Alive, status
from podium.workspaces.space import disk_use, remove

Kind: TypeAlias = Literal["workspace", "candidates", "template", "layer", "scratch", "check"]
IDLE_SECONDS = 3600.0
"""How long a template or layer must have been unused: one that was just made is about to be stood upon."""


@dataclass(frozen=True)
class Item:
    """One thing that may be freed, with the proof that nothing is lost."""

    kind: Kind
    what: str  # a task's name and agent, a commit, a key
    proof: str
    bytes: int
    paths: tuple[Path, ...] = ()
    refs: tuple[str, ...] = ()
    run: str = ""


def survey(desk: Desk, project: str, path: str) -> list[Item]:
    """Everything that may be freed now, largest first. Changes nothing."""
    state = desk.look(project)
    with open_mirror(desk.home, state.project, path) as mirror:
        items = [*_runs(desk.home, state, mirror), *_remade(desk.home, state), *_scratch(desk.home, project)]
    items.extend(_checks(desk.home))
    return sorted(items, key=lambda item: -item.bytes)


def collect(desk: Desk, project: str, path: str) -> list[Item]:
    """Free everything that `survey` finds; return what was freed. Archives candidates before their refs go.

    Nothing is freed while a conductor is at work on this state directory except finished runs: templates and layers may
    be about to be used. Raises PodiumError when an archive cannot be written: what depends on it stays.
    """
    freed: list[Item] = []
    with at_work(desk.home) as alone:
        for item in survey(desk, project, path):
            if not alone and item.kind in ("template", "layer", "scratch"):
                continue
            if item.refs:
                _archive(desk, project, path, item)
            for each in item.paths:
                remove(each, within=desk.home.root if item.kind == "check" else desk.home.project(project))
            freed.append(item)
    return freed


def _runs(home: Home, state: State, mirror: Mirror) -> list[Item]:
    items: list[Item] = []
    refs = [*mirror.refs("refs/podium/candidates"), *mirror.refs(SESSIONS)]
    tip = tip_for(mirror, state.project)
    for run in state.runs.by_id.values():
        proof = _settled(home, state, mirror, tip, run)
        if not proof:
            continue
        places_of_run = (f"refs/podium/candidates/{run.id}/", f"{SESSIONS}/{run.id}/")
        own = tuple(ref for ref in refs if ref.startswith(places_of_run))
        name = f"{run.spec}/{run.task} by {run.agent}"
        directory = home.run(state.id, run.id)
        places = tuple(p for p in _workspaces(directory) if p.exists())
        if places:
            size = sum(disk_use(place).bytes for place in places)
            items.append(Item("workspace", name, proof, size, paths=places, refs=own, run=run.id))
        elif own:
            items.append(Item("candidates", name, proof, 0, refs=own, run=run.id))
    return items


def _workspaces(directory: Path) -> list[Path]:
    try:
        return [
            entry for entry in directory.iterdir() if entry.name in ("home", RESTORING) or entry.name.startswith("on-")
        ]
    except FileNotFoundError:
        return []


def _settled(home: Home, state: State, mirror: Mirror, tip: str, run: Run) -> str:
    """The proof that a run's workspace is no longer needed; empty when there is none."""
    if any(is_active(round_.state) for round_ in run.rounds):
        return ""
    if any(isinstance(status(home.round(state.id, run.id, round_.number)), Alive) for round_ in run.rounds):
        return ""
    for entry in state.landings.of_task(run.spec, run.task):
        if entry.run == run.id and not entry.revert_of and isinstance(entry.state, Landed):
            if mirror.is_ancestor(entry.state.commit, tip):
                return f"landed as {entry.state.commit[:12]}"
            return ""
    accepted = any(
        isinstance(each.decision, Accepted) and each.run == run.id
        for each in state.reviews.of(run.spec, run.task).decisions
    )
    return (
        f"out of the race ({run.archived}); its candidates are archived first" if run.archived and not accepted else ""
    )


def _remade(home: Home, state: State) -> list[Item]:
    """Templates and layers that nothing active stands on."""
    bases = {round_.base for _, round_ in state.runs.active()}
    live = {candidate.commit for _, r in state.runs.active() if (candidate := candidate_of(r)) is not None}
    busy = bool(state.runs.active()) or bool(state.landings.waiting())
    items: list[Item] = []
    for place in _entries(home.templates(state.id)):
        if place.name[:40] not in bases | live and _idle(place):
            size = disk_use(place).bytes
            items.append(Item("template", place.name[:12], "made again from the mirror when needed", size, (place,)))
    for place in [] if busy else _entries(home.layers(state.id)):
        if _idle(place):
            size = disk_use(place).bytes
            items.append(
                Item("layer", place.name[:12], "built again by the set-up command when needed", size, (place,))
            )
    return items


def _scratch(home: Home, project: str) -> list[Item]:
    return [
        Item("scratch", place.name, "left by a check that was cut off", disk_use(place).bytes, (place,))
        for place in _entries(home.checks(project))
        if _idle(place)
    ]


def _checks(home: Home) -> list[Item]:
    """What a `podium check` that was killed has left; it belongs to no project."""
    return [
        Item("check", place.name, "left by a podium check that was killed", disk_use(place).bytes, (place,))
        for place in abandoned(home.root)
    ]


def _entries(directory: Path) -> list[Path]:
    try:
        return [entry for entry in directory.iterdir() if entry.is_dir() and not entry.name.startswith(".")]
    except FileNotFoundError:
        return []


def _idle(place: Path) -> bool:
    return time.time() - place.stat().st_mtime > IDLE_SECONDS


def _archive(desk: Desk, project: str, path: str, item: Item) -> None:
    """Put a run's candidates into a bundle, verified and on disk; only then take their refs and its sessions away."""
    registered = desk.look(project).project
    if is_elsewhere(desk.home, registered):
        return  # the refs are the project's mirror's own: they are archived where that mirror is
    graveyard = desk.home.graveyard(project)
    graveyard.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open_mirror(desk.home, registered, path) as mirror:
        known = {ref: sha for ref, sha in mirror.refs("refs/podium/candidates").items() if ref in item.refs}
        if known:
            bases = {round_.base for round_ in desk.look(project).runs.by_id[item.run].rounds}
            bundle_refs(mirror, sorted(known), graveyard / f"{item.run}.bundle", without=sorted(bases))
        sessions = {ref: sha for ref, sha in mirror.refs(SESSIONS).items() if ref in item.refs}
        for ref, sha in (known | sessions).items():
            mirror.delete_ref(ref, sha)
