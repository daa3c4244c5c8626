"""Attacks on what a sandbox may use up or leave behind: processes, memory, disk, output, planted names, survivors."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import msgspec
from sandbox_world import Host, dead_or_gone, started, survivors, until

from podium.project.model import Limits
from podium.workspaces.plan import SandboxPlan
from podium.workspaces.sandbox import launch

SMALL = Limits(memory_mb=256, processes=64, disk_mb=64, wall_minutes=60)


def test_400_forks_end_the_sandbox(host: Host) -> None:
    mark = f"3{host.pid}"
    # Where the kernel counts threads, the shell that forks is refused at the 258th and ends; what it started lives on.
    forks = f"(for i in $(seq 400); do sleep {mark} & done); sleep {mark}"
    done = host.run(forks, host.plan(limits=SMALL))
    assert done.how == "limit"
    assert "processes" in done.why
    assert survivors(mark) == []


def test_a_fork_bomb_ends_the_sandbox(host: Host) -> None:
    # It doubles ten times and no more: under a root host the kernel does not count for it, and this machine has other
    # work to do while the watchdog is on its way.
    bomb = "import os, time\nfor _ in range(10):\n    try: os.fork()\n    except OSError: pass\ntime.sleep(15)\n"
    done = host.python(bomb, host.plan(limits=SMALL))
    assert done.how == "limit"
    assert "processes" in done.why


def test_2_gb_of_memory_are_not_to_be_had(host: Host) -> None:
    eater = (
        "import time\nheld = []\nwhile len(held) < 2048: held.append(bytearray(b'x') * 2**20); time.sleep(0.002)\n"
        "time.sleep(20)"
    )
    done = host.python(eater, host.plan(limits=SMALL))
    assert done.how == "limit"
    assert "memory" in done.why


def test_files_in_memory_count_as_memory(host: Host) -> None:
    hog = "for i in 1 2 3 4 5 6; do head -c 60M /dev/zero >/dev/shm/$i; done; sleep 20"
    done = host.run(hog, host.plan(limits=SMALL))
    assert done.how == "limit"
    assert "memory" in done.why


def test_tmp_has_a_hard_size(host: Host) -> None:
    done = host.run("for i in 1 2; do head -c 12M /dev/zero >/tmp/$i; done; df -m /tmp | tail -1", host.plan(tmp_mb=16))
    assert b"No space left on device" in done.output
    assert done.output.split()[-5] == b"16"


def test_a_full_workspace_ends_the_sandbox(host: Host) -> None:
    done = host.run("i=0; while head -c 10M /dev/zero >f$i; do i=$((i+1)); done", host.plan(limits=SMALL))
    assert done.how == "limit"
    assert "disk" in done.why


def test_a_full_home_ends_the_sandbox(host: Host) -> None:
    done = host.run("i=0; while head -c 10M /dev/zero >~/f$i; do i=$((i+1)); done", host.plan(limits=SMALL))
    assert done.how == "limit"
    assert "disk" in done.why


def test_disk_used_by_deleted_files_counts(host: Host) -> None:
    hog = (
        "import os, time\nheld = []\nfor i in range(12):\n    held.append(open('f', 'wb'))\n    os.unlink('f')\n"
        "    held[-1].write(b'x' * 10_000_000)\n    held[-1].flush()\ntime.sleep(20)"
    )
    done = host.python(hog, host.plan(limits=SMALL))
    assert done.how == "limit"
    assert "disk" in done.why


def test_disk_used_in_a_closed_directory_counts(host: Host) -> None:
    hog = "mkdir q; for i in 1 2 3 4 5 6 7 8 9; do head -c 12M /dev/zero >q/$i; done; chmod 0 q; sleep 20"
    done = host.run(hog, host.plan(limits=SMALL))
    assert done.how == "limit"
    assert "disk" in done.why


def test_a_giant_sparse_file_cannot_be_made(host: Host) -> None:
    done = host.run("truncate -s 10T giant; stat -c %s giant", host.plan(limits=SMALL))
    assert b"File size limit exceeded" in done.output
    assert done.output.split()[-1] == b"0"


def test_output_without_end_is_cut_and_costs_podium_no_memory(host: Host) -> None:
    before = host.ask({"what": "rss"})
    done = host.run("yes 'one GB of output'", output_limit=1000)
    assert done.how == "limit"
    assert "printed more" in done.why
    assert len(done.output) == 1000
    assert done.dropped > 200_000_000
    assert host.ask({"what": "rss"}) - before < 20_000_000


def test_a_command_without_end_is_ended_at_its_time(host: Host) -> None:
    mark = f"4{host.pid}"
    done = host.run(f"trap '' TERM HUP INT; setsid sleep {mark} & sleep {mark}", timeout=0.5)
    assert (done.how, done.exit_code) == ("timeout", None)
    assert done.seconds < 5
    assert survivors(mark) == []


def test_a_daemon_does_not_survive_the_command(host: Host) -> None:
    mark = f"5{host.pid}"
    daemon = (
        "import os\nif os.fork() == 0:\n    os.setsid()\n"
        f"    if os.fork() == 0: os.execlp('sleep', 'sleep', '{mark}')\n"
    )
    done = host.python(daemon)
    assert done.how == "exited"
    assert survivors(mark) == []


def test_kill_9_of_what_started_the_sandbox_ends_everything_in_it(host: Host) -> None:
    mark = f"6{host.pid}"
    host.begin(f"(setsid sleep {mark} &); setsid sh -c 'sleep {mark} & wait' & sleep {mark}")
    until(lambda: len(survivors(mark)) >= 3)
    host.kill_podium()
    until(lambda: survivors(mark) == [])


def test_a_deleted_workspace_hurts_nobody(host: Host) -> None:
    kept = host.file("template/src/a.py", "original")
    host.file("layer/.venv/x", "original")
    plan = host.plan()
    assert host.run("rm -rf /workspace/* /workspace/.[!.]*; ls -A", plan).output == b""
    assert host.run("ls -A; echo new >b; cat b", plan).output == b"new\n"
    assert kept.read_text() == "original"


def test_modes_of_000_do_not_keep_a_run_from_being_removed(host: Host) -> None:
    plan = host.plan()
    host.run("mkdir -p a/b/c; touch a/b/c/d; chmod 0 a/b/c/d a/b/c a/b a; mkdir ~/x; touch ~/x/y; chmod 0 ~/x ~", plan)
    host.remove(Path(plan.upper).parent, host.top)
    assert not Path(plan.upper).parent.exists()


def test_a_link_to_etc_or_home_is_not_followed_when_a_run_is_removed(host: Host) -> None:
    treasure = host.file("home/precious/file", "precious")
    plan = host.plan()
    host.run(f"ln -s {treasure.parent} a; ln -s /etc b; mkdir c; ln -s {treasure} c/d; ln -s / ~/root", plan)
    host.remove(Path(plan.upper).parent, host.top)
    assert treasure.read_text() == "precious"
    assert Path("/etc/passwd").exists()
    assert not Path(plan.upper).exists()


def test_a_link_in_place_of_the_runs_own_directory_is_not_followed(host: Host) -> None:
    treasure = host.file("home/precious/file", "precious")
    (host.top / "runs").mkdir()
    (host.top / "runs/evil").symlink_to(treasure.parent)
    host.own()
    with contextlib.suppress(AssertionError):
        host.remove(host.top / "runs/evil/file", host.top)
    assert treasure.read_text() == "precious"
    host.remove(host.top / "runs/evil", host.top)
    assert treasure.read_text() == "precious"
    assert not (host.top / "runs/evil").is_symlink()


def test_a_link_is_not_followed_when_disk_use_is_measured(host: Host) -> None:
    host.file("home/big", "x" * 1_000_000)
    plan = host.plan()
    host.run(f"ln -s {host.top}/home a; ln -s / b; ln -s {host.top}/home/big c", plan)
    use = host.disk_use(Path(plan.upper))
    assert use.bytes < 100_000
    assert use.entries == 3


def test_names_of_every_kind_are_measured_and_removed(host: Host) -> None:
    plan = host.plan()
    names = (
        "import os\n"
        "odd = (b'a\\nb', b'\\xff\\xfe', b'-rf', b'* ?', b'a' * 255, b'..x', b' ', b'\\x1b[2J', b'$(touch evil)')\n"
        "for name in odd:\n"
        "    os.mkdir(name); open(name + b'/x', 'w').close()\n"
    )
    assert host.python(names, plan).exit_code == 0
    assert host.disk_use(Path(plan.upper)).entries == 18
    host.remove(Path(plan.upper).parent, host.top)
    assert not Path(plan.upper).exists()


def test_a_tree_of_1000_levels_is_measured_and_removed(host: Host) -> None:
    plan = host.plan()
    deep = "import os\nfor _ in range(1000): os.mkdir('d'); os.chdir('d')\nopen('end', 'w').close()\n"
    assert host.python(deep, plan).exit_code == 0
    assert host.disk_use(Path(plan.upper)).unreadable == 1
    host.remove(Path(plan.upper).parent, host.top)
    assert not Path(plan.upper).exists()


def test_fifos_and_sockets_hold_nobody_up(host: Host) -> None:
    plan = host.plan()
    host.python("import os, socket; os.mkfifo('f'); socket.socket(socket.AF_UNIX).bind('s')", plan)
    assert host.disk_use(Path(plan.upper)).entries == 2
    host.remove(Path(plan.upper).parent, host.top)
    assert not Path(plan.upper).exists()


def test_ending_the_first_process_ends_only_the_sandbox(host: Host) -> None:
    done = host.run("kill -9 1; kill -STOP 1; kill -TERM 1; echo still here")
    assert (done.how, done.output) == ("exited", b"still here\n")


def test_a_process_that_the_command_stops_is_ended_too(host: Host) -> None:
    mark = f"7{host.pid}"
    done = host.run(f"sleep {mark} & kill -STOP $!; kill -STOP $$; echo never", timeout=0.5)
    assert done.how == "timeout"
    assert survivors(mark) == []


def test_the_same_file_system_is_not_shared_by_two_homes(host: Host) -> None:
    assert host.run("echo one >~/note; cat ~/note", host.plan("one")).output == b"one\n"
    assert b"No such file" in host.run("cat ~/note", host.plan("two")).output


def test_nothing_of_the_sandbox_is_left_when_its_set_up_fails(me: SandboxPlan, bwrap: str) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    broken = msgspec.structs.replace(me, lowers=("/nowhere/at/all",))
    ready = launch(broken, ["true"], bwrap=bwrap)
    process = started(ready)
    assert process.wait() != 0
    assert ready.exit_code() is None
    ready.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_sandbox_ends_with_the_process_that_was_killed(me: SandboxPlan, bwrap: str) -> None:
    ready = launch(me, ["sleep", "60"], bwrap=bwrap)
    process = started(ready)
    until(lambda: ready.child_pid() is not None)
    first = ready.child_pid()
    assert first
    ready.kill()
    process.wait()
    assert dead_or_gone(first)
    ready.close()


def test_importing_the_room_starts_nothing() -> None:
    code = "import threading, podium.workspaces.run, podium.workspaces.layers; assert threading.active_count() == 1"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
