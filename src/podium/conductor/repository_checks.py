"""The check-up's look at the repository: settings, person, signing key, agents, and whether its tests can run."""

from __future__ import annotations

import re
import shlex
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from podium.conductor.checkup import SETTINGS_FILE, Check, Premises
from podium.conductor.desk import find_project
from podium.conductor.repository_notes import repository_notes
from podium.kernel.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from podium.project.model import AgentSettings, Environment
    from podium.workspaces.tiers import TierReport

_TELLS = f"podium agents tells the lines to add to {SETTINGS_FILE}."


def repository_check(premises: Premises, root: Path) -> list[Check]:
    """The repository and what is unusual about it; its settings; whether it is registered."""
    repository = premises.repository
    checks = [Check("repository", "ok", f"{repository.root} on {repository.branch() or 'no branch'}")]
    checks += [Check("repository", "note", note) for note in repository_notes(repository)]
    if not (repository.root / SETTINGS_FILE).is_file():
        return [*checks, Check("settings", "missing", f"there is no {SETTINGS_FILE}", "Run: podium init")]
    checks.append(Check("settings", "ok", f"{SETTINGS_FILE}: work lands on {premises.settings.target}"))
    try:
        find_project(premises.desk, str(root))
    except NotFoundError:
        checks.append(Check("project", "missing", "it is not registered in this state directory", "Run: podium init"))
    return checks


def person_check(premises: Premises) -> list[Check]:
    """Who decides, and whether their receipts are signed."""
    try:
        actor = premises.actor().removeprefix("person:")
    except UsageError as error:
        return [Check("person", "missing", error.what, error.do)]
    checks = [Check("person", "ok", actor)]
    key = premises.repository.signing_key()
    if key.format != "ssh" or not key.key:
        do = "git config --global gpg.format ssh\ngit config --global user.signingkey ~/.ssh/id_ed25519.pub"
        return [*checks, Check("signing", "note", "no SSH signing key: receipts will be unsigned", do)]
    if shutil.which("ssh-keygen", path=premises.path) is None:
        return [*checks, Check("signing", "note", "ssh-keygen is not installed", "Install the OpenSSH client.")]
    if not key.key.startswith(("key::", "ssh-", "ecdsa-", "sk-")) and not Path(key.key).is_file():
        return [*checks, Check("signing", "note", f"there is no key {key.key}", "Correct user.signingkey in git.")]
    return [*checks, Check("signing", "ok", key.key)]


def _model_check(premises: Premises, agent: AgentSettings) -> list[Check]:
    """Where an agent's model is reached and its key is found, never the key; nothing where no provider is known."""
    from podium.conductor.providers import NoKey, gateway_of
    from podium.workspaces.gateway.kinds import KINDS

    found = gateway_of(premises.settings, agent, premises.environ)
    if found is None:
        return []
    if isinstance(found, NoKey):
        return [Check("model", "note", f"{agent.name}: {found.what}", found.do)]
    return [Check("model", "ok", f"{agent.name}: {KINDS[found.kind].title} at {found.url}, key from {found.key.text}")]


def _prices_check(premises: Premises) -> Check:
    """How old the prices are that costs are counted with: who makes models changes them, and nobody is told."""
    from podium.workspaces.gateway.prices import sources

    listed = ", ".join(f"{whose} of {date}" for whose, date, _ in sources())
    own = len(premises.settings.prices)
    yours = f"; before them, {own} of your own" if own else '; what you pay goes before them: [prices."MODEL"]'
    return Check("prices", "ok", f"Podium's list: {listed}{yours}")


def agents_check(premises: Premises) -> list[Check]:
    """The agents that are set up, each with its version; those that could be."""
    from podium.agents.known import beside_tried, by_program, installed
    from podium.agents.locate import locate, version_text

    settings, checks = premises.settings, list[Check]()
    for agent in settings.agents:
        try:
            found = locate(agent.command, premises.path, agent=agent.name)
        except UsageError as error:
            checks.append(Check("agent", "missing", error.what, error.do))
            continue
        checks += _model_check(premises, agent)
        version = version_text(found, seconds=5.0)
        more = tuple(f"mount {path} does not exist" for path in agent.mounts if not Path(path).exists())
        about = by_program(agent.command[0])
        beside = beside_tried(version, about.version if about else "")
        told = ", ".join(filter(None, (version, beside)))
        what = f"{agent.name}: {found.program}" + (f" ({told})" if told else "")
        checks.append(Check("agent", "note" if more else "ok", what, "Correct `mounts`." if more else "", more))
    if any(check.name == "model" for check in checks):
        checks.append(_prices_check(premises))
    known = {agent.command[0].rpartition("/")[2] for agent in settings.agents if agent.command}
    for each in installed(premises.path):
        if each.command[0] not in known:
            checks.append(Check("agent", "note", f"{each.name} is installed, and not set up", _TELLS))
    if not settings.agents:
        checks.append(Check("agent", "missing", "no agent is set up", _TELLS))
    return checks


def tests_check(premises: Premises, root: Path, report: TierReport) -> list[Check]:
    """Whether the program that runs the tests is found in a sandbox, where only what is mounted exists."""
    environment = premises.settings.environment
    if not environment.test:
        return [Check("tests", "note", "no test command: candidates are not tested", f"Set test in {SETTINGS_FILE}.")]
    probe = _probe(environment.test)
    if environment.setup or not probe or report.tier not in ("overlay", "clone"):
        return [Check("tests", "ok", environment.test)]
    said = _in_sandbox(premises.state, environment, report, probe)
    if not said:
        return [Check("tests", "ok", f"{environment.test} (its program runs in the sandbox)")]
    do = f"Only /usr is in the sandbox; the rest has to be mounted. In {SETTINGS_FILE}, below [environment]:\n"
    return [
        Check("tests", "note", f"{environment.test} cannot run in the sandbox: {said}", do + _mounts(premises, root))
    ]


def _mounts(premises: Premises, root: Path) -> str:
    """The lines that would make a virtual environment usable in the sandbox; a pattern of them where there is none."""
    places = [premises.environ.get("VIRTUAL_ENV", ""), f"{root}/.venv", f"{root}/venv"]
    venv = next((place for place in places if place and Path(place, "pyvenv.cfg").is_file()), "")
    if not venv:
        return 'mounts = ["/path/to/tools"]\nenv = { PATH = "/path/to/tools/bin:/usr/bin:/bin" }'
    home = re.search(r"^home\s*=\s*(.+)$", Path(venv, "pyvenv.cfg").read_text(errors="replace"), re.MULTILINE)
    base = str(Path(home[1].strip()).parent) if home else ""
    mounts = [venv] + ([base] if base and not base.startswith("/usr") else [])
    listed = ", ".join(f'"{mount}"' for mount in mounts)
    source = ', PYTHONPATH = "/workspace/src"' if Path(root, "src").is_dir() else ""
    return f'mounts = [{listed}]\nenv = {{ PATH = "{venv}/bin:/usr/bin:/bin"{source} }}'


def _probe(test: str) -> str:
    """A command that only finds out whether the test command's program is there; empty when that is unclear."""
    try:
        words = shlex.split(test)
    except ValueError:
        return ""
    program, *rest = [word for word in words if "=" not in word] or [""]
    if program.rpartition("/")[2].startswith("python") and rest[:1] == ["-m"] and len(rest) > 1:
        return f"{shlex.quote(program)} -c {shlex.quote(f'import {rest[1]}')}"
    return f"command -v {shlex.quote(program)}" if program and "/" not in program else ""


def _in_sandbox(state: Path, environment: Environment, report: TierReport, command: str) -> str:
    """The last line of what the command says in a sandbox with the project's mounts; empty when it succeeds."""
    from podium.workspaces import space
    from podium.workspaces.plan import Mount, SandboxPlan
    from podium.workspaces.run import run

    assert report.tier is not None
    top = Path(tempfile.mkdtemp(prefix="podium-doctor-", dir=state))
    try:
        made, lower = space.create(top / "run"), top / "lower"
        lower.mkdir()
        plan = SandboxPlan(
            tier=report.tier,
            lowers=(str(lower),),
            upper=made.upper,
            work=made.work,
            home=made.home,
            mounts=tuple(Mount(source=path, target=path) for path in environment.mounts),
            env=environment.env,
        )
        done = run(plan, command, bwrap=report.bwrap, timeout_seconds=30)
    finally:
        space.remove(top, within=state)
    if done.how == "exited" and done.exit_code == 0:
        return ""
    lines = done.output.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else (done.why or "its program is not there")
