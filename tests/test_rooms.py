"""Rooms and what is measured of them."""

from __future__ import annotations

import numpy as np
import pytest

from coursekit.rooms import (
    SPEED_OF_SOUND,
    Room,
    decay_curve,
    reverberation_time,
    sabine,
)

RATE = 16000
SIZE = (6, 5, 3)
SOURCE, EAR = (1.2, 1.1, 1.3), (4.8, 3.9, 1.7)


@pytest.mark.parametrize("rt60", [0.2, 0.3, 0.5])
def test_the_measured_reverberation_time_is_near_the_one_asked_for(rt60):
    h = Room(SIZE, rt60).responses([SOURCE], [EAR], RATE)[0, 0]
    assert reverberation_time(h, RATE) == pytest.approx(rt60, rel=0.2)


def test_the_direct_sound_is_where_and_as_loud_as_geometry_says():
    metre = SPEED_OF_SOUND / RATE
    h = Room(SIZE, 0.3).responses(
        [(2, 2, 1.5)], [(2 + 50 * metre, 2, 1.5), (2, 2 + 100 * metre, 1.5)], RATE
    )[0]
    for response, samples in zip(h, (50, 100), strict=True):
        assert np.argmax(np.abs(response)) == samples
        assert response[samples] == pytest.approx(1 / (samples * metre), rel=0.05)


def test_the_first_reflection_comes_from_the_mirrored_source():
    """Source and ear 1 m above the floor: the floor's image lies 1 m below it."""
    h = Room((20, 20, 20), 3.0).responses([(10, 10, 1)], [(13, 10, 1)], RATE)[0, 0]
    direct, floor = 3.0, np.hypot(3, 2)
    late = round(floor * RATE / SPEED_OF_SOUND)
    between = round((direct + floor) / 2 * RATE / SPEED_OF_SOUND)
    assert between + np.argmax(np.abs(h[between : late + 40])) == pytest.approx(late, 1)
    kept = np.sqrt(1 - Room((20, 20, 20), 3.0).absorption)
    near = h[late - 1 : late + 2]
    assert np.abs(near).max() == pytest.approx(kept / floor, rel=0.4)


def test_sound_travels_alike_in_both_directions():
    room = Room(SIZE, 0.3)
    there = room.responses([SOURCE], [EAR], RATE)
    back = room.responses([EAR], [SOURCE], RATE)
    assert np.max(np.abs(there - back)) < 1e-3 * np.max(np.abs(there))


def test_no_reverberation_is_one_arrival():
    h = Room(SIZE, 0).responses([SOURCE], [EAR], RATE)[0, 0]
    at = np.linalg.norm(np.subtract(SOURCE, EAR)) * RATE / SPEED_OF_SOUND
    far = np.abs(np.arange(h.size) - at) > 45
    assert np.sum(h[far] ** 2) < 1e-3 * np.sum(h**2)  # what the high-pass rings


def test_sabine_and_absorption_undo_each_other():
    for rt60 in (0.2, 0.7, 2.0):
        assert sabine(SIZE, Room(SIZE, rt60).absorption) == pytest.approx(rt60)
    assert Room(SIZE, 0).absorption == 1
    assert sabine((10, 10, 10), 0.5) == pytest.approx(0.161 * 1000 / 300, rel=1e-3)


def test_reverberation_time_is_the_slope_of_the_decay():
    t = np.arange(RATE) / RATE
    noise = np.random.default_rng(0).standard_normal(RATE)
    for rt60 in (0.2, 0.5):
        exact = 10 ** (-3 * t / rt60)
        assert reverberation_time(exact, RATE) == pytest.approx(rt60, rel=1e-2)
        assert reverberation_time(exact * noise, RATE) == pytest.approx(rt60, rel=0.1)
    assert decay_curve([1, 0]).tolist() == [0, -np.inf]
    assert (np.diff(decay_curve(noise)) <= 0).all()


def test_centring_keeps_distances():
    points = np.array([(0, 1), (2, 0.8), (0, 0), (2, 0)])
    placed = Room(SIZE, 0.3).centred(points)
    assert np.allclose(placed[:, :2] - placed[0, :2], points - points[0])
    assert (placed[:, 2] == 1.5).all()
    middle = (placed.min(axis=0) + placed.max(axis=0)) / 2
    assert middle[:2] == pytest.approx([3, 2.5])


def test_impossible_rooms_are_refused():
    with pytest.raises(ValueError, match="three lengths above 0 m"):
        Room((6, 5), 0.3)
    with pytest.raises(ValueError, match="three lengths above 0 m"):
        Room((6, 0, 3), 0.3)
    with pytest.raises(ValueError, match="0 s or more and finite, got -1"):
        Room(SIZE, -1)
    with pytest.raises(ValueError, match=r"rt60 of 0.115 s .* so 0.05 s cannot be"):
        Room(SIZE, 0.05)
    room = Room(SIZE, 0.3)
    with pytest.raises(ValueError, match=r"\[7.0, 1.0, 1.0\] m is not inside"):
        room.responses([(7, 1, 1)], [EAR], RATE)
    with pytest.raises(ValueError, match=r"are \(n, 3\) numbers"):
        room.responses([(1, 1)], [EAR], RATE)
    with pytest.raises(ValueError, match="above 0 Hz"):
        room.responses([SOURCE], [EAR], 0)
    with pytest.raises(ValueError, match="above 0 and at most 1, got 0"):
        sabine(SIZE, 0)
    with pytest.raises(ValueError, match="row with energy"):
        decay_curve(np.zeros(4))
    with pytest.raises(ValueError, match="does not decay"):
        reverberation_time(np.ones(100), RATE)
