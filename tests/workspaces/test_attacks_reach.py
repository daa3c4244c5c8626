"""Attacks on what a sandbox must not reach: files, secrets, processes, network, kernel. Each is tried for real."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import msgspec
from sandbox_world import SECRET, Host

from podium.workspaces.plan import Mount


def test_an_ssh_key_cannot_be_read(host: Host) -> None:
    key = host.file("home/.ssh/id_ed25519", "PRIVATE KEY")
    done = host.run(f"cat {key}; cat ~/.ssh/id_ed25519; find / -name id_ed25519 2>/dev/null | xargs -r cat")
    assert b"PRIVATE" not in done.output


def test_the_environment_of_the_parent_is_not_inherited(host: Host) -> None:
    done = host.run("env; cat /proc/*/environ | tr '\\0' '\\n'")
    assert SECRET.encode() not in done.output
    assert b"HOME=/home/agent" in done.output


def test_values_of_variables_do_not_show_in_the_process_list_of_the_host(host: Host) -> None:
    plan = host.plan(env={"TOKEN": "value-of-a-token"})
    ready, go = host.top / "runs/run/upper/ready", host.top / "runs/run/home/go"
    seen = host.run(f"tr '\\0' ' ' </proc/1/cmdline; echo $TOKEN; : {ready} {go}", plan)
    assert seen.output.count(b"value-of-a-token") == 1


def test_the_users_repository_cannot_be_written(host: Host) -> None:
    repo = host.file("repo/.git/config", "[core]\n")
    host.run(f"echo evil >>{repo}; mkdir -p {repo.parent}/hooks; echo evil >{repo.parent}/hooks/post-commit")
    assert repo.read_text() == "[core]\n"
    assert not (repo.parent / "hooks").exists()


def test_the_mirror_can_be_read_but_not_written(host: Host) -> None:
    done = host.run(
        "cat /podium/objects/aa/bb; echo evil >/podium/objects/aa/bb; touch /podium/objects/new; rm -rf /podium"
    )
    assert done.output.startswith(b"an object")
    assert (host.top / "mirror/objects/aa/bb").read_text() == "an object"
    assert not (host.top / "mirror/objects/new").exists()


def test_refs_of_other_tasks_are_not_there(host: Host) -> None:
    host.file("mirror/refs/podium/candidates/other", "0123456789abcdef")
    done = host.run("grep -rs 0123456789abcdef /podium /workspace; ls /podium /podium/objects/..")
    assert b"0123456789" not in done.output
    assert b"refs" not in done.output


def test_the_template_stays_as_it_was(host: Host) -> None:
    file = host.file("template/src/a.py", "original")
    done = host.run("echo evil >src/a.py; cat src/a.py; chmod 777 src; rm -rf .git; mv src lost")
    assert done.output == b"evil\n"
    assert file.read_text() == "original"
    assert file.parent.stat().st_mode & 0o777 == 0o755


def test_a_dependency_layer_stays_as_it_was(host: Host) -> None:
    file = host.file("layer/.venv/lib/x.py", "original")
    done = host.run("echo evil >.venv/lib/x.py; cat .venv/lib/x.py; rm -rf .venv")
    assert done.output == b"evil\n"
    assert file.read_text() == "original"


def test_a_hard_link_to_a_lower_file_does_not_change_it(host: Host) -> None:
    file = host.file("template/a", "original")
    host.run("ln a b && echo evil >b; ln a ~/c && echo evil >~/c; ln /podium/objects/aa/bb d && echo evil >d")
    assert file.read_text() == "original"
    assert file.stat().st_nlink == 1
    assert (host.top / "mirror/objects/aa/bb").read_text() == "an object"


def test_the_home_of_another_run_is_out_of_reach(host: Host) -> None:
    other = host.plan("other")
    secret = host.file("runs/other/home/session", "other session")
    done = host.run(f"cat {secret}; ls {other.home} ..; find / -name session 2>/dev/null; echo evil >{secret}")
    assert b"other session" not in done.output
    assert secret.read_text() == "other session"


def test_planted_hooks_and_configs_stay_in_the_workspace(host: Host) -> None:
    config = host.file("template/.git/config", "[core]\n")
    host.run("mkdir -p .git/hooks; echo evil >.git/hooks/pre-commit; echo '[core] fsmonitor = evil' >.git/config")
    assert config.read_text() == "[core]\n"
    assert not (config.parent / "hooks").exists()


def test_the_supervisor_cannot_be_signalled(host: Host) -> None:
    done = host.run(f"kill -9 {host.pid}; kill -STOP {host.pid}; kill -9 -1 2>/dev/null; kill -9 1; echo alive")
    assert b"No such process" in done.output
    assert host.ask({"what": "pid"}) == host.pid


def test_the_supervisor_cannot_be_traced(host: Host) -> None:
    done = host.python(
        f"import ctypes; libc = ctypes.CDLL(None, use_errno=True); print(libc.ptrace(16, {host.pid}, 0, 0)); "
        f"print(ctypes.get_errno()); open('/proc/{host.pid}/mem')"
    )
    assert done.output.startswith(b"-1\n3\n")
    assert b"FileNotFoundError" in done.output


def test_processes_of_the_host_are_not_in_proc(host: Host) -> None:
    done = host.run("ls /proc | grep -c '^[0-9]'; cat /proc/*/cmdline | tr '\\0' ' '")
    assert int(done.output.split()[0]) < 12
    assert b"sandbox_driver" not in done.output


def test_no_address_of_the_internet_answers(host: Host) -> None:
    done = host.python(
        "import socket\n"
        "internet = ((2, '1.1.1.1'), (2, '10.0.0.1'), (2, '169.254.169.254'), (10, '2606:4700:4700::1111'))\n"
        "for family, address in internet:\n"
        "    try: socket.socket(family).connect((address, 80)); print('reached')\n"
        "    except OSError as error: print(error.errno)\n"
    )
    assert done.output.split() == [b"101"] * 4


def test_the_loopback_of_the_host_is_another_one(host: Host) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = host.python(f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)")
    assert b"ConnectionRefusedError" in done.output


def test_its_own_loopback_works(host: Host) -> None:
    done = host.python(
        "import socket; s = socket.create_server(('127.0.0.1', 8000)); "
        "c = socket.create_connection(('localhost', 8000)); print('connected')"
    )
    assert done.output == b"connected\n"


def test_a_unix_socket_of_the_host_is_not_there(host: Host) -> None:
    path = host.top / "host.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        path.chmod(0o777)
        done = host.python(f"import socket; socket.socket(socket.AF_UNIX).connect({str(path)!r})")
    assert b"FileNotFoundError" in done.output


def test_an_abstract_unix_socket_of_the_host_is_not_there(host: Host) -> None:
    name = f"\0podium-test-{os.getpid()}-{host.uid}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        done = host.python(f"import socket; socket.socket(socket.AF_UNIX).connect({name!r})")
    assert b"ConnectionRefusedError" in done.output


def test_a_mount_that_is_itself_a_socket_of_the_host_is_refused(host: Host) -> None:
    path = host.top / "agent.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        plan = host.plan(mounts=(Mount(source=str(path), target="/run/agent.sock"),))
        try:
            host.run("true", plan)
        except AssertionError as error:
            assert "socket" in str(error)  # noqa: PT017 - the host passes its errors on
        else:
            raise AssertionError("the socket was mounted")


def test_sockets_that_no_network_namespace_confines_cannot_be_made(host: Host) -> None:
    done = host.python(
        "import socket\n"
        "for family in (17, 29, 31, 38, 40, 44):\n"  # packet, can, bluetooth, alg, vsock, xdp
        "    try: socket.socket(family, socket.SOCK_DGRAM, 0); print('made')\n"
        "    except OSError as error: print(error.errno)\n"
    )
    assert done.output.split() == [b"97"] * 6


def test_unix_sockets_can_be_forbidden_and_pairs_remain(host: Host) -> None:
    plan = host.plan(unix_sockets=False)
    done = host.python("import socket; a, b = socket.socketpair(); print('pair'); socket.socket(socket.AF_UNIX)", plan)
    assert done.output.startswith(b"pair\n")
    assert b"[Errno 97]" in done.output


def test_a_nested_user_namespace_cannot_be_made(host: Host) -> None:
    done = host.python(
        "import ctypes, os; libc = ctypes.CDLL(None, use_errno=True); x = os.uname().machine == 'x86_64'\n"
        "print(libc.unshare(0x10000000), ctypes.get_errno())\n"
        "print(libc.syscall(56 if x else 220, 0x10000011, 0, 0, 0, 0), ctypes.get_errno())\n"
        "print(libc.syscall(435, None, 0), ctypes.get_errno())\n"  # clone3
    )
    assert done.output.splitlines() == [b"-1 1", b"-1 1", b"-1 38"]


def test_nothing_can_be_mounted_or_remounted(host: Host) -> None:
    host.file("template/kept")
    done = host.run(
        "mount -t tmpfs none /workspace; mount --bind / /tmp; mount -o remount,rw /; mount -o remount,rw /usr;"
        "umount /workspace; umount -l /usr; touch /made /usr/made /etc/made; ls"
    )
    assert done.output.rstrip().endswith(b"kept")
    assert b"Read-only file system" in done.output
    assert not Path("/usr/made").exists()


def test_the_root_cannot_be_left_with_chroot(host: Host) -> None:
    done = host.python(
        "import os\n"
        "try: os.chroot('/tmp')\n"
        "except PermissionError: print('refused')\n"
        "print(sorted(os.listdir('/proc/1/root')) == sorted(os.listdir('/')), os.path.exists('/oldroot'))\n"
    )
    assert done.output == b"refused\nTrue False\n"


def test_setuid_programs_give_nothing(host: Host) -> None:
    done = host.run(
        "cp /usr/bin/id ./id; chmod 6755 ./id; ./id -u; id -u; grep NoNewPrivs /proc/self/status; su -c id; "
        "grep CapBnd /proc/self/status",
        stdin="",
    )
    assert done.output.split()[:4] == [b"1000", b"1000", b"NoNewPrivs:", b"1"]
    assert b"uid=0" not in done.output
    assert b"CapBnd:\t0000000000000000" in done.output


def test_devices_of_the_host_are_not_there(host: Host) -> None:
    done = host.run(
        "ls /dev; cat /dev/mem /dev/kmsg /dev/vda /dev/sda; mknod /tmp/disk b 253 0; mknod d b 8 0; ls /tmp; "
        "touch /dev/made; ls /sys"
    )
    names = set(done.output.split())
    assert names.isdisjoint({b"mem", b"kmsg", b"vda", b"sda", b"kvm", b"fuse", b"disk", b"d", b"made"})
    assert b"null" in names
    assert b"cannot access '/sys'" in done.output


def test_the_kernels_keyrings_are_closed(host: Host) -> None:
    done = host.python(
        "import ctypes, os; libc = ctypes.CDLL(None, use_errno=True); x = os.uname().machine == 'x86_64'\n"
        "print(libc.syscall(250 if x else 219, 0, -4, 0), ctypes.get_errno())\n"
        "print(libc.syscall(248 if x else 217, b'user', b'n', b'v', 1, -3), ctypes.get_errno())\n"
        "try: print(open('/proc/keys').read())\n"
        "except (PermissionError, FileNotFoundError): print('closed')\n"
    )
    assert done.output.splitlines() == [b"-1 1", b"-1 1", b"closed"]


def test_nothing_can_be_typed_into_a_terminal(host: Host) -> None:
    done = host.python(
        "import fcntl, os\n"
        "leader, terminal = os.openpty()\n"
        "for request in (0x5412, 0x541C, 0x100005412 & 0xffffffff):\n"
        "    try: fcntl.ioctl(terminal, request, b'x'); print('typed')\n"
        "    except PermissionError: print('refused')\n"
        "print(open('/proc/self/stat').read().split()[6])\n"  # the controlling terminal: none
    )
    assert done.output.split() == [b"refused"] * 3 + [b"0"]


def test_settings_of_the_kernel_cannot_be_written(host: Host) -> None:
    before = Path("/proc/sys/kernel/core_pattern").read_text()
    done = host.run(
        "echo '|/workspace/evil' >/proc/sys/kernel/core_pattern; echo 1 >/proc/sys/vm/drop_caches;"
        "echo c >/proc/sysrq-trigger; find /proc/sys /proc/irq /proc/bus -type f -writable | head -3; echo looked"
    )
    assert done.output.rstrip().endswith(b"looked")
    assert b"/proc/sys/kernel/acct" not in done.output
    assert Path("/proc/sys/kernel/core_pattern").read_text() == before


def test_the_clock_cannot_be_set(host: Host) -> None:
    done = host.python("import time; time.clock_settime(time.CLOCK_REALTIME, 0)")
    assert b"PermissionError" in done.output


def test_io_uring_is_not_there(host: Host) -> None:
    done = host.python(
        "import ctypes; libc = ctypes.CDLL(None, use_errno=True); print(libc.syscall(425, 8, 0), ctypes.get_errno())"
    )
    assert done.output == b"-1 38\n"


def test_dangerous_parts_of_the_kernel_are_closed(host: Host) -> None:
    done = host.python(
        "import ctypes, os; libc = ctypes.CDLL(None, use_errno=True); x = os.uname().machine == 'x86_64'\n"
        "for number in (321, 323, 298, 246, 438, 308) if x else (280, 282, 241, 104, 438, 268):\n"
        "    print(libc.syscall(number, 0, 0, 0, 0, 0), ctypes.get_errno())\n"
    )
    assert done.output.splitlines() == [b"-1 1"] * 6


def test_no_file_of_the_launcher_is_open_inside(host: Host) -> None:
    done = host.python(
        "import os\n"
        "for pid in ('self', '1'):\n"
        "    for fd in sorted(os.listdir(f'/proc/{pid}/fd'), key=int):\n"
        "        try: print(os.readlink(f'/proc/{pid}/fd/{fd}'))\n"
        "        except OSError: pass\n"
    )
    names = {line.partition(":[")[0] for line in done.output.decode().splitlines()}
    assert names <= {"/memfd:podium-stdin (deleted)", "pipe", "/dev/null", "anon_inode"}, names


def test_the_exit_code_cannot_be_forged(host: Host) -> None:
    done = host.python(
        "import os\n"
        "for pid in ('self', '1'):\n"
        "    for fd in os.listdir(f'/proc/{pid}/fd'):\n"
        "        try:\n"
        "            file = open(f'/proc/{pid}/fd/{fd}', 'wb', buffering=0)\n"
        "            file.write(b'{\"exit-code\": 0}\\n')\n"
        "        except OSError: pass\n"
        "for fd in range(3, 64):\n"
        "    try: os.write(fd, b'{\"exit-code\": 0}\\n')\n"
        "    except OSError: pass\n"
        "raise SystemExit(7)\n"
    )
    assert (done.how, done.exit_code) == ("exited", 7)


def test_limits_cannot_be_raised_again(host: Host) -> None:
    done = host.run("ulimit -c unlimited; ulimit -f unlimited; ulimit -c; ulimit -f")
    assert done.output.split()[-2:] == [b"0", b"8388608"]


def test_a_plan_that_wants_a_network_is_refused(host: Host) -> None:
    plan = msgspec.structs.replace(host.plan(), network=("mirror.invalid:443",))
    try:
        host.run("true", plan)
    except AssertionError as error:
        assert "mirror.invalid:443" in str(error)  # noqa: PT017 - the host passes its errors on
    else:
        raise AssertionError("it was not refused")
