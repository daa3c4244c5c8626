"""What a person wrote, as it lies in their repository now: podium.toml, specs and plans."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from podium.conductor.order_run import Documents
from podium.git.user_repository import UserRepository
from podium.kernel.errors import NotFoundError, UsageError
from podium.plan.checks import check_plan
from podium.plan.model import Plan
from podium.plan.parse import SUFFIX, parse_plan
from podium.project.model import Settings
from podium.project.settings import parse_settings
from podium.spec.blob import blob_id
from podium.spec.model import LintFinding, Spec
from podium.spec.parse import check_name, parse_spec
from podium.spec.rules import lint

SETTINGS_FILE = "podium.toml"
LARGEST = 10_000_000
"""Bytes of the largest document that is read; the parsers refuse far smaller ones, with a reason."""


@dataclass(frozen=True)
class Sources:
    """Reads the documents of one repository; nothing is kept between two calls."""

    root: Path
    repository: UserRepository

    def settings_text(self) -> str:
        """The text of podium.toml. Raises UsageError when there is none, or it is no text."""
        content = self._bytes(Path(SETTINGS_FILE))
        if content is None:
            raise UsageError("there is no podium.toml here", where=str(self.root), do="Run: podium init")
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            raise UsageError(f"it cannot be read: {error}", where=SETTINGS_FILE) from error

    def settings(self) -> Settings:
        """The settings. Raises UsageError that names every fault and its line."""
        return parse_settings(self.settings_text(), SETTINGS_FILE)

    def names(self) -> tuple[str, ...]:
        """The names of all specs, sorted."""
        folder = self.root / self.settings().specs
        return tuple(sorted(path.stem for path in folder.glob("*.md") if path.is_file()))

    def spec_file(self, name: str) -> Path:
        """Where a spec is kept, relative to the root. Raises UsageError for what is no name of a spec."""
        return Path(self.settings().specs) / f"{check_name(name)}.md"

    def plan_file(self, name: str) -> Path:
        """Where a spec's plan is kept, relative to the root. Raises UsageError for what is no name of a spec."""
        return Path(self.settings().specs) / f"{check_name(name)}{SUFFIX}"

    def read(self, path: Path) -> tuple[str, str]:
        """The text of a document and its git blob id. Raises NotFoundError, UsageError for what is no text."""
        content = self._bytes(path)
        if content is None:
            raise NotFoundError("there is no such file", where=str(path))
        try:
            return content.decode(), blob_id(content)
        except UnicodeDecodeError as error:
            raise UsageError(f"it is not UTF-8: {error}", where=str(path), do="Convert it with your editor.") from error

    def spec(self, name: str) -> Spec:
        """A spec. Raises NotFoundError with the nearest name, UsageError for an unreadable document."""
        path = self.spec_file(name)
        content = self._bytes(path)
        if content is None:
            near = difflib.get_close_matches(name, self.names(), n=1)
            do = f"Did you mean {near[0]}?" if near else f"Begin it: podium spec new {name}"
            raise NotFoundError("there is no such spec", where=str(path), do=do)
        return parse_spec(content, str(path))

    def plan(self, name: str) -> Plan:
        """The plan of a spec. Raises NotFoundError when there is none, UsageError for a document that is no plan."""
        path = self.plan_file(name)
        content = self._bytes(path)
        if content is None:
            raise NotFoundError("there is no plan yet", where=str(path), do=f"Draft one: podium plan draft {name}")
        return parse_plan(content, str(path), name)

    def documents(self, name: str) -> Documents:
        """What spec and plan are now, as git would name their contents; empty where there is none."""
        spec, plan = (self._bytes(path) for path in (self.spec_file(name), self.plan_file(name)))
        return Documents(
            spec_blob="" if spec is None else blob_id(spec), plan_blob="" if plan is None else blob_id(plan)
        )

    def spec_findings(self, spec: Spec) -> tuple[LintFinding, ...]:
        """What is wrong with a spec."""
        return lint(spec, self.repository.tracked_files())

    def plan_findings(self, plan: Plan, spec: Spec) -> tuple[LintFinding, ...]:
        """What is wrong with a plan against its spec, the repository's files, the settings and the agents there are."""
        settings = self.settings()
        known = [agent.name for agent in settings.agents]
        return check_plan(plan, spec, self.repository.tracked_files(), settings, known)

    def _bytes(self, path: Path) -> bytes | None:
        try:
            with (self.root / path).open("rb") as file:
                return file.read(LARGEST)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UsageError(f"it cannot be read: {error.strerror}", where=str(path)) from error
