"""The self-test of lecture 00: questions that answer back, and its pictures.

`Quiz` asks; each question is a board of buttons that says at once why an answer is
right or wrong. Nothing is stored and nothing is graded. The questions are here and
not in the notebook, where the answers would stand above the buttons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from coursekit.plots import Picture
from coursekit.plots.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    drawing,
    legend_above,
    subplots,
)

READING = {
    "headphones": "the sections on a safe volume and on left and right, and your "
    "computer's audio settings: no mono, loudness, surround or noise suppression",
    "decibels": "the sections on decibels again, then Smith (reference 3), on "
    "logarithms and decibels",
    "complex numbers": "Smith (reference 3), on complex numbers and on Euler's "
    "identity",
    "numpy": "the NumPy user guide (reference 4): 'the absolute basics for "
    "beginners', then 'broadcasting'",
}
"""What to read, by topic, where an answer of lecture 00 was wrong."""


@dataclass(frozen=True)
class Question:
    """One question: options, each with the sentence that says why (not).

    Raises
    ------
    ValueError
        Where the right answer is not among the options.
    """

    topic: str
    text: str
    right: str
    options: Mapping[str, str]

    def __post_init__(self) -> None:
        """Refuse a question that cannot be answered."""
        if self.right not in self.options:
            raise ValueError(
                f"{self.right!r} is not among the options {list(self.options)}"
            )


QUESTIONS = {
    "third tone": Question(
        "headphones",
        "Somebody hears the first two tones, but the third one is silent. Why?",
        "Something adds left and right",
        {
            "The file is broken": "Then its level, beside the player, would say so. "
            "It has more power than the first two.",
            "Something adds left and right": "x + (−x) = 0. Turn off 'mono audio' "
            "before the lectures on stereo, or take other headphones.",
            "The volume is too low": "It carries more power than the first two.",
        },
    ),
    "twice the power": Question(
        "decibels",
        "Twice the amplitude is +6 dB. What is twice the power?",
        "+3 dB",
        {
            "+12 dB": "You squared once too often. Power already is the square.",
            "+6 dB": "That is four times the power: the amplitude doubled, then "
            "squared.",
            "+3 dB": "10 log10(2) = 3.01. Twice the power is only 1.41 times the "
            "amplitude.",
        },
    ),
    "two machines": Question(
        "decibels",
        "Two machines make 60 dB each. Together they make",
        "63 dB",
        {
            "63 dB": "Their powers add, and twice the power is 3 dB more.",
            "66 dB": "Only if they swung exactly together. Machines do not.",
            "120 dB": "Decibels are logarithms: to add them is to multiply powers. "
            "120 dB hurts.",
        },
    ),
    "SNR": Question(
        "decibels",
        "Speech with an RMS of 0.1 and noise with an RMS of 0.01: the "
        "signal-to-noise ratio is",
        "20 dB",
        {
            "10 dB": "RMS is an amplitude, so its ratio of 10 takes the factor 20.",
            "20 dB": "20 log10(0.1 / 0.01). Or: the powers differ by 100, and "
            "10 log10(100) is the same 20 dB.",
            "0.09": "A ratio is not a difference, and it has no unit before the "
            "logarithm.",
        },
    ),
    "two quarter turns": Question(
        "complex numbers",
        "An arrow of length 1 at 90 degrees, multiplied by itself, is",
        "−1",
        {
            "1": "That is the arrow times its conjugate: 90 − 90 = 0 degrees.",
            "2j": "That is the arrow plus itself.",
            "−1": "90 + 90 = 180 degrees: j times j is −1.",
        },
    ),
    "real sum": Question(
        "complex numbers",
        "Which of these is always a real number?",
        "z plus its conjugate",
        {
            "z plus its conjugate": "The imaginary parts cancel, twice the real part "
            "stays. That is how two turning arrows make one cosine.",
            "z times z": "Its angle is doubled, which is real by accident only.",
            "z minus its conjugate": "Here the real parts cancel: it is imaginary.",
        },
    ),
    "stack": Question(
        "numpy",
        "left and right have the shape (16000,). What is the shape of "
        "np.stack([left, right])?",
        "(2, 16000)",
        {
            "(16000, 2)": "That is axis=-1, and what some sound files give you: "
            "transpose it, or the player will refuse it.",
            "(2, 16000)": "stack makes a new axis, the first one.",
            "(32000,)": "That is concatenate: right after left, not beside it.",
        },
    ),
    "product": Question(
        "numpy",
        "A has the shape (5, 3), b has (3,). What is the shape of A @ b?",
        "(5,)",
        {
            "(5, 3)": "That is A * b: the row b is stretched over five rows.",
            "An error": "The inner axes are 3 and 3: they fit, and disappear.",
            "(5,)": "Five rows, each multiplied by b and added up: five dot products.",
        },
    ),
}
"""The questions of lecture 00, by name."""


@dataclass(frozen=True)
class Answer:
    """What was chosen, whether it is right, and the sentence that says why."""

    option: str
    right: bool
    why: str


class Quiz:
    """Questions by name, and what to read where an answer was wrong.

    Parameters
    ----------
    questions
        By name; those of lecture 00 unless you bring your own.
    reading
        For each topic, what to read.

    Raises
    ------
    ValueError
        Where a question's topic has no reading.

    Examples
    --------
    >>> quiz = Quiz()
    >>> quiz.ask("twice the power").choose("+6 dB").right
    False
    >>> quiz.report().splitlines()[0][:44]
    'decibels: 0 of 1 right. Read: the sections o'
    """

    def __init__(
        self,
        questions: Mapping[str, Question] = QUESTIONS,
        reading: Mapping[str, str] = READING,
    ) -> None:
        unread = sorted({q.topic for q in questions.values()} - set(reading))
        if unread:
            raise ValueError(f"no reading for {unread}; there is {sorted(reading)}")
        self.questions, self.reading = questions, reading
        self.asked: dict[str, QuestionBoard] = {}

    def ask(self, name: str) -> QuestionBoard:
        """Return the board of one question; asked again, it starts anew.

        Raises
        ------
        ValueError
            Where no question has that name.
        """
        if name not in self.questions:
            raise ValueError(f"no question {name!r}; there are {list(self.questions)}")
        self.asked[name] = QuestionBoard(self.questions[name])
        return self.asked[name]

    def report(self) -> str:
        """Return a line per topic asked: how many right answers, what to read."""
        lines = []
        for topic, reading in self.reading.items():
            boards = [b for b in self.asked.values() if b.question.topic == topic]
            answers = [board.answer for board in boards if board.answer]
            right = sum(answer.right for answer in answers)
            line = f"{topic}: {right} of {len(boards)} right"
            if len(answers) < len(boards):
                line += f", {len(boards) - len(answers)} not answered"
            if boards:
                lines.append(
                    line + (f". Read: {reading}." if right < len(boards) else ".")
                )
        return "\n".join(lines)


class QuestionBoard:
    """One question as buttons that answer back; `Quiz.ask` makes it.

    Where widgets do not run (a web page, a printout), the question, its options
    and, folded away, the answers are shown as text.

    Attributes
    ----------
    question
        The `Question`.
    answer
        The last `Answer`, or None.
    widget
        The board as an ipywidget.
    """

    def __init__(self, question: Question) -> None:
        self.question = question
        self.answer: Answer | None = None
        self._buttons = {option: self._button(option) for option in question.options}
        self._why = widgets.HTML()
        title = widgets.HTML(f"<b>{escape(question.text)}</b>")
        self.widget = widgets.VBox([title, *self._buttons.values(), self._why])

    def choose(self, option: str) -> Answer:
        """Answer with `option`, as a click on its button does.

        Raises
        ------
        ValueError
            Where there is no such option.
        """
        options = self.question.options
        if option not in options:
            raise ValueError(f"{option!r} is not among the options {list(options)}")
        self.answer = Answer(option, option == self.question.right, options[option])
        for button in self._buttons.values():
            button.button_style = ""
        style = "success" if self.answer.right else "warning"
        self._buttons[option].button_style = style
        verdict = "Yes." if self.answer.right else "Not quite."
        self._why.value = (
            f'<p role="status"><b>{verdict}</b> {escape(self.answer.why)}</p>'
        )
        return self.answer

    def _button(self, option: str) -> widgets.Button:
        layout = widgets.Layout(width="auto", max_width="24em")
        button = widgets.Button(description=option, layout=layout)
        button.on_click(lambda _: self.choose(option))
        return button

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle = dict(self.widget._repr_mimebundle_(**kwargs) or {})
        bundle["text/html"] = self._static_html()
        bundle["text/plain"] = (
            f"{self.question.text} {' / '.join(self.question.options)}"
        )
        return bundle

    def _static_html(self) -> str:
        question = self.question
        options = "".join(f"<li>{escape(option)}</li>" for option in question.options)
        whys = "".join(
            f"<li><b>{escape(option)}</b>{' (right)' * (option == question.right)}: "
            f"{escape(why)}</li>"
            for option, why in question.options.items()
        )
        return (
            f"<p><b>{escape(question.text)}</b></p><ul>{options}</ul>"
            f"<details><summary>The answers, and why</summary><ul>{whys}</ul></details>"
        )


# --- pictures ---------------------------------------------------------------------


@drawing
def draw_arrow(degrees: float) -> Picture:
    """Draw the arrow e^{jθ}, its mirror image, and cosine and sine up to θ.

    Parameters
    ----------
    degrees
        The angle θ in degrees; beyond 360 the arrow has gone round.
    """
    z = np.exp(1j * np.deg2rad(degrees))
    figure, panels = subplots(3.9, columns=2, width_ratios=[1, 1.4])
    left, right = panels
    _draw_circle(left)
    _draw_shaft(left, z, BLUE)
    _draw_shaft(left, z.conjugate(), GREY)
    left.plot([0, z.real], [0, 0], color=ORANGE, lw=4)
    left.plot([z.real, z.real], [0, z.imag], color=GREEN, lw=4)
    left.set_title(f"$e^{{jθ}}$ = {z.real:.2f} {z.imag:+.2f}j")
    _draw_traces(right, degrees)
    alt = (
        f"Left, an arrow of length 1 at {degrees:g} degrees ends at {z.real:.2f} "
        f"{z.imag:+.2f}j, its conjugate is mirrored below. Right, its two coordinates "
        f"over the angle: a cosine and a sine."
    )
    return Picture(figure, alt, tuple(panels))


def _draw_circle(axes: Axes) -> None:
    turn = np.linspace(0, 2 * np.pi, 200)
    axes.plot(np.cos(turn), np.sin(turn), color=GREY, ls=":")
    axes.axhline(0, color="black", lw=0.6)
    axes.axvline(0, color="black", lw=0.6)
    axes.set(xlim=(-1.25, 1.25), ylim=(-1.25, 1.25), aspect="equal")
    axes.set(xlabel="real part", ylabel="imaginary part")


def _draw_shaft(axes: Axes, z: complex, colour: str) -> None:
    style = {"arrowstyle": "-|>", "color": colour, "lw": 2}
    axes.annotate("", (z.real, z.imag), (0, 0), arrowprops=style)


def _draw_traces(axes: Axes, degrees: float) -> None:
    angle = np.linspace(0, degrees, 400)
    for name, wave, colour in (
        ("real part, cos θ", np.cos, ORANGE),
        ("imaginary part, sin θ", np.sin, GREEN),
    ):
        axes.plot(angle, wave(np.deg2rad(angle)), color=colour, label=name)
        axes.plot(degrees, wave(np.deg2rad(degrees)), "o", color=colour)
    axes.set(xlim=(0, 720), ylim=(-1.15, 1.15), xticks=range(0, 721, 90))
    axes.set(xlabel="angle θ (degrees)", ylabel="value")
    legend_above(axes, 2)


@drawing
def draw_decibels(db: float) -> Picture:
    """Draw what a change of `db` decibels does to amplitude and to power.

    Parameters
    ----------
    db
        The change in dB, -20 to 20.
    """
    levels = np.linspace(-20, 20, 400)
    amplitude, power = 10 ** (db / 20), 10 ** (db / 10)
    figure, panels = subplots(3.4)
    axes = panels[0]
    axes.semilogy(levels, 10 ** (levels / 20), color=BLUE, label="amplitude ratio")
    axes.semilogy(
        levels, 10 ** (levels / 10), color=ORANGE, ls="--", label="power ratio"
    )
    axes.plot(db, amplitude, "o", color=BLUE)
    axes.plot(db, power, "o", color=ORANGE)
    axes.axvline(db, color=GREY, ls=":")
    axes.set(xlabel="change (dB)", ylabel="ratio (log scale)", xlim=(-20, 20))
    axes.set_title(f"{db:+g} dB: amplitude × {amplitude:.3g}, power × {power:.3g}")
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left")
    alt = (
        f"Amplitude and power ratio over decibels, straight lines on a log scale. "
        f"At {db:+g} dB the amplitude is {amplitude:.3g} times, the power {power:.3g} "
        f"times as large."
    )
    return Picture(figure, alt, tuple(panels))


@drawing
def draw_sum(a: ArrayLike, b: ArrayLike, rate: int, ms: float = 10.0) -> Picture:
    """Draw two sounds and their sum, the first milliseconds, on one scale.

    Parameters
    ----------
    a, b
        Sounds of the same length, ``(samples,)``.
    rate
        Samples per second.
    ms
        How much to show.
    """
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    count = min(len(a), round(ms * rate / 1000))
    time = 1000 * np.arange(count) / rate
    change = np.sqrt(np.mean((a + b) ** 2) / np.mean(a**2))
    text = f"{20 * np.log10(change):+.1f} dB" if change > 1e-6 else "silence"
    figure, panels = subplots(3.0)
    axes = panels[0]
    axes.plot(time, a[:count], color=ORANGE, ls="--", label="one")
    axes.plot(time, b[:count], color=GREEN, ls="-.", label="the other")
    axes.plot(time, (a + b)[:count], color=BLUE, lw=2, label="their sum")
    axes.set(xlabel="time (ms)", ylabel="amplitude", xlim=(0, ms))
    axes.set_title(f"the sum against one alone: {text}", loc="left")
    legend_above(axes, 3)
    alt = (
        f"Two sounds and their sum over {ms:g} ms; against one alone the sum is {text}."
    )
    return Picture(figure, alt, tuple(panels))
