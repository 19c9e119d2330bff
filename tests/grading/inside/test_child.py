"""The answering process and whoever starts it, also with code that means harm."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from coursekit.grading.inside import wire
from coursekit.grading.inside.child import CappedOutput, World
from coursekit.grading.inside.guards import ForbiddenCallError, Guards
from coursekit.grading.sandbox import local, session
from coursekit.grading.sandbox.contract import (
    Cell,
    EndedError,
    Limits,
    RunnerError,
    Setting,
)
from coursekit.grading.sandbox.local import LocalRunner, copy_files
from coursekit.grading.sandbox.session import understand
from coursekit.homework.checks.answers import (
    ChangedInput,
    Lost,
    Missing,
    NotCallable,
    NotWritten,
    Raised,
    TooSlow,
    Unsupported,
    Value,
    same,
)
from coursekit.homework.checks.cases import Part

CELLS = {
    "setup": """
%matplotlib inline
import numpy as np, sys, os
import matplotlib.pyplot as plt
from IPython.display import display, Audio
""",
    "show": """
display(3); Audio(np.ones(8), rate=8000)
plt.plot([1, 2]); plt.show()
print("shown")
2 + 2
""",
    "broken": "def lost(:\n    pass",
    "fails": "before = 1\n1 / 0\nafter = 2",
    "exits": "sys.exit(3)",
    "quits": "quit()",
    "asks": "answer = input('and you?')",
    "prints": """
for i in range(300_000):
    print("a line of some length", i)
""",
    "works": """
def double(x):
    return 2 * x
""",
    "many": """
import warnings
def double(x):
    return 2 * x + 0
def not_written(x):
    raise NotImplementedError("put your own code here")
def fails(x):
    y = x + 1
    return y / 0
def leaves(x):
    sys.exit(0)
def interrupts(x):
    raise KeyboardInterrupt
def changes(x):
    x[0] = 7.0
    return x
def prints(x):
    print("heard " * 10_000)
    warnings.warn("heard as well")
    return x
def remembers(x, seen=[]):
    seen.append(x)
    return len(seen)
class Equal:
    __array_priority__ = 1e9
    def __eq__(self, other):
        return True
def equal(x):
    return Equal()
def huge(x):
    return np.broadcast_to(np.float64(0), (10**9,))
def nested(x):
    a = []
    a.append(a)
    return a
def environment(x):
    return dict(os.environ)
def descriptors(x):
    return [os.readlink(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd")
            if os.path.exists(f"/proc/self/fd/{n}")]
no_function = 5
hop = np.int32(256)
""",
    "torch": """
def tensor(x):
    import torch
    return torch.tensor(x, requires_grad=True) * 2
""",
}


def run(cells, setting=None):
    listed = [Cell(name, source.lstrip()) for name, source in cells.items()]
    return LocalRunner().open(listed, setting or Setting())


def ask(child, name, *args, seconds=5.0, is_value=False):
    return child.ask(Part(name, 1, "", is_value=is_value), args, seconds)


@pytest.fixture(scope="module")
def child():
    os.environ["SECRET_OF_THE_GRADER"] = "canary"
    start = time.monotonic()
    child = run(CELLS)
    assert time.monotonic() - start < 30
    yield child
    child.close()
    del os.environ["SECRET_OF_THE_GRADER"]


X = np.arange(1.0, 4.0)

# --- cells --------------------------------------------------------------------


def test_cells_run_in_order_and_an_error_stops_none_of_the_others(child):
    errors = {e.cell: e for e in child.transcript.errors}
    assert set(errors) == {"broken", "fails", "exits", "asks"}
    assert (errors["broken"].kind, errors["broken"].line) == ("SyntaxError", 1)
    assert errors["broken"].is_syntax
    assert (errors["fails"].kind, errors["fails"].line) == ("ZeroDivisionError", 2)
    assert errors["fails"].message == "division by zero"
    assert errors["exits"].kind == "SystemExit"
    assert "no" in errors["asks"].message
    assert "keyboard" in errors["asks"].message
    assert ask(child, "before", is_value=True) == Value(1)
    assert ask(child, "after", is_value=True) == Missing()
    assert child.transcript.ends == []


def test_the_last_definition_counts(child):
    assert same(ask(child, "double", X).value, 2 * X)


def test_what_cells_print_is_kept_up_to_a_cap(child):
    assert child.transcript.output["show"] == "shown\n"
    assert len(child.transcript.output["prints"]) == 20_000
    assert child.transcript.output["many"] == ""


# --- answers ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("nowhere", Missing()),
        ("not_written", NotWritten()),
        ("no_function", NotCallable("int")),
        ("changes", ChangedInput(0)),
        ("equal", Unsupported("Equal")),
        ("leaves", Raised("SystemExit", "0", "sys.exit(0)", 10)),
        ("interrupts", Raised("KeyboardInterrupt", "", "raise KeyboardInterrupt", 12)),
        (
            "fails",
            Raised("ZeroDivisionError", "division by zero", "return y / 0", 8),
        ),
    ],
)
def test_each_call_has_its_answer(child, name, answer):
    argument = 3 if name == "fails" else X
    assert ask(child, name, argument) == answer
    assert child.transcript.ends == []


def test_what_is_too_large_or_too_deep_is_refused_in_the_child(child):
    assert "MiB" in ask(child, "huge", X).type_name
    assert "deep" in ask(child, "nested", X).type_name
    assert child.transcript.ends == []


def test_printing_and_warning_in_a_call_cost_nothing(child):
    assert same(ask(child, "prints", X).value, X)


def test_a_value_is_read_as_plain_data(child):
    assert ask(child, "hop", is_value=True) == Value(256)
    assert ask(child, "no_function", is_value=True) == Value(5)


def test_a_tensor_comes_as_an_array(child):
    assert same(ask(child, "tensor", X, seconds=30).value, 2 * X)


def test_the_inputs_that_the_grader_holds_stay_as_they_are(child):
    mine = X.copy()
    ask(child, "changes", mine)
    assert same(mine, X)


def test_the_child_sees_neither_our_environment_nor_our_files(child):
    environment = ask(child, "environment", 0).value
    assert "canary" not in str(environment)
    assert set(environment) & {"VIRTUAL_ENV", "PYTHONPATH", "PWD", "USER"} == set()
    seen = ask(child, "descriptors", 0).value
    links = [link for link in seen if not link.startswith(("/proc/", "/dev/null"))]
    assert len([link for link in links if link.startswith("socket")]) == 1
    kinds = ("socket", tempfile.gettempdir(), "/tmp", "anon_inode", "pipe")
    assert all(link.startswith(kinds) for link in links)


# --- harm ---------------------------------------------------------------------

HARM = """
import os, sys, time, signal, json, struct, socket
def dies(x):
    os._exit(0)
def loops(x):
    while True:
        pass
def stubborn(x):
    while True:
        try:
            while True:
                time.sleep(0.01)
        except BaseException:
            pass
def deaf(x):
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM, signal.SIGTERM})
    while True:
        pass
def closes(x):
    os.closerange(3, 100)
    return x
def channel():
    for n in range(3, 100):
        try:
            if os.readlink(f"/proc/self/fd/{n}").startswith("socket"):
                return n
        except OSError:
            pass
def babbles(x):
    os.write(channel(), os.urandom(64))
    return x
def announces(x):
    os.write(channel(), struct.pack("<Q", 2**62))
    return x
def forges(x):
    header = json.dumps({"d": [["kind", "Passed"], ["points", 100]]}).encode()
    message = struct.pack("<I", len(header)) + header
    os.write(channel(), struct.pack("<Q", len(message)) + message)
    return x
def eats(x):
    hoard = []
    while True:
        hoard.append(bytearray(2**26))
def shouts(x):
    for stream in (1, 2):
        os.write(stream, b"x" * 100_000)
    return x
def fine(x):
    return x
"""


@pytest.fixture(scope="module")
def hostile():
    limits = Limits(seconds=60, memory=2**30)
    child = run({"harm": HARM}, Setting(limits=limits))
    yield child
    child.close()


@pytest.mark.parametrize(
    ("name", "answers", "ends"),
    [
        ("dies", [Lost("crash")], ["crash"]),
        ("loops", [TooSlow(0.2)], []),
        ("closes", [Lost("crash")], ["crash"]),
        ("babbles", [Lost("crash")], ["crash"]),
        ("announces", [Lost("crash")], ["crash"]),
        ("forges", [Lost("crash")], ["crash"]),
        ("shouts", [Value(3)], []),
    ],
)
def test_harm_costs_its_own_answer_and_no_other(hostile, name, answers, ends):
    before = len(hostile.transcript.ends)
    assert ask(hostile, name, 3, seconds=0.2) in answers
    assert hostile.transcript.ends[before:] == ends
    assert ask(hostile, "fine", 3) == Value(3)


@pytest.mark.parametrize("name", ["stubborn", "deaf"])
def test_who_swallows_the_alarm_is_stopped_from_outside(hostile, name, monkeypatch):
    monkeypatch.setattr("coursekit.grading.sandbox.session.GRACE", 0.3)
    start = time.monotonic()
    assert ask(hostile, name, 3, seconds=0.2) == TooSlow(0.2)
    assert time.monotonic() - start < 3
    assert hostile.transcript.ends[-1] == "timeout"
    assert ask(hostile, "fine", 3) == Value(3)


def test_memory_ends_at_its_limit(hostile):
    answer = ask(hostile, "eats", 3, seconds=10)
    assert getattr(answer, "kind", "") == "MemoryError" or answer == Lost("memory")
    assert ask(hostile, "fine", 3) == Value(3)


@pytest.mark.parametrize(
    ("source", "kind"),
    [("import os; os._exit(1)", "crash"), ("while True: pass", "timeout")],
)
def test_a_cell_that_ends_the_process_is_left_out_the_second_time(source, kind):
    limits = Limits(seconds=30, cell_seconds=0.5)
    cells = {"a": "x = 1", "harm": source, "b": "y = x + 1"}
    child = run(cells, Setting(limits=limits))
    (error,) = child.transcript.errors
    assert (error.cell, error.kind) == ("harm", kind)
    assert child.transcript.ends == [kind]
    assert ask(child, "y", is_value=True) == Value(2)
    child.close()


def test_the_whole_submission_has_an_end():
    start = time.monotonic()
    limits = Limits(seconds=1.0)
    child = run({"a": "while True: pass"}, Setting(limits=limits))
    assert ask(child, "x", is_value=True) == Lost("timeout")
    assert time.monotonic() - start < 5
    child.close()


def test_closing_ends_what_the_child_has_started():
    cells = {"a": "import subprocess\np = subprocess.Popen(['sleep', '60']).pid"}
    child = run(cells)
    pid = ask(child, "p", is_value=True).value
    assert os.path.exists(f"/proc/{pid}")
    child.close()
    deadline = time.monotonic() + 5
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _alive(pid)


def test_a_submissions_folder_goes_with_it(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    child = run({"a": "open('../home/x', 'w'); import os; os.mkdir('../work/y')"})
    (folder,) = tmp_path.iterdir()
    assert (folder / "home" / "x").is_file()
    child.close()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        LocalRunner(str(tmp_path / "no python")).open([], Setting())
    assert list(tmp_path.iterdir()) == []


def test_who_is_interrupted_while_the_cells_run_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def interrupted(*_):
        assert len(list(tmp_path.iterdir())) == 1
        raise KeyboardInterrupt

    monkeypatch.setattr(session.Answering, "_run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run({"a": "x = 1"})
    assert list(tmp_path.iterdir()) == []


GRADER = """
import time
from coursekit.grading.sandbox.contract import Cell, Setting
from coursekit.grading.sandbox import local
from coursekit.grading.sandbox.local import LocalRunner
child = LocalRunner().open([Cell("a", "x = 1")], Setting())
print("it has run", flush=True)
time.sleep(60)
"""


def test_what_a_killed_grader_leaves_is_swept_by_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "coursekit-of-a-user").mkdir()
    mine = run({"a": "x = 1"})
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    words = [sys.executable, "-c", GRADER]
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=environment) as grader:
        assert grader.stdout.readline() == b"it has run\n"
        assert len(folders(tmp_path)) == 2
        local.sweep()
        assert len(folders(tmp_path)) == 2  # both are in use
        grader.kill()
    assert len(folders(tmp_path)) == 2
    other = run({"a": "x = 2"})
    assert folders(tmp_path) == {mine._process.folder, other._process.folder}
    for child in mine, other:
        assert ask(child, "x", is_value=True) in (Value(1), Value(2))
        child.close()
    assert [path.name for path in tmp_path.iterdir()] == ["coursekit-of-a-user"]


def folders(path):
    return set(path.glob(f"{local.FOLDER}*"))


@pytest.fixture
def as_a_user():
    """Be an ordinary user in a folder that every user may enter."""
    is_root = os.getuid() == 0
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        if is_root:
            os.chown(folder, 4321, -1)
            os.seteuid(4321)
        try:
            yield Path(folder)
        finally:
            if is_root:
                os.seteuid(0)


def test_a_folder_that_a_submission_has_closed_is_removed(as_a_user):
    kept = as_a_user / "kept"
    kept.mkdir(mode=0o500)
    closed = as_a_user / "a" / "home" / "deep" / "er"
    closed.mkdir(parents=True)
    (closed / "link").symlink_to(kept)
    for folder in [closed, *list(closed.parents)[:3]]:
        folder.chmod(0)
        assert not os.access(folder, os.R_OK, effective_ids=True)
    local._remove(as_a_user / "a")
    assert list(as_a_user.iterdir()) == [kept]
    assert kept.stat().st_mode & 0o777 == 0o500


def _alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_process_that_does_not_start_is_our_fault_and_said(tmp_path):
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no such thing >&2\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(RunnerError, match=r"does not start \(crash\): no such"):
        LocalRunner(str(broken)).open([], Setting())


# --- files --------------------------------------------------------------------


def test_the_child_works_in_a_copy_where_nothing_hides_a_library(tmp_path):
    (tmp_path / "numpy.py").write_text("raise RuntimeError('not the real one')")
    (tmp_path / "colorsys.py").write_text("raise RuntimeError('not the real one')")
    (tmp_path / "helper.py").write_text("import numpy.fft\nseven = 7\n")
    (tmp_path / "data.txt").write_text("hello")
    (tmp_path / "twice.ipynb").write_text("{}")
    (tmp_path / "link").symlink_to("/etc/passwd")
    cells = {
        "a": "import numpy as np, helper, os, colorsys\nx = np.sum([helper.seven])",
        "b": "files = sorted(os.listdir())\nopen('data.txt', 'w').write('changed')",
        "c": "open('nothing.txt')",
    }
    child = run(cells, Setting(files=tmp_path))
    assert ask(child, "x", is_value=True) == Value(7)
    files = ask(child, "files", is_value=True).value
    assert files == ("colorsys.py", "data.txt", "helper.py", "numpy.py")
    assert (tmp_path / "data.txt").read_text() == "hello"
    (error,) = child.transcript.errors
    assert error.kind == "FileNotFoundError"
    assert "coursekit-" not in error.message
    child.close()


def test_no_more_is_copied_than_there_is_room_for(tmp_path):
    source, target = tmp_path / "a", tmp_path / "b"
    source.mkdir()
    target.mkdir()
    for name in "xyz":
        (source / name).write_bytes(bytes(100))
    copy_files(source, target, 250)
    assert sorted(path.name for path in target.iterdir()) == ["x", "y"]


# --- what may not be called ---------------------------------------------------

FORBIDDEN = (
    "numpy.fft",
    "scipy.fft",
    "torch.fft",
    "torch.stft",
    "librosa.core.spectrum.stft",
    "scipy.signal.stft",
    "coursekit.fourier",
)
CALLS = {
    "setup": "import numpy as np, functools, helper, scipy.signal, scipy.fft",
    "numpy": "def numpy_fft(x): return np.fft.fft(x)",
    "name": "from numpy.fft import rfft\ndef renamed(x): return rfft(x)",
    "along": "def along(x): return np.apply_along_axis(np.fft.fft, 0, x)",
    "mapped": "def mapped(x): return list(map(np.fft.fft, [x]))[0]",
    "itself": "itself = np.fft.fft",
    "partial": "partial = functools.partial(np.fft.fft, n=4)",
    "helper": "def by_helper(x): return helper.transform(x)",
    "scipy": "def scipy_fft(x): return scipy.fft.fft(x)",
    "signal": "def signal(x): return scipy.signal.stft(x)[2]",
    "torch": """
def torch_fft(x):
    import torch
    return torch.fft.fft(torch.tensor(x))
def torch_stft(x):
    import torch
    return torch.tensor(x).stft(4, window=torch.ones(4), return_complex=True)
""",
    "librosa": """
def librosa_stft(x):
    import librosa
    return librosa.stft(x)
""",
    "ours": "from coursekit import fourier\ndef ours(x): return fourier.dft(x)[0]",
    "allowed": """
def frequencies(x): return np.fft.fftfreq(len(x))
def convolution(x): return scipy.signal.fftconvolve(x, x)
def figure(x):
    from coursekit import plots
    plots.spectrum_of(x, 8000, title="a")
    return 1
""",
    "check": """
from coursekit.homework.hw1_dft import check
check.student = "Ada"
check("dft", None)
checked = True
""",
    "reference": """
from coursekit.homework import hw1_dft
from coursekit.homework.hw1_dft import frames
def reference(x):
    return hw1_dft.HOMEWORK.cases("dft")[0].reference(x)
def homeworks_own(x):
    return frames.stft(x, 4, 2)
""",
}
REFUSED = [
    *("numpy_fft", "renamed", "along", "mapped", "itself", "partial", "by_helper"),
    *("scipy_fft", "signal", "torch_fft", "torch_stft", "librosa_stft", "ours"),
    *("reference", "homeworks_own"),
]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("submission")
    (folder / "helper.py").write_text(
        "import numpy as np\ndef transform(x):\n    return np.fft.fft(x)\n"
    )
    child = run(CALLS, Setting(FORBIDDEN, folder))
    assert child.transcript.errors == []
    yield child
    child.close()


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_homework_asks_to_write_does_not_answer(guarded, name):
    answer = ask(guarded, name, np.ones(8), seconds=60)
    assert isinstance(answer, Raised), answer
    assert answer.kind == "ForbiddenCallError"
    assert "this homework asks you to write it" in answer.message


@pytest.mark.parametrize("name", ["frequencies", "convolution", "figure"])
def test_what_others_need_goes_on_working(guarded, name):
    answer = ask(guarded, name, np.sin(np.arange(4000.0)), seconds=60)
    assert isinstance(answer, Value), answer


def test_checks_do_nothing(guarded):
    assert ask(guarded, "checked", is_value=True) == Value(True)
    assert guarded.transcript.output["check"] == ""


def test_a_guard_lets_everybody_else_call():
    guards = Guards([], "/nowhere")
    guarded_sum = guards.guard(sum, "builtins.sum")
    assert guarded_sum([1, 2]) == 3
    world = {"__name__": "__main__", "total": guarded_sum}
    with pytest.raises(ForbiddenCallError, match=r"builtins\.sum does not answer"):
        eval("total([1, 2])", world)
    assert not hasattr(guarded_sum, "__wrapped__")


# --- small parts --------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"type": "Passed", "fields": {}},
        {"type": ["Value"], "fields": {"value": 1}},
        {"type": "Value", "fields": {}},
        {"type": "Value", "fields": {"value": 1, "points": 100}},
        {"type": "ChangedInput", "fields": {"position": "first"}},
        {"type": "ChangedInput", "fields": {"position": True}},
        {"type": "Raised", "fields": {"kind": "x"}},
        {"type": "Lost", "fields": {"reason": "crash"}},
    ],
)
def test_a_reply_that_spells_no_answer_is_a_crash(reply):
    with pytest.raises(EndedError, match="crash"):
        understand(reply, 1.0)


def test_of_a_path_the_last_name_is_left():
    from coursekit.grading.sandbox.session import _words

    assert _words("No file: '/home/ada/hw/data.wav'") == "No file: 'data.wav'"
    assert _words("in /tmp/coursekit-x1/work/a.py, 3") == "in a.py, 3"
    assert _words("1/2 and x/y/z, https://a.b/c") == "1/2 and x/y/z, https://a.b/c"
    assert _words(5) == ""


def test_capped_output_is_a_stream_that_many_threads_may_write():
    out = CappedOutput(100)
    threads = [
        threading.Thread(target=lambda: print("x" * 1000, file=out)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert out.writable()
    assert 100 <= len(out.take()) <= 800
    assert out.take() == ""


def test_a_value_crosses_the_wire_as_it_is():
    value = (np.ones(2, "<f4"), None, {"a": 1j})
    reply = {"kind": "answer", "type": "Value", "fields": {"value": value}}
    assert same(understand(wire.decode(wire.encode(reply)), 1.0).value, value)


def test_what_cells_say_after_a_question_is_not_told():
    """Or a second run of the cells could tell what the first was asked."""
    source = """
import os
from pathlib import Path
note = Path("/tmp") / f"coursekit-test-{os.getppid()}"
def tells(x):
    note.write_text(str(x))
    os._exit(0)
def clears():
    note.unlink()
    return True
if note.exists():
    print(note.read_text())
    raise ValueError(note.read_text())
"""
    child = run({"a": source})
    assert ask(child, "tells", "canary of a question") == Lost("crash")
    assert ask(child, "clears") == Value(True)
    assert child.transcript.errors == []
    assert "canary" not in str(child.transcript.output)
    child.close()


@pytest.mark.parametrize(("where", "syntax"), [("before", True), ("in", False)])
def test_a_null_byte_is_a_syntax_error_however_python_says_it(where, syntax):
    """Before 3.11.4 it is a ValueError of the compiler; one of the cell is its own."""
    error = ValueError("source code string cannot contain null bytes")
    result = SimpleNamespace(error_before_exec=None, error_in_exec=None)
    setattr(
        result, {"before": "error_before_exec", "in": "error_in_exec"}[where], error
    )
    world = World.__new__(World)  # a real one takes over the process
    world.process, world.output = os.getpid(), CappedOutput()
    world.shell = SimpleNamespace(run_cell=lambda *args, **kwargs: result)
    told = world.run("a cell", "")["error"]
    assert (told["type"], told["is_syntax"]) == ("ValueError", syntax)
