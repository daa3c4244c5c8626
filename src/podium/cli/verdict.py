"""What accept, refine and reject have in common: who judges, on which run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from podium.cli.context import Context
from podium.cli.intent import documents
from podium.conductor.tasks import find_run, find_task

if TYPE_CHECKING:
    from podium.conductor.decide import Judge
    from podium.review.ports import Signer
    from podium.runs.model import Run


@dataclass(frozen=True)
class Seat:
    """A judge, and the run before them."""

    judge: Judge
    run: Run

    @property
    def name(self) -> str:
        """The task's full name."""
        return f"{self.run.spec}/{self.run.task}"


def take_seat(context: Context, name: str, agent: str = "") -> Seat:
    """The judge's seat for a task. Raises as `find_run` does, and UsageError when the person has no name."""
    from podium.conductor.decide import Judge

    project = context.project.id
    state = context.desk.look(project)
    spec, task = find_task(state, name)
    run = find_run(state, f"{spec}/{task.id}", agent)
    judge = Judge(
        desk=context.desk,
        project=project,
        documents=documents(context, spec),
        actor=context.actor,
        path=context.path,
    )
    return Seat(judge, run)


def signer_of(context: Context) -> Signer:
    """What signs this person's receipts: their SSH key, if git is set to sign with one."""
    from podium.conductor.ssh_signing import signer

    key = context.repository.signing_key()
    return signer(
        key.key if key.format == "ssh" else "",
        agent=context.environ.get("SSH_AUTH_SOCK", ""),
        ask=context.output.interactive,
    )
