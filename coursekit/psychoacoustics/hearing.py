r"""What an ear hears at all: the threshold in quiet, the Bark scale, one calibration.

A sound file knows no decibels of sound pressure. PAM-1 fixes one offset between the
two, `FULL_SCALE_DB`: the loudest sine a file can hold, seen through the standard's
window, is taken to be played at 96 dB SPL. The same offset goes onto signal, error
and mask, for all frames; a shift per frame would move the threshold in quiet with
the loudness of the music.

Taught in lectures 10 (the threshold, Bark) and 11 (the calibrated spectrum).
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import torch

from coursekit.fourier import window

Numbers = np.ndarray[Any, np.dtype[Any]]
Array = TypeVar("Array", np.ndarray, torch.Tensor)

LOUDEST_SINE_SPL = 96.0
"""Sound pressure level in dB that a sine of amplitude 1 is taken to have."""

FULL_SCALE_DB = LOUDEST_SINE_SPL - 20 * float(np.log10(np.sqrt(8 / 3) / 4))
"""The calibration: added to ``10 log10 |X/N|**2`` it gives dB SPL (103.78 dB).

The standard's window shows a sine of amplitude 1 on a bin with a peak of
``sqrt(8/3) / 4``, that is -7.78 dB.
"""

QUIET_CAP_SPL = 68.0
"""Where the standard's table of the threshold in quiet ends, in dB SPL."""

FLOOR_POWER = 1e-20
"""Least power of a spectral line before calibration: digital silence is -96 dB SPL."""


def hearing_threshold(hz: Any, cap: float = QUIET_CAP_SPL) -> Any:
    r"""Return the threshold in quiet: how loud a lone tone must be to be heard.

    Parameters
    ----------
    hz
        Frequency in Hz, at least 0; a number or an array ``(...)``.
    cap
        Highest value in dB SPL. Without it (``np.inf``) the formula asks for 236 dB
        at 22.05 kHz and for infinitely many at 0 Hz, and noise that is shaped like
        it sits all at the end of the spectrum.

    Returns
    -------
    threshold
        dB SPL, shaped as `hz`: with f in kHz,
        :math:`3.64 f^{-0.8} - 6.5 e^{-0.6 (f - 3.3)^2} + 10^{-3} f^4`.

    Raises
    ------
    ValueError
        Where a frequency is negative or not a number.

    Notes
    -----
    E. Terhardt, "Calculating virtual pitch", Hearing Research 1, 1979; ISO/IEC
    11172-3 tabulates it up to 68 dB. Slide "Perceptual Nature of Audio: a silent
    band". Lecture 10.

    Examples
    --------
    >>> hearing_threshold(np.array([100, 1000, 4000, 10000])).round(2).tolist()
    [22.95, 3.37, -3.39, 10.58]
    """
    f = _frequencies(hz) / 1000
    with np.errstate(divide="ignore"):
        quiet = 3.64 * f**-0.8 - 6.5 * np.exp(-0.6 * (f - 3.3) ** 2) + 1e-3 * f**4
    return np.minimum(quiet, cap)[()]


def bark(hz: Any) -> Any:
    r"""Return where on the ear's own frequency axis a frequency lies, in Bark.

    One Bark is one critical band: about 100 Hz wide below 500 Hz, about a fifth of
    the frequency above.

    Parameters
    ----------
    hz
        Frequency in Hz, at least 0; a number or an array ``(...)``.

    Returns
    -------
    z
        Bark, shaped as `hz`:
        :math:`13 \arctan(0.00076 f) + 3.5 \arctan((f / 7500)^2)`.

    Raises
    ------
    ValueError
        Where a frequency is negative or not a number.

    See Also
    --------
    critical_bandwidth

    Notes
    -----
    E. Zwicker and E. Terhardt, "Analytical expressions for critical-band rate and
    critical bandwidth", JASA 68(5), 1980. Lectures 10 and 11.

    Examples
    --------
    >>> bark(np.array([100, 1000, 4000])).round(3).tolist()
    [0.987, 8.511, 17.259]
    """
    f = _frequencies(hz)
    return (13 * np.arctan(0.00076 * f) + 3.5 * np.arctan((f / 7500) ** 2))[()]


def critical_bandwidth(hz: Any) -> Any:
    r"""Return how wide the critical band around a frequency is, in Hz.

    Parameters
    ----------
    hz
        Frequency in Hz, at least 0; a number or an array ``(...)``.

    Returns
    -------
    width
        Hz, shaped as `hz`: :math:`25 + 75 (1 + 1.4 f^2)^{0.69}` with f in kHz.

    Raises
    ------
    ValueError
        Where a frequency is negative or not a number.

    See Also
    --------
    bark

    Notes
    -----
    Zwicker and Terhardt, 1980, as for `bark`; the two are separate fits to
    measurements, so this is only nearly one Bark. Lecture 10.

    Examples
    --------
    >>> round(float(critical_bandwidth(1000)), 1)
    162.2
    """
    f = _frequencies(hz) / 1000
    return (25 + 75 * (1 + 1.4 * f**2) ** 0.69)[()]


def amplitude(level: float) -> float:
    """Return the amplitude of a sine of `level` dB SPL; 1 is full scale.

    Lectures 10 and 11.

    Examples
    --------
    >>> amplitude(96.0), round(amplitude(70.0), 4)
    (1.0, 0.0501)
    """
    return float(10 ** ((level - LOUDEST_SINE_SPL) / 20))


def analysis_window(size: int) -> Numbers:
    """Return the standard's window: a periodic Hann window of mean square 1.

    Lectures 10 and 11.

    Parameters
    ----------
    size
        Samples in a frame: 512 in Layer I, 1024 in Layer II.

    Returns
    -------
    h
        float64 ``(size,)``: ``sqrt(8/3) * (1 - cos(2 pi n / N)) / 2``.

    Examples
    --------
    >>> round(float(np.mean(analysis_window(512) ** 2)), 12)
    1.0
    """
    return np.sqrt(8 / 3) * window("hann", size)


def psd(frames: Array) -> Array:
    """Return the calibrated power spectrum of frames in dB SPL.

    Parameters
    ----------
    frames
        ``(..., N)`` samples, full scale ±1; numpy or torch, any even N.

    Returns
    -------
    X
        ``(..., N/2 + 1)`` in dB SPL, of the kind and precision of `frames`:
        ``10 log10 |1/N sum h x e^-j|**2 + FULL_SCALE_DB``, at least -96.2.

    Raises
    ------
    ValueError
        Where there is no frame, no sample, or an odd number of them.

    See Also
    --------
    line_power

    Notes
    -----
    Step 1 of ISO/IEC 11172-3, Annex D. Lecture 11.

    Examples
    --------
    >>> n = np.arange(512)
    >>> loudest = np.sin(2 * np.pi * 32 * n / 512)
    >>> X = psd(loudest)
    >>> X[32].round(2), (X[32] - FULL_SCALE_DB).round(2)
    (np.float64(96.0), np.float64(-7.78))
    """
    return to_db(line_power(frames)) + FULL_SCALE_DB


def line_power(frames: Array) -> Array:
    """Return ``|1/N sum h x e^-j|**2``, the power of each line, uncalibrated.

    Lectures 10 and 11.

    Parameters
    ----------
    frames
        ``(..., N)``, as for `psd`.

    Returns
    -------
    power
        ``(..., N/2 + 1)``; a sine of amplitude 1 on a bin peaks at 1/6.

    Raises
    ------
    ValueError
        As `psd`.

    See Also
    --------
    psd

    Examples
    --------
    >>> line_power(np.sin(2 * np.pi * 32 * np.arange(512) / 512))[32].round(6)
    np.float64(0.166667)
    """
    size = frames.shape[-1] if frames.ndim else 0
    if size < 2 or size % 2 or 0 in frames.shape:
        raise ValueError(
            f"frames are (..., N) with an even number of samples, got the shape "
            f"{tuple(frames.shape)}; PAM-1 takes 512 (Layer I) or 1024 (Layer II)"
        )
    if not isinstance(frames, torch.Tensor):
        X = np.fft.rfft(frames * _like(analysis_window(size), frames)) / size
        return X.real**2 + X.imag**2
    h = torch.as_tensor(analysis_window(size), dtype=frames.dtype, device=frames.device)
    X = torch.fft.rfft(h * frames) / size
    return X.real**2 + X.imag**2


def to_db(power: Any) -> Any:
    """Return ``10 log10(power)``, no lower than the floor of -200 dB.

    Powers, not amplitudes. The floor keeps silence finite, and its slope there is 0.

    Lectures 10 and 11.

    See Also
    --------
    to_power

    Examples
    --------
    >>> to_db(np.array([1.0, 0.5, 0.0])).round(2).tolist()
    [0.0, -3.01, -200.0]
    """
    if isinstance(power, torch.Tensor):
        return 10 * power.clamp(min=FLOOR_POWER).log10()
    return 10 * np.log10(np.maximum(power, FLOOR_POWER))


def to_power(db: Any) -> Any:
    """Return the power of a level in dB, ``10**(db / 10)``.

    Lectures 10 and 11.

    See Also
    --------
    to_db

    Examples
    --------
    >>> to_power(np.array([0.0, 10.0])).tolist()
    [1.0, 10.0]
    """
    return 10 ** (db / 10)


def _like(w: Numbers, x: Numbers) -> Numbers:
    """Return `w` in the precision of `x`: float32 stays float32."""
    return w.astype(x.dtype) if x.dtype == np.float32 else w


def _frequencies(hz: Any) -> Numbers:
    f = np.asarray(hz, float)
    if not np.all(f >= 0):
        worst = f[~(f >= 0)].ravel()[0]
        raise ValueError(f"a frequency must be at least 0 Hz, got {worst:g}")
    return f
