"""A window, frames under it, their spectra, and frames put together again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from coursekit import fourier
from coursekit.homework.checks.calls import Args
from coursekit.homework.hw1_dft.transform import (
    Numbers,
    Pair,
    Rng,
    _few,
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
