"""A homework of three parts, small enough to be graded in a second."""

import numpy as np

from coursekit.homework.checks.cases import Case, Homework, Misconception, Part


def double(x):
    return 2 * x


def waves(x):
    n = len(x)
    angle = 2 * np.pi * np.outer(np.arange(n), np.arange(n)) / n
    return np.cos(angle) @ x, np.sin(angle) @ x


def judge_size(size, wanted):
    return None if size == wanted else f"{size} is not the number of the day"


PARTS = (
    Part("double", 3, "01_dft"),
    Part("waves", 4, "01_dft", results=("X_r", "X_i")),
    Part("size", 2, "02_stft", is_value=True),
)
VISIBLE = (
    Case("double", "a number", lambda rng: (float(rng.integers(1, 99)),), double, 1),
    Case("waves", "four numbers", lambda rng: (rng.normal(size=4),), waves, 1),
    Case(
        "size",
        "yours",
        lambda rng: (int(rng.integers(10_000)),),
        None,
        2,
        judge=judge_size,
    ),
)
HIDDEN = (
    Case("double", "an array", lambda rng: (rng.normal(size=5),), double, 2, seconds=1),
    Case("waves", "nine numbers", lambda rng: (rng.normal(size=9),), waves, 2),
    Case("waves", "a long one", lambda rng: (rng.normal(size=64),), waves, 1),
)
HOMEWORK = Homework(
    "toy",
    PARTS,
    VISIBLE,
    (
        Misconception(
            "waves",
            "sine-sign-flipped",
            "this has the sine's sign flipped",
            lambda x: (waves(x)[0], -waves(x)[1]),
        ),
    ),
)

RIGHT = """
def double(x):
    return 2 * x

def waves(x):
    n = len(x)
    angle = 2 * np.pi * np.outer(np.arange(n), np.arange(n)) / n
    return np.cos(angle) @ x, np.sin(angle) @ x
"""
FORBIDDEN = (
    "numpy.fft",
    "scipy.fft",
    "torch.fft",
    "librosa.core.spectrum.stft",
    "coursekit.fourier.dft",
    "coursekit.fourier.stft",
)
