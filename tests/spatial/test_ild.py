"""Level differences, noisy measurements, histograms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from coursekit.fourier import stft
from coursekit.spatial import deck_scene, fit_gmm, histogram, ild, jitter

spectra = hnp.arrays(float, (2, 3, 4), elements=st.floats(0, 1e3))


@given(spectra)
def test_exchanging_the_channels_flips_the_sign(pair):
    L, R = pair
    A = ild(L, R)
    assert np.array_equal(ild(R, L), -A)
    assert np.isfinite(A).all()
    assert np.abs(A).max() <= 120.001
    assert (A[(L == 0) & (R == 0)] == 0).all()


def test_a_gain_is_read_off_in_decibels_of_amplitude():
    X = stft(np.random.default_rng(0).standard_normal(4000), 256, 64)
    for gain in (0.1, 0.5, 1.0, 4.0):
        A = ild(X, gain * X)
        loud = np.abs(X) > 0.1 * np.abs(X).max()
        assert A[loud] == pytest.approx(20 * np.log10(gain), abs=1e-3)
        assert np.array_equal(ild(1e-9 * X, gain * 1e-9 * X).round(6), A.round(6))


def test_silence_is_nowhere():
    assert ild(np.zeros((3, 4)), np.zeros((3, 4))).tolist() == np.zeros((3, 4)).tolist()
    L = np.array([[1.0, 0.0]])
    assert ild(L, 0 * L)[0, 0] == pytest.approx(-120, abs=0.01)


def test_one_talker_has_the_level_difference_of_the_geometry():
    talk = np.random.default_rng(0).standard_normal((2, 16000)) * [[1], [0]]
    L, R = stft(deck_scene().render(talk, 16000).mixture, 1024, 256)
    assert np.median(ild(L, R)) == pytest.approx(-6.99, abs=0.1)


def test_jitter_is_independent_gaussian_and_seeded():
    A = np.full((200, 300), 3.0)
    noisy = jitter(A, 6.5, np.random.default_rng(1))
    error = noisy - A
    assert error.mean() == pytest.approx(0, abs=0.1)
    assert error.std() == pytest.approx(6.5, rel=0.02)
    for shifted in (error[1:] * error[:-1], error[:, 1:] * error[:, :-1]):
        assert shifted.mean() / 6.5**2 == pytest.approx(0, abs=0.02)
    assert np.array_equal(noisy, jitter(A, 6.5, np.random.default_rng(1)))
    assert np.array_equal(jitter(A, 0, np.random.default_rng(1)), A)


def test_the_histogram_keeps_mass_and_mean_and_gives_the_same_gaussians():
    rng = np.random.default_rng(2)
    x = np.concatenate([rng.normal(-7, 2, 20000), rng.normal(8.6, 3, 10000)])
    w = rng.uniform(size=x.size)
    centres, masses = histogram(x, w)
    assert centres.size <= 300
    assert (np.diff(centres) > 0).all()
    assert masses.sum() == pytest.approx(w.sum())
    assert centres @ masses == pytest.approx(x @ w)
    every, few = fit_gmm(x, 2, w), fit_gmm(centres, 2, masses)
    assert few.means == pytest.approx(every.means, abs=0.02)
    assert few.variances == pytest.approx(every.variances, rel=0.01)
    assert few.weights == pytest.approx(every.weights, abs=0.002)


def test_a_histogram_of_one_value_has_one_cell():
    centres, masses = histogram(np.full(7, 3.0))
    assert (centres.tolist(), masses.tolist()) == ([3.0], [7.0])


def test_bad_input_is_named():
    X = np.ones((3, 4))
    with pytest.raises(ValueError, match=r"\(3, 4\) but the right one \(3, 5\)"):
        ild(X, np.ones((3, 5)))
    with pytest.raises(ValueError, match="right STFT has values that are NaN"):
        ild(X, X * np.nan)
    with pytest.raises(ValueError, match="no bins"):
        ild(np.ones((3, 0)), np.ones((3, 0)))
    with pytest.raises(ValueError, match="0 dB or more and finite, got -1"):
        jitter(X, -1, np.random.default_rng(0))
    with pytest.raises(ValueError, match="as many weights"):
        histogram(X, X[0])
    with pytest.raises(ValueError, match="as many weights"):
        histogram(X, 0 * X)
    with pytest.raises(ValueError, match="no NaN"):
        histogram(X * np.nan)
