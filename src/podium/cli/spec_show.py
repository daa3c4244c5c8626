"""`podium spec show`: a spec as Podium understands it."""

from __future__ import annotations

import click

from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.intent import read_spec
from podium.cli.names import SpecName
from podium.cli.paragraphs import indented


@click.command(cls=Verb, examples=("podium spec show rate-limit", "podium spec show rate-limit --json"))
@click.argument("name", type=SpecName())
@click.pass_obj
def command(context: Context, name: str) -> None:
    """Show a spec as Podium understands it: every clause with its check, and the scope."""
    spec = read_spec(context, name)
    output = context.output
    output.document(spec)
    facts = [f"risk {spec.risk}"] + ([f"owner {spec.owner}"] if spec.owner else [])
    output.line(f"{output.paint(output.safe(spec.title), 'strong')}  {output.paint(', '.join(facts), 'quiet')}")
    if spec.intent:
        output.line(indented(spec.intent, output.width, 2))
    for clause in spec.clauses:
        label = output.paint(clause.id.ljust(4), "name")
        output.line(label + indented(clause.text, output.width, 4).lstrip())
        for line in clause.check.splitlines():
            output.line(output.paint(f"    check: {output.safe(line)}", "quiet"))
    if spec.out_of_scope:
        output.line(output.paint("Out of scope", "strong"))
        output.line(indented(spec.out_of_scope, output.width, 2))
    scope = ", ".join(output.safe(glob) for glob in spec.scope) or "nothing yet"
    output.line(f"{output.paint('Files that may change:', 'strong')} {scope}")
