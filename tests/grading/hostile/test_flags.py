"""What is flagged for a human, and what is not: an innocent flag wears him out."""

import dataclasses

import pytest

from coursekit.grading.marking import flags
from coursekit.grading.publishing import bank
from coursekit.grading.sandbox.contract import Cell
from coursekit.homework.hw1_dft import HOMEWORK

SUSPECT = {
    "import scipy.fftpack as s": "fftpack",
    "from numpy.fft import _pocketfft_umath as u": "fft",
    "X = u._pocketfft_umath(x)": "pocketfft",
    "torch._C._fft.fft_fft(x)": "_fft",
    "torch._C._VariableFunctions._fft_r2c(x)": "_fft_r2c",
    "p.c2c(x)": "c2c",
    "vars(np)['fft']": "fft",
    "from coursekit.fourier import _rfft": "_rfft",
    "%time X = np.fft.fft(x)": "fft",
    "librosa.feature.melspectrogram(y=x)": "melspectrogram",
    "getattr(np, 'f' + 'ft')": "getattr",
    "__import__('scipy.' + name)": "__import__",
    "importlib.import_module(name)": "import_module",
    "eval('np.ff' + 't')": "eval",
    "exec(text)": "exec",
    "np.fft.fft.__closure__": "fft",
    "f.__wrapped__": "__wrapped__",
    "import coursekit.grading.marking.verdict": "coursekit.grading",
    "def f(:\n  np.fft.fft(x)": "fft",
}
INNOCENT = (
    "def fft(x):\n    return fft(x[::2]) + fft(x[1::2])",
    "np.fftfreq = None",
    "# np.fft.fft would do it at once",
    '"""Not with np.fft.fft, but by two sums"""',
    "getattr(x, 'ndim', 0)",
    "__import__('math')",
    "%matplotlib inline",
    "plt.title('my stft, and the fft of it')",
    "model.eval",
    "C @ x",
)


def look(source, files=None):
    return flags.look([Cell("a", source)], HOMEWORK, files)


@pytest.mark.parametrize("source", SUSPECT)
def test_what_reaches_a_transform_is_flagged(source):
    told = look(source)
    assert told
    assert SUSPECT[source] in " ".join(told)


@pytest.mark.parametrize("source", INNOCENT)
def test_what_is_ordinary_is_not(source):
    assert look(source) == ()


def test_cells_of_the_course_are_passed_over():
    assert flags.look([Cell("a", "np.fft.fft(x)", ours=True)], HOMEWORK) == ()


def test_a_homework_that_forbids_nothing_may_use_all():
    free = dataclasses.replace(HOMEWORK, forbidden=())
    assert flags.look([Cell("a", "np.fft.fft(x)")], free) == ()


def test_modules_beside_the_notebook_are_read_too(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "helper.py").write_text("import scipy.fftpack")
    (tmp_path / "link.py").symlink_to(tmp_path / "inner" / "helper.py")
    told = look("import helper", tmp_path)
    assert told == ("file 'inner/helper.py' names a ready-made transform: 'fftpack'",)


def test_nobody_in_the_bank_is_flagged():
    for answer in bank.load("hw1_dft"):
        cells = [Cell(k, v) for k, v in {**answer.rest, **answer.cells}.items()]
        assert flags.look(cells, HOMEWORK) == (), answer.name
