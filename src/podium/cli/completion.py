"""`podium completion`: the script that completes names in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from podium.cli.context import Context
from podium.cli.group import Verb
from podium.kernel.errors import PodiumError

_WHERE = {
    "bash": "podium completion bash > ~/.local/share/bash-completion/completions/podium",
    "zsh": 'podium completion zsh > "${fpath[1]}/_podium"',
    "fish": "podium completion fish > ~/.config/fish/completions/podium.fish",
}


@click.command(cls=Verb, examples=tuple(_WHERE.values()))
@click.argument("shell", type=click.Choice(sorted(_WHERE)))
@click.pass_obj
def command(context: Context, shell: str) -> None:
    """Print the script that completes names in your shell.

    Verbs, options, specs, tasks and agents complete with the Tab key once the script is in place.
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise PodiumError(f"this click knows no completion for {shell}", do="install click 8.2 or newer")
    root = click.get_current_context().find_root().command
    script = kind(root, {}, "podium", "_PODIUM_COMPLETE").source()
    context.output.line(script)
    context.output.document({"shell": shell, "install": _WHERE[shell], "script": script})
