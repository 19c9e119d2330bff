"""What students wrote, where lecturers and students read it: nothing in it runs."""

import base64
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from nbgrader.server_extensions.formgrader import handlers
from traitlets.config import Config

from coursekit.grading.course import batch
from coursekit.grading.demo import Demo, Sample, hand_in_all, prepare
from coursekit.grading.pages import feedback
from coursekit.grading.publishing import release

ROOT = Path(__file__).parents[2]
HOMEWORK = "hw1_dft"
MARK = "top.attacked = (top.attacked || '') + ' {}'"
SVG = "<svg xmlns='http://www.w3.org/2000/svg'><script>{}</script></svg>"

# Each marks the page if it runs; stock rendering runs them all.
ATTACKS = {
    "script": "<script>{}</script>",
    "handler": '<img src="x" onerror="{}">',
    "svg": '<svg onload="{}"><circle r="4"/></svg>',
    "inside": 'Text <b>and <img src=x onerror="{}"></b> more.',
    "toggle": '<details open ontoggle="{}"><summary>a</summary>b</details>',
    "frame": '<iframe srcdoc="<script>{}</script>"></iframe>',
    "address": '<iframe src="javascript:{}"></iframe>',
    "focus": '<input autofocus onfocus="{}">',
    "animated": '<style>@keyframes k{{}}</style><p style="animation:k 1s" '
    'onanimationstart="{}">x</p>',
    "link": '<a href="javascript:void({})">click</a>',
    "spaced": '<a href=" java&Tab;script:void({})">click</a>',
    "reference": "[click][r]\n\n[r]: <javascript:void({})>",
    "table": '| a |\n|---|\n| <img src=x onerror="{}"> |',
}
SILENT = (  # these run nothing, but would call out or cover the page
    '<p style="position:fixed;inset:0;z-index:9;background:url(http://tracker.example/a)">'
    "cover</p>\n\n![x](http://tracker.example/b.png)\n\n"
    '<link rel="stylesheet" href="http://tracker.example/c.css">\n\n'
    "$\\href{javascript:top.attacked='formula'}{x}$ "
    "<math><mtext></p><style></math><img src=x onerror='top.attacked=8'></style> "
    '<b class="btn full-credit">press</b> ![gone](attachment:gone.png)'
)
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
    "AABJRU5ErkJggg=="
)
PLAIN = f"""## Why the window is long

*Emphasis*, **more of it**, `code < 3`, $a<b$, and a sum: $$X_f = \\sum_t x_t$$

| window | width |
|--------|------:|
| hann   | 4 bins |

1. first
2. second

> a quotation

- [x] done

![attached](attachment:p.png) ![inline](data:image/png;base64,{PIXEL})

<details><summary>More</summary>of it, with H<sub>2</sub>O</details>

[a page](https://example.org)

```python
if a < b: print("<script>")
```
"""


def attack(notebook):
    """Write everything into one cell each, and into the notebook's other corners."""
    new = nbformat.v4.new_markdown_cell
    for name, text in ATTACKS.items():
        notebook.cells.append(new(text.format(MARK.format(name)), id=f"a-{name}"))
    silent = new(SILENT, id="silent")
    plain = new(PLAIN, id="plain")
    plain["attachments"] = {"p.png": {"image/png": PIXEL}}
    picture = new("![x](attachment:p.svg)", id="picture")
    drawn = SVG.format(MARK.format("picture")).encode()
    data = base64.b64encode(drawn).decode()
    picture["attachments"] = {"p.svg": {"image/svg+xml": data}}
    raw = nbformat.v4.new_raw_cell("<script>top.attacked = 'raw'</script>", id="raw")
    raw.metadata["raw_mimetype"] = "text/html"
    code = nbformat.v4.new_code_cell(
        "from IPython.display import HTML, display\n"
        "display(HTML('<script>top.attacked = 1</script>'))\n"
        "raise ValueError('<img src=x onerror=\"top.attacked = 2\">')",
        id="code",
    )
    script = "<script>top.attacked = 3</script>"
    html = {"text/html": script, "application/javascript": "top.attacked = 4"}
    code.outputs = [nbformat.v4.new_output("display_data", html)]
    code.metadata["tags"] = ['"><img src=x onerror="top.attacked = 5">']
    notebook.cells += [silent, plain, picture, raw, code]
    lexer = '"><img src=x onerror="top.attacked = 6">'
    notebook.metadata["language_info"] = {"name": "python", "pygments_lexer": lexer}
    notebook.metadata["title"] = "</title><script>top.attacked = 7</script>"


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Return a course with one submission, attacked, graded and with its page."""
    home = tmp_path_factory.mktemp("marking")
    answer = "wrong/dft_like_numpy"
    sample = Sample("mallory", "<b>Mal", "Lory", answer, "attacks", attack)
    demo = Demo(ROOT, home / "demo", ROOT / "notebooks" / "01_dft.ipynb", (sample,))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", path)
        prepare(demo)
        course = demo.open()
        release.make(course, HOMEWORK)
        course.release(HOMEWORK)
        hand_in_all(demo)
        course.collect(HOMEWORK)
        assert [o.error for o in batch.autograde(course, HOMEWORK)] == [""]
        assert [o.error for o in course.feedback(HOMEWORK)] == [""]
    return course


class Reader:
    """A person with a browser, who presses whatever can be pressed."""

    def __init__(self, page):
        self.page = page
        self.called = []
        page.on("request", lambda request: self.called.append(request.url))

    def open(self, address):
        self.page.goto(address, wait_until="domcontentloaded")
        self.page.evaluate(PRESS)
        self.page.wait_for_timeout(1000)
        return self

    @property
    def ran(self):
        return self.page.evaluate("window.attacked")

    @property
    def strangers(self):
        return [url for url in self.called if "tracker.example" in url]


PRESS = """() => [...document.querySelectorAll('a')]
  .filter(a => a.innerText == 'click').forEach(a => a.click())"""


@pytest.fixture
def reader(page_maker):
    page = page_maker()
    yield Reader(page)
    page.close()


RESOURCES = {
    **dict.fromkeys(("assignment_id", "notebook_id", "submission_id"), "x"),
    **dict.fromkeys(("student", "last_name", "first_name", "notebook_path"), "x"),
    **{"index": 0, "total": 1, "base_url": ""},
}


def formgrader_page(course, step, at, **settings):
    """Write the formgrader's page of a notebook, rendered with some settings."""
    path = course.folder(step, "mallory", HOMEWORK) / "dft.ipynb"
    config = Config({"HTMLExporter": settings})
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:  # stock rendering stops at what is not there
        cell.source = cell.source.replace("![gone](attachment:gone.png)", "")
    exporter = HTMLExporter(config=config)
    html, _ = exporter.from_notebook_node(notebook, resources=dict(RESOURCES))
    at.write_text(html)
    return at.as_uri()


def test_stock_rendering_runs_it_all(graded, reader, tmp_path):
    page = formgrader_page(graded, "submitted", tmp_path / "stock.html")
    ran = str(reader.open(page).ran)
    assert {name for name in ATTACKS if name not in ran} == set()
    assert reader.strangers


def test_the_graded_copy_is_harmless_in_stock_rendering(graded, reader, tmp_path):
    page = formgrader_page(graded, "autograded", tmp_path / "copy.html")
    reader.open(page)
    assert (reader.ran, reader.strangers) == (None, [])


def test_our_settings_make_even_what_was_handed_in_harmless(graded, reader, tmp_path):
    clean, markdown = feedback.clean, feedback.markdown_filter
    filters = {"clean_html": clean, "markdown2html": markdown}
    page = formgrader_page(
        graded,
        "submitted",
        tmp_path / "ours.html",
        filters=filters,
        sanitize_html=True,
    )
    ran = str(reader.open(page).ran)
    assert [name for name in ATTACKS if name in ran] == []
    assert reader.strangers == []


def test_nothing_runs_on_the_feedback_page(graded, reader):
    page = graded.folder("feedback", "mallory", HOMEWORK) / "dft.html"
    reader.open(page.as_uri())
    assert (reader.ran, reader.strangers) == (None, [])
    assert reader.called == [page.as_uri()]  # nothing is loaded from anywhere
    assert_legible(reader.page)
    assert_formulas(reader.page)
    text = reader.page.inner_text("body")
    assert "<b>Mal Lory" in text
    assert "sine's sign flipped" in text


def assert_legible(page):
    """What is ordinary in a student's text is there as it was meant."""
    for selector, text in (
        ("em", "Emphasis"),
        ("strong", "more of it"),
        ("td", "4 bins"),
        ("blockquote", "a quotation"),
        ("li", "second"),
        ("sub", "2"),
        ("summary", "More"),
        ("a[href='https://example.org']", "a page"),
        ("pre", 'print("<script>")'),
    ):
        assert page.locator(selector, has_text=text).count(), selector
    sizes = "imgs => imgs.map(img => img.naturalWidth)"
    assert page.eval_on_selector_all("img[src*=iVBOR]", sizes) == [1, 1]


def assert_formulas(page):
    """The browser lays formulas out by itself: limits above and below, bars."""
    box = "e => { const r = e.getBoundingClientRect(); return [r.top, r.bottom]; }"
    total = page.locator("math[display=block] munder").first
    sign, limit = (total.locator(":scope > *").nth(n).evaluate(box) for n in (0, 1))
    assert sign[1] <= limit[0] + 1
    top, bottom = page.locator("math mfrac").first.evaluate(box)
    assert bottom - top > 20
    text = page.inner_text("body")
    assert "$a<b$" not in text
    assert "$$" not in text


@pytest.fixture(scope="module")
def formgrader(graded, tmp_path_factory):
    """Start the formgrader in the course; yield its address and its token."""
    home = tmp_path_factory.mktemp("server")
    flags = {"port": "0", "open_browser": "False", "allow_root": "True"}
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyter_server", "--IdentityProvider.token="]
        + [f"--ServerApp.{name}={value}" for name, value in flags.items()]
        + ["--ServerApp.password=", "--ServerApp.disable_check_xsrf=True"],
        cwd=graded.root,
        env={**os.environ, "JUPYTER_RUNTIME_DIR": str(home / "run")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield address_of(home / "run", process)
    finally:
        process.terminate()
        process.wait(20)


def address_of(folder, process):
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        for path in folder.glob("jpserver-*.json"):
            found = re.search(r'"url": "([^"]+)"', path.read_text())
            if found:
                return found[1]
        time.sleep(0.2)
    pytest.fail("the server does not start")


def test_nothing_runs_in_the_formgrader(graded, formgrader, reader):
    with graded.gradebook() as book:
        number = book.find_submission_notebook("dft", HOMEWORK, "mallory").id
    reader.open(f"{formgrader}formgrader/submissions/{number}/")
    assert (reader.ran, reader.strangers) == (None, [])
    assert reader.page.locator("input.score").count() == 9
    assert_legible(reader.page)
    assert "$a<b$" in reader.page.inner_text("body")
    classes = "els => els.filter(e => e.innerText == 'press').length"
    assert reader.page.eval_on_selector_all(".full-credit", classes) == 0


def test_what_was_handed_in_stays_as_it_came(graded):
    path = graded.folder("submitted", "mallory", HOMEWORK) / "dft.ipynb"
    cells = {cell.id: cell for cell in nbformat.read(path, as_version=4).cells}
    assert cells["a-script"].source == ATTACKS["script"].format(MARK.format("script"))
    assert cells["plain"].source == PLAIN
    graded_path = graded.folder("autograded", "mallory", HOMEWORK) / "dft.ipynb"
    after = {c.id: c for c in nbformat.read(graded_path, as_version=4).cells}
    assert after["plain"].source == PLAIN
    assert after["a-script"].source != cells["a-script"].source
