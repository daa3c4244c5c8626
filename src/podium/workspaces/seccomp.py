"""The system call filter of a sandbox, compiled here to classic BPF for x86-64 and aarch64.

It is the second wall, behind namespaces and mounts: it takes away the parts of the kernel in which a sandboxed program
has no honest business and in which the next kernel bug is likely (io_uring, bpf, keyrings, mounting, userfaultfd), the
families of sockets that no network namespace confines (vsock), and the two terminal ioctls that type for the user.

The program is a list of (code, jump-true, jump-false, k) as the kernel's `struct sock_filter`; it inspects `struct
seccomp_data`: number at 0, architecture at 4, arguments of eight bytes from 16 (low half first on both machines).
"""

from __future__ import annotations

import errno
import platform
import struct
from functools import cache
from typing import Final, Literal, TypeAlias

Sockets: TypeAlias = Literal["all", "no-unix", "none"]

_LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
_EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_BITS: Final = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_RETURN: Final = 0x06

_ALLOW: Final = 0x7FFF0000
_KILL: Final = 0x80000000
_ERRNO: Final = 0x00050000

_NUMBER, _ARCH, _ARG0, _ARG1 = 0, 4, 16, 24

_NEW_NAMESPACES: Final = 0x7E020080  # every CLONE_NEW* flag
_X32: Final = 0x40000000
_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK = 1, 2, 10, 16
_FAMILIES: Final[dict[Sockets, tuple[int, ...]]] = {
    "all": (_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK),
    "no-unix": (_AF_INET, _AF_INET6, _AF_NETLINK),
    "none": (),
}
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C

# Same numbers on both machines from 424 on.
_NEWER: Final = {
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "clone3": 435,
    "pidfd_getfd": 438,
    "mount_setattr": 442,
    "quotactl_fd": 443,
    "open_tree_attr": 467,
}

_X86_64: Final = {
    **_NEWER,
    "ioctl": 16, "socket": 41, "clone": 56, "syslog": 103, "uselib": 134, "ustat": 136, "sysfs": 139, "vhangup": 153,
    "modify_ldt": 154, "pivot_root": 155, "_sysctl": 156, "adjtimex": 159, "chroot": 161, "acct": 163,
    "settimeofday": 164, "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168, "reboot": 169, "iopl": 172,
    "ioperm": 173, "create_module": 174, "init_module": 175, "delete_module": 176, "get_kernel_syms": 177,
    "query_module": 178, "quotactl": 179, "nfsservctl": 180, "lookup_dcookie": 212, "clock_settime": 227,
    "kexec_load": 246, "add_key": 248, "request_key": 249, "keyctl": 250, "unshare": 272, "perf_event_open": 298,
    "fanotify_init": 300, "open_by_handle_at": 304, "clock_adjtime": 305, "setns": 308, "finit_module": 313,
    "kexec_file_load": 320, "bpf": 321, "userfaultfd": 323,
}  # fmt: skip

_AARCH64: Final = {
    **_NEWER,
    "lookup_dcookie": 18, "ioctl": 29, "umount2": 39, "mount": 40, "pivot_root": 41, "nfsservctl": 42, "chroot": 51,
    "vhangup": 58, "quotactl": 60, "acct": 89, "unshare": 97, "kexec_load": 104, "init_module": 105,
    "delete_module": 106, "clock_settime": 112, "syslog": 116, "reboot": 142, "settimeofday": 170, "adjtimex": 171,
    "socket": 198, "add_key": 217, "request_key": 218, "keyctl": 219, "clone": 220, "swapon": 224, "swapoff": 225,
    "perf_event_open": 241, "fanotify_init": 262, "open_by_handle_at": 265, "clock_adjtime": 266, "setns": 268,
    "finit_module": 273, "bpf": 280, "userfaultfd": 282, "kexec_file_load": 294,
}  # fmt: skip

_MACHINES: Final = {"x86_64": (0xC000003E, _X86_64), "aarch64": (0xC00000B7, _AARCH64)}

# Judged by their arguments, or answered with "no such call" so that programs use the older way.
_SPECIAL: Final = frozenset({"ioctl", "socket", "clone", "unshare"})
_ABSENT: Final = frozenset({"clone3", "io_uring_setup", "io_uring_enter", "io_uring_register"})

_Instruction = tuple[int, int, int, int]


def supported(machine: str = "") -> bool:
    """Whether a filter exists for this machine (as `platform.machine()` names it)."""
    return (machine or platform.machine()) in _MACHINES


def denied_calls(machine: str = "") -> dict[str, int]:
    """Names and numbers of the calls that are refused whatever their arguments."""
    table = _MACHINES[machine or platform.machine()][1]
    return {name: number for name, number in table.items() if name not in _SPECIAL}


@cache
def program(*, sockets: Sockets, machine: str = "") -> bytes:
    """The filter as bytes for `bwrap --seccomp` or `prctl(PR_SET_SECCOMP)`.

    `sockets` says which may be created: all that a network namespace confines, these without AF_UNIX, or none.
    Connected pairs are always possible, since they lead nowhere else.

    Raises KeyError for a machine that is not `supported`.
    """
    arch, table = _MACHINES[machine or platform.machine()]
    code: list[_Instruction] = [(_LOAD, 0, 0, _ARCH), (_EQUAL, 1, 0, arch), _answer(_KILL), (_LOAD, 0, 0, _NUMBER)]
    if arch == _MACHINES["x86_64"][0]:
        code += [(_BITS, 0, 1, _X32), _answer(_KILL)]
    for name, number in sorted(table.items(), key=lambda item: item[1]):
        block = _block(name, sockets=sockets)
        code += [(_EQUAL, 0, len(block), number), *block]
    code.append(_answer(_ALLOW))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


def _block(name: str, *, sockets: Sockets) -> list[_Instruction]:
    """What happens to the call `name`: instructions that always end in an answer."""
    refuse = _error(errno.EPERM)
    if name == "ioctl":
        return [(_LOAD, 0, 0, _ARG1), (_EQUAL, 2, 0, _TIOCSTI), (_EQUAL, 1, 0, _TIOCLINUX), _answer(_ALLOW), refuse]
    if name in ("clone", "unshare"):
        return [(_LOAD, 0, 0, _ARG0), (_BITS, 1, 0, _NEW_NAMESPACES), _answer(_ALLOW), refuse]
    if name == "socket":
        families = _FAMILIES[sockets]
        tests = [(_EQUAL, len(families) - at, 0, family) for at, family in enumerate(families)]
        return [(_LOAD, 0, 0, _ARG0), *tests, _error(errno.EAFNOSUPPORT), _answer(_ALLOW)]
    if name in _ABSENT:
        return [_error(errno.ENOSYS)]
    return [refuse]


def _answer(action: int) -> _Instruction:
    return (_RETURN, 0, 0, action)


def _error(number: int) -> _Instruction:
    return _answer(_ERRNO | number)
