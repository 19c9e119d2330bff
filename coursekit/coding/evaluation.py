"""How good a codec is for its bytes, and which of two spends them better.

`measure` sends sounds through a codec and reports the bytes it took and what came
back, by five measures that disagree: the signal-to-noise ratio, which does not
listen; the noise-to-mask ratio and the share of audible lines, which listen with the
ears of PAM-1 and so flatter whoever was trained on PAM-1; Zimtohrli and ViSQOL, which
nobody here was trained on. A table starts with silence (`silence`): a codec that does
not beat it, or falls below `SNR_FLOOR_DB`, is evidence of nothing (`is_evidence`).

Two codecs are compared at equal bytes, never each at a rate of its own:
`at_equal_bytes` reads a measure off a rate-distortion curve, `kbps_for` reads off the
bytes that a value costs, and `mean_saving` averages over the range that two curves
share. Taught in lectures 09 and 12.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import warnings
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursekit import audio, metrics
from coursekit.coding.codec import Codec
from coursekit.psychoacoustics import nmr

Audio = NDArray[np.float64]

SNR_FLOOR_DB = 3.0
"""A codec below it returns less of the sound than of something else (power, dB)."""

METRIC_RATE = 48_000
"""Zimtohrli and ViSQOL listen at this many Hz."""

MEASURES = ("snr", "nmr", "worst", "audible", "zimtohrli", "visqol")
"""The measures of a `CodecScore`, in the order of a table."""

HIGHER_IS_BETTER = {"snr": True, "nmr": False, "worst": False, "audible": False,
                    "zimtohrli": True, "visqol": True}  # fmt: skip
"""Which way each measure is meant."""

LISTENERS = ("zimtohrli", "visqol")
"""The measures that nobody here was trained on; they cost most of the time."""


@dataclass(frozen=True)
class CodecScore:
    """What a codec cost and how it sounded: one line of a table of codecs.

    Lectures 09 and 12.

    Parameters
    ----------
    codec
        Its name.
    kbps
        Bytes of the streams, all of them, headers too, in kbit per second of sound.
    snr
        Signal-to-noise ratio in dB (power), the mean over sounds.
    nmr
        Noise-to-mask ratio in dB, mean over sounds; see `psychoacoustics.nmr`.
    worst
        The noise-to-mask ratio of the worst band of the worst frame of all, in dB.
    audible
        Share of spectral lines with noise above the mask, 0 to 1.
    zimtohrli
        Opinion score predicted by Zimtohrli, 1 to 5, mean over sounds; NaN where it was
        not asked.
    visqol
        Opinion score predicted by ViSQOL, 1 to about 4.7, mean over sounds; NaN
        where it was not run.
    """

    codec: str
    kbps: float
    snr: float
    nmr: float
    worst: float
    audible: float
    zimtohrli: float = float("nan")
    visqol: float = float("nan")


def measure(
    codec: Codec, sounds: Iterable[Audio], listeners: Collection[str] = LISTENERS
) -> CodecScore:
    """Send sounds through a codec and return its line of the table.

    Lectures 09 and 12.

    Parameters
    ----------
    codec
        Anything with ``name``, ``rate``, ``encode`` and ``decode``.
    sounds
        Each ``(samples,)`` at the codec's rate, one of PAM-1's, none silent.
    listeners
        Which of `LISTENERS` to take; the others are NaN.

    Returns
    -------
    CodecScore
        ``kbps`` over all sounds together, ``worst`` of all, means of the rest.

    Raises
    ------
    ValueError
        Where there is no sound, one is silent, or the codec returns another length.

    Examples
    --------
    >>> from coursekit import data
    >>> from coursekit.coding.traditional import Flac
    >>> row = measure(Flac(), [data.clip("austen_en_01").audio()[:16_000]])
    >>> row.codec, row.kbps < 256, row.snr > 40, row.audible
    ('FLAC', True, True, 0.0)
    """
    rows, seconds = [], []
    for x in sounds:
        stream = codec.encode(x)
        y = codec.decode(stream)
        rows.append(score(x, y, codec.rate, 8 * len(stream), listeners))
        seconds.append(len(x) / codec.rate)
    return replace(_mean(rows, seconds), codec=codec.name)


def silence(
    sounds: Iterable[Audio], rate: int, listeners: Collection[str] = LISTENERS
) -> CodecScore:
    """Return the line of the codec that sends nothing and plays nothing.

    Lectures 09 and 12.

    Parameters
    ----------
    sounds
        Each ``(samples,)``, none silent.
    listeners
        Which of `LISTENERS` to take; the others are NaN.
    rate
        Sampling rate in Hz.

    Examples
    --------
    >>> from coursekit import data
    >>> row = silence([data.clip("austen_en_01").audio()[:16_000]], 16_000)
    >>> row.kbps, row.snr, row.nmr < 3
    (0.0, 0.0, True)
    """
    sounds = list(sounds)
    rows = [score(x, np.zeros(len(x)), rate, 0, listeners) for x in sounds]
    return replace(_mean(rows, [len(x) / rate for x in sounds]), codec="silence")


def score(
    reference: Audio,
    estimate: Audio,
    rate: int,
    bits: int,
    listeners: Collection[str] = LISTENERS,
) -> CodecScore:
    """Return what came back of one sound, by all measures.

    Lectures 09 and 12.

    Parameters
    ----------
    reference, estimate
        ``(samples,)``, in line with each other.
    rate
        Sampling rate in Hz.
    bits
        What the stream took.
    listeners
        Which of `LISTENERS` to take; the others are NaN.

    Raises
    ------
    ValueError
        Where the lengths differ, or the reference is silent.

    Examples
    --------
    >>> x = 0.1 * np.random.default_rng(0).standard_normal(16_000)
    >>> row = score(x, 0.9 * x, 16_000, bits=8_000, listeners=())
    >>> row.kbps, round(row.snr, 6)
    (8.0, 20.0)
    """
    pair = (reference, estimate, rate)
    heard = nmr(*pair)
    heard_by = {"zimtohrli": zimtohrli, "visqol": visqol}
    return CodecScore(
        codec="",
        kbps=bits * rate / len(reference) / 1000,
        snr=metrics.snr(reference, estimate),
        nmr=heard.mean,
        worst=heard.maximum,
        audible=heard.audible_share,
        **{name: heard_by[name](*pair) for name in listeners},
    )


def is_evidence(row: CodecScore, nothing: CodecScore) -> bool:
    """Return whether a codec beats silence and clears the floor of the SNR.

    Lectures 09 and 12.

    Parameters
    ----------
    row
        The codec's.
    nothing
        What `silence` returned for the same sounds.

    Examples
    --------
    >>> nothing = CodecScore("silence", 0, 0, -0.2, 20, 0.16, 1.2)
    >>> hasty = CodecScore("a net trained for seconds", 16, 12, 4, 30, 0.38, 1.5)
    >>> is_evidence(hasty, nothing)
    False
    """
    return row.snr >= SNR_FLOOR_DB and row.nmr < nothing.nmr


# metrics that nobody trained on -----------------------------------------------------


def zimtohrli(reference: Audio, estimate: Audio, rate: int) -> float:
    """Return the opinion score that Zimtohrli predicts, 1 (bad) to 5 (no difference).

    Parameters
    ----------
    reference, estimate
        ``(samples,)`` of one length; resampled to 48 kHz.
    rate
        Sampling rate in Hz.

    Returns
    -------
    float
        A fall of its distance; 5 for equal sounds. NaN where the package is not
        installed: it has no wheel for macOS.

    Raises
    ------
    ValueError
        Where the lengths differ.

    Notes
    -----
    M. Bruse, J. Alakuijala and others at Google, the package ``zimtohrli``: a filter
    bank of 128 channels, loudness, and a similarity of the two pictures. It is made
    for differences that are only just audible. Far from there it does not order what
    is bad: white noise at 0 dB SNR scores better than at 10 dB. Lectures 09 and 12.

    Examples
    --------
    >>> x = 0.1 * np.sin(0.1 * np.arange(16_000))
    >>> zimtohrli(x, x, 16_000)
    5.0
    """
    a, b = _both_at_48k(reference, estimate, rate)
    if importlib.util.find_spec("zimtohrli") is None:
        return float("nan")
    import zimtohrli as package

    return float(package.mos_from_zimtohrli(package.Pyohrli().distance(a, b)))


def has_visqol() -> bool:
    """Return whether ViSQOL can be run here.

    Its package, ``visqol-python``, needs a compiler to be installed, so the course
    does without it and takes it where it is.

    Lectures 09 and 12.

    Examples
    --------
    >>> has_visqol() in (True, False)
    True
    """
    return importlib.util.find_spec("visqol") is not None


def visqol(reference: Audio, estimate: Audio, rate: int) -> float:
    """Return the opinion score that ViSQOL predicts, in its mode for audio.

    Parameters
    ----------
    reference, estimate
        ``(samples,)`` of one length; resampled to 48 kHz.
    rate
        Sampling rate in Hz.

    Returns
    -------
    float
        1 to about 4.73. NaN where ViSQOL is not installed (`has_visqol`) and where
        the estimate is silent, which it cannot scale.

    Raises
    ------
    ValueError
        Where the lengths differ.

    Notes
    -----
    M. Chinen et al., "ViSQOL v3: an open source production ready objective speech and
    audio metric", QoMEX 2020. The mode for audio is used for speech, too: the
    mode for speech needs a further package to score as the original does, and calls
    nearly everything good without it. Lectures 09 and 12.

    Examples
    --------
    >>> bool(np.isnan(visqol(np.ones(16_000), np.zeros(16_000), 16_000)))
    True
    """
    a, b = _both_at_48k(reference, estimate, rate)
    if not has_visqol() or not np.any(b):
        return float("nan")
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        return float(_visqol().measure_from_arrays(a, b, METRIC_RATE).moslqo)


@lru_cache
def _visqol() -> Any:
    from visqol import VisqolApi

    api = VisqolApi()
    api.create(mode="audio")
    return api


def _both_at_48k(reference: Audio, estimate: Audio, rate: int) -> tuple[Audio, Audio]:
    if len(reference) != len(estimate):
        raise ValueError(
            f"the reference has {len(reference)} samples and the estimate "
            f"{len(estimate)}: align them and cut both to one length"
        )
    a, b = (audio.resample(x, rate, METRIC_RATE) for x in (reference, estimate))
    return a, b


# rate-distortion curves ---------------------------------------------------------------


def at_equal_bytes(rows: Sequence[CodecScore], kbps: float, what: str = "nmr") -> float:
    """Return what a codec reaches with so many bytes, between the rates measured.

    Lectures 09 and 12.

    Parameters
    ----------
    rows
        One codec at two rates or more.
    kbps
        The rate wanted, within those measured: nothing is extrapolated.
    what
        One of `MEASURES`.

    Returns
    -------
    float
        On the straight line between the two nearest rates.

    Raises
    ------
    ValueError
        Where there are fewer than two rates, `kbps` is outside them, or there is no
        such measure.

    Examples
    --------
    >>> rows = [CodecScore("a", 10, 8, -4, 9, 0.1, 3),
    ...         CodecScore("a", 20, 12, -8, 5, 0.02, 4)]
    >>> at_equal_bytes(rows, 15)
    -6.0
    """
    x, y = curve(rows, what)
    if not x[0] <= kbps <= x[-1]:
        raise ValueError(
            f"{rows[0].codec} was measured from {x[0]:.1f} to {x[-1]:.1f} kbit/s, "
            f"not at {kbps:.1f}; measure it there"
        )
    return float(np.interp(kbps, x, y))


def kbps_for(rows: Sequence[CodecScore], value: float, what: str = "nmr") -> float:
    """Return the bytes at which a codec first reaches a value: "bytes at equal NMR".

    Lectures 09 and 12.

    Parameters
    ----------
    rows
        One codec at two rates or more.
    value
        Of the measure.
    what
        One of `MEASURES`.

    Returns
    -------
    float
        In kbit/s, on the straight line between the two nearest rates.

    Raises
    ------
    ValueError
        Where the curve does not cross the value, or as `at_equal_bytes`.

    Examples
    --------
    >>> rows = [CodecScore("a", 10, 8, -4, 9, 0.1, 3),
    ...         CodecScore("a", 20, 12, -8, 5, 0.02, 4)]
    >>> kbps_for(rows, -6)
    15.0
    """
    x, y = curve(rows, what)
    for i in range(len(x) - 1):
        low, high = sorted(y[i : i + 2])
        if low <= value <= high and low < high:
            return float(x[i] + (x[i + 1] - x[i]) * (value - y[i]) / (y[i + 1] - y[i]))
    raise ValueError(
        f"{rows[0].codec} has a {what} from {min(y):.3g} to {max(y):.3g} between "
        f"{x[0]:.1f} and {x[-1]:.1f} kbit/s and nowhere {value:.3g}; measure more rates"
    )


def mean_saving(
    rows: Sequence[CodecScore], other: Sequence[CodecScore], what: str = "nmr"
) -> float:
    r"""Return what share of the other's bytes a codec saves at equal quality.

    Parameters
    ----------
    rows, other
        Two codecs, each at two rates or more.
    what
        One of `MEASURES`.

    Returns
    -------
    float
        :math:`1 - e^{\overline{\ln R(v) - \ln R'(v)}}` with the mean over the values
        v that both curves reach; 0.2 for "a fifth fewer", below 0 for more.

    Raises
    ------
    ValueError
        Where the curves have no value in common.

    Notes
    -----
    The idea of Bjøntegaard's delta rate (VCEG-M33, 2001), with straight lines in the
    place of his cubic: it cannot overshoot between points. Lecture 12.

    Examples
    --------
    >>> rows = [CodecScore("a", 8, 8, -4, 9, 0.1, 3),
    ...         CodecScore("a", 16, 12, -8, 5, 0.02, 4)]
    >>> other = [CodecScore("b", 10, 8, -4, 9, 0.1, 3),
    ...          CodecScore("b", 20, 12, -8, 5, 0.02, 4)]
    >>> round(mean_saving(rows, other), 6)
    0.2
    """
    values = [curve(r, what)[1] for r in (rows, other)]
    low, high = max(min(v) for v in values), min(max(v) for v in values)
    if low >= high:
        raise ValueError(
            f"{rows[0].codec} and {other[0].codec} have no {what} in common; measure "
            "them at rates that reach the same quality"
        )
    common = np.linspace(low, high, 50)
    logs = [np.log([kbps_for(r, v, what) for v in common]) for r in (rows, other)]
    return float(1 - np.exp(np.mean(logs[0] - logs[1])))


def curve(rows: Sequence[CodecScore], what: str) -> tuple[Audio, Audio]:
    """Return a rate-distortion curve: rates in kbit/s, rising, and the measure there.

    Both are ``(points,)``.

    Lectures 09 and 12.

    Parameters
    ----------
    rows
        One codec at two rates or more, in any order.
    what
        One of `MEASURES`.

    Raises
    ------
    ValueError
        Where there are fewer than two rates, or no such measure.

    Examples
    --------
    >>> rows = [CodecScore("a", 20, 12, -8, 5, 0.02, 4),
    ...         CodecScore("a", 10, 8, -4, 9, 0.1, 3)]
    >>> [v.tolist() for v in curve(rows, "snr")]
    [[10.0, 20.0], [8.0, 12.0]]
    """
    if what not in MEASURES:
        raise ValueError(f"there is no measure {what!r}; take one of {MEASURES}")
    if len({row.kbps for row in rows}) < 2:
        raise ValueError("a curve takes two rates or more of a codec")
    points = sorted((float(row.kbps), float(getattr(row, what))) for row in rows)
    x, y = np.array(points).T
    return x, y


def _mean(rows: Sequence[CodecScore], seconds: Sequence[float]) -> CodecScore:
    """Return the mean of the rows of single sounds."""
    if not rows:
        raise ValueError("there is no sound to measure")
    means = {
        what: float(np.mean([getattr(r, what) for r in rows])) for what in MEASURES
    }
    means["worst"] = max(row.worst for row in rows)
    kbps = float(np.average([row.kbps for row in rows], weights=seconds))
    return CodecScore(codec="", kbps=kbps, **means)
