"""The tasks of a plan as a table."""

from __future__ import annotations

from collections.abc import Sequence

from podium.cli.output import Output
from podium.plan.model import Serialised, Task
from podium.render.table import Cell, Column, table

_COLUMNS = (
    Column("task"),
    Column("title", gives=1, least=16),
    Column("clauses", gives=2, least=8),
    Column("files", gives=3, least=10),
    Column("after", gives=1, least=5),
    Column("agents", gives=1, least=6),
    Column("lines", right=True),
)


def task_lines(output: Output, tasks: Sequence[Task]) -> list[str]:
    """One line for each task: title, clauses, files, what it waits for, who does it, how large it may become."""
    rows = [
        [
            Cell(task.id, "name"),
            task.title,
            ", ".join(task.clauses),
            ", ".join(task.scope),
            ", ".join(task.depends_on),
            ", ".join(task.agents),
            str(task.budget),
        ]
        for task in tasks
    ]
    return table(_COLUMNS, rows, width=output.width, paint=output.ink, indent=2)


def serialised_lines(output: Output, pairs: Sequence[Serialised]) -> list[str]:
    """Which tasks wait for each other because both may touch the same files."""
    return [
        f"  {pair.after} waits for {pair.before}: both may touch {output.safe(', '.join(pair.overlap[:3]))}"
        + (" ..." if len(pair.overlap) > 3 else "")
        for pair in pairs
    ]
