"""The bwrap command of a plan: overlay, allow-listed mounts, own namespaces, system call filter, in one process start.

Design. Nothing of the host is visible but what is listed here: programs and libraries (/usr), a few harmless files of
/etc, and the plan's own mounts. Everything else that programs expect (passwd, hosts, resolv.conf) is generated.
The arguments travel in a memory file (`--args FD`), so that neither paths nor the values of variables show up in the
host's process list. `/` and `/dev` end up read-only, so that /tmp, /dev/shm (both with a hard size), HOME and
/workspace are the only places that can be written.

When the host user is root, the sandbox's uid 1000 is the host's uid 0 without any capability. For some files that is
enough, because the kernel asks for the uid only: /proc/sys, sysrq, mtrr. They are bound read-only or masked.
"""

from __future__ import annotations

import resource
from pathlib import Path
from typing import Final

from podium.project.model import Limits
from podium.workspaces.plan import HOME, WORKSPACE, SandboxPlan

PATH: Final = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"

_ROOT_LINKS: Final = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
ETC: Final = (
    "alternatives", "ca-certificates", "fonts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "mime.types",
    "pki/ca-trust/extracted", "pki/tls/cert.pem", "pki/tls/certs", "protocols", "services", "ssl/cert.pem",
    "ssl/certs", "ssl/openssl.cnf", "terminfo",
)  # fmt: skip
_GENERATED: Final = {
    "passwd": "root:x:0:0:root:/root:/usr/sbin/nologin\nagent:x:1000:1000:agent:/home/agent:/bin/sh\n",
    "group": "root:x:0:\nagent:x:1000:\n",
    "hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "resolv.conf": "# there is no name service here\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}
_PROC_READ_ONLY: Final = ("sys", "sysrq-trigger", "irq", "bus", "fs", "acpi", "scsi", "mtrr")
_PROC_MASKED: Final = (
    "kcore", "keys", "kmsg", "kpagecgroup", "kpagecount", "kpageflags", "latency_stats", "pagetypeinfo",
    "sched_debug", "slabinfo", "timer_list", "vmallocinfo",
)  # fmt: skip

# Lowers the limits from inside the user namespace, where RLIMIT_NPROC counts this sandbox only, and becomes the
# command. dash names the process limit -p, other shells -u; file sizes are in blocks of 512 bytes.
INIT: Final = (
    'n=$1; f=$2; o=$3; shift 3; ulimit -c 0; [ "$f" = 0 ] || ulimit -f "$f"; ulimit -n "$o"; '
    '[ "$n" = 0 ] || ulimit -u "$n" 2>/dev/null || ulimit -p "$n"; exec "$@"'
)
OPEN_FILES: Final = 65536
THREADS_PER_PROCESS: Final = 4
"""The kernel's limit counts threads: it is this many times the limit of processes, which the watchdog enforces."""


def base_env(home: str) -> dict[str, str]:
    """The variables that every sandbox has; nothing of the host's environment is among them."""
    return {
        "HOME": home,
        "LANG": "C.UTF-8",
        "LOGNAME": "agent",
        "PATH": PATH,
        "SHELL": "/bin/sh",
        "TMPDIR": "/tmp",  # noqa: S108 - the sandbox's own
        "USER": "agent",
    }


def arguments(plan: SandboxPlan, *, status_fd: int, seccomp_fd: int | None, data_fds: dict[str, int]) -> list[str]:
    """The options of bwrap, without the command. `data_fds` maps the names of `generated_files` to open files."""
    args = ["--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    args += ["--unshare-cgroup-try", "--disable-userns", "--uid", "1000", "--gid", "1000", "--hostname", plan.hostname]
    args += ["--die-with-parent", "--new-session", "--cap-drop", "ALL", "--json-status-fd", str(status_fd)]
    if seccomp_fd is not None:
        args += ["--seccomp", str(seccomp_fd)]
    args.append("--clearenv")
    for name, value in (base_env(HOME) | plan.env).items():
        args += ["--setenv", name, value]
    args += [*_system(data_fds), *_proc(), *_memory(plan), *_workspace(plan), *_home(plan)]
    for mount in plan.mounts:
        args += ["--bind" if mount.writable else "--ro-bind", mount.source, mount.target]
    return [*args, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", plan.workdir]


def generated_files() -> dict[str, bytes]:
    """The files of /etc that are made up, by name."""
    return {name: text.encode() for name, text in _GENERATED.items()}


def command(limits: Limits, argv: list[str]) -> list[str]:
    """`argv` behind the init that lowers the limits from inside."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    # bwrap's own init is a process of this user too, and so is the shell that becomes the command.
    processes = limits.processes and limits.processes * THREADS_PER_PROCESS + 2
    numbers = [str(processes), str(limits.disk_mb * 2048), str(files)]
    return ["/bin/sh", "-c", INIT, "podium-init", *numbers, *argv]


def _system(data_fds: dict[str, int]) -> list[str]:
    args = ["--ro-bind", "/usr", "/usr"]
    for name in _ROOT_LINKS:
        path = Path("/", name)
        if path.is_symlink():
            args += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            args += ["--ro-bind", str(path), str(path)]
    for name in ETC:
        args += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    for name, fd in data_fds.items():
        args += ["--perms", "0444", "--file", str(fd), f"/etc/{name}"]
    return args


def _proc() -> list[str]:
    args = ["--proc", "/proc"]
    for name in _PROC_READ_ONLY:
        args += ["--ro-bind-try", f"/proc/{name}", f"/proc/{name}"]
    for name in _PROC_MASKED:
        if Path("/proc", name).exists():
            args += ["--ro-bind", "/dev/null", f"/proc/{name}"]
    return args


def _memory(plan: SandboxPlan) -> list[str]:
    size = str(max(plan.tmp_mb, 1) * 1024 * 1024)
    args = ["--dev", "/dev", "--perms", "1777", "--size", size, "--tmpfs", "/dev/shm"]  # noqa: S108
    return [*args, "--perms", "1777", "--size", size, "--tmpfs", "/tmp"]  # noqa: S108


def _workspace(plan: SandboxPlan) -> list[str]:
    if plan.tier == "clone":
        return ["--bind", plan.upper, WORKSPACE]
    lowers = [part for lower in plan.lowers for part in ("--overlay-src", lower)]
    return [*lowers, "--overlay", plan.upper, plan.work, WORKSPACE]


def _home(plan: SandboxPlan) -> list[str]:
    if not plan.home:
        return ["--perms", "0700", "--size", str(256 * 1024 * 1024), "--tmpfs", HOME]
    return ["--bind", plan.home, HOME]
