"""A small SoundFont player: notes of General MIDI instruments as numpy arrays.

A SoundFont (the SF2 format, version 2.01) keeps recorded notes and says how to
bend them to other keys: which recording serves which keys, where it loops, how
loudness rises and falls. `SoundFont.note` plays one note from that.

What it plays: key and velocity ranges, tuning, loops, the volume envelope,
attenuation, the low-pass filter and its envelope. What it leaves out: pan, the
filter's resonance, modulators, low-frequency oscillators, reverb and chorus. Notes
are mono.

The font is the one that the package ``pretty_midi`` carries (TimGM6mb by Tim
Brechbill, GNU General Public License, version 2). The course reads it where it is
installed and ships neither the font nor anything rendered from it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Array = NDArray[np.float64]

RATE = 44100
"""Samples per second at which notes are played."""

_START, _END, _LOOP_START, _LOOP_END = 0, 1, 2, 3
_START_COARSE, _END_COARSE, _LOOP_START_COARSE, _LOOP_END_COARSE = 4, 12, 45, 50
_CUTOFF, _SWEEP, _FILTER_DELAY, _DELAY = 8, 11, 25, 33
_INSTRUMENT, _KEYS, _VELOCITIES, _ATTENUATION = 41, 43, 44, 48
_COARSE, _FINE, _SAMPLE, _MODE, _SCALE, _ROOT = 51, 52, 53, 54, 56, 58
_TIMES = [first + k for first in (_FILTER_DELAY, _DELAY) for k in (0, 1, 2, 3, 5)]
_OPEN = 13500  # the filter's resting place, at which it does nothing
_DEFAULTS = {_CUTOFF: _OPEN, _SCALE: 100} | dict.fromkeys(_TIMES, -12000)
_EVERY = (0, 127)


@dataclass(frozen=True)
class _Zone:
    """A region of keys and velocities, and what it sets (generators by number)."""

    keys: tuple[int, int]
    velocities: tuple[int, int]
    set: dict[int, int]

    def serves(self, key: int, velocity: int) -> bool:
        """Return whether the zone sounds for this key and velocity."""
        (low, high), (soft, hard) = self.keys, self.velocities
        return low <= key <= high and soft <= velocity <= hard


@dataclass(frozen=True)
class Envelope:
    """How something rises and falls over the life of a note.

    Times are in seconds. It rises to 1 within `attack`, stays for `hold`, falls
    as if to reach 0 within `decay` but stops `sustain` below 1, and falls on as
    if from 1 to 0 within `release` once the key is let go.
    """

    delay: float
    attack: float
    hold: float
    decay: float
    sustain: float
    release: float

    def parts(self, t: Array, held: float) -> tuple[Array, Array]:
        """Return at times `t` ``(n,)`` how far it rose and how far it fell since."""
        since = t - self.delay - self.attack - self.hold
        fall = np.minimum(np.maximum(since, 0) / self.decay, self.sustain)
        fall += np.maximum(t - held, 0) / self.release
        rise = (np.minimum(t, held) - self.delay) / self.attack
        return np.clip(rise, 0, 1), fall

    def amplitude(self, t: Array, held: float) -> Array:
        """Return it as a loudness ``(n,)``: all of its fall is 100 dB."""
        rise, fall = self.parts(t, held)
        return rise * 10 ** (-100 * fall / 20)

    def value(self, t: Array, held: float) -> Array:
        """Return it as it is, ``(n,)`` between 0 and 1."""
        rise, fall = self.parts(t, held)
        return np.clip(rise - fall, 0, 1)


@dataclass(frozen=True)
class Voice:
    """One recording as it sounds for one key and velocity.

    Parameters
    ----------
    start, end, loop_start, loop_end
        Places in the font's recordings, in samples.
    loops
        True where the recording goes round from `loop_end` to `loop_start`.
    step
        Recorded samples per sample played: rate and tuning together.
    gain
        Amplitude factor of attenuation and velocity.
    loudness
        How the amplitude rises and falls.
    cutoff, sweep
        Of the low-pass filter in cents above 8.176 Hz: at rest, and how far the
        envelope `brightness` lifts it.
    brightness
        How the filter opens and closes.
    """

    start: int
    end: int
    loop_start: int
    loop_end: int
    loops: bool
    step: float
    gain: float
    loudness: Envelope
    cutoff: float
    sweep: float
    brightness: Envelope

    def play(self, recordings: Array, held: int) -> Array:
        """Return the note ``(samples,)``, held for `held` samples and then let go."""
        samples = held + int(min(self.loudness.release, 4.0) * RATE) + 1
        at: Array = self.start + np.float64(self.step) * np.arange(samples)
        if self.loops:
            round_ = self.loop_end - self.loop_start
            beyond = at >= self.loop_end
            at[beyond] = self.loop_start + (at[beyond] - self.loop_start) % round_
        else:
            at = at[at < self.end - 2]
        sound = self._filtered(self._interpolated(recordings, at), held / RATE)
        t = np.arange(len(sound)) / RATE
        return sound * self.loudness.amplitude(t, held / RATE) * self.gain

    def _filtered(self, x: Array, held: float) -> Array:
        """Return x through the low-pass filter as it opens and closes."""
        block = 64
        t = np.arange(0, len(x), block) / RATE
        cents = self.cutoff + self.sweep * self.brightness.value(t, held)
        steps = np.round(cents / 25).astype(int)  # an eighth of a tone: not heard
        if steps.min() * 25 >= _OPEN:
            return x
        y, state, at = np.empty_like(x), np.zeros(2), 0
        for step, run in groupby(steps):
            to = min(at + block * len(list(run)), len(x))
            b, a = _low_pass(8.176 * 2 ** (step * 25 / 1200))
            y[at:to], state = lfilter(b, a, x[at:to], zi=state)
            at = to
        return y

    def _interpolated(self, recordings: Array, at: Array) -> Array:
        """Return the recordings between their samples (cubic Hermite, 4 points)."""
        whole = np.floor(at).astype(np.int64)
        f = at - whole
        before, here, after, beyond = (
            recordings[self._wrapped(whole + k)] for k in (-1, 0, 1, 2)
        )
        slope = 0.5 * (after - before)
        next_slope = 0.5 * (beyond - here)
        rise = after - here
        a = slope + next_slope - 2 * rise
        return ((a * f + (rise - slope - a)) * f + slope) * f + here

    def _wrapped(self, index: NDArray[np.int64]) -> NDArray[np.int64]:
        """Carry places behind the loop's end round to its start."""
        if not self.loops:
            return np.maximum(index, self.start)
        round_ = self.loop_end - self.loop_start
        return np.where(index >= self.loop_end, index - round_, index)


@lru_cache(maxsize=512)
def _low_pass(hz: float) -> tuple[Array, Array]:
    """Return the coefficients of a second-order Butterworth low-pass filter."""
    w = np.tan(np.pi * min(hz / RATE, 0.49))
    norm = 1 / (1 + np.sqrt(2) * w + w * w)
    b = w * w * norm * np.array([1.0, 2.0, 1.0])
    a = np.array([1.0, 2 * (w * w - 1) * norm, (1 - np.sqrt(2) * w + w * w) * norm])
    return b, a


@dataclass(frozen=True)
class SoundFont:
    """The instruments of one SoundFont file.

    Parameters
    ----------
    recordings
        All recordings one after the other, in [-1, 1).
    headers
        What the file says of each recording.
    instruments
        The zones of each instrument.
    presets
        The zones of each preset of bank 0, by program.

    Examples
    --------
    >>> a4 = general_midi().note(program=0, key=69, velocity=100, seconds=0.5)
    >>> spectrum = np.abs(np.fft.rfft(a4 * np.hanning(len(a4))))
    >>> bool(abs(spectrum.argmax() * RATE / len(a4) - 440) < 4)
    True
    """

    recordings: Array = field(repr=False)
    headers: list[dict[str, int]] = field(repr=False)
    instruments: list[list[_Zone]] = field(repr=False)
    presets: dict[int, list[_Zone]] = field(repr=False)

    def voices(self, program: int, key: int, velocity: int) -> list[Voice]:
        """Return what sounds for one key: usually one recording, sometimes more."""
        if program not in self.presets:
            raise ValueError(
                f"the font has no program {program}; it has {sorted(self.presets)}"
            )
        found = []
        for outer in self.presets[program]:
            if not outer.serves(key, velocity) or _INSTRUMENT not in outer.set:
                continue
            for inner in self.instruments[outer.set[_INSTRUMENT]]:
                if inner.serves(key, velocity) and _SAMPLE in inner.set:
                    found.append(self._voice(outer.set, inner.set, key, velocity))
        return found

    def _voice(
        self, outer: dict[int, int], inner: dict[int, int], key: int, velocity: int
    ) -> Voice:
        """Return the voice of an instrument's zone, shifted by the preset's."""

        def get(number: int) -> int:
            return inner.get(number, _DEFAULTS.get(number, 0)) + outer.get(number, 0)

        header = self.headers[inner[_SAMPLE]]
        root = inner.get(_ROOT, -1)
        root = header["root"] if root < 0 else root
        cents = get(_SCALE) * (key - root) + 100 * get(_COARSE) + get(_FINE)
        cents += header["correction"]
        # 0.4 dB per step of 1 dB: the scale of the hardware that the format was
        # made for, which fonts are tuned by. Velocity acts as its square.
        level_db = 0.4 * get(_ATTENUATION) / 10
        return Voice(
            start=header["start"] + get(_START) + 32768 * get(_START_COARSE),
            end=header["end"] + get(_END) + 32768 * get(_END_COARSE),
            loop_start=header["loop_start"]
            + get(_LOOP_START)
            + 32768 * get(_LOOP_START_COARSE),
            loop_end=header["loop_end"]
            + get(_LOOP_END)
            + 32768 * get(_LOOP_END_COARSE),
            loops=get(_MODE) in (1, 3),
            step=header["rate"] / RATE * 2 ** (cents / 1200),
            gain=10 ** (-level_db / 20) * (velocity / 127) ** 2,
            loudness=_envelope(get, _DELAY, key),
            cutoff=get(_CUTOFF),
            sweep=get(_SWEEP),
            brightness=_envelope(get, _FILTER_DELAY, key),
        )

    def note(self, program: int, key: int, velocity: int, seconds: float) -> Array:
        """Return one note ``(samples,)`` at `RATE`, with its release at the end.

        Parameters
        ----------
        program
            The General MIDI instrument, counted from 0: 0 is a grand piano.
        key
            MIDI number, 0 to 127; 69 is A4, 440 Hz.
        velocity
            How hard it is struck, 1 to 127.
        seconds
            How long the key is held.

        Raises
        ------
        ValueError
            Where a number is out of its range, or the font has nothing there.
        """
        if not (0 <= key <= 127 and 1 <= velocity <= 127 and 0 < seconds < 60):
            raise ValueError(
                f"key {key}, velocity {velocity}, {seconds} s: keys go from 0 to 127, "
                "velocities from 1 to 127, and a note lasts from 0 to 60 s"
            )
        voices = self.voices(program, key, velocity)
        if not voices:
            raise ValueError(
                f"program {program} has no recording for key {key} at velocity "
                f"{velocity}"
            )
        played = [v.play(self.recordings, round(seconds * RATE)) for v in voices]
        total = np.zeros(max(map(len, played)))
        for sound in played:
            total[: len(sound)] += sound
        return total


def _envelope(get: Callable[[int], int], first: int, key: int) -> Envelope:
    """Return the envelope whose six settings, and two for keys, start at `first`."""
    delay, attack, hold, decay, sustain, release = (get(first + k) for k in range(6))
    hold += get(first + 6) * (60 - key)
    decay += get(first + 7) * (60 - key)
    return Envelope(
        delay=_seconds(delay) if delay > -12000 else 0.0,
        attack=_seconds(attack),
        hold=_seconds(hold) if hold > -12000 else 0.0,
        decay=_seconds(decay),
        sustain=min(max(sustain / 1000, 0.0), 1.0),
        release=_seconds(release),
    )


def _seconds(timecents: int) -> float:
    """Return 2^(timecents / 1200), at least a millisecond."""
    return max(2.0 ** (timecents / 1200), 1e-3)


def read(path: Path | str) -> SoundFont:
    """Read an SF2 file.

    Raises
    ------
    ValueError
        Where the file is no SoundFont.
    """
    data = Path(path).read_bytes()
    if data[:4] != b"RIFF" or data[8:12] != b"sfbk":
        raise ValueError(f"{Path(path).name} is no SoundFont: it starts {data[:12]!r}")
    chunks = dict(_chunks(data, 12, len(data)))
    presets = _zones(chunks, "<20s3H12x", (b"phdr", b"pbag", b"pgen"), _INSTRUMENT)
    instruments = _zones(chunks, "<20sH", (b"inst", b"ibag", b"igen"), _SAMPLE)
    names = ("start", "end", "loop_start", "loop_end", "rate", "root", "correction")
    headers = [
        dict(zip(names, row[1:8], strict=True))
        for row in struct.iter_unpack("<20s5IBb4x", chunks[b"shdr"])
    ]
    recordings = np.frombuffer(chunks[b"smpl"], "<i2").astype(np.float64) / 32768
    return SoundFont(
        recordings,
        headers[:-1],
        [zones for _, zones in instruments],
        {head[1]: zones for head, zones in presets if head[2] == 0},
    )


def _chunks(data: bytes, at: int, end: int) -> list[tuple[bytes, bytes]]:
    """Return the chunks of a RIFF file by name, those inside lists too."""
    found: list[tuple[bytes, bytes]] = []
    while at + 8 <= end:
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if name == b"LIST":
            found += _chunks(data, at + 12, at + 8 + size)
        else:
            found.append((name, data[at + 8 : at + 8 + size]))
        at += 8 + size + size % 2
    return found


def _zones(
    chunks: dict[bytes, bytes], head: str, names: tuple[bytes, ...], goal: int
) -> list[tuple[tuple[Any, ...], list[_Zone]]]:
    """Return (header, zones) of each preset or instrument.

    `names` are the chunks of headers, zones and settings; the last row of each
    only marks the end. A first zone without a `goal` (its instrument or its
    recording) sets what the others then have as well.
    """
    heads, bags, settings = (chunks[name] for name in names)
    rows = list(struct.iter_unpack(head, heads))
    first = [row[0] for row in struct.iter_unpack("<2H", bags)]
    numbers = list(struct.iter_unpack("<Hh", settings))
    found = []
    for row, following in pairwise(rows):
        own = [
            dict(numbers[first[zone] : first[zone + 1]])
            for zone in range(row[-1], following[-1])
        ]
        common = own.pop(0) if own and goal not in own[0] else {}
        found.append((row, [_zone(common | zone) for zone in own]))
    return found


def _zone(settings: dict[int, int]) -> _Zone:
    """Return a zone; a range is two bytes in one number, low and high."""
    keys, velocities = (
        (settings[n] & 255, settings[n] >> 8 & 255) if n in settings else _EVERY
        for n in (_KEYS, _VELOCITIES)
    )
    return _Zone(keys, velocities, settings)


@lru_cache(maxsize=1)
def general_midi() -> SoundFont:
    """Return the General MIDI font that is installed with ``pretty_midi``.

    Examples
    --------
    >>> len(general_midi().presets)
    128
    """
    return read(Path(str(files("pretty_midi") / "TimGM6mb.sf2")))
