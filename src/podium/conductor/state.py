"""The state of one project: every noun's fold, fed record by record."""

from __future__ import annotations

from podium.evidence.store import Evidence
from podium.landing.store import Landings
from podium.ledger.event import GENESIS, Record
from podium.plan.store import Plans
from podium.project.model import Project, Settings
from podium.project.store import Projects
from podium.review.store import Reviews
from podium.runs.store import Runs
from podium.spec.store import Specs


class State:
    """What the ledger says of one project up to `seq`."""

    def __init__(self, project: str) -> None:
        self.id = project
        self.seq = 0
        self.head = GENESIS
        self.changed_at = ""
        self.projects = Projects()
        self.specs = Specs()
        self.plans = Plans()
        self.runs = Runs()
        self.evidence = Evidence()
        self.reviews = Reviews()
        self.landings = Landings()
        self._folds = (
            self.projects,
            self.specs,
            self.plans,
            self.runs,
            self.evidence,
            self.reviews,
            self.landings,
        )
        self._settings: tuple[str, Settings] | None = None

    def apply(self, record: Record) -> None:
        """Take in the next record of the chain."""
        for fold in self._folds:
            fold.apply(record)
        self.seq, self.head, self.changed_at = record.seq, record.hash, record.at

    @property
    def project(self) -> Project:
        """The project itself. Only for a chain that has been registered, as every chain is by its first record."""
        found = self.projects.get(self.id)
        assert found is not None, f"the chain of {self.id} does not begin with its registration"
        return found

    @property
    def settings(self) -> Settings:
        """The `podium.toml` that was recorded last."""
        from podium.project.settings import parse_settings

        text = self.projects.settings_text(self.id)
        if self._settings is None or self._settings[0] != text:
            self._settings = (text, parse_settings(text, "podium.toml"))
        return self._settings[1]
