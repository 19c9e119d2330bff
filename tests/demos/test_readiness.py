"""The self-test answers back, keeps no marks, and its pictures are right."""

import numpy as np
import pytest

from coursekit.demos import readiness

WIDGET = "application/vnd.jupyter.widget-view+json"
OPTIONS = {"3 dB": "Powers add.", "6 dB": "That is <amplitude> & more."}
READING = {"decibels": "chapter 2", "numpy": "chapter 5"}


@pytest.fixture
def quiz():
    questions = {
        "twice": readiness.Question("decibels", "More than <2>?", "3 dB", OPTIONS),
        "half": readiness.Question("decibels", "And half?", "3 dB", OPTIONS),
    }
    return readiness.Quiz(questions, READING)


def test_each_answer_says_why(quiz):
    board = quiz.ask("twice")
    wrong, right = board.choose("6 dB"), board.choose("3 dB")
    assert (wrong.right, wrong.why) == (False, OPTIONS["6 dB"])
    assert (right.right, right.why) == (True, OPTIONS["3 dB"])


def buttons(board):
    return {b.description: b for b in board.widget.children[1:-1]}


def test_a_click_answers_and_colours_only_what_was_chosen(quiz):
    board = quiz.ask("twice")
    said = board.widget.children[-1]
    buttons(board)["6 dB"].click()
    assert "Not quite." in said.value
    assert "&lt;amplitude&gt; &amp; more" in said.value
    assert buttons(board)["6 dB"].button_style == "warning"
    buttons(board)["3 dB"].click()
    assert "Yes." in said.value
    styles = {name: b.button_style for name, b in buttons(board).items()}
    assert styles == {"3 dB": "success", "6 dB": ""}


def test_the_report_counts_the_last_answer_and_says_what_to_read(quiz):
    first = quiz.ask("twice")
    quiz.ask("half")
    first.choose("6 dB")
    first.choose("3 dB")
    assert quiz.report() == ("decibels: 1 of 2 right, 1 not answered. Read: chapter 2.")


def test_a_cell_that_runs_twice_asks_once(quiz):
    quiz.ask("twice").choose("6 dB")
    quiz.ask("twice").choose("3 dB")
    assert quiz.report() == "decibels: 1 of 1 right."


def test_without_widgets_question_options_and_answers_are_text(quiz):
    board = quiz.ask("twice")
    bundle = board._repr_mimebundle_()
    assert bundle[WIDGET]["model_id"] == board.widget.model_id
    shown, folded = bundle["text/html"].split("<details>")
    assert "More than &lt;2&gt;?" in shown
    assert "<li>3 dB</li><li>6 dB</li>" in shown
    assert OPTIONS["3 dB"] not in shown
    assert "<b>3 dB</b> (right): Powers add." in folded
    assert "<b>6 dB</b>: That is &lt;amplitude&gt;" in folded


def test_questions_that_cannot_be_are_refused(quiz):
    with pytest.raises(ValueError, match=r"no question 'thrice'; there are \['twice"):
        quiz.ask("thrice")
    with pytest.raises(ValueError, match=r"'4 dB' is not among the options"):
        quiz.ask("twice").choose("4 dB")
    with pytest.raises(ValueError, match=r"'4 dB' is not among the options"):
        readiness.Question("decibels", "When?", "4 dB", OPTIONS)
    stray = {"when": readiness.Question("history", "When?", "3 dB", OPTIONS)}
    with pytest.raises(ValueError, match=r"no reading for \['history'\]"):
        readiness.Quiz(stray, READING)


def test_the_right_answers_of_lecture_00_do_not_give_themselves_away():
    """Each topic has questions, and the right option is not always the first."""
    bank = readiness.QUESTIONS.values()
    assert {q.topic for q in bank} == set(readiness.READING)
    places = [list(q.options).index(q.right) for q in bank]
    assert {places.count(place) for place in (0, 1, 2)} <= {2, 3}


def test_the_numbers_of_the_right_answers():
    ask = readiness.QUESTIONS
    assert ask["twice the power"].right == f"+{10 * np.log10(2):.0f} dB"
    powers = 2 * 10 ** (60 / 10)
    assert ask["two machines"].right == f"{10 * np.log10(powers):.0f} dB"
    assert ask["SNR"].right == f"{20 * np.log10(0.1 / 0.01):.0f} dB"
    assert ask["stack"].right == str(np.stack([np.zeros(16000)] * 2).shape)
    assert ask["product"].right == str((np.zeros((5, 3)) @ np.zeros(3)).shape)
    assert float(ask["two quarter turns"].right.replace("−", "-")) == (1j * 1j).real


def test_an_arrow_of_two_turns_is_back():
    assert "ends at 1.00 +0.00j" in readiness.draw_arrow(0).alt
    assert "ends at 0.00 +1.00j" in readiness.draw_arrow(90).alt
    assert readiness.draw_arrow(720).axes[1].lines[0].get_xdata()[-1] == 720


@pytest.mark.parametrize(
    ("db", "words"),
    [(6, "× 2, power × 3.98"), (3, "× 1.41, power × 2"), (-20, "× 0.1, power × 0.01")],
)
def test_decibels_of_amplitude_and_power(db, words):
    assert words in readiness.draw_decibels(db).axes[0].get_title()


@pytest.mark.parametrize(
    ("late", "words"), [(0, "+6.0 dB"), (90, "+3.0 dB"), (120, "0.0 dB")]
)
def test_two_tones_by_their_delay(late, words):
    t = np.arange(1000)
    one = np.sin(2 * np.pi * 10 * t / 1000)
    two = np.sin(2 * np.pi * 10 * t / 1000 - np.deg2rad(late))
    assert readiness.draw_sum(one, two, 8000).axes[0].get_title("left").endswith(words)


def test_opposite_tones_are_silence():
    one = np.sin(np.arange(100.0))
    assert readiness.draw_sum(one, -one, 8000).alt.endswith("is silence.")
