"""How a plugin is brought into the project's own test run: as files beside the artefacts, no command rewritten.

PYTHONPATH names the directory that they are in, and PYTEST_ADDOPTS loads the plugin. A command that is no pytest heeds
neither, and no artefact is the answer.
"""

from __future__ import annotations

from importlib import resources

from podium.checks.pytest_args import ADDOPTS
from podium.kernel.value import Value, canonical
from podium.project.model import Settings

FOLDER = "in"
ON_PATH = f'export PYTHONPATH="$PODIUM_OUT/{FOLDER}${{PYTHONPATH:+:$PYTHONPATH}}"; '


class Brought(Value, frozen=True, kw_only=True):
    """A command with a plugin, and the environment and the files that both need."""

    command: str
    env: dict[str, str]
    inputs: dict[str, bytes]


def bring_in(plugin: str, data: object, command: str, settings: Settings, *, needs: tuple[str, ...] = ()) -> Brought:
    """`command` with the plugin `podium.checks.inside.<plugin>`, whose `begin` gets `data` as its last argument.

    `needs` names other files of that package, which it imports as `podium_<name>`.
    """
    start = (
        "\n\nimport json as _json, os as _os\n"
        '_out = _os.environ["PODIUM_OUT"]\n'
        f'with open(_os.path.join(_out, "{FOLDER}", "{plugin}.json"), encoding="utf-8") as _file:\n'
        '    begin(_os.environ.get("PODIUM_ROOT", "."), _out, _json.load(_file))\n'
    )
    inputs = {f"{FOLDER}/podium_{name}.py": text_of(name).encode() for name in (plugin, *needs)}
    inputs[f"{FOLDER}/podium_{plugin}.py"] += start.encode()
    inputs[f"{FOLDER}/{plugin}.json"] = canonical(data)
    options = f"-p podium_{plugin} {settings.environment.env.get(ADDOPTS, '')}".rstrip()
    prelude = f'export PODIUM_ROOT="$PWD"; {ON_PATH}'
    return Brought(command=prelude + command, env={ADDOPTS: options}, inputs=inputs)


def text_of(name: str) -> str:
    """The text of a file that runs in the project's Python."""
    return resources.files("podium.checks.inside").joinpath(f"{name}.py").read_text(encoding="utf-8")
