"""The page that a student gets back: marks, what was wrong, what to reread.

One self-contained HTML file. All that came from the student is sanitised, so that
nothing in it runs in the browser of whoever opens the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import bleach
from bleach.css_sanitizer import CSSSanitizer
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import GetGrades
from pygments.formatters import HtmlFormatter
from traitlets.config import Config

from coursekit.grading import intake

TEMPLATES = Path(__file__).parent / "templates"

TAGS = frozenset(
    {
        *("a", "abbr", "b", "blockquote", "br", "caption", "code", "dd", "del"),
        *("details", "div", "dl", "dt", "em", "figcaption", "figure", "hr", "i"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "img", "kbd", "li", "mark", "ol", "p"),
        *("pre", "s", "small", "span", "strong", "sub", "summary", "sup", "table"),
        *("tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul", "var"),
    }
)

# What a report is laid out with; nothing that could cover the page or call out.
PROPERTIES = frozenset(
    {
        *("background", "background-color", "border", "border-collapse"),
        *("border-bottom", "border-left", "border-radius", "border-right"),
        *("border-top", "color", "display", "flex", "flex-wrap", "font-family"),
        *("font-size", "font-style", "font-weight", "gap", "grid-template-columns"),
        *("height", "justify-content", "line-height", "margin", "margin-bottom"),
        *("margin-left", "margin-right", "margin-top", "max-width", "min-width"),
        *("opacity", "overflow-wrap", "padding", "padding-bottom", "padding-left"),
        *("padding-right", "padding-top", "text-align", "text-decoration"),
        *("vertical-align", "white-space", "width"),
    }
)
PLAIN = {"class", "style", "title", "colspan", "rowspan", "align", "role", "aria-label"}

STATUSES = {
    "syntax": "A cell could not be read as Python, so it did not run. "
    "The parts that do not need it were graded.",
    "timeout": "Your notebook, or one of its functions, did not come to an end in "
    "time. Look for a loop that never stops. What was answered before that counts.",
    "memory": "Your notebook needed more memory than there is for it. "
    "What was answered before that counts.",
    "crash": "The process that ran your notebook ended before its time. "
    "What was answered before that counts.",
    "refused": "Your notebook could not be graded.",
}


class _Styles(CSSSanitizer):
    """Keep the layout of a style, and drop it whole where it names an address."""

    def sanitize_css(self, style: str) -> str:
        calls_out = re.search(r"url|image|\\|/\*|@", style, re.IGNORECASE)
        return "" if calls_out else str(super().sanitize_css(style))


_STYLES = _Styles(allowed_css_properties=PROPERTIES)


def clean(html: str | bytes) -> str:
    """Return HTML without anything that could run or call out.

    Parameters
    ----------
    html
        Of unknown origin.

    Examples
    --------
    >>> clean('<p onclick="x()">hello<script>x()</script></p>')
    '<p>hellox()</p>'
    """
    text = html.decode("utf-8", "replace") if isinstance(html, bytes) else str(html)
    return bleach.clean(
        text,
        tags=TAGS,
        attributes=_allowed,
        protocols=["http", "https", "mailto", "data"],
        css_sanitizer=_STYLES,
        strip=True,
    )


def _allowed(tag: str, name: str, value: str) -> bool:
    if tag == "a" and name == "href":
        return bool(re.match(r"(https?:|mailto:|#)", value.strip(), re.IGNORECASE))
    if tag == "img" and name == "src":
        return bool(re.match(r"data:image/(png|jpeg|gif);base64,", value))
    sizes = name in ("alt", "width", "height") and tag == "img"
    return sizes or name in PLAIN


class Marks(GetGrades):
    """Put marks, comments and names from the gradebook into the notebook."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Add what the page needs to know to `nb` and `resources`.

        Parameters
        ----------
        nb
            The graded notebook.
        resources
            nbgrader's, with the names of homework, notebook and student.
        """
        nb, resources = super().preprocess(nb, resources)
        for cell in nb.cells:
            if _is_marked(cell) and not cell.metadata.nbgrader.get("solution"):
                cell.source = without_hidden(cell.source)
        ours = intake.record_of(nb)
        parts = [_part(cell) for cell in nb.cells if _is_marked(cell)]
        resources["coursekit"] = {
            "title": _title(nb) or resources["nbgrader"]["assignment"],
            "name": self._name(resources["nbgrader"]),
            "status": ours.status,
            "sentence": STATUSES.get(ours.status, ""),
            "notes": list(ours.notes),
            "parts": parts,
            "waiting": any(part["waiting"] for part in parts),
            "css": HtmlFormatter(style="default").get_style_defs(".highlight"),
            "math": any("$" in c.source for c in nb.cells if c.cell_type != "code"),
        }
        return nb, resources

    def _get_score(self, cell: NotebookNode, resources: dict[str, Any]) -> None:
        super()._get_score(cell, resources)
        grade = self.gradebook.find_grade(
            cell.metadata["nbgrader"]["grade_id"],
            self.notebook_id,
            self.assignment_id,
            self.student_id,
        )
        waiting = grade.auto_score is None and grade.manual_score is None
        cell.metadata.nbgrader["waiting"] = waiting

    def _name(self, known: dict[str, str]) -> str:
        with Gradebook(known["db_url"]) as book:
            student = book.find_student(known["student"])
            names = [student.first_name or "", student.last_name or ""]
        return " ".join(names).strip() or known["student"]


def without_hidden(source: str) -> str:
    """Return a locked cell without marking scheme and hidden tests.

    Autograding puts the instructors' version of a locked cell back, for whoever
    grades by hand; the page is for the student.

    Parameters
    ----------
    source
        Of the cell.

    Examples
    --------
    >>> without_hidden("Why?\\n=== BEGIN MARK SCHEME ===\\nthis")
    'Why?\\n'
    """
    return _HIDDEN.sub("", source)


_HIDDEN = re.compile(
    r"^[^\n]*BEGIN (MARK SCHEME|HIDDEN TESTS).*?(?:^[^\n]*END \1[^\n]*\n?|\Z)",
    re.MULTILINE | re.DOTALL,
)


def _title(notebook: NotebookNode) -> str:
    """Return the first heading of the notebook, without its marks."""
    for cell in notebook.cells:
        found = re.search(r"^#\s+(.+)$", cell.source, re.MULTILINE)
        if cell.cell_type == "markdown" and found:
            return found[1].strip()
    return ""


def _is_marked(cell: NotebookNode) -> bool:
    known = cell.metadata.get("nbgrader", {})
    return bool(known.get("grade") or known.get("task"))


def _part(cell: NotebookNode) -> dict[str, Any]:
    """Return a line of the page's table."""
    known = cell.metadata.nbgrader
    score, points = float(known.get("score") or 0), float(known.get("points") or 0)
    share = min(1.0, score / points) if points else 1.0
    return {
        "id": known["grade_id"],
        "name": known["grade_id"].removeprefix("check_"),
        "score": score,
        "points": points,
        "percent": round(100 * share),
        "waiting": bool(known.get("waiting")),
        "level": "full" if share == 1 else "part" if share > 0 else "none",
    }


class FeedbackExporter(HTMLExporter):
    """Write the page with the course's own template."""

    def __init__(self, config: Config | None = None, **kwargs: Any) -> None:
        # nbgrader sets HTMLExporter's template; a subclass's own section goes first.
        ours = Config(config or {})
        ours.FeedbackExporter.extra_template_basedirs = [str(TEMPLATES)]
        ours.FeedbackExporter.template_name = "coursekit"
        ours.FeedbackExporter.sanitize_html = True
        super().__init__(config=ours, **kwargs)

    def default_filters(self) -> Iterable[tuple[str, Any]]:
        """Yield nbconvert's filters, and ours where they are too trusting."""
        yield from super().default_filters()
        yield ("clean_html", clean)
        yield ("points", lambda value: f"{float(value or 0):.4g}")
        yield ("is_number", _is_number)


def _is_number(output: NotebookNode) -> bool:
    """Return whether an output is only the mark, which the page shows already."""
    if output.output_type != "execute_result":
        return False
    try:
        float(output.data.get("text/plain", "no"))
    except (TypeError, ValueError):
        return False
    return True
