"""From an answer to a finding: judging is data in, finding out.

`judge` compares what came back from a student's function (an
`coursekit.homework.checks.answers.Answer`, plain data) with the reference, finds one
sentence for what is wrong, and tries the misconceptions of the part. It runs
the reference and the misconceptions, never the student's code; it raises
nothing whatever the answer is; it writes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from coursekit.homework.checks import answers
from coursekit.homework.checks.answers import Answer, NotPlainError, copy_of, plain
from coursekit.homework.checks.calls import (
    CUTS,
    Args,
    NoAnswerError,
    NoGradient,
    NotLoaded,
    call,
    name_of,
)
from coursekit.homework.checks.cases import (
    Case,
    Homework,
    Part,
)
from coursekit.homework.checks.compare import (
    Comparison,
    Fault,
    Status,
    structure_fault,
)
from coursekit.homework.checks.words import article, form, short, text


@dataclass(frozen=True)
class Finding:
    """What became of one case, as plain data.

    Parameters
    ----------
    part, case
        Names.
    points, earned
        What the case is worth and what it earned; builtin floats, and `earned`
        is 0 or `points`.
    status
        Passed, or the first thing that is wrong.
    sentence
        That thing in a sentence.
    expected, got, where
        Values and place of the largest deviation, as text, or "".
    expected_form, got_form
        Types and shapes without values, as text, or "".
    error
        Size of the largest deviation, or None.
    diagnosis, diagnosis_sentence
        Name of the misconception that gives just this answer, and what a
        student reads about it, or "".
    candidates
        Names of all misconceptions that give just this answer.
    hint, lecture
        What helps, and the lecture to reread, for example ``"01_dft"``.
    visible
        Whether the student may see the values. `public` is what may be shown.
    """

    part: str
    case: str
    points: float
    earned: float
    status: Status
    sentence: str
    expected: str = ""
    got: str = ""
    where: str = ""
    expected_form: str = ""
    got_form: str = ""
    error: float | None = None
    diagnosis: str = ""
    diagnosis_sentence: str = ""
    candidates: tuple[str, ...] = ()
    hint: str = ""
    lecture: str = ""
    visible: bool = True

    @property
    def passed(self) -> bool:
        """Whether the case earned its points."""
        return self.status is Status.PASSED

    def public(self) -> Finding:
        """Return what a student may read of it.

        A visible finding is public as it is. Of a hidden one remain the names,
        types and shapes, the size of the error to two digits, and the diagnosis;
        no value, no place, no text that the student's code has chosen.
        """
        if self.visible:
            return self
        error = None if self.error is None else float(f"{self.error:.1e}")
        return replace(
            self,
            sentence=_PUBLIC[self.status].format(
                error="" if error is None else f" by up to {error:.1e}"
            ),
            expected=self.expected_form,
            got=self.got_form,
            where="",
            error=error,
            hint="",
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as data for JSON."""
        return {
            **asdict(self),
            "status": self.status.value,
            "candidates": list(self.candidates),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Finding:
        """Return the finding that `to_dict` wrote."""
        status = Status(data["status"])
        candidates = tuple(data["candidates"])
        return cls(**{**data, "status": status, "candidates": candidates})


_PUBLIC = {
    Status.PASSED: "passed",
    Status.MISSING: "the name is not defined",
    Status.NOT_WRITTEN: "not written yet",
    Status.NOTHING: "the function returns None",
    Status.TYPE: "the answer has the wrong type",
    Status.COUNT: "the answer has the wrong number of results",
    Status.RANK: "the answer has the wrong number of dimensions",
    Status.DTYPE: "the answer holds the wrong type of numbers",
    Status.SHAPE: "the answer has the wrong shape",
    Status.NAN: "the answer holds NaN or infinity",
    Status.VALUE: "the answer is off{error}",
    Status.RAISED: "the call raised an exception",
    Status.SLOW: "the call took too long",
    Status.CHANGED_INPUT: "the call changed its input",
    Status.GRADIENT: "the gradient does not reach the input: something cuts it off",
    Status.WEIGHTS: "the module has not the parameters that were asked for",
    Status.UNSUPPORTED: "the answer is of a type that cannot be judged",
    Status.LOST: "the process ended before it answered",
}


# --- judging ------------------------------------------------------------------


def judge(homework: Homework, case: Case, args: Args, answer: Answer) -> Finding:
    """Return what became of one case.

    Parameters
    ----------
    homework, case
        The question. A case that is not among ``homework.visible`` is hidden.
    args
        What the case's `make` drew; they are not changed.
    answer
        What came back.

    Returns
    -------
    Finding
        With all points of the case or none.

    Examples
    --------
    >>> from coursekit.homework.checks.answers import Value
    >>> part = Part("double", 1, "01_dft")
    >>> case = Case("double", "three", lambda rng: (3.0,), lambda x: 2 * x, 1)
    >>> homework = Homework("hw", (part,), (case,))
    >>> judge(homework, case, (3.0,), Value(6)).earned
    1.0
    >>> judge(homework, case, (3.0,), Value(5.0)).sentence
    'double is off by up to 1'
    """
    part = homework.part(case.part)
    fault: Fault | None
    candidates: tuple[str, ...] = ()
    expected_form = got_form = ""
    if type(answer) is answers.Value:
        try:
            got = plain(answer.value)
        except NotPlainError as error:
            fault = _no_value(part, case, answers.Unsupported(str(error)))
        else:
            got_form = form(got)
            fault, expected_form = _weigh(part, case, args, got)
            if fault is not None:
                candidates = _candidates(homework, case, args, got)
    else:
        fault = _no_value(part, case, answer)
        if type(answer) is NoGradient:
            candidates = _cutting(homework, case, args, answer)
    return _finding(homework, case, fault, candidates, (expected_form, got_form))


def _finding(
    homework: Homework,
    case: Case,
    fault: Fault | None,
    candidates: tuple[str, ...],
    forms: tuple[str, str],
) -> Finding:
    part = homework.part(case.part)
    named = {m.name: m.sentence for m in homework.misconceptions if m.part == part.name}
    diagnosis = candidates[0] if candidates else ""
    fault = fault or Fault(Status.PASSED, "passed")
    passed = fault.status is Status.PASSED
    return Finding(
        part=part.name,
        case=case.name,
        points=float(case.points),
        earned=float(case.points) if passed else 0.0,
        status=fault.status,
        sentence=fault.sentence,
        expected=fault.expected,
        got=fault.got,
        where=fault.where,
        expected_form=forms[0],
        got_form=forms[1],
        error=fault.error,
        diagnosis=diagnosis,
        diagnosis_sentence=named.get(diagnosis, ""),
        candidates=candidates,
        hint="" if passed else case.hint,
        lecture=part.lecture,
        visible=homework.is_visible(case),
    )


def settle(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings with one diagnosis a part, where one explains most.

    On a single case two misconceptions may give the same wrong answer. Over all
    cases of a part, the one that explains the most failed cases is chosen (the
    first of the table among equals); a case that it does not explain keeps its
    own.

    Parameters
    ----------
    findings
        Of any parts, visible and hidden.
    """
    findings = tuple(findings)
    chosen = {part: diagnosis(findings, part) for part in {f.part for f in findings}}
    sentences = {
        (f.part, f.diagnosis): f.diagnosis_sentence for f in findings if f.diagnosis
    }
    return tuple(
        replace(
            f,
            diagnosis=chosen[f.part],
            diagnosis_sentence=sentences[f.part, chosen[f.part]],
        )
        if chosen[f.part] in f.candidates and (f.part, chosen[f.part]) in sentences
        else f
        for f in findings
    )


def diagnosis(findings: Iterable[Finding], part: str) -> str:
    """Return the misconception that explains most failed cases of a part, or "".

    Parameters
    ----------
    findings
        As `judge` or `settle` made them.
    part
        Name of the part.
    """
    failed = [f for f in findings if f.part == part and f.candidates]
    votes = Counter(name for f in failed for name in f.candidates)
    return max(votes, key=votes.__getitem__, default="")


# --- no value -----------------------------------------------------------------


def _no_value(part: Part, case: Case, answer: object) -> Fault:
    """Return the fault of an answer that holds no value."""
    name = part.name
    match answer:
        case answers.Missing():
            return Fault(Status.MISSING, f"{name} is not defined in the notebook")
        case answers.NotWritten():
            return Fault(Status.NOT_WRITTEN, f"{name} is not written yet")
        case answers.NotCallable(kind):
            return Fault(
                Status.TYPE,
                f"{name} should be a function, but {article(short(kind))} stands under "
                "that name",
                "a function",
                short(kind),
            )
        case answers.Raised(kind, message, line, number):
            at = f" (line {number})" if number else ""
            text = f"{short(kind)}: {short(message)}" if message else short(kind)
            return Fault(
                Status.RAISED, f"{name} raised {text}{at}", "", text, short(line)
            )
        case answers.TooSlow():
            return Fault(
                Status.SLOW,
                f"{name} took more than {case.seconds:g} s; is there a loop that "
                "never ends?",
            )
        case answers.ChangedInput(position):
            return Fault(
                Status.CHANGED_INPUT,
                f"{name} changed its input (argument {int(position) + 1}); work on a "
                "copy",
            )
        case answers.Unsupported(kind):
            return Fault(
                Status.UNSUPPORTED,
                f"{name} gives {article(short(kind))}, which is no array or number",
                "",
                short(kind),
            )
        case NoGradient() | NotLoaded():
            return _unfit(name, answer)
        case answers.Lost(reason):
            return Fault(
                Status.LOST,
                f"the process ended before {name} answered ({short(reason)})",
            )
    return Fault(Status.LOST, f"no answer came from {name}")


def _unfit(name: str, answer: NoGradient | NotLoaded) -> Fault:
    """Return the fault of a result without gradient, or of a module that is none."""
    detail = short(answer.detail) or "nothing"
    status, sentence = _UNFIT.get(answer.reason, (Status.LOST, "no answer came"))
    return Fault(status, sentence.format(name, detail, article(detail)))


_UNFIT = {
    "no tensor": (
        Status.TYPE,
        "{0} should return a tensor, so that it has a gradient, but returned {2}",
    ),
    "no number": (
        Status.RANK,
        "{0} should return a single number, but returned a tensor of shape {1}",
    ),
    "other shape": (
        Status.SHAPE,
        "{0} returned a tensor of shape {1}",
    ),
    "detached": (
        Status.GRADIENT,
        "what {0} returns carries no gradient back to its input: .item(), .numpy(), "
        ".detach() and float() cut it off",
    ),
    "numpy": (
        Status.GRADIENT,
        "{0} calls numpy on a tensor that needs a gradient; use torch's functions",
    ),
    "no module": (
        Status.TYPE,
        "{0} should give a torch module (nn.Module), but gives {2}",
    ),
    "missing": (
        Status.WEIGHTS,
        "the module that {0} gives has no parameter or buffer called {1}",
    ),
    "unexpected": (
        Status.WEIGHTS,
        "the module that {0} gives has a parameter or buffer that was not asked for: "
        "{1}",
    ),
    "shape": (Status.SHAPE, "in the module that {0} gives, {1}"),
}


# --- comparing ----------------------------------------------------------------


def _weigh(part: Part, case: Case, args: Args, got: Any) -> tuple[Fault | None, str]:
    """Return the fault of a value, or None, and the form of a right answer."""
    expected, wanted = None, ""
    if case.reference is not None:
        expected = plain(call(case.mode, case.reference, copy_of(args)))
        wanted = form(expected)
    if got is None and expected is not None:
        sentence = f"{part.name} returns None; is there a return at its end?"
        return Fault(Status.NOTHING, sentence, wanted, "None"), wanted
    if case.judge is None:
        return _comparison(part, case).fault(expected, got), wanted
    if case.reference is not None:
        fault = structure_fault(part.name, expected, got)
        if fault is not None and fault.status is not Status.SHAPE:
            return fault, wanted
    return _custom(part, case, args, got), wanted


def _comparison(part: Part, case: Case) -> Comparison:
    named = replace(part, name=name_of(case.mode, part.name))
    return Comparison(named, case.rtol, case.atol)


def _custom(part: Part, case: Case, args: Args, got: Any) -> Fault | None:
    """Return what the case's own judge has to say."""
    assert case.judge is not None
    try:
        sentence = case.judge(got, *copy_of(args))
    except Exception:
        # The judge met an answer that it was not written for.
        return Fault(
            Status.TYPE, f"{part.name} cannot be {article(form(got))}", "", text(got)
        )
    return (sentence and Fault(Status.VALUE, sentence, "", text(got))) or None


def _candidates(
    homework: Homework, case: Case, args: Args, got: Any
) -> tuple[str, ...]:
    """Return the misconceptions that give just this wrong answer."""
    part = homework.part(case.part)
    found = []
    for misconception in homework.misconceptions:
        if misconception.part != part.name:
            continue
        try:
            wrong = plain(call(case.mode, misconception.wrong, copy_of(args)))
        except Exception:
            # A mistake may end in an error for some arguments: no answer then.
            continue
        agrees = _comparison(part, case).fault(wrong, got) is None
        if agrees and _weigh(part, case, args, wrong)[0] is not None:
            found.append(misconception.name)
    return tuple(found)


def _cutting(
    homework: Homework, case: Case, args: Args, answer: NoGradient
) -> tuple[str, ...]:
    """Return the misconceptions that cut a gradient off, where an answer does."""
    found = []
    for misconception in homework.misconceptions:
        if misconception.part == case.part and answer.reason in CUTS:
            try:
                call(case.mode, misconception.wrong, copy_of(args))
            except NoAnswerError as error:
                if error.answer.reason in CUTS:
                    found.append(misconception.name)
            except Exception:
                continue
    return tuple(found)
