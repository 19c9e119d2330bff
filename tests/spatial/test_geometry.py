"""Places, paths, and what the microphones hear."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from coursekit.rooms import SPEED_OF_SOUND, Room
from coursekit.spatial import (
    Scene,
    amplitude_ratio,
    close_pair,
    deck_scene,
    distance,
    expected_ild,
    three_talkers,
)

RATE = 16000
places = st.tuples(*[st.floats(-10, 10)] * 2)


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, shape)


def test_the_slides_numbers():
    scene = deck_scene()
    ratios = [amplitude_ratio(s, scene.left, scene.right) for s in scene.sources]
    assert ratios == pytest.approx([2.24, 0.37], rel=0.01)
    assert scene.expected_ilds() == pytest.approx([-6.99, 8.60], rel=0.01)
    assert scene.expected_ilds() == pytest.approx(
        [-10 * np.log10(5), 10 * np.log10(4.64 / 0.64)]
    )
    assert scene.distances()[0] == pytest.approx([1, np.sqrt(5)])


@given(places, places, places)
def test_level_difference_and_ratio_are_two_ways_to_say_it(s, m, n):
    assume(min(distance(s, m), distance(s, n)) > 1e-3)
    a = amplitude_ratio(s, m, n)
    assert expected_ild(s, m, n) == pytest.approx(-20 * np.log10(a), abs=1e-9)
    assert expected_ild(s, n, m) == pytest.approx(-expected_ild(s, m, n), abs=1e-9)


def test_height_counts():
    assert distance((0, 0, 0), (1, 2, 2)) == pytest.approx(3)
    assert expected_ild((0, 0, 1), (0, 0, 0), (0, 0, 3)) == pytest.approx(
        -20 * np.log10(2)
    )


def test_the_same_places_in_another_form_are_the_same_scene():
    listed = Scene([[0, 1], [2, 0.8]], left=[0, 0], right=np.array([2, 0]))
    assert listed == deck_scene()
    assert three_talkers().expected_ilds()[1] == pytest.approx(0)
    assert close_pair(2.0) == deck_scene()
    assert np.abs(close_pair(0.2).expected_ilds()).max() < 1.5


@given(st.floats(0.5, 20), st.floats(0.02, 0.4))
@settings(max_examples=20, deadline=None)
def test_a_tone_comes_late_and_quiet_to_any_fraction_of_a_sample(metres, pitch):
    """Against the tone itself, written down at a later time."""
    n = np.arange(4000)
    tone = np.sin(2 * np.pi * pitch * n) * np.hanning(4000) ** 2
    scene = Scene([(0, metres)], left=(0, 0), right=(0, 2 * metres))
    heard = scene.render([tone], RATE).mixture[0]
    late = n - metres * RATE / SPEED_OF_SOUND
    inside = (late > 0) & (late < 3999)
    envelope = 0.5 - 0.5 * np.cos(2 * np.pi * late / 3999)
    expected = np.sin(2 * np.pi * pitch * late) * envelope**2 / metres
    assert np.max(np.abs(heard - expected)[inside]) < 1e-6 / metres
    assert np.max(np.abs(heard[late < 0]), initial=0) < 1e-4 / metres


def test_whole_samples_of_delay_move_a_click_there():
    metre = SPEED_OF_SOUND / RATE  # a path of one sample
    click = np.zeros((1, 500))
    click[0, 7] = 1
    scene = Scene([(0, 100 * metre)], left=(0, 0), right=(0, 50 * metre))
    left, right = scene.render(click, RATE).mixture
    expected = np.zeros((2, 500))
    expected[0, 107], expected[1, 57] = 1 / (100 * metre), 1 / (50 * metre)
    assert np.max(np.abs(np.stack([left, right]) - expected)) < 1e-12


def test_the_mixture_is_the_sum_of_the_images_and_linear():
    x = noise(2, 3000)
    scene = deck_scene()
    heard = scene.render(x, RATE)
    assert heard.images.shape == (2, 2, 3000)
    assert np.allclose(heard.mixture, heard.images.sum(axis=0))
    alone = scene.render(x * [[1], [0]], RATE)
    assert np.allclose(alone.mixture, heard.images[0])
    assert np.allclose(scene.render(3 * x, RATE).mixture, 3 * heard.mixture)


def test_measured_levels_follow_the_geometry():
    x = noise(3, 20000)
    scene = three_talkers()
    energy = (scene.render(x, RATE).images ** 2).sum(axis=-1)
    measured = 10 * np.log10(energy[:, 1] / energy[:, 0])
    assert measured == pytest.approx(scene.expected_ilds(), abs=0.1)


def test_a_room_without_reflections_is_no_room():
    x = noise(2, 4000)
    scene = deck_scene()
    dry = scene.render(x, RATE).images
    in_room = scene.render_in(Room((6, 5, 3), 0), x, RATE).images
    error = np.sum((in_room - dry) ** 2) / np.sum(dry**2)
    assert error < 1e-2  # the room's delays are of short filters
    assert scene.render_in(Room((6, 5, 3), 0.4), x, RATE).mixture.shape == (2, 4000)


def test_bad_scenes_are_refused():
    with pytest.raises(ValueError, match="at least one source"):
        Scene([], (0, 0), (1, 0))
    with pytest.raises(ValueError, match=r"\(1.0, 0.0\) sits in a microphone|sits in"):
        Scene([(1, 0)], (0, 0), (1, 0))
    with pytest.raises(ValueError, match="is flat"):
        Scene([(1, 0, 1)], (0, 0), (1, 0))
    with pytest.raises(ValueError, match=r"position is \(x, y\)"):
        distance((1,), (2,))
    with pytest.raises(ValueError, match=r"position is \(x, y\)"):
        distance((1, np.nan), (2, 0))


def test_bad_signals_are_refused():
    scene = deck_scene()
    with pytest.raises(ValueError, match="has 2 sources; give 2 signals"):
        scene.render(noise(3, 10), RATE)
    with pytest.raises(ValueError, match="of one length"):
        scene.render([noise(10), noise(11)], RATE)
    with pytest.raises(ValueError, match="NaN or infinite"):
        scene.render(noise(2, 10) * np.nan, RATE)
    with pytest.raises(ValueError, match="NaN or infinite"):
        scene.render(np.zeros((2, 0)), RATE)
    with pytest.raises(ValueError, match="above 0 Hz, got 0"):
        scene.render(noise(2, 10), 0)
    with pytest.raises(ValueError, match="not inside a room"):
        scene.render_in(Room((1.5, 5, 3), 0.3), noise(2, 10), RATE)
