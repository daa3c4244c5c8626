"""What can happen to a project."""

from __future__ import annotations

from podium.ledger.event import Payload
from podium.project.model import Project


class ProjectRegistered(Payload, frozen=True, kw_only=True, tag="project.registered"):
    """A repository was put under Podium, or its place, mirror or target changed: the last one counts."""

    project: Project

    @property
    def subject(self) -> str:
        return f"project:{self.project.id}"


class SettingsRecorded(Payload, frozen=True, kw_only=True, tag="project.settings-recorded"):
    """The `podium.toml` that decisions are founded on from here on: the whole text, for every worker to read."""

    project: str
    text: str
    by: str

    @property
    def subject(self) -> str:
        return f"project:{self.project}"
