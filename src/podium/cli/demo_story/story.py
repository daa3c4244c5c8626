"""The story of the demo, act by act. Everything in it happens: only what the agents do was written down before."""

from __future__ import annotations

import shlex
import time
from pathlib import Path

from podium.cli.demo_story.advice import TOLD
from podium.cli.demo_story.judging import Judging
from podium.cli.demo_story.outcome import Outcome, outcome
from podium.cli.demo_story.place import SPEC, TEST
from podium.cli.demo_story.stage import Stage
from podium.kernel.errors import PodiumError

_DELIVERY_SECONDS = 10.0
_POLL_SECONDS = 0.05
_MOST_TURNS = 40  # of review and waiting; a person may send things back as often as they like below that


def tell(stage: Stage, *, yes: bool) -> Outcome:
    """Play it all; how it ended. Raises PodiumError when something does not go as told, KeyboardInterrupt to stop."""
    begin(stage, yes=yes)
    _review(stage, yes=yes)
    _look_back(stage)
    ended = _outcome(stage)
    _close(stage, ended)
    return ended


def begin(stage: Stage, *, yes: bool) -> None:
    """The first half: until three candidates wait for a person. Raises as `tell` does."""
    _set_up(stage)
    _intend(stage, yes=yes)
    _run(stage)


def faults(ended: Outcome) -> list[str]:
    """What did not go as told, in words; empty when all did."""
    found = [] if ended.ledger_verified else ["the ledger does not verify"]
    for task in ended.tasks:
        state, rounds = TOLD[task.id]
        if (task.state, task.rounds) != (state, rounds):
            found.append(f"{task.id} is {task.state} after {task.rounds} rounds, and not {state} after {rounds}")
        if (task.state == "landed") != (task.commit is not None):
            found.append(f"{task.id} is {task.state}, and its commit is {task.commit}")
    return found + [f"{task} is missing" for task in TOLD if all(each.id != task for each in ended.tasks)]


def _set_up(stage: Stage) -> None:
    place = stage.place
    stage.act("A small project")
    stage.tell(
        f"pace limits rates. It is a git repository with one module and four tests, in {place.project}. What follows "
        "is Podium itself: real sandboxes, real evidence, real landing. Only the agents are scripted: they play "
        "agents/script.toml and ask no model."
    )
    _must(stage, "init", "--yes", "--test", TEST, quiet=True)
    place.configure()
    place.commit("Put the project under Podium; a spec and its plan")
    stage.command(f"podium init --yes --test '{TEST}'")
    stage.line(
        "wrote podium.toml: the branch to land on, the test command, limits, protected areas; each line explained"
    )


def _intend(stage: Stage, *, yes: bool) -> None:
    stage.act("What is wanted: a spec, clause by clause")
    stage.tell(
        "A clause may carry a check: a command that must succeed. It is what an agent cannot talk its way around."
    )
    _must(stage, "spec", "show", SPEC)
    _must(stage, "spec", "lint", SPEC)
    stage.act("The plan: four tasks, each small enough to be reviewed")
    stage.tell("Nothing runs before a person has approved exactly this plan for exactly this spec.")
    if not yes:
        _must(stage, "plan", "show", SPEC)
        if not stage.agrees("Approve it?"):
            raise KeyboardInterrupt
    _must(stage, "plan", "approve", SPEC, "--yes")


def _run(stage: Stage) -> None:
    stage.act("Three agents start, each in a sandbox of its own; the fourth waits for T1")
    stage.tell(
        "Before each start the boundary is printed and recorded: what the agent can read, write and reach. When it is "
        "done, Podium runs the clauses' checks and the project's tests on the base and on the result."
    )
    _must(stage, "run", SPEC)


def _review(stage: Stage, *, yes: bool) -> None:
    judging = Judging(stage, yes)
    who = stage.place.git("config", "user.name")
    stage.act("Your turn")
    stage.tell(
        "Facts come first, in the order in which they should change your mind; then the change, its riskiest part "
        "first; what the agent says of its work comes last, and is named a claim."
        + (f" With --yes nobody reads: the story decides, and the ledger says so by the name {who}." if yes else "")
    )
    stage.podium("attention")
    for _ in range(_MOST_TURNS):
        waiting = judging.waiting()
        if not waiting:
            return
        for task in waiting:
            judging.judge(task)
        stage.act("Meanwhile: what was accepted lands, what was sent back is worked on")
        _must(stage, "run", SPEC)
    raise PodiumError("the story goes round in circles", where="podium demo")


def _look_back(stage: Stage) -> None:
    stage.act("What is left of it")
    _wait_for_delivery(stage)
    _must(stage, "status", "--all")
    stage.git("log", "--oneline", "-6")
    line = _landed_line(stage.place.project / "pace" / "window.py", ">=")
    if line:
        stage.tell("Any line can say where it comes from:")
        _must(stage, "why", f"pace/window.py:{line}")
    stage.tell("And the record of it all is chained: a changed, removed or reordered entry would be found.")
    stage.podium("ledger", "verify")


def _wait_for_delivery(stage: Stage) -> None:
    """What landed last reaches the user's checkout a moment after the ledger says so."""
    landed = {task.commit for task in _outcome(stage).tasks if task.commit}
    deadline = time.monotonic() + _DELIVERY_SECONDS
    while landed - set(stage.place.git("log", "--format=%H").split()) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


def _close(stage: Stage, ended: Outcome) -> None:
    output, place = stage.output, stage.place
    stage.act("Look around, then try it on your own repository")
    for command, what in (
        (f". {shlex.quote(str(place.entrance))}", "go into the project, with podium in PATH"),
        ("podium log", "everything that happened"),
        ("podium review T3 --print", "the candidate that was turned down"),
        ("podium evidence T2", "what Podium observed of a candidate, and how to see it again"),
        ("podium revert T4", "take one back, through the same queue"),
    ):
        stage.line(f"  {output.paint(command, 'strong')}  {output.paint('# ' + what, 'quiet')}")
    stage.line()
    stage.line("In a repository of yours:")
    for command in ("podium init", "podium doctor", "podium spec new NAME"):
        stage.line(f"  {output.paint(command, 'strong')}")
    landed = sum(task.state == "landed" for task in ended.tasks)
    verified = "verified" if ended.ledger_verified else "BROKEN"
    signed = "receipts signed with a throw-away key" if place.signed else "receipts unsigned: there is no ssh-keygen"
    stage.line()
    stage.line(output.paint(f"{landed} of {len(ended.tasks)} tasks landed; ledger {verified}; {signed}.", "good"))


def _outcome(stage: Stage) -> Outcome:
    context = stage.context()
    try:
        return outcome(context)
    finally:
        context.close()


def _landed_line(file: Path, text: str) -> int:
    """The number of the first line that holds `text`; 0 where there is none."""
    if not file.exists():
        return 0
    return next((number for number, line in enumerate(file.read_text().splitlines(), 1) if text in line), 0)


def _must(stage: Stage, *arguments: str, quiet: bool = False) -> None:
    code = stage.quietly(*arguments) if quiet else stage.podium(*arguments)
    if code != 0:
        raise PodiumError(f"podium {' '.join(arguments)} ended with {code}", where="podium demo")
