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
_DATA = "PODIUM_PLUGIN_DATA"
_ENV_LIMIT = 120_000  # bytes; Linux takes no variable beyond 128 KiB


class Brought(Value, frozen=True, kw_only=True):
    """A command with a plugin, and the environment that both need."""

    command: str
    env: dict[str, str]


def bring_in(
    plugin: str, data: object, command: str, settings: Settings, *, needs: tuple[str, ...] = ()
) -> Brought | None:
    """`command` with the plugin `podium.checks.inside.<plugin>`, whose `begin` gets `data` as its last argument.

    `data` must be plain data without true, false and null, so that its JSON is a Python expression too. `needs` names
    other files of that package, which it imports as `podium_<name>`. None when all this is too large for that.
    """
    names = (plugin, *needs)
    env = {f"{_TEXT}_{place}": _text(name) for place, name in enumerate(names)}
    env[_DATA] = canonical(data).decode()
    if any(len(value.encode()) > _ENV_LIMIT for value in env.values()):
        return None
    written = "".join(
        f'printf "%s\\n" "${_TEXT}_{place}" > "$PODIUM_OUT/in/podium_{name}.py" && ' for place, name in enumerate(names)
    )
    prelude = (
        f'mkdir -p "$PODIUM_OUT/in" && {written}'
        f'printf \'begin("%s", "%s", %s)\\n\' "$PWD" "$PODIUM_OUT" "${_DATA}" '
        f'>> "$PODIUM_OUT/in/podium_{plugin}.py" && '
        f"unset {' '.join(env)} && "
        'export PYTHONPATH="$PODIUM_OUT/in${PYTHONPATH:+:$PYTHONPATH}"; '
    )
    options = f"-p podium_{plugin} {settings.environment.env.get(ADDOPTS, '')}".rstrip()
    return Brought(command=prelude + command, env={**env, ADDOPTS: options})


def _text(name: str) -> str:
    return resources.files("podium.checks.inside").joinpath(f"{name}.py").read_text(encoding="utf-8")
