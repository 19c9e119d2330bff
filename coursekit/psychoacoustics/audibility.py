r"""The noise-to-mask ratio: how far an error lies above what its signal hides.

Taught in lectures 10 (why SNR is not enough) and 12 (how codecs are compared).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from coursekit.psychoacoustics.batched import masking_threshold
from coursekit.psychoacoustics.hearing import Numbers, psd, to_power
from coursekit.psychoacoustics.losses import FRAME, frames_of
from coursekit.psychoacoustics.tables import tables_for

FLOOR_DB = -60.0
"""A band's ratio is taken no lower: what is hidden so well is hidden."""


class Nmr(NamedTuple):
    """An error, as a listener with PAM-1's ears would rate it.

    Lectures 10 and 12.

    Parameters
    ----------
    mean
        In dB: the mean over the critical bands of the ratio of powers, then decibels,
        then the mean over frames. Below 0 the error is hidden on the whole.
    maximum
        In dB: the worst band of the worst frame.
    audible_share
        Share of lines, over all frames, whose error is above the mask: 0 to 1.
    """

    mean: float
    maximum: float
    audible_share: float


def nmr(reference: Numbers, estimate: Numbers, rate: int, frame: int = FRAME) -> Nmr:
    r"""Return the noise-to-mask ratio of an estimate.

    Parameters
    ----------
    reference, estimate
        ``(samples,)`` or ``(channels, samples)``, full scale ±1, aligned to the
        sample: a decoder's delay counts as error.
    rate
        44100, 48000, 32000 or 16000 Hz.
    frame
        512 or 1024 samples; the hop is half of it.

    Returns
    -------
    Nmr
        ``.mean`` and ``.maximum`` in dB, ``.audible_share``.

    Raises
    ------
    ValueError
        Where the two differ in shape, or PAM-1 has no such rate or frame.

    Notes
    -----
    The idea is K. Brandenburg's ("Evaluation of quality for audio encoding at low bit
    rates", AES 1987). Loudness matters, unlike for SNR: make both as loud as
    they will be played. Silence as an estimate scores about 0 dB on speech, so that a
    codec has to be below that before it is evidence of anything. Lectures 10 and 12.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> s = 0.1 * np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000)
    >>> good = nmr(s, s + 1e-5 * rng.standard_normal(16000), 16000)
    >>> bad = nmr(s, s + 1e-2 * rng.standard_normal(16000), 16000)
    >>> good.mean < -10 < 20 < bad.mean, good.audible_share < 0.01
    (True, True)
    """
    n, m = _error_and_mask(reference, estimate, rate, frame)
    ratio = _by_band(n, m, rate, frame)  # (..., frames, bands)
    of_frames = 10 * np.log10(ratio.mean(-1))
    worst = 10 * np.log10(ratio.max())
    return Nmr(float(of_frames.mean()), float(worst), float(np.mean(n > m)))


def nmr_bands(
    reference: Numbers, estimate: Numbers, rate: int, frame: int = FRAME
) -> Numbers:
    """Return the noise-to-mask ratio of each critical band in each frame, in dB.

    Lectures 10 and 12.

    Parameters
    ----------
    reference, estimate
        ``(samples,)`` or ``(channels, samples)``, full scale ±1, aligned to the
        sample.
    rate
        44100, 48000, 32000 or 16000 Hz.
    frame
        512 or 1024 samples; the hop is half of it.

    Returns
    -------
    ratio
        ``(..., bands, frames)`` in dB, at least -60: to be drawn like a spectrogram.

    Raises
    ------
    ValueError
        As `nmr`.

    Examples
    --------
    >>> nmr_bands(np.zeros(1600), np.zeros(1600), 16000).shape
    (22, 8)
    """
    n, m = _error_and_mask(reference, estimate, rate, frame)
    return 10 * np.log10(_by_band(n, m, rate, frame)).swapaxes(-1, -2)


def _error_and_mask(
    reference: Numbers, estimate: Numbers, rate: int, frame: int
) -> tuple[Numbers, Numbers]:
    """Return the powers of the error and of the mask, ``(..., frames, K)``."""
    s, s_hat = np.asarray(reference, float), np.asarray(estimate, float)
    if s.shape != s_hat.shape:
        raise ValueError(
            f"the reference has the shape {s.shape} but the estimate {s_hat.shape}; "
            "align them and cut both to one length"
        )
    m = masking_threshold(frames_of(s, frame), rate)
    return to_power(psd(frames_of(s - s_hat, frame))), to_power(m)


def _by_band(n: Numbers, m: Numbers, rate: int, frame: int) -> Numbers:
    """Return error power over mask power in each critical band."""
    edges = tables_for(rate, frame).edges
    sums = [np.add.reduceat(x[..., : edges[-1]], edges[:-1], axis=-1) for x in (n, m)]
    return np.maximum(sums[0] / sums[1], to_power(FLOOR_DB))
