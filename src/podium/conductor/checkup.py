"""What works here, and what does not: one line for each thing that was looked at.

`podium doctor` prints it, and the web app's machine page shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from podium.conductor.desk import Desk
from podium.kernel.errors import PodiumError

if TYPE_CHECKING:
    from podium.git.user_repository import UserRepository
    from podium.project.model import Settings
    from podium.workspaces.tiers import TierReport

SETTINGS_FILE = "podium.toml"

Verdict = Literal["ok", "note", "missing"]
"""`note`: it works, but less well than it could. `missing`: something required is not there."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. `do` is what to do about it; empty for what is well."""

    name: str
    verdict: Verdict
    what: str
    do: str = ""
    more: tuple[str, ...] = ()


def guarded(name: str, look: Callable[[], list[Check]]) -> list[Check]:
    """What `look` finds; an error that it foresaw becomes a line of its own."""
    try:
        return look()
    except PodiumError as error:
        where = f"{error.where}: " if error.where else ""
        return [Check(name, "missing", where + error.what, error.do)]


@dataclass(frozen=True)
class Premises:
    """What is looked at: this machine, and the repository on it, if any."""

    desk: Desk
    path: str  # where programs are looked for, as in $PATH
    environ: Mapping[str, str]  # where keys are looked for
    root: Path | None  # of the repository; None outside of one
    open_repository: Callable[[], UserRepository]
    read_settings: Callable[[], Settings]
    actor: Callable[[], str]  # who decides; raises UsageError when git does not know them

    @property
    def state(self) -> Path:
        """The state directory; it may not exist yet."""
        return self.desk.home.root

    @property
    def has_settings(self) -> bool:
        """Whether there is a podium.toml."""
        return self.root is not None and (self.root / SETTINGS_FILE).is_file()

    @cached_property
    def repository(self) -> UserRepository:
        """The repository. Raises PodiumError when git refuses it."""
        return self.open_repository()

    @cached_property
    def settings(self) -> Settings:
        """The settings as they are now. Raises UsageError that names every fault."""
        return self.read_settings()


def check_up(premises: Premises) -> list[Check]:
    """Look at everything. Each thing is tried, not guessed: a sandbox is started, agents tell their version."""
    from podium.conductor.machine_checks import (
        database_check,
        git_check,
        proxy_check,
        sandbox_check,
        sandbox_report,
        state_check,
    )

    found: list[TierReport] = []

    def look() -> list[Check]:
        found.append(sandbox_report(premises))
        return sandbox_check(found[0], premises.environ.get("PODIUM_TIER", ""))

    checks = guarded("git", lambda: git_check(premises))
    checks += guarded("sandbox", look)
    checks += guarded("state", lambda: state_check(premises))
    checks += guarded("database", lambda: database_check(premises))
    checks += guarded("proxy", lambda: proxy_check(premises))
    return checks + _repository(premises, found[0] if found else None)


def _repository(premises: Premises, report: TierReport | None) -> list[Check]:
    from podium.conductor.repository_checks import agents_check, person_check, repository_check, tests_check

    root = premises.root
    if root is None:
        return [Check("repository", "note", "not in a repository: only the machine was looked at")]
    checks = guarded("repository", lambda: repository_check(premises, root))
    if any(check.verdict == "missing" for check in checks):
        return checks
    checks += guarded("person", lambda: person_check(premises))
    checks += guarded("agent", lambda: agents_check(premises))
    if report is not None:
        checks += guarded("tests", lambda: tests_check(premises, root, report))
    return checks
