"""MIDI-like scores to stems: two guitars of one timbre, a piano and a bass.

The deck's SpaIn-Net slide separates Gtr1, Gtr2, piano and bass. Two guitars with
the same sound cannot be told apart by their timbre, only by where they stand: so
the ensemble here has two of them, and `pan` puts each instrument somewhere.

A score is written by a generator (`score`), played from a SoundFont (`render`),
placed between two loudspeakers (`pan`) and added up (`mixdown`).
Used in lectures 03, 15, 16 and 17.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coursekit import audio, soundfont

Array = NDArray[np.float64]

PROGRAMS = {"Gtr1": 25, "Gtr2": 25, "piano": 0, "bass": 33}
"""The instruments and their General MIDI programs, counted from 0: 25 is a
steel-string guitar (both play the same one), 0 a grand piano, 33 an electric bass."""

LOUDEST = 0.9
"""The stems' magnitudes never add up to more, so that no way to pan them clips."""

_NAMES = ("C", "D♭", "D", "E♭", "E", "F", "G♭", "G", "A♭", "A", "B♭", "B")
_PROGRESSIONS = ("I V vi IV", "I vi IV V", "vi IV I V", "I IV ii V", "I iii IV V")
_DEGREES = {"I": 0, "ii": 1, "iii": 2, "IV": 3, "V": 4, "vi": 5}
_MAJOR = np.array([0, 2, 4, 5, 7, 9, 11])
_BEATS = 4  # of a bar
_FADE = 0.01  # seconds, where the piece is cut off


@dataclass(frozen=True)
class Note:
    """One note of a score.

    Lectures 03, 15, 16 and 17.

    Parameters
    ----------
    start, seconds
        When it is struck and how long it is held.
    pitch
        MIDI number; 69 is A4, 440 Hz.
    velocity
        How hard it is struck, 1 to 127.
    """

    start: float
    seconds: float
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Score:
    """A short piece: the notes of each instrument.

    Lectures 03, 15, 16 and 17.

    Parameters
    ----------
    key
        Its major key, ``"A♭ major"``.
    chords
        One chord a bar, as degrees of the key.
    bpm
        Beats a minute.
    seconds
        How long it lasts.
    parts
        The notes of each instrument of `PROGRAMS`, in order of time.
    """

    key: str
    chords: tuple[str, ...]
    bpm: float
    seconds: float
    parts: Mapping[str, tuple[Note, ...]]


def midi_to_hz(pitch: ArrayLike) -> Array:
    """Return the frequency of a MIDI number in Hz, 440 * 2^((pitch - 69) / 12).

    Any shape, and the result has the same shape. Fractions are allowed: a hundredth
    is a cent.

    Lectures 03, 15, 16 and 17.

    Examples
    --------
    >>> midi_to_hz([69, 57, 60]).round(2).tolist()
    [440.0, 220.0, 261.63]
    """
    return 440.0 * 2.0 ** ((np.asarray(pitch, dtype=np.float64) - 69) / 12)


def hz_to_midi(hz: ArrayLike) -> Array:
    """Return the MIDI number of a frequency in Hz, with fractions.

    Any shape, and the result has the same shape.

    Lectures 03, 15, 16 and 17.

    Raises
    ------
    ValueError
        Where a frequency is not above 0.

    Examples
    --------
    >>> hz_to_midi([440.0, 466.16]).round(3).tolist()
    [69.0, 70.0]
    """
    f = np.asarray(hz, dtype=np.float64)
    if not (f > 0).all():
        raise ValueError(f"{f.min()} Hz has no pitch: frequencies are above 0")
    return 69 + 12 * np.log2(f / 440.0)


# -- Scores -----------------------------------------------------------------------


def score(rng: np.random.Generator, seconds: float, bpm: float = 100.0) -> Score:
    """Write a piece: a key, four chords over and over, a part per instrument.

    The bass plays the roots, the piano holds the chords, the first guitar picks
    their notes in eighths, the second plays a melody. Every note belongs to the
    key; each part keeps to its range.

    Lectures 03, 15, 16 and 17.

    Parameters
    ----------
    rng
        Decides the key, the chords, and what each instrument plays.
    seconds
        How long it lasts, 1 to 600.
    bpm
        Beats a minute, 40 to 240; four beats to a bar.

    Examples
    --------
    >>> piece = score(np.random.default_rng(1), seconds=10)
    >>> piece.key, piece.chords
    ('F major', ('vi', 'IV', 'I', 'V', 'vi'))
    >>> {name: len(notes) for name, notes in piece.parts.items()}
    {'Gtr1': 34, 'Gtr2': 11, 'piano': 27, 'bass': 10}
    """
    if not (1 <= seconds <= 600 and 40 <= bpm <= 240):
        raise ValueError(
            f"seconds is {seconds} and bpm is {bpm}: a piece lasts 1 to 600 s at 40 to "
            "240 beats a minute"
        )
    tonic = int(rng.integers(12))
    bars = int(np.ceil(seconds * bpm / 60 / _BEATS))
    progression = _PROGRESSIONS[int(rng.integers(len(_PROGRESSIONS)))].split()
    chords = tuple(progression[bar % len(progression)] for bar in range(bars))
    writers = {"Gtr1": _picking, "Gtr2": _melody, "piano": _comping, "bass": _bass}
    parts = {}
    for name, write in writers.items():
        notes = []
        for bar, chord in enumerate(chords):
            for beat, beats, pitch, velocity in write(rng, tonic, _DEGREES[chord]):
                start = (bar * _BEATS + beat) * 60 / bpm
                length = min(beats * 60 / bpm, seconds - start)
                if length > 0.05:
                    notes.append(Note(start, length, pitch, velocity))
        parts[name] = tuple(sorted(notes, key=lambda note: (note.start, note.pitch)))
    return Score(f"{_NAMES[tonic]} major", chords, float(bpm), float(seconds), parts)


_Event = tuple[float, float, int, int]  # beat, beats, pitch, velocity


def _degree(tonic: int, degree: int, low: int) -> int:
    """Return the lowest pitch from `low` up that is this degree of the key."""
    pitch_class = tonic + int(_MAJOR[degree % 7])
    return low + (pitch_class - low) % 12


def _triad(tonic: int, degree: int, low: int) -> list[int]:
    """Return a chord's three notes in the octave from `low` up, from the lowest."""
    return sorted(_degree(tonic, degree + step, low) for step in (0, 2, 4))


def _hit(rng: np.random.Generator, middle: int, spread: int = 10) -> int:
    """Return a velocity around `middle`."""
    return int(rng.integers(middle - spread, middle + spread + 1))


def _bass(rng: np.random.Generator, tonic: int, degree: int) -> list[_Event]:
    """Return a bar of bass: root, then root or fifth, sometimes a step up to it."""
    root, fifth = _degree(tonic, degree, 28), _degree(tonic, degree + 4, 28)
    second = root if rng.random() < 0.6 else fifth
    bar = [(0.0, 1.8, root, _hit(rng, 95)), (2.0, 1.4, second, _hit(rng, 85))]
    if rng.random() < 0.5:
        bar.append((3.5, 0.45, _degree(tonic, degree + 1, 28), _hit(rng, 75)))
    return bar


def _comping(rng: np.random.Generator, tonic: int, degree: int) -> list[_Event]:
    """Return a bar of piano: the chord, held and struck again."""
    again = 2.0 if rng.random() < 0.6 else 2.5
    velocity = _hit(rng, 72)
    return [
        (beat, beats, pitch, velocity)
        for beat, beats in ((0.0, again - 0.1), (again, _BEATS - again - 0.1))
        for pitch in _triad(tonic, degree, 55)
    ]


def _picking(rng: np.random.Generator, tonic: int, degree: int) -> list[_Event]:
    """Return a bar of picked guitar: chord notes in eighths over two octaves."""
    notes = _triad(tonic, degree, 48) + _triad(tonic, degree, 60)
    order = [0, 2, 3, 4, 5, 4, 3, 2] if rng.random() < 0.5 else [0, 3, 2, 4, 3, 5, 4, 2]
    return [
        (k / 2, 0.7, notes[place], _hit(rng, 80 + 10 * (k == 0)))
        for k, place in enumerate(order)
    ]


def _melody(rng: np.random.Generator, tonic: int, degree: int) -> list[_Event]:
    """Return a bar of melody: chord notes on the beat, steps of the key between."""
    beats = ((1, 1, 1, 1), (2, 1, 1), (1, 0.5, 0.5, 2), (1.5, 0.5, 1, 1), (3, 1))
    bar, beat = [], 0.0
    place = degree + int(rng.choice([0, 2, 4]))
    for length in beats[int(rng.integers(len(beats)))]:
        if rng.random() > 0.12:  # else a rest
            pitch = _degree(tonic, place, 64)
            bar.append((beat, 0.95 * length, pitch, _hit(rng, 92)))
        beat += length
        place += int(rng.choice([-2, -1, 1, 2]))
    return bar


# -- Sound ------------------------------------------------------------------------


def render(score: Score, rate: int) -> dict[str, Array]:
    """Play a score: one mono stem per instrument.

    All stems have one gain, so that their balance is the score's, and so that
    their magnitudes add up to `LOUDEST` at most: however they are panned, no
    mixture clips.

    Lectures 03, 15, 16 and 17.

    Parameters
    ----------
    score
        What is played; its parts are named as in `PROGRAMS`.
    rate
        Samples per second.

    Returns
    -------
    dict
        Name of the instrument to ``(round(seconds * rate),)``.

    Examples
    --------
    >>> piece = Score("C major", ("I",), 100, 1.0, {"bass": (Note(0.5, 0.4, 45, 90),)})
    >>> stem = render(piece, 16000)["bass"]
    >>> stem.shape, float(np.abs(stem[:7900]).max()) < 1e-3
    ((16000,), True)
    """
    unknown = sorted(set(score.parts) - set(PROGRAMS))
    if unknown or not score.parts:
        asked = unknown or "at all: the score is empty"
        raise ValueError(f"no instrument {asked}; there are {sorted(PROGRAMS)}")
    samples = round(score.seconds * rate)
    stems = {}
    for name, notes in score.parts.items():
        stem = audio.resample(
            _play(notes, PROGRAMS[name], score.seconds),
            rate=soundfont.RATE,
            new_rate=rate,
        )
        stems[name] = np.pad(stem, (0, max(0, samples - len(stem))))[:samples]
    loudest = max(float(np.abs(list(stems.values())).sum(axis=0).max()), 1e-9)
    return {name: stem * LOUDEST / loudest for name, stem in stems.items()}


def _play(notes: tuple[Note, ...], program: int, seconds: float) -> Array:
    """Return the notes of one instrument at the font's rate, cut off softly."""
    font, rate = soundfont.general_midi(), soundfont.RATE
    total = np.zeros(round(seconds * rate))
    for note in notes:
        sound = font.note(program, note.pitch, note.velocity, note.seconds)
        at = round(note.start * rate)
        sound = sound[: max(0, len(total) - at)]
        total[at : at + len(sound)] += sound
    fade = round(_FADE * rate)
    total[-fade:] *= np.linspace(1, 0, fade)
    return total


def ensemble(rng: np.random.Generator, seconds: float, rate: int) -> dict[str, Array]:
    """Return the stems of a new piece: Gtr1, Gtr2, piano and bass.

    A tempo between 80 and 132 beats a minute, then `score` and `render`.

    Lectures 03, 15, 16 and 17.

    Examples
    --------
    >>> stems = ensemble(np.random.default_rng(0), seconds=2, rate=16000)
    >>> {name: stem.shape for name, stem in stems.items()}
    {'Gtr1': (32000,), 'Gtr2': (32000,), 'piano': (32000,), 'bass': (32000,)}
    """
    bpm = float(rng.integers(80, 133))
    return render(score(rng, seconds, bpm), rate)


# -- Space ------------------------------------------------------------------------


def pan(x: ArrayLike, degrees: float) -> Array:
    """Place a mono sound between two loudspeakers, at constant power.

    With θ in degrees, as in SpaIn-Net::

        L = √2/2 (cos θ - sin θ) x        R = √2/2 (cos θ + sin θ) x

    so that L² + R² = x²: -45 is left only, 0 is the middle, 45 is right only.

    Lectures 03, 15, 16 and 17.

    Parameters
    ----------
    x
        ``(samples,)``.
    degrees
        -45 to 45.

    Returns
    -------
    ndarray
        ``(2, samples)``: left, right.

    Examples
    --------
    >>> pan([1.0, 0.5], 45).round(12).tolist()
    [[0.0, 0.0], [1.0, 0.5]]
    """
    mono = np.asarray(x, dtype=np.float64)
    if mono.ndim != 1:
        raise ValueError(f"x has the shape {mono.shape}; pan a mono sound (samples,)")
    if not -45 <= degrees <= 45:
        raise ValueError(f"{degrees} degrees: pan from -45 (left) to 45 (right)")
    theta = np.deg2rad(degrees)
    left, right = np.cos(theta) - np.sin(theta), np.cos(theta) + np.sin(theta)
    return np.sqrt(0.5) * np.stack([left * mono, right * mono])


def mixdown(stems: Mapping[str, ArrayLike], angles: Mapping[str, float]) -> Array:
    """Pan each stem to its angle in degrees and add them up, ``(2, samples)``.

    Lectures 03, 15, 16 and 17.

    Raises
    ------
    ValueError
        Where the names differ, or the stems differ in length.

    Examples
    --------
    >>> mixdown({"a": [1.0], "b": [0.5]}, {"a": -45, "b": 45}).round(12).tolist()
    [[1.0], [0.5]]
    """
    if set(stems) != set(angles) or not stems:
        raise ValueError(
            f"the stems are {sorted(stems)}, the angles are for {sorted(angles)}: "
            "give one angle for each stem"
        )
    lengths = {name: len(np.asarray(stem)) for name, stem in stems.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"the stems differ in length: {lengths}")
    return np.sum([pan(stem, angles[name]) for name, stem in stems.items()], axis=0)
