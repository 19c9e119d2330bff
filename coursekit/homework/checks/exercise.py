"""One exercise: a part of a homework with all that the course knows about it.

An `Exercise` keeps together what else lies in tables of its own: name and points of
the part, the right answer, the visible cases, the misconceptions, and what may not be
called instead of writing it. `homework_of` makes a `Homework` of exercises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from coursekit.homework.checks.calls import PLAIN_CALL, Args, CallMode
from coursekit.homework.checks.cases import Case, Homework, Misconception, Part

Mistakes = Mapping[str, tuple[str, Callable[..., Any]]]
"""Names of misconceptions, each with its sentence and the wrong function."""


@dataclass(frozen=True)
class CaseSpec:
    """What a `Case` says for itself; the rest it has from its exercise.

    Parameters
    ----------
    name, make, points, hint, rtol, atol, because, judge, seconds
        Those of the `Case`.
    reference, mode
        Those of the `Case`; None for those of the exercise.
    """

    name: str
    make: Callable[[np.random.Generator], Args]
    points: float
    hint: str = ""
    rtol: float = Case.rtol
    atol: float = Case.atol
    because: str = Case.because
    judge: Callable[..., str | None] | None = None
    seconds: float = Case.seconds
    reference: Callable[..., Any] | None = None
    mode: CallMode | None = None


@dataclass(frozen=True)
class Exercise:
    """A part of a homework, with its visible cases and its misconceptions.

    Parameters
    ----------
    name, points, lecture, is_value, results
        Those of the `Part`.
    reference
        The right answer. Where it is a function or a class of the course, students
        may not call it: it need not be named in `forbidden`.
    visible
        Cases whose inputs and values students may see.
    mistakes
        Tables of misconceptions. Among misconceptions that explain as much, the
        first is told.
    forbidden
        What else may not be called instead of writing the part: functions and modules
        by the names under which they are defined, ``"numpy.fft"``.
    mode
        How the function is called where a case does not say it.

    Examples
    --------
    >>> double = Exercise(
    ...     "double", 2, "01_dft", np.positive,
    ...     visible=(CaseSpec("three", lambda rng: (3.0,), 1),),
    ...     mistakes=({"squared": ("this is the square", np.square)},),
    ... )
    >>> double.cases[0].part, double.misconceptions[0].name
    ('double', 'squared')
    """

    name: str
    points: float
    lecture: str
    reference: Callable[..., Any]
    visible: tuple[CaseSpec, ...]
    mistakes: tuple[Mistakes, ...] = ()
    forbidden: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    is_value: bool = False
    mode: CallMode = PLAIN_CALL

    @property
    def part(self) -> Part:
        """The part, as graders and students see it."""
        return Part(self.name, self.points, self.lecture, self.is_value, self.results)

    @property
    def cases(self) -> tuple[Case, ...]:
        """The visible cases."""
        return self.make_cases(*self.visible)

    def make_cases(self, *specs: CaseSpec) -> tuple[Case, ...]:
        """Return cases of this exercise: visible ones here, hidden ones elsewhere.

        Parameters
        ----------
        specs
            What each says for itself.
        """
        return tuple(map(self._case, specs))

    def _case(self, spec: CaseSpec) -> Case:
        said = {each.name: getattr(spec, each.name) for each in fields(spec)}
        said["reference"] = spec.reference or self.reference
        said["mode"] = spec.mode or self.mode
        return Case(part=self.name, **said)

    @property
    def misconceptions(self) -> tuple[Misconception, ...]:
        """The misconceptions of all its tables, in order."""
        return tuple(
            Misconception(self.name, name, sentence, _silent(wrong))
            for table in self.mistakes
            for name, (sentence, wrong) in table.items()
        )

    @property
    def not_to_be_called(self) -> tuple[str, ...]:
        """Full names: right answers that are the course's, then `forbidden`."""
        references = (case.reference for case in self.cases)
        return (*dict.fromkeys(_names_of_ours(references)), *self.forbidden)


def built_on(
    mistakes: Mistakes,
    sentence: str,
    build: Callable[[Any], Callable[..., Any]] = lambda wrong: wrong,
) -> Mistakes:
    """Return what the mistakes of one part make of another that builds on it.

    Parameters
    ----------
    mistakes
        Of the first part.
    sentence
        With ``{}`` where the sentence of the first is put.
    build
        Makes the wrong function of the second part of that of the first; without it
        they are the same.

    Examples
    --------
    >>> wrong = {"squared": ("squared", lambda x: x * x)}
    >>> mean = built_on(wrong, "the mean is {}", lambda f: lambda x: f(x).mean())
    >>> mean["squared"][0], float(mean["squared"][1](np.array([1.0, 3.0])))
    ('the mean is squared', 5.0)
    """
    return {
        name: (sentence.format(how), build(wrong))
        for name, (how, wrong) in mistakes.items()
    }


def homework_of(name: str, *exercises: Exercise) -> Homework:
    """Return the homework that consists of exercises, without its hidden cases.

    Parameters
    ----------
    name
        Of its folder: ``"hw1_dft"``.
    exercises
        In the order of the notebook.
    """
    forbidden = (name for each in exercises for name in each.not_to_be_called)
    return Homework(
        name,
        tuple(each.part for each in exercises),
        tuple(case for each in exercises for case in each.cases),
        tuple(wrong for each in exercises for wrong in each.misconceptions),
        forbidden=tuple(dict.fromkeys(forbidden)),
    )


def _names_of_ours(functions: Any) -> Iterator[str]:
    """Yield the full names of what the course defines, but for lambdas."""
    for function in functions:
        home = str(getattr(function, "__module__", ""))
        name = f"{home}.{getattr(function, '__qualname__', '<none>')}"
        if home.startswith("coursekit.") and "<" not in name:
            yield name


def _silent(wrong: Callable[..., Any]) -> Callable[..., Any]:
    """Return a wrong function that divides by zero without a warning.

    The mistake is the student's, and a warning would name a line of the course.
    """

    def silent(*args: Any) -> Any:
        with np.errstate(all="ignore"):
            return wrong(*args)

    return silent
