"""Listening tests with buttons: a blind test, and an adaptive staircase.

Levels are dB SPL by the course's calibration: a sine of full scale plays at 96 dB SPL.
What is to be just audible would then use a bit or two of a player's sixteen, so the
players here are `GAIN_DB` louder, and the listener turns the volume down instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from coursekit import listen
from coursekit import psychoacoustics as pa
from coursekit.plots import Picture
from coursekit.plots.style import BLUE, GREY, drawing, subplots
from coursekit.psychoacoustics import stimuli

Real = np.ndarray[Any, np.dtype[np.float64]]

GAIN_DB = 30.0
"""How much louder than calibrated the listening tests play, for 16 bits' sake."""

TICKS_HZ = (100, 500, 1000, 2000, 4000, 8000, 16000)
LETTERS = "ABCDEFGH"


# --- which is it? -------------------------------------------------------------------


class BlindTest:
    """Sounds under letters, shuffled, and a button for each: which one is it?

    Attributes
    ----------
    order
        The names of the sounds behind A, B, C, …
    chosen
        The name behind the letter that was chosen last, or "".
    widget
        The test as an ipywidget.

    Parameters
    ----------
    question
        What the listener is asked.
    sounds
        ``{name: (samples,)}``, two to eight; the names are told after the answer.
    right
        The names that the model expects.
    rng
        Shuffles.
    rate
        In Hz.
    gain_db
        How much louder than calibrated it plays.

    Raises
    ------
    ValueError
        Where there are too few or too many sounds, or `right` names none of them.

    Examples
    --------
    >>> sounds = {"low": np.zeros(9), "high": np.ones(9) / 99}
    >>> test = BlindTest("Silent?", sounds, ("low",), np.random.default_rng(0))
    >>> letter = LETTERS[test.order.index("low")]
    >>> test.choose(letter).startswith("As the model says")
    True
    """

    def __init__(
        self,
        question: str,
        sounds: Mapping[str, ArrayLike],
        right: tuple[str, ...],
        rng: np.random.Generator,
        rate: int = stimuli.RATE,
        gain_db: float = GAIN_DB,
    ) -> None:
        if not 2 <= len(sounds) <= len(LETTERS):
            raise ValueError(f"a blind test has 2 to 8 sounds, got {len(sounds)}")
        if not right or not set(right) <= set(sounds):
            raise ValueError(f"{right} must be among the sounds {list(sounds)}")
        self.question, self.right, self.chosen = question, right, ""
        self.order = [str(name) for name in rng.permutation(list(sounds))]
        shuffled = {LETTERS[k]: sounds[name] for k, name in enumerate(self.order)}
        self._player = listen.play(shuffled, rate, question, gain_db=gain_db)
        self._verdict = widgets.HTML()
        self._buttons = [self._button(letter) for letter in shuffled]
        page = widgets.HTML(self._player._repr_html_())
        row = widgets.HBox(self._buttons)
        self.widget = widgets.VBox([page, row, self._verdict])

    def choose(self, letter: str) -> str:
        """Answer with a letter, as a click on its button does; return the verdict.

        Raises
        ------
        ValueError
            Where no sound has that letter.
        """
        if letter not in LETTERS[: len(self.order)] or not letter:
            raise ValueError(
                f"{letter!r} is no letter of {LETTERS[: len(self.order)]!r}"
            )
        self.chosen = self.order[LETTERS.index(letter)]
        start = "As the model says" if self.chosen in self.right else "Not by the model"
        pairs = zip(LETTERS, self.order, strict=False)
        told = ", ".join(f"{k} is {name}" for k, name in pairs)
        expected = " and ".join(self.right)
        verdict = f"{start}: it expects {expected}. You chose {self.chosen}. {told}."
        self._verdict.value = f'<p role="status">{escape(verdict)}</p>'
        return verdict

    def _button(self, letter: str) -> widgets.Button:
        button = widgets.Button(description=letter, layout=widgets.Layout(width="4em"))
        button.on_click(lambda _: self.choose(letter))
        return button

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle = dict(self.widget._repr_mimebundle_(**kwargs) or {})
        pairs = zip(LETTERS, self.order, strict=False)
        told = "".join(f"<li>{k}: {escape(name)}</li>" for k, name in pairs)
        bundle["text/html"] = (
            f"{self._player._repr_html_()}<details><summary>What they are</summary>"
            f"<ul>{told}</ul></details>"
        )
        bundle["text/plain"] = repr(self._player)
        return bundle


# --- your own threshold -------------------------------------------------------------


class Staircase:
    """Adaptive staircase, three down, one up: the level of one frequency's tone.

    The level goes down after three right answers and up after a wrong one. It settles
    where a listener is right 79 % of the time (H. Levitt, "Transformed up-down methods
    in psychoacoustics", JASA 49(2), 1971).
    Until the first wrong answer each right one takes it down, to get there soon.

    Attributes
    ----------
    level
        Of the next tone in dB SPL.
    turns
        The levels at which it changed its direction.

    Parameters
    ----------
    level
        To start at: well audible.
    lowest, highest
        Where it stops; 45 dB SPL played `GAIN_DB` louder is no louder than the
        course's speech, wherever the volume stands.

    Examples
    --------
    >>> steps = Staircase(40)
    >>> for right in (True, True, True, False):
    ...     steps.answer(right)
    >>> steps.level, steps.turns
    (20.0, [16.0])
    """

    def __init__(
        self, level: float, lowest: float = -10.0, highest: float = 45.0
    ) -> None:
        self.level, self._limits = float(level), (lowest, highest)
        self.turns: list[float] = []
        self._streak, self._way = 0, 0

    def answer(self, right: bool) -> None:
        """Move by the answer to the tone at the present level."""
        self._streak = self._streak + 1 if right else 0
        if right and self._streak < (3 if self.turns else 1):
            return
        self._streak, way = 0, -1 if right else 1
        if self._way and way != self._way:
            self.turns.append(self.level)
        self._way = way
        step = 4.0 if self.turns else 8.0
        self.level = float(np.clip(self.level + way * step, *self._limits))

    @property
    def threshold(self) -> float:
        """The median of the turns but the first, or the level before any.

        A run of lucky guesses leads far down; the median hardly minds.
        """
        return float(np.median(self.turns[1:] or self.turns or [self.level]))


class HearingTest:
    """Hearing threshold by two-interval forced choice: one of the two is empty.

    Each trial plays two intervals; a tone is in one of them, and the listener says in
    which, guessing where she must. Every frequency has its own `Staircase`, and a trial
    takes them in turn, so that nobody can follow one.

    Attributes
    ----------
    right, trials
        How many answers were right, and how many there were.
    steps
        The `Staircase` of each frequency.
    widget
        The test as an ipywidget.

    Parameters
    ----------
    rng
        Chooses the interval.
    frequencies
        In Hz.
    trials
        How many in all.

    Examples
    --------
    >>> test = HearingTest(np.random.default_rng(0), frequencies=(1000,), trials=4)
    >>> for _ in range(4):
    ...     test.choose(test.interval)
    >>> test.right, test.trials, test.over, test.steps[1000].level
    (4, 4, True, 8.0)
    """

    def __init__(
        self,
        rng: np.random.Generator,
        frequencies: tuple[int, ...] = (125, 500, 2000, 4000, 8000),
        trials: int = 120,
    ) -> None:
        self._rng, self._last, self.right, self.trials = rng, trials, 0, 0
        starts = {f: float(pa.hearing_threshold(f)) + 35 for f in frequencies}
        self.steps = {f: Staircase(min(40, 5 * round(starts[f] / 5))) for f in starts}
        self._page, self._said = widgets.HTML(), widgets.HTML()
        buttons = [self._button(1, "in the first"), self._button(2, "in the second")]
        self.widget = widgets.VBox([self._page, widgets.HBox(buttons), self._said])
        self._next()

    @property
    def over(self) -> bool:
        """Whether all trials are done."""
        return self.trials >= self._last

    def choose(self, interval: int) -> None:
        """Answer 1 or 2, as a click on a button does.

        Raises
        ------
        ValueError
            Where the answer is neither.
        """
        if interval not in (1, 2):
            raise ValueError(f"the tone is in interval 1 or 2, got {interval!r}")
        if self.over:
            return
        right = interval == self.interval
        self.right, self.trials = self.right + right, self.trials + 1
        self.steps[self.hz].answer(right)
        word = "right" if right else "it was in the other"
        self._said.value = (
            f'<p role="status">{self.trials} of {self._last}: {word}. '
            f"{self.right} right so far.</p>"
        )
        self._next()

    def picture(self) -> Picture:
        """Draw the listener's thresholds beside the model's."""
        measured = {f: s.threshold for f, s in self.steps.items() if s.turns}
        return draw_own_threshold(measured, self.right, self.trials)

    def _next(self) -> None:
        """Show the next pair of intervals, or the end."""
        frequencies = list(self.steps)
        self.hz = frequencies[self.trials % len(frequencies)]
        self.interval = int(self._rng.integers(1, 3))
        if self.over:
            self._page.value = "<p>That is all. Draw your threshold with picture().</p>"
            return
        self._player = listen.play(
            two_intervals(self.hz, self.steps[self.hz].level, self.interval),
            stimuli.RATE,
            "Two intervals, marked by ticks: in which one is a tone?",
            gain_db=GAIN_DB,
        )
        self._page.value = self._player._repr_html_()

    def _button(self, interval: int, text: str) -> widgets.Button:
        button = widgets.Button(description=text)
        button.on_click(lambda _: self.choose(interval))
        return button

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle = dict(self.widget._repr_mimebundle_(**kwargs) or {})
        bundle["text/html"] = self._player._repr_html_()
        bundle["text/plain"] = repr(self._player)
        return bundle


def two_intervals(hz: float, level: float, interval: int) -> Real:
    """Return two intervals of 0.4 s after a soft tick each, a tone in one of them.

    ``(samples,)`` at `stimuli.RATE`: the stimulus of a two-interval forced choice.

    Parameters
    ----------
    hz, level
        Frequency in Hz and level in dB SPL of the tone.
    interval
        1 or 2.

    Examples
    --------
    >>> x = two_intervals(1000, 40, 2)
    >>> half = x.size // 2
    >>> bool(abs(x[:half][8000:]).max() == 0), bool(abs(x[half:][8000:]).max() > 0)
    (True, True)
    """
    tick = pa.tone(500, 30, 0.05)
    gap, rest = np.zeros(round(0.2 * stimuli.RATE)), np.zeros(round(0.1 * stimuli.RATE))
    sound = pa.tone(hz, level, 0.4)
    empty = np.zeros_like(sound)
    pieces = [(tick, gap, sound if k == interval else empty, rest) for k in (1, 2)]
    return np.concatenate([part for piece in pieces for part in piece])


# --- pictures -----------------------------------------------------------------------


def bark_axis(axes: Axes, low: float, high: float) -> None:
    """Make the axis across one of Bark, with frequencies in Hz above it."""
    axes.set(xlim=(pa.bark(low), pa.bark(high)), xlabel="critical-band rate (Bark)")
    shown = [f for f in TICKS_HZ if low <= f <= high]
    top = axes.secondary_xaxis("top")
    top.set_xticks(pa.bark(np.array(shown)), [f"{f:g}" for f in shown])
    top.set_xlabel("frequency (Hz)")


@drawing
def draw_own_threshold(
    measured: Mapping[int, float], right: int, trials: int
) -> Picture:
    """Draw a listener's thresholds beside the model's, both as they are.

    Parameters
    ----------
    measured
        ``{frequency in Hz: level in dB SPL}``; may be empty.
    right, trials
        The score.
    """
    f = np.geomspace(60, 16000, 400)
    figure, (axes,) = subplots(3.4)
    quiet = pa.hearing_threshold(f)
    axes.plot(pa.bark(f), quiet, color=GREY, label="threshold in quiet, model")
    if measured:
        hz = np.array(list(measured))
        own = np.array(list(measured.values()))
        shift = float(np.median(own - pa.hearing_threshold(hz)))
        label = f"yours (on the whole {shift:+.0f} dB)"
        axes.plot(pa.bark(hz), own, "o-", color=BLUE, label=label)
    bark_axis(axes, 60, 16000)
    axes.set(ylim=(-15, 75), ylabel="level (dB SPL)")
    axes.set_title(f"{right} of {trials} right", loc="left")
    axes.legend(loc="upper center")
    points = ", ".join(f"{v:.0f} dB at {k} Hz" for k, v in measured.items())
    alt = (
        "The model's threshold in quiet over the Bark scale, and the listener's: "
        f"{points or 'nothing measured yet'}. {right} of {trials} answers were right."
    )
    return Picture(figure, alt, (axes,))
