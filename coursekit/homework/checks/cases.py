"""What a homework is made of: parts, cases and misconceptions.

A *part* is one thing that the student writes (a function or a value) and one
graded cell of the notebook. A *case* asks a part one question and carries some
of its points. A *misconception* is a wrong way to answer, known by name, so
that whoever holds it reads what is wrong rather than only that it is wrong.

Visible cases and misconceptions live in ``coursekit/homework/<hw>/`` and
travel to the students; hidden cases live with the instructors.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from coursekit.homework.checks.calls import PLAIN_CALL, Args, CallMode


@dataclass(frozen=True)
class Part:
    """One thing that the student writes.

    Parameters
    ----------
    name
        The name of the function or of the value in the student's notebook.
    points
        What the part is worth: the sum over its visible and hidden cases, and
        the points of the graded cell ``check_<name>``.
    lecture
        Where to reread, for example ``"01_dft"`` (a notebook of the syllabus).
    is_value
        True where the student writes a value instead of a function.
    results
        What several results are called, in order: ``("X_r", "X_i")``.
    """

    name: str
    points: float
    lecture: str
    is_value: bool = False
    results: tuple[str, ...] = ()

    @property
    def grade_id(self) -> str:
        """The ``grade_id`` of the graded cell."""
        return f"check_{self.name}"


@dataclass(frozen=True)
class Case:
    """One question to one part.

    Parameters
    ----------
    part
        Name of the part.
    name
        A few words, unique within the part, that students may read: "an impulse".
    make
        Draws the arguments of the call from a random generator; for a value
        part, whatever `judge` needs beside the value.
    reference
        The right answer to these arguments: coursekit's own function.
    points
        What the case is worth.
    hint
        One sentence for whoever fails it.
    rtol, atol
        Tolerances of the comparison, with their reason in `because`.
    judge
        Instead of a comparison: ``judge(answer, *args)`` returns None where the
        answer is right, else the sentence that says what is wrong. For answers
        of which several are right. Where there is a `reference` too, it says of
        what type and rank an answer is.
    seconds
        How long one call may take.
    mode
        How the function is called; `reference` and misconceptions are called
        likewise.
    """

    part: str
    name: str
    make: Callable[[np.random.Generator], Args]
    reference: Callable[..., Any] | None
    points: float
    hint: str = ""
    rtol: float = 1e-7
    atol: float = 1e-9
    because: str = "float64 rounding over a few thousand products"
    judge: Callable[..., str | None] | None = None
    seconds: float = 5.0
    mode: CallMode = PLAIN_CALL


@dataclass(frozen=True)
class Misconception:
    """A wrong way to answer that has a name.

    Parameters
    ----------
    part
        Name of the part.
    name
        Short and stable: ``"sine-sign-flipped"``.
    sentence
        What the student reads: "this is the DFT with the sine's sign flipped".
    wrong
        Asked as the case asks (see `Case.mode`), gives the answer such a mistake
        gives.
    """

    part: str
    name: str
    sentence: str
    wrong: Callable[..., Any]


@dataclass(frozen=True)
class Homework:
    """Parts, cases and misconceptions of one homework, by name.

    Parameters
    ----------
    name
        Of its folder and its module: ``"hw1_dft"``.
    parts, visible, misconceptions
        What students may have.
    hidden
        Cases that only the grader holds (see `with_hidden`).
    forbidden
        What the homework asks to write and must not be called instead: functions
        and modules by their full names, ``"numpy.fft"``,
        ``"coursekit.fourier.dft"``.
    """

    name: str
    parts: tuple[Part, ...]
    visible: tuple[Case, ...]
    misconceptions: tuple[Misconception, ...] = ()
    hidden: tuple[Case, ...] = field(default=(), repr=False)
    forbidden: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a homework whose tables do not fit together."""
        known = {part.name for part in self.parts}
        items: tuple[Case | Misconception, ...] = (
            *self.visible,
            *self.hidden,
            *self.misconceptions,
        )
        for item in items:
            if item.part not in known:
                raise ValueError(
                    f"{self.name}: {item.name!r} belongs to the part {item.part!r}, "
                    f"but the parts are {sorted(known)}"
                )
        for case in (*self.visible, *self.hidden):
            if case.reference is None and case.judge is None:
                raise ValueError(
                    f"{self.name}: the case {case.name!r} of {case.part!r} needs a "
                    "reference or a judge"
                )
        cases = [(case.part, case.name) for case in (*self.visible, *self.hidden)]
        mistakes = [(m.part, m.name) for m in self.misconceptions]
        for names in (cases, mistakes):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(
                    f"{self.name}: the part {twice[0][0]!r} has two cases or "
                    f"misconceptions called {twice[0][1]!r}"
                )

    def part(self, name: str) -> Part:
        """Return the part called `name`; an unknown name is a ValueError."""
        for part in self.parts:
            if part.name == name:
                return part
        names = ", ".join(repr(part.name) for part in self.parts)
        raise ValueError(f"{self.name} has no part {name!r}; its parts are {names}")

    def cases(self, part: str) -> tuple[Case, ...]:
        """Return the visible, then the hidden cases of a part."""
        return tuple(c for c in (*self.visible, *self.hidden) if c.part == part)

    def is_visible(self, case: Case) -> bool:
        """Return whether students may see the case's inputs and values."""
        return (case.part, case.name) in {(c.part, c.name) for c in self.visible}

    def with_hidden(self, hidden: tuple[Case, ...]) -> Homework:
        """Return the homework as the grader holds it."""
        return replace(self, hidden=tuple(hidden))


def student_rng(
    homework: str, student: str, what: str, key: bytes = b""
) -> np.random.Generator:
    """Return the generator of one student's data for one case.

    Parameters
    ----------
    homework, student, what
        Names of the homework, of the student (case and surrounding blanks do not
        count) and of the case or the recording.
    key
        Empty for what students may compute themselves; a secret for hidden cases.

    Examples
    --------
    >>> a = student_rng("hw1_dft", "Ada", "dft/an impulse").integers(1000)
    >>> b = student_rng("hw1_dft", " ada ", "dft/an impulse").integers(1000)
    >>> bool(a == b)
    True
    """
    words = (homework, student.strip().lower(), what)
    seed = [zlib.crc32(word.encode()) for word in words]
    return np.random.default_rng([*seed, *key])


def draw(homework: Homework, case: Case, student: str, key: bytes = b"") -> Args:
    """Return the arguments of a case for one student.

    Visible cases draw from ``student_rng(homework, student, "part/case")``
    without a key, so that the notebook and the grader ask the same question.

    Parameters
    ----------
    homework, case, student
        Whose question it is.
    key
        A secret, for hidden cases.

    Examples
    --------
    >>> part = Part("double", 1, "01_dft")
    >>> case = Case("double", "a number", lambda rng: (int(rng.integers(9)),),
    ...             lambda x: 2 * x, 1)
    >>> draw(Homework("hw", (part,), (case,)), case, "Ada") == draw(
    ...     Homework("hw", (part,), (case,)), case, "ada")
    True
    """
    what = f"{case.part}/{case.name}"
    return case.make(student_rng(homework.name, student, what, key))
