"""The step of a round in which the agent's work becomes an immutable candidate.

A second sandbox, after the agent's has ended, turns the workspace into a commit with a git directory of ours; the
bundle that it leaves is checked object by object on its way into the mirror.
"""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from podium.agents.locate import locate
from podium.conductor.crash import crash_point
from podium.conductor.ground import Ground
from podium.conductor.mirrors import open_mirror, publish
from podium.conductor.own_keys import redactor_of
from podium.conductor.prepare import ground_of, overlay_dir
from podium.conductor.room import require_room
from podium.conductor.shop import Shop, in_thread
from podium.git.bundle import fetch_bundle
from podium.git.diff import changes
from podium.git.harvest import (
    harvest_directly,
    harvest_error,
    harvest_plan,
    prepare_harvest_dir,
    read_harvest,
)
from podium.git.mirror import Mirror
from podium.git.model import HarvestReport, Identity
from podium.kernel.clock import moment
from podium.kernel.errors import PodiumError, UsageError
from podium.runs import rules
from podium.runs.events import CandidateHarvested, RoundFailed, RoundStopped
from podium.runs.model import Candidate, Harvesting, Round, Run
from podium.supervisor.order import read_order
from podium.workspaces.plan import OBJECTS, Mount
from podium.workspaces.run import run as run_sandboxed
from podium.workspaces.space import remove

HARVEST_SECONDS = 600.0
BUNDLE_LIMIT = 512 * 1024 * 1024


async def harvest(shop: Shop, project: str, run: str, number: int) -> None:
    """Take the round's work over. Raises PodiumError when there is nothing that could be taken."""
    await in_thread(_harvest, shop, project, run, number)


def _harvest(shop: Shop, project: str, run_id: str, number: int) -> None:
    run, round_ = shop.look(project, run_id, number)
    if not isinstance(round_.state, Harvesting):
        return
    with shop.desk.reading(project) as state:
        registered = state.project
    with open_mirror(shop.home, registered, shop.path) as mirror:
        ground = ground_of(shop, project, mirror)
        directory = shop.round_dir(project, run_id, number) / "harvest.git"
        ref = candidate_ref(run, number)
        try:
            report = _take(ground, mirror, run, round_, directory, overlay_dir(shop, project, run, round_))
            fetch_bundle(mirror, Path(report.bundle), report.commit, ref, base=round_.base, limit_bytes=BUNDLE_LIMIT)
        finally:
            if directory.exists():
                remove(directory, within=directory.parent)
        publish(mirror, shop.home, registered, ref)
        crash_point(shop.crash_at, "harvested-not-recorded")
        candidate = _candidate(mirror, round_.base, report, ref)
    replaced = _replaced(shop, round_, shop.round_dir(project, run_id, number))
    redactor = redactor_of(ground.settings, shop.environ, registered.root)
    notes = tuple(redactor.text(note) for note in (*replaced, *_notes(report)))
    with shop.desk.change(project) as change:
        now = change.state.runs.by_id[run_id].rounds[number - 1]
        if isinstance(now.state, Harvesting):
            harvested = CandidateHarvested(
                run=run_id, round=number, candidate=candidate, notes=(*rules.hand_notes(now), *notes)
            )
            change.append(harvested, actor=shop.actor)
            ending = _ending(run_id, now, candidate)
            if ending is not None:
                change.append(ending, actor=shop.actor)
    crash_point(shop.crash_at, "candidate-recorded")


def candidate_ref(run: Run, number: int) -> str:
    """Where a round's candidate is kept until it has landed or was archived."""
    return rules.candidate_ref(run.id, number)


def _take(ground: Ground, mirror: Mirror, run: Run, round_: Round, directory: Path, place: Path) -> HarvestReport:
    """Make the commit. Equal workspaces give equal commits, so that doing it again finds the same one."""
    author = Identity(name=f"{run.agent} (agent)", email="agent@podium.invalid")
    date = f"{int(moment(round_.ordered_at).timestamp())} +0000"
    message = f"{run.spec}/{run.task} by {run.agent}, round {round_.number}\n{_hands(round_)}"
    mounted = ground.tier in ("overlay", "clone")
    prepare_harvest_dir(directory, mirror, objects=OBJECTS if mounted else str(mirror.objects_directory))
    if mounted:
        (place / "upper").chmod(0o700)  # an agent may have closed its own workspace: bwrap could not start in it
        wanted = harvest_plan(directory, mirror, base=round_.base, message=message, author=author, date=date)
        mounts = tuple(Mount(source=m.source, target=m.target, writable=m.writable) for m in wanted.mounts)
        plan = ground.bare_plan(round_.base, place, env=wanted.env, mounts=mounts)
        # The agent may have used all the disk that it was given: that must not keep its work from being taken over.
        plan = replace(plan, limits=replace(plan.limits, disk_mb=0))
        done = run_sandboxed(plan, wanted.argv, bwrap=ground.bwrap, timeout_seconds=HARVEST_SECONDS)
        if done.how == "broken" or done.exit_code != 0:
            require_room(place)
        if done.how != "exited":
            raise PodiumError(f"the harvest did not finish ({done.how}): {done.why}", where=str(place))
        if done.exit_code != 0:
            raise harvest_error(done.exit_code or 0, done.output)
    else:
        harvest_directly(directory, place / "upper", base=round_.base, message=message, author=author, date=date)
    return read_harvest(directory, round_.base)


def _hands(round_: Round) -> str:
    """The trailers that name those who worked by hand in the agent's workspace."""
    names = dict.fromkeys(each.by for each in round_.by_hand if each.paths)
    return "\n" + "".join(f"Co-authored-by: {name}\n" for name in names) if names else ""


def _candidate(mirror: Mirror, base: str, report: HarvestReport, ref: str) -> Candidate:
    changed = changes(mirror, base, report.commit)
    return Candidate(
        base=base,
        commit=report.commit,
        tree=report.tree,
        files=len(changed),
        added=sum(change.added for change in changed),
        removed=sum(change.removed for change in changed),
        ref=ref,
    )


def _replaced(shop: Shop, round_: Round, directory: Path) -> tuple[str, ...]:
    """That the agent's program is another one than it was when the round began, if it is: updates come at any time."""
    first = round_.boundary.agent_sha256 if round_.boundary is not None else ""
    try:
        program = read_order(directory).program
        now = locate((program,), shop.path, agent=program).sha256 if program and first else first
    except UsageError:
        return ("the agent's program is not where it was any more; the boundary tells what began the round",)
    except PodiumError:
        return ()  # another worker's round: its order is not here
    if now == first:
        return ()
    return (
        f"the agent's program was replaced while it worked: it began as sha256 {first[:16]} and is {now[:16]} now; "
        "what started later in the round may have been the new one",
    )


def _notes(report: HarvestReport) -> tuple[str, ...]:
    """What could not be taken over as it was, in words, each list at most twenty names long."""
    named = (
        ("repositories inside the workspace, taken as ordinary files", report.embedded),
        ("written into submodules, left out", report.submodule_files),
        ("sockets, pipes or devices, left out", report.special),
    )
    return tuple(f"{what}: {', '.join(names[:20])}" for what, names in named if names)


def _ending(run: str, round_: Round, candidate: Candidate) -> RoundStopped | RoundFailed | None:
    """How a round ends whose agent was stopped, or ended badly without having changed anything."""
    if round_.outcome == "stopped":
        return RoundStopped(run=run, round=round_.number, by="a person")
    if round_.outcome != "completed" and not candidate.files:
        return RoundFailed(run=run, round=round_.number, reason=_reason(round_), detail=round_.error)
    return None


def _reason(round_: Round) -> str:
    """Why, with the first line of what the agent or its sandbox complained of."""
    first = next(iter(round_.error.strip().splitlines()), "")[:200]
    because = f": {first}" if first else ""
    match round_.outcome:
        case "limit":
            return f"the agent was ended at a limit{because}"
        case "timeout":
            return f"the agent took too long{because}"
        case outcome:
            return f"the agent {outcome}{because}"
