"""Reports: what a student reads, as text and as HTML."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from coursekit.homework.checks.judge import Finding, Status
from coursekit.homework.checks.report import WIDTH, Report, lecture_text, points_text
from coursekit.syllabus import LECTURES

PASSED = Finding("dft", "a constant", 0.5, 0.5, Status.PASSED, "passed")
OFF = Finding(
    "dft",
    "numbers of your own",
    1.0,
    0.0,
    Status.VALUE,
    "X_i is off by up to 12",
    expected="[0, 12]",
    got="[0, 0]",
    where="X_i[1]",
    expected_form="float64 array of shape (2,)",
    got_form="float32 array of shape (2,)",
    error=12.0,
    diagnosis="cosines-only",
    diagnosis_sentence="these are the cosines alone",
    hint="Mind the sines.",
    lecture="01_dft",
)
HOSTILE = "<script>alert('&\"')</script>"


class Tags(HTMLParser):
    """Collects tags and text, and that all tags are closed in order."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.text = [], [], ""
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data + " "


def test_text_of_a_failed_case():
    lines = str(Report("dft", (PASSED, OFF), 3.5)).splitlines()
    assert lines[0] == "dft: 1 of 2 checks passed, 0.5 of 1.5 points"
    assert lines[1] == "  passed   a constant"
    assert [line.split(maxsplit=1) for line in lines[4:9]] == [
        ["expected:", "[0, 12]"],
        ["got:", "[0, 0]"],
        ["where:", "X_i[1]"],
        ["off", "by:   12"],
        ["hint:", "Mind the sines."],
    ]
    assert lines[3].strip() == "These are the cosines alone."
    assert lines[9].startswith("Reread lecture 01 (dft): The discrete")
    assert lines[-1].startswith("3.5 points more are judged after you hand in")


def test_text_keeps_its_width():
    long = replace(OFF, got="1, " * 60, hint="a hint and more " * 20, case="c" * 60)
    for line in str(Report("dft", (long,), note="n " * 90)).splitlines():
        assert len(line) <= WIDTH


def test_html_says_what_the_text_says():
    report = Report("dft", (PASSED, OFF), 3.5, "A note.")
    text = " ".join(Tags(report._repr_html_()).text.split())
    for words in (
        *("dft", "1 of 2 checks passed", "0.5 of 1.5 points", "a constant"),
        *("These are the cosines alone.", "[0, 12]", "[0, 0]", "X_i[1]"),
        *("Mind the sines.", "lecture 01 (dft)", "3.5 points more", "A note."),
    ):
        assert words in text


def test_html_names_its_marks_in_words():
    tags = Tags(Report("dft", (PASSED, OFF))._repr_html_()).tags
    labels = [attrs["aria-label"] for _, attrs in tags if "aria-label" in attrs]
    assert labels == [
        "dft: 1 of 2 checks passed, 0.5 of 1.5 points",
        "passed",
        "not yet",
    ]


@pytest.mark.parametrize(
    "name",
    ["case", "sentence", "expected", "got", "where", "hint", "lecture"],
)
def test_all_text_is_escaped(name):
    finding = replace(OFF, **{name: HOSTILE}, diagnosis_sentence="")
    parsed = Tags(Report("dft", (finding,))._repr_html_())
    assert "script" not in {tag for tag, _ in parsed.tags}
    assert HOSTILE in parsed.text


def test_part_note_and_diagnosis_are_escaped():
    finding = replace(OFF, diagnosis_sentence=HOSTILE)
    parsed = Tags(Report(HOSTILE, (finding,), note=HOSTILE)._repr_html_())
    assert parsed.text.count(HOSTILE) == 3
    assert "script" not in {tag for tag, _ in parsed.tags}


@pytest.mark.parametrize("status", [Status.NOT_WRITTEN, Status.RAISED, Status.TYPE])
def test_what_is_wrong_with_all_is_said_once(status):
    same = tuple(
        Finding("dft", name, 1.0, 0.0, status, "dft fails so", hint=name)
        for name in ("one", "two")
    )
    report = Report("dft", same)
    for text in (str(report), report._repr_html_()):
        assert text.count("dft fails so.") == 1
        assert "all checks" in text
    assert report.headline == "dft: 0 of 2 checks passed, 0 of 2 points"
    different = Report("dft", (same[0], replace(same[1], sentence="dft fails too")))
    assert "all checks" not in str(different)


def test_names_keep_their_small_letters():
    raised = replace(PASSED, status=Status.RAISED, sentence="dft raised KeyError")
    other = replace(raised, sentence="with 3 samples it does not work")
    text = str(Report("dft", (raised, other)))
    assert "dft raised KeyError." in text
    assert "With 3 samples it does not work." in text


def test_hidden_cases_show_no_values():
    report = Report("dft", (replace(OFF, visible=False),))
    for text in (str(report), report._repr_html_()):
        assert "[0, 12]" not in text
        assert "Mind the sines" not in text
        assert "float32 array of shape (2,)" in text


def test_passed():
    assert Report("dft", (PASSED,)).passed
    assert not Report("dft", (PASSED, OFF)).passed


def test_colours_are_not_the_themes_background():
    html = Report("dft", (OFF,))._repr_html_()
    assert "background:#fff" not in html
    assert "color:var(--jp-content-font-color1,inherit)" in html


def test_words():
    assert points_text(0.5) == "0.5 points"
    assert lecture_text("99_none") == "99_none"
    for lecture in LECTURES:
        assert lecture.teaches in lecture_text(lecture.key)
