"""Where a verb was called from: directories, database, repository, settings, person, terminal.

Everything below `cli` gets these as arguments. All is found when it is asked for, so that a verb pays for what it uses.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from podium.cli.output import Output
from podium.cli.terminal_facts import terminal_facts
from podium.kernel.clock import SystemClock
from podium.kernel.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from podium.conductor.desk import Desk
    from podium.conductor.home import Home
    from podium.git.user_repository import UserRepository
    from podium.project.model import Project, Settings

SETTINGS_FILE = "podium.toml"
_DATABASES = ("sqlite:///", "postgresql://", "postgresql+psycopg://", "postgres://")


@dataclass
class Options:
    """What was given on the command line, before or after the verb."""

    directory: str = ""
    state: str = ""
    database: str = ""
    no_color: bool = False
    debug: bool = False
    json: bool = False


class Context:
    """What a verb knows about the place it was called from."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.options = Options()
        self.ends_at_once = False  # whether the process, once all is said, is to end without waiting for its threads

    @cached_property
    def output(self) -> Output:
        """Where to print, and how."""
        return Output(json=self.options.json, terminal=terminal_facts(self.environ, no_color=self.options.no_color))

    @cached_property
    def directory(self) -> Path:
        """The directory to work in, absolute. Raises UsageError when it does not exist."""
        start = _absolute(self.options.directory)
        if not start.is_dir():
            raise UsageError("there is no such directory", where=self.options.directory, do="check the path after -C")
        return start.resolve()

    def place(self, given: str) -> Path:
        """A file or directory that was named, from the directory to work in. Raises UsageError for no such home."""
        place = _expanded(given)
        return place if place.is_absolute() else self.directory / place

    @cached_property
    def state(self) -> Path:
        """The state directory, absolute; it may not exist yet. Raises UsageError when it is something else."""
        given = self.options.state or self.environ.get("PODIUM_STATE", "")
        if given:
            place = _absolute(given).resolve()
            if place.exists() and not place.is_dir():
                raise UsageError("it is no directory", where=str(place), do="Name another one: --state DIR")
            return place
        import platformdirs

        return platformdirs.user_state_path("podium", appauthor=False)

    @property
    def database(self) -> str:
        """The URL of the ledger's database; empty = the default one in the state directory. Raises UsageError."""
        given = self.options.database or self.environ.get("PODIUM_DATABASE_URL", "")
        if given and not given.startswith(_DATABASES):
            do = "Write sqlite:////absolute/path/podium.db or postgresql://USER@HOST/NAME"
            raise UsageError("this is no URL of a database", where=given.partition("://")[0], do=do)
        return given

    @cached_property
    def root_hint(self) -> Path | None:
        """The root of the repository around the directory, found by looking only (no git is run); None when none."""
        for place in (self.directory, *self.directory.parents):
            if (place / ".git").exists():
                return place
        return None

    @cached_property
    def root(self) -> Path:
        """The root of the repository. Raises UsageError when there is none here."""
        if self.root_hint is None:
            raise UsageError(
                "this is no git repository",
                where=str(self.directory),
                do="go into your repository, or name it: podium -C DIR ...",
            )
        return self.root_hint

    @cached_property
    def repository(self) -> UserRepository:
        """The user's repository. Raises UsageError for one that Podium cannot work on, saying what to do."""
        from podium.git.user_repository import UserRepository

        return UserRepository.open(self.directory, self.environ)

    @cached_property
    def actor(self) -> str:
        """The person at the keyboard, as the ledger names them. Raises UsageError when git does not know them."""
        given = self.environ.get("PODIUM_ACTOR", "").strip()
        if given:
            return f"person:{given}"
        identity = self.repository.identity()
        if identity is None:
            raise UsageError(
                "git does not know who you are, and decisions carry a name",
                do='git config --global user.name "Ada Lovelace"\ngit config --global user.email ada@example.org',
            )
        return f"person:{identity}"

    @property
    def path(self) -> str:
        """Where programs are looked for."""
        return self.environ.get("PATH", os.defpath)

    @cached_property
    def settings_text(self) -> str:
        """The repository's podium.toml. Raises UsageError when there is none or it is no text."""
        place = self.root / SETTINGS_FILE
        try:
            return place.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise UsageError("there is no podium.toml here", where=str(self.root), do="Run: podium init") from None
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"it cannot be read: {error}", where=str(place)) from error

    @cached_property
    def settings(self) -> Settings:
        """The repository's settings. Raises UsageError that names every fault and its line."""
        from podium.project.settings import parse_settings

        return parse_settings(self.settings_text, SETTINGS_FILE)

    @cached_property
    def home(self) -> Home:
        """The layout of the state directory."""
        from podium.conductor.home import Home

        return Home(self.state)

    @property
    def url(self) -> str:
        """The URL of the database that is used; the path of a SQLite file in it is absolute."""
        url = self.database or self.home.default_database
        kind, slashes, path = url.partition(":///")
        return f"{kind}{slashes}{_absolute(path).resolve()}" if kind == "sqlite" and path else url

    @property
    def shown_database(self) -> str:
        """The database as it may be shown: without its password."""
        from podium.conductor.machine_checks import without_password

        return without_password(self.url)

    @cached_property
    def desk(self) -> Desk:
        """All projects of the database; given back when the program ends."""
        from podium.conductor.desk import Desk

        return Desk(self.home, self.url, SystemClock())

    @cached_property
    def project(self) -> Project:
        """The project of this repository. Raises NotFoundError when it is not under Podium."""
        from podium.conductor.desk import find_project

        try:
            return find_project(self.desk, str(self.root))
        except NotFoundError as error:
            if self.home.default_database != self.url or self.options.state or self.environ.get("PODIUM_STATE"):
                raise NotFoundError(
                    error.what, where=error.where, do=f"{error.do}\nThe ledger looked into: {self.shown_database}"
                ) from None
            raise

    def close(self) -> None:
        """Give back what was opened."""
        if "desk" in self.__dict__:
            self.desk.close()


def _absolute(given: str) -> Path:
    """What was given, from where the program was started; that may have gone, and matters not to an absolute path."""
    place = _expanded(given)
    return place if place.is_absolute() else _here() / place


def _expanded(given: str) -> Path:
    try:
        return Path(given).expanduser()
    except RuntimeError:
        raise UsageError("there is no such home directory", where=given, do="Give the path in full.") from None


def _here() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise UsageError("the directory you are in no longer exists", do="Go to another one: cd") from None
