"""A set-up that fetches packages: real tools, from an index on loopback, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from package_index import PackageIndex

from podium.workspaces import space
from podium.workspaces.egress.sources import Sources, sources
from podium.workspaces.layers import build_layer, refused_at
from podium.workspaces.plan import SandboxPlan
from podium.workspaces.recipes import recipe


class Site:
    """A project's files and its layers, with the sources of a user."""

    def __init__(self, top: Path, bwrap: str) -> None:
        self.store = top / "layers"
        self.template = top / "template"
        self.template.mkdir()
        self.home = top / "home"
        self.home.mkdir()
        self._bwrap = bwrap
        self.variables: dict[str, str] = {"HOME": str(self.home)}

    def write(self, **files: str) -> None:
        for name, text in files.items():
            (self.template / name.replace("__", "-").replace("_dot_", ".")).write_text(text)

    @property
    def sources(self) -> Sources:
        return sources(self.variables)

    def plan(self, place: Path) -> SandboxPlan:
        made = space.create(place)
        return SandboxPlan(
            tier="overlay",
            lowers=(str(self.template),),
            upper=made.upper,
            work=made.work,
            home=made.home,
            env=dict(self.sources.env),
        )

    def build(self, setup: str, key: str = "k") -> Path:
        return build_layer(
            self.store, key, self.plan, setup, bwrap=self._bwrap, timeout_seconds=120, sources=self.sources
        )


@pytest.fixture
def site(tmp_path: Path, bwrap: str) -> Site:
    return Site(tmp_path, bwrap)


def test_pip_fills_a_layer_from_an_index_on_loopback(site: Site) -> None:
    site.write(requirements_dot_txt="tiny==1.0\n")
    with PackageIndex() as index:
        site.variables["PIP_INDEX_URL"] = f"{index.url}/simple"
        found = recipe("auto", (), ("requirements.txt",))
        assert found is not None
        layer = site.build(found.command)
    assert list(layer.glob(".venv/lib/*/site-packages/tiny.py"))
    assert [path for _, path, _ in index.asked] == ["/simple/tiny/", "/files/tiny-1.0-py3-none-any.whl"]
    assert refused_at(layer) == ()
