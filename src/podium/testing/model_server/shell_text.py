"""The actions as a shell command or as a patch, for agents whose tools can do nothing else."""

from __future__ import annotations

import base64
import shlex

from podium.testing.actions import Append, Delete, Edit, Look, Read, Run, Write
from podium.testing.model_server.steps import Tooled

# Replaces the first OLD by NEW, as text. The x keeps newlines at the end from being lost.
_EDIT = (
    "OLD=$({old}; echo x) NEW=$({new}; echo x) awk '"
    'BEGIN {{ old = substr(ENVIRON["OLD"], 1, length(ENVIRON["OLD"]) - 1)'
    '; new = substr(ENVIRON["NEW"], 1, length(ENVIRON["NEW"]) - 1) }} '
    '{{ all = all $0 "\\n" }} '
    "END {{ at = index(all, old); if (!at) exit 1; "
    'printf "%s%s%s", substr(all, 1, at - 1), new, substr(all, at + length(old)) }}\' '
    "{path} > {path}.new && cat {path}.new > {path} && rm {path}.new"
)


def shell(action: Tooled) -> str:
    """The action as one command of a POSIX shell."""
    match action:
        case Run(command=command):
            return command
        case Look(path=path):
            return f"ls -la {shlex.quote(path)}"
        case Read(path=path):
            return f"cat {shlex.quote(path)}"
        case Write(path=path, text=text, executable=executable):
            quoted = shlex.quote(path)
            mode = f" && chmod +x {quoted}" if executable else ""
            return f'mkdir -p "$(dirname {quoted})" && {printed(text)} > {quoted}{mode}'
        case Append(path=path, text=text):
            return f"{printed(text)} >> {shlex.quote(path)}"
        case Delete(path=path):
            return f"rm -rf {shlex.quote(path)}"
        case Edit(path=path, old=old, new=new):
            return _EDIT.format(old=printed(old), new=printed(new), path=shlex.quote(path))


def patch(action: Write | Edit) -> str:
    """The action in the patch language of Codex; an edit's `old` must be whole lines there."""
    if isinstance(action, Write):
        body = [f"*** Add File: {action.path}", *(f"+{line}" for line in action.text.splitlines())]
    else:
        before, after = action.old.removesuffix("\n").split("\n"), action.new.removesuffix("\n").split("\n")
        changed = [*(f"-{line}" for line in before), *(f"+{line}" for line in after)]
        body = [f"*** Update File: {action.path}", "@@", *changed]
    return "\n".join(["*** Begin Patch", *body, "*** End Patch"])


def printed(text: str) -> str:
    """A command that prints the text, whatever it holds."""
    return f"printf %s {base64.b64encode(text.encode()).decode()} | base64 -d"
