"""Broken and hostile submissions: what each earns, and whom it hurts (nobody)."""

from __future__ import annotations

import contextlib
import copy
import inspect
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

from coursekit import fourier
from coursekit.grading.sandbox.contract import Cell, Runner, Setting
from coursekit.homework.checks.answers import Value
from coursekit.homework.checks.cases import Homework, Part, draw

NAME = "toy.ipynb"
FULL = {"double": 3.0, "waves": 4.0, "size": 2.0}
NONE = dict.fromkeys(FULL, 0.0)

Change = Callable[[NotebookNode], None]


@dataclass(frozen=True)
class Beast:
    """What is done to an honest notebook, and what must become of it.

    `change` is done to the notebook, `folder` to the folder that it is handed in
    with; `points` are those that differ from all. A `flag` of None is not looked at:
    whether a call that is too slow ends its process depends on the machine.
    """

    change: Change | None = None
    status: str = "graded"
    points: dict[str, float] = field(default_factory=dict)
    flag: bool | None = False
    folder: Callable[[Path], None] | None = None
    only_in_box: bool = False


def find(notebook: NotebookNode, name: str) -> NotebookNode:
    return next(cell for cell in notebook.cells if cell.id == name.replace("_", "-"))


def first(source: str) -> Change:
    """Put a cell before all that the student wrote."""
    cell = nbformat.v4.new_code_cell(source, id="scratch")
    return lambda notebook: notebook.cells.insert(1, cell)


def last(source: str) -> Change:
    """Put a cell behind everything."""
    cell = nbformat.v4.new_code_cell(source, id="scratch")
    return lambda notebook: notebook.cells.append(cell)


def write(name: str, source: str) -> Change:
    """Answer otherwise."""

    def change(notebook: NotebookNode) -> None:
        find(notebook, name).source = source

    return change


def double(body: str) -> Change:
    """Answer the first part otherwise: the body of a function of `x`."""
    lines = "\n".join("    " + line for line in body.splitlines())
    return write("double", f"def double(x):\n{lines}")


def waves(body: str) -> Change:
    """Answer the second part otherwise: the body of a function of `x`."""
    lines = "\n".join("    " + line for line in body.splitlines())
    return write("waves", f"def waves(x):\n{lines}")


def both(*changes: Change) -> Change:
    """Do one thing after the other."""

    def change(notebook: NotebookNode) -> None:
        for each in changes:
            each(notebook)

    return change


def each_cell(do: Callable[[NotebookNode], Any]) -> Change:
    """Do something to every cell."""

    def change(notebook: NotebookNode) -> None:
        for cell in notebook.cells:
            do(cell)

    return change


NO_DOUBLE = {"double": 0.0}
NO_WAVES = {"waves": 0.0}
DEAF = "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
WRONG = double("return x")

# --- code that does not come to its end -----------------------------------------

ENDS = {
    "syntax error": Beast(
        write("double", "def double(x:\n  return 2 * x"), "syntax", NO_DOUBLE, True
    ),
    "a null byte": Beast(
        write("double", "def double(x):\0\n    return 2 * x"), "syntax", NO_DOUBLE, True
    ),
    "deeply nested": Beast(first("(" * 5000 + ")" * 5000), "syntax", {}, True),
    "endless cell": Beast(first("while True: pass"), "timeout", {}, True),
    "endless function": Beast(
        double("while True: pass"), "timeout", NO_DOUBLE, True
    ),
    "deaf cell": Beast(first(DEAF), "timeout", {}, True),
    "deaf function": Beast(double(DEAF), "timeout", NO_DOUBLE, True),
    "deaf to signals": Beast(
        first(
            "import signal, time\nfor n in range(1, 32):\n    try:\n"
            "        signal.signal(n, signal.SIG_IGN)\n    except OSError: pass\n"
            "time.sleep(99)"
        ),
        "timeout", {}, True,
    ),
    "eats memory": Beast(
        double("y = [bytes(2**28) for i in range(10**6)]"),
        "memory", NO_DOUBLE, True, only_in_box=True,
    ),
    "fork bomb": Beast(
        first("import os\nfor i in range(10): os.fork()"), only_in_box=True
    ),
    "leaves a daemon": Beast(
        first(
            "import os, time\nif os.fork() == 0:\n    os.setsid()\n"
            "    if os.fork() == 0:\n        time.sleep(600)\n    os._exit(0)"
        ),
        only_in_box=True,
    ),
    "a million lines": Beast(first("for i in range(10**6): print(i)")),
    "lines in the function": Beast(
        double("for i in range(10**4): print(i)\nreturn 2 * x")
    ),
    "lines past Python": Beast(
        first("import os\nfor i in range(2000): os.write(1, b'x' * 1000)")
    ),
    "_exit": Beast(first("import os\nos._exit(0)"), "crash", {}, True),
    "_exit in the function": Beast(
        double("import os\nos._exit(0)"), "crash", NO_DOUBLE, True
    ),
    "sys.exit": Beast(first("import sys\nsys.exit()")),
    "sys.exit in the function": Beast(
        double("import sys\nsys.exit()"), "graded", NO_DOUBLE
    ),
    "raises a BaseException": Beast(
        double("raise type('Odd', (BaseException,), {})(1)"), "graded", NO_DOUBLE
    ),
    "endless message": Beast(
        double(
            "class E(Exception):\n    def __str__(self):\n        while True: pass\n"
            "raise E()"
        ),
        "timeout", NO_DOUBLE, True,
    ),
    "closes all files": Beast(
        first("import os\nos.closerange(0, 128)"), "crash", {}, True
    ),
    "kills its group": Beast(double("import os\nos.kill(0, 9)\nreturn 2 * x"),
        only_in_box=True),
    "kills its parent": Beast(
        first("import os\nos.kill(os.getppid(), 9)"), only_in_box=True
    ),
}  # fmt: skip

# --- notebooks that are not as they were released ---------------------------------


def delete(name: str) -> Change:
    return lambda notebook: notebook.cells.remove(find(notebook, name))


def duplicate(name: str, source: str | None = None) -> Change:
    def change(notebook: NotebookNode) -> None:
        twin = copy.deepcopy(find(notebook, name))
        twin.id = "twin"
        twin.source = twin.source if source is None else source
        notebook.cells.append(twin)

    return change


def turn_round(notebook: NotebookNode) -> None:
    notebook.cells[1:] = notebook.cells[:0:-1]


def more_points(cell: NotebookNode) -> None:
    if cell.metadata.get("nbgrader", {}).get("grade"):
        cell.metadata.nbgrader["points"] = 1000


def own_tests(cell: NotebookNode) -> None:
    if cell.metadata.get("nbgrader", {}).get("grade"):
        cell.source = "1000.0"
        cell.outputs = [
            nbformat.v4.new_output("execute_result", {"text/plain": "1000.0"})
        ]


def renamed(folder: Path) -> None:
    (folder / NAME).rename(folder / "toy final (2).ipynb")


def not_json(folder: Path) -> None:
    (folder / NAME).write_text("%PDF-1.4 …")


def huge(folder: Path) -> None:
    with (folder / NAME).open("wb") as file:
        file.truncate(200 * 2**20)


def huge_beside(folder: Path) -> None:
    with (folder / "recording.wav").open("wb") as file:
        file.truncate(200 * 2**20)


def link_to_secret(folder: Path) -> None:
    (folder / "notes.txt").symlink_to("/etc/passwd")
    (folder / "all").symlink_to("/", target_is_directory=True)


def link_as_notebook(folder: Path) -> None:
    (folder / NAME).rename(folder.parent / "elsewhere.ipynb")
    (folder / NAME).symlink_to(folder.parent / "elsewhere.ipynb")


def beside(name: str, text: str) -> Callable[[Path], None]:
    """Put a file beside the notebook."""

    def put(folder: Path) -> None:
        (folder / name).write_text(text)

    return put


NOTEBOOKS = {
    "test deleted": Beast(delete("check_double"), flag=True),
    "answer deleted": Beast(delete("double"), "graded", NO_DOUBLE, True),
    "test twice": Beast(duplicate("check_double"), flag=True),
    "answer twice": Beast(duplicate("double"), flag=True),
    "a worse answer below": Beast(
        duplicate("double", "def double(x):\n    return x"), "graded", NO_DOUBLE, True
    ),
    "turned round": Beast(turn_round),
    "tests edited": Beast(both(WRONG, each_cell(own_tests)), "graded", NO_DOUBLE),
    "points edited": Beast(both(WRONG, each_cell(more_points)), "graded", NO_DOUBLE),
    "metadata stripped": Beast(
        each_cell(lambda cell: cell.metadata.pop("nbgrader", None)), flag=True
    ),
    "metadata of another kind": Beast(
        each_cell(lambda cell: cell.metadata.update(nbgrader=[1])), flag=True
    ),
    "calls itself locked": Beast(
        both(
            write("double", "import scipy.fftpack\ndef double(x):\n    return 2 * x"),
            each_cell(
                lambda cell: cell.metadata.get("nbgrader", {}).update(
                    locked=True, solution=False
                )
            ),
        ),
        flag=True,
    ),
    "outputs beforehand": Beast(
        both(WRONG, last("1000.0")), "graded", NO_DOUBLE
    ),
    "renamed": Beast(folder=renamed, flag=True),
    "not JSON": Beast(None, "refused", NONE, True, not_json),
    "JSON of another kind": Beast(None, "refused", NONE, True, beside(NAME, "[1]")),
    "nested JSON": Beast(
        None, "refused", NONE, True, beside(NAME, "[" * 10**5 + "]" * 10**5)
    ),
    "200 MB": Beast(None, "refused", NONE, True, huge),
    "200 MB beside it": Beast(folder=huge_beside),
    "links": Beast(folder=link_to_secret),
    "a link as notebook": Beast(None, "refused", NONE, True, link_as_notebook),
    "numpy.py": Beast(folder=beside("numpy.py", "raise SystemExit('mine')")),
    "sitecustomize.py": Beast(
        folder=beside("sitecustomize.py", "import os; os._exit(0)")
    ),
}  # fmt: skip

# --- forgeries --------------------------------------------------------------------

EQUAL = """class Equal:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __array__(self, *args, **more): raise BaseException
    def __getattr__(self, name): return self
    def __call__(self, *args, **more): return self
    def __float__(self): return 0.0
    def __len__(self): return 5
    def __iter__(self): return iter([self] * 5)
    def __hash__(self): return 0
    def __reduce__(self): return (exec, ('import os; os._exit(0)',))
    dtype, shape, ndim, size, __class__ = float, (5,), 1, 5, float
"""
MESSAGE = """import json, os, struct
h = json.dumps({}).encode()
m = struct.pack('<I', len(h)) + h
for n in range(3, 128):
    try: os.write(n, struct.pack('<Q', len(m)) + m)
    except OSError: pass
return x"""
FORGED = "{'d': [['kind', 'Passed'], ['points', 3], ['earned', 3]]}"
GARBAGE = """import os
for n in range(3, 128):
    try: os.write(n, b'\\xff' * 64)
    except OSError: pass
return x"""
PATCHED = """import builtins, sys, unittest
yes = lambda *args, **more: True
for name in ('allclose', 'array_equal', 'isclose', 'all', 'any'):
    setattr(np, name, yes)
for name in dir(np.testing):
    if name.startswith('assert'): setattr(np.testing, name, yes)
import coursekit.homework.checks.judge as judge
for name in [n for n in dir(judge) if callable(getattr(judge, n))]:
    if not isinstance(vars(judge)[name], type): setattr(judge, name, yes)
"""
TRANSFORMER = """shell = get_ipython()
def kinder(lines):
    return ['pass\\n' if 'assert' in s or 'check' in s else s for s in lines]
shell.input_transformers_cleanup.append(kinder)
shell.input_transformers_post.append(kinder)
shell.events.register('pre_run_cell', lambda *args: None)
shell.events.register('post_run_cell', lambda *args: 1 / 0)
"""
ANSWERS_FOR_CHILD = """import coursekit.homework.checks.answers as answers
import coursekit.homework.checks.ask as asking
asking.ask = lambda part, thing, args, *more: answers.Value(1.0)
"""
MEMORY = """_seen = []
def double(x):
    _seen.append(2 * x)
    return _seen[0]"""


def by_table(homework: Homework) -> Change:
    """Answer the visible cases from a table, and the others with nothing."""
    tables = {}
    for name in ("double", "waves"):
        case = homework.cases(name)[0]
        assert homework.is_visible(case)
        args = draw(homework, case, "Ada")
        tables[name] = (args[0], case.reference(*args))
    x, y = tables["double"]
    table = [[float(v) for v in row] for row in tables["waves"][1]]
    return both(
        double(f"return {y!r} if np.ndim(x) == 0 and x == {x!r} else 0 * x"),
        waves(
            f"if len(x) == 4: return tuple(np.array(r) for r in {table!r})\n"
            "return 0 * x, 0 * x"
        ),
    )


FORGERIES = {
    "equal to everything": Beast(
        write("double", f"{EQUAL}def double(x):\n    return Equal()"), points=NO_DOUBLE
    ),
    "an array's child": Beast(
        write(
            "double",
            "class Kind(np.ndarray):\n    def __eq__(self, other): return True\n"
            "    def __array_function__(self, *args): return True\n"
            "    def __array_ufunc__(self, *args, **more): return 0.0\n"
            "def double(x):\n    return np.asarray(x).view(Kind)",
        ),
        points=NO_DOUBLE,
    ),
    "numpy patched": Beast(
        both(first(PATCHED), WRONG), points=NO_DOUBLE, flag=True
    ),
    "input transformers": Beast(
        both(first(TRANSFORMER), write("double", "")), points=NO_DOUBLE
    ),
    "answers for the child": Beast(
        both(last(ANSWERS_FOR_CHILD)),
        points=NONE,
    ),
    "forged message": Beast(
        double(MESSAGE.format(FORGED)), "crash", NO_DOUBLE, True
    ),
    "garbage on the channel": Beast(double(GARBAGE), "crash", NO_DOUBLE, True),
    "a thousand million numbers": Beast(
        double("return np.broadcast_to(np.float64(0), (10**9,))"), points=NO_DOUBLE
    ),
    "nested without end": Beast(
        double("y = []\ny.append(y)\nreturn (y, y)"), points=NO_DOUBLE
    ),
    "objects": Beast(
        double("return np.array([2 * x, None], dtype=object)"), points=NO_DOUBLE
    ),
    "texts": Beast(double("return np.array(2 * x).astype('U32')"), points=NO_DOUBLE),
    "structured": Beast(
        double("return np.zeros(5, [('a', 'f8'), ('b', 'O')])"), points=NO_DOUBLE
    ),
    "not a number": Beast(double("return x * np.nan"), points=NO_DOUBLE),
    "yes": Beast(double("return True"), points=NO_DOUBLE),
    "changes its input": Beast(
        waves(
            "n = len(x)\nangle = 2 * np.pi * np.outer(np.arange(n), np.arange(n)) / n\n"
            "y = np.cos(angle) @ x, np.sin(angle) @ x\nx[:] = 0\nreturn y"
        ),
        points=NO_WAVES,
    ),
    "remembers": Beast(write("double", MEMORY), points={"double": 1.0}),
    "breaks the shell": Beast(
        first("get_ipython().run_cell = lambda *args, **more: None"),
        "crash", NONE, True,
    ),
    "hooks of Python": Beast(
        both(
            first(
                "import atexit, builtins, sys, threading\n"
                "sys.settrace(lambda *args: None)\nsys.excepthook = print\n"
                "atexit.register(lambda: print('mine'))\n"
                "builtins.isinstance = lambda *args: True\nbuiltins.len = lambda x: 1"
            ),
            WRONG,
        ),
        "crash", NO_DOUBLE, True,
    ),
}  # fmt: skip

# --- what is not the student's own ------------------------------------------------

CONVERT = "X = {}\nreturn np.real(X), -np.imag(X)"
PASTED = inspect.getsource(fourier.dft_matrix).replace("dft_matrix", "my_matrix")
HELPERS = "Numbers = object\ncount = lambda name, n: n\n"

NOT_THEIRS = {
    "np.fft": Beast(waves(CONVERT.format("np.fft.fft(x)")), "graded", NO_WAVES, True),
    "imported beforehand": Beast(
        write(
            "waves",
            "from numpy.fft import fft as magic\ndef waves(x):\n"
            "    X = magic(x)\n    return X.real, -X.imag",
        ),
        "graded", NO_WAVES, True,
    ),
    "coursekit.fourier": Beast(
        waves("from coursekit import fourier\nreturn fourier.dft(x)"),
        "graded", NO_WAVES, True,
    ),
    "coursekit.fourier, where it answers": Beast(
        waves(
            "from coursekit import fourier\ntry: return fourier.dft(x)\n"
            "except Exception: return 0 * x, 0 * x"
        ),
        "graded", NO_WAVES,
    ),
    "coursekit.fourier in a cell of one's own": Beast(
        last("from coursekit import fourier\nfourier.dft(np.ones(4))")
    ),
    "scipy.fftpack": Beast(
        waves("import scipy.fftpack\n" + CONVERT.format("scipy.fftpack.fft(x)")),
        flag=True,
    ),
    "inside of numpy.fft": Beast(
        waves(
            "from numpy.fft import _pocketfft_umath as u\n"
            "X = u.fft(x.astype(complex), 1.0, out=np.empty(len(x), complex))\n"
            "return X.real, -X.imag"
        ),
        flag=True,
    ),
    "inside of scipy.fft": Beast(
        waves(
            "from scipy.fft._pocketfft import pypocketfft as p\n"
            + CONVERT.format("p.c2c(x.astype(complex))")
        ),
        flag=True,
    ),
    "inside of torch": Beast(
        waves(
            "import torch\nX = torch._C._fft.fft_fft(torch.tensor(x)).numpy()\n"
            "return X.real, -X.imag"
        ),
        flag=True,
    ),
    "torch's operators": Beast(
        waves(
            "import torch\nX = torch.ops.aten.fft_fft(torch.tensor(x)).numpy()\n"
            "return X.real, -X.imag"
        ),
        flag=True,
    ),
    "by a name put together": Beast(
        waves(
            "import scipy.fftpack as s\nf = getattr(s, 'f' + 'ft')\n"
            + CONVERT.format("f(x)")
        ),
        flag=True,
    ),
    "by a text that is run": Beast(
        waves(
            "m = 'scipy.' + 'fft' + 'pack'\nf = vars(__import__(m, fromlist=['x']))\n"
            + CONVERT.format("f['f' + 'ft'](x)")
        ),
        flag=True,
    ),
    "around the guard": Beast(
        waves(
            "f = [c.cell_contents for c in np.fft.fft.__closure__]\n"
            "f = next(g for g in f if callable(g) and hasattr(g, '__wrapped__')"
            " or 'fft' in getattr(g, '__name__', ''))\n" + CONVERT.format("f(x)")
        ),
        flag=True,
    ),
    "pasted": Beast(
        write(
            "waves",
            f"{HELPERS}{PASTED}\ndef waves(x):\n    C, S = my_matrix(len(x))\n"
            "    return C @ x, S @ x",
        ),
        flag=True,
    ),
}  # fmt: skip

# --- right, and odd ---------------------------------------------------------------

RIGHT = {
    "as it should be": Beast(),
    "slow": Beast(double("import time\ntime.sleep(0.3)\nreturn 2 * x")),
    "with warnings": Beast(
        double(
            "import sys, warnings\nwarnings.warn('careful')\n"
            "print('careful', file=sys.stderr)\nnp.log(np.zeros(1))\nreturn 2 * x"
        )
    ),
    "an exception on top": Beast(first("plot_my_signal(x)")),
    "single precision": Beast(double("return np.float32(2) * x")),
    "magics": Beast(first("%matplotlib inline\n%time 1 + 1")),
    "draws and plays": Beast(
        last("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")
    ),
}

ZOO = {**ENDS, **NOTEBOOKS, **FORGERIES, **NOT_THEIRS, **RIGHT}


@pytest.fixture
def hand_in(honest: NotebookNode, tmp_path: Path) -> Callable[..., Path]:
    """Return a function that hands in what a beast makes of the honest notebook."""

    def put(beast: Beast, name: str = "theirs") -> Path:
        folder = tmp_path / name
        folder.mkdir()
        notebook = copy.deepcopy(honest)
        if beast.change is not None:
            beast.change(notebook)
        (folder / NAME).write_text(nbformat.writes(notebook))
        if beast.folder is not None:
            beast.folder(folder)
        return folder

    return put


def check(name: str, result: Any) -> None:
    beast = ZOO[name]
    got = (result.status, result.points)
    assert got == (beast.status, {**FULL, **beast.points}), result.notes
    assert beast.flag in (None, result.flagged), result.notes
    assert all(type(value) is float for value in result.points.values())


@pytest.mark.parametrize("name", ZOO)
def test_each_in_the_sandbox(
    name: str, box: Runner, hand_in: Callable[..., Path], grade: Any
) -> None:
    ends = ZOO[name].status != "timeout"
    check(name, grade(hand_in(ZOO[name]), box, ends))


EVERYWHERE = (
    *("syntax error", "endless cell", "_exit in the function", "closes all files"),
    *("numpy.py", "equal to everything", "forged message", "np.fft", "remembers"),
)


@pytest.mark.parametrize("name", EVERYWHERE)
def test_some_without_a_sandbox_too(
    name: str, local: Runner, hand_in: Callable[..., Path], grade: Any
) -> None:
    assert not ZOO[name].only_in_box
    check(name, grade(hand_in(ZOO[name]), local))


def test_a_table_of_the_visible_cases_earns_these_alone(
    homework: Homework, box: Runner, hand_in: Callable[..., Path], grade: Any
) -> None:
    result = grade(hand_in(Beast(by_table(homework))), box)
    assert result.points == {"double": 1.0, "waves": 1.0, "size": 2.0}
    assert result.status == "graded"


NASTIEST = (
    *("deaf to signals", "fork bomb", "leaves a daemon", "closes all files"),
    *("forged message", "numpy patched", "answers for the child", "200 MB"),
)


def test_a_class_with_honest_people_among_them(
    box: Runner, hand_in: Callable[..., Path], grade: Any
) -> None:
    """Half of the class at once, honest and hostile beside each other."""
    folders = [hand_in(ZOO[name], f"theirs{i}") for i, name in enumerate(NASTIEST)]
    with ThreadPoolExecutor(2) as pool:
        theirs = [pool.submit(grade, folder, box) for folder in folders]
        for number in range(4):
            honest = grade(hand_in(Beast(), f"honest{number}"), box)
            assert (honest.status, honest.points) == ("graded", FULL)
            assert not honest.flagged
    for name, result in zip(NASTIEST, theirs, strict=True):
        assert result.result().points == {**FULL, **ZOO[name].points}, name


def test_a_second_grading_is_the_same(
    box: Runner, hand_in: Callable[..., Path], grade: Any
) -> None:
    folder = hand_in(ZOO["answer twice"])
    once, again = grade(folder, box), grade(folder, box)
    assert (once.points, once.notes) == (again.points, again.notes)


# --- what they may learn ----------------------------------------------------------

SEARCH = """import gc
def double(x):
    wanted = 2 * x
    for thing in gc.get_objects():
        inside = thing.values() if type(thing) is dict else thing
        if type(thing) not in (dict, list, tuple): continue
        for each in list(inside):
            for y in each if type(each) is tuple else (each,):
                if y is wanted or type(y) is not type(wanted): continue
                if np.array_equal(y, wanted): return y
    return 0 * x"""


def test_no_expected_value_is_in_the_childs_memory(
    box: Runner, hand_in: Callable[..., Path], grade: Any
) -> None:
    result = grade(hand_in(Beast(write("double", SEARCH))), box)
    hidden = [f for f in result.verdict.of("double") if not f.visible]
    assert [f.status.value for f in hidden] == ["value"]
    planted = write(
        "double", SEARCH.replace("    wanted", "    _kept = [2 * x]\n    wanted")
    )
    assert grade(hand_in(Beast(planted), "planted"), box).points == FULL


LOOKS = {
    "environment": "import os\nreturn str(dict(os.environ))",
    "other processes": (
        "import glob\nreturn ' '.join("
        "open(p, errors='replace').read() for p in glob.glob('/proc/[0-9]*/cmdline'))"
    ),
    "files": (
        "import os\nfound = ''\nfor root, dirs, files in os.walk('/'):\n"
        "    if root == '/': dirs[:] = [d for d in dirs if d not in "
        "('proc', 'usr', 'sys', 'lib', 'dev', 'nix', 'gnu')]\n"
        "    if root.endswith(('site-packages', 'lib')): dirs[:] = []\n"
        "    found += ' '.join(f for f in files if f in ('gradebook.db', "
        "'secret.key', 'canary.txt') or root.endswith(('cases', 'bank', 'hostile')))\n"
        "return found"
    ),
    "the grader's code": (
        "import importlib\nfound = ''\nfor name in ('marking.verdict', "
        "'marking.preprocessor', 'publishing.bank', 'course.directory'):\n"
        "    try: found += importlib.import_module("
        "'coursekit.grading.' + name).__name__ + ' canary'\n"
        "    except ImportError: pass\nreturn found"
    ),
    "network": (
        "import socket\ntry:\n    socket.create_connection(('127.0.0.1', PORT), 2)\n"
        "    return 'canary'\nexcept OSError:\n    return ''"
    ),
    "outside": (
        "found = ''\nfor place in PLACES:\n    try:\n"
        "        open(place + '/hostile-canary.txt', 'w').close()\n"
        "    except OSError: pass\nreturn found"
    ),
}


@pytest.mark.parametrize("name", LOOKS)
def test_there_is_nothing_to_see_and_nowhere_to_go(
    name: str, box: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_SECRET", "canary")
    places = [str(tmp_path), str(Path(__file__).parent), str(Path.home()), "/tmp"]
    (tmp_path / "canary.txt").write_text("canary")
    body = "\n".join("    " + line for line in LOOKS[name].splitlines())
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        head = f"PORT, PLACES = {port}, {places!r}\n"
        sleeper = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(60)", "canary"]
        )
        cells = [Cell("a", f"{head}def answer():\n{body}")]
        try:
            with contextlib.closing(box.open(cells, Setting())) as child:
                told = child.ask(Part("answer", 1, ""), (), 10.0)
        finally:
            sleeper.kill()
            sleeper.wait()
    assert isinstance(told, Value), told
    assert "canary" not in told.value
    assert name != "files" or told.value == ""
    assert not [p for p in places if Path(p, "hostile-canary.txt").exists()]
