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
from dataclasses import dataclass

import numpy as np

from coursekit import data, fourier
from coursekit.homework.checks.cases import (
    Args,
    Case,
    Homework,
    Misconception,
    Part,
    student_rng,
)
from coursekit.homework.checks.checker import ANYONE, Checker

Rng = np.random.Generator
Numbers = np.ndarray
Pair = tuple[Numbers, Numbers]

NAME = "hw1_dft"

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
    "coursekit.homework.hw1_dft.stft",
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


# --- a student's own recordings -------------------------------------------------

RATE = 16000
"""Samples per second of the recordings."""

NOTE = (0.75, 0.5)
"""When the two tones begin, and how long they last, in seconds."""

COARSEST = 500.0
"""The widest bins, in Hz, that still tell the vowels of the voice apart."""


@dataclass(frozen=True)
class Recording:
    """A recording made for one student.

    Parameters
    ----------
    x
        float64 ``(samples,)`` in [-1, 1].
    rate
        Samples per second.
    at
        Where the two things are: frequencies of the tones in Hz, or times of the
        clicks in seconds.
    caption
        What is heard.
    """

    x: Numbers
    rate: int
    at: tuple[float, float]
    caption: str

    @property
    def apart(self) -> float:
        """How far the two things are apart, in Hz or in seconds."""
        return self.at[1] - self.at[0]


def _voice(rng: Rng, seconds: float, level_db: float) -> Numbers:
    """Return an excerpt of the pack's speech at a level in dBFS (RMS)."""
    length = round(seconds * RATE)
    long = [c for c in data.clips("speech") if c.seconds >= seconds]
    sound = long[rng.integers(len(long))].audio(RATE)
    start = int(rng.integers(max(1, len(sound) - length)))
    x = sound[start : start + length]
    x = np.pad(x, (0, length - len(x)))
    return x * 10 ** (level_db / 20) / max(float(np.sqrt(np.mean(x**2))), 1e-6)


def _tones(rng: Rng) -> Recording:
    f1 = float(rng.integers(300, 900))
    f2 = f1 + float(rng.integers(100, 161)) / 10
    begin, lasting = (round(s * RATE) for s in NOTE)
    t = np.arange(lasting) / RATE
    edge = np.minimum(1, np.minimum(t, t[::-1]) / 0.005)  # no clicks at the ends
    x = _voice(rng, 2.0, -40).clip(-0.5, 0.5)
    note = np.cos(2 * np.pi * f1 * t) + np.cos(2 * np.pi * f2 * t)
    x[begin : begin + lasting] += 0.15 * edge * note
    caption = f"a quiet voice, and for half a second two tones {f2 - f1:.1f} Hz apart"
    return Recording(x, RATE, (f1, f2), caption)


def _clicks(rng: Rng) -> Recording:
    first = int(rng.integers(6000, 9000))
    second = first + int(rng.integers(96, 161))
    x = _voice(rng, 1.0, -45).clip(-0.1, 0.1)
    click = 0.7 * 0.6 ** np.arange(12) * (-1.0) ** np.arange(12)
    for start in (first, second):
        x[start : start + click.size] += click
    ms = (second - first) / RATE * 1000
    caption = f"a quiet voice, and in it two clicks {ms:.1f} ms apart"
    return Recording(x, RATE, (first / RATE, second / RATE), caption)


def my_tones(student: str = ANYONE) -> Recording:
    """Return the student's recording of two tones close in frequency.

    Parameters
    ----------
    student
        The name; each gets other tones, in another excerpt of speech.

    Examples
    --------
    >>> mine = my_tones("Ada")
    >>> mine.x.shape, mine.rate, 10 <= mine.apart <= 16
    ((32000,), 16000, True)
    """
    what = "frame_for_tones/the tones stand apart"
    return _tones(student_rng(NAME, student or ANYONE, what))


def my_clicks(student: str = ANYONE) -> Recording:
    """Return the student's recording of two clicks close in time.

    Examples
    --------
    >>> mine = my_clicks("Ada")
    >>> mine.x.shape, 0.006 <= mine.apart <= 0.01
    ((16000,), True)
    """
    what = "frame_for_clicks/the clicks stand apart"
    return _clicks(student_rng(NAME, student or ANYONE, what))


def my_voice(student: str = ANYONE) -> Recording:
    """Return two seconds of the student's own speaker, undisturbed.

    Examples
    --------
    >>> my_voice("Ada").x.shape
    (32000,)
    """
    x = _voice(student_rng(NAME, student or ANYONE, "my_voice"), 2.0, -24)
    return Recording(x.clip(-1, 1), RATE, (0.0, 2.0), "two seconds of a voice")


# --- judging a choice -----------------------------------------------------------


def _frame_fault(frame: object) -> str | None:
    if not isinstance(frame, int | float) or not 1 <= frame < np.inf:
        return "a frame length is a number of samples: a whole number above 0"
    return None


def judge_tones(frame: float, recording: Recording) -> str | None:
    """Return what is wrong with a frame length for two tones, or None.

    Right is what leaves a dip of 3 dB between the tones in the average spectrum
    of the note, seen through a Hann window (`coursekit.fourier.tone_dip`).
    """
    fault = _frame_fault(frame)
    if fault or frame > recording.x.size:
        return fault or f"{frame:g} samples are more than the recording has"
    begin, lasting = (round(s * recording.rate) for s in NOTE)
    note = recording.x[begin : begin + lasting]
    if frame > note.size:
        note = np.pad(note, int(frame) // 2)
    f1, f2 = recording.at
    if fourier.tones_separated(note, recording.rate, int(frame), f1, f2):
        return None
    return (
        f"with {frame:g} samples a bin is {recording.rate / frame:.3g} Hz wide: "
        f"the two tones, {recording.apart:.3g} Hz apart, melt into one line"
    )


def judge_note(frame: float) -> str | None:
    """Return None where a frame fits into the note that holds the tones."""
    fault = _frame_fault(frame)
    if fault or frame <= NOTE[1] * RATE:
        return fault
    return (
        f"a frame of {frame:g} samples lasts {frame / RATE:.2g} s, the note only "
        f"{NOTE[1]:g} s: what it adds to the note is not the note"
    )


def judge_clicks(frame: float, recording: Recording) -> str | None:
    """Return what is wrong with a frame length for two clicks, or None.

    Right is what leaves a dip of 3 dB between the clicks in the energy of frames
    with a Hann window (`coursekit.fourier.click_dip`).
    """
    fault = _frame_fault(frame)
    if fault or frame > recording.x.size:
        return fault or f"{frame:g} samples are more than the recording has"
    if fourier.clicks_separated(recording.x, recording.rate, int(frame), *recording.at):
        return None
    return (
        f"a frame of {frame:g} samples lasts {frame / recording.rate * 1e3:.3g} ms: "
        f"the two clicks, {recording.apart * 1e3:.3g} ms apart, fall into the same one"
    )


def judge_bins(frame: float) -> str | None:
    """Return None where the bins are still narrow enough for the voice."""
    fault = _frame_fault(frame)
    if fault or RATE / frame <= COARSEST:
        return fault
    return (
        f"with {frame:g} samples the bins are {RATE / frame:.3g} Hz wide: nothing is "
        f"left of the voice (at most {COARSEST:g} Hz)"
    )


# --- visible cases --------------------------------------------------------------


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


def _few(rng: Rng, n: int) -> Numbers:
    """Return whole numbers, so that expected and got are easy to read."""
    x = rng.integers(1, 10, n) * rng.choice([-1, 1], n)
    return x.astype(float)


def _four(rng: Rng) -> Args:
    return (4,)


def _own_size(rng: Rng) -> Args:
    return (int(rng.integers(5, 9)),)


def _constant(rng: Rng) -> Args:
    return (np.full(6, float(rng.integers(1, 10))),)


def _late_impulse(rng: Rng) -> Args:
    x = np.zeros(8)
    x[rng.choice([1, 3, 5, 7])] = float(rng.integers(2, 10))
    return (x,)


def _own_numbers(rng: Rng) -> Args:
    return (_few(rng, int(rng.integers(7, 10))),)


def _impulse_spectrum(rng: Rng) -> Args:
    return fourier.dft(_late_impulse(rng)[0])


def _own_spectrum(rng: Rng) -> Args:
    return fourier.dft(_own_numbers(rng)[0])


def _eight(rng: Rng) -> Args:
    return (8,)


def _odd_length(rng: Rng) -> Args:
    return (int(rng.choice([5, 7, 9, 11])),)


def _short_signal(rng: Rng) -> Args:
    return (_few(rng, 20), 8, 4)


def _left_over(rng: Rng) -> Args:
    return (_few(rng, 23 + int(rng.integers(3))), 10, 4)


def _ones(rng: Rng) -> Args:
    return (np.ones((4, 3)), 2)


def _half_apart(rng: Rng) -> Args:
    # Halves, so that sums kept in whole numbers are seen.
    return (_few(rng, 24).reshape(6, 4) / 2, 3)


def _my_tones_case(rng: Rng) -> Args:
    return (_tones(rng),)


def _my_clicks_case(rng: Rng) -> Args:
    return (_clicks(rng),)


def _nothing(rng: Rng) -> Args:
    return ()


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


# --- misconceptions -------------------------------------------------------------
#
# Wrong matrices are wrong in all that is computed from them, so they are written
# once, as functions of n, and applied to each part.


def _at(angle: Numbers) -> Pair:
    return np.cos(angle), np.sin(angle)


def _products(n: int, first: int = 0) -> Numbers:
    t = np.arange(first, n + first)
    return np.outer(t, t)


_WRONG_MATRICES: dict[str, tuple[str, Callable[[int], Pair]]] = {
    "sine-sign-flipped": (
        "with the sine's sign flipped: numpy writes it so, the lecture's has a plus",
        lambda n: _at(-2 * np.pi * _products(n) / n),
    ),
    "missing-two-pi": (
        "without 2π: the cosine counts in radians, not in turns",
        lambda n: _at(_products(n) / n),
    ),
    "half-turns": (
        "with π instead of 2π: each wave turns half as often as it should",
        lambda n: _at(np.pi * _products(n) / n),
    ),
    "degrees-for-radians": (
        "with 360 for a turn: numpy's cosine wants radians, 2π for a turn",
        lambda n: _at(360.0 * _products(n) / n),
    ),
    "n-minus-one": (
        "over N - 1 instead of N: the wave closes one sample too early",
        lambda n: _at(2 * np.pi * _products(n) / (n - 1)),
    ),
    "counted-from-one": (
        "with f and t counted from 1: both begin at 0",
        lambda n: _at(2 * np.pi * _products(n, 1) / n),
    ),
    "sine-and-cosine-swapped": (
        "with sine and cosine swapped: the cosine belongs to X_r",
        lambda n: _at(2 * np.pi * _products(n) / n)[::-1],
    ),
}

_SCALES: dict[str, tuple[str, Callable[[int], float]]] = {
    "scaled-forward": (
        "divided by N: the forward transform is unscaled, 1/N belongs to the inverse",
        lambda n: 1 / n,
    ),
    "orthonormal": (
        "divided by √N: the lecture keeps all of 1/N for the inverse",
        lambda n: 1 / np.sqrt(n),
    ),
}


def _columns(x: Numbers, frame: int, hop: int) -> Numbers:
    """Return frames as columns, of any hop, also where the frame is the shorter."""
    starts = range(0, len(x) - frame + 1, hop)
    return np.stack([x[start : start + frame] for start in starts], axis=1)


def _spectra(frames: Numbers, matrices: Callable[[int], Pair]) -> Numbers:
    C, S = matrices(len(frames))
    return ((C - 1j * S) @ frames)[: len(frames) // 2 + 1]


def _stft_with(
    window: Callable[[int], Numbers], x: Numbers, frame: int, hop: int
) -> Numbers:
    frames = _columns(x, frame, hop) * window(frame)[:, None]
    return np.fft.rfft(frames, axis=0)


def _hann(n: int) -> Numbers:
    return np.sin(np.pi * np.arange(n) / n) ** 2


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


def _half_matrix(n: int) -> Pair:
    C, S = fourier.dft_matrix(n)
    return C[: n // 2 + 1], S[: n // 2 + 1]


def _half_spectrum(x: Numbers) -> Pair:
    X_r, X_i = fourier.dft(x)
    return X_r[: len(x) // 2 + 1], X_i[: len(x) // 2 + 1]


def _polar(x: Numbers) -> Pair:
    X_r, X_i = fourier.dft(x)
    return np.hypot(X_r, X_i), np.arctan2(X_i, X_r)


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
