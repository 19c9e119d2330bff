"""From a source's files to one clip: decode, trim, join, fade, level, write.

Used by `coursekit.data.making.build`; each step is a short function of samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy import signal

from coursekit import audio

Audio = NDArray[np.float64]

SPEECH_LEVEL = -23.0  # dBFS over the active parts, see `coursekit.audio.active_level`
BACKGROUND_LEVEL = -26.0  # dBFS over everything
PEAK = 0.9  # no clip reaches higher
TELEPHONY = {".g722": "g722", ".gsm": "gsm"}  # raw formats that libsndfile has not


def decode(path: Path, rate: int | None) -> tuple[Audio, int]:
    """Return one channel of a source file, at `rate` or at its own.

    Channels are averaged. The telephone formats (G.722, GSM) need PyAV.

    Raises
    ------
    ImportError
        Where PyAV is needed and missing.
    """
    if path.suffix in TELEPHONY:
        x, own_rate = _decode_telephony(path)
    else:
        x, own_rate = audio.load(path)
        x = x if x.ndim == 1 else x.mean(axis=0)
    rate = rate or own_rate
    return audio.resample(x, own_rate, rate), rate


def _decode_telephony(path: Path) -> tuple[Audio, int]:
    try:
        import av
    except ImportError as error:
        raise ImportError(
            f"{path.name} needs PyAV to be read: pip install 'coursekit[data]'"
        ) from error
    with av.open(str(path), format=TELEPHONY[path.suffix]) as container:
        stream = container.streams.audio[0]
        frames = [frame.to_ndarray() for frame in container.decode(stream)]
        return np.concatenate(frames, axis=1)[0] / 32768, stream.rate


def envelope_db(x: Audio, rate: int) -> NDArray[np.float64]:
    """Return the level of each 10 ms of `x`, in dB under its loudest 10 ms.

    Examples
    --------
    >>> x = np.repeat([1.0, 0.1], 160)
    >>> envelope_db(x, 16_000).round(6) + 0.0
    array([  0., -20.])
    """
    hop = rate // 100
    whole = max(hop, len(x) // hop * hop)
    frames = np.pad(x, (0, max(0, whole - len(x))))[:whole].reshape(-1, hop)
    power = np.mean(frames**2, axis=1)
    return np.asarray(10 * np.log10(power / np.max(power) + 1e-12))


def trim(x: Audio, rate: int, under_db: float = 45.0) -> Audio:
    """Cut the silence before and after, but for 60 ms on each side.

    Examples
    --------
    >>> x = np.concatenate([np.zeros(16_000), np.ones(1600), np.zeros(16_000)])
    >>> len(trim(x, 16_000)) / 16_000
    0.22
    """
    loud = np.flatnonzero(envelope_db(x, rate) > -under_db)
    hop, margin = rate // 100, round(0.06 * rate)
    return x[max(0, loud[0] * hop - margin) : (loud[-1] + 1) * hop + margin]


def shorten_pauses(
    x: Audio, rate: int, longest: float = 0.6, under_db: float = 45.0
) -> Audio:
    """Cut the middle out of pauses that last longer than `longest` seconds.

    The two ends of a pause are laid over each other for 20 ms, so that no click
    is left.

    Examples
    --------
    >>> x = np.concatenate([np.ones(1600), np.zeros(32_000), np.ones(1600)])
    >>> len(shorten_pauses(x, 16_000)) / 16_000
    0.78
    """
    quiet = envelope_db(x, rate) < -under_db
    edges = np.flatnonzero(np.diff(np.concatenate([[0], quiet.astype(int), [0]])))
    hop, keep = rate // 100, round(longest / 2 * rate)
    pieces, at = [], 0
    for start, end in zip(edges[::2] * hop, edges[1::2] * hop, strict=True):
        if end - start > 2 * keep:
            pieces.append(x[at : start + keep])
            at = end - keep
    return cross_fade([*pieces, x[at:]], round(0.02 * rate))


def until_pause(x: Audio, rate: int, seconds: float) -> Audio:
    """Cut `x` in its last pause of 0.15 s or more before `seconds`.

    Examples
    --------
    >>> x = np.concatenate([np.ones(16_000), np.zeros(8000), np.ones(16_000)])
    >>> len(until_pause(x, 16_000, 2.0)) < 24_000
    True
    """
    if len(x) <= seconds * rate:
        return x
    quiet = envelope_db(x[: round(seconds * rate)], rate) < -40
    runs = np.convolve(quiet, np.ones(15), mode="valid")
    pauses = np.flatnonzero(runs == 15)
    if not pauses.size:
        raise ValueError(f"no pause in the first {seconds} s: name a shorter part")
    return x[: (pauses[-1] + 7) * (rate // 100)]


def fade(x: Audio, rate: int, seconds: float = 0.01) -> Audio:
    """Fade in and out, so that a clip begins and ends without a click.

    Examples
    --------
    >>> fade(np.ones(6), 100, 0.02).round(3)
    array([0.146, 0.854, 1.   , 1.   , 0.854, 0.146])
    """
    n = min(round(seconds * rate), len(x) // 2)
    ramp = np.sin((np.arange(n) + 0.5) / n * np.pi / 2) ** 2
    x = x.copy()
    x[:n] *= ramp
    x[len(x) - n :] *= ramp[::-1]
    return x


def cross_fade(pieces: Sequence[Audio], overlap: int) -> Audio:
    """Join pieces, each laid over the end of the one before it.

    Examples
    --------
    >>> cross_fade([np.ones(3), np.ones(2)], 0)
    array([1., 1., 1., 1., 1.])
    """
    out = pieces[0].copy()
    for piece in pieces[1:]:
        n = min(overlap, len(out), len(piece))
        angle = (np.arange(n) + 0.5) / n * np.pi / 2 if n else np.zeros(0)
        seam = out[len(out) - n :] * np.cos(angle) + piece[:n] * np.sin(angle)
        out = np.concatenate([out[: len(out) - n], seam, piece[n:]])
    return out


def with_pauses(pieces: Sequence[Audio], rate: int, seconds: float = 0.3) -> Audio:
    """Join pieces with silence between them, each faded at its ends.

    Examples
    --------
    >>> len(with_pauses([np.ones(160), np.ones(160)], 16_000, 0.01))
    480
    """
    gap = np.zeros(round(seconds * rate))
    parts = [part for piece in pieces for part in (fade(piece, rate), gap)]
    return np.concatenate(parts[:-1])


def without_rumble(x: Audio, rate: int, hz: float = 20.0) -> Audio:
    """Take out a constant offset and what lies below hearing.

    Examples
    --------
    >>> bool(np.max(np.abs(without_rumble(np.ones(8000), 16_000))) < 1e-6)
    True
    """
    sos = signal.butter(2, hz, "highpass", fs=rate, output="sos")
    return np.asarray(signal.sosfiltfilt(sos, x))


def level(x: Audio, gain_db: float) -> Audio:
    """Apply a gain, less where the peak would pass `PEAK`.

    Examples
    --------
    >>> level(np.array([0.1, -0.1]), 20.0)
    array([ 0.9, -0.9])
    """
    gain = 10 ** (gain_db / 20)
    return x * min(gain, PEAK / float(np.max(np.abs(x))))


def speech(pieces: Sequence[Audio], rate: int, seconds: float) -> Audio:
    """Return prompts joined to connected speech, at `SPEECH_LEVEL`.

    Examples
    --------
    >>> tone = np.sin(np.arange(16_000) / 5)
    >>> x = speech([tone, tone], 16_000, 19.0)
    >>> round(audio.active_level(x, 16_000), 3), len(x)
    (-23.0, 36800)
    """
    pieces = [without_rumble(piece, rate) for piece in pieces]
    pieces = [shorten_pauses(trim(piece, rate), rate) for piece in pieces]
    x = until_pause(with_pauses(pieces, rate), rate, seconds)
    x = fade(trim(x, rate), rate)
    return level(x, SPEECH_LEVEL - audio.active_level(x, rate))


def background(pieces: Sequence[Audio], rate: int, overlap: float) -> Audio:
    """Return recordings that overlap by some seconds, at `BACKGROUND_LEVEL`.

    Examples
    --------
    >>> x = background([np.sin(np.arange(16_000) / 5)], 16_000, 0.0)
    >>> round(audio.level_db(x), 3)
    -26.0
    """
    pieces = [without_rumble(piece, rate) for piece in pieces]
    x = cross_fade(pieces, round(overlap * rate))
    x = fade(x, rate, 0.02)
    return level(x, BACKGROUND_LEVEL - audio.level_db(x))


def response(x: Audio, rate: int) -> Audio:
    """Return an impulse response with its peak at `PEAK` and its end faded.

    What lies below hearing is taken out by a causal filter, so that nothing comes
    before the direct sound.

    Examples
    --------
    >>> x = response(np.eye(1, 16_000)[0], 16_000)
    >>> round(float(np.max(x)), 6), int(np.argmax(x))
    (0.9, 0)
    """
    sos = signal.butter(2, 20.0, "highpass", fs=rate, output="sos")
    x = np.asarray(signal.sosfilt(sos, x))
    n = round(0.05 * rate)
    x[len(x) - n :] *= np.cos((np.arange(n) + 0.5) / n * np.pi / 2) ** 2
    return x * (PEAK / float(np.max(np.abs(x))))


def write(path: Path, x: Audio, rate: int) -> None:
    """Write 16-bit FLAC, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    steps = np.rint(np.clip(x, -1, 1) * 32767).astype(np.int16)
    soundfile.write(part, steps, rate, format="FLAC", subtype="PCM_16")
    part.replace(path)
