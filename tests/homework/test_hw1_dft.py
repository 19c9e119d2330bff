"""Homework 1's tables: points, cases, misconceptions, recordings."""

import importlib
from collections import defaultdict

import numpy as np
import pytest

from coursekit import fourier
from coursekit.homework import hw1_dft
from coursekit.homework.answers import Value, copy_of, plain
from coursekit.homework.cases import draw
from coursekit.homework.compare import Comparison
from coursekit.homework.hw1_dft import HOMEWORK, my_clicks, my_tones, my_voice
from coursekit.homework.judge import judge
from coursekit.syllabus import lecture

STUDENTS = [f"student {n}" for n in range(12)]


def test_points_add_up(homework):
    assert sum(part.points for part in homework.parts) == 30
    for part in homework.parts:
        assert sum(c.points for c in homework.cases(part.name)) == part.points


def test_each_function_has_visible_and_hidden_cases(homework):
    for part in homework.parts:
        kinds = {homework.is_visible(c) for c in homework.cases(part.name)}
        assert kinds == ({True} if part.is_value else {True, False})


def test_hidden_cases_are_worth_the_larger_half(homework):
    hidden = sum(c.points for c in homework.hidden)
    visible = sum(c.points for c in homework.visible if not _value(c.part))
    assert hidden > visible


def _value(part):
    return HOMEWORK.part(part).is_value


def test_visible_cases_carry_a_hint_and_all_a_reason(homework):
    assert all(case.hint for case in homework.visible)
    assert all(case.because for case in homework.hidden)


def test_forbidden_names_exist():
    for name in HOMEWORK.forbidden:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:
            module, _, function = name.rpartition(".")
            found = getattr(importlib.import_module(module), function)
            assert callable(found), name
            home = (found.__module__ or module).partition(".")[0]
            assert home == module.partition(".")[0], name


def test_lectures_exist():
    for part in HOMEWORK.parts:
        assert lecture(part.lecture).homework == "hw1_dft"


@pytest.mark.parametrize("student", STUDENTS[:4])
def test_reference_answers_are_right(homework, student):
    for case in (*homework.visible, *homework.hidden):
        args = draw(homework, case, student, b"key")
        answer = Value(plain(case.reference(*copy_of(args))))
        assert judge(homework, case, args, answer).passed, (case.part, case.name)


def test_cases_draw_the_same_again_and_something_else_for_others(homework):
    changes = defaultdict(set)
    for case in (*homework.visible, *homework.hidden):
        for student in STUDENTS[:6]:
            one, two = (draw(homework, case, student, b"key") for _ in range(2))
            assert repr(one) == repr(two)
            changes[case.part].add(repr(one))
    assert all(len(seen) > 3 for seen in changes.values())


def test_hidden_inputs_hang_on_the_key(homework):
    case = next(c for c in homework.hidden if c.name == "noise of odd length")
    one, two = (draw(homework, case, "Ada", key)[0] for key in (b"one", b"two"))
    assert one.shape != two.shape or not np.allclose(one, two)


# --- the homework's STFT --------------------------------------------------------


@pytest.mark.parametrize(("frame", "hop"), [(8, 4), (12, 3), (15, 5), (16, 7)])
def test_stft_is_numpys_transform_of_windowed_frames(frame, hop):
    x = np.random.default_rng(1).standard_normal(100)
    w = np.hanning(frame + 1)[:-1]
    starts = range(0, 100 - frame + 1, hop)
    expected = np.stack([np.fft.rfft(w * x[s : s + frame]) for s in starts], axis=1)
    np.testing.assert_allclose(hw1_dft.stft(x, frame, hop), expected, atol=1e-12)


def test_stft_columns_are_the_inner_ones_of_the_courses():
    x = np.random.default_rng(2).standard_normal(200)
    ours, courses = hw1_dft.stft(x, 32, 8), fourier.stft(x, 32, 8)
    np.testing.assert_allclose(ours, courses[:, 2 : 2 + ours.shape[1]], atol=1e-12)


# --- misconceptions -------------------------------------------------------------


def agreements(part, student):
    """Return which misconceptions give which others' answers, over visible cases."""
    mistakes = [m for m in HOMEWORK.misconceptions if m.part == part.name]
    same = {(a.name, b.name): True for a in mistakes for b in mistakes}
    right = {m.name: True for m in mistakes}
    for case in HOMEWORK.cases(part.name):
        args = draw(HOMEWORK, case, student)
        compare = Comparison(part, case.rtol, case.atol).fault
        answers = {}
        for mistake in mistakes:
            try:
                answers[mistake.name] = plain(mistake.wrong(*copy_of(args)))
            except (ZeroDivisionError, ValueError, TypeError):
                answers[mistake.name] = None
        for a, got in answers.items():
            right[a] &= judge(HOMEWORK, case, args, Value(got)).passed
            for b, other in answers.items():
                same[a, b] &= compare(other, got) is None
    return same, right


@pytest.mark.parametrize("part", HOMEWORK.parts, ids=lambda part: part.name)
@pytest.mark.parametrize("student", STUDENTS[:3])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_misconceptions_differ_from_the_right_and_from_each_other(part, student):
    same, right = agreements(part, student)
    assert not [name for name, is_right in right.items() if is_right]
    assert not [pair for pair, is_same in same.items() if is_same and len({*pair}) > 1]


def test_each_function_has_misconceptions():
    for part in HOMEWORK.parts:
        named = [m for m in HOMEWORK.misconceptions if m.part == part.name]
        assert len(named) >= (0 if part.is_value else 5), part.name
    assert len({m.name for m in HOMEWORK.misconceptions}) >= 10


def test_sentences_are_sentences():
    for mistake in HOMEWORK.misconceptions:
        assert not mistake.sentence.endswith((".", " "))
        assert len(mistake.sentence) < 160
        assert mistake.name == mistake.name.lower().replace(" ", "-")


# --- recordings -----------------------------------------------------------------


@pytest.mark.parametrize("make", [my_tones, my_clicks, my_voice])
def test_recordings_are_sound(make):
    mine, again, other = make("Ada"), make(" ada"), make("Grace")
    assert np.array_equal(mine.x, again.x)
    assert not np.array_equal(mine.x, other.x)
    assert mine.x.dtype == np.float64
    assert np.abs(mine.x).max() <= 1
    assert np.sqrt(np.mean(mine.x**2)) > 1e-3
    assert np.array_equal(make("").x, make().x)


def test_notebook_and_check_hold_the_same_recordings():
    for part, make in (("frame_for_tones", my_tones), ("frame_for_clicks", my_clicks)):
        case = HOMEWORK.cases(part)[0]
        (asked,) = draw(HOMEWORK, case, "Ada")
        assert np.array_equal(asked.x, make("Ada").x)


@pytest.mark.parametrize("student", STUDENTS)
def test_there_is_a_frame_for_each_and_not_for_both(student):
    tones, clicks = my_tones(student), my_clicks(student)
    for frame in (3600, 4096, 6000, 8000):
        assert hw1_dft.judge_tones(frame, tones) is None
    for frame in (64, 256, 512, 900):
        assert "melt into one line" in hw1_dft.judge_tones(frame, tones)
    for frame in (32, 64, 128, 180):
        assert hw1_dft.judge_clicks(frame, clicks) is None
    for frame in (400, 1024, 4096):
        assert "fall into the same one" in hw1_dft.judge_clicks(frame, clicks)


@pytest.mark.parametrize("frame", [0, -4, np.inf, 0.5])
def test_what_is_no_frame_length(frame):
    for judged in (
        hw1_dft.judge_tones(frame, my_tones()),
        hw1_dft.judge_clicks(frame, my_clicks()),
        hw1_dft.judge_note(frame),
        hw1_dft.judge_bins(frame),
    ):
        assert "number of samples" in judged


def test_frames_that_are_too_long_or_too_short():
    assert "more than the recording" in hw1_dft.judge_tones(10**6, my_tones())
    assert "more than the recording" in hw1_dft.judge_clicks(10**6, my_clicks())
    assert "the note only 0.5 s" in hw1_dft.judge_note(8001)
    assert hw1_dft.judge_note(8000) is None
    assert "bins are 516 Hz wide" in hw1_dft.judge_bins(31)
    assert hw1_dft.judge_bins(32) is None
