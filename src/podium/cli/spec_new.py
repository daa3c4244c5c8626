"""`podium spec new`: begin a spec from a form."""

from __future__ import annotations

import click

from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.intent import spec_file
from podium.cli.writing import write_new


@click.command(
    cls=Verb, examples=("podium spec new rate-limit", 'podium spec new rate-limit --title "Rate limit" --edit')
)
@click.argument("name")
@click.option("--title", default="", help="What it is called; the default is made from NAME.")
@click.option("--edit", is_flag=True, help="Open it in your editor.")
@click.pass_obj
def command(context: Context, name: str, title: str, edit: bool) -> None:
    """Begin a spec from a form to fill in.

    The file is specs/NAME.md, below the folder that podium.toml names. An existing spec is never overwritten.
    """
    from podium.spec.parse import check_name, new_spec

    path = spec_file(context, check_name(name))
    place = context.root / path
    identity = context.repository.identity()
    text = new_spec(name, title, identity.name if identity else "")
    write_new(place, text, shown=str(path), do=f"Edit it, then: podium spec lint {name}")
    output = context.output
    output.document({"spec": name, "path": str(path)})
    output.line(f"{output.paint('wrote', 'good')}  {path}")
    output.line(f"  Fill it in with any editor, then: podium spec lint {name}")
    if edit and output.interactive:
        click.edit(filename=str(place))
