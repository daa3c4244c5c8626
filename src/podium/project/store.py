"""The projects that Podium knows: a fold of the ledger."""

from __future__ import annotations

import msgspec

from podium.kernel.errors import PodiumError
from podium.ledger.event import Record
from podium.project.events import ProjectRegistered, SettingsRecorded
from podium.project.model import Project

_REGISTERED = msgspec.json.Decoder(ProjectRegistered)
_SETTINGS = msgspec.json.Decoder(SettingsRecorded)


class Projects:
    """All registered projects. Feed it every record in order with `apply`; records of other nouns cost nothing."""

    def __init__(self) -> None:
        self._by_id: dict[str, Project] = {}
        self._settings: dict[str, str] = {}

    def apply(self, record: Record) -> None:
        """Take in one record.

        Raises PodiumError for a project record of a kind that this version does not know.
        """
        if not record.kind.startswith("project."):
            return
        if record.kind == "project.settings-recorded":
            recorded = _SETTINGS.decode(record.data)
            self._settings[recorded.project] = recorded.text
            return
        if record.kind != "project.registered":
            raise PodiumError(
                f"the ledger holds a record of the unknown kind {record.kind!r}",
                where=f"record {record.seq}",
                do="It was written by a newer Podium: update this one.",
            )
        project = _REGISTERED.decode(record.data).project
        self._by_id[project.id] = project

    def get(self, project: str) -> Project | None:
        """The project with this id."""
        return self._by_id.get(project)

    def settings_text(self, project: str) -> str:
        """The `podium.toml` that was recorded last; empty when none was."""
        return self._settings.get(project, "")

    def at_root(self, root: str) -> Project | None:
        """The project whose repository is at this absolute path; the one registered last when there are several."""
        found = [project for project in self._by_id.values() if project.root == root]
        return found[-1] if found else None

    def all(self) -> tuple[Project, ...]:
        """Every project, in the order of first registration."""
        return tuple(self._by_id.values())
