"""Reading, writing, resampling, levels in dBFS and mixing at an SNR.

Audio is float64, ``(samples,)`` for one channel or ``(channels, samples)`` for
several, with full scale at ±1. Levels are in dBFS of the root mean square: a
constant of 1 has 0 dBFS, a sine that just reaches full scale -3.01 dBFS.
Taught in lecture 03.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import ArrayLike, NDArray

Audio = NDArray[np.float64]


def load(path: str | os.PathLike[str], rate: int | None = None) -> tuple[Audio, int]:
    """Read a sound file.

    Lecture 03.

    Parameters
    ----------
    path
        WAV, FLAC, Ogg, Opus or MP3: whatever libsndfile reads.
    rate
        The sampling rate wanted in Hz; by default the file's own.

    Returns
    -------
    x
        float64, ``(samples,)`` or, for a file of several channels,
        ``(channels, samples)``; full scale is ±1.
    rate
        The sampling rate of `x` in Hz.

    Raises
    ------
    FileNotFoundError
        Where there is no such file.
    ValueError
        Where the file is not a sound that can be read, or holds no sample.

    Examples
    --------
    >>> from coursekit import data
    >>> x, rate = load(data.clips("speech")[0].path)
    >>> x.ndim, rate
    (1, 16000)
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no sound file at {path}")
    try:
        frames, own_rate = soundfile.read(path, dtype="float64", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise ValueError(f"{path} is not a sound file that can be read: {error}") from (
            error
        )
    if not len(frames):
        raise ValueError(f"{path} holds no sample")
    x = np.ascontiguousarray(frames.T)  # (channels, samples)
    x = x[0] if len(x) == 1 else x
    if rate is None or rate == own_rate:
        return x, int(own_rate)
    return resample(x, own_rate, rate), int(rate)


def save(path: str | os.PathLike[str], x: ArrayLike, rate: int) -> None:
    """Write a sound file; its ending says the format (``.wav``, ``.flac``, …).

    WAV and FLAC keep 16 bits a sample, so what is read back differs from `x` by
    up to half a step, 2**-16.

    Lecture 03.

    Parameters
    ----------
    path
        Where to write; the folder must exist.
    x
        ``(samples,)`` or ``(channels, samples)`` within ±1.
    rate
        Sampling rate in Hz.

    Raises
    ------
    ValueError
        Where `x` is empty, not finite, of a wrong shape, or would clip. Nothing
        is written then.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/click.wav", [0.0, 0.5, 0.0], 16_000)
    ...     load(f"{folder}/click.wav")
    (array([0. , 0.5, 0. ]), 16000)
    """
    x = _sound(x, "x")
    _check_rate(rate, "rate")
    peak = float(np.max(np.abs(x)))
    if peak > 1:
        raise ValueError(
            f"the sound peaks at {peak:.4g} and would clip at 1: "
            f"multiply it by {1 / peak:.4g} or less before saving"
        )
    suffix = Path(path).suffix[1:].upper()
    if suffix not in soundfile.available_formats():
        raise ValueError(f"{path} has no ending that names a format: use .wav or .flac")
    soundfile.write(path, x.T, rate)


def resample(x: ArrayLike, rate: int, new_rate: int) -> Audio:
    """Change the sampling rate.

    libsoxr's best quality ("VHQ"): linear phase with its delay taken out. A tone
    below half the lower Nyquist frequency keeps its amplitude to 1e-5, one below
    0.9 of it to 1e-3 (to 1e-8 where one rate is a multiple of the other); what
    lies above the new Nyquist frequency is gone instead of folding down. The
    first and last few milliseconds know nothing beyond the sound's ends, and ring.

    Lecture 03.

    Parameters
    ----------
    x
        ``(samples,)`` or ``(channels, samples)`` at `rate`.
    rate, new_rate
        Sampling rates in Hz.

    Returns
    -------
    ndarray
        ``(ceil(samples * new_rate / rate),)``, or as many per channel; a copy
        where the rates are the same.

    Examples
    --------
    >>> resample(np.zeros(441), 44_100, 16_000).shape
    (160,)
    """
    x = _sound(x, "x")
    _check_rate(rate, "rate")
    _check_rate(new_rate, "new_rate")
    if rate == new_rate:
        return x.copy()
    y = np.asarray(soxr.resample(x.T, rate, new_rate, quality="VHQ")).T
    samples = -(-x.shape[-1] * new_rate // rate)
    missing = max(0, samples - y.shape[-1])
    y = np.pad(y, [(0, 0)] * (y.ndim - 1) + [(0, missing)])
    return np.ascontiguousarray(y[..., :samples])


def rms(x: ArrayLike) -> float:
    """Return the root mean square (RMS) over all samples and channels.

    `x` is ``(samples,)`` or ``(channels, samples)``.

    Lecture 03.

    Examples
    --------
    >>> rms([0.5, -0.5, 0.5, -0.5])
    0.5
    """
    x = _sound(x, "x")
    return float(np.sqrt(np.mean(x**2)))


def level_db(x: ArrayLike) -> float:
    """Return the level in dBFS: ``20 log10(rms(x))``, an amplitude in decibels.

    `x` is ``(samples,)`` or ``(channels, samples)``; digital silence has a level of
    minus infinity.

    Lecture 03.

    Examples
    --------
    >>> level_db([0.1, -0.1])
    -20.0
    """
    value = rms(x)
    return float(20 * np.log10(value)) if value > 0 else -np.inf


def active_level(x: ArrayLike, rate: int, within_db: float = 30.0) -> float:
    """Return the level in dBFS of the parts where there is sound.

    The mean power of those frames of 20 ms that lie at most `within_db` below
    the loudest one: pauses between words do not count, as in ITU-T P.56 (which
    has a more refined threshold). Speech of the shipped pack is set to one
    active level.

    Lecture 03.

    Parameters
    ----------
    x
        ``(samples,)`` or ``(channels, samples)``, not silent.
    rate
        Sampling rate in Hz.
    within_db
        How far below the loudest frame a frame still counts, in dB.

    Examples
    --------
    >>> tone = 0.1 * np.ones(16_000)
    >>> pause = np.zeros(16_000)
    >>> round(active_level(np.concatenate([tone, pause]), 16_000), 6)
    -20.0
    """
    x = np.atleast_2d(_audible(x, "x"))
    _check_rate(rate, "rate")
    frame = min(max(1, round(0.02 * rate)), x.shape[-1])
    whole = x.shape[-1] // frame * frame
    power = np.mean(x[:, :whole].reshape(len(x), -1, frame) ** 2, axis=(0, 2))
    active = power >= np.max(power) * 10 ** (-within_db / 10)
    return float(10 * np.log10(np.mean(power[active])))


def set_level(x: ArrayLike, db: float) -> Audio:
    """Return `x` scaled to an RMS level of `db` dBFS.

    `x` is ``(samples,)`` or ``(channels, samples)``, and so is the result. Nothing is
    clipped: a level that is too high gives samples beyond ±1, and `save` and the
    player refuse those.

    Lecture 03.

    Examples
    --------
    >>> level_db(set_level([0.5, -0.5], -20))
    -20.0
    """
    x = _audible(x, "x")
    if not np.isfinite(db):
        raise ValueError(f"the level must be a finite number of dBFS, got {db}")
    return np.asarray(x * (10 ** (db / 20) / rms(x)))


def fit_length(
    n: ArrayLike,
    samples: int,
    rng: np.random.Generator | None = None,
    fade: int = 256,
) -> Audio:
    """Make a background exactly as long as the sound it goes under.

    A longer one is cut; a shorter one is looped, each seam hidden by a cross
    fade of equal power. With `rng` the cut, or the place where the loop begins,
    is drawn at random; without, it is the beginning.

    Lecture 03.

    Parameters
    ----------
    n
        ``(samples,)`` or ``(channels, samples)``: the background.
    samples
        The length wanted.
    rng
        Draws where to begin.
    fade
        Samples that the ends of a loop overlap, at most half of it.

    Returns
    -------
    ndarray
        ``(samples,)`` or ``(channels, samples)``.

    Examples
    --------
    >>> fit_length([1.0, 2.0, 3.0], 2)
    array([1., 2.])
    >>> fit_length([1.0, 2.0, 3.0], 7, fade=0)
    array([1., 2., 3., 1., 2., 3., 1.])
    """
    n = _sound(n, "n")
    if samples < 1:
        raise ValueError(f"the length wanted must be at least 1 sample, got {samples}")
    spare = n.shape[-1] - samples
    if spare >= 0:
        start = int(rng.integers(spare + 1)) if rng is not None else 0
        return n[..., start : start + samples].copy()
    loop = _seamless(n, fade)
    start = int(rng.integers(loop.shape[-1])) if rng is not None else 0
    return np.take(loop, np.arange(start, start + samples), axis=-1, mode="wrap")


def _seamless(n: Audio, fade: int) -> Audio:
    """Lay the end of `n` over its beginning, so that it loops without a click."""
    fade = min(fade, n.shape[-1] // 2)
    if fade < 1:
        return n
    angle = (np.arange(fade) + 0.5) / fade * np.pi / 2
    loop = n[..., : n.shape[-1] - fade].copy()
    loop[..., :fade] *= np.sin(angle)
    loop[..., :fade] += np.cos(angle) * n[..., n.shape[-1] - fade :]
    return loop


def mix_at_snr(s: ArrayLike, n: ArrayLike, snr_db: float) -> tuple[Audio, Audio, Audio]:
    """Mix a sound and a background: ``x = s + n`` at a signal-to-noise ratio.

    The background is scaled and the sound kept as it is, as on the deck's slide
    on enhancement: ``10 log10(sum(s**2) / sum(n**2))`` of what is returned is
    `snr_db`, over all samples and channels. Pauses of `s` count too; see
    `active_level` where they should not.

    Lecture 03.

    Parameters
    ----------
    s, n
        Sounds of one shape, neither silent; `fit_length` makes a background as
        long as the sound.
    snr_db
        The ratio wanted in dB (of powers).

    Returns
    -------
    x, s, n
        The mixture, the sound, the scaled background; ``x == s + n`` exactly.
        The mixture may pass ±1; scale all three by one factor then.

    Examples
    --------
    >>> x, s, n = mix_at_snr([1.0, -1.0], [0.5, 0.5], 20.0)
    >>> n
    array([0.1, 0.1])
    """
    s, n = _audible(s, "s"), _audible(n, "n")
    if s.shape != n.shape:
        raise ValueError(_mismatch(s, n))
    if not np.isfinite(snr_db):
        raise ValueError(f"the SNR must be a finite number of dB, got {snr_db}")
    n = np.asarray(n * (rms(s) / rms(n) * 10 ** (-snr_db / 20)))
    return s + n, s.copy(), n


def _mismatch(s: Audio, n: Audio) -> str:
    """Say how two shapes differ and what helps."""
    remedy = f"fit_length(n, {s.shape[-1]}) cuts or loops the background"
    if s.shape[:-1] != n.shape[:-1]:
        remedy = "give both the same channels, for example x.mean(axis=0) for one"
    return f"s has shape {s.shape} and n has shape {n.shape}: {remedy}"


def _sound(x: ArrayLike, name: str) -> Audio:
    """Return `x` as float64 audio, or say what is wrong with it."""
    array = np.asarray(x)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{name} must hold real numbers, got {array.dtype}")
    if array.dtype.kind in "iu" and np.any((array < -1) | (array > 1)):
        raise ValueError(
            f"{name} holds integers beyond ±1 ({array.dtype}): divide 16-bit samples "
            "by 32768 first, full scale is ±1 here"
        )
    if array.ndim not in (1, 2):
        raise ValueError(
            f"{name} must be (samples,) or (channels, samples), got shape {array.shape}"
        )
    if not array.size:
        raise ValueError(f"{name} is empty, of shape {array.shape}")
    if array.ndim == 2 and array.shape[0] > 64:
        raise ValueError(
            f"{name} of shape {array.shape} would have {array.shape[0]} channels: "
            "audio is (channels, samples) here, transpose it with x.T"
        )
    if not np.all(np.isfinite(array)):
        bad = int(np.count_nonzero(~np.isfinite(array)))
        raise ValueError(f"{name} holds {bad} samples that are NaN or infinite")
    return array.astype(np.float64, copy=False)


def _audible(x: ArrayLike, name: str) -> Audio:
    """Return `x` as audio that is not all zeros."""
    sound = _sound(x, name)
    if not np.any(sound):
        raise ValueError(f"{name} is silent: it has no level that could be set")
    return sound


def _check_rate(rate: int, name: str) -> None:
    """Refuse what is no sampling rate."""
    if not (np.isfinite(rate) and rate > 0 and rate == int(rate)):
        raise ValueError(f"{name} must be a whole number of Hz above 0, got {rate}")
