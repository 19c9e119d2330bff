"""Gaussian mixtures, against closed forms and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.mixture import GaussianMixture

from coursekit.spatial import (
    Em,
    Gmm,
    e_step,
    fit_gmm,
    log_likelihoods_of,
    m_step,
    unary,
)

seeds = st.integers(0, 2**32 - 1)


def two_heaps(n: int = 400, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal(-7, 2, n), rng.normal(8.6, 3, n // 2)])


def clouds(n: int = 300, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal((-4, 1, 0), 1, (n, 3)), rng.normal(3, 2, (n, 3))])


def test_the_density_is_scipys():
    gmm = Gmm(np.array([0.2, 0.8]), np.array([-1.0, 4.0]), np.array([0.5, 9.0]))
    x = np.linspace(-20, 20, 12).reshape(3, 4)
    log_p = log_likelihoods_of(x, gmm)
    assert log_p.shape == (3, 4, 2)
    for k in range(2):
        pdf = scipy.stats.norm(gmm.means[k], np.sqrt(gmm.variances[k])).logpdf(x)
        assert np.allclose(log_p[..., k], np.log(gmm.weights[k]) + pdf)
    assert np.array_equal(unary(x, gmm), np.moveaxis(log_p, -1, 0))


def test_the_density_of_vectors_is_scipys():
    gmm = Gmm(np.array([0.3, 0.7]), np.eye(2, 3), np.array([[1, 2, 3], [4, 5, 6.0]]))
    x = np.random.default_rng(0).normal(size=(5, 2, 3))
    log_p = log_likelihoods_of(x, gmm)
    for k in range(2):
        normal = scipy.stats.multivariate_normal(
            gmm.means[k], np.diag(gmm.variances[k])
        )
        assert np.allclose(log_p[..., k], np.log(gmm.weights[k]) + normal.logpdf(x))
    assert unary(x, gmm).shape == (2, 5, 2)


def test_e_step_is_bayes_rule_and_survives_far_samples():
    gmm = Gmm(np.array([0.25, 0.75]), np.array([-1.0, 1.0]), np.array([1.0, 1.0]))
    R, log_likelihood = e_step(np.array([0.0, 1e4, -1e4]), gmm)
    assert R.sum(axis=1) == pytest.approx([1, 1, 1])
    assert R[0] == pytest.approx([0.25, 0.75])
    assert R[1:].tolist() == [[0, 1], [1, 0]]
    assert np.isfinite(log_likelihood)


def test_m_step_is_the_weighted_moments():
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=50), rng.uniform(size=50)
    R = rng.dirichlet(np.ones(3), 50)
    gmm = m_step(x, R, w)
    for k in range(3):
        r = w * R[:, k]
        mean = np.average(x, weights=r)
        assert gmm.means[k] == pytest.approx(mean)
        assert gmm.variances[k] == pytest.approx(np.average((x - mean) ** 2, weights=r))
        assert gmm.weights[k] == pytest.approx(r.sum() / w.sum())
    tied = m_step(x, R, w, tied=True)
    assert tied.variances == pytest.approx([gmm.weights @ gmm.variances] * 3)
    assert m_step(x, R, w, floor=2.0).variances.tolist() == [2.0] * 3


def test_whole_weights_are_repeated_samples():
    x = two_heaps(40)
    times = np.random.default_rng(1).integers(0, 4, x.size)
    weighted, repeated = fit_gmm(x, 2, times), fit_gmm(np.repeat(x, times), 2)
    assert weighted.means == pytest.approx(repeated.means)
    assert weighted.variances == pytest.approx(repeated.variances)
    assert weighted.log_likelihoods == pytest.approx(repeated.log_likelihoods)
    scaled = fit_gmm(x, 2, 1e-9 * times)
    assert scaled.means == pytest.approx(weighted.means)


@pytest.mark.parametrize("x", [two_heaps(), clouds()], ids=["numbers", "vectors"])
def test_the_fit_is_scikit_learns(x):
    ours = fit_gmm(x, 2, settings=Em(iterations=2000, tolerance=1e-13))
    peer = GaussianMixture(2, covariance_type="diag", tol=1e-13, max_iter=2000)
    peer.fit(x.reshape(len(x), -1))
    by = np.argsort(peer.means_[:, 0])
    assert ours.weights == pytest.approx(peer.weights_[by], rel=1e-3)
    assert ours.means.reshape(2, -1) == pytest.approx(peer.means_[by], rel=1e-3)
    assert ours.variances.reshape(2, -1) == pytest.approx(
        peer.covariances_[by], rel=1e-3
    )
    score = peer.score(x.reshape(len(x), -1))
    assert ours.log_likelihoods[-1] == pytest.approx(score, abs=1e-6)


@given(seeds, st.integers(1, 4), st.booleans(), st.sampled_from([1e-6, 0.5]))
@settings(max_examples=30, deadline=None)
def test_the_likelihood_never_falls_and_the_means_are_in_order(seed, K, tied, floor):
    rng = np.random.default_rng(seed)
    x, w = rng.standard_t(2, 60), rng.uniform(size=60)
    gmm = fit_gmm(x, K, w, settings=Em(tied=tied, floor=floor))
    trace = np.array(gmm.log_likelihoods)
    assert (np.diff(trace) > -1e-9).all()
    assert trace[-1] == pytest.approx(e_step(x, gmm, w)[1])
    assert (np.diff(gmm.means) >= 0).all()
    assert gmm.weights.sum() == pytest.approx(1)
    assert (gmm.variances >= floor).all()
    assert not tied or np.ptp(gmm.variances) == 0


def test_one_component_is_mean_and_variance():
    x = two_heaps()
    gmm = fit_gmm(x, 1)
    assert gmm.means == pytest.approx([x.mean()])
    assert gmm.variances == pytest.approx([x.var()])
    assert gmm.weights.tolist() == [1]


def test_free_variances_collapse_onto_a_sample_and_a_floor_or_a_tie_prevents_it():
    """One component starts on the outlier and shrinks onto it."""
    x = np.append(np.random.default_rng(0).normal(0, 1, 200), 30.0)
    free = fit_gmm(x, 3, settings=Em(floor=1e-12, iterations=500))
    assert free.variances.min() < 1e-9
    floored = fit_gmm(x, 3, settings=Em(floor=0.25))
    assert floored.variances.min() >= 0.25
    tied = fit_gmm(x, 3, settings=Em(tied=True))
    assert tied.variances.min() > 0.1


def test_several_starts_are_never_worse_and_are_drawn_from_the_rng():
    rng = np.random.default_rng(3)
    x = np.concatenate([rng.normal(m, 0.3, 50) for m in (0, 0, 0, 0, 9, 10.5)])
    one = fit_gmm(x, 3)
    many = [fit_gmm(x, 3, rng=np.random.default_rng(5), settings=Em(starts=8))] * 2
    many[1] = fit_gmm(x, 3, rng=np.random.default_rng(5), settings=Em(starts=8))
    assert many[0].log_likelihoods[-1] >= one.log_likelihoods[-1]
    assert np.array_equal(many[0].means, many[1].means)
    assert many[0].means == pytest.approx([0, 9, 10.5], abs=0.2)


def test_a_component_without_samples_stays_finite():
    x = np.array([0.0, 1.0, 2.0])
    gmm = m_step(x, np.array([[1.0, 0], [1, 0], [1, 0]]))
    assert gmm.weights.tolist() == [1, 0]
    assert gmm.means == pytest.approx([1, 1])
    assert np.isfinite(log_likelihoods_of(x, gmm)).all()
    assert e_step(x, gmm)[0] == pytest.approx(np.array([[1.0, 0]] * 3))


def test_equal_samples_are_fitted_without_a_warning():
    gmm = fit_gmm(np.full(10, 3.0), 2, settings=Em(floor=1.0))
    assert gmm.means == pytest.approx([3, 3])
    assert gmm.variances.tolist() == [1, 1]


def test_bad_input_is_named():
    x = two_heaps(10)
    with pytest.raises(ValueError, match="1 values that are NaN"):
        fit_gmm(np.append(x, np.nan), 2)
    with pytest.raises(ValueError, match="3 components for 2 samples"):
        fit_gmm(x[:2], 3)
    with pytest.raises(ValueError, match="0 components"):
        fit_gmm(x, 0)
    with pytest.raises(ValueError, match=r"need weights \(15,\), got the shape \(2,\)"):
        fit_gmm(x, 2, np.ones(2))
    for weights in (-np.ones(15), np.zeros(15), np.full(15, np.nan)):
        with pytest.raises(ValueError, match="none negative, and not all zero"):
            fit_gmm(x, 2, weights)
    with pytest.raises(ValueError, match="2 starts need an rng"):
        fit_gmm(x, 2, settings=Em(starts=2))
    with pytest.raises(ValueError, match=r"samples \(n,\) or \(n, D\)"):
        fit_gmm(np.ones((2, 2, 2)), 1)
    with pytest.raises(ValueError, match="15 samples need responsibilities"):
        m_step(x, np.ones((3, 2)))
    with pytest.raises(ValueError, match="with a sum above 0"):
        m_step(x, np.zeros((15, 2)))
    with pytest.raises(ValueError, match="its last axis must be 3"):
        log_likelihoods_of(np.ones((4, 2)), fit_gmm(clouds(), 2))
    with pytest.raises(ValueError, match="floor must be above 0"):
        Em(floor=0)
    with pytest.raises(ValueError, match="1 or more"):
        Em(starts=0)
