"""Hosts to attack: as root and as an ordinary user, where the tests run as root."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sandbox_world import ORDINARY, Host, User

from podium.workspaces import space, tiers
from podium.workspaces.plan import SandboxPlan


@pytest.fixture(scope="session", params=["root", "ordinary user"])
def user(request: pytest.FixtureRequest) -> Iterator[User]:
    """Root and an ordinary user; without root's rights only the user who runs the tests."""
    me = os.geteuid()
    if request.param == "root" and me != 0:
        pytest.skip("the tests do not run as root")
    user = User(me if me != 0 else (0 if request.param == "root" else ORDINARY))
    yield user
    user.end()
    space.remove(user.top, within=user.top.parent)


@pytest.fixture
def host(user: User) -> Iterator[Host]:
    """A fresh host of that user."""
    top = Path(tempfile.mkdtemp(prefix="host-", dir=user.top))
    top.chmod(0o755)
    host = Host(top, user)
    host.own()
    yield host
    space.remove(top, within=user.top)


@pytest.fixture
def me(tmp_path: Path) -> SandboxPlan:
    """A plan for the user who runs the tests, in this process."""
    (tmp_path / "template").mkdir()
    made = space.create(tmp_path / "run")
    return SandboxPlan(
        tier="overlay",
        lowers=(str(tmp_path / "template"),),
        upper=made.upper,
        work=made.work,
        home=made.home,
    )


@pytest.fixture
def bwrap() -> str:
    """The bundled program."""
    found = tiers.bundled_bwrap()
    assert found
    return found
