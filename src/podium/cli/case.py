"""The case of a candidate, as the person at the keyboard sees it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from podium.cli.context import Context
from podium.cli.intent import documents
from podium.kernel.clock import stamp

if TYPE_CHECKING:
    from podium.git.mirror import Mirror
    from podium.review.case import Case
    from podium.runs.model import Run


@contextmanager
def open_own_mirror(context: Context) -> Generator[Mirror]:
    """The mirror of this repository's project."""
    from podium.conductor.mirrors import open_mirror

    with open_mirror(context.home, context.project, context.path) as mirror:
        yield mirror


def read_case(context: Context, mirror: Mirror, run: Run) -> Case:
    """Everything a verdict on the run's newest round is judged by, now."""
    from podium.conductor.casefile import build_case
    from podium.conductor.mirrors import tip_for

    return build_case(
        context.desk.look(context.project.id),
        mirror,
        run,
        tip=tip_for(mirror, context.project),
        documents=documents(context, run.spec),
        actor=context.actor,
        at=stamp(context.desk.clock.now()),
        receipt_id="",
    )
