"""Submissions that mean harm, each followed by an honest one that earns it all."""

import contextlib
import dataclasses
import importlib.util
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from coursekit.grading.marking.verdict import Submission, mark
from coursekit.grading.sandbox import bubblewrap, contract, sandbox
from coursekit.grading.sandbox.contract import Cell, Limits, RunnerError, Setting
from coursekit.grading.sandbox.monitor import family
from coursekit.grading.sandbox.sandbox import (
    SandboxRunner,
    Server,
    Single,
)
from coursekit.homework.checks.answers import Raised, Value
from coursekit.homework.checks.cases import Part, draw

SECRET = b"0123456789abcdef0123456789abcdef"
FULL = {"double": 3.0, "waves": 4.0, "size": 2.0}
NO_DOUBLE = {**FULL, "double": 0.0}
REPOSITORY = Path(bubblewrap.PACKAGE).parent
CANARY = "canary-of-the-grader-8d1f"
LIMITS = Limits(seconds=60, cell_seconds=20, memory=640 * 2**20, disk=32 * 2**20)
SHORT = dataclasses.replace(LIMITS, cell_seconds=1.0)

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere the sandbox refuses, see test_bubblewrap"
)


@pytest.fixture(scope="module")
def box():
    """One runner, one server, for all of this file."""
    assert sandbox.probe() == []
    runner_of_all = SandboxRunner()
    with contextlib.closing(runner_of_all):
        runner_of_all.start()
        assert runner_of_all.why_single == ""
        yield runner_of_all


@pytest.fixture(scope="module")
def homework(toy):
    full = dataclasses.replace(toy.HOMEWORK, forbidden=toy.FORBIDDEN)
    return full.with_hidden(toy.HIDDEN)


@pytest.fixture(scope="module")
def right(toy, homework):
    size = draw(homework, homework.cases("size")[0], "Ada")[0]
    return f"STUDENT = 'Ada'\n{toy.RIGHT}\nsize = {size}"


@pytest.fixture(autouse=True)
def short_grace(monkeypatch):
    monkeypatch.setattr("coursekit.grading.sandbox.session.GRACE", 0.3)


def hand_in(*sources, **more):
    cells = [
        {"cell_type": "code", "source": source, "metadata": {}}
        for source in ("import numpy as np", *sources)
    ]
    return Submission("ada", {"cells": cells}, **{"limits": LIMITS, **more})


def open_in(box, source, files=None, limits=LIMITS, forbidden=()):
    cells = [Cell("a", source.lstrip())]
    return box.open(cells, Setting(forbidden, files, limits))


def ask(child, name, *args, seconds=10.0):
    return child.ask(Part(name, 1, ""), args, seconds)


def answer(box, source, *args, **more):
    """Return what ``answer`` says in a submission of one cell."""
    with contextlib.closing(open_in(box, source, **more)) as child:
        assert child.transcript.errors == []
        replied = ask(child, "answer", *args)
        assert child.transcript.ends == []
    assert isinstance(replied, Value), replied
    return replied.value


def is_alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until(condition, seconds=5.0):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


# --- harm, and whom it hurts ------------------------------------------------------

IN_A_CELL = {
    "endless loop": ("while True: pass", "timeout"),
    "deaf loop": (
        "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
        "timeout",
    ),
    "sleeps": ("import time\ntime.sleep(1000)", "timeout"),
    "doubling": ("x = bytearray(2**20)\nwhile True: x = x + x", "memory"),
    "small pieces": ("x = []\nwhile True: x.append(bytearray(2**22))", "memory"),
    "many together": (
        "import os, time\nfor i in range(9):\n  if os.fork() == 0:\n"
        "    x = bytearray(b'x') * 10**8; time.sleep(60)\ntime.sleep(60)",
        "memory",
    ),
    "_exit": ("import os\nos._exit(0)", "crash"),
    "abort": ("import os\nos.abort()", "crash"),
    "segmentation fault": ("import ctypes\nctypes.string_at(8)", "crash"),
    "closes all": ("import os\nos.closerange(0, 128)", "crash"),
    "talks": ("import os\nos.write(3, b'x' * 64)", "crash"),
    "announces": ("import os\nos.write(3, b'\\xff' * 8)", "crash"),
    "exit": ("import sys\nsys.exit()", "graded"),
    "quit": ("quit()", "graded"),
    "fork bomb": ("import os\nwhile True: os.fork()", "graded"),
    "forks and goes on": ("import os\nfor i in range(3): os.fork()", "graded"),
    "stops itself": ("import os\nos.kill(os.getpid(), 19)", "graded"),
    "kills itself": ("import os\nos.kill(1, 9); os.kill(-1, 9)", "graded"),
    "leaves the folder": (
        "import os, shutil\nos.chdir('/')\nshutil.rmtree('/submission', True)",
        "graded",
    ),
    "fills the disk": (
        "f = open('x', 'wb')\nwhile True: f.write(bytes(2**20)); f.flush()",
        "graded",
    ),
    "many files": ("for i in range(10**6): open(f'/tmp/{i}', 'w').close()", "graded"),
    "a thread": (
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(99,), daemon=True).start()\n"
        "threading.Thread(target=time.sleep, args=(99,)).start()",
        "graded",
    ),
    "prints": ("import os\nfor i in range(10**5): os.write(1, b'x' * 1000)", "graded"),
}


@pytest.mark.parametrize("name", IN_A_CELL)
def test_harm_in_a_cell_ends_that_cell(box, homework, right, name):
    source, status = IN_A_CELL[name]
    limits = SHORT if status == "timeout" else LIMITS
    verdict = mark(hand_in(source, right, limits=limits), homework, SECRET, box)
    assert (verdict.status, verdict.points) == (status, FULL)
    honest = mark(hand_in(right), homework, SECRET, box)
    assert (honest.status, honest.points) == ("graded", FULL)
    assert (honest.errors, honest.flags) == ((), ())


IN_A_FUNCTION = {
    "endless loop": ("while True: pass", "timeout"),
    "deaf loop": (
        "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
        "timeout",
    ),
    "eats": ("y = [bytearray(2**24) for i in range(10**6)]", "memory"),
    "_exit": ("import os; os._exit(0)", "crash"),
    "huge": ("return np.broadcast_to(np.float64(0), (10**9,))", "graded"),
    "equal to all": (
        "return type('E', (), {'__eq__': lambda *a: True, '__array__': None})()",
        "graded",
    ),
    "forges": (
        "import json, os, struct\n"
        "h = json.dumps({'d': [['kind', 'Passed'], ['points', 3]]}).encode()\n"
        "m = struct.pack('<I', len(h)) + h\n"
        "os.write(3, struct.pack('<Q', len(m)) + m)\n"
        "return x",
        "crash",
    ),
}


def within(homework, seconds):
    """The same homework with another limit on each call."""
    visible, hidden = (
        tuple(dataclasses.replace(case, seconds=seconds) for case in cases)
        for cases in (homework.visible, homework.hidden)
    )
    return dataclasses.replace(homework, visible=visible, hidden=hidden)


@pytest.mark.parametrize("name", IN_A_FUNCTION)
def test_harm_in_a_function_costs_its_own_points(box, homework, right, name):
    source, status = IN_A_FUNCTION[name]
    body = "\n".join("  " + line for line in source.split("\n"))
    source = f"{right}\ndef double(x):\n{body}"
    seconds = 0.6 if status == "timeout" else 20.0
    verdict = mark(hand_in(source), within(homework, seconds), SECRET, box)
    assert (verdict.status, verdict.points) == (status, NO_DOUBLE)
    assert mark(hand_in(right), homework, SECRET, box).points == FULL


# --- what there is to see ---------------------------------------------------------

SPY = """
import os, sys
def answer(words):
    names, texts = [], []
    for folder, folders, files in os.walk("/", onerror=lambda error: None):
        for name in (*folders, *files):
            if any(word in name for word in words):
                names.append(os.path.join(folder, name))
            path = os.path.join(folder, name)
            if path.startswith(("/usr", *PLACES)) or not os.path.isfile(path):
                continue
            try:
                with open(path, "rb") as file:
                    if words[-1].encode() in file.read():
                        texts.append(path)
            except OSError:
                pass
    return {"names": tuple(names), "texts": tuple(texts)}
"""


def test_nothing_of_the_course_is_to_be_found(box, tmp_path, monkeypatch):
    """Neither in the repository nor beside the submission nor anywhere else."""
    monkeypatch.setenv("GRADERS_SECRET", CANARY)
    mine, theirs = tmp_path / "ada" / "hw", tmp_path / "grace" / "hw"
    for folder in (mine, theirs, tmp_path / "solutions" / "cases"):
        folder.mkdir(parents=True)
        (folder / f"{CANARY}.py").write_text(CANARY)
    for name in ("secret.key", "gradebook.db"):
        (tmp_path / name).write_text(CANARY)
    (mine / f"{CANARY}.py").rename(mine / "mine.py")
    (mine / "link").symlink_to(tmp_path / "secret.key")
    words = ["secret.key", "gradebook", "solutions", "nbgrader_config", CANARY]
    places = [sys.prefix, sys.base_prefix, str(bubblewrap.PACKAGE)]
    source = SPY + f"PLACES = {places!r}\n"
    found = answer(box, source, words, files=mine)
    libraries = tuple(f"{place}/" for place in places)
    names = [n for n in found["names"] if not n.startswith((*libraries, "/usr/"))]
    assert names == []
    assert found["texts"] == ("/submission/work/mine.py",)


def test_the_course_directory_is_an_empty_path(box):
    source = """
import os
def look(path):
    try:
        return tuple(sorted(os.listdir(path)))
    except OSError as error:
        return type(error).__name__
def answer(paths):
    return tuple(map(look, paths))
"""
    ours = {"/proc": (), "/dev/shm": (), "/dev/pts": ()}
    ours["/submission"] = ("cache", "home", "tmp", "work")
    ours["/course/coursekit/grading"] = ("__init__.py", "inside")
    absent = ["/sys", str(REPOSITORY / "solutions")]
    places = [REPOSITORY, Path.home(), *map(Path, ("/tmp", "/srv", "/var", "/run"))]
    paths = [*ours, *absent, *map(str, places)]
    seen = dict(zip(paths, answer(box, source, paths), strict=True))
    assert {path: seen[path] for path in ours} == ours
    assert {seen[path] for path in absent} == {"FileNotFoundError"}
    shown = [path for path in bubblewrap.visible() if path.is_absolute()]
    for folder in places:
        known = {p.relative_to(folder).parts[0] for p in shown if folder in p.parents}
        found = seen[str(folder)]
        assert set(found) <= known or found == "FileNotFoundError"
        assert not known or found != "FileNotFoundError"


WORLD = """
import os, resource, sys, socket, ctypes
libc = ctypes.CDLL(None, use_errno=True)
def tried(function, *arguments):
    try:
        return str(function(*arguments))
    except BaseException as error:
        return f"{type(error).__name__} {getattr(error, 'errno', '')}".strip()
def called(name, *arguments):
    ctypes.set_errno(0)
    return libc.syscall(*arguments), ctypes.get_errno()
def answer(pids):
    limits = ["RLIMIT_" + n for n in ("AS", "CPU", "FSIZE", "NPROC", "NOFILE", "CORE")]
    more = lambda n: resource.setrlimit(getattr(resource, n), (2**40, 2**40))
    return {
        "environment": dict(os.environ),
        "ids": (os.getpid(), os.getppid(), os.getuid(), os.getgid()),
        "groups": tuple(os.getgroups()),
        "descriptors": tuple(n for n in range(3, 128) if tried(os.fstat, n)[0] == "o"),
        "raised": tuple(n for n in limits if tried(more, n) == "None"),
        "kill": tuple(tried(os.kill, n, 9) for n in pids),
        "calls": {name: called(name, *arguments) for name, *arguments in CALLS},
        "writes": tuple(
            tried(open, path, "w")
            for path in ("/x", "/course/x", "/etc/x", "/dev/x", sys.prefix + "/lib/x",
                         os.__file__, "/proc/x", "/usr/lib/x")
        ),
        "vsock": tried(socket.socket, 40, socket.SOCK_STREAM),
        "netlink": tried(socket.socket, 16, socket.SOCK_RAW),
        "device": tried(os.mknod, "/tmp/device", 0o60666, 0),
        "root": tried(os.setuid, 0),
        "host": os.uname().nodename,
    }
"""
CALLS = [  # name, number, arguments
    *[["ptrace", 101, 16, 1], ["memfd_create", 319, b"a", 0], ["shmget", 29, 0, 4096]],
    *[["unshare", 272, 0x10000000], ["mount", 165, b"a", b"/tmp", b"tmpfs", 0, 0]],
    *[["keyctl", 250, 0, 0], ["bpf", 321, 0, 0, 0], ["io_uring_setup", 425, 1, 0]],
    *[["setns", 308, 0, 0], ["chroot", 161, b"/tmp"], ["perf_event_open", 298, 0]],
]


@pytest.fixture(scope="module")
def world(box):
    calls = CALLS if os.uname().machine == "x86_64" else []
    source = f"CALLS = {calls!r}\n{WORLD}"
    os.environ["GRADERS_SECRET"] = CANARY
    try:
        return answer(box, source, [os.getpid(), 2, -1])
    finally:
        del os.environ["GRADERS_SECRET"]


def test_the_environment_is_the_sandboxs_own(world):
    assert CANARY not in str(world["environment"])
    ours = {"PATH", "HOME", "TMPDIR", "USER", "LANG", "MPLBACKEND", "OMP_NUM_THREADS"}
    assert ours <= set(world["environment"])
    theirs = {"PYTHONPATH", "VIRTUAL_ENV", "PYTEST_CURRENT_TEST", "SHELL", "XDG_CACHE"}
    assert not theirs & set(world["environment"])
    assert world["host"] == "course"


def test_a_submission_is_nobody_and_alone(world):
    assert world["ids"] == (1, 0, 65534, 65534)
    assert set(world["groups"]) <= {65534}
    assert world["kill"] == ("ProcessLookupError 3",) * 3
    assert world["descriptors"] == (3,)
    assert world["root"] in ("PermissionError 1", "OSError 22")


def test_limits_do_not_rise(world):
    assert world["raised"] == ()


def test_nothing_can_be_written_but_in_its_own_folders(world):
    refused = {"OSError 30", "PermissionError 13", "IsADirectoryError 21"}
    assert set(world["writes"]) <= refused, world["writes"]
    assert world["device"] in {"PermissionError 1", "OSError 30"}


def test_the_machine_around_it_is_out_of_reach(world):
    assert world["vsock"] == world["netlink"] == "OSError 97"


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="numbers of x86_64")
def test_calls_that_nobody_needs_are_refused(world):
    assert world["calls"] == {name: (-1, 1) for name, *_ in CALLS}


# --- networks and neighbours ------------------------------------------------------


def test_there_is_no_network(box):
    with contextlib.ExitStack() as stack:
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = stack.enter_context(socket.socket(type=socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        local = stack.enter_context(socket.socket(socket.AF_UNIX))
        local.bind(f"\0{CANARY}")
        local.listen()
        ports = tcp.getsockname()[1], udp.getsockname()[1]
        source = f"""
import socket
def tried(function, *arguments):
    try:
        return str(function(*arguments))
    except OSError as error:
        return type(error).__name__
def answer(tcp, udp):
    return (
        tried(socket.create_connection, ("127.0.0.1", tcp), 1),
        tried(socket.socket(type=socket.SOCK_DGRAM).sendto, b"a", ("127.0.0.1", udp)),
        tried(socket.socket(type=socket.SOCK_DGRAM).sendto, b"a", ("8.8.8.8", 53)),
        tried(socket.getaddrinfo, "example.org", 80),
        tried(socket.socket(socket.AF_UNIX).connect, chr(0) + {CANARY!r}),
    )
"""
        told = answer(box, source, *ports)
        assert told[:4] == ("OSError", "OSError", "OSError", "gaierror")
        assert told[4] == "ConnectionRefusedError"
        arrived, _, _ = select.select([tcp, udp, local], [], [], 0)
        assert arrived == []


LEAVES = f"""
import os, socket, sys
import numpy as np
for folder in ("/tmp", "..", ".", "../home", "../cache/numba", "/dev/shm"):
    os.makedirs(folder, exist_ok=True)
    if folder == "/tmp" and not os.access(folder, os.W_OK):
        continue  # Python lies below it, so it is no place to write
    with open(folder + "/{CANARY}", "w") as file:
        file.write("trap")
np.cos = lambda x: 0 * x
sys.modules["coursekit.canary"] = np
listening = socket.socket(socket.AF_UNIX)
listening.bind(chr(0) + "{CANARY}")
listening.listen()
def answer():
    return True
"""
FINDS = f"""
import os, socket, sys
import numpy as np
def answer():
    names = [n for f, d, files in os.walk("/submission") for n in (*d, *files)]
    try:
        reached = socket.socket(socket.AF_UNIX).connect(chr(0) + "{CANARY}") is None
    except ConnectionRefusedError:
        reached = False
    return (
        "{CANARY}" in names + os.listdir("/dev/shm"), reached,
        "coursekit.canary" in sys.modules, float(np.cos(0.0)),
    )
"""


def test_a_submission_finds_nothing_of_a_neighbour_or_of_the_one_before(box):
    with contextlib.closing(open_in(box, LEAVES)) as neighbour:
        assert neighbour.transcript.errors == []
        assert answer(box, FINDS) == (False, False, False, 1.0)
        assert ask(neighbour, "answer") == Value(True)
    assert answer(box, FINDS) == (False, False, False, 1.0)


def test_each_draws_other_random_numbers(box):
    source = """
import random, numpy as np, torch
def answer():
    return random.random(), float(np.random.rand()), float(torch.rand(1)[0])
"""
    first, second = answer(box, source), answer(box, source)
    assert all(a != b for a, b in zip(first, second, strict=True))


def test_no_process_is_left_behind(box):
    source = """
import os, subprocess, time
subprocess.Popen(["sleep", "100"], start_new_session=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(100)
    os._exit(0)
"""
    child = open_in(box, source)
    pids = family(child._process.watch.pid)
    assert len(pids) >= 3
    assert all(map(is_alive, pids))
    child.close()
    assert not any(map(is_alive, pids))


# --- how much there is ------------------------------------------------------------


def test_sizes_and_numbers_end_at_their_limits(box):
    source = """
import errno, os, threading
def until(step):
    for i in range(10**6):
        try:
            step(i)
        except (OSError, RuntimeError) as error:
            return i, getattr(error, "errno", 0)
def answer():
    disk = open("large", "wb", buffering=0)
    event = threading.Event()
    start = lambda i: threading.Thread(target=event.wait, daemon=True).start()
    told = {
        "file": until(lambda i: disk.write(bytes(2**20))),
        "shared": until(lambda i: open(f"/dev/shm/{i}", "wb").write(bytes(2**20))),
        "descriptors": until(lambda i: os.open("/dev/null", os.O_RDONLY)),
    }
    disk.close()
    os.closerange(10, 128)
    os.remove("large")
    told["disk"] = until(lambda i: open(f"{i}", "wb").write(bytes(2**20)))
    told["threads"] = until(start)
    event.set()
    return told
"""
    limits = dataclasses.replace(LIMITS, file=8 * 2**20, processes=20)
    told = answer(box, source, limits=limits)
    full, too_large, too_many = 28, 27, 24
    assert told["file"] == (8, too_large)
    assert told["shared"] == (8, full)
    assert told["disk"][1] == full
    assert 24 <= told["disk"][0] <= 32
    assert told["descriptors"][1] == too_many
    assert 100 < told["descriptors"][0] < 128
    assert 10 < told["threads"][0] < 20


def test_libraries_that_map_much_leave_room_all_the_same(box, monkeypatch):
    """As a torch for graphics cards does: three GiB, of which it uses little."""
    monkeypatch.setattr(sandbox, "MAPPED", 0)
    source = """
import resource
import numpy as np
def answer(n):
    return float(np.ones(n).sum()), resource.getrlimit(resource.RLIMIT_AS)[0]
"""
    total, limit = answer(box, source, 2**25)
    assert total == 2.0**25
    assert limit > LIMITS.memory + sandbox.SPARE + 2**28  # and the libraries' own


def test_files_of_a_submission_are_copies(box, tmp_path):
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / "helper.py").write_text("seven = 7\n")
    (tmp_path / "numpy.py").write_text("raise RuntimeError('not the real one')")
    (tmp_path / "data" / "deep" / "a.txt").write_text("hello")
    (tmp_path / "link").symlink_to("/etc/passwd")
    source = """
import os
import numpy as np, helper
text = open("data/deep/a.txt").read()
open("data/deep/a.txt", "w").write("changed")
def answer():
    return helper.seven + float(np.cos(0)), text, tuple(sorted(os.listdir()))
"""
    told = answer(box, source, files=tmp_path)
    assert told == (8.0, "hello", ("data", "helper.py", "numpy.py"))
    assert (tmp_path / "data" / "deep" / "a.txt").read_text() == "hello"


# --- what may not be called -------------------------------------------------------


@pytest.fixture(scope="module")
def calls():
    path = Path(__file__).parents[1] / "inside" / "test_child.py"
    spec = importlib.util.spec_from_file_location("calls_of_a_child", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_guards_hold_although_all_is_imported_already(box, calls, tmp_path):
    text = "import numpy as np\ndef transform(x):\n    return np.fft.fft(x)\n"
    (tmp_path / "helper.py").write_text(text)
    cells = [Cell(name, text.lstrip()) for name, text in calls.CALLS.items()]
    child = box.open(cells, Setting(calls.FORBIDDEN, tmp_path))
    with contextlib.closing(child):
        assert child.transcript.errors == []
        for name in calls.REFUSED:
            replied = ask(child, name, np.ones(8), seconds=30.0)
            assert isinstance(replied, Raised), (name, replied)
            assert replied.kind == "ForbiddenCallError", (name, replied)
        for name in ("frequencies", "convolution", "figure"):
            replied = ask(child, name, np.sin(np.arange(4000.0)), seconds=30.0)
            assert isinstance(replied, Value), (name, replied)


# --- the server -------------------------------------------------------------------


def test_a_submission_survives_the_end_of_its_server(homework, right):
    with contextlib.closing(SandboxRunner(())) as box:
        child = box.open([Cell("a", "answer = lambda x: x")], Setting(limits=LIMITS))
        assert ask(child, "answer", 1) == Value(1)
        first = box.start()
        first.end()
        assert ask(child, "answer", 2) == Value(2)
        assert child.transcript.ends == []
        assert box.start() is not first
        child.close()
        box.start().end()
        assert mark(hand_in(right), homework, SECRET, box).points == FULL


@pytest.mark.parametrize("target", ["0", "os.getppid()", "-1"])
def test_a_submission_cannot_end_its_server(target):
    source = f"import os, signal\nos.kill({target}, signal.SIGKILL)"
    with contextlib.closing(SandboxRunner(())) as box:
        first = box.start()
        child = box.open([Cell("a", source)], Setting(limits=LIMITS))
        child.close()
        assert box.start() is first


def test_who_loses_server_after_server_blames_the_machine(monkeypatch):
    with contextlib.closing(SandboxRunner(())) as box:
        child = box.open([Cell("a", "answer = lambda x: x")], Setting(limits=LIMITS))

        def broken(setting):
            raise contract.DisturbedError("crash")

        monkeypatch.setattr(child, "_start", broken)
        pid = child._process.watch.pid
        box.start().end()
        assert wait_until(lambda: not is_alive(pid), 30)  # till then it may answer
        with pytest.raises(RunnerError, match="short of memory"):
            ask(child, "answer", 1)
        child.close()


GRADER = """
import sys, time
from coursekit.grading.sandbox.contract import Cell, Setting
from coursekit.grading.sandbox.sandbox import SandboxRunner
from coursekit.grading.sandbox.monitor import family
box = SandboxRunner(())
source = "import subprocess\\nsubprocess.Popen(['sleep', '99'], start_new_session=True)"
child = box.open([Cell("a", source)], Setting())
assert child.transcript.errors == []
print(*family(child._process.watch.pid), flush=True)
time.sleep(60)
"""


def test_a_killed_grader_leaves_nothing_running(tmp_path):
    grader = subprocess.Popen(
        [sys.executable, "-c", GRADER],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    with grader:
        pids = [int(word) for word in grader.stdout.readline().split()]
        pids += [pid for pid in family(grader.pid) if pid not in pids]
        assert len(pids) >= 5
        for pid in set(pids) - {grader.pid}:
            os.kill(pid, signal.SIGSTOP)  # so that none of them can end by itself
        grader.kill()
    assert wait_until(lambda: not any(map(is_alive, pids)))
    assert list(tmp_path.iterdir()) == []


def test_threads_and_forks_share_one_runner(box):
    told = []

    def one(number):
        told.append(answer(box, "def answer(x): return x", number))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [0, 1, 2, 3]
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            os._exit(answer(box, "def answer(x): return x", 17))
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 17
    assert answer(box, "def answer(x): return x", 4) == 4


# --- where it cannot be done so ---------------------------------------------------


def test_without_nested_namespaces_each_has_a_sandbox_of_its_own(
    homework, right, monkeypatch
):
    monkeypatch.setattr(
        SandboxRunner,
        "_serve",
        lambda *args: (Server(*args[1:], (), with_proc=False), "no /proc for a test"),
    )
    with contextlib.closing(SandboxRunner(())) as box:
        assert isinstance(box.start(), Single)
        assert box.why_single == "no /proc for a test"
        assert mark(hand_in(right), homework, SECRET, box).points == FULL
        told = answer(box, f"CALLS = []\n{WORLD}", [os.getpid()])
        assert told["ids"][2:] == (65534, 65534)
        assert told["ids"][0] < 10
        assert told["raised"] == ()
        assert told["kill"] == ("ProcessLookupError 3",)
        assert told["descriptors"] == (3,)
        assert set(told["writes"]) <= {
            *("OSError 30", "PermissionError 13", "IsADirectoryError 21"),
            "FileNotFoundError 2",
        }
        daemon = "import os, time\nif os.fork() == 0:\n  os.setsid(); time.sleep(99)"
        child = open_in(box, daemon)
        pids = family(child._process.outer.pid)
        assert len(pids) >= 4
        child.close()
        assert wait_until(lambda: not any(map(is_alive, pids)))
        harm = "x = []\nwhile True: x.append(bytearray(2**22))"
        verdict = mark(hand_in(harm, right), homework, SECRET, box)
        assert (verdict.status, verdict.points) == ("memory", FULL)


USER = """
import json, sys
from coursekit.grading.sandbox.contract import Cell, Limits, Setting
from coursekit.grading.sandbox.sandbox import SandboxRunner
from coursekit.homework.checks.answers import Value
from coursekit.homework.checks.cases import Part
box = SandboxRunner(())
source, harm, pids = json.load(sys.stdin)
child = box.open([Cell("a", source)], Setting())
told = child.ask(Part("answer", 1, ""), (pids,), 60.0)
assert isinstance(told, Value), (told, child.transcript, box.why_single)
child.close()
limits = Limits(memory=2**29)
child = box.open([Cell("a", harm), Cell("b", "y = 5")], Setting(limits=limits))
print(repr((told.value, child.transcript.ends, box.why_single)))
child.close()
box.close()
"""
MOUNTS = [
    line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines()
]
IS_COVERED = any(  # as a container's is: then nobody but root may have another one
    mount[4].startswith("/proc/") for mount in MOUNTS
)


def world_of_a_user(*more, places=()):
    """Return the start of a command line that an ordinary user runs.

    In a world where that user can reach some places, by default all that Python and
    the course need, whatever folders that are closed to others they lie in.
    """
    places = places or [*bubblewrap.visible(), bubblewrap.PACKAGE]
    covered = [Path("/tmp")]
    for folder in filter(None, map(first_closed_folder, places)):
        if covered[0] not in (folder, *folder.parents) and folder not in covered:
            covered.append(folder)
    words = [next(bubblewrap.programs()), "--dev-bind", "/", "/", *more]
    for folder in covered:
        mode = "1777" if folder == Path("/tmp") else "0755"
        words += ["--perms", mode, "--tmpfs", str(folder)]
    for place in places:
        folders = [each for each in reversed(place.parents) if each not in covered]
        if len(folders) < len(place.parents):
            for folder in folders:
                words += ["--perms", "0755", "--dir", str(folder)]
            words += ["--ro-bind", str(place), str(place)]
    words += ["--chdir", "/tmp", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    return [*words, "setpriv", "--reuid", "4321", "--regid", "4321", "--clear-groups"]


def first_closed_folder(path):
    """Return the outermost folder around a path that others may not enter, or None."""
    closed = (each for each in reversed(path.parents) if not each.stat().st_mode & 1)
    return next(closed, None)


COVER = [  # each /proc that there is, also one of a chroot: one that is whole will do
    word
    for mount in MOUNTS
    if mount[mount.index("-") + 1] == "proc" and mount[3] == "/"
    for word in ("--ro-bind", "/proc/sys", mount[4].replace("\\040", " ") + "/sys")
]
WORLDS = {"as it is": [], "with a part of /proc covered": COVER}


@pytest.mark.skipif(os.getuid() != 0, reason="an ordinary user runs all of this file")
@pytest.mark.parametrize("name", WORLDS)
def test_it_works_for_an_ordinary_user_as_well(name):
    """Where a part of /proc is covered, each submission has a sandbox of its own."""
    harm = "x = []\nwhile True: x.append(bytearray(2**22))"
    ran = subprocess.run(
        [*world_of_a_user(*WORLDS[name]), sys.executable, "-c", USER],
        input=json.dumps([f"CALLS = []\n{WORLD}", harm, [os.getpid(), -1]]),
        capture_output=True,
        text=True,
        env={"PATH": os.defpath, "HOME": "/tmp"},
        timeout=240,
    )
    assert ran.returncode == 0, ran.stderr
    told, ends, why_single = eval(ran.stdout)
    is_single = bool(WORLDS[name]) or IS_COVERED
    assert ("mount proc" in why_single) is is_single, why_single
    assert told["ids"][2:] == (65534, 65534)
    assert (told["ids"][:2] == (1, 0)) is not is_single
    assert told["raised"] == ()
    assert told["kill"] == ("ProcessLookupError 3",) * 2
    assert told["descriptors"] == (3,)
    assert ends == ["memory"]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can change to another user")
def test_that_user_reaches_a_place_in_deep_and_closed_folders(tmp_path):
    places = [tmp_path / "closed" / "deep er" / "Übung" / name for name in "ab"]
    for place in places:
        place.mkdir(parents=True)
        (place / "file").write_text(CANARY)
    for folder in ("closed", "closed/deep er"):
        (tmp_path / folder).chmod(0o700)
    ran = subprocess.run(
        [*world_of_a_user(places=places), "cat", *(place / "file" for place in places)],
        capture_output=True,
        text=True,
    )
    assert (ran.stdout, ran.stderr) == (2 * CANARY, "")


def test_what_is_shown_can_be_reached_however_deep_it_lies(tmp_path, monkeypatch):
    """Folders that are closed to others, with spaces and letters that are not ASCII."""
    deep = tmp_path / "closed" / "Übung eins" / "a" / "b"
    for name in ("lib", "c/lib"):
        (deep / name).mkdir(parents=True)
        (deep / name / "file").write_text(CANARY)
    shown = [deep / "lib", deep / "c" / "lib"]
    for folder in {folder for path in shown for folder in path.parents}:
        if tmp_path in folder.parents:
            folder.chmod(0o700)
    known = bubblewrap.visible()
    monkeypatch.setattr(bubblewrap, "visible", lambda: [*known, *shown])
    reached = run_in_a_sandbox(REACHES, [str(path / "file") for path in shown])
    assert reached == [CANARY, CANARY]


REACHES = """
import json, sys
from pathlib import Path
from coursekit.grading.inside.forkserver import leave_root
leave_root()
paths = [Path(path) for path in json.load(sys.stdin)]
for folder in {folder for path in paths for folder in path.parents[1:]}:
    assert folder.stat().st_mode & 0o7777 == 0o755, folder
print(json.dumps([path.read_text() for path in paths]))
"""


def run_in_a_sandbox(source, said):
    """Run code in a sandbox, beside no submission; return what it prints as JSON."""
    program, problems = bubblewrap.find_program()
    assert problems == []
    words = bubblewrap.command(program, with_proc=False)
    code = f"import sys; sys.path.insert(0, {bubblewrap.COURSE!r})\n{source}"
    ran = subprocess.run(
        [*words, sys.executable, "-I", "-B", "-c", code],
        input=json.dumps(said),
        env=bubblewrap.environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_too_little_memory_is_refused(box):
    with pytest.raises(ValueError, match="1000 bytes is too little"):
        open_in(box, "x = 1", limits=Limits(memory=1000))


def test_what_libraries_keep_is_read_again_and_damage_is_no_harm(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert sandbox.load_cache() == {}
    files = {"numba/a": np.arange(5, dtype=np.uint8)}
    sandbox.save_cache(files, {})
    (path,) = tmp_path.rglob("sandbox-*")
    assert path.stat().st_mode & 0o077 == 0
    (name,) = sandbox.load_cache()
    assert name == "numba/a"
    path.write_bytes(b"\0" * 9)
    assert sandbox.load_cache() == {}
