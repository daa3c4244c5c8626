"""What is left of a sandbox that lost its starter while it was being started is cleared away, and nothing else is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from podium.testing.waiting import eventually
from podium.workspaces.bubble import INIT
from podium.workspaces.orphans import end_orphans

# A process that looks like a waiting half of bwrap: its words, its name, and no parent.
ORPHAN = """
import os, sys
if os.fork():
    os._exit(0)
os.setsid()
os.execv("/bin/sh", ["/tmp/bwrap", "-c", "kill -STOP $$", sys.argv[1], sys.argv[2]])
"""


def words(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")


def find(mark: str) -> list[int]:
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if mark in words(int(entry.name)):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def start(mark: str, init: str) -> int:
    process = subprocess.Popen([sys.executable, "-c", ORPHAN, init, mark], start_new_session=True)
    process.wait()
    return eventually(lambda: [pid for pid in find(mark) if words(pid)[0] == "/tmp/bwrap"], 10)[0]


def test_an_orphan_is_ended_and_another_program_of_that_name_is_not(tmp_path: Path) -> None:
    ours, other = f"ours-{tmp_path}", f"other-{tmp_path}"
    orphan, stranger = start(ours, INIT), start(other, "not podium")
    eventually(lambda: orphan in end_orphans(), 10)
    eventually(lambda: not find(ours), 10)
    assert find(other) == [stranger]
    subprocess.run(["kill", "-9", str(stranger)], check=True)
