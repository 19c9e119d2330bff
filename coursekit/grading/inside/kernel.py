"""What a process asks of Linux to lock itself in: namespaces, mounts, rights, calls.

Thin and typed: each function is one system call or a few, and fails with an OSError
that names it. It runs in the sandbox only, before any of a student's code.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct

USER, MOUNT, PROCESS, NET, IPC, UTS, CGROUP = (
    *(0x10000000, 0x00020000, 0x20000000, 0x40000000),
    *(0x08000000, 0x04000000, 0x02000000),
)
"""The kinds of namespaces that `unshare` takes, to be added up."""

READ_ONLY, NO_SETUID, NO_DEVICES, NO_PROGRAMS = 1, 2, 4, 8
RECURSIVE, PRIVATE = 0x4000, 0x40000
"""Flags of `mount`."""

_SET_DUMPABLE, _DROP_BOUND, _SECCOMP, _NO_NEW_RIGHTS, _AMBIENT = 4, 24, 22, 38, 47
_CLEAR_ALL = 4
_FILTER = 2
_CAPABILITIES_V3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Move this process (for `PROCESS`: its children) into new namespaces.

    Parameters
    ----------
    flags
        The sum of the kinds.
    """
    _check(_libc.unshare(flags), "unshare")


def mount(kind: str, where: str, flags: int = 0, options: str = "") -> None:
    """Mount a file system that needs no device, over whatever was there.

    Parameters
    ----------
    kind
        ``"tmpfs"``, or ``"none"`` to change the flags of what is mounted.
    where
        A folder.
    flags, options
        As mount(2) has them.
    """
    kind_, where_, options_ = (text.encode() for text in (kind, where, options))
    result = _libc.mount(kind_, where_, kind_, ctypes.c_ulong(flags), options_)
    _check(result, f"mount {where}")


def _prctl(option: int, *arguments: int) -> int:
    padded = (*arguments, 0, 0, 0, 0)[:4]
    return int(_libc.prctl(option, *map(ctypes.c_ulong, padded)))


def be_readable() -> None:
    """Give this process back its own /proc files, which a change of user took."""
    _check(_prctl(_SET_DUMPABLE, 1), "prctl PR_SET_DUMPABLE")


def become(user: int) -> None:
    """Change from root to an ordinary user and its group, with no way back.

    Parameters
    ----------
    user
        Number of the user.
    """
    _drop_bound()
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    drop_rights()


def _drop_bound() -> None:
    """Let no program bring capabilities; it takes one to do so."""
    for number in range(64):
        if _prctl(_DROP_BOUND, number) != 0:
            return


def drop_rights() -> None:
    """Give up every capability for good, also those that a program could bring."""
    _prctl(_AMBIENT, _CLEAR_ALL)
    _drop_bound()
    header = struct.pack("=Ii", _CAPABILITIES_V3, 0)
    _check(_libc.capset(header, bytes(24)), "capset")
    _check(_prctl(_NO_NEW_RIGHTS, 1), "prctl PR_SET_NO_NEW_PRIVS")


# --- the calls that nobody needs here -----------------------------------------

MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Column in `_CALLS`, and the kernel's word, for each machine that is known."""

_CALLS: dict[str, tuple[int | None, int | None]] = {
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    # namespaces and mounts: rights of one's own, and memory that nobody counts
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    # memory that belongs to no process, and so escapes the count
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "vmsplice": (278, 75),
    # corners of the kernel where others have broken out
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "fanotify_init": (300, 262),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "modify_ldt": (154, None),
    "iopl": (172, None),
    "ioperm": (173, None),
    # the machine itself; without rights they fail anyway
    "syslog": (103, 116),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "acct": (163, 89),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
}
_CLONE, _SOCKET, _SETSOCKOPT, _CLONE3 = (56, 220), (41, 198), (54, 208), 435
_X32 = 0x40000000

_FAMILIES = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6; AF_VSOCK would leave the machine
_SOL_SOCKET, _BUFFERS = 1, (7, 32)  # SO_SNDBUF, SO_SNDBUFFORCE

_NUMBER, _MACHINE, _ARGUMENTS = 0, 4, 16
_LOAD, _EQUAL, _AT_LEAST, _HAS_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS, _EAFNOSUPPORT = 1, 38, 97

Program = list[tuple[int, int, int, int]]


def filter_program(machine: str) -> bytes:
    """Return the filter that refuses what no homework needs, as the kernel reads it.

    Parameters
    ----------
    machine
        A key of `MACHINES`.

    Examples
    --------
    >>> len(filter_program("x86_64")) % 8, len(filter_program("aarch64")) % 8
    (0, 0)
    """
    column, word = MACHINES[machine]
    program: Program = [(_LOAD, 0, 0, _MACHINE), (_EQUAL, 1, 0, word)]
    program += [(_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, _NUMBER)]
    if machine == "x86_64":
        program += [(_AT_LEAST, 0, 1, _X32), _refuse(_EPERM)]
    for numbers in _CALLS.values():
        if (number := numbers[column]) is not None:
            program += [(_EQUAL, 0, 1, number), _refuse(_EPERM)]
    program += [(_EQUAL, 0, 1, _CLONE3), _refuse(_ENOSYS)]
    program += _unless(_CLONE[column], _no_namespace())
    program += _unless(_SOCKET[column], _only_families())
    program += _unless(_SETSOCKOPT[column], _no_larger_buffers())
    program.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *line) for line in program)


def _refuse(number: int) -> tuple[int, int, int, int]:
    return (_RETURN, 0, 0, _ERROR | number)


def _argument(position: int) -> tuple[int, int, int, int]:
    """Load the lower half of an argument (both machines are little-endian)."""
    return (_LOAD, 0, 0, _ARGUMENTS + 8 * position)


def _unless(call: int, rule: Program) -> Program:
    """Apply a rule, which ends the program, to one call only."""
    return [(_EQUAL, 0, len(rule), call), *rule]


def _no_namespace() -> Program:
    return [
        _argument(0),
        (_HAS_BITS, 0, 1, USER | MOUNT | PROCESS | NET | IPC | UTS | CGROUP),
        _refuse(_EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]


def _only_families() -> Program:
    known: Program = []
    for family in _FAMILIES:
        known += [(_EQUAL, 0, 1, family), (_RETURN, 0, 0, _ALLOW)]
    return [_argument(0), *known, _refuse(_EAFNOSUPPORT)]


def _no_larger_buffers() -> Program:
    refused: Program = []
    for option in _BUFFERS:
        refused += [(_EQUAL, 0, 1, option), _refuse(_EPERM)]
    allowed = (_RETURN, 0, 0, _ALLOW)
    at_socket = [_argument(1), (_EQUAL, 1, 0, _SOL_SOCKET), allowed]
    return [*at_socket, _argument(2), *refused, allowed]


def filter_calls() -> None:
    """Refuse, from here on and in all children, the calls that nobody needs here.

    Raises
    ------
    OSError
        Where the kernel takes no filter.
    KeyError
        On a machine that is not in `MACHINES`.
    """
    program = filter_program(platform.machine())
    code = ctypes.create_string_buffer(program, len(program))
    packed = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    head = ctypes.create_string_buffer(packed, len(packed))
    result = _prctl(_SECCOMP, _FILTER, ctypes.addressof(head))
    _check(result, "prctl PR_SET_SECCOMP")
