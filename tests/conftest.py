"""What every test may use. Nothing a test starts sees this machine's HOME, git configuration or Podium state."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from browser import browser, chromium, open_page  # noqa: F401 - fixtures for every test
from podium.testing.clock import FakeClock
from podium.testing.postgres import PostgresServer, absent
from podium.testing.processes import wait_until_none

Require = Callable[[object, str], None]

_KEPT = ("PATH", "LANG", "LC_ALL", "TERM", "TMPDIR", "TZ", "CI", "PYTHONDONTWRITEBYTECODE", "SSL_CERT_FILE")
_IDENTITY = {
    "GIT_AUTHOR_NAME": "Ada Example",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada Example",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}


settings.register_profile("podium", deadline=None)  # a busy machine makes no example wrong
settings.load_profile("podium")


def pytest_configure(config: pytest.Config) -> None:
    """Once in each test process: an empty HOME, no git configuration but an identity, no variables of Podium."""
    home = Path(tempfile.mkdtemp(prefix="podium-home-"))
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    foreign = ("GIT_", "XDG_", "PODIUM_", "SSH_", "DBOS_")
    for name in [each for each in os.environ if each.startswith(foreign)]:
        del os.environ[name]
    os.environ.update(_environment(home))
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in the background: programs would ignore it too
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _environment(home: Path) -> dict[str, str]:
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Ada Example\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n"
    )
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, **_IDENTITY, "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"}


@pytest.fixture(scope="session")
def require() -> Require:
    """`require(condition, what)`: an absent thing fails the test in CI, and skips it with that reason elsewhere."""

    def check(condition: object, what: str) -> None:
        if condition:
            return
        if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
            pytest.fail(f"absent in CI: {what}", pytrace=False)
        pytest.skip(f"absent here: {what}")

    return check


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home directory with a git identity in its configuration."""
    directory = tmp_path / "home"
    directory.mkdir()
    return directory


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    """The whole environment for a program that a test starts: its own HOME, the venv's programs first in PATH."""
    variables = _environment(home)
    variables["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), variables["PATH"]])
    return variables


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    """An empty directory for Podium's state."""
    directory = tmp_path / "state"
    directory.mkdir()
    return directory


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def marker(tmp_path: Path) -> Iterator[str]:
    """A text that occurs in the command line of whatever is started with a path of this test (and nowhere else).

    At the end of the test no process with it may be left.
    """
    yield str(tmp_path)
    wait_until_none(str(tmp_path), 10.0)


@pytest.fixture(scope="session")
def postgres_server(require: Require) -> Iterator[PostgresServer]:
    """One PostgreSQL server for each test process."""
    missing = absent()
    require(not missing, missing)
    with PostgresServer() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of a fresh, empty PostgreSQL database."""
    url = postgres_server.new_database()
    yield url
    postgres_server.drop_database(url)
