"""Formulas as MathML: readable, and built from a closed list of what is harmless."""

import re
from xml.etree import ElementTree

import pytest

from coursekit.grading.pages import formulas
from coursekit.grading.pages.feedback import page
from coursekit.grading.pages.formulas import ATTRIBUTES, ELEMENTS, mathml

COURSE = (  # of the homework's text and of its lectures
    r"X_r(f) = \sum_n x[n] \cos\left(2\pi f \frac{n}{N}\right) \qquad X_i(f)",
    r"T = 1 + \lfloor (\text{samples} - \text{frame}) / \text{hop} \rfloor",
    r"w[t] = \tfrac{1}{2} - \tfrac{1}{2} \cos\left(2\pi \frac{t}{n}\right), t = 0",
    r"\begin{align} a &= b \\ c &< d \end{align}",
    r"\mathbf{W} \in \mathbb{R}^{K \times R}, \lVert x \rVert_2, \hat{s}, \mathrm{dB}",
)
EVIL = (
    r"\href{javascript:x()}{y}",
    r"\text{<script>x()</script>}",
    r"\text{</math><img src=x onerror=x()>}",
    r"\text{\" onload=\"x()}",
    r"\class{full-credit}{y} \cssId{top}{y} \style{position:fixed}{y}",
    r"\hspace{9999em} \color{url(//a)}{x} \rule{999em}{999em}",
    r"\mathrm{<style>x</style>} \unknown{<b>}",
    r"\require{x} \includegraphics{http://tracker.example/a.png}",
    "&lt;script&gt;",
)


def tree(tex, display="inline"):
    """Return a formula's elements; it must be XML, so nothing of it is left open."""
    return ElementTree.fromstring(mathml(tex, display))


@pytest.mark.parametrize("tex", COURSE)
def test_what_the_course_writes_is_read(tex):
    root = tree(tex, "block")
    assert (root.tag, root.get("display")) == ("math", "block")
    text = "".join(root.itertext())
    assert "\\" not in text
    assert "&" not in text


def test_a_fraction_is_a_fraction_and_a_sum_has_its_limits():
    (fraction,) = tree(r"\frac{1}{N}").iter("mfrac")
    assert ["".join(part.itertext()) for part in fraction] == ["1", "N"]
    (total,) = tree(r"\sum_{n=0}^{N-1}", "block").iter("munderover")
    assert ["".join(part.itertext()) for part in total] == ["∑", "n=0", "N−1"]


def test_alphabets_become_letters_since_browsers_ignore_variants():
    text = "".join(tree(r"\mathbf{W1} \mathbb{RZ} \mathcal{BL} \mathrm{d}").itertext())
    assert text == "𝐖𝟏ℝℤℬℒd"


@pytest.mark.parametrize("tex", EVIL)
def test_nothing_but_elements_and_attributes_of_the_list_comes_out(tex):
    root = tree(tex)
    for element in root.iter():
        assert element.tag in ELEMENTS | {"code"}
        assert set(element.attrib) <= ATTRIBUTES
        for value in element.attrib.values():
            assert re.fullmatch(r"[\w#%. -]{0,40}", value)
            assert not re.search(r"\d{3,}(\.\d*)?e", value)


@pytest.mark.parametrize(
    "tex",
    [
        r"\frac{",
        r"a^b^c",
        "{" * 3000,
        "x" * (formulas.LONGEST + 1),
        r"\newcommand{\a}{bbbbbbbbbb}\a\a",
        r"\def\a{bbbbbbbbbb}\a\a",
    ],
)
def test_what_cannot_be_read_is_shown_as_it_was_typed(tex):
    root = tree(tex)
    assert (root.tag, root.text) == ("code", tex)


def test_in_a_text_each_kind_of_formula_is_found():
    source = "Inline $a<b$, old $$c$$, \\\\(d\\\\) and\n\n\\\\[e\\\\]\n\n"
    source += "\\begin{align} f &= g \\end{align}\n\n`$code$`\n\n    $more$"
    html = page(source)
    assert [m[1] for m in re.finditer(r'<math display="(\w+)"', html)] == [
        *("inline", "block", "inline", "block", "block")
    ]
    assert re.findall(r"\$\w+\$", html) == ["$code$", "$more$"]


@pytest.mark.parametrize(
    "source",
    [
        r"![$\text{ onerror=x() }$](data:image/png;base64,AAAA)",
        r"[y](https://a.org/ '$\text{ onclick=x() }$')",
        r'<b title="$\text{ onclick=x() }$">y</b>',
        r"[$\text{<img src=x onerror=x()>}$](javascript:x())",
    ],
)
def test_a_formula_in_a_corner_opens_no_other(source):
    root = ElementTree.fromstring(page(source))
    for element in root.iter():
        assert not [name for name in element.attrib if name.startswith("on")]
        assert "javascript" not in str(element.attrib.get("href"))
