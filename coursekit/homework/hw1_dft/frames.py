"""A window, frames under it, their spectra, and frames put together again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from coursekit import fourier
from coursekit.homework.checks.calls import Args
from coursekit.homework.checks.exercise import CaseSpec, Exercise, Mistakes, built_on
from coursekit.homework.hw1_dft.transform import SCALES, WRONG_MATRICES
from coursekit.homework.own_data import Numbers, Pair, Rng, few_numbers


def stft(x: Numbers, frame: int, hop: int) -> Numbers:
    """Return the homework's STFT: whole frames only, nothing padded.

    Parameters
    ----------
    x
        Real sound ``(samples,)``, at least one frame long.
    frame, hop
        In samples.

    Returns
    -------
    X
        Complex ``(frame // 2 + 1, T)`` with ``T = 1 + (samples - frame) // hop``:
        ``X_r - 1j * X_i`` of each frame under the periodic Hann window, so columns
        that `coursekit.fourier.stft` has as well.

    Examples
    --------
    >>> stft(np.ones(10), 4, 2).shape
    (3, 4)
    """
    frames = fourier.split_frames(x, frame, hop).T * fourier.window("hann", frame)
    X_r, X_i = fourier.dft(frames)
    return (X_r - 1j * X_i)[:, : frame // 2 + 1].T


# --- what is asked ---------------------------------------------------------------


def _eight(rng: Rng) -> Args:
    return (8,)


def _odd_length(rng: Rng) -> Args:
    return (int(rng.choice([5, 7, 9, 11])),)


def _short_signal(rng: Rng) -> Args:
    return (few_numbers(rng, 20), 8, 4)


def _left_over(rng: Rng) -> Args:
    return (few_numbers(rng, 23 + int(rng.integers(3))), 10, 4)


def _ones(rng: Rng) -> Args:
    return (np.ones((4, 3)), 2)


def _half_apart(rng: Rng) -> Args:
    # Halves, so that sums kept in whole numbers are seen.
    return (few_numbers(rng, 24).reshape(6, 4) / 2, 3)


# --- misconceptions -------------------------------------------------------------


def _columns(x: Numbers, frame: int, hop: int) -> Numbers:
    """Return frames as columns, of any hop, also where the frame is the shorter."""
    starts = range(0, len(x) - frame + 1, hop)
    return np.stack([x[start : start + frame] for start in starts], axis=1)


def _stft_with(
    window: Callable[[int], Numbers], x: Numbers, frame: int, hop: int
) -> Numbers:
    frames = _columns(x, frame, hop) * window(frame)[:, None]
    return np.fft.rfft(frames, axis=0)


def _hann(n: int) -> Numbers:
    return np.sin(np.pi * np.arange(n) / n) ** 2


def _pile(frames: Numbers, hop: int, put: Callable[..., None]) -> Numbers:
    frame, T = frames.shape
    x = np.zeros((T - 1) * hop + frame)
    for t in range(T):
        put(x[t * hop : t * hop + frame], frames[:, t])
    return x


def _overwrite(place: Numbers, frame: Numbers) -> None:
    place[:] = frame


def _add(place: Numbers, frame: Numbers) -> None:
    place += frame


def _add_whole(place: Numbers, frame: Numbers) -> None:
    place[:] = np.trunc(place + frame)


def _average(frames: Numbers, hop: int) -> Numbers:
    total = fourier.overlap_add(frames, hop)
    return total / fourier.overlap_add(np.ones_like(frames), hop)


def _padded_at_the_end(x: Numbers, frame: int, hop: int) -> Numbers:
    missing = -(len(x) - frame) % hop
    return stft(np.pad(x, (0, missing)), frame, hop)


def _stft_by(matrices: Callable[[int], Pair]) -> Callable[..., Numbers]:
    """Return an STFT by other matrices."""

    def spectrogram(x: Numbers, frame: int, hop: int) -> Numbers:
        frames = _columns(x, frame, hop) * _hann(frame)[:, None]
        C, S = matrices(len(frames))
        return ((C - 1j * S) @ frames)[: len(frames) // 2 + 1]

    return spectrogram


def _stft_times(scale: Callable[[int], float]) -> Callable[..., Numbers]:
    """Return the right STFT, scaled."""
    return lambda x, frame, hop: stft(x, frame, hop) * scale(frame)


_WRONG_WINDOWS: Mistakes = {
    "symmetric-hann": (
        "this is the symmetric Hann window (np.hanning): its last 0 repeats the "
        "first, and the sum of overlapping windows is not constant",
        np.hanning,
    ),
    "missing-half": (
        "this is 1 - cos without the half: the window reaches 2 instead of 1",
        lambda n: 2 * _hann(n),
    ),
    "upside-down": (
        "this window is upside down (a plus before the cosine): it is 1 at the ends",
        lambda n: 1 - _hann(n),
    ),
    "hamming": (
        "this is the Hamming window, 0.54 - 0.46 cos: it does not begin at 0",
        lambda n: fourier.window("hamming", n),
    ),
    "square-root-hann": (
        "this is the sine window, the square root of Hann's",
        lambda n: np.sqrt(_hann(n)),
    ),
    "half-turns": (
        "this is the rising half of the window (π instead of 2π)",
        lambda n: 0.5 - 0.5 * np.cos(np.pi * np.arange(n) / n),
    ),
}

_OTHER_STFTS: Mistakes = {
    "no-window": (
        "this is the STFT without a window",
        lambda x, frame, hop: _stft_with(np.ones, x, frame, hop),
    ),
    "window-twice": (
        "this is the STFT with the window applied twice",
        lambda x, frame, hop: _stft_with(lambda n: _hann(n) ** 2, x, frame, hop),
    ),
    "symmetric-hann": (
        "this is the STFT under the symmetric Hann window; use the periodic one",
        lambda x, frame, hop: _stft_with(np.hanning, x, frame, hop),
    ),
    "window-missing-half": (
        "the window is 1 - cos without the half, so everything is twice too large",
        lambda x, frame, hop: 2 * stft(x, frame, hop),
    ),
    "hop-and-frame-swapped": (
        "frame and hop have changed places",
        lambda x, frame, hop: _stft_with(_hann, x, hop, frame),
    ),
    "last-frame-missing": (
        "the last frame is missing: it still fits",
        lambda x, frame, hop: stft(x, frame, hop)[:, :-1],
    ),
    "frames-along-rows": (
        "the spectra stand in the rows: one frame is one column",
        lambda x, frame, hop: stft(x, frame, hop).T,
    ),
    "magnitude-only": (
        "this is the magnitude: the phase is thrown away, and nothing can be put back",
        lambda x, frame, hop: np.abs(stft(x, frame, hop)),
    ),
    "all-bins": (
        "these are all bins: those above frame // 2 only repeat the others, mirrored",
        lambda x, frame, hop: np.fft.fft(
            _columns(x, frame, hop) * _hann(frame)[:, None], axis=0
        ),
    ),
    "padded-at-the-end": (
        "zeros were added for one more frame: only whole frames are asked for",
        _padded_at_the_end,
    ),
    "centred": (
        "zeros were added before and after the sound, as libraries do; here the first "
        "frame begins at the first sample",
        fourier.stft,
    ),
}

_WRONG_SUMS: Mistakes = {
    "concatenated": (
        "the frames stand one after the other: they should begin one hop apart",
        lambda frames, hop: frames.T.ravel(),
    ),
    "overwritten": (
        "each frame overwrites the one before (= instead of +=)",
        lambda frames, hop: _pile(frames, hop, _overwrite),
    ),
    "averaged": (
        "this is the average of the frames where they overlap: asked for is their sum",
        _average,
    ),
    "frames-along-rows": (
        "the rows were taken for the frames: one frame is one column",
        lambda frames, hop: _pile(frames.T, hop, _add),
    ),
    "whole-numbers": (
        "the sum is kept in whole numbers, so all decimals are cut off: begin with "
        "zeros that are floats",
        lambda frames, hop: _pile(frames, hop, _add_whole),
    ),
    "last-frame-missing": (
        "the last frame was not added",
        lambda frames, hop: fourier.overlap_add(
            frames * (np.arange(frames.shape[1]) < frames.shape[1] - 1), hop
        ),
    ),
}


# --- exercises ------------------------------------------------------------------

HANN = Exercise(
    "hann", 3, "02_stft", lambda n: fourier.window("hann", n),
    visible=(
        CaseSpec(
            "eight samples", _eight, 0.5,
            "It begins at 0, is 1 in the middle, and the 0 at its end is left out.",
        ),
        CaseSpec(
            "an odd length", _odd_length, 0.5,
            "One whole turn of the cosine takes n samples, not n - 1.",
        ),
    ),
    mistakes=(_WRONG_WINDOWS,),
    forbidden=("coursekit.fourier.window",),
)  # fmt: skip

STFT = Exercise(
    "stft", 6, "02_stft", stft,
    visible=(
        CaseSpec(
            "a short signal", _short_signal, 1,
            "Write down on paper which samples go into which column.",
        ),
        CaseSpec(
            "samples left over", _left_over, 1,
            "As many frames as fit whole: 1 + (len(x) - frame) // hop.",
        ),
    ),
    mistakes=(
        built_on(WRONG_MATRICES, "this is the STFT {}", _stft_by),
        built_on(SCALES, "this is the STFT {}", _stft_times),
        _OTHER_STFTS,
    ),
    forbidden=(
        "coursekit.fourier.split_frames", "coursekit.fourier.stft",
        "coursekit.fourier.istft", "scipy.signal.stft", "scipy.signal.istft",
        "scipy.signal.spectrogram", "scipy.signal.ShortTimeFFT", "torch.stft",
        "torch.istft", "librosa.core.spectrum.stft", "librosa.core.spectrum.istft",
        "librosa.util.utils.frame",
    ),
)  # fmt: skip

OVERLAP_ADD = Exercise(
    "overlap_add", 4, "02_stft", fourier.overlap_add,
    visible=(
        CaseSpec(
            "frames of ones", _ones, 0.5,
            "Where two frames overlap, two ones add up to 2.",
        ),
        CaseSpec(
            "half a frame apart", _half_apart, 1,
            "Column t begins at sample t * hop; add with +=.",
        ),
    ),
    mistakes=(_WRONG_SUMS,),
)  # fmt: skip

EXERCISES = (HANN, STFT, OVERLAP_ADD)
