"""The directory of one demo: a small project under git, a signing key, the agents' script, and Podium's state."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from podium.kernel.errors import PodiumError
from podium.project.toml_text import toml_text, toml_texts

SPEC = "rate-limit"
TEST = "python3 run-tests"
_STORED = ".txt"  # the project's Python files are stored with it, so that they are no part of Podium's own sources
_FOREIGN = ("GIT_", "PODIUM_", "SSH_")


@dataclass(frozen=True)
class Place:
    """Where the demo happens; everything that it makes lies below `root`."""

    root: Path
    environment: dict[str, str]  # of every command of the demo
    signed: bool

    @property
    def project(self) -> Path:
        """The repository."""
        return self.root / "pace"

    @property
    def state(self) -> Path:
        """Podium's state directory."""
        return self.root / "state"

    @property
    def entrance(self) -> Path:
        """A shell script to be sourced by who wants to look around."""
        return self.root / "enter"

    def git(self, *arguments: str) -> str:
        """Run git in the project; what it printed. Raises PodiumError with git's own words."""
        return _run(["git", "-C", str(self.project), *arguments], self.environment)

    def configure(self) -> None:
        """Add the scripted agents, and the Python of the sandbox where that is not a part of the system."""
        settings = self.project / "podium.toml"
        text = settings.read_text()
        toolchain = _toolchain()
        if toolchain is not None:
            path = toml_text(f"{toolchain}/bin:/usr/local/bin:/usr/bin:/bin")
            own = f"# The Python that runs the tests, read-only:\nmounts = {toml_texts((str(toolchain),))}\n"
            text = text.replace("\n[run]", f"{own}env = {{ PATH = {path} }}\n\n[run]", 1)
        program = Path(sys.executable).with_name("podium-scripted-agent")
        script = self.root / "agents"
        command = toml_texts((str(program), str(script / "script.toml")))
        settings.write_text(
            f"{text}\n[agents.scripted]  # plays a script: no model is asked\n"
            f"command = {command}\nmounts = {toml_texts((str(script),))}\n"
        )

    def commit(self, message: str) -> None:
        """Commit everything in the project."""
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)


def build(root: Path, environ: Mapping[str, str], person: tuple[str, str] | None) -> Place:
    """Make the demo's directory, which must be empty or absent. `person` (name, mail) owns the decisions;
    None = the one that git knows.

    Raises PodiumError when git is missing or something of it fails.
    """
    kept = {name: value for name, value in environ.items() if not name.startswith(_FOREIGN)}
    programs = str(Path(sys.executable).parent)
    state = root / "state"
    kept |= {
        "PATH": os.pathsep.join([programs, kept.get("PATH", os.defpath)]),
        "PODIUM_STATE": str(state),
    }
    key = _signing_key(root, kept)
    place = Place(root, kept, signed=key is not None)
    with as_file(files("podium.cli.demo_story") / "files") as stored:
        _copy(stored / "project", place.project)
        _copy(stored / "specs", place.project / "specs")
        (root / "agents").mkdir()
        shutil.copyfile(stored / "script.toml", root / "agents" / "script.toml")
    (place.project / "run-tests").chmod(0o755)
    name, mail = person or _known_to_git(kept) or ("You", "you@example.org")
    place.git("init", "-q", "--initial-branch=main")
    options = {"user.name": name, "user.email": mail, "commit.gpgSign": "false", "core.hooksPath": os.devnull}
    if key is not None:
        options |= {"gpg.format": "ssh", "user.signingKey": str(key)}
    for option, value in options.items():
        place.git("config", option, value)
    specs = place.project / "specs"
    held = {path.name: path.read_bytes() for path in specs.iterdir()}
    shutil.rmtree(specs)
    place.commit("A token bucket")
    specs.mkdir()
    for file, content in held.items():
        (specs / file).write_bytes(content)
    place.entrance.write_text(
        f"export PATH={shlex.quote(programs)}:$PATH PODIUM_STATE={shlex.quote(str(state))}\n"
        f"cd {shlex.quote(str(place.project))}\n"
    )
    return place


def _known_to_git(environment: Mapping[str, str]) -> tuple[str, str] | None:
    try:
        found = _run(["git", "-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT"], environment)
    except PodiumError:
        return None
    name, _, rest = found.rpartition(" <")
    return name, rest.partition(">")[0]


def _copy(source: Path, target: Path) -> None:
    for file in sorted(source.rglob("*")):
        if file.is_file():
            place = target / str(file.relative_to(source)).removesuffix(_STORED)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)


def _signing_key(root: Path, environment: Mapping[str, str]) -> Path | None:
    """A throw-away key, or None where there is no ssh-keygen."""
    keygen = shutil.which("ssh-keygen", path=environment["PATH"])
    if keygen is None:
        return None
    key = root / "signing-key"
    _run([keygen, "-q", "-t", "ed25519", "-N", "", "-C", "podium demo, throw away", "-f", str(key)], environment)
    return key


def _toolchain() -> Path | None:
    """The directory of the Python that runs this, where a sandbox does not have it anyway."""
    base = Path(sys.base_prefix).resolve()
    return None if base.is_relative_to("/usr") else base


def _run(command: list[str], environment: Mapping[str, str]) -> str:
    try:
        done = subprocess.run(
            command, env=dict(environment), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise PodiumError(f"{command[0]} is not installed", do=f"Install {command[0]}, then try again.") from error
    if done.returncode != 0:
        raise PodiumError(done.stderr.strip() or f"it ended with {done.returncode}", where=" ".join(command[:4]))
    return done.stdout.strip()
