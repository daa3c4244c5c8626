"""Every module can be imported where what only Linux has is missing: on a Mac, `podium doctor` is to say so itself.

In a process of its own, which first imports all of Podium (so that foreign libraries are in memory as they are here),
and then Podium alone once more, after the names were taken away.
"""

from __future__ import annotations

import subprocess
import sys

ELSEWHERE = """
import fcntl, importlib, os, pkgutil, resource, select, signal, socket, sys, warnings
import podium

def modules():
    failed = []
    for found in pkgutil.walk_packages(podium.__path__, "podium.", onerror=failed.append):
        if not found.name.endswith("__main__"):
            try:
                importlib.import_module(found.name)
            except Exception as error:
                failed.append(f"{found.name}: {error!r}")
    return failed

assert modules() == []
for name in [name for name in sys.modules if name.startswith("podium.")]:
    del sys.modules[name]
only_linux = {
    os: "pidfd_open memfd_create MFD_CLOEXEC O_PATH O_TMPFILE O_DIRECT sched_getaffinity pipe2 getresuid setresuid"
    " unshare setns splice copy_file_range getrandom eventfd posix_fallocate setxattr getxattr listxattr P_PIDFD",
    signal: "pidfd_send_signal SIGRTMIN SIGRTMAX SIGPWR SIGPOLL SIGSTKFLT sigtimedwait sigwaitinfo",
    socket: "SO_PEERCRED AF_NETLINK AF_VSOCK SO_PASSCRED SO_MARK SO_BINDTODEVICE SOCK_CLOEXEC SOCK_NONBLOCK",
    select: "epoll",
    fcntl: "F_SETPIPE_SZ F_GETPIPE_SZ F_ADD_SEALS F_OFD_SETLK F_NOTIFY",
    resource: "prlimit RLIMIT_NICE RLIMIT_RTPRIO RLIMIT_SIGPENDING RLIMIT_MSGQUEUE",
}
for module, names in only_linux.items():
    for name in names.split():
        vars(module).pop(name, None)
sys.platform = "darwin"
builtin_open = open
def no_proc(path, *args, **options):
    if str(path).startswith("/proc"):
        raise FileNotFoundError(2, "No such file or directory", path)
    return builtin_open(path, *args, **options)
import builtins, io
builtins.open = io.open = no_proc
failed = modules()
print("\\n".join(failed))
sys.exit(bool(failed))
"""


def test_every_module_can_be_imported_where_the_system_is_not_linux() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ELSEWHERE], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
