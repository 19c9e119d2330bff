"""The page that a student gets back: readable, and nothing in it runs."""

from __future__ import annotations

import re
import sys
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from coursekit.grading.pages.feedback import (
    Sanitise,
    clean,
    harmless,
    markdown,
    without_hidden,
)
from coursekit.grading.publishing import release


@pytest.mark.parametrize(
    ("html", "gone"),
    [
        ("<script>steal()</script>", "<script"),
        ("<img src=x onerror=steal()>", "onerror"),
        ("<img src='http://tracker.example/x.png'>", "tracker"),
        ("<img src='data:image/svg+xml;base64,PHN2Zz4='>", "svg"),
        ("<svg onload=steal()><circle/></svg>", "<svg"),
        ("<a href='javascript:steal()'>x</a>", "javascript"),
        ("<a href='data:text/html,<script>1</script>'>x</a>", "data:"),
        ("<iframe src='https://tracker.example'></iframe>", "iframe"),
        ("<p style='background:url(http://tracker.example)'>x</p>", "tracker"),
        ("<p style='background:u\\72l(http://tracker.example)'>x</p>", "tracker"),
        ("<p style='position:fixed;top:0'>x</p>", "position"),
        ("<style>body{display:none}</style>", "<style"),
        ("<form action='https://tracker.example'><input name=a></form>", "<form"),
        ("<meta http-equiv=refresh content='0;url=//tracker.example'>", "<meta"),
        ("<h1 id='top'>x</h1>", "id="),
        ("<math><mtext></p><style><img src=x onerror=steal()>", "onerror"),
    ],
)
def test_what_could_run_or_call_out_is_gone(html: str, gone: str) -> None:
    assert gone in html
    assert gone not in clean(html)


def test_layout_and_text_stay() -> None:
    html = (
        '<div role="note" style="display: flex; gap: 1em;"><p>1 &lt; 2</p>'
        '<a href="https://example.org">x</a><img alt="a" '
        'src="data:image/png;base64,AAAA"></div>'
    )
    assert clean(html) == html
    assert clean(html.encode()) == html


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("a\n### BEGIN HIDDEN TESTS\nx\n### END HIDDEN TESTS\nb", "a\nb"),
        ("a\n=== BEGIN MARK SCHEME ===\nx\n=== END MARK SCHEME ===", "a\n"),
        ("a\n=== BEGIN MARK SCHEME ===\nx\ny", "a\n"),
        ("a\nb", "a\nb"),
    ],
)
def test_marking_schemes_and_hidden_tests_are_taken_out(source: str, left: str) -> None:
    assert without_hidden(source) == left


def _page(shown: Any, student: str) -> str:
    folder = shown.course.folder("feedback", student, "hw1_dft")
    return unescape((folder / "dft.html").read_text())


def test_the_page_says_what_was_wrong_and_what_to_reread(shown: Any) -> None:
    page = _page(shown, "ghall")
    assert "Homework 1: the Fourier transform, by hand" in page
    assert "Gil Hall, Jr." in page
    assert "the spectra stand in the rows" in page.lower()
    assert "<b>24</b>" in page
    assert "of 40 points so far" in page
    assert "lecture 02" in page


def test_the_page_says_how_a_submission_ended(shown: Any) -> None:
    assert "could not be read as Python" in _page(shown, "ikaya")
    assert "handed in as 'dft final (2).ipynb'" in _page(shown, "oberg")
    refused = _page(shown, "qdubois")
    assert "Your notebook could not be graded" in refused
    assert "save it in Jupyter" in refused
    assert "of 40 points<" in refused.replace("\n", "").replace("      ", "")


LOADS = re.compile(
    r"<(script|link|iframe|object|embed|base|form|svg|style[^>]*src)\b|@import|"
    r"url\(|\b(src|srcset|poster|action|background|data)\s*=(?!\s*\"data:image/png;)",
    re.IGNORECASE,
)


def test_the_page_loads_nothing_and_shows_its_formulas(shown: Any) -> None:
    for student in ("ghall", "ikaya", "qdubois"):
        folder = shown.course.folder("feedback", student, "hw1_dft")
        page = (folder / "dft.html").read_text()
        assert LOADS.search(page) is None, student
        assert ("<math" in page) is (student != "qdubois")
    assert LOADS.search('<img src="https://a.org/b.png">')
    assert LOADS.search("<script>")
    assert LOADS.search("url(//a)")


# --- what a page must not tell ----------------------------------------------------


def test_no_page_tells_what_is_hidden_or_where_we_live(shown: Any, root: Path) -> None:
    pages = sorted((shown.demo.course / "feedback").glob("*/*/*.html"))
    assert len(pages) == len(shown.demo.samples)
    texts = [(str(page), unescape(page.read_text())) for page in pages]
    secrets = release.canaries(root)
    assert secrets
    assert release.leaks(texts, secrets) == []
    cases = (root / "solutions" / "cases" / "hw1_dft.py").read_text().splitlines()
    lines = {line.strip() for line in cases if "rng." in line and len(line) > 30}
    assert len(lines) > 5
    places = {str(root), str(shown.demo.home), sys.prefix, str(Path.home()), "/tmp/"}
    ours = {"Traceback (most", "site-packages", "coursekit/", "secret.key", "_hidden_"}
    for name, text in texts:
        told = [word for word in lines | places | ours if word in text]
        assert told == [], name


# --- markdown ---------------------------------------------------------------------

PIXEL = "iVBORw0KGgo="
ORDINARY = (
    "# A *title*\n\n- [x] done\n- **b** and `a<b` and $a<b$, $$\\frac{x}{y}$$",
    "| a | b |\n|---|--:|\n| 1 | 2 |\n\n> quoted\n\n1. x\n\n~~gone~~\n\n---",
    f"![a](attachment:p.png) ![b](data:image/png;base64,{PIXEL})",
    "<details><summary>a</summary>H<sub>2</sub>O</details>\n\n[x](https://b.org 'y')",
    "<https://a.org> and ```<script>``` and\n\n```html\n<script>x()</script>\n```",
    '<div style="color: red; text-align: center">x</div>',
    "\\begin{align} a &= b \\\\ c &< d \\end{align}\n\n    <b onclick=x()>",
)
ATTACHED = {"p.png": {"image/png": PIXEL}}


@pytest.mark.parametrize("source", ORDINARY)
def test_ordinary_markdown_stays_as_it_is(source: str) -> None:
    assert harmless(source, ATTACHED) == source
    stock = MarkdownWithMath(
        renderer=IPythonRenderer(escape=False, attachments=ATTACHED)
    ).render(source)

    def text(html: str) -> str:
        return re.sub(r"[\s¶☑]", "", BeautifulSoup(html, "html.parser").get_text())

    assert text(markdown(source, ATTACHED)) == text(stock)


HARMFUL = (
    "<script>x()</script>",
    "<img src=x onerror=x()>",
    "a <svg onload=x()>",
    "<a href='java\nscript:x()'>y</a>",
    "[y](javascript:x())",
    "[y](&#106;avascript:x())",
    "[y][r]\n\n[r]: javascript:x()",
    "<javascript:x()>",
    "![y](data:image/svg+xml;base64,AAAA)",
    "![y](https://tracker.example/x.png)",
    "<p style='position:fixed;color:red'>y</p>",
    "<p style='background:url(//tracker.example)'>y</p>",
    "<b class='btn full-credit'>y</b>",
    "<b id='x'>y</b>",
    "<!-- y --><b onclick=x()>z</b>",
    "<b title='`' onclick='x()'>`y</b>",
    "| a |\n|---|\n| <b title='|' onclick=x()> |",
    "$\\href{javascript:x()}{y}$",
    "<p>$&#92;hr&#101;f{javascript:x()}{y}$</p>",
    "$\\cssId{x}{y}$ $\\class{full-credit}{y}$ $\\style{position:fixed}{y}$",
    "![y](attachment:none.png)",
    "![y](attachment:p.svg)",
    "<math><mtext></p><style><img src=x onerror=x()>",
    "<div\nonclick=x()>y",
    "<input onfocus=x() autofocus>",
)


@pytest.mark.parametrize("source", HARMFUL)
def test_harmful_markdown_becomes_harmless(source: str) -> None:
    drawn = {"p.svg": {"image/svg+xml": "AAAA"}}
    text = harmless(source, drawn)
    assert text != source
    renderer = IPythonRenderer(escape=False, attachments=drawn)
    html = MarkdownWithMath(renderer=renderer).render(text)
    soup = BeautifulSoup(html, "html.parser")
    for tag in soup.find_all(True):
        assert tag.name not in {"script", "svg", "style", "math", "input"}
        assert not any(name.startswith("on") for name in tag.attrs)
        assert not {"class", "id"} & set(tag.attrs) or tag.name == "code"
        assert "position" not in str(tag.get("style"))
        assert not re.search(r"script|data:|attach", str(tag.get("href")))
        assert tag.get("src") is None
    cleaned = BeautifulSoup(markdown(source, drawn), "html.parser")
    for code in [*soup(("code",)), *cleaned(("code",))]:
        code.decompose()
    for shown in soup, cleaned:
        assert not re.search(r"\\(href|cssId|class|style)", shown.get_text())
    assert harmless(text, drawn) == text


def test_the_graded_copy_keeps_only_what_is_needed() -> None:
    notebook = nbformat.v4.new_notebook()
    notebook.metadata = nbformat.from_dict(
        {
            "title": "<script>",
            "widgets": {"x": "</script>"},
            "language_info": {"name": "python", "pygments_lexer": '"><script>'},
            "coursekit": {"status": "graded"},
        }
    )
    code = nbformat.v4.new_code_cell("1", id="a")
    code.metadata = nbformat.from_dict(
        {"tags": ['"><b>'], "magics_language": '"><b>', "nbgrader": {"grade": True}}
    )
    data = {"text/html": "<p>1<script>x</script></p>", "application/javascript": "x"}
    code.outputs = [nbformat.v4.new_output("display_data", data)]
    text = nbformat.v4.new_markdown_cell("x", id="b")
    text["attachments"] = {
        "p.png": {"image/png": PIXEL, "image/svg+xml": "AA"},
        "q.png": {"image/png": '"><script>'},
    }
    notebook.cells = [code, text]
    after, _ = Sanitise().preprocess(notebook, {})
    assert after.metadata == {
        "coursekit": {"status": "graded"},
        "language_info": {"name": "python"},
    }
    assert after.cells[0].metadata == {"nbgrader": {"grade": True}}
    assert after.cells[0].outputs[0].data == {"text/html": "<p>1x</p>"}
    assert after.cells[1].attachments == {"p.png": {"image/png": PIXEL}}
