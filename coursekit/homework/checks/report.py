"""What a student reads after a check: HTML for the notebook, plain text beside it.

All text that comes from the student's code (values, exception messages, source
lines) is escaped and cut to length. Colours are chosen to be read on a light
and on a dark page, and none carries a meaning that the words do not.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace
from html import escape

from coursekit.homework.checks.judge import Finding, Status
from coursekit.syllabus import LECTURES

WIDTH = 78
"""Width of the plain text; nbgrader's Validate cuts lines at 83 characters."""

_GREEN, _AMBER = "#2f9e5f", "#d08324"
_FAINT = "rgba(128,128,128,.22)"


def points_text(points: float) -> str:
    """Return points without needless decimals.

    Examples
    --------
    >>> points_text(2.0), points_text(0.5), points_text(1)
    ('2 points', '0.5 points', '1 point')
    """
    return f"{points:g} point{'' if points == 1 else 's'}"


def lecture_text(key: str) -> str:
    """Return what to reread, in words; the key itself where it is no lecture's.

    Examples
    --------
    >>> lecture_text("01_dft")
    'lecture 01 (dft): The discrete Fourier transform is a matrix product'
    """
    for lecture in LECTURES:
        if lecture.key == key:
            return f"lecture {lecture.number:02d} ({lecture.name}): {lecture.teaches}"
    return key


@dataclass(frozen=True)
class Report:
    """The findings of one part, to be read.

    Parameters
    ----------
    part
        Name of the part.
    findings
        Of its cases. Hidden ones are shown as `Finding.public` gives them.
    to_come
        Points of cases that are judged only after handing in.
    note
        A sentence at the end, or "".

    Examples
    --------
    >>> ok = Finding("dft", "a constant", 1.0, 1.0, Status.PASSED, "passed")
    >>> print(Report("dft", (ok,), to_come=3))
    dft: 1 of 1 check passed, 1 of 1 point
      passed   a constant
    3 points more are judged after you hand in, on other inputs.
    """

    part: str
    findings: tuple[Finding, ...]
    to_come: float = 0.0
    note: str = ""

    def __post_init__(self) -> None:
        """Drop from hidden findings what a student may not read."""
        public = tuple(finding.public() for finding in self.findings)
        object.__setattr__(self, "findings", public)

    @property
    def passed(self) -> bool:
        """Whether all cases passed."""
        return all(finding.passed for finding in self.findings)

    @property
    def earned(self) -> float:
        """Points earned."""
        return sum(finding.earned for finding in self.findings)

    @property
    def points(self) -> float:
        """Points to be earned here."""
        return sum(finding.points for finding in self.findings)

    @property
    def headline(self) -> str:
        """One line that says how it went."""
        return f"{self.part}: {self._checks}, {self._points}"

    @property
    def _checks(self) -> str:
        n = len(self.findings)
        passed = sum(finding.passed for finding in self.findings)
        return f"{passed} of {n} check{'' if n == 1 else 's'} passed"

    @property
    def _points(self) -> str:
        return f"{self.earned:g} of {points_text(self.points)}"

    @property
    def _footer(self) -> tuple[str, ...]:
        lines = [f"Reread {lecture_text(key)}." for key in self._lectures]
        if self.to_come:
            more = f"{points_text(self.to_come)} more are judged after you hand in"
            lines.append(f"{more}, on other inputs.")
        return (*lines, self.note) if self.note else tuple(lines)

    @property
    def _lectures(self) -> tuple[str, ...]:
        """The lectures that help with what failed."""
        failed = (f.lecture for f in self.findings if not f.passed and f.lecture)
        return tuple(dict.fromkeys(failed))

    # --- plain text ---

    def __str__(self) -> str:
        """Return the report as plain text, no line longer than `WIDTH`."""
        lines = [self.headline]
        for finding in _without_repeats(self.findings):
            lines += _text_of(finding)
        return "\n".join([*_fold(lines), *_fold(self._footer)])

    # --- HTML ---

    def _repr_html_(self) -> str:
        """Return the report for a notebook, in its theme's colours."""
        colour = _GREEN if self.passed else _AMBER
        share = 100 * self.earned / self.points if self.points else 100
        rows = "".join(_row(finding) for finding in _without_repeats(self.findings))
        footer = "".join(
            f'<div style="margin-top:6px;opacity:.75">{escape(line)}</div>'
            for line in self._footer
        )
        return (
            f'<div role="group" aria-label="{escape(self.headline)}" '
            'style="max-width:46em;margin:6px 0;padding:12px 16px;font-size:14px;'
            "line-height:1.5;color:var(--jp-content-font-color1,inherit);"
            f'border:1px solid {_FAINT};border-radius:8px">'
            '<div style="display:flex;justify-content:space-between;gap:1em">'
            f'<span><code style="{_CODE}font-weight:600">{escape(self.part)}</code>'
            f'<span style="margin-left:.8em">{self._checks}</span></span>'
            f'<span style="white-space:nowrap;opacity:.75">{self._points}</span></div>'
            f'<div style="height:4px;margin:8px 0 4px;border-radius:2px;'
            f'background:{_FAINT}"><div style="height:4px;border-radius:2px;'
            f'width:{share:.0f}%;background:{colour}"></div></div>'
            f"{rows}{footer}</div>"
        )


# Jupyter gives <code> a background of its own theme, and it goes with the text.
_CODE = "font-family:var(--jp-code-font-family,monospace);font-size:13px;"
_CODE += "background:none;color:inherit;padding:0;white-space:pre-wrap;"
_CODE += "overflow-wrap:anywhere;"


def _without_repeats(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Say once what is wrong with all cases alike: not defined, the same error."""
    same = {(finding.status, finding.sentence, finding.where) for finding in findings}
    status = findings[0].status if findings else Status.PASSED
    if len(findings) < 2 or len(same) > 1 or status in (Status.PASSED, Status.VALUE):
        return findings
    points = sum(finding.points for finding in findings)
    return (replace(findings[0], case="all checks", points=points, hint=""),)


def _sentence(finding: Finding) -> str:
    """Return the sentence that helps most, with a full stop.

    It begins with a capital, unless it begins with a name from the notebook.
    """
    words = finding.diagnosis_sentence or finding.sentence
    first = words.split(" ")[0]
    if first != finding.part and not finding.where.startswith(first):
        words = words[:1].upper() + words[1:]
    return words + ("" if words[-1:] in ".?!" else ".")


def _details(finding: Finding) -> list[tuple[str, str]]:
    """Return label and text of what goes below the sentence."""
    rows = [
        ("expected", finding.expected),
        ("got", finding.got),
        ("where", finding.where),
    ]
    if finding.error is not None and finding.diagnosis_sentence:
        rows.append(("off by", f"{finding.error:.3g}"))
    return [(label, words) for label, words in rows if words]


def _text_of(finding: Finding) -> list[str]:
    if finding.passed:
        return [f"  passed   {finding.case}"]
    lines = [f"  not yet  {finding.case}", f"           {_sentence(finding)}"]
    lines += [f"           {a + ':':<10}{b}" for a, b in _details(finding)]
    if finding.hint:
        lines.append(f"           {'hint:':<10}{finding.hint}")
    return lines


def _fold(lines: list[str] | tuple[str, ...]) -> list[str]:
    folded = []
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()))
        if len(indent) > 2 and ":" in line[:21]:
            indent = " " * 21
        folded += textwrap.wrap(
            line, WIDTH, subsequent_indent=indent, drop_whitespace=True
        ) or [""]
    return folded


def _row(finding: Finding) -> str:
    colour, mark = (_GREEN, "✓") if finding.passed else (_AMBER, "○")
    word = "passed" if finding.passed else "not yet"
    return (
        '<div style="display:flex;gap:10px;padding:6px 0">'
        f'<span style="color:{colour};font-weight:700" role="img" '
        f'aria-label="{word}">{mark}</span>'
        '<div style="flex:1;min-width:0">'
        '<div style="display:flex;justify-content:space-between;gap:1em">'
        f"<span>{escape(finding.case)}</span>"
        f'<span style="white-space:nowrap;opacity:.6">{finding.earned:g} of '
        f"{finding.points:g}</span></div>{_help(finding)}</div></div>"
    )


def _help(finding: Finding) -> str:
    """Return what stands below a case that is not passed."""
    if finding.passed:
        return ""
    cells = "".join(
        f'<span style="opacity:.6">{label}</span>'
        f'<code style="{_CODE}">{escape(words)}</code>'
        for label, words in _details(finding)
    )
    grid = "display:grid;grid-template-columns:max-content 1fr;gap:0 12px;"
    hint = finding.hint and f"<div><em>Hint:</em> {escape(finding.hint)}</div>"
    return (
        f'<div style="margin:2px 0 0;padding-left:10px;border-left:2px solid {_AMBER}">'
        f'<div style="font-weight:600">{escape(_sentence(finding))}</div>'
        f'<div style="{grid}">{cells}</div>{hint}</div>'
    )
