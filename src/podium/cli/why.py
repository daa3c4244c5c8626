"""`podium why`: how a line came to be."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.paragraphs import indented
from podium.evidence.model import Item
from podium.kernel.errors import UsageError

if TYPE_CHECKING:
    from podium.conductor.why import Origin

_PLACE = re.compile(r"(?P<path>.+):(?P<line>[1-9][0-9]*)", re.DOTALL)


@click.command(cls=Verb, examples=("podium why src/cart.py:41", "podium why src/cart.py:41 --json"))
@click.argument("place", type=click.Path(), metavar="FILE:LINE")
@click.pass_obj
def command(context: Context, place: str) -> None:
    """Tell how a line came to be: clause, task, agent, reviewer, receipt, evidence.

    The line is looked up in your last commit; changes that are not committed are not seen. For a line that did not come
    through Podium, its commit is told.
    """
    path, line = _parse(context, place)
    origin, items = _look(context, path, line)
    context.output.document(_data(origin, items))
    _print(context, path, line, origin, items)


def _parse(context: Context, place: str) -> tuple[str, int]:
    found = _PLACE.fullmatch(place)
    if not found:
        raise UsageError("this names no line of a file", where=place, do="Write it as: podium why src/cart.py:41")
    from podium.git.paths import to_text

    name = _unquoted(found["path"])
    root = context.repository.root
    absolute = Path(os.path.normpath(context.directory / name))
    if not absolute.is_relative_to(root):
        raise UsageError("this file is not in the repository", where=found["path"])
    return to_text(os.fsencode(absolute.relative_to(root).as_posix())), int(found["line"])


def _unquoted(name: str) -> str:
    """The path that is meant, also where it is written in quotes, as Podium prints names that hold odd bytes."""
    from podium.git.paths import to_bytes

    try:
        return os.fsdecode(to_bytes(name)) if name.startswith('"') else name
    except ValueError:
        return name


def _look(context: Context, path: str, line: int) -> tuple[Origin, tuple[Item, ...]]:
    from podium.conductor.why import look_up

    found = look_up(context.desk, context.project.id, context.repository, context.path, path, line)
    if found.fallback:
        context.output.warn(f"your last commit is not on {found.fallback}: looking at {found.fallback} instead")
    return found.origin, found.items


def _print(context: Context, path: str, line: int, origin: Origin, items: tuple[Item, ...]) -> None:
    from podium.render.terminal_facts import evidence_lines

    output = context.output

    def fact(name: str, text: str) -> None:
        if text:
            output.line(f"  {output.paint(name.ljust(9), 'quiet')} {indented(text, output.width, 12).lstrip()}")

    output.line(f"{output.paint(f'{output.safe(path)}:{line}', 'strong')}  {output.safe(origin.line.text)}")
    commit = origin.commit
    fact("commit", f"{commit.id[:12]} {commit.subject} ({commit.author})")
    if origin.entry is None or origin.run is None or origin.round is None:
        fact("", "This line did not come through Podium.")
        return
    fact("task", f"{origin.entry.spec}/{origin.entry.task} {origin.title}")
    for clause in origin.clauses:
        fact("clause", f"{clause.id} {clause.text}")
    fact("agent", f"{origin.run.agent}, round {origin.round.number} of run {origin.run.id}")
    if origin.accepted is not None:
        receipt = origin.accepted.receipt
        signed = "signed" if origin.accepted.signed else "unsigned"
        fact("reviewer", f"{receipt.reviewer}, {receipt.at}")
        fact("receipt", f"{receipt.id} ({signed})")
        for waiver in receipt.waivers:
            fact("waived", f"{waiver.refusal}: {waiver.reason}")
    if items:
        output.line(f"  {output.paint('evidence', 'quiet')}")
    for shown in evidence_lines(items, width=output.width - 2, paint=output.ink):
        output.line(f"  {shown}")


def _data(origin: Origin, items: tuple[Item, ...]) -> dict[str, Any]:
    accepted = origin.accepted
    return {
        "line": origin.line,
        "commit": origin.commit,
        "task": f"{origin.entry.spec}/{origin.entry.task}" if origin.entry else None,
        "title": origin.title,
        "clauses": origin.clauses,
        "agent": origin.run.agent if origin.run else None,
        "run": origin.run.id if origin.run else None,
        "round": origin.round.number if origin.round else None,
        "reviewer": accepted.receipt.reviewer if accepted else None,
        "receipt": accepted.receipt if accepted else None,
        "signed": accepted.signed if accepted else None,
        "evidence": [{"id": i.id, "name": i.name, "outcome": i.outcome, "command": i.command} for i in items],
    }
