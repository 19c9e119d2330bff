"""Entropy, frozen tables, the learnt distribution and the control of the bitrate."""

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from coursekit.coding import EntropyModel, RateControl, entropy
from coursekit.coding.entropy import TABLE_BITS, count_symbols, frozen_frequencies

rng = np.random.default_rng(93)
POSITIVE = arrays(float, st.tuples(st.integers(1, 4), st.integers(1, 40)),
                  elements=st.floats(0, 1e6))  # fmt: skip


def test_entropy_agrees_with_scipy():
    p = rng.dirichlet(np.ones(7), 5)
    np.testing.assert_allclose(entropy(p), scipy.stats.entropy(p, base=2, axis=-1))
    assert entropy([3, 0, 0]) == 0


@given(POSITIVE)
@settings(max_examples=80, deadline=None)
def test_frozen_tables_are_whole_complete_and_near(p):
    p[:, 0] += 1
    table = frozen_frequencies(p)
    assert table.dtype == np.int32
    assert table.min() >= 1
    assert (table.sum(-1) == 2**TABLE_BITS).all()
    share = p / p.sum(-1, keepdims=True)
    near = np.abs(table / 2**TABLE_BITS - share)
    assert near.max() <= (p.shape[-1] + 2) / 2**TABLE_BITS


def test_freezing_costs_next_to_nothing():
    p = rng.dirichlet(np.ones(32), 20)
    q = frozen_frequencies(p) / 2**TABLE_BITS
    cross = -(p * np.log2(q)).sum(-1)
    assert np.max(cross - entropy(p)) < 1e-3


def test_the_distribution_learns_the_symbols_it_sees():
    p = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])
    contexts = rng.integers(2, size=4000)
    symbols = np.array([rng.choice(3, p=p[c]) for c in contexts])
    model = EntropyModel(2, 3)
    adam = torch.optim.Adam(model.parameters(), 0.05)
    s, c = torch.from_numpy(symbols), torch.from_numpy(contexts)
    for _ in range(200):
        adam.zero_grad()
        model.bits(s, c).mean().backward()
        adam.step()
    counts = count_symbols(symbols, contexts, (2, 3))
    np.testing.assert_array_equal(counts.sum(1), np.bincount(contexts))
    shares = counts.sum(1) / 4000
    assert model.bits(s, c).mean().item() == pytest.approx(
        float(shares @ entropy(counts)), abs=1e-3
    )
    model.freeze(counts, prior=0)
    frozen = model.frequencies.numpy() / 2**TABLE_BITS
    np.testing.assert_allclose(frozen, counts / counts.sum(1)[:, None], atol=1e-4)


def test_expected_bits_of_hard_choices_are_the_bits():
    model = EntropyModel(3, 5)
    model.logits.data = torch.from_numpy(rng.standard_normal((3, 5))).float()
    s, c = torch.tensor([0, 4, 2]), torch.tensor([2, 0, 1])
    p = torch.eye(5)[s].requires_grad_()
    torch.testing.assert_close(model.expected_bits(p, c), model.bits(s, c))
    model.expected_bits(p, c).sum().backward()
    torch.testing.assert_close(p.grad, model.costs().detach()[c])


def test_the_prior_speaks_where_nothing_was_counted():
    model = EntropyModel(2, 2)
    model.logits.data = torch.log(torch.tensor([[0.9, 0.1], [0.9, 0.1]]))
    model.freeze(np.array([[0, 0], [0, 10000]]))
    share = model.frequencies.numpy() / 2**TABLE_BITS
    np.testing.assert_allclose(share[0], [0.9, 0.1], atol=1e-4)
    assert share[1, 1] > 0.99


def test_the_control_finds_the_weight_that_gives_the_target():
    control = RateControl(target=12.0, weight=5.0, step=1.05)
    for _ in range(200):
        control.update(24 / (1 + control.weight.item()))  # more weight, fewer bits
    assert 24 / (1 + control.weight.item()) == pytest.approx(12, rel=0.05)
    assert "weight" in control.state_dict()


def test_what_makes_no_distribution_is_refused():
    for bad in ([0.5, -0.1], [0.0, 0.0], [np.nan, 1.0]):
        with pytest.raises(ValueError, match="probabilities must be"):
            frozen_frequencies(bad)
    with pytest.raises(ValueError, match="probabilities must not be below 0"):
        entropy([0.0, 0.0])
    with pytest.raises(ValueError, match="5000 symbols are too many for one table"):
        frozen_frequencies(np.ones(5000))
    with pytest.raises(ValueError, match=r"shape \(1, 3\), the model \(1, 2\)"):
        EntropyModel(1, 2).freeze(np.ones((1, 3)))
    with pytest.raises(ValueError, match="target 0 and weight 1"):
        RateControl(0)
