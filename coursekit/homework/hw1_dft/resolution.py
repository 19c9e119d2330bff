"""Two recordings of a student's own, and a frame length for each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coursekit import fourier
from coursekit.homework.checks.calls import Args
from coursekit.homework.checks.checker import ANYONE
from coursekit.homework.checks.exercise import CaseSpec, Exercise, Mistakes
from coursekit.homework.own_data import (
    RATE,
    Numbers,
    OwnRecording,
    Rng,
    any_of,
    excerpt,
    loudness,
    own_rng,
    spoken,
)

NAME = "hw1_dft"

# --- a student's own recordings -------------------------------------------------

NOTE = (0.75, 0.5)
"""When the two tones begin, and how long they last, in seconds."""

COARSEST = 500.0
"""The widest bins, in Hz, that still tell the vowels of the voice apart."""


@dataclass(frozen=True)
class TwoEvents(OwnRecording):
    """A recording in which two things stand close to each other.

    Parameters
    ----------
    at
        Where they are: frequencies of two tones in Hz, or times of two clicks in
        seconds.
    """

    at: tuple[float, float]

    @property
    def apart(self) -> float:
        """How far the two things are apart, in Hz or in seconds."""
        return self.at[1] - self.at[0]


def _voice(rng: Rng, seconds: float, level_db: float) -> Numbers:
    """Return an excerpt of the pack's speech at a level in dBFS (RMS)."""
    x = excerpt(rng, any_of(rng, spoken(seconds)), seconds)
    return x * 10 ** (level_db / 20) / loudness(x)


def _tones(rng: Rng) -> TwoEvents:
    f1 = float(rng.integers(300, 900))
    f2 = f1 + float(rng.integers(100, 161)) / 10
    begin, lasting = (round(s * RATE) for s in NOTE)
    t = np.arange(lasting) / RATE
    edge = np.minimum(1, np.minimum(t, t[::-1]) / 0.005)  # no clicks at the ends
    x = _voice(rng, 2.0, -40).clip(-0.5, 0.5)
    note = np.cos(2 * np.pi * f1 * t) + np.cos(2 * np.pi * f2 * t)
    x[begin : begin + lasting] += 0.15 * edge * note
    caption = f"a quiet voice, and for half a second two tones {f2 - f1:.1f} Hz apart"
    return TwoEvents(x, RATE, caption, (f1, f2))


def _clicks(rng: Rng) -> TwoEvents:
    first = int(rng.integers(6000, 9000))
    second = first + int(rng.integers(96, 161))
    x = _voice(rng, 1.0, -45).clip(-0.1, 0.1)
    click = 0.7 * 0.6 ** np.arange(12) * (-1.0) ** np.arange(12)
    for start in (first, second):
        x[start : start + click.size] += click
    ms = (second - first) / RATE * 1000
    caption = f"a quiet voice, and in it two clicks {ms:.1f} ms apart"
    return TwoEvents(x, RATE, caption, (first / RATE, second / RATE))


def my_tones(student: str = ANYONE) -> TwoEvents:
    """Return the student's recording of two tones close in frequency.

    Parameters
    ----------
    student
        The name; each gets other tones, in another excerpt of speech.

    Examples
    --------
    >>> mine = my_tones("Ada")
    >>> mine.x.shape, mine.rate, 10 <= mine.apart <= 16
    ((32000,), 16000, True)
    """
    what = "frame_for_tones/the tones stand apart"
    return _tones(own_rng(NAME, student, what))


def my_clicks(student: str = ANYONE) -> TwoEvents:
    """Return the student's recording of two clicks close in time.

    Examples
    --------
    >>> mine = my_clicks("Ada")
    >>> mine.x.shape, 0.006 <= mine.apart <= 0.01
    ((16000,), True)
    """
    what = "frame_for_clicks/the clicks stand apart"
    return _clicks(own_rng(NAME, student, what))


def my_voice(student: str = ANYONE) -> OwnRecording:
    """Return two seconds of the student's own speaker, undisturbed.

    Examples
    --------
    >>> my_voice("Ada").x.shape
    (32000,)
    """
    x = _voice(own_rng(NAME, student, "my_voice"), 2.0, -24)
    return OwnRecording(x.clip(-1, 1), RATE, "two seconds of a voice")


# --- judging a choice -----------------------------------------------------------


def _frame_fault(frame: object) -> str | None:
    if not isinstance(frame, int | float) or not 1 <= frame < np.inf:
        return "a frame length is a number of samples: a whole number above 0"
    return None


def judge_tones(frame: float, recording: TwoEvents) -> str | None:
    """Return what is wrong with a frame length for two tones, or None.

    Right is what leaves a dip of 3 dB between the tones in the average spectrum
    of the note, seen through a Hann window (`coursekit.fourier.tone_dip`).

    Parameters
    ----------
    frame
        In samples.
    recording
        Of two tones (`my_tones`).
    """
    fault = _frame_fault(frame)
    if fault or frame > recording.x.size:
        return fault or f"{frame:g} samples are more than the recording has"
    begin, lasting = (round(s * recording.rate) for s in NOTE)
    note = recording.x[begin : begin + lasting]
    if frame > note.size:
        note = np.pad(note, int(frame) // 2)
    f1, f2 = recording.at
    if fourier.tones_separated(note, recording.rate, int(frame), f1, f2):
        return None
    return (
        f"with {frame:g} samples a bin is {recording.rate / frame:.3g} Hz wide: "
        f"the two tones, {recording.apart:.3g} Hz apart, melt into one line"
    )


def judge_note(frame: float) -> str | None:
    """Return None where a frame fits into the note that holds the tones."""
    fault = _frame_fault(frame)
    if fault or frame <= NOTE[1] * RATE:
        return fault
    return (
        f"a frame of {frame:g} samples lasts {frame / RATE:.2g} s, the note only "
        f"{NOTE[1]:g} s: what it adds to the note is not the note"
    )


def judge_clicks(frame: float, recording: TwoEvents) -> str | None:
    """Return what is wrong with a frame length for two clicks, or None.

    Right is what leaves a dip of 3 dB between the clicks in the energy of frames
    with a Hann window (`coursekit.fourier.click_dip`).

    Parameters
    ----------
    frame
        In samples.
    recording
        Of two clicks (`my_clicks`).
    """
    fault = _frame_fault(frame)
    if fault or frame > recording.x.size:
        return fault or f"{frame:g} samples are more than the recording has"
    if fourier.clicks_separated(recording.x, recording.rate, int(frame), *recording.at):
        return None
    return (
        f"a frame of {frame:g} samples lasts {frame / recording.rate * 1e3:.3g} ms: "
        f"the two clicks, {recording.apart * 1e3:.3g} ms apart, fall into the same one"
    )


def judge_bins(frame: float) -> str | None:
    """Return None where the bins are still narrow enough for the voice."""
    fault = _frame_fault(frame)
    if fault or RATE / frame <= COARSEST:
        return fault
    return (
        f"with {frame:g} samples the bins are {RATE / frame:.3g} Hz wide: nothing is "
        f"left of the voice (at most {COARSEST:g} Hz)"
    )


def _my_tones_case(rng: Rng) -> Args:
    return (_tones(rng),)


def _my_clicks_case(rng: Rng) -> Args:
    return (_clicks(rng),)


def _nothing(rng: Rng) -> Args:
    return ()


_WRONG_FRAMES: Mistakes = {
    "one-bin-apart": (
        "this frame puts the tones one bin apart: a Hann window blurs each tone over "
        "four bins, and two bins between them is the least that shows a gap",
        lambda recording: round(recording.rate / recording.apart),
    ),
}


# --- exercises ------------------------------------------------------------------

FRAME_FOR_TONES = Exercise(
    "frame_for_tones", 2, "02_stft", lambda *given: 4096, is_value=True,
    visible=(
        CaseSpec(
            "the tones stand apart", _my_tones_case, 1.5,
            "Two tones stand apart under a Hann window from about two bins on.",
            rtol=0.1, because="a misconception's frame length need only be met roughly",
            judge=judge_tones,
        ),
        CaseSpec(
            "the frame fits into the note", _nothing, 0.5,
            "The note lasts half a second.",
            judge=judge_note,
        ),
    ),
    mistakes=(_WRONG_FRAMES,),
)  # fmt: skip

FRAME_FOR_CLICKS = Exercise(
    "frame_for_clicks", 2, "02_stft", lambda *given: 128, is_value=True,
    visible=(
        CaseSpec(
            "the clicks stand apart", _my_clicks_case, 1.5,
            "Under a Hann window two clicks stand apart from about half a frame on.",
            rtol=0.1, because="a misconception's frame length need only be met roughly",
            judge=judge_clicks,
        ),
        CaseSpec(
            "the voice is still there", _nothing, 0.5,
            f"Bins no wider than {COARSEST:g} Hz.",
            judge=judge_bins,
        ),
    ),
)  # fmt: skip

EXERCISES = (FRAME_FOR_TONES, FRAME_FOR_CLICKS)
