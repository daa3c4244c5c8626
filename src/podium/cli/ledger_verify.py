"""`podium ledger verify`: is the chain whole?"""

from __future__ import annotations

import click

from podium.cli.chain import own_project, reading
from podium.cli.context import Context
from podium.cli.group import Verb
from podium.ledger.verify import Verification, verify


@click.command(cls=Verb, examples=("podium ledger verify", "podium ledger verify --all --json"))
@click.option("--all", "everything", is_flag=True, help="Verify every project of the database.")
@click.pass_obj
def command(context: Context, everything: bool) -> int:
    """Find any changed, removed or reordered record.

    Ends with 1 when there is one, and says which. Keep the head's hash elsewhere (every receipt carries one) to see
    a chain that was rewritten as a whole.
    """
    with reading(context) as reader:
        projects = reader.projects() if everything else [own_project(context, reader)]
        found = [verify(project, reader.records(project), reader.head(project)) for project in projects]
    context.output.document({"verified": all(each.verified for each in found), "projects": [_data(e) for e in found]})
    for each in found:
        _tell(context, each)
    return 0 if all(each.verified for each in found) else 1


def _data(found: Verification) -> dict[str, object]:
    return {
        "project": found.project,
        "verified": found.verified,
        "records": found.records,
        "head": found.head,
        "faults": found.faults,
    }


def _tell(context: Context, found: Verification) -> None:
    output = context.output
    if found.verified:
        output.line(f"{output.paint('verified', 'good')}  {found.records} records, head {found.head}")
        return
    count = len(found.faults)
    output.line(f"{output.paint('broken', 'bad')}  {found.records} records, {count} fault{'s' if count > 1 else ''}:")
    for fault in found.faults:
        kind = f" ({output.safe(fault.kind)})" if fault.kind else ""
        output.line(f"  record {fault.seq}{kind}: {output.safe(fault.what)}")
    output.line("  Restore the database from a backup, and compare its head with the one in a receipt.")
