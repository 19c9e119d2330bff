"""What a process gives up: computed here call by call, then tried for real."""

import ctypes
import os
import platform
import re
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from coursekit.grading.inside import kernel
from coursekit.grading.inside.forkserver import NOBODY

ALLOWED, KILLED = 0x7FFF0000, 0x80000000
EPERM, ENOSYS, EAFNOSUPPORT = 0x50001, 0x50026, 0x50061


def judged(machine, number, *arguments, word=None):
    """Run the filter on one call as the kernel would."""
    word = kernel.MACHINES[machine][1] if word is None else word
    padded = (*arguments, 0, 0, 0, 0, 0, 0)[:6]
    data = struct.pack("<IIQ6Q", number, word, 0, *padded)
    program = kernel.filter_program(machine)
    lines = [
        struct.unpack_from("=HBBI", program, at) for at in range(0, len(program), 8)
    ]
    at = accumulator = 0
    while True:
        code, yes, no, value = lines[at]
        if code == 0x06:
            return value
        if code == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, value)
            at += 1
            continue
        test = {
            0x15: accumulator == value,
            0x35: accumulator >= value,
            0x45: accumulator & value != 0,
        }[code]
        at += 1 + (yes if test else no)


ORDINARY = {  # read, write, openat, mmap, futex, execve, exit_group, getpid, kill
    "x86_64": (0, 1, 257, 9, 202, 59, 231, 39, 62),
    "aarch64": (63, 64, 56, 222, 98, 221, 94, 172, 129),
}


@pytest.mark.parametrize("machine", kernel.MACHINES)
def test_each_call_is_judged_as_it_should_be(machine):
    column = kernel.MACHINES[machine][0]
    for number in ORDINARY[machine]:
        assert judged(machine, number) == ALLOWED
    for name, numbers in kernel._CALLS.items():
        if numbers[column] is not None:
            assert judged(machine, numbers[column]) == EPERM, name
    assert judged(machine, 435) == ENOSYS
    assert judged(machine, 0, word=0x40000003) == KILLED


@pytest.mark.parametrize("machine", kernel.MACHINES)
def test_some_calls_are_judged_by_their_arguments(machine):
    clone, sock, option = (
        numbers[kernel.MACHINES[machine][0]]
        for numbers in (kernel._CLONE, kernel._SOCKET, kernel._SETSOCKOPT)
    )
    thread = 0x3D0F00
    assert judged(machine, clone, thread) == judged(machine, clone, 17) == ALLOWED
    for kind in (kernel.USER, kernel.MOUNT, kernel.PROCESS, kernel.NET, kernel.IPC):
        assert judged(machine, clone, kind | 17) == EPERM
    for family in range(64):
        known = family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6)
        assert judged(machine, sock, family) == (ALLOWED if known else EAFNOSUPPORT)
    assert judged(machine, option, 3, socket.SOL_SOCKET, socket.SO_SNDBUF) == EPERM
    assert judged(machine, option, 3, socket.SOL_SOCKET, 32) == EPERM
    assert judged(machine, option, 3, socket.SOL_SOCKET, 2) == ALLOWED
    assert judged(machine, option, 3, socket.IPPROTO_TCP, 7) == ALLOWED


def test_the_other_numbers_of_the_same_machine_are_refused():
    assert judged("x86_64", 0x40000000 | 1) == EPERM


HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


@pytest.mark.parametrize("machine", kernel.MACHINES)
def test_the_numbers_are_those_of_the_kernels_own_headers(machine):
    if not HEADERS[machine].is_file():
        pytest.skip("the kernel's headers are not installed here")
    text = HEADERS[machine].read_text()
    pattern = r"#define __NR(?:3264)?_(\w+)\s+(\d+)"
    known = {name: int(number) for name, number in re.findall(pattern, text)}
    column = kernel.MACHINES[machine][0]
    ours = {name: numbers[column] for name, numbers in kernel._CALLS.items()}
    ours |= {"clone": kernel._CLONE[column], "socket": kernel._SOCKET[column]}
    ours |= {"setsockopt": kernel._SETSOCKOPT[column], "clone3": kernel._CLONE3}
    for name, number in ours.items():
        if number is not None and name in known:
            assert known[name] == number, name
    assert len(set(ours) & set(known)) > len(ours) - 8


FILTERED = """
import ctypes, os, socket, threading
from coursekit.grading.inside import kernel
kernel.drop_rights()
kernel.filter_calls()
def tried(function, *arguments):
    try:
        return str(function(*arguments))
    except OSError as error:
        return error.errno
a, b = socket.socketpair()
print([
    tried(kernel.unshare, kernel.USER), tried(kernel.mount, "tmpfs", "/tmp"),
    tried(os.memfd_create, "a"), tried(socket.socket, 16, 3),
    tried(a.setsockopt, socket.SOL_SOCKET, socket.SO_SNDBUF, 2**20),
])
thread = threading.Thread(target=print, args=("threads work",))
thread.start(); thread.join()
print(os.waitpid(os.fork() or os._exit(7), 0)[1] >> 8, os.system("exit 3") >> 8)
print([line.split()[1] for line in open("/proc/self/status")
       if line.startswith(("CapPrm", "CapEff", "NoNewPrivs", "Seccomp:"))])
"""


@pytest.mark.skipif(
    platform.machine() not in kernel.MACHINES or sys.platform != "linux",
    reason="no filter is known for this machine",
)
def test_the_filter_holds_and_leaves_the_rest_alone():
    ran = subprocess.run(
        [sys.executable, "-c", FILTERED], capture_output=True, text=True, timeout=60
    )
    calls, threads, processes, status = ran.stdout.strip().split("\n")
    assert calls == "[1, 1, 1, 97, 1]", ran.stderr
    assert threads == "threads work"
    assert processes == "7 3"
    assert status == str(["0" * 16, "0" * 16, "1", "2"])


@pytest.mark.skipif(os.getuid() != 0, reason="there is no root to leave")
def test_root_is_left_for_good():
    source = (
        "import os\nfrom coursekit.grading.inside import kernel\n"
        f"kernel.become({NOBODY})\n"
        "print(os.getresuid(), os.getresgid(), os.getgroups())\n"
        "print({l.split()[1] for l in open('/proc/self/status') if l[:3] == 'Cap'})\n"
        "try:\n    os.setuid(0)\nexcept PermissionError:\n    print('no way back')\n"
    )
    ran = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
    ids = f"({NOBODY}, {NOBODY}, {NOBODY})"
    assert ran.stdout == f"{ids} {ids} []\n{{'{'0' * 16}'}}\nno way back\n", ran.stderr


def test_a_call_that_fails_says_which():
    with pytest.raises(OSError, match="mount /nowhere"):
        kernel.mount("tmpfs", "/nowhere")
    assert ctypes.get_errno() != 0
