"""How a plugin is brought into the project's own test run: as one file in the sandbox, no command rewritten.

The text travels in a variable; the shell writes it beside the artefacts and puts that directory on PYTHONPATH, and
PYTEST_ADDOPTS loads it. A command that is no pytest heeds neither, and no artefact is the answer.
"""

from __future__ import annotations

from importlib import resources

from podium.checks.pytest_args import ADDOPTS
from podium.kernel.value import Value, canonical
from podium.project.model import Settings

_TEXT = "PODIUM_PLUGIN"
_ENV_LIMIT = 120_000  # bytes; Linux takes no variable beyond 128 KiB

_PRELUDE = (
    'mkdir -p "$PODIUM_OUT/in" && '
    f'printf "%s\\nbegin(\\"%s\\", \\"%s\\", %s)\\n" "${_TEXT}" "$PWD" "$PODIUM_OUT" "${_TEXT}_DATA" '
    '> "$PODIUM_OUT/in/{name}.py" && '
    f"unset {_TEXT} {_TEXT}_DATA; "
    'export PYTHONPATH="$PODIUM_OUT/in${{PYTHONPATH:+:$PYTHONPATH}}"; '
)


class Brought(Value, frozen=True, kw_only=True):
    """A command with a plugin, and the environment that both need."""

    command: str
    env: dict[str, str]


def bring_in(plugin: str, data: object, command: str, settings: Settings) -> Brought | None:
    """`command` with the plugin `podium.checks.inside.<plugin>`, whose `begin` gets `data` as its last argument.

    `data` must be plain data without true, false and null, so that its JSON is a Python expression too. None when it is
    too large to be brought in.
    """
    text = resources.files("podium.checks.inside").joinpath(f"{plugin}.py").read_text(encoding="utf-8")
    body = canonical(data).decode()
    if len(body) > _ENV_LIMIT or len(text) > _ENV_LIMIT:
        return None
    options = f"-p podium_{plugin} {settings.environment.env.get(ADDOPTS, '')}".rstrip()
    prelude = _PRELUDE.format(name=f"podium_{plugin}")
    return Brought(command=prelude + command, env={_TEXT: text, f"{_TEXT}_DATA": body, ADDOPTS: options})
