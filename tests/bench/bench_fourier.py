"""`coursekit.fourier` against librosa: a minute of audio, one thread."""

from __future__ import annotations

from collections.abc import Iterator

import librosa
import numpy as np
from timing import Row, versus

from coursekit.fourier import istft, stft

FRAME, HOP, RATE, SECONDS = 1024, 256, 44100, 60


def rows() -> Iterator[Row]:
    """Yield forward and inverse transforms; librosa keeps the precision it is given."""
    noise = 0.1 * np.random.default_rng(0).standard_normal(RATE * SECONDS)
    size = {"n_fft": FRAME, "hop_length": HOP}
    for precision in (np.float64, np.float32):
        x = noise.astype(precision)
        X = librosa.stft(x, **size, pad_mode="constant")
        name = np.dtype(precision).name
        yield versus(
            f"stft, a minute at 44.1 kHz, 1024/256, {name}, librosa",
            lambda x=x: stft(x, FRAME, HOP),
            lambda x=x: librosa.stft(x, **size, pad_mode="constant"),
            limit=1.0,
        )
        yield versus(
            f"istft, the same, {name}, librosa",
            lambda X=X: istft(X, FRAME, HOP, length=noise.size),
            lambda X=X: librosa.istft(X, **size, length=noise.size),
            limit=1.0,
        )
