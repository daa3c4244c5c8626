"""The fold of projects."""

from __future__ import annotations

import pytest

from podium.kernel.errors import PodiumError
from podium.kernel.value import canonical
from podium.ledger.event import GENESIS, Payload, Record
from podium.project.events import ProjectRegistered
from podium.project.model import Project
from podium.project.store import Projects


def _record(payload: Payload, seq: int = 1, kind: str = "") -> Record:
    return Record(
        seq=seq,
        project="p",
        at="2026-01-01T00:00:00.000Z",
        actor="person:Ada",
        kind=kind or payload.kind,
        subject=payload.subject,
        data=canonical(payload),
        previous=GENESIS,
        hash="0" * 64,
    )


def _project(identity: str, root: str) -> Project:
    return Project(id=identity, name="shop", root=root, mirror="/m", target="main")


def test_the_last_registration_of_a_project_counts() -> None:
    projects = Projects()
    projects.apply(_record(ProjectRegistered(project=_project("a", "/old"))))
    projects.apply(_record(ProjectRegistered(project=_project("b", "/b")), 2))
    projects.apply(_record(ProjectRegistered(project=_project("a", "/new")), 3))
    assert [project.root for project in projects.all()] == ["/new", "/b"]
    assert projects.at_root("/old") is None
    found = projects.at_root("/new")
    assert found is not None
    assert found == projects.get("a")


def test_records_of_other_nouns_are_passed_over_and_unknown_ones_are_not() -> None:
    projects = Projects()
    event = ProjectRegistered(project=_project("a", "/a"))
    projects.apply(_record(event, kind="spec.recorded"))
    assert projects.all() == ()
    with pytest.raises(PodiumError, match=r"project\.renamed"):
        projects.apply(_record(event, kind="project.renamed"))
