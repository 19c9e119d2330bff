"""Homework 1: the discrete Fourier transform, by hand.

The parts, the visible cases and the misconceptions of the first homework, and
the recordings that each student gets to choose a frame length for. Conventions
are those of `coursekit.fourier`: unscaled forward, 1/N backward, the deck's plus
sign in X_i, one frame per column.

Lectures 01 and 02; slides "Discrete Fourier Transform" and "Short-Time Fourier
Transform".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from coursekit import fourier
from coursekit.homework.checks.cases import (
    Case,
    Homework,
    Misconception,
    Part,
)
from coursekit.homework.checks.checker import Checker
from coursekit.homework.hw1_dft.frames import (
    _add,
    _add_whole,
    _average,
    _columns,
    _eight,
    _half_apart,
    _hann,
    _left_over,
    _odd_length,
    _ones,
    _overwrite,
    _padded_at_the_end,
    _pile,
    _short_signal,
    _spectra,
    _stft_with,
    stft,
)
from coursekit.homework.hw1_dft.resolution import (
    COARSEST,
    NAME,
    _my_clicks_case,
    _my_tones_case,
    _nothing,
    judge_bins,
    judge_clicks,
    judge_note,
    judge_tones,
    my_clicks,
    my_tones,
    my_voice,
)
from coursekit.homework.hw1_dft.transform import (
    _SCALES,
    _WRONG_MATRICES,
    Numbers,
    Pair,
    _constant,
    _four,
    _half_matrix,
    _half_spectrum,
    _impulse_spectrum,
    _late_impulse,
    _own_numbers,
    _own_size,
    _own_spectrum,
    _polar,
)

PARTS = (
    Part("dft_matrix", 4, "01_dft", results=("C", "S")),
    Part("dft", 5, "01_dft", results=("X_r", "X_i")),
    Part("idft", 4, "01_dft"),
    Part("hann", 3, "02_stft"),
    Part("stft", 6, "02_stft"),
    Part("overlap_add", 4, "02_stft"),
    Part("frame_for_tones", 2, "02_stft", is_value=True),
    Part("frame_for_clicks", 2, "02_stft", is_value=True),
)

FORBIDDEN = (
    "coursekit.fourier.dft_matrix",
    "coursekit.fourier.dft",
    "coursekit.fourier.idft",
    "coursekit.fourier.window",
    "coursekit.fourier.split_frames",
    "coursekit.fourier.stft",
    "coursekit.fourier.istft",
    "coursekit.fourier.overlap_add",
    "coursekit.homework.hw1_dft.frames.stft",
    "numpy.fft",
    "scipy.fft",
    "scipy.fftpack",
    "scipy.linalg.dft",
    "scipy.signal.stft",
    "scipy.signal.istft",
    "scipy.signal.spectrogram",
    "scipy.signal.ShortTimeFFT",
    "torch.fft",
    "torch.stft",
    "torch.istft",
    "librosa.core.spectrum.stft",
    "librosa.core.spectrum.istft",
    "librosa.util.utils.frame",
)
"""What the homework asks to write: modules, and functions by module and name."""

VISIBLE = (
    Case(
        "dft_matrix", "four samples", _four, fourier.dft_matrix, 0.5,
        "Row f, column t: cos(2π f t / n); all entries for n = 4 are 0, 1 or -1.",
    ),
    Case(
        "dft_matrix", "a size of your own", _own_size, fourier.dft_matrix, 1,
        "np.outer(f, t) makes all the products f t at once.",
    ),
    Case(
        "dft", "a constant", _constant, fourier.dft, 0.5,
        "A constant has only the frequency 0: its sum stands in X_r[0].",
    ),
    Case(
        "dft", "a late impulse", _late_impulse, fourier.dft, 0.5,
        "A single sample at t picks out column t of each matrix.",
    ),
    Case(
        "dft", "numbers of your own", _own_numbers, fourier.dft, 1,
        "Each of the two is one matrix product, C @ x and S @ x.",
    ),
    Case(
        "idft", "an impulse comes back", _impulse_spectrum, fourier.idft, 0.5,
        "Add the cosines weighted with X_r and the sines weighted with X_i.",
    ),
    Case(
        "idft", "your numbers come back", _own_spectrum, fourier.idft, 1,
        "The waves' energy is N: that is where 1/N comes from.",
    ),
    Case(
        "hann", "eight samples", _eight, lambda n: fourier.window("hann", n), 0.5,
        "It begins at 0, is 1 in the middle, and the 0 at its end is left out.",
    ),
    Case(
        "hann", "an odd length", _odd_length, lambda n: fourier.window("hann", n), 0.5,
        "One whole turn of the cosine takes n samples, not n - 1.",
    ),
    Case(
        "stft", "a short signal", _short_signal, stft, 1,
        "Write down on paper which samples go into which column.",
    ),
    Case(
        "stft", "samples left over", _left_over, stft, 1,
        "As many frames as fit whole: 1 + (len(x) - frame) // hop.",
    ),
    Case(
        "overlap_add", "frames of ones", _ones, fourier.overlap_add, 0.5,
        "Where two frames overlap, two ones add up to 2.",
    ),
    Case(
        "overlap_add", "half a frame apart", _half_apart, fourier.overlap_add, 1,
        "Column t begins at sample t * hop; add with +=.",
    ),
    Case(
        "frame_for_tones", "the tones stand apart", _my_tones_case,
        lambda recording: 4096, 1.5,
        "Two tones stand apart under a Hann window from about two bins on.",
        rtol=0.1, because="a misconception's frame length need only be met roughly",
        judge=judge_tones,
    ),
    Case(
        "frame_for_tones", "the frame fits into the note", _nothing, lambda: 4096,
        0.5, "The note lasts half a second.",
        judge=judge_note,
    ),
    Case(
        "frame_for_clicks", "the clicks stand apart", _my_clicks_case,
        lambda recording: 128, 1.5,
        "Under a Hann window two clicks stand apart from about half a frame on.",
        rtol=0.1, because="a misconception's frame length need only be met roughly",
        judge=judge_clicks,
    ),
    Case(
        "frame_for_clicks", "the voice is still there", _nothing, lambda: 128, 0.5,
        f"Bins no wider than {COARSEST:g} Hz.",
        judge=judge_bins,
    ),
)  # fmt: skip


def _wrong_matrices() -> Iterator[Misconception]:
    for name, (how, matrices) in _WRONG_MATRICES.items():

        def forward(x: Numbers, matrices: Callable[[int], Pair] = matrices) -> Pair:
            C, S = matrices(len(x))
            return C @ x, S @ x

        def back(
            X_r: Numbers, X_i: Numbers, matrices: Callable[[int], Pair] = matrices
        ) -> Numbers:
            C, S = matrices(len(X_r))
            return (C @ X_r + S @ X_i) / len(X_r)

        def spectrogram(
            x: Numbers,
            frame: int,
            hop: int,
            matrices: Callable[[int], Pair] = matrices,
        ) -> Numbers:
            frames = _columns(x, frame, hop) * _hann(frame)[:, None]
            return _spectra(frames, matrices)

        yield Misconception("dft_matrix", name, f"these are the waves {how}", matrices)
        yield Misconception("dft", name, f"this is the DFT {how}", forward)
        yield Misconception("idft", name, f"this is the inverse {how}", back)
        yield Misconception("stft", name, f"this is the STFT {how}", spectrogram)


def _wrong_scales() -> Iterator[Misconception]:
    for name, (how, scale) in _SCALES.items():

        def matrices(n: int, scale: Callable[[int], float] = scale) -> Pair:
            C, S = fourier.dft_matrix(n)
            return C * scale(n), S * scale(n)

        def forward(x: Numbers, scale: Callable[[int], float] = scale) -> Pair:
            X_r, X_i = fourier.dft(x)
            return X_r * scale(len(x)), X_i * scale(len(x))

        def spectrogram(
            x: Numbers, frame: int, hop: int, scale: Callable[[int], float] = scale
        ) -> Numbers:
            return stft(x, frame, hop) * scale(frame)

        yield Misconception("dft_matrix", name, f"these are the waves {how}", matrices)
        yield Misconception("dft", name, f"this is the DFT {how}", forward)
        yield Misconception("stft", name, f"this is the STFT {how}", spectrogram)


_OTHERS = (
    Misconception(
        "dft_matrix", "only-half-the-rows",
        "these are the rows up to n/2: right for real sounds, but the matrices are "
        "square, n by n",
        _half_matrix,
    ),
    Misconception(
        "dft_matrix", "one-complex-result",
        "this is one complex matrix: the lecture keeps C and S, two real ones",
        lambda n: fourier.dft_matrix(n)[0] - 1j * fourier.dft_matrix(n)[1],
    ),
    Misconception(
        "dft", "only-half-the-bins",
        "these are the bins up to N/2: all N are asked for here",
        _half_spectrum,
    ),
    Misconception(
        "dft", "magnitude-and-phase",
        "these are magnitude and phase: asked for are X_r and X_i themselves",
        _polar,
    ),
    Misconception(
        "dft", "one-complex-result",
        "this is one complex spectrum, X_r - j X_i: return the pair X_r, X_i",
        np.fft.fft,
    ),
    Misconception(
        "idft", "missing-one-over-n",
        "this is the inverse without 1/N: each sample is N times too large",
        lambda X_r, X_i: fourier.idft(X_r, X_i) * len(X_r),
    ),
    Misconception(
        "idft", "orthonormal",
        "this is the inverse with 1/√N: the forward transform is unscaled, so the "
        "inverse needs all of 1/N",
        lambda X_r, X_i: fourier.idft(X_r, X_i) * np.sqrt(len(X_r)),
    ),
    Misconception(
        "idft", "cosines-only",
        "these are the cosines alone: the sines, weighted with X_i, are missing",
        lambda X_r, X_i: fourier.idft(X_r, 0 * X_i),
    ),
    Misconception(
        "idft", "complex-result",
        "this is right, but complex: the sound is real, so return real numbers",
        lambda X_r, X_i: fourier.idft(X_r, X_i).astype(complex),
    ),
    Misconception(
        "hann", "symmetric-hann",
        "this is the symmetric Hann window (np.hanning): its last 0 repeats the "
        "first, and the sum of overlapping windows is not constant",
        np.hanning,
    ),
    Misconception(
        "hann", "missing-half",
        "this is 1 - cos without the half: the window reaches 2 instead of 1",
        lambda n: 2 * _hann(n),
    ),
    Misconception(
        "hann", "upside-down",
        "this window is upside down (a plus before the cosine): it is 1 at the ends",
        lambda n: 1 - _hann(n),
    ),
    Misconception(
        "hann", "hamming",
        "this is the Hamming window, 0.54 - 0.46 cos: it does not begin at 0",
        lambda n: fourier.window("hamming", n),
    ),
    Misconception(
        "hann", "square-root-hann",
        "this is the sine window, the square root of Hann's",
        lambda n: np.sqrt(_hann(n)),
    ),
    Misconception(
        "hann", "half-turns",
        "this is the rising half of the window (π instead of 2π)",
        lambda n: 0.5 - 0.5 * np.cos(np.pi * np.arange(n) / n),
    ),
    Misconception(
        "stft", "no-window",
        "this is the STFT without a window",
        lambda x, frame, hop: _stft_with(np.ones, x, frame, hop),
    ),
    Misconception(
        "stft", "window-twice",
        "this is the STFT with the window applied twice",
        lambda x, frame, hop: _stft_with(lambda n: _hann(n) ** 2, x, frame, hop),
    ),
    Misconception(
        "stft", "symmetric-hann",
        "this is the STFT under the symmetric Hann window; use the periodic one",
        lambda x, frame, hop: _stft_with(np.hanning, x, frame, hop),
    ),
    Misconception(
        "stft", "window-missing-half",
        "the window is 1 - cos without the half, so everything is twice too large",
        lambda x, frame, hop: 2 * stft(x, frame, hop),
    ),
    Misconception(
        "stft", "hop-and-frame-swapped",
        "frame and hop have changed places",
        lambda x, frame, hop: _stft_with(_hann, x, hop, frame),
    ),
    Misconception(
        "stft", "last-frame-missing",
        "the last frame is missing: it still fits",
        lambda x, frame, hop: stft(x, frame, hop)[:, :-1],
    ),
    Misconception(
        "stft", "frames-along-rows",
        "the spectra stand in the rows: one frame is one column",
        lambda x, frame, hop: stft(x, frame, hop).T,
    ),
    Misconception(
        "stft", "magnitude-only",
        "this is the magnitude: the phase is thrown away, and nothing can be put back",
        lambda x, frame, hop: np.abs(stft(x, frame, hop)),
    ),
    Misconception(
        "stft", "all-bins",
        "these are all bins: those above frame // 2 only repeat the others, mirrored",
        lambda x, frame, hop: np.fft.fft(
            _columns(x, frame, hop) * _hann(frame)[:, None], axis=0
        ),
    ),
    Misconception(
        "stft", "padded-at-the-end",
        "zeros were added for one more frame: only whole frames are asked for",
        _padded_at_the_end,
    ),
    Misconception(
        "stft", "centred",
        "zeros were added before and after the sound, as libraries do; here the first "
        "frame begins at the first sample",
        fourier.stft,
    ),
    Misconception(
        "overlap_add", "concatenated",
        "the frames stand one after the other: they should begin one hop apart",
        lambda frames, hop: frames.T.ravel(),
    ),
    Misconception(
        "overlap_add", "overwritten",
        "each frame overwrites the one before (= instead of +=)",
        lambda frames, hop: _pile(frames, hop, _overwrite),
    ),
    Misconception(
        "overlap_add", "averaged",
        "this is the average of the frames where they overlap: asked for is their sum",
        _average,
    ),
    Misconception(
        "overlap_add", "frames-along-rows",
        "the rows were taken for the frames: one frame is one column",
        lambda frames, hop: _pile(frames.T, hop, _add),
    ),
    Misconception(
        "overlap_add", "whole-numbers",
        "the sum is kept in whole numbers, so all decimals are cut off: begin with "
        "zeros that are floats",
        lambda frames, hop: _pile(frames, hop, _add_whole),
    ),
    Misconception(
        "overlap_add", "last-frame-missing",
        "the last frame was not added",
        lambda frames, hop: fourier.overlap_add(
            frames * (np.arange(frames.shape[1]) < frames.shape[1] - 1), hop
        ),
    ),
    Misconception(
        "frame_for_tones", "one-bin-apart",
        "this frame puts the tones one bin apart: a Hann window blurs each tone over "
        "four bins, and two bins between them is the least that shows a gap",
        lambda recording: round(recording.rate / recording.apart),
    ),
)  # fmt: skip

HOMEWORK = Homework(
    NAME,
    PARTS,
    VISIBLE,
    (*_wrong_matrices(), *_wrong_scales(), *_OTHERS),
    forbidden=FORBIDDEN,
)

check = Checker(HOMEWORK)

__all__ = ["HOMEWORK", "check", "my_clicks", "my_tones", "my_voice"]
