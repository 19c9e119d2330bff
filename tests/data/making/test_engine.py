"""The motorcycle: its pitch, its pipe, its limp, and its disjoint sides."""

import itertools
from dataclasses import fields, replace

import numpy as np
import pytest
import soundfile

from coursekit import data
from coursekit.data.making import catalogue, engine, prepare
from coursekit.data.making.build import render

RATE = 16_000
ALL = engine.TRAIN_ENGINES + engine.TEST_ENGINES


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def spectrum(x):
    windowed = x * np.hanning(len(x))
    return np.abs(np.fft.rfft(windowed)), np.fft.rfftfreq(len(x), 1 / RATE)


@pytest.mark.parametrize("name", ["single", "inline_four", "parallel_twin"])
def test_a_steady_engine_hums_at_its_firing_rate(rng, name):
    """Evenly spaced firings have no partial between multiples of their rate."""
    motor = engine.engine(name)
    rpm = motor.idle * 1.5
    x = engine.run(motor, np.full(4 * RATE, rpm), RATE, rng)
    size, hz = spectrum(x)
    rate = engine.firing_rate(motor, rpm)
    on = [np.max(size[abs(hz - k * rate) < 2]) for k in range(1, 6)]
    off = [np.max(size[abs(hz - (k + 0.5) * rate) < 2]) for k in range(1, 6)]
    assert min(np.array(on) / np.array(off)) > 3


def test_a_v_twin_limps(rng):
    """Uneven firing puts a partial at half the firing rate: once a cycle."""
    twin = engine.engine("v_twin_45")
    even = replace(twin, firing=(0, 360))
    rpm = np.full(4 * RATE, 1800.0)
    ratio = {}
    for motor in (twin, even):
        size, hz = spectrum(engine.run(motor, rpm, RATE, np.random.default_rng(3)))
        halves = [np.max(size[abs(hz - k * 15.0) < 1]) for k in (5, 7, 9)]
        whole = [np.max(size[abs(hz - k * 30.0) < 1]) for k in (3, 4, 5)]
        ratio[motor.firing] = np.mean(halves) / np.mean(whole)
    assert ratio[0, 405] > 3 * ratio[0, 360]


def test_the_pipe_is_a_comb():
    """Its response to a click in closed form: r/2 (click + next), turned round."""
    motor = replace(ALL[0], pipe=0.343, reflection=0.8)  # there and back: 2 ms
    click = np.zeros(100)
    click[0] = 1
    out = engine._through_pipe(motor, click, RATE)
    wanted = np.zeros(100)
    wanted[0] = 1
    wanted[[32, 33]] = -0.4
    wanted[[64, 65, 66]] = [0.16, 0.32, 0.16]
    wanted[[96, 97, 98, 99]] = [-0.064, -0.192, -0.192, -0.064]
    np.testing.assert_allclose(out, wanted, atol=1e-12)


def test_a_ride_is_determined_by_its_seed():
    rides = [
        engine.ride(ALL[0], 2.0, RATE, np.random.default_rng(seed))
        for seed in (5, 5, 6)
    ]
    np.testing.assert_array_equal(rides[0], rides[1])
    assert not np.allclose(rides[0], rides[2])


@pytest.mark.parametrize("motor", ALL, ids=lambda motor: motor.name)
@pytest.mark.parametrize("rate", [8000, 16_000, 44_100])
def test_every_engine_runs_at_every_rate(motor, rate, rng):
    x = engine.ride(motor, 3.0, rate, rng)
    assert x.shape == (3 * rate,)
    assert np.sqrt(np.mean(x**2)) == pytest.approx(0.1)
    assert np.max(np.abs(x)) < 1
    power = np.abs(np.fft.rfft(x)) ** 2
    hz = np.fft.rfftfreq(len(x), 1 / rate)
    assert np.sum(power[hz < 1000]) > 0.8 * np.sum(power)  # it rumbles


def test_a_faster_engine_sounds_brighter(rng):
    """More revolutions, more energy high up."""
    motor = engine.engine("single")
    centroid = []
    for rpm in (1500.0, 5000.0):
        x = engine.run(motor, np.full(2 * RATE, rpm), RATE, rng)
        size, hz = spectrum(x)
        centroid.append(np.sum(hz * size) / np.sum(size))
    assert centroid[1] > 1.1 * centroid[0]


def test_train_and_test_engines_share_no_range():
    assert not {m.firing for m in engine.TRAIN_ENGINES} & {
        m.firing for m in engine.TEST_ENGINES
    }
    for field in fields(engine.Engine):
        if field.name in ("name", "firing"):
            continue
        sides = [
            [getattr(motor, field.name) for motor in side]
            for side in (engine.TRAIN_ENGINES, engine.TEST_ENGINES)
        ]
        low, high = sorted(sides)
        assert max(low) < min(high), field.name


def test_names_are_unique_and_unknown_ones_refused():
    names = [motor.name for motor in ALL]
    assert len(set(names)) == len(names)
    assert all(a.firing != b.firing for a, b in itertools.combinations(ALL, 2))
    with pytest.raises(ValueError, match="no engine 'wankel'; there are v_twin_45"):
        engine.engine("wankel")


@pytest.mark.parametrize("rpm", [np.zeros(5), np.ones((2, 5)), np.zeros(0)])
def test_what_no_engine_can_do(rpm, rng):
    with pytest.raises(ValueError, match="rpm must be"):
        engine.run(ALL[0], rpm, RATE, rng)
    with pytest.raises(ValueError, match="at least one sample, got 0"):
        engine.ride(ALL[0], 0, RATE, rng)


@pytest.mark.parametrize("name", ["motorcycle_single", "motorcycle_v_twin_45"])
def test_a_shipped_motorcycle_is_remade_bit_for_bit(name, tmp_path):
    row = next(row for row in catalogue.shipped() if row.name == name)
    prepare.write(tmp_path / "again.flac", render(row, ()), row.rate)
    again, _ = soundfile.read(tmp_path / "again.flac", dtype="int16")
    shipped, _ = soundfile.read(data.clip(name).path, dtype="int16")
    np.testing.assert_array_equal(again, shipped)
