"""The page that a student gets back: readable, and nothing in it runs."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest

from coursekit.grading.feedback import clean, without_hidden


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


def test_the_page_holds_no_script_but_the_formulas(shown: Any) -> None:
    for student in ("ghall", "ikaya"):
        page = _page(shown, student)
        scripts = page.count("<script")
        assert 0 < scripts == page.split("<body>")[0].count("<script")
    assert "<script" not in _page(shown, "qdubois")
