"""The board of sliders: moved from code, as a browser moves it."""

from __future__ import annotations

import base64

import nbformat
import numpy as np
import pytest
from nbconvert import HTMLExporter

from coursekit import fourier, listen, plots
from coursekit.demos import Board, Choice, Slider, dft, slide
from coursekit.demos import board as board_module
from coursekit.demos.board import source

T = np.arange(64)
RATE = 16000
VIEW = "application/vnd.jupyter.widget-view+json"


def wave(f, window="hann"):
    """A picture of f cycles per frame."""
    y = np.cos(2 * np.pi * f * T / 64)
    return plots.lines(T, y, xlabel="t", ylabel="x", title=f"{window}, f = {f}")


def wave_and_tone(f):
    tone = 0.1 * np.sin(2 * np.pi * 100 * f * np.arange(800) / RATE)
    return [wave(f), listen.play(tone, RATE, f"{100 * f} Hz")]


def pages(board: Board) -> list[str]:
    """What the browser is shown under the sliders."""
    return [place.value for place in board.widget.children[-1].children]


@pytest.fixture
def board():
    return slide(
        wave,
        f=Slider(0, 12, 1, value=3, unit="cycles"),
        window=Choice(("hann", "rect"), "hann", label="window shape"),
    )


def test_it_starts_with_the_drawing_of_the_first_values(board):
    assert pages(board) == [wave(3)._repr_html_()]
    assert board.values == {"f": 3, "window": "hann"}
    assert board.error == ""


def test_moving_a_slider_redraws_picture_and_alt_text(board):
    (before,) = pages(board)
    board.controls["f"].value = 5  # what a hand in the browser does
    (after,) = pages(board)
    assert after != before
    assert after == wave(5)._repr_html_()
    assert 'alt="Curves: hann, f = 5.' in after


def test_every_control_reaches_the_drawing(board):
    board.set(f=7, window="rect")
    assert pages(board) == [wave(7, "rect")._repr_html_()]


def test_moving_two_sliders_draws_once():
    drawn = []
    board = slide(
        lambda a, b: drawn.append((a, b)) or wave(a),
        a=Slider(0, 9, 1, value=1),
        b=Slider(0, 9, 1, value=1),
    )
    board.set(a=2, b=3)
    assert drawn == [(1, 1), (2, 3)]


def test_the_first_picture_stays_the_still_one(board):
    bundle, metadata = board._repr_mimebundle_()
    board.set(f=9)
    again, _ = board._repr_mimebundle_()
    assert again == bundle
    assert base64.b64decode(bundle["image/png"]) == wave(3).png
    assert metadata["image/png"]["alt"] == wave(3).alt
    assert bundle["text/html"] == wave(3)._repr_html_()
    assert bundle[VIEW]["model_id"] == board.widget.model_id
    assert bundle["text/plain"].splitlines()[0] == "[sliders] f (cycles), window shape"


def test_labels_carry_their_units(board):
    assert [c.description for c in board.controls.values()] == [
        "f (cycles)",
        "window shape",
    ]


def test_pictures_and_players_share_a_board():
    board = slide(wave_and_tone, f=Slider(1, 9, 1, value=2))
    assert pages(board) == [part._repr_html_() for part in wave_and_tone(2)]
    board.set(f=4)
    assert "400 Hz" in pages(board)[1]
    only_sound = slide(lambda f: wave_and_tone(f)[1], f=Slider(1, 9, 1, value=2))
    bundle, metadata = only_sound._repr_mimebundle_()
    assert "image/png" not in bundle
    assert metadata == {}
    assert "<audio" in bundle["text/html"]


def test_a_part_that_stays_is_not_sent_again():
    """A sound that plays goes on while the picture above it changes."""
    tone = listen.play(0.1 * np.sin(T), RATE, "a tone")
    board = slide(lambda f: [wave(f), tone], f=Slider(1, 9, 1, value=2))
    sent = []
    picture, player = board.widget.children[-1].children
    picture.observe(lambda change: sent.append("picture"), "value")
    player.observe(lambda change: sent.append("player"), "value")
    board.set(f=3)
    assert sent == ["picture"]


def test_the_number_of_parts_may_change():
    board = slide(lambda n: [wave(k) for k in range(n)], n=Slider(1, 4, 1, value=2))
    for n in (4, 1, 3):
        board.set(n=n)
        assert pages(board) == [wave(k)._repr_html_() for k in range(n)]


def test_an_error_is_one_sentence_and_the_next_move_recovers():
    def draw(f):
        if f == 5:
            raise ValueError("five <b>is</b>\nnot allowed")
        return wave_and_tone(f)

    board = slide(draw, f=Slider(1, 9, 1, value=2))
    board.set(f=5)
    (page,) = pages(board)
    sentence = "Nothing to show at f = 5: five <b>is</b> not allowed (ValueError)."
    assert board.error == sentence
    assert board.shown == ()
    assert 'role="alert"' in page
    assert "five &lt;b&gt;is&lt;/b&gt; not allowed" in page
    board.set(f=6)
    assert board.error == ""
    assert pages(board) == [part._repr_html_() for part in wave_and_tone(6)]


def test_a_wrong_answer_after_the_first_is_a_sentence_too():
    board = slide(lambda f: wave(f) if f < 3 else None, f=Slider(1, 9, 1, value=2))
    board.set(f=3)
    assert "the function returned a NoneType" in pages(board)[0]


def test_an_error_in_the_first_drawing_stops_the_cell():
    with pytest.raises(ZeroDivisionError):
        slide(lambda f: 1 / f, f=Slider(0, 3, 1, value=0))


def test_slow_drawings_wait_for_the_hand_and_quick_ones_follow(monkeypatch):
    clock = [0.0]  # a clock of our own: the machine may be busy
    monkeypatch.setattr(board_module.time, "perf_counter", lambda: clock[0])

    def draw(f, n):
        clock[0] += board_module.SLOW * (1.2 if f > 5 else 0.8)
        return wave(f)

    board = slide(draw, f=Slider(1.0, 9.0, 0.5, value=2.0), n=Choice((1, 2, 4), 2))

    def follows():
        return {c.continuous_update for c in board.controls.values()}

    assert follows() == {True}
    board.set(f=6.0)
    assert follows() == {False}
    board.set(f=2.0)
    assert follows() == {True}


def test_whole_numbers_stay_whole_and_others_are_float():
    board = slide(
        lambda a, b, c: plots.stems([0, 1], [a, b], xlabel="x", ylabel="y"),
        a=Slider(0, 9, 1, value=3),
        b=Slider(0, 1, 0.1, value=0.3),
        c=Choice((256, 512), 512),
    )
    assert [type(v) for v in board.values.values()] == [int, float, int]


@pytest.mark.parametrize(
    ("choice", "kind"),
    [
        (Choice((256, 512, 1024), 512), "SelectionSlider"),
        (Choice((0.5, 1.0), 1.0), "SelectionSlider"),
        (Choice(("hann", "rect"), "rect"), "Dropdown"),
        (Choice({"off": False, "on": True}, True), "Dropdown"),
        (Choice((False, True), False), "Dropdown"),
    ],
)
def test_choices_by_kind(choice, kind):
    widget = choice.widget("frame_length")
    assert type(widget).__name__ == kind
    assert widget.value is choice.value
    assert widget.description == "frame length"


def test_a_one_and_a_true_are_told_apart():
    with pytest.raises(ValueError, match="starts with True"):
        Choice((0, 1), True)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Slider(3, 3, 1, 3), ValueError, "from 3 to 3 in steps of 1 cannot"),
        (lambda: Slider(0, 3, 0, 1), ValueError, "in steps of 0"),
        (lambda: Slider(0, 3, 4, 1), ValueError, "in steps of 4"),
        (lambda: Slider(0, 3, 1, 5), ValueError, "starts at 5, outside 0 to 3"),
        (lambda: Slider(0, 3, 1, float("nan")), ValueError, "starts at nan"),
        (lambda: Choice((), 1), ValueError, "two options or more"),
        (lambda: Choice((1, 2), 3), ValueError, r"starts with 3, its options are"),
        (lambda: slide(wave), ValueError, "a board needs a slider"),
        (lambda: slide(wave, f=3), TypeError, "f is 3: give a Slider or a Choice"),
        (lambda: slide(wave, g=Slider(0, 3, 1, 1)), TypeError, r"sliders are \['g'\]"),
        (lambda: slide(lambda f: [], f=Slider(0, 3, 1, 1)), TypeError, "drew nothing"),
        (
            lambda: slide(lambda f: "x", f=Slider(0, 3, 1, 1)),
            TypeError,
            "returned a str",
        ),
    ],
)
def test_what_makes_no_board_says_why(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_an_unknown_slider_is_named(board):
    with pytest.raises(ValueError, match=r"no slider \['g'\]; there are \['f', 'win"):
        board.set(g=1)


def notebook_of(board: Board, **about) -> nbformat.NotebookNode:
    data, metadata = board._repr_mimebundle_()
    output = nbformat.v4.new_output("display_data", data, metadata=metadata)
    cell = nbformat.v4.new_code_cell("board", outputs=[output])
    return nbformat.v4.new_notebook(cells=[cell], metadata=about)


def test_a_web_page_shows_the_still_picture_with_its_alt_text(board):
    page, _ = HTMLExporter(template_name="lab").from_notebook_node(notebook_of(board))
    assert base64.b64encode(wave(3).png).decode() in page
    assert 'alt="Curves: hann, f = 3.' in page
    assert "No description has been provided" not in page
    assert board.widget.model_id not in page


# --- source -------------------------------------------------------------------


def test_source_leaves_the_docstring_out_and_the_rest_in():
    text = source(fourier.dft).data
    assert text.startswith("def dft(x")
    assert '"""' not in text
    assert text.endswith("return x @ like(C, x), x @ like(S, x)")


def test_source_of_several_functions_runs():
    names = {"np": np, "Real": np.ndarray, "__name__": "shown"}
    exec(source(dft.wave, dft.wave).data, names)
    assert np.array_equal(names["wave"](3, 16), dft.wave(3, 16))


def test_source_keeps_comments_and_raw_strings():
    def example():
        r"""Say \nothing."""
        # a reason
        return r"\n"

    assert source(example).data == ('def example():\n    # a reason\n    return r"\\n"')


def test_source_of_what_is_not_python_says_so():
    with pytest.raises(TypeError, match=r"dot.*written in Python"):
        source(np.dot)
