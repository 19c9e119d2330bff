"""A student's own data: the same again for the same name, and other for another."""

import numpy as np
import pytest

from coursekit.homework import own_data
from coursekit.homework.checks.cases import Case, Homework, Part, draw

RNG = np.random.default_rng


def test_the_same_name_draws_the_same():
    draws = [
        own_data.own_rng(hw, student, what).random()
        for hw, student, what in (
            ("hw", "Ada", "a"),
            ("hw", " ada ", "a"),
            ("hw", "Grace", "a"),
            ("hw", "Ada", "b"),
            ("other", "Ada", "a"),
        )
    ]
    assert draws[0] == draws[1]
    assert len(set(draws)) == 4


def test_no_name_is_everybodys():
    empty, anyone = (own_data.own_rng("hw", name, "a") for name in ("", "anyone"))
    assert empty.random() == anyone.random()


def test_a_notebook_draws_what_its_check_asks():
    case = Case("part", "a case", lambda rng: (rng.random(),), abs, 1)
    homework = Homework("hw", (Part("part", 1, "01_dft"),), (case,))
    (asked,) = draw(homework, case, "Ada")
    assert own_data.own_rng("hw", "Ada", "part/a case").random() == asked


def test_few_numbers_are_whole_and_none_is_zero():
    x = own_data.few_numbers(RNG(1), 500)
    assert x.dtype == float
    assert set(np.abs(x)) == set(range(1, 10))
    assert (x < 0).any()
    assert (x > 0).any()


def test_excerpts_come_from_anywhere_and_are_filled_up():
    sound = np.arange(1.0, 48001)
    starts = {own_data.excerpt(RNG(n), sound, 1.0)[0] for n in range(20)}
    assert len(starts) > 15
    x = own_data.excerpt(RNG(0), sound, 0.5)
    np.testing.assert_array_equal(np.diff(x), 1)
    long = own_data.excerpt(RNG(0), sound, 4.0)
    np.testing.assert_array_equal(long, np.append(sound, np.zeros(16000)))


@pytest.mark.parametrize("measure", [own_data.loudness, own_data.peak])
def test_silence_can_be_divided_by(measure):
    assert measure(np.zeros(5)) == 1e-6
    assert measure(np.array([0.25, -0.25])) == 0.25


def test_clips_are_long_enough_and_all_are_drawn():
    clips = own_data.spoken(2.5)
    assert all(clip.seconds >= 2.5 for clip in clips)
    assert len(own_data.spoken(0.1)) > len(own_data.spoken(1e6)) == 0
    rng = RNG(0)
    lengths = {own_data.any_of(rng, clips).size for _ in range(30)}
    assert len(lengths) > 1
