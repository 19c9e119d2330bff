"""The random field: energies, and inference against every labelling there is."""

from __future__ import annotations

import time
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit.spatial import (
    alpha_expansion,
    anneal,
    belief_propagation,
    belief_propagation_max,
    energy,
    gibbs,
    graph_cut,
    icm,
    independent,
    mean_field,
)
from coursekit.spatial.mrf.field import neighbours

seeds = st.integers(0, 2**32 - 1)
betas = st.one_of(
    st.floats(0, 3), st.tuples(st.floats(0, 3), st.floats(0, 3)), st.just(0.0)
)


def annealed(U, beta):
    return anneal(U, beta, np.random.default_rng(0))


def sampled(U, beta):
    return gibbs(U, beta, np.random.default_rng(0))


SOFT = (mean_field, belief_propagation, sampled)
HARD = (icm, belief_propagation_max, alpha_expansion, annealed)


def random_unary(K: int, bins: int, frames: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1.5, (K, bins, frames))


def every_labelling(U, beta) -> tuple[np.ndarray, np.ndarray]:
    """Return all labellings ``(n, bins, frames)`` and their energies ``(n,)``."""
    K, *shape = U.shape
    labels = np.array(list(product(range(K), repeat=int(np.prod(shape)))))
    labels = labels.reshape(-1, *shape)
    in_time, in_frequency = beta if isinstance(beta, tuple) else (beta, beta)
    own = sum((U[k] * (labels == k)).sum(axis=(1, 2)) for k in range(K))
    late = (labels[..., 1:] != labels[..., :-1]).sum(axis=(1, 2))
    high = (labels[:, 1:] != labels[:, :-1]).sum(axis=(1, 2))
    return labels, in_time * late + in_frequency * high - own


def exact_marginals(U, beta) -> np.ndarray:
    labels, E = every_labelling(U, beta)
    p = np.exp(E.min() - E)
    p /= p.sum()
    return np.stack([np.tensordot(p, labels == k, 1) for k in range(len(U))])


def two_regions(bins: int, frames: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a picture of two labels, and log-potentials of a noisy look at it."""
    truth = np.zeros((bins, frames), int)
    truth[:, frames // 2 :] = 1
    truth[bins // 4 : bins // 2, frames // 8 : frames // 4] = 1
    seen = truth + np.random.default_rng(seed).normal(0, 0.8, truth.shape)
    return truth, -0.5 * (seen - np.array([0, 1])[:, None, None]) ** 2 / 0.8**2


# --- the field ------------------------------------------------------------------


def test_energy_counts_each_pair_once_and_closes_the_borders():
    y = np.array([[0, 1, 1], [0, 0, 1]])
    U = np.arange(12.0).reshape(2, 2, 3)
    own = U[0, 0, 0] + U[1, 0, 1] + U[1, 0, 2] + U[0, 1, 0] + U[0, 1, 1] + U[1, 1, 2]
    assert energy(y, U, 0) == pytest.approx(-own)
    assert energy(y, U, (1, 0)) + own == pytest.approx(2)  # in time
    assert energy(y, U, (0, 1)) + own == pytest.approx(1)  # in frequency
    assert energy(y, U, 0.5) + own == pytest.approx(1.5)
    opposite = np.array([[0, 0, 1]])  # the ends disagree, and are no neighbours
    assert energy(opposite, np.zeros((2, 1, 3)), 1.0) == 1


@given(seeds, betas)
@settings(max_examples=30, deadline=None)
def test_energy_is_the_sum_over_pixels_and_pairs(seed, beta):
    U = random_unary(3, 4, 5, seed)
    y = np.random.default_rng(seed).integers(0, 3, (4, 5))
    in_time, in_frequency = beta if isinstance(beta, tuple) else (beta, beta)
    E = 0.0
    for f, t in product(range(4), range(5)):
        E -= U[y[f, t], f, t]
        E += in_time * (t + 1 < 5 and y[f, t] != y[f, min(t + 1, 4)])
        E += in_frequency * (f + 1 < 4 and y[f, t] != y[min(f + 1, 3), t])
    assert energy(y, U, beta) == pytest.approx(E)


def test_neighbours_are_the_four_around():
    Q = np.random.default_rng(0).normal(size=(2, 3, 4))
    S = neighbours(Q, (2.0, 10.0))
    assert S[0, 1, 1] == pytest.approx(
        2 * (Q[0, 1, 0] + Q[0, 1, 2]) + 10 * (Q[0, 0, 1] + Q[0, 2, 1])
    )
    assert S[1, 0, 0] == pytest.approx(2 * Q[1, 0, 1] + 10 * Q[1, 1, 0])
    assert S[1, 2, 3] == pytest.approx(2 * Q[1, 2, 2] + 10 * Q[1, 1, 3])


# --- what every method must do ---------------------------------------------------


@pytest.mark.parametrize("method", SOFT + HARD)
@pytest.mark.parametrize("shape", [(2, 7, 9), (3, 5, 4), (1, 4, 4), (2, 1, 1)])
def test_labels_and_posteriors_fit_together(method, shape):
    found = method(random_unary(*shape), 0.7)
    assert found.labels.shape == shape[1:]
    assert found.labels.dtype.kind == "i"
    assert found.posterior.shape == shape
    assert found.posterior.sum(axis=0) == pytest.approx(np.ones(shape[1:]))
    assert (found.posterior >= 0).all()
    assert np.array_equal(np.argmax(found.posterior, axis=0), found.labels)
    if method in HARD:
        assert set(np.unique(found.posterior)) <= {0.0, 1.0}
    hard = found.harden()
    assert np.array_equal(hard.labels, found.labels)
    assert set(np.unique(hard.posterior)) <= {0.0, 1.0}


@pytest.mark.parametrize("method", [*SOFT, *HARD, graph_cut])
def test_without_a_prior_every_bin_is_by_itself(method):
    U = random_unary(2, 6, 8)
    alone = independent(U)
    found = method(U, 0.0)
    assert np.array_equal(found.labels, alone.labels)
    if method in SOFT:
        assert found.posterior == pytest.approx(alone.posterior, abs=1e-9)


@pytest.mark.parametrize("method", [*SOFT, *HARD])
def test_input_is_left_alone_and_any_constant_added_to_a_bin_is_ignored(method):
    U = random_unary(3, 6, 8)
    kept = U.copy()
    found = method(U, 0.8)
    assert np.array_equal(U, kept)
    lifted = method(U + np.random.default_rng(1).normal(0, 50, (6, 8)), 0.8)
    assert np.array_equal(found.labels, lifted.labels)


@pytest.mark.parametrize("method", [mean_field, belief_propagation, *HARD])
def test_time_and_frequency_exchange_with_their_strengths(method):
    U = random_unary(2, 6, 8)
    found = method(U, (0.4, 1.1))
    turned = method(U.transpose(0, 2, 1), (1.1, 0.4))
    if method is not annealed:  # which draws other numbers
        assert turned.posterior.transpose(0, 2, 1) == pytest.approx(found.posterior)


@pytest.mark.parametrize("method", [mean_field, belief_propagation, icm, graph_cut])
def test_without_a_strength_in_frequency_every_row_is_a_field_of_its_own(method):
    U = random_unary(2, 4, 9)
    together = method(U, (0.9, 0.0)).posterior
    for row in range(4):
        alone = method(U[:, row : row + 1], (0.9, 0.0)).posterior
        assert together[:, row : row + 1] == pytest.approx(alone)


@pytest.mark.parametrize("method", [*SOFT, *HARD, graph_cut])
def test_most_of_a_noisy_picture_is_put_right(method):
    for seed in range(3):
        truth, U = two_regions(24, 32, seed)
        wrong_alone = np.mean(independent(U).labels != truth)
        assert wrong_alone > 0.2
        assert np.mean(method(U, 1.0).labels != truth) < 0.5 * wrong_alone


# --- each against the truth -------------------------------------------------------


@given(seeds, betas, st.sampled_from([(3, 4), (1, 9), (4, 2)]))
@settings(max_examples=25, deadline=None)
def test_the_cut_is_the_lowest_energy_of_all(seed, beta, shape):
    U = random_unary(2, *shape, seed)
    found = graph_cut(U, beta)
    lowest = every_labelling(U, beta)[1].min()
    assert found.energies[-1] == pytest.approx(lowest, abs=1e-4)
    assert energy(found.labels, U, beta) == pytest.approx(lowest, abs=1e-4)


@given(seeds, betas)
@settings(max_examples=15, deadline=None)
def test_no_expansion_can_improve_what_alpha_expansion_found(seed, beta):
    """By trying every set of bins that could switch to a label."""
    U = random_unary(3, 2, 4, seed)
    found = alpha_expansion(U, beta)
    assert (np.diff(found.energies) <= 1e-9).all()
    switches, _ = every_labelling(U[:2], beta)
    for label in range(3):
        others = np.where(switches == 1, label, found.labels)
        assert min(energy(y, U, beta) for y in others) >= found.energies[-1] - 1e-4


def test_alpha_expansion_of_two_labels_is_the_cut():
    for seed in range(4):
        _, U = two_regions(12, 16, seed)
        cut, expanded = graph_cut(U, 0.9), alpha_expansion(U, 0.9)
        assert expanded.energies[-1] == pytest.approx(cut.energies[-1], abs=1e-4)


def test_three_labels_come_close_to_the_lowest_energy():
    for seed in range(5):
        U = random_unary(3, 3, 3, seed)
        lowest = every_labelling(U, 0.6)[1].min()
        for method in HARD:
            found = energy(method(U, 0.6).labels, U, 0.6)
            assert lowest - 1e-9 <= found <= lowest + 2.0
        assert alpha_expansion(U, 0.6).energies[-1] <= lowest + 0.5


@given(seeds, betas, st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_icm_never_raises_the_energy_and_ends_where_no_bin_wants_to_change(
    seed, beta, K
):
    U = random_unary(K, 5, 6, seed)
    found = icm(U, beta)
    assert found.energies[0] == pytest.approx(energy(independent(U).labels, U, beta))
    assert found.energies[-1] == pytest.approx(energy(found.labels, U, beta))
    assert (np.diff(found.energies) <= 1e-9).all()
    for f, t, k in product(range(5), range(6), range(K)):
        other = found.labels.copy()
        other[f, t] = k
        assert energy(other, U, beta) >= found.energies[-1] - 1e-9


def test_icm_begins_where_it_is_told():
    U = np.zeros((2, 4, 4))
    ones = np.ones((4, 4), int)
    assert np.array_equal(icm(U, 1.0, start=ones).labels, ones)
    assert not icm(U, 1.0).labels.any()


def test_icm_is_no_synchronous_update():
    """Changed all at once, this checkerboard would flip for ever."""
    y = np.indices((6, 6)).sum(axis=0) % 2
    U = np.where(y == np.arange(2)[:, None, None], 0.1, 0.0)
    found = icm(U, 1.0)
    assert np.ptp(found.labels) == 0
    assert len(found.energies) < 10


@given(seeds, st.floats(0, 1), st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_the_free_energy_falls_up_to_a_beta_of_one(seed, beta, K):
    found = mean_field(random_unary(K, 5, 6, seed), beta, iterations=30)
    assert (np.diff(found.energies) <= 1e-9).all()
    undamped = mean_field(random_unary(K, 5, 6, seed), beta / 2, damping=0.0)
    assert (np.diff(undamped.energies) <= 1e-9).all()


@given(seeds, betas)
@settings(max_examples=10, deadline=None)
def test_the_free_energy_is_a_bound_on_the_partition_function(seed, beta):
    """And it is the mean energy less the entropy, counted over all labellings."""
    U = random_unary(2, 2, 4, seed)
    found = mean_field(U, beta)
    labels, E = every_labelling(U, beta)
    at = np.indices(labels.shape[1:])
    q = found.posterior[labels, at[0], at[1]].prod(axis=(1, 2))
    assert q @ (E + np.log(q)) == pytest.approx(found.energies[-1])
    assert found.energies[-1] >= -np.logaddexp.reduce(-E) - 1e-9


def test_mean_field_ends_at_a_fixed_point():
    U = random_unary(3, 6, 7)
    Q = mean_field(U, (0.5, 0.8), iterations=200).posterior
    L = np.exp(U + neighbours(Q, (0.5, 0.8)))
    assert pytest.approx(L / L.sum(axis=0), abs=1e-9) == Q


@pytest.mark.parametrize(("bins", "frames"), [(1, 8), (8, 1)])
@pytest.mark.parametrize("beta", [0.5, (2.0, 1.0), 30.0])
def test_belief_propagation_is_exact_on_a_chain(bins, frames, beta):
    U = random_unary(2, bins, frames, seed=3)
    soft = belief_propagation(U, beta, iterations=10, damping=0)
    assert soft.posterior == pytest.approx(exact_marginals(U, beta), abs=1e-9)
    hard = belief_propagation_max(U, beta, iterations=10, damping=0)
    lowest = every_labelling(U, beta)[1].min()
    assert hard.energies[-1] == pytest.approx(lowest)


def test_soft_methods_come_near_the_exact_marginals():
    """A weak prior on a small grid; the margins grow with what each neglects."""
    for seed in range(3):
        U = random_unary(2, 3, 4, seed)
        exact = exact_marginals(U, 0.5)
        alone = np.abs(independent(U).posterior - exact).max()
        rng = np.random.default_rng(seed)
        many = gibbs(U, 0.5, rng, sweeps=3000, burn_in=50).posterior
        assert np.abs(many - exact).max() < 0.02
        assert np.abs(belief_propagation(U, 0.5).posterior - exact).max() < 0.03
        assert np.abs(mean_field(U, 0.5).posterior - exact).max() < 0.6 * alone


def test_gibbs_samples_three_labels_as_often_as_they_should():
    U = random_unary(3, 2, 3, seed=1)
    found = gibbs(U, (0.3, 0.9), np.random.default_rng(0), sweeps=3000, burn_in=50)
    assert np.abs(found.posterior - exact_marginals(U, (0.3, 0.9))).max() < 0.03
    assert len(found.energies) == 3050


def test_random_methods_are_drawn_from_the_rng():
    U = random_unary(2, 6, 6)
    for method in (gibbs, anneal):
        one, same, other = (method(U, 0.8, np.random.default_rng(s)) for s in (1, 1, 2))
        assert one.energies == same.energies
        assert one.energies != other.energies


def test_annealing_comes_nearer_to_the_lowest_energy_than_icm():
    gaps = []
    for seed in range(8):
        U = random_unary(2, 16, 16, seed)
        lowest = graph_cut(U, 1.2).energies[-1]
        by_icm = icm(U, 1.2).energies[-1] - lowest
        cooled = anneal(U, 1.2, np.random.default_rng(seed), sweeps=60).energies[-1]
        gaps.append((by_icm, cooled - lowest))
        assert min(gaps[-1]) >= -1e-4
    assert np.mean(gaps, axis=0)[1] < 0.7 * np.mean(gaps, axis=0)[0]


def test_hard_methods_come_most_of_the_way_down_on_a_larger_field():
    _, U = two_regions(65, 90, 0)
    lowest = graph_cut(U, 1.0).energies[-1]
    way = energy(independent(U).labels, U, 1.0) - lowest
    for method in (icm, belief_propagation_max, annealed, alpha_expansion):
        above = energy(method(U, 1.0).labels, U, 1.0) - lowest
        assert -1e-3 <= above <= 0.15 * way


def test_ten_seconds_of_sound_take_well_under_a_second():
    U = random_unary(2, 513, 625)
    for method in (mean_field, icm):
        best = min(_seconds(method, U) for _ in range(2))
        assert best < 1.0


def _seconds(method, U) -> float:
    start = time.process_time()
    method(U, 0.75)
    return time.process_time() - start


# --- bad input --------------------------------------------------------------------


@pytest.mark.parametrize("method", [*SOFT, *HARD, graph_cut])
def test_bad_fields_are_refused(method):
    U = random_unary(2, 3, 4)
    with pytest.raises(ValueError, match=r"beta must be 0 or more.*got -1"):
        method(U, -1)
    with pytest.raises(ValueError, match="beta must be 0 or more"):
        method(U, (1.0, np.nan))
    with pytest.raises(ValueError, match="beta must be 0 or more"):
        method(U, (1.0, 1.0, 1.0))
    with pytest.raises(ValueError, match=r"\(K, bins, frames\).*\(3, 4\)"):
        method(U[0], 1)
    with pytest.raises(ValueError, match=r"\(K, bins, frames\)"):
        method(U[:, :0], 1)
    with pytest.raises(ValueError, match="NaN or infinite"):
        method(np.where(U > 0, np.nan, U), 1)


def test_bad_settings_are_refused():
    U, rng = random_unary(3, 3, 4), np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"3 labels; use alpha_expansion"):
        graph_cut(U, 1)
    for method in (mean_field, belief_propagation, belief_propagation_max):
        with pytest.raises(
            ValueError, match="damping must be from 0 to below 1, got 1"
        ):
            method(U, 1, damping=1)
    with pytest.raises(ValueError, match="1 or more, got 0"):
        gibbs(U, 1, rng, sweeps=0)
    with pytest.raises(ValueError, match="temperature above 0: 0"):
        anneal(U, 1, rng, hottest=0)
    with pytest.raises(ValueError, match=r"of the shape \(3, 4\), got int64 \(4, 3\)"):
        energy(np.zeros((4, 3), int), U, 1)
    with pytest.raises(ValueError, match="from 0 to 2"):
        energy(np.full((3, 4), 3), U, 1)
    with pytest.raises(ValueError, match="whole numbers"):
        energy(np.zeros((3, 4)), U, 1)
    with pytest.raises(ValueError, match="of the shape"):
        icm(U, 1, start=np.zeros((2, 2), int))
