"""The system call filter, run by a small interpreter of classic BPF: the other machine's filter is judged too."""

from __future__ import annotations

import errno
import struct

import pytest

from podium.workspaces import seccomp

ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
ARCHES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
NUMBERS = {
    "x86_64": {"read": 0, "ioctl": 16, "socket": 41, "socketpair": 53, "clone": 56, "unshare": 272, "ptrace": 101},
    "aarch64": {"read": 63, "ioctl": 29, "socket": 198, "socketpair": 199, "clone": 220, "unshare": 97, "ptrace": 117},
}


def judge(program: bytes, arch: int, number: int, *arguments: int) -> int:
    """What the kernel would answer."""
    data = struct.pack("=iIQ6Q", number, arch, 0, *arguments, *[0] * (6 - len(arguments)))
    code = list(struct.iter_unpack("=HBBI", program))
    at, held = 0, 0
    while True:
        operation, true, false, k = code[at]
        at += 1
        if operation == 0x20:
            held = struct.unpack_from("=I", data, k)[0]
        elif operation == 0x15:
            at += true if held == k else false
        elif operation == 0x45:
            at += true if held & k else false
        else:
            assert operation == 0x06
            return k


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_ordinary_calls_are_allowed(machine: str) -> None:
    program = seccomp.program(sockets="all", machine=machine)
    names = NUMBERS[machine]
    assert judge(program, ARCHES[machine], names["read"]) == ALLOW
    assert judge(program, ARCHES[machine], names["ptrace"]) == ALLOW  # a debugger of its own processes
    assert judge(program, ARCHES[machine], names["ioctl"], 1, 0x5401) == ALLOW
    assert judge(program, ARCHES[machine], names["clone"], 0x01200011) == ALLOW  # fork
    assert judge(program, ARCHES[machine], names["unshare"], 0x200) == ALLOW
    assert judge(program, ARCHES[machine], names["socketpair"], 1, 1) == ALLOW


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_listed_call_is_refused(machine: str) -> None:
    program = seccomp.program(sockets="all", machine=machine)
    denied = seccomp.denied_calls(machine)
    assert {"mount", "bpf", "keyctl", "io_uring_setup", "userfaultfd", "clock_settime", "setns"} <= set(denied)
    for name, number in denied.items():
        expected = errno.ENOSYS if name.startswith("io_uring") or name == "clone3" else errno.EPERM
        assert judge(program, ARCHES[machine], number) == ERRNO | expected, name


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_calls_are_judged_by_their_arguments(machine: str) -> None:
    program, names, arch = seccomp.program(sockets="all", machine=machine), NUMBERS[machine], ARCHES[machine]
    assert judge(program, arch, names["ioctl"], 0, 0x5412) == ERRNO | errno.EPERM
    assert judge(program, arch, names["ioctl"], 0, 0x5412 | 1 << 40) == ERRNO | errno.EPERM  # the kernel reads 32 bits
    assert judge(program, arch, names["ioctl"], 0, 0x541C) == ERRNO | errno.EPERM
    for flag in (0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
        assert judge(program, arch, names["unshare"], flag) == ERRNO | errno.EPERM
    assert judge(program, arch, names["clone"], 0x10000011) == ERRNO | errno.EPERM


@pytest.mark.parametrize(
    ("sockets", "allowed"), [("all", {1, 2, 10, 16}), ("no-unix", {2, 10, 16}), ("none", set[int]())]
)
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_only_the_chosen_families_of_sockets_can_be_made(
    machine: str, sockets: seccomp.Sockets, allowed: set[int]
) -> None:
    program = seccomp.program(sockets=sockets, machine=machine)
    answers = {family: judge(program, ARCHES[machine], NUMBERS[machine]["socket"], family) for family in range(50)}
    assert {family for family, answer in answers.items() if answer == ALLOW} == allowed
    assert set(answers.values()) - {ALLOW} == {ERRNO | errno.EAFNOSUPPORT}


def test_programs_of_another_architecture_are_killed() -> None:
    program = seccomp.program(sockets="all", machine="x86_64")
    assert judge(program, 0x40000003, 1) == KILL  # 32 bits
    assert judge(program, ARCHES["x86_64"], 0x40000000 | 1) == KILL  # x32


def test_a_machine_without_a_table_is_not_supported() -> None:
    assert seccomp.supported("x86_64")
    assert not seccomp.supported("riscv64")
