"""The page that a student gets back: marks, what was wrong, what to reread.

One self-contained HTML file. All that came from the student is sanitised, so that
nothing in it runs in the browser of whoever opens the page. The same goes for the
graded copy of a notebook, which nbgrader's formgrader renders: `Sanitise` makes it
harmless in whatever shows it, and leaves what was handed in as it came.
"""

from __future__ import annotations

import html as entities
import re
import secrets
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import bleach
from bleach.css_sanitizer import CSSSanitizer
from bs4 import BeautifulSoup
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import GetGrades, NbGraderPreprocessor
from pygments.formatters import HtmlFormatter
from traitlets.config import Config

from coursekit.grading.course import intake
from coursekit.grading.pages.formulas import mathml

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
PLAIN = {"style", "title", "colspan", "rowspan", "align", "role", "aria-label"}
CLASSES = re.compile(
    r"(highlight|hl-\w+|language-\w*|dataframe|anchor-link|task-list-item(-checkbox)?|"
    r"contains-task-list|[a-z]{1,2}\d?)"
)
"""Those of coloured code and tables; others may have a meaning in the grader's page."""

PICTURES = ("image/png", "image/jpeg", "image/gif")
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
LONGEST = 2**20
"""Characters of a cell's text that are shown."""

MACROS = re.compile(
    r"\\(href|url|cssId|class|style|require|data|unicode|includegraphics)"
)
"""What in a formula is no mathematics: links, styles, and loading of code."""

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
    return _clean(text)


@lru_cache(1024)  # a class has much in common
def _clean(text: str) -> str:
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
    if name == "class":
        return all(map(CLASSES.fullmatch, value.split()))
    sizes = name in ("alt", "width", "height") and tag == "img"
    return sizes or name in PLAIN


# --- markdown -------------------------------------------------------------------


class _Renderer(IPythonRenderer):
    """As nbconvert's, but for an attachment that is not there or not a picture."""

    def _embed_image_or_attachment(self, src: str) -> str:
        prefix, _, name = src.partition("attachment:")
        if prefix or not name:
            return src
        found: Any = (self.attachments or {}).get(name)
        for kind in PICTURES if isinstance(found, Mapping) else ():
            if kind in found:
                return f"data:{kind};base64,{found[kind]}"
        return ""


def markdown(source: str, attachments: Mapping[str, Any] | None = None) -> str:
    """Return Markdown as HTML in which nothing runs or calls out.

    Formulas stay as they are: the formgrader has a script that shows them.

    Parameters
    ----------
    source
        Of unknown origin.
    attachments
        The cell's pictures, as the notebook has them.

    Examples
    --------
    >>> markdown("*a* <b onclick='x()'>b</b> $c<d$ [e](javascript:x)").strip()
    '<p><em>a</em> <b>b</b> $c&lt;d$ <a>e</a></p>'
    """
    html = _rendered(
        _Renderer(escape=False, attachments=dict(attachments or {})), source
    )
    return html if not _tricks(html) else _without_tricks(html)


def _rendered(renderer: _Renderer, source: str) -> str:
    html = MarkdownWithMath(renderer=renderer).render(source[:LONGEST])
    return clean(_CHECKBOX.sub(lambda box: _box("checked" in box[0]), html))


class _Formulas(_Renderer):
    """Keeps the formulas aside, and leaves a mark where each has to go."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.word = secrets.token_hex(8)
        self.kept: list[tuple[str, str]] = []

    def _keep(self, tex: str, display: str) -> str:
        self.kept.append((tex, display))
        return f"{self.word}x{len(self.kept) - 1}x"

    def inline_math(self, body: str) -> str:
        return self._keep(body, "inline")

    def block_math(self, body: str) -> str:
        return self._keep(body, "block")

    def latex_environment(self, name: str, body: str) -> str:
        return self._keep(rf"\begin{{{name}}}{body}\end{{{name}}}", "block")

    def put_back(self, html: str) -> str:
        """Replace the marks in texts by MathML, in attributes by what was typed."""
        mark = re.compile(rf"{self.word}x(\d+)x")
        if not self.kept:
            return html
        soup = BeautifulSoup(html, "html.parser")
        for tag in soup.find_all(True):
            for name, value in tag.attrs.items():
                words = " ".join(value) if isinstance(value, list) else value
                tag.attrs[name] = mark.sub(lambda m: self.kept[int(m[1])][0], words)
        for text in soup.find_all(string=mark):
            pieces = mark.split(entities.escape(str(text)))
            pieces[1::2] = [mathml(*self.kept[int(n)]) for n in pieces[1::2]]
            text.replace_with(BeautifulSoup("".join(pieces), "html.parser"))
        return str(soup)


def page(source: str, attachments: Mapping[str, Any] | None = None) -> str:
    """Return Markdown as harmless HTML whose formulas need no script.

    Parameters
    ----------
    source, attachments
        The Markdown of a cell, and the pictures that came with it.

    Examples
    --------
    >>> page("*a* $b$").strip()
    '<p><em>a</em> <math display="inline"><mrow><mi>b</mi></mrow></math></p>'
    """
    renderer = _Formulas(escape=False, attachments=dict(attachments or {}))
    return renderer.put_back(_rendered(renderer, source))


_CHECKBOX = re.compile(r'<input class="task-list-item-checkbox"[^<>]*>')


def _box(is_checked: bool) -> str:
    return "&#9745; " if is_checked else "&#9744; "


@pass_context
def markdown_filter(context: Context, source: str) -> str:
    """Return `markdown` of a cell: a filter for the templates of nbconvert.

    Parameters
    ----------
    context
        Jinja's; it has the cell.
    source
        Of the cell.
    """
    return _shown(markdown, context, source)


@pass_context
def page_filter(context: Context, source: str) -> str:
    """Return `page` of a cell: a filter for the template of the feedback page.

    Parameters
    ----------
    context, source
        Jinja's context, which has the cell, and the Markdown of the cell.
    """
    return _shown(page, context, source)


def _shown(render: Callable[..., str], context: Context, source: str) -> str:
    try:
        return render(source, context.get("cell", {}).get("attachments"))
    except Exception:  # whatever stumbles over a student's text: show it as it is
        return f"<pre>{entities.escape(source[:LONGEST])}</pre>"


def _tricks(html: str) -> bool:
    """Say whether a formula would do more than show a formula."""
    soup = BeautifulSoup(html, "html.parser")
    for code in soup.find_all(("pre", "code")):
        code.decompose()  # no formula is read in there
    return bool(MACROS.search(soup.get_text()))


def _without_tricks(text: str) -> str:
    return MACROS.sub(r"\\text", _spelled(text))


def _spelled(text: str) -> str:
    """Return text in which no letter or backslash is written as an entity."""

    def spell(found: re.Match[str]) -> str:
        letter = entities.unescape(found[0])
        return letter if re.fullmatch(r"[A-Za-z\\]", letter) else found[0]

    return re.sub(r"&(#\w+|bsol);?", spell, text)


def harmless(source: str, attachments: Mapping[str, Any] | None = None) -> str:
    """Return Markdown that stock renderers show without anything in it running.

    Parameters
    ----------
    source
        Of unknown origin. Where nothing is amiss, it comes back as it is.
    attachments
        The cell's pictures, as the notebook has them.

    Returns
    -------
    str
        With as little change as will do: harmful tags opened up so that they can
        be read, then links as well; at the last, all of it as a block of code.

    Examples
    --------
    >>> harmless("$a<b$, <b>c</b>")
    '$a<b$, <b>c</b>'
    >>> harmless("<script>x()</script>")
    '< script>x()< /script>'
    """
    text = source[:LONGEST]
    return _harmless(text, attachments) if attachments else _plain_harmless(text)


def _harmless(text: str, attachments: Mapping[str, Any]) -> str:
    for change in (str, _without_tags, _without_links):
        if _shows(change(text), attachments):
            return change(text)
    return "\n".join("    " + line for line in ("", *text.splitlines()))


@lru_cache(1024)  # most texts are those of the release
def _plain_harmless(text: str) -> str:
    return _harmless(text, {})


def _shows(source: str, attachments: Mapping[str, Any]) -> bool:
    """Say whether stock rendering of some Markdown is as safe as `clean` makes it."""
    try:
        renderer = IPythonRenderer(escape=False, attachments=dict(attachments))
        html = MarkdownWithMath(renderer=renderer).render(source)
        tags = BeautifulSoup(html, "html.parser").find_all(True)
    except Exception:
        return False
    return all(map(_is_plain, tags)) and "<!" not in html and not _tricks(html)


def _is_plain(tag: Any) -> bool:
    if tag.name == "input":  # of a list of tasks
        return set(tag.attrs) <= {"class", "type", "checked", "disabled"}
    if tag.name not in TAGS:
        return False
    for name, value in tag.attrs.items():
        words = " ".join(value) if isinstance(value, list) else value or ""
        if name == "style" and not _is_layout(words):
            return False
        anchor = name == "id" and re.fullmatch(r"h[1-6]", tag.name)
        if not (anchor or _allowed(tag.name, name, words)):
            return False
    return True


def _is_layout(style: str) -> bool:
    """Say whether a style has nothing that would be taken from it."""
    names = [part.partition(":")[0].strip() for part in style.split(";")]
    known = all(name in PROPERTIES for name in names if name)
    return known and bool(_STYLES.sanitize_css(style))


_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s[^<>]*)?)>|<(?=[a-zA-Z/!?])")


def _without_tags(source: str) -> str:
    """Take from tags what is not allowed; open up those that are not allowed at all.

    A browser reads ``< b`` as text, so that it matters to nobody where Markdown's
    code and formulas begin and end.
    """

    def tame(found: re.Match[str]) -> str:
        name = (found[2] or "").lower()
        if name not in TAGS:
            return "< " + found[0][1:]
        if found[1]:
            return f"</{name}>"
        opened = clean(found[0]).partition(">")[0] + ">"
        return f"<{name}>" if re.search(r"[`$|\\\n]", opened) else opened

    return _TAG.sub(tame, _without_tricks(source))


def _without_links(source: str) -> str:
    """Take links and pictures apart, so that their addresses can be read."""
    text = re.sub(r"\]\s*([(:\[])", r"] \1 ", _without_tags(source))
    return re.sub(r"(attachment|script|data|file)\s*:", r"\1 : ", text, flags=re.I)


class Sanitise(NbGraderPreprocessor):
    """Make the graded copy of a notebook harmless for whoever renders it.

    It stands at the end of autograding. What was handed in stays as it came, and
    each new grading starts from that.
    """

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Sanitise `nb`.

        Parameters
        ----------
        nb
            The graded notebook.
        resources
            nbgrader's.
        """
        known = ("kernelspec", intake.KEY)
        kept = {name: nb.metadata[name] for name in known if name in nb.metadata}
        nb.metadata = NotebookNode({**kept, "language_info": {"name": "python"}})
        for number, cell in enumerate(nb.cells):
            _sanitise_cell(cell, number)
        return nb, resources


def _sanitise_cell(cell: NotebookNode, number: int) -> None:
    grading = cell.metadata.get("nbgrader")
    cell.metadata = NotebookNode({"nbgrader": grading} if grading else {})
    if "id" in cell and not re.fullmatch(r"[\w-]{1,64}", str(cell.id), re.ASCII):
        cell.id = f"cell-{number}"
    if cell.cell_type == "code":
        cell.outputs = [_sanitise_output(output) for output in cell.outputs]
        return
    if "attachments" in cell:
        cell.attachments = _pictures(cell.attachments)
    cell.source = harmless(cell.source, cell.get("attachments"))


def _sanitise_output(output: NotebookNode) -> NotebookNode:
    if "data" in output:
        kinds = ("text/plain", "text/html", *PICTURES)
        output.data = NotebookNode(
            {k: output.data[k] for k in kinds if k in output.data}
        )
        output.metadata = NotebookNode()
        if "text/html" in output.data:
            output.data["text/html"] = clean(output.data["text/html"])
    return output


def _pictures(attachments: Any) -> NotebookNode:
    """Return the attachments that are pictures."""
    kept = NotebookNode()
    for name, kinds in dict(attachments or {}).items():
        good = {
            kind: data
            for kind, data in dict(kinds or {}).items()
            if kind in PICTURES and type(data) is str and BASE64.fullmatch(data)
        }
        if good:
            kept[name] = NotebookNode(good)
    return kept


# --- the page -------------------------------------------------------------------


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
        ours.FeedbackExporter.filters = FILTERS  # nbgrader_config.py has others
        super().__init__(config=ours, **kwargs)


def _is_number(output: NotebookNode) -> bool:
    """Return whether an output is only the mark, which the page shows already."""
    if output.output_type != "execute_result":
        return False
    try:
        float(output.data.get("text/plain", "no"))
    except (TypeError, ValueError):
        return False
    return True


FILTERS = {
    "clean_html": clean,
    "markdown2html": page_filter,
    "points": lambda value: f"{float(value or 0):.4g}",
    "is_number": _is_number,
}
"""What the template calls: nbconvert's are too trusting."""
