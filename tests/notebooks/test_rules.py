"""The rules notice what they are for: notebooks that are broken on purpose."""

import base64
import copy
import dataclasses

import nbformat
import pytest

from coursekit import syllabus

LECTURE = syllabus.lecture("01_dft")
PIXEL = base64.b64encode(b"a picture").decode()
WIDGET = "application/vnd.jupyter.widget-view+json"


def cell(make, name, source, kind="slide"):
    metadata = {"slideshow": {"slide_type": kind}}
    return make(source, id=name, metadata=metadata)


def markdown(name, source, kind="slide"):
    return cell(nbformat.v4.new_markdown_cell, name, source, kind)


def code(name, source, kind="slide"):
    return cell(nbformat.v4.new_code_cell, name, source, kind)


@pytest.fixture
def good():
    """A small notebook that keeps every rule."""
    filler = "A sentence that explains what the class is about to hear. " * 3
    cells = [
        markdown("title", "# A title\n\n**Goals**: x. **Needs**: y. 50 minutes."),
        markdown("timing-notes", "*5 min.* Ask first.", "notes"),
        code("imports", "import numpy as np\n\nrng = np.random.default_rng(1)"),
        *(markdown(f"idea-{k}", filler) for k in range(20)),
        code("last", "print(rng.integers(9))"),
        markdown("references", "## References\n\n1. A book."),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    return notebook


def test_the_good_notebook_passes_each_static_rule(good, static_rule):
    assert static_rule(good, LECTURE) == []


def with_source(name, source):
    def change(notebook):
        next(c for c in notebook.cells if c.id == name).source = source

    return change


def with_metadata(name, **metadata):
    def change(notebook):
        next(c for c in notebook.cells if c.id == name).metadata.update(metadata)

    return change


def change_cell(index, **values):
    def change(notebook):
        notebook.cells[index].update(values)

    return change


def drop(*names):
    def change(notebook):
        notebook.cells = [c for c in notebook.cells if c.id not in names]

    return change


def slide(kind):
    return {"slideshow": {"slide_type": kind}}


STREAM = nbformat.v4.new_output("stream", name="stdout", text="7\n")
BROKEN = {
    "another kernel": (
        "valid_format",
        lambda nb: nb.metadata["kernelspec"].update(name="julia"),
    ),
    "an unknown cell type": ("valid_format", change_cell(4, cell_type="poem")),
    "an output left in": ("no_outputs", change_cell(2, outputs=[STREAM])),
    "a count left in": ("no_outputs", change_cell(2, execution_count=3)),
    "run times left in": ("no_outputs", with_metadata("last", execution={"a": "b"})),
    "widget state left in": ("no_outputs", lambda nb: nb.metadata.update(widgets={})),
    "a random id": ("ids_in_words", change_cell(3, id="deadbeef")),
    "an id with capitals": ("ids_in_words", change_cell(3, id="Idea_One")),
    "the same id twice": ("ids_in_words", change_cell(3, id="idea-1")),
    "a second title": ("one_title", with_source("idea-3", "# Another title")),
    "no title": ("one_title", with_source("title", "Goals, needs, 50 minutes")),
    "no goals": (
        "goals_needs_minutes",
        with_source("title", "# A\n\nNeeds, 50 minutes!"),
    ),
    "no needs": (
        "goals_needs_minutes",
        with_source("title", "# A\n\nGoals, 50 minutes"),
    ),
    "other minutes": (
        "goals_needs_minutes",
        with_source("title", "# A\n\nGoals, needs, 40 minutes"),
    ),
    "too few cells": ("number_of_cells", drop(*(f"idea-{k}" for k in range(9)))),
    "too many cells": (
        "number_of_cells",
        lambda nb: nb.cells.extend(markdown(f"more-{k}", "x") for k in range(40)),
    ),
    "more code than prose": (
        "less_code_than_prose",
        with_source("last", "\n".join(["x = 'some long line of code'"] * 400)),
    ),
    "sixteen lines": ("fits_on_a_slide", with_source("last", "x = 1\n" * 16)),
    "eighty columns": ("fits_on_a_slide", with_source("last", "x = " + "1" * 76)),
    "no generator": ("first_cell_seeds", with_source("imports", "import numpy as np")),
    "a generator without seed": (
        "first_cell_seeds",
        with_source("imports", "rng = np.random.default_rng()"),
    ),
    "a generator too late": (
        "first_cell_seeds",
        with_source("imports", "pass  # rng = np.random.default_rng(1)"),
    ),
    "a cell without slide type": (
        "slides_and_notes",
        with_metadata("last", slideshow={}),
    ),
    "code as notes": ("slides_and_notes", with_metadata("last", **slide("notes"))),
    "notes without timing": (
        "slides_and_notes",
        with_source("timing-notes", "Ask first."),
    ),
    "no notes": ("slides_and_notes", drop("timing-notes")),
    "no references": ("references_at_the_end", drop("references")),
    "references in the middle": (
        "references_at_the_end",
        lambda nb: nb.cells.append(markdown("afterwards", "## One more thing")),
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_static_rule_notices(good, rules, name):
    rule, damage = BROKEN[name]
    damage(good)
    assert rules.STATIC[rule](good, LECTURE) != []


def test_every_static_rule_is_seen_to_fail(rules):
    assert {rule for rule, _ in BROKEN.values()} == set(rules.STATIC)


def test_a_heading_inside_a_code_fence_is_no_heading(good, rules):
    with_source("idea-1", "```python\n# a comment\n```")(good)
    assert rules.one_title(good, LECTURE) == []


# --- what running leaves behind ----------------------------------------------


def html(text, **others):
    data = {"text/html": text, "text/plain": "x", **others}
    return nbformat.v4.new_output("display_data", data=data)


def picture(metadata=None):
    return nbformat.v4.new_output(
        "display_data", data={"image/png": PIXEL}, metadata=metadata or {}
    )


def widget(**others):
    data = {WIDGET: {"model_id": "m"}, **others}
    return nbformat.v4.new_output("display_data", data=data)


def models(*names, **state):
    return {
        "application/vnd.jupyter.widget-state+json": {
            "state": {n: {"model_name": n, "state": dict(state)} for n in names}
        }
    }


@pytest.fixture
def finished(good, rules):
    """The good notebook as if it had run, with a picture, a player and a slider."""
    notebook = copy.deepcopy(good)
    notebook.cells[-2].outputs = [
        html('<figure><img alt="A wave"></figure>'),
        html("<figure><audio></audio><figcaption>A voice</figcaption></figure>"),
        html('<svg role="img" aria-label="A block"></svg>'),
        html('<img alt="A wave">', **{"image/png": PIXEL}),
        picture({"image/png": {"alt": "A wave"}}),
        picture({"alt": "A wave"}),
        widget(**{"image/png": PIXEL, "text/html": '<img alt="A wave">'}),
    ]
    notebook.metadata["widgets"] = models("IntSliderModel", "VBoxModel")
    return rules.Run(notebook, seconds=3.0, megabytes=300.0)


def test_the_good_run_passes_each_rule(finished, executed_rule):
    assert executed_rule(finished) == []


def output(value):
    def change(run):
        run.notebook.cells[-2].outputs.append(value)
        return run

    return change


def inside_a_widget(**state):
    def change(run):
        run.notebook.metadata["widgets"] = models("FloatSliderModel", **state)
        return run

    return change


def no_widgets(run):
    run.notebook.metadata["widgets"] = models("ButtonModel")
    return run


BAD_RUNS = {
    "an exception": ("no_error", lambda r: dataclasses.replace(r, error="KeyError")),
    "a warning": (
        "no_warnings",
        output(nbformat.v4.new_output("stream", name="stderr", text="deprecated")),
    ),
    "too slow": ("in_time_and_memory", lambda r: dataclasses.replace(r, seconds=121)),
    "too large": (
        "in_time_and_memory",
        lambda r: dataclasses.replace(r, megabytes=2001),
    ),
    "not measured": (
        "in_time_and_memory",
        lambda r: dataclasses.replace(r, megabytes=float("nan")),
    ),
    "a bare picture": ("alt_text_and_captions", output(picture())),
    "an empty alt text": ("alt_text_and_captions", output(html('<img alt=" ">'))),
    "an img without alt": ("alt_text_and_captions", output(html("<p><img></p>"))),
    "a silent svg": ("alt_text_and_captions", output(html('<svg role="img"></svg>'))),
    "a player without figure": (
        "alt_text_and_captions",
        output(html("<audio></audio> <b>A voice</b>")),
    ),
    "a player without caption": (
        "alt_text_and_captions",
        output(html("<figure><audio></audio><figcaption> </figcaption></figure>")),
    ),
    "a bare picture in a widget": (
        "alt_text_and_captions",
        inside_a_widget(outputs=[picture()]),
    ),
    "a bare player in a widget": (
        "alt_text_and_captions",
        inside_a_widget(value="<audio></audio>"),
    ),
    "no slider": ("has_a_slider", no_widgets),
    "a widget without a stand-in": ("widgets_degrade", output(widget())),
}


@pytest.mark.parametrize("name", BAD_RUNS)
def test_an_executed_rule_notices(finished, rules, name):
    rule, damage = BAD_RUNS[name]
    assert rules.EXECUTED[rule](damage(finished)) != []


def test_every_executed_rule_is_seen_to_fail(rules):
    assert {rule for rule, _ in BAD_RUNS.values()} == set(rules.EXECUTED)


def run_source(rules, folder, *sources):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    return rules.execute(nbformat.v4.new_notebook(cells=cells), folder, 30)


def test_running_measures_memory_and_keeps_the_outputs(rules, tmp_path):
    run = run_source(
        rules,
        tmp_path,
        "import os; block = bytes(range(256)) * (300 * 4096)",
        "import warnings; print(os.environ['COURSE_FAST']); warnings.warn('old')",
    )
    assert run.error == ""
    assert 300 < run.megabytes < 500
    assert run.notebook.cells[1].outputs[0].text == "1\n"
    assert len(run.notebook.cells) == 2
    assert rules.no_warnings(run) != []


@pytest.mark.parametrize(
    "ask",
    [
        "import socket; socket.create_connection(('192.0.2.1', 80), timeout=2)",
        "import urllib.request as u; u.urlopen('http://example.org', timeout=2)",
        "import subprocess, sys; raise OSError(subprocess.run([sys.executable, '-c',"
        "\"import socket; socket.getaddrinfo('example.org', 80)\"],"
        "capture_output=True, text=True).stderr)",
    ],
    ids=["an address", "a name", "another process"],
)
def test_running_refuses_the_network(rules, tmp_path, ask):
    assert "runs without network" in run_source(rules, tmp_path, ask).error


def test_an_error_is_told_without_colours(rules, tmp_path):
    error = run_source(rules, tmp_path, "x = {}", "x['key']").error
    assert error.endswith("KeyError: 'key'")
    assert "\x1b" not in error


def test_a_cell_that_never_ends_is_an_error(rules, tmp_path):
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("while True:\n    pass")]
    )
    assert "Timeout" in rules.execute(notebook, tmp_path, cell_timeout=2).error
