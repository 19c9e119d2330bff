"""The threshold in quiet, the Bark scale and the one calibration."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from coursekit.psychoacoustics import (
    FULL_SCALE_DB,
    analysis_window,
    bark,
    critical_bandwidth,
    hearing_threshold,
    psd,
    to_db,
    to_power,
)

audible = st.floats(20, 20000)


@pytest.mark.parametrize(
    ("hz", "spl"),
    [
        (100, 22.953),
        (1000, 3.369),
        (3300, -4.981),
        (4000, -3.388),
        (10000, 10.577),
        (16000, 65.932),
    ],
)
def test_threshold_in_quiet(hz, spl):
    assert hearing_threshold(hz) == pytest.approx(spl, abs=6e-4)


def test_the_ear_is_keenest_at_three_kilohertz():
    hz = np.arange(20.0, 20000)
    quiet = hearing_threshold(hz)
    assert hz[quiet.argmin()] == pytest.approx(3324, abs=1)
    assert quiet.min() == pytest.approx(-4.983, abs=6e-4)


def test_threshold_ends_at_68_db_as_the_standards_table_does():
    assert hearing_threshold(np.array([0, 20, 17000, 22050, 1e6])).tolist() == [68] * 5
    assert hearing_threshold(22050, cap=np.inf) == pytest.approx(236.7, abs=0.1)
    assert hearing_threshold(0, cap=np.inf) == np.inf


@pytest.mark.parametrize(
    ("hz", "z"), [(0, 0), (100, 0.987), (1000, 8.511), (4000, 17.259), (10000, 22.424)]
)
def test_bark(hz, z):
    assert bark(hz) == pytest.approx(z, abs=6e-4)


@pytest.mark.parametrize(
    ("hz", "z", "quiet"),
    [(861.33, 7.581, 3.92), (4995.7, 18.534, 0.47), (15848.44, 24.070, 63.48)],
)
def test_rows_of_the_standards_table(hz, z, quiet):
    assert bark(hz) == pytest.approx(z, abs=6e-4)
    assert hearing_threshold(hz) == pytest.approx(quiet, abs=1e-2)


@given(audible, audible)
def test_bark_grows_with_frequency(a, b):
    assert (bark(a) < bark(b)) == (a < b) or abs(a - b) < 1e-6 * a


@given(audible)
def test_a_critical_band_is_about_one_bark_wide(hz):
    width = critical_bandwidth(hz)
    assert bark(hz + width / 2) - bark(max(hz - width / 2, 0)) < 1.35
    if 50 < hz < 10000:
        assert bark(hz + width / 2) - bark(hz - width / 2) > 0.8


def test_critical_bandwidth_at_one_kilohertz():
    assert critical_bandwidth(1000) == pytest.approx(162.2, abs=0.05)
    assert critical_bandwidth(0) == 100


@pytest.mark.parametrize("function", [hearing_threshold, bark, critical_bandwidth])
def test_numbers_arrays_and_what_is_no_frequency(function):
    hz = np.array([[100.0, 200.0], [300.0, 4000.0]])
    assert function(hz).shape == (2, 2)
    assert function(hz)[1, 1] == function(4000)
    with pytest.raises(ValueError, match="at least 0 Hz, got -3"):
        function([100, -3])
    with pytest.raises(ValueError, match="got nan"):
        function(np.nan)


# --- the calibrated spectrum ---


def sine(k: float, n: int, phase: float = 0.3) -> np.ndarray:
    return np.sin(2 * np.pi * k * np.arange(n) / n + phase)


@pytest.mark.parametrize("n", [512, 1024])
def test_the_loudest_sine_is_96_db(n):
    X = psd(sine(50, n))
    uncalibrated = X - FULL_SCALE_DB
    assert uncalibrated[50] == pytest.approx(-7.782, abs=6e-4)
    assert to_db(to_power(uncalibrated[49:52]).sum()) == pytest.approx(-6.021, abs=1e-3)
    assert X[50] == pytest.approx(96)
    assert pytest.approx(103.78, abs=2e-3) == FULL_SCALE_DB
    assert X.argmax() == 50


def test_psd_is_the_formula_of_the_standard():
    s = np.random.default_rng(0).uniform(-1, 1, 512)
    i = np.arange(512)
    h = np.sqrt(8 / 3) * 0.5 * (1 - np.cos(2 * np.pi * i / 512))
    assert np.abs(analysis_window(512) - h).max() < 1e-14
    for k in (1, 37, 256):
        total = np.sum(h * s * np.exp(-2j * np.pi * k * i / 512)) / 512
        assert psd(s)[k] == pytest.approx(
            10 * np.log10(abs(total) ** 2) + 103.7815, 1e-5
        )


@given(st.floats(1e-3, 1))
def test_twenty_decibels_down_are_twenty_decibels_down(gain):
    quieter = psd(gain * sine(50, 512))[50]
    assert quieter == pytest.approx(96 + 20 * np.log10(gain))


def test_there_is_no_shift_per_frame():
    loud, soft = sine(50, 512), 0.001 * sine(50, 512)
    both = psd(np.stack([loud, soft]))
    assert both[0, 50] - both[1, 50] == pytest.approx(60)
    assert np.abs(both[1] - psd(soft)).max() < 1e-9


def test_white_noise_keeps_its_power():
    x = 0.1 * np.random.default_rng(0).standard_normal((400, 512))
    mean = to_power(psd(x) - FULL_SCALE_DB).mean(0)[2:-2].mean()
    assert mean == pytest.approx(0.01 / 512, rel=0.02)


def test_silence_is_finite_and_has_a_gradient_of_zero():
    x = torch.zeros(512, requires_grad=True)
    X = psd(x)
    X.sum().backward()
    assert X[3].item() == pytest.approx(FULL_SCALE_DB - 200)
    assert torch.equal(x.grad, torch.zeros(512))


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_kind_and_precision_stay(precision):
    x = np.random.default_rng(0).uniform(-1, 1, (3, 512)).astype(precision)
    X, T = psd(x), psd(torch.tensor(x))
    assert X.dtype == precision
    assert T.dtype == getattr(torch, precision)
    assert np.abs(X - T.numpy()).max() < {"float32": 0.1, "float64": 1e-9}[precision]


@pytest.mark.parametrize("shape", [(0,), (3, 511), (), (0, 512)])
def test_odd_and_empty_frames_are_refused(shape):
    with pytest.raises(ValueError, match="even number of samples"):
        psd(np.zeros(shape))
