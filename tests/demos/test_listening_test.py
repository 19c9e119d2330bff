"""The listening tests, answered by listeners whose threshold is known."""

import numpy as np
import pytest

from coursekit import psychoacoustics as pa
from coursekit.demos import listening_test as demo
from coursekit.psychoacoustics import stimuli


@pytest.fixture
def rng():
    return np.random.default_rng(5)


# --- the blind test -----------------------------------------------------------------


def quiet_sounds(*names):
    return {name: 1e-3 * np.ones(100) for name in names}


def test_blind_test_tells_after_the_answer_and_not_before(rng):
    test = demo.BlindTest("Which?", quiet_sounds("low", "mid", "high"), ("mid",), rng)
    page = test.widget.children[0].value
    assert not any(name in page for name in ("low", "mid", "high"))
    letter = demo.LETTERS[test.order.index("high")]
    verdict = test.choose(letter)
    assert verdict.startswith("Not by the model: it expects mid. You chose high.")
    assert verdict in test.widget.children[2].value
    assert f"{letter} is high" in verdict


def test_blind_test_plays_what_stands_behind_its_letters(rng):
    sounds = {"one": 1e-3 * np.ones(50), "two": np.zeros(60)}
    test = demo.BlindTest("Which?", sounds, ("two",), rng)
    for sound, name in zip(test._player.sounds, test.order, strict=True):
        assert len(sound.samples) == len(sounds[name])


def test_blind_test_shuffles_by_its_generator():
    names = [f"sound {k}" for k in range(8)]
    orders = {
        tuple(
            demo.BlindTest(
                "?", quiet_sounds(*names), (names[0],), np.random.default_rng(seed)
            ).order
        )
        for seed in range(4)
    }
    assert len(orders) == 4


@pytest.mark.parametrize(
    ("sounds", "right", "message"),
    [
        (("a",), ("a",), "2 to 8 sounds, got 1"),
        (("a", "b"), ("c",), "must be among"),
        (("a", "b"), (), "must be among"),
    ],
)
def test_blind_test_refuses(rng, sounds, right, message):
    with pytest.raises(ValueError, match=message):
        demo.BlindTest("Which?", quiet_sounds(*sounds), right, rng)


def test_blind_test_has_no_letter_beyond_its_sounds(rng):
    test = demo.BlindTest("Which?", quiet_sounds("a", "b"), ("a",), rng)
    with pytest.raises(ValueError, match="'C' is no letter"):
        test.choose("C")


# --- the staircase ------------------------------------------------------------------


def test_staircase_goes_down_after_three_right_answers_and_at_first_after_one():
    steps = demo.Staircase(30)
    for right, level in [(True, 22), (False, 26), (True, 26), (True, 26), (True, 22)]:
        steps.answer(right)
        assert steps.level == level
    assert steps.turns == [22, 26]


def test_staircase_stays_within_its_limits():
    loud, soft = demo.Staircase(40), demo.Staircase(0)
    for _ in range(40):
        loud.answer(False)
        soft.answer(True)
    assert (loud.level, soft.level) == (45, -10)


def simulate(test, rng, threshold):
    """A listener who hears all above a level and guesses below it."""
    while not test.over:
        heard = test.steps[test.hz].level > threshold[test.hz]
        guess = int(rng.integers(1, 3))
        test.choose(test.interval if heard else guess)


@pytest.mark.parametrize("seed", range(3))
def test_hearing_test_finds_the_threshold_of_a_known_listener(seed):
    threshold = {250: 18.0, 1000: 8.0, 4000: 2.0}
    test = demo.HearingTest(np.random.default_rng(seed), tuple(threshold), 150)
    simulate(test, np.random.default_rng(100 + seed), threshold)
    for hz, level in threshold.items():
        assert abs(test.steps[hz].threshold - level) <= 8
    assert 0.6 < test.right / test.trials < 0.95
    assert "yours" in [t.get_text() for t in _legend(test.picture())][1]


def _legend(picture):
    return picture.axes[0].get_legend().get_texts()


def test_hearing_test_ends_and_stays_ended(rng):
    test = demo.HearingTest(rng, (1000,), trials=2)
    for _ in range(5):
        test.choose(1)
    assert test.trials == 2
    with pytest.raises(ValueError, match="interval 1 or 2, got 3"):
        test.choose(3)


def test_two_intervals_hold_one_tone():
    for interval in (1, 2):
        x = demo.two_intervals(1000, 40, interval)
        halves = np.split(x, 2)
        loud = [np.abs(half[8000:]).max() for half in halves]
        assert np.argmax(loud) == interval - 1
        assert loud[interval - 1] == pytest.approx(pa.amplitude(40), rel=0.01)
        assert loud[2 - interval] == 0


def test_no_sound_of_the_tests_is_louder_than_speech(rng):
    """At the highest level, played louder by GAIN_DB, a tone is at -24 dBFS."""
    highest = demo.Staircase(0)._limits[1]
    rms_db = highest - stimuli.LOUDEST_SINE_SPL - 3.01 + demo.GAIN_DB
    assert rms_db < -24
