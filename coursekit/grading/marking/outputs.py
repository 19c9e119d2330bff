"""A verdict written into a notebook: reports, points, errors, and the record."""

from __future__ import annotations

import math
from html import escape
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output

from coursekit.grading.marking import verdict as marks
from coursekit.grading.marking.load import is_code_test
from coursekit.grading.sandbox.contract import CellError
from coursekit.homework.checks.cases import Homework
from coursekit.homework.checks.report import Report

KEY = "coursekit"
"""Our corner of a notebook's metadata."""


def write(nb: NotebookNode, verdict: marks.Verdict, homework: Homework) -> None:
    """Write a verdict into a notebook: reports, points, errors, and the record.

    Nothing is written that a student may not read.

    Parameters
    ----------
    nb
        The notebook that was marked.
    verdict
        Its marks.
    homework
        Says which cell belongs to which part.
    """
    public = verdict.public()
    names = {part.grade_id: part.name for part in homework.parts}
    first = True
    for cell in filter(is_code_test, nb.cells):
        name = names[marks.grading(cell)["grade_id"]]
        cell.outputs = [*(_banner(public) if first else ()), *_marks(public, name)]
        cell.execution_count = None
        first = False
    errors = {error.cell: error for error in verdict.errors}
    for name, cell in marks.named_cells(nb):
        cell.outputs = [_error(errors[name])] if name in errors else []
    nb.metadata[KEY] = {**_ours(nb), **_record(public)}


def _ours(nb: NotebookNode) -> dict[str, Any]:
    ours = nb.metadata.get(KEY)
    return dict(ours) if isinstance(ours, dict) else {}


def _record(verdict: marks.Verdict) -> dict[str, Any]:
    """Return what reports need, as strict JSON."""
    data = verdict.to_dict()
    for finding in data["findings"]:
        if finding["error"] is not None and not math.isfinite(finding["error"]):
            finding["error"] = None
    return {"status": verdict.status, "flags": list(verdict.flags), "verdict": data}


def _marks(verdict: marks.Verdict, part: str) -> tuple[NotebookNode, NotebookNode]:
    """Return the outputs of a graded cell: the report, and the points for nbgrader.

    nbgrader takes the first ``execute_result`` as the points, if its text is a number
    from 0 to the cell's; most other things count as full marks.
    """
    report = Report(part, verdict.of(part))
    page = {"text/html": report._repr_html_(), "text/plain": str(report)}
    earned = float(verdict.points[part])
    words = f"<strong>{earned:g} of {report.points:g} points</strong>"
    score = {"text/plain": repr(earned), "text/html": words}
    return (
        new_output("display_data", data=page),
        new_output("execute_result", data=score),
    )


_ENDED = {
    "syntax": "Python cannot read a cell of this notebook.",
    "timeout": "Some of this notebook's code had to be stopped: it took too long.",
    "memory": "Some of this notebook's code used more memory than there is.",
    "crash": "Some of this notebook's code ended its whole process.",
}


def _banner(verdict: marks.Verdict) -> tuple[NotebookNode, ...]:
    """Return what is to be said of the notebook as a whole, if anything."""
    lines = [_ENDED[verdict.status]] if verdict.status in _ENDED else []
    lines += [_sentence(marks.describe(error)) for error in verdict.errors]
    if lines and verdict.total > 0:
        lines.append("All that could be asked was asked, and its points count.")
    if verdict.flags:
        lines.append("A person will look at this submission.")
    if not lines:
        return ()
    rows = "".join(f"<p style='margin:2px 0'>{escape(line)}</p>" for line in lines)
    style = (
        "max-width:46em;margin:6px 0;padding:10px 16px;border-left:4px solid #d08324"
    )
    html = f'<div role="note" style="{style}">{rows}</div>'
    data = {"text/html": html, "text/plain": "\n".join(lines)}
    return (new_output("display_data", data=data),)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + ("" if words[-1:] in ".?!" else ".")


def _error(error: CellError) -> NotebookNode:
    """Return a cell's error as Jupyter shows it, without any path or foreign line."""
    kind, message = _printable(error.kind), _printable(error.message)
    lines = [f"{kind}: {message}" if message else kind]
    if error.line:
        lines.insert(0, f"in line {error.line} of this cell:")
    return new_output("error", ename=kind, evalue=message, traceback=lines)


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isprintable() or c == "\n")
