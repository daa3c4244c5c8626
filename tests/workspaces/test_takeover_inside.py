"""A person's command in a sandbox that is at work: it sees what the agent sees, and can do no more."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from podium.kernel.errors import PodiumError
from podium.testing.waiting import eventually
from podium.workspaces.plan import SandboxPlan
from podium.workspaces.reach import Reach
from podium.workspaces.sandbox import launch
from podium.workspaces.takeover import changed, process_inside, run_inside, snapshot

SERVER = "echo secret > /tmp/of-the-agent; exec python3 -m http.server 8000 --bind 127.0.0.1 >/dev/null 2>&1"
LOOK = """
id -u; cat /tmp/of-the-agent; echo $FOO; pwd; echo "$HOST_SECRET"
grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status | tr -d '\\t' | tr '\\n' ' '; echo
unshare -U true 2>/dev/null || echo no more rights
ls /root /work 2>/dev/null || echo nothing of the host
echo mine > by-hand.txt; mkdir .git; echo x > .git/index
"""


@pytest.fixture
def at_work(me: SandboxPlan, bwrap: str) -> Iterator[tuple[SandboxPlan, int]]:
    """A sandbox in which a server runs, and its outermost process."""
    plan = msgspec.structs.replace(me, env={"FOO": "bar"})
    ready = launch(plan, ("/bin/sh", "-c", SERVER), bwrap=bwrap)
    process = subprocess.Popen(
        ready.argv, pass_fds=ready.pass_fds, env=ready.env, stdin=subprocess.DEVNULL, cwd="/", start_new_session=True
    )
    ready.spawned(process.pid)
    try:
        eventually(lambda: served(process.pid), 60.0)
        yield plan, process.pid
    finally:
        ready.kill()
        process.wait()
        ready.close()


def served(outer: int) -> bool:
    """Whether the server in this sandbox answers."""
    try:
        reach = Reach(process_inside(outer))
    except PodiumError:
        return False
    try:
        reach.connect(8000).close()
    except (OSError, PodiumError):
        return False
    finally:
        reach.close()
    return True


def test_a_command_sees_what_the_agent_sees_and_can_do_no_more(
    at_work: tuple[SandboxPlan, int], capfd: pytest.CaptureFixture[str]
) -> None:
    plan, outer = at_work
    before = snapshot(Path(plan.upper))
    code = run_inside(plan, process_inside(outer), ("/bin/sh", "-c", LOOK + "exit 7"), terminal=False)
    assert code == 7
    assert capfd.readouterr().out.splitlines() == [
        "1000", "secret", "bar", "/workspace", "", "CapEff:0000000000000000 NoNewPrivs:1 Seccomp:2 ", "no more rights",
        "nothing of the host",
    ]  # fmt: skip
    assert changed(before, snapshot(Path(plan.upper))) == ("by-hand.txt",)


def test_a_shell_gets_a_terminal_of_its_own(at_work: tuple[SandboxPlan, int]) -> None:
    plan, outer = at_work
    text = msgspec.json.encode(plan).decode()
    program = (
        "import msgspec, sys; from podium.workspaces.plan import SandboxPlan; "
        "from podium.workspaces.takeover import run_inside; plan = msgspec.json.decode(sys.argv[1], type=SandboxPlan); "
        "sys.exit(run_inside(plan, int(sys.argv[2]), ('/bin/sh', '-i'), terminal=True))"
    )
    master, slave = pty.openpty()
    argv = [sys.executable, "-c", program, text, str(process_inside(outer))]
    with subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, start_new_session=True) as shell:
        os.close(slave)
        os.write(master, b"test -t 0 && echo $((6 * 7)) terminal; exit 3\n")
        said = bytearray()

        def over() -> bool:
            if select.select([master], [], [], 0.1)[0]:
                with contextlib.suppress(OSError):  # the other end is closed
                    said.extend(os.read(master, 4096))
            return shell.poll() is not None and b"42 terminal" in said

        try:
            eventually(over, 60.0)
        finally:
            shell.kill()
        assert shell.wait(60) == 3
    os.close(master)
    assert b"42 terminal" in said


def test_a_process_that_is_in_no_sandbox_is_not_entered(me: SandboxPlan, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_inside(me, os.getpid(), ("/bin/true",), terminal=False) == 125
    assert "the process is in no sandbox" in capfd.readouterr().err
    with pytest.raises(PodiumError, match="not there any more"):
        process_inside(os.getpid())
