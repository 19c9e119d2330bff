r"""The slides' listening questions as sounds, and the model's own answers.

Five bands at one level: which is silent? Six beeps beside a tone of 785 Hz: which is
not there? Sounds are float64 at 44.1 kHz, with soft ends, and their levels are dB SPL
by the calibration of `coursekit.psychoacoustics.hearing`: they are right where a sine
of full scale plays at 96 dB SPL. Save them without loss and listen with headphones; a
laptop's speakers cannot play 0 to 160 Hz, which gives the right answer for the wrong
reason.

The answers are read on the continuous Bark axis. On the lines of a Layer I spectrum,
86 Hz apart, all six beeps would be in one place.

Taught in lecture 10.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from coursekit.psychoacoustics.hearing import (
    LOUDEST_SINE_SPL,
    Numbers,
    amplitude,
    hearing_threshold,
    to_db,
    to_power,
)
from coursekit.psychoacoustics.pam1 import masker_threshold

RATE = 44100
RAMP_SECONDS = 0.02
"""Length of the soft beginning and end: a hard one clicks, and clicks are heard."""

Band = tuple[float, float]

BANDS: tuple[Band, ...] = (
    (5600, 5760),
    (2400, 2560),
    (0, 160),
    (800, 960),
    (7840, 8000),
)
"""The slide's five bands in Hz, in its order."""

BAND_LEVEL_SPL = 10.0
"""A level in dB SPL at which one of the five is silent."""

TONE_HZ = 785.0
BEEP_OFFSETS_HZ = (20, -40, -20, 30, 10, -10)
"""Where the slide's beeps are beside 785 Hz, in its order."""

TONE_LEVEL_SPL = 70.0
BEEP_LEVEL_SPL = 60.0
"""A level of the beeps in dB SPL at which one of the six is not there."""


def ramped(x: Numbers, rate: int = RATE, seconds: float = RAMP_SECONDS) -> Numbers:
    """Return a sound with raised-cosine ramps: it swells and fades in half a period.

    Lecture 10.

    Parameters
    ----------
    x
        ``(samples,)``.
    rate
        In Hz.
    seconds
        Length of each ramp; at most half of the sound.

    Raises
    ------
    ValueError
        Where the sound is shorter than two ramps.

    Examples
    --------
    >>> ramped(np.ones(8), rate=4, seconds=1).round(2).tolist()
    [0.04, 0.31, 0.69, 0.96, 0.96, 0.69, 0.31, 0.04]
    """
    n = round(seconds * rate)
    if 2 * n > x.shape[-1]:
        raise ValueError(
            f"two ramps of {n} samples do not fit into {x.shape[-1]}; make the sound "
            "longer or the ramps shorter"
        )
    rise = np.sin(np.pi / 2 * (np.arange(n) + 0.5) / max(n, 1)) ** 2
    gain = np.ones(x.shape[-1])
    gain[:n], gain[gain.size - n :] = rise, rise[::-1]
    return x * gain


def tone(hz: float, level: float, seconds: float = 1.0, rate: int = RATE) -> Numbers:
    """Return a sine of `level` dB SPL with soft ends, ``(samples,)``.

    Lecture 10.

    Raises
    ------
    ValueError
        Where the frequency is not below half the rate, or the level above 96 dB SPL.

    Examples
    --------
    >>> x = tone(785, 70)
    >>> x.size, x.max().round(4)
    (44100, np.float64(0.0501))
    """
    if not 0 < hz < rate / 2:
        raise ValueError(f"a tone lies between 0 and {rate / 2:g} Hz, got {hz:g}")
    if level > LOUDEST_SINE_SPL:
        raise ValueError(
            f"a file's loudest sine is {LOUDEST_SINE_SPL:g} dB SPL, got {level:g}"
        )
    t = np.arange(round(seconds * rate)) / rate
    return ramped(amplitude(level) * np.sin(2 * np.pi * hz * t), rate)


def band_noise(
    band: Band,
    level: float,
    rng: np.random.Generator,
    seconds: float = 1.0,
    rate: int = RATE,
) -> Numbers:
    """Return noise that fills one band and has `level` dB SPL, with soft ends.

    Lecture 10.

    Parameters
    ----------
    band
        Lower and upper end in Hz.
    level
        Of the whole band: its power is that of a sine of this level.
    rng
        Draws the noise.
    seconds, rate
        Duration and sampling rate.

    Returns
    -------
    x
        ``(samples,)``. Between its ramps it has no power outside the band.

    Raises
    ------
    ValueError
        Where the band is empty or reaches beyond half the rate.

    Examples
    --------
    >>> x = band_noise((800, 960), 10, np.random.default_rng(0))
    >>> x.size, bool(abs(x).max() < amplitude(10) * 4)
    (44100, True)
    """
    low, high = band
    n = round(seconds * rate)
    f = np.fft.rfftfreq(n, 1 / rate)
    inside = (f >= low) & (f <= high) & (f > 0)
    if not (0 <= low < high <= rate / 2 and inside.any()):
        raise ValueError(
            f"a band lies between 0 and {rate / 2:g} Hz and is wider than "
            f"{rate / max(n, 1):.3g} Hz, got {low:g} to {high:g}"
        )
    spectrum = inside * (rng.standard_normal(f.size) + 1j * rng.standard_normal(f.size))
    x = np.fft.irfft(spectrum, n)
    rms = amplitude(level) / np.sqrt(2)
    return ramped(x * rms / np.sqrt(np.mean(x**2)), rate)


# --- which band is silent? ----------------------------------------------------------


def band_threshold(band: Band) -> float:
    """Return the level at which a band begins to be heard, in dB SPL.

    The least threshold in quiet within it: there its noise comes through first.

    Lecture 10.

    Examples
    --------
    >>> [round(band_threshold(band), 1) for band in BANDS]
    [1.6, -2.9, 15.8, 3.5, 4.5]
    """
    low, high = band
    return float(np.min(hearing_threshold(np.linspace(low, high, 1001), cap=np.inf)))


def silent_bands(
    level: float = BAND_LEVEL_SPL, bands: tuple[Band, ...] = BANDS
) -> tuple[Band, ...]:
    """Return which of the bands, all at `level` dB SPL, cannot be heard.

    Notes
    -----
    Slide "Perceptual Nature of Audio: a silent band". Lecture 10.

    Examples
    --------
    >>> silent_bands()
    ((0, 160),)
    """
    return tuple(band for band in bands if level < band_threshold(band))


# --- which beep is not there? -------------------------------------------------------


class Mixture(NamedTuple):
    """A tone or noise with a beep beside it: the slide's ``x(t) = s(t) + n(t)``.

    Lecture 10.

    Parameters
    ----------
    x, s, n
        ``(samples,)`` each: both together, the masker, the beeps.
    """

    x: Numbers
    s: Numbers
    n: Numbers


def beep_threshold(
    offset_hz: float,
    level: float = TONE_LEVEL_SPL,
    kind: str = "tonal",
    hz: float = TONE_HZ,
) -> float:
    """Return how loud a beep must be to be heard beside a masker, in dB SPL.

    Lecture 10.

    Parameters
    ----------
    offset_hz
        Where the beep is: its frequency minus the masker's.
    level
        Of the masker in dB SPL.
    kind
        "tonal" for a tone as masker, "noise" for a narrow band of noise.
    hz
        The masker's frequency.

    Returns
    -------
    threshold
        Of the masker and of quiet together, from the model on the Bark axis.

    Raises
    ------
    ValueError
        Where the kind is another word, or the beep would lie below 0 Hz.

    Examples
    --------
    >>> [round(beep_threshold(f) - 70, 1) for f in (-40, -20, -10, 10, 20, 30)]
    [-18.1, -13.0, -10.5, -9.2, -10.5, -11.7]
    """
    at = np.asarray(hz + offset_hz)
    masked = masker_threshold(level, hz, at, kind)
    return float(to_db(to_power(masked) + to_power(hearing_threshold(at))))


def hidden_beeps(
    level: float = TONE_LEVEL_SPL,
    beep_level: float = BEEP_LEVEL_SPL,
    kind: str = "tonal",
) -> tuple[int, ...]:
    """Return which of the slide's beeps the model says are not heard.

    Parameters
    ----------
    level, beep_level
        Of the masker and of the beeps, in dB SPL.
    kind
        Of the masker, as for `beep_threshold`.

    Returns
    -------
    offsets
        In Hz, in the slide's order.

    Notes
    -----
    Slide "Perceptual Nature of Audio: an interfering beep". Lecture 10.

    Examples
    --------
    >>> hidden_beeps()
    (10,)
    >>> hidden_beeps(70, 70 - 18)
    (20, -20, 30, 10, -10)
    """
    return tuple(
        offset
        for offset in BEEP_OFFSETS_HZ
        if beep_level < beep_threshold(offset, level, kind)
    )


def beep_beside_tone(
    offset_hz: float,
    level: float = TONE_LEVEL_SPL,
    beep_level: float = BEEP_LEVEL_SPL,
    seconds: float = 2.0,
) -> Mixture:
    """Return a tone of 785 Hz with beeps beside it.

    Two steady tones a few Hz apart beat: the ear hears their sum swell and fade
    `beat_depth` deep, whatever a masking model says. Here the beeps come and go, so
    that one can listen for them, but while both sound they beat all the same.

    Lecture 10.

    Parameters
    ----------
    offset_hz
        Where the beeps are, in Hz beside 785.
    level, beep_level
        Of the tone and of the beeps, in dB SPL.
    seconds
        Duration, at least 1.

    Raises
    ------
    ValueError
        As `tone`.

    Examples
    --------
    >>> x, s, n = beep_beside_tone(10)
    >>> bool((x == s + n).all()), abs(n).max() < abs(s).max()
    (True, np.True_)
    """
    s = tone(TONE_HZ, level, seconds)
    n = _beeps(TONE_HZ + offset_hz, beep_level, s.size)
    return Mixture(s + n, s, n)


def beep_beside_noise(
    offset_hz: float,
    rng: np.random.Generator,
    level: float = TONE_LEVEL_SPL,
    beep_level: float = BEEP_LEVEL_SPL,
    seconds: float = 2.0,
) -> Mixture:
    """Return a narrow band of noise at 785 Hz with beeps beside it: nothing beats.

    Lecture 10.

    Parameters
    ----------
    offset_hz
        Where the beeps are, in Hz beside 785.
    level, beep_level
        Of the band of 20 Hz and of the beeps, in dB SPL.
    seconds
        Duration, at least 1.
    rng
        Draws the noise.

    Raises
    ------
    ValueError
        As `band_noise` and `tone`.

    Examples
    --------
    >>> beep_beside_noise(10, np.random.default_rng(0)).x.shape
    (88200,)
    """
    s = band_noise((TONE_HZ - 10, TONE_HZ + 10), level, rng, seconds)
    n = _beeps(TONE_HZ + offset_hz, beep_level, s.size)
    return Mixture(s + n, s, n)


def beat_depth(relative_db: float) -> float:
    """Return how deep two steady tones beat: loudest over softest moment, in dB.

    Lecture 10.

    Parameters
    ----------
    relative_db
        Level of the weaker tone against the stronger, below 0 dB.

    Returns
    -------
    depth
        ``20 log10((1 + a) / (1 - a))`` with the ratio a of amplitudes. About 1 dB is
        heard: beating gives away a beep that masking alone would hide.

    Raises
    ------
    ValueError
        Where the level is not below 0 dB.

    Examples
    --------
    >>> round(beat_depth(-10), 1), round(beat_depth(-30), 1)
    (5.7, 0.5)
    """
    if not relative_db < 0:
        raise ValueError(
            f"the weaker tone lies below 0 dB of the stronger, got {relative_db:g}"
        )
    a = 10 ** (relative_db / 20)
    return float(20 * np.log10((1 + a) / (1 - a)))


def _beeps(hz: float, level: float, samples: int) -> Numbers:
    """Return beeps of a quarter second, one every half second, with soft ends."""
    beep = tone(hz, level, 0.25)
    n = np.zeros(samples)
    for start in range(RATE // 4, samples - beep.size + 1, RATE // 2):
        n[start : start + beep.size] = beep
    return n
