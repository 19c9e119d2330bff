"""``check("dft", dft)``: what a student runs to know at once.

A check asks the visible cases of a part, shows a `coursekit.homework.checks.report` and
raises `NotYet` where one of them fails, so that nbgrader's Validate names the
cell and says why. It gives no marks: those are made by the grader, who asks
again. In a process that only answers questions, `inert` makes checks do nothing.
"""

from __future__ import annotations

import os

from coursekit.homework.checks.answers import Missing
from coursekit.homework.checks.ask import ask
from coursekit.homework.checks.cases import Homework, draw
from coursekit.homework.checks.judge import Finding, judge, settle
from coursekit.homework.checks.report import Report

ANYONE = "anyone"
"""The student whose data everybody gets who has not written a name."""

LONGEST_NAME = 100

_inert = False


def inert(on: bool = True) -> None:
    """Make all checks of this process do nothing (or work again).

    The grader calls it in the process that runs a submission: what is checked
    there would be run twice, and its report read by nobody.

    Examples
    --------
    >>> from coursekit.homework.hw1_dft import check
    >>> inert()
    >>> check("dft", None)
    >>> inert(False)
    """
    global _inert
    _inert = on


def student_name(value: object) -> str:
    """Return the name that a notebook's ``STUDENT`` gives, else `ANYONE`.

    Parameters
    ----------
    value
        Whatever stands there. Only a string of 1 to 100 characters is a name.

    Examples
    --------
    >>> student_name("Ada"), student_name("  "), student_name(None)
    ('Ada', 'anyone', 'anyone')
    """
    if type(value) is str and 0 < len(value.strip()) <= LONGEST_NAME:
        return value.strip()
    return ANYONE


class NotYet(Exception):  # noqa: N818 - a student reads this name; it is no error
    """Raised by a check that does not pass: what is left to do, without traceback.

    Parameters
    ----------
    report
        What the student reads.
    """

    def __init__(self, report: Report) -> None:
        super().__init__(report.headline)
        self.report = report

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows instead of a traceback.

        In a notebook the report stands just above, so a line is enough. Validate
        shows nothing but this, so it gets the report.
        """
        if os.environ.get("NBGRADER_EXECUTION") == "validate":
            return str(self.report).split("\n")
        return [f"Not yet: {self.report.headline}"]


class Checker:
    """The visible checks of one homework; called with a part and what was written.

    Parameters
    ----------
    homework
        Its parts, visible cases and misconceptions.

    Attributes
    ----------
    student
        Whose data are asked; set it to your name at the top of the notebook.

    Examples
    --------
    >>> from coursekit.homework.checks.cases import Case, Part
    >>> case = Case("double", "three", lambda rng: (3.0,), lambda x: 2 * x, 1)
    >>> check = Checker(Homework("hw", (Part("double", 1, "01_dft"),), (case,)))
    >>> check.student = "Ada"
    >>> check.report("double", lambda x: x + x).passed
    True
    >>> check("double", lambda x: x * x)
    Traceback (most recent call last):
    coursekit.homework.checks.checker.NotYet: double: 0 of 1 check passed, 0 of 1 point
    """

    def __init__(self, homework: Homework) -> None:
        self.homework = homework
        self._student = ANYONE

    @property
    def student(self) -> str:
        """Whose data are asked."""
        return self._student

    @student.setter
    def student(self, name: object) -> None:
        self._student = student_name(name)

    def __call__(self, part: str, *written: object) -> None:
        """Show the report on what was written for a part.

        Parameters
        ----------
        part
            Name of the part, for example ``"dft"``.
        written
            The function or the value.

        Raises
        ------
        NotYet
            Where a visible case fails.
        ValueError
            Where the homework has no such part.
        """
        if _inert:
            return
        report = self.report(part, *written)
        _show(report)
        if not report.passed:
            raise NotYet(report)

    def report(self, part: str, *written: object) -> Report:
        """Return the report on what was written for a part, and show nothing.

        Parameters, errors
            Those of a call, but for `NotYet`.
        """
        findings = self.findings(part, *written)
        hidden = self.homework.part(part).points - sum(f.points for f in findings)
        note = ""
        if self.student == ANYONE:
            note = "These are everybody's data; write your name at the top for yours."
        return Report(part, findings, max(0.0, hidden), note)

    def findings(self, part: str, *written: object) -> tuple[Finding, ...]:
        """Return what became of each visible case of a part."""
        one = self.homework.part(part)
        found = []
        for case in self.homework.visible:
            if case.part == one.name:
                args = draw(self.homework, case, self.student)
                answer = (
                    ask(one, written[0], args, case.seconds, case.mode)
                    if written
                    else Missing()
                )
                found.append(judge(self.homework, case, args, answer))
        return settle(found)


def _show(report: Report) -> None:
    """Display the report: rich where there is a notebook, else as text."""
    from IPython.core.getipython import get_ipython

    if get_ipython() is None:
        print(report)
        return
    from IPython.display import display

    display({"text/html": report._repr_html_(), "text/plain": str(report)}, raw=True)
