"""Listening sockets inside a sandbox's own network, as root and as an ordinary user."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from sandbox_world import ORDINARY, Host

from podium.kernel.errors import PodiumError, UsageError
from podium.workspaces import enter, sockets

_TALK = "exec 3<>/dev/tcp/127.0.0.1/4711 && head -c 5 <&3 && (exec 4<>/dev/tcp/127.0.0.1/4712) && echo and more"

# Everything is imported before the user changes, as in sandbox_driver.py.
_PROGRAM = """
import encodings.idna, os, subprocess, sys
import msgspec
from podium.workspaces.plan import SandboxPlan
from podium.workspaces.sandbox import launch
from podium.workspaces.sockets import listen_inside
plan = msgspec.json.decode(sys.stdin.buffer.readline(), type=SandboxPlan)
uid, bwrap, python, command = int(sys.argv[1]), *sys.argv[2:]
if uid != os.geteuid():
    os.setgroups([]); os.setresgid(uid, uid, uid); os.setresuid(uid, uid, uid)
ready = launch(plan, ("/bin/bash", "-c", "echo ready; read -r; " + command), bwrap=bwrap)
child = subprocess.Popen(ready.argv, pass_fds=ready.pass_fds, env=ready.env, stdin=-1, stdout=-1, cwd="/")
ready.spawned(child.pid)
assert child.stdout.readline() == b"ready\\n"
pid = ready.child_pid()
first, second = listen_inside(pid, [4711, 4712], python=python)
child.stdin.write(b"go\\n"); child.stdin.flush()
connection, peer = first.accept()
connection.sendall(b"hello"); connection.close()
second.accept()[0].close()
print(peer[0], child.stdout.read().decode(), flush=True)
child.wait(); ready.close()
"""


def test_what_listens_inside_is_served_from_outside(host: Host, require: Callable[[object, str], None]) -> None:
    python = "/usr/bin/python3" if host.uid == ORDINARY else sys.executable
    readable = ["setpriv", "--reuid", str(host.uid), "--clear-groups", "test", "-r", enter.__file__]
    if host.uid != os.geteuid():
        require(Path(python).exists() and subprocess.run(readable).returncode == 0, "a Podium that others can read")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_PROGRAM), str(host.uid), host.bwrap, python, _TALK],
        input=msgspec.json.encode(host.plan()) + b"\n",
        capture_output=True,
        timeout=60,
    )
    assert done.stdout.decode() == "127.0.0.1 helloand more\n\n", done.stderr.decode()


def test_a_process_that_shares_the_hosts_network_is_refused() -> None:
    with pytest.raises(PodiumError, match="no network of its own"):
        sockets.listen_inside(os.getpid(), [4711])


def test_a_process_that_does_not_exist_is_refused() -> None:
    with pytest.raises(PodiumError, match="No such file"):
        sockets.listen_inside(2**22 + 5, [4711])


@pytest.mark.parametrize("ports", [[], [0], [70000], [80, 80], list(range(1, 70))])
def test_impossible_ports_are_refused(ports: list[int]) -> None:
    with pytest.raises(UsageError):
        sockets.listen_inside(os.getpid(), ports)
