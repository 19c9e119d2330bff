"""Quantisers: nearest by brute force, limits of softness, gradients."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit.coding import SoftToHard, round_through, soft_assignment, softness

rng = np.random.default_rng(92)


@given(st.integers(2, 9), st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_hard_values_are_the_nearest_centroids(bins, seed):
    draw = np.random.default_rng(seed)
    quantiser = SoftToHard(bins).double()
    centroids = draw.standard_normal(bins)
    quantiser.centroids.data = torch.from_numpy(centroids)
    x = draw.standard_normal((3, 7))
    nearest = centroids[np.argmin(np.abs(x[..., None] - centroids), -1)]
    y, p = quantiser(torch.from_numpy(x))
    np.testing.assert_allclose(y.detach(), nearest, atol=1e-12)
    np.testing.assert_allclose(p.sum(-1).detach(), 1, atol=1e-12)
    symbols = quantiser.symbols(torch.from_numpy(x))
    np.testing.assert_array_equal(quantiser.values(symbols).detach(), nearest)


def test_the_assignment_is_the_papers_formula():
    x, b = rng.standard_normal(5), rng.standard_normal(4)
    e = np.exp(-3.0 * np.abs(x[:, None] - b))
    p = soft_assignment(torch.from_numpy(x), torch.from_numpy(b), 3.0)
    np.testing.assert_allclose(p, e / e.sum(1, keepdims=True), atol=1e-12)


def test_soft_becomes_hard_as_the_sharpness_grows():
    quantiser, x = SoftToHard(8), torch.from_numpy(rng.uniform(-1, 1, 200)).float()
    distance, undecided = [], []
    for alpha in (1, 10, 100, 1000):
        quantiser.alpha = alpha
        soft, p = quantiser.soft(x)
        hard, _ = quantiser(x)
        distance.append((soft - hard).abs().mean().item())
        undecided.append(softness(p).item())
    assert distance == sorted(distance, reverse=True)
    assert undecided == sorted(undecided, reverse=True)
    assert distance[-1] < 0.01


def test_gradients_take_the_soft_way():
    quantiser = SoftToHard(5, alpha=4.0).double()
    x = torch.from_numpy(rng.uniform(-1, 1, 9)).requires_grad_()
    weight = torch.from_numpy(rng.standard_normal(9))
    parameters = (x, quantiser.centroids, quantiser.log_alpha)
    hard = torch.autograd.grad((quantiser(x)[0] * weight).sum(), parameters)
    soft = torch.autograd.grad((quantiser.soft(x)[0] * weight).sum(), parameters)
    for a, b in zip(hard[:1] + hard[2:], soft[:1] + soft[2:], strict=True):
        torch.testing.assert_close(a, b)
    assert all(g.abs().sum() > 0 for g in hard)
    assert torch.autograd.gradcheck(lambda v: quantiser.soft(v)[0], (x,))


def test_centroids_learn_to_sit_where_the_values_are():
    quantiser = SoftToHard(2, alpha=50.0)
    x = torch.tensor([-0.5, -0.3, 0.6, 0.8])
    adam = torch.optim.Adam(quantiser.parameters(), 0.01)
    for _ in range(300):
        adam.zero_grad()
        (quantiser(x)[0] - x).square().mean().backward()
        adam.step()
    found = quantiser.centroids.detach().numpy()
    np.testing.assert_allclose(found, [-0.4, 0.7], atol=0.07)


def test_softness_between_its_bounds():
    one_hot, even = torch.eye(4), torch.full((3, 4), 0.25)
    assert softness(one_hot).item() == pytest.approx(0, abs=1e-5)
    assert softness(even).item() == pytest.approx(1.0, abs=1e-5)  # sqrt(4) - 1


def test_rounding_passes_the_gradient_through():
    x = torch.tensor([-1.6, 0.2, 2.5], requires_grad=True)
    y = round_through(x)
    assert y.tolist() == [-2.0, 0.0, 2.0]
    (y * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert x.grad.tolist() == [1.0, 2.0, 3.0]


def test_what_makes_no_quantiser_is_refused():
    with pytest.raises(ValueError, match="bins is 1: a quantiser chooses among 2"):
        SoftToHard(1)
    with pytest.raises(ValueError, match=r"alpha is 0.0: sharpness must be above 0"):
        SoftToHard(4, alpha=0.0)
    with pytest.raises(ValueError, match="alpha is -1"):
        SoftToHard(4).alpha = -1
