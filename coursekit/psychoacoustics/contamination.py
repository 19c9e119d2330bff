r"""Why SNR is not enough: two errors of one recording, and the better SNR sounds worse.

Taught in lectures 10 and 12.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from coursekit.audio import mix_at_snr
from coursekit.fourier import bin_frequencies, istft, stft
from coursekit.psychoacoustics.batched import masking_threshold
from coursekit.psychoacoustics.hearing import (
    FULL_SCALE_DB,
    Numbers,
    amplitude,
    to_power,
)
from coursekit.psychoacoustics.losses import FRAME, frames_of

FIRST_SNR_DB, SECOND_SNR_DB = 20.14, 18.30
"""The signal-to-noise ratios on the slide."""

NOISE_HZ = (150.0, 12000.0)
"""Where the mask-shaped noise lies: beyond, the mask is little but quiet's cap."""


WHISTLE_HZ, WHISTLE_SPL = 7000.0, 56.0
"""The error that anybody hears: far above what speech has, or masks, up there."""


class Versions(NamedTuple):
    """One recording three times, ``(samples,)`` each.

    Lectures 10 and 12.

    Parameters
    ----------
    original
        As recorded.
    first
        With white noise, at the better SNR of 20.14 dB.
    second
        With noise in the shape of the mask, at the worse SNR of 18.30 dB.
    """

    original: Numbers
    first: Numbers
    second: Numbers


def two_versions(s: Numbers, rate: int, rng: np.random.Generator) -> Versions:
    """Contaminate a recording twice: the version with the worse SNR sounds better.

    Parameters
    ----------
    s
        ``(samples,)``: speech or music, as loud as it will be played.
    rate
        44100, 48000, 32000 or 16000 Hz.
    rng
        Draws both noises.

    Returns
    -------
    Versions
        ``.original``, ``.first`` and ``.second``; `nmr` rates the second better.

    Raises
    ------
    ValueError
        Where the recording is silent, or PAM-1 has no such rate.

    Notes
    -----
    Slide "Perceptual Nature of Audio: objective metrics". Lecture 10.

    Examples
    --------
    >>> from coursekit import data, psychoacoustics
    >>> s = data.clip("allison_en_04").audio()[:32000]
    >>> v = two_versions(s, 16000, np.random.default_rng(0))
    >>> first, second = (psychoacoustics.nmr(s, x, 16000).mean for x in v[1:])
    >>> bool(second < first)
    True
    """
    white = rng.standard_normal(s.shape)
    shaped = mask_shaped_noise(s, rate, rng)
    first, s, _ = mix_at_snr(s, white, FIRST_SNR_DB)
    second, _, _ = mix_at_snr(s, shaped, SECOND_SNR_DB)
    return Versions(s, first, second)


class Errors(NamedTuple):
    """Two errors of one recording, ``(samples,)`` each: add one to the recording.

    Lectures 10 and 12.

    Parameters
    ----------
    hidden
        Noise in the shape of the mask, 8 dB below it: much power, little to hear.
    heard
        A soft whistle of 7 kHz, where speech masks nothing: little power, all heard.
    """

    hidden: Numbers
    heard: Numbers


def two_errors(s: Numbers, rate: int, rng: np.random.Generator) -> Errors:
    """Return an error that the recording hides and one that it does not.

    A test for losses: which of the two do they call worse? The time losses and
    priority weighting say the hidden one, the ear, `nmr` and noise modulation the
    whistle. Priority weights are small where the *recording* is masked or silent, as
    speech is at 7 kHz, and so they hardly see what an error does there.

    Lectures 10 and 12.

    Parameters
    ----------
    s
        ``(samples,)``: speech.
    rate
        44100, 48000, 32000 or 16000 Hz.
    rng
        Draws the noise.

    Raises
    ------
    ValueError
        Where PAM-1 has no such rate.

    Examples
    --------
    >>> errors = two_errors(np.zeros(1600), 16000, np.random.default_rng(0))
    >>> errors.hidden.shape, errors.heard.max().round(2)
    ((1600,), np.float64(0.01))
    """
    hidden = 10 ** (-8 / 20) * mask_shaped_noise(s, rate, rng)
    t = np.arange(s.size) / rate
    return Errors(hidden, amplitude(WHISTLE_SPL) * np.sin(2 * np.pi * WHISTLE_HZ * t))


def mask_shaped_noise(s: Numbers, rate: int, rng: np.random.Generator) -> Numbers:
    """Return noise whose spectrum follows the masking threshold of a recording.

    Each frame of white noise is coloured by the mask of the same frame, from 150 Hz
    to 12 kHz. As it comes, it lies on the threshold; turned down by a few decibels it
    should not be heard beside the recording.

    Lectures 10 and 12.

    Parameters
    ----------
    s
        ``(samples,)``.
    rate
        44100, 48000, 32000 or 16000 Hz.
    rng
        Draws the noise.

    Returns
    -------
    n
        ``(samples,)``; on average ``psd(n)`` is the mask of `s`.

    Raises
    ------
    ValueError
        Where PAM-1 has no such rate.

    Examples
    --------
    >>> mask_shaped_noise(np.zeros(1600), 16000, np.random.default_rng(0)).shape
    (1600,)
    """
    m = masking_threshold(frames_of(s, FRAME), rate)  # (frames, K)
    f = bin_frequencies(FRAME, rate)
    inside = (f >= NOISE_HZ[0]) & (f <= NOISE_HZ[1])
    # White noise of variance 1 shows a power of 1/N on each line: the window's own.
    gain = np.sqrt(to_power(m - FULL_SCALE_DB) * FRAME) * inside
    W = stft(rng.standard_normal(s.size), FRAME, FRAME // 2, "sqrt_hann")
    return istft(gain.T * W, FRAME, FRAME // 2, "sqrt_hann", length=s.size)
