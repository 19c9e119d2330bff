"""The honest player: what a sound's numbers say is what is heard.

A player never normalises. A sound of amplitude 0.0001 stays four thousand times
quieter than one of 0.4, players shown together share one gain, and a sound that
would clip is refused. Every player carries a caption that says what is heard.

Lecture 00 sets the volume with `calibration_noise` and `channel_test`; every
lecture plays through `play`.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import soundfile
from numpy.typing import ArrayLike, NDArray

SLOWEST_RATE, FASTEST_RATE = 4000, 192_000
"""Samples per second that a browser can be trusted to play."""

LONGEST_SECONDS = 60.0
HEAVIEST_BYTES = 4_000_000
"""Longest and heaviest sound of a player: all of it travels inside the page."""

_FULL_SCALE = 32767  # of 16 bits, symmetric


@dataclass(frozen=True)
class Sound:
    """One sound of a player, as it is heard.

    Lecture 00.

    Parameters
    ----------
    caption
        What is heard.
    samples
        16-bit integers, ``(samples,)`` or ``(2, samples)``.
    rate
        Samples per second.
    silent_by_rounding
        True where the sound is not zero, but too quiet for 16 bits.
    """

    caption: str
    samples: NDArray[np.int16]
    rate: int
    silent_by_rounding: bool = False

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.samples.shape[-1] / self.rate

    @property
    def level_db(self) -> float:
        """RMS level in dB re full scale (amplitude); -inf for silence."""
        mean_square = np.mean(np.square(self.samples / _FULL_SCALE))
        return 10 * float(np.log10(mean_square)) if mean_square > 0 else -np.inf

    @property
    def note(self) -> str:
        """Length and level in words, ``"2.0 s, -23.4 dBFS"``."""
        if self.silent_by_rounding:
            return f"{self.seconds:.1f} s, silent: quieter than a 16-bit step"
        if self.level_db == -np.inf:
            return f"{self.seconds:.1f} s, silence"
        return f"{self.seconds:.1f} s, {self.level_db:.1f} dBFS"

    def wav(self) -> bytes:
        """Return the sound as a WAV file of 16 bits.

        FLAC would be half the size, but Chromium's player fails on it ("demuxer
        seek failed") when a listener jumps back in a sound of a few seconds.
        """
        file = io.BytesIO()
        soundfile.write(file, self.samples.T, self.rate, "PCM_16", format="WAV")
        return file.getvalue()

    def html(self) -> str:
        """Return the sound as a figure: a caption over an audio element."""
        data = base64.b64encode(self.wav()).decode("ascii")
        caption = escape(self.caption, quote=True)
        # The attribute keeps JupyterLab's own keys away from a focused player.
        return (
            '<figure style="margin:0.4em 0">'
            f"<figcaption>{caption} "
            f'<small style="opacity:0.8">({self.note})</small></figcaption>'
            f'<audio controls preload="metadata" aria-label="{caption}" '
            'data-lm-suppress-shortcuts="true" '
            'style="width:20em;max-width:100%;height:2.5em" '
            f'src="data:audio/wav;base64,{data}"></audio></figure>'
        )


class Player:
    """One sound or several on one gain; displays itself (`play` makes it).

    Lecture 00.

    Attributes
    ----------
    sounds
        The `Sound` objects, in order.
    caption
        What the row is about, or "" for a single sound.
    gain_db
        The amplitude gain in dB that all of them received.
    """

    def __init__(
        self, sounds: tuple[Sound, ...], caption: str = "", gain_db: float = 0.0
    ) -> None:
        self.sounds = sounds
        self.caption = caption
        self.gain_db = gain_db

    @property
    def heading(self) -> str:
        """The line above the row: its caption and the gain, where there is one."""
        gain = f"all played at {self.gain_db:+.1f} dB" if len(self.sounds) > 1 else ""
        gain = gain or f"played at {self.gain_db:+.1f} dB"
        parts = (self.caption, gain if self.gain_db else "")
        return "; ".join(part for part in parts if part)

    def __repr__(self) -> str:
        """Return what is heard in words: the display where there is no browser."""
        heading = [self.heading] if self.heading else []
        return "\n".join(
            [*heading, *(f"[audio] {s.caption} ({s.note})" for s in self.sounds)]
        )

    def _repr_html_(self) -> str:
        row = "".join(sound.html() for sound in self.sounds)
        heading = escape(self.heading, quote=True)
        if len(self.sounds) > 1:
            style = "display:flex;flex-wrap:wrap;gap:0.5em 1.5em"
            row = f'<div style="{style}">{row}</div>'
        if not heading:
            return row
        return (
            f'<div role="group" aria-label="{heading}">'
            f'<div style="margin-top:0.4em"><strong>{heading}</strong></div>{row}</div>'
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}


def play(
    sound: ArrayLike | Mapping[str, ArrayLike],
    rate: int,
    caption: str = "",
    *,
    gain_db: float = 0.0,
) -> Player:
    """Return a player for one sound, or for several on one gain.

    ``play(x, rate, "A woman says a number")`` shows one sound;
    ``play({"the mixture": x, "after the mask": y}, rate)`` shows several, each
    under its own caption, and then `caption` may say what the row is about.
    Length and level (RMS, dB re full scale) stand beside each caption.

    The sound is rounded to 16 bits and travels in the page as WAV; nothing else
    happens to it: amplitude 1 is full scale, always.

    Lecture 00.

    Parameters
    ----------
    sound
        ``(samples,)`` or, for stereo, ``(2, samples)``: left, right. Or a
        mapping of captions to such arrays. Amplitudes lie in [-1, 1]. Tensors
        are welcome where they carry no gradient.
    rate
        Samples per second, 4000 to 192000, a whole number.
    caption
        Says what is heard. Required for a single sound.
    gain_db
        Amplitude gain in dB for all the sounds alike. The player says so.

    Returns
    -------
    Player
        Displays itself: leave it on the last line of a cell.

    Raises
    ------
    ValueError
        Where the caption is missing, the sound is empty, longer than a minute or
        4 MB, not finite, of another shape, would clip, or the rate is not plausible.

    Examples
    --------
    >>> t = np.arange(8000) / 16000
    >>> play(0.1 * np.sin(2 * np.pi * 440 * t), 16000, "A tone of 440 Hz")
    [audio] A tone of 440 Hz (0.5 s, -23.0 dBFS)
    >>> play({"loud": [0.5], "quiet": [0.05]}, 16000, gain_db=-6)
    all played at -6.0 dB
    [audio] loud (0.0 s, -12.0 dBFS)
    [audio] quiet (0.0 s, -32.0 dBFS)
    """
    whole_rate = _checked_rate(rate)
    if not np.isfinite(gain_db):
        raise ValueError(f"gain_db is {gain_db}; it must be a finite number of dB")
    if isinstance(sound, Mapping):
        if not sound:
            raise ValueError("there is nothing to play: the mapping is empty")
        pairs, heading = list(sound.items()), caption
    else:
        pairs, heading = [(caption, sound)], ""
    sounds = tuple(_sound(x, name, whole_rate, gain_db) for name, x in pairs)
    return Player(sounds, heading, float(gain_db))


def _checked_rate(rate: int) -> int:
    """Return the rate as an integer; refuse what no browser plays."""
    if not SLOWEST_RATE <= rate <= FASTEST_RATE or rate != int(rate):
        raise ValueError(
            f"a rate of {rate} samples per second cannot be played: give a whole "
            f"number from {SLOWEST_RATE} to {FASTEST_RATE} (is it the second "
            "argument, and in Hz?)"
        )
    return int(rate)


def _sound(x: ArrayLike, caption: str, rate: int, gain_db: float) -> Sound:
    """Check one sound and round it to 16 bits."""
    if not isinstance(caption, str) or not caption.strip():
        raise ValueError(
            "the caption is missing: say in a few words what is heard, for example "
            'play(x, rate, "A tone of 440 Hz")'
        )
    samples = _checked_samples(x, caption, rate)
    gain = 10 ** (gain_db / 20)
    peak = float(np.max(np.abs(samples))) * gain
    if peak > 1:
        raise ValueError(
            f"{caption!r} would clip: its largest amplitude is {peak:.4g}, the limit "
            f"is 1. The player never normalises: scale what you show together by one "
            f"factor, for example gain_db={_safe_gain_db(peak, gain_db):.0f}"
        )
    rounded = np.round(samples * gain * _FULL_SCALE).astype(np.int16)
    return Sound(caption.strip(), rounded, rate, peak > 0 and not rounded.any())


def _safe_gain_db(peak: float, gain_db: float) -> float:
    """Return a whole number of dB, at least 1 dB below clipping."""
    return float(np.floor(gain_db - 20 * np.log10(peak) - 1))


def _checked_samples(x: ArrayLike, caption: str, rate: int) -> NDArray[np.float64]:
    """Return the sound as float64 of one or two channels, or say what is wrong."""
    raw = np.asarray(x)
    if raw.dtype.kind not in "fiub":
        raise ValueError(f"{caption!r} is not a real sound: its dtype is {raw.dtype}")
    samples = raw.astype(np.float64)
    stereo = samples.ndim == 2 and (samples.shape[0] in (1, 2) or not samples.size)
    if samples.ndim != 1 and not stereo:
        raise ValueError(
            f"{caption!r} has the shape {samples.shape}: a player takes (samples,) "
            "or (2, samples), left and right (transpose it?)"
        )
    if not samples.size:
        raise ValueError(f"{caption!r} is empty: its shape is {samples.shape}")
    if not np.isfinite(samples).all():
        bad = samples[~np.isfinite(samples)]
        raise ValueError(f"{caption!r} holds {bad.size} times {bad[0]}: not a sound")
    longest = min(LONGEST_SECONDS, HEAVIEST_BYTES / 2 / rate / (1 + stereo))
    if samples.shape[-1] > longest * rate:
        raise ValueError(
            f"{caption!r} lasts {samples.shape[-1] / rate:.0f} s and would make the "
            f"page heavy: play an excerpt of at most {longest:.0f} s, for example "
            f"x[..., : {10 * rate}]"
        )
    return samples


def channel_test(
    rate: int, seconds: float = 1.0, hz: float = 440.0
) -> dict[str, NDArray[np.float64]]:
    """Return three stereo sounds, by caption, that test a pair of headphones.

    A tone of amplitude 0.1 with soft edges: in the left channel, in the right,
    and in both with opposite signs. The last is heard beside or inside the head;
    where it is silent, something adds the two channels, and the lectures on
    stereo (07, 15, 16) will make no sense.

    Lecture 00.

    Parameters
    ----------
    rate
        Samples per second.
    seconds
        Length of each sound, at least 0.1.
    hz
        Frequency of the tone, below ``rate / 2``.

    Returns
    -------
    dict
        Caption to ``(2, samples)``, for `play`.

    Examples
    --------
    >>> sounds = channel_test(16000)
    >>> [caption for caption in sounds]
    ['left only', 'right only', 'both, with opposite signs']
    >>> float(np.abs(sounds['both, with opposite signs'].sum(axis=0)).max())
    0.0
    """
    if not 0 < hz < rate / 2 or seconds < 0.1:
        raise ValueError(
            f"hz is {hz} and seconds is {seconds}: the tone needs a frequency between "
            f"0 and {rate / 2} Hz and at least 0.1 s"
        )
    t = np.arange(round(seconds * rate)) / rate
    edge = np.clip(np.minimum(t, t[-1] - t) / 0.02, 0, 1)
    tone = 0.1 * np.sin(2 * np.pi * hz * t) * np.sin(0.5 * np.pi * edge) ** 2
    silence = np.zeros_like(tone)
    return {
        "left only": np.stack([tone, silence]),
        "right only": np.stack([silence, tone]),
        "both, with opposite signs": np.stack([tone, -tone]),
    }


def calibration_noise(
    rng: np.random.Generator, rate: int, seconds: float = 3.0, level_db: float = -30.0
) -> NDArray[np.float64]:
    """Return pink noise ``(samples,)`` of a known level, to set a safe volume by.

    Power falls as 1/f from 50 Hz up, so that each octave carries as much of it,
    as speech and music roughly do. Turn the volume down, play it, and turn up
    until it is as loud as a person who speaks across a table: from then on the
    course's sounds are at a safe level.

    Lecture 00.

    Parameters
    ----------
    rng
        Where the noise comes from.
    rate
        Samples per second.
    seconds
        Length.
    level_db
        RMS level in dB re full scale, at most -15 (a higher one could clip).

    Examples
    --------
    >>> noise = calibration_noise(np.random.default_rng(0), 16000)
    >>> round(10 * float(np.log10(np.mean(noise**2))), 6)
    -30.0
    """
    n = round(seconds * rate)
    if n < 2 or not level_db <= -15:
        raise ValueError(
            f"seconds is {seconds} and level_db is {level_db}: the noise needs two "
            "samples or more and a level of -15 dB or less"
        )
    hz = np.fft.rfftfreq(n, 1 / rate)
    shape = np.zeros_like(hz)
    audible = hz >= min(50.0, hz[-1])
    shape[audible] = 1 / np.sqrt(hz[audible])
    noise = np.fft.irfft(np.fft.rfft(rng.standard_normal(n)) * shape, n)
    return noise * 10 ** (level_db / 20) / np.sqrt(np.mean(noise**2))
