"""Homework 4, the codec: closed forms, the package's own modules, and what is sent."""

import numpy as np
import pytest
import torch
from scipy.special import softmax
from scipy.stats import entropy as scipys_entropy

from coursekit import coding, metrics
from coursekit.coding.autoencoder import SubPixelUp
from coursekit.homework.checks.ask import answer
from coursekit.homework.checks.calls import Gradient
from coursekit.homework.checks.cases import (
    draw,
)
from coursekit.homework.checks.judge import diagnosis
from coursekit.homework.hw4_models import HOMEWORK, check, codec, my_voice

RNG = np.random.default_rng(4)
X, CENTROIDS = RNG.uniform(-1, 1, 7), np.array([-0.9, -0.2, 0.4, 1.1])


@pytest.fixture(scope="module")
def held(all_hw):
    return next(h for h in all_hw if h.name == "hw4_models")


@pytest.fixture(scope="module")
def space(held):
    """What the reference's notebook has defined."""
    return held.run(held.reference, "Ada")["codec"]


def tensors(*arrays):
    return [torch.from_numpy(a) for a in arrays]


def test_assignment_is_scipys_softmax(space):
    p = space["soft_assignment"](*tensors(X, CENTROIDS), 5.0)
    expected = softmax(-5.0 * np.abs(X[:, None] - CENTROIDS), axis=1)
    np.testing.assert_allclose(p, expected)


def test_quantised_values_are_the_nearest_centroids(space):
    y = space["quantise"](*tensors(X, CENTROIDS), 5.0)
    nearest = [CENTROIDS[np.argmin(np.abs(CENTROIDS - x))] for x in X]
    np.testing.assert_allclose(y, nearest)


def test_the_gradient_is_that_of_the_soft_average(space):
    weights = RNG.standard_normal(7)
    got = answer(
        space["quantise"], (X, CENTROIDS, 5.0, weights), 5.0, Gradient(weighted=True)
    ).value

    def soft(x):
        return softmax(-5.0 * np.abs(x[:, None] - CENTROIDS), axis=1) @ CENTROIDS

    np.testing.assert_allclose(
        got, weights * (soft(X + 1e-6) - soft(X - 1e-6)) / 2e-6, rtol=1e-6
    )


def test_the_homeworks_quantiser_is_the_courses(space):
    module = coding.SoftToHard(6, alpha=7.0).double()
    x = torch.from_numpy(X).requires_grad_()
    y, _ = module(x)
    ours = codec.quantise(x, module.centroids, module.alpha)
    assert torch.allclose(y, ours)
    slopes = [
        torch.autograd.grad(out.sum(), x, retain_graph=True)[0] for out in (y, ours)
    ]
    assert torch.allclose(*slopes)


def test_entropy_is_scipys_and_the_courses(space):
    p = codec.assignments(RNG, 5, 3, 6)
    bits = space["entropy"](torch.from_numpy(p)).item()
    q = p.reshape(-1, 6).mean(0)
    np.testing.assert_allclose(bits, scipys_entropy(q, base=2))
    np.testing.assert_allclose(bits, coding.entropy(q))
    even = torch.eye(8, dtype=torch.float64)
    np.testing.assert_allclose(space["entropy"](even).item(), 3)


def test_the_gradient_of_entropy_is_the_closed_form(space):
    p = codec.assignments(RNG, 5, 4)
    got = answer(space["entropy"], (p,), 5.0, Gradient()).value
    slope = -(np.log2(p.mean(0)) + 1 / np.log(2)) / 5
    np.testing.assert_allclose(got, np.tile(slope, (5, 1)))


def test_sub_pixels_take_turns(space):
    module, courses = space["sub_pixel"](3, 2, 4, 5), SubPixelUp(3, 2, 4, 5)
    courses.load_state_dict(module.state_dict())
    x = torch.randn(2, 3, 6, generator=torch.Generator().manual_seed(0))
    y, longer = module.convolution(x), module(x)
    for c in range(2):
        for j in range(4):
            assert torch.equal(longer[:, c, j::4], y[:, 4 * c + j])
    assert torch.equal(longer, courses(x))


def test_parameters_have_the_names_that_the_text_gives(space):
    names = {name for name, _ in space["codec"](2, 4).named_parameters()}
    assert names == {name for name, _ in codec.OneLayerCodec(2, 4).named_parameters()}
    start = dict(space["learnt_quantiser"](3).named_parameters())
    assert start["centroids"].tolist() == [-1, 0, 1]
    assert start["log_alpha"].shape == ()


def test_weights_are_drawn_for_each_submission_anew(held):
    for case in held.homework.hidden:
        if case.part == "codec":
            one, two = (draw(held.homework, case, "Ada", key) for key in (b"1", b"2"))
            assert set(one[1]) == set(two[1])
            assert not np.array_equal(
                one[1]["encoder.weight"], two[1]["encoder.weight"]
            )
            assert min(np.diff(one[1]["quantiser.centroids"])) > 0


def test_dear_bits_make_fewer_bits(space):
    """What the last cells show, with fewer steps."""
    voice = my_voice("Ada")
    s = torch.tensor(voice.x, dtype=torch.float32)[None, None]
    bits, snr = {}, {}
    for weight in (0.001, 0.1):
        torch.manual_seed(0)
        model = space["codec"](2, 16)
        optimiser = torch.optim.Adam(model.parameters(), lr=0.03)
        for _ in range(50):
            y, p = model(s)
            noise = ((y - s) ** 2).mean() / (s**2).mean()
            (noise + weight * space["entropy"](p)).backward()
            optimiser.step()
            optimiser.zero_grad()
        bits[weight] = space["entropy"](p).item()
        snr[weight] = metrics.snr(voice.x, y.detach().numpy()[0, 0].astype(float))
    assert bits[0.1] < bits[0.001] / 1.5
    assert 6 < snr[0.1] < snr[0.001]


@pytest.mark.parametrize(
    ("part", "misconception"),
    [
        ("soft_assignment", "minus-lost"),
        ("quantise", "hard-without-gradient"),
        ("quantise", "identity-through"),
        ("entropy", "natural-log"),
        ("entropy", "gradient-cut"),
        ("learnt_quantiser", "alpha-not-its-logarithm"),
        ("sub_pixel", "channels-in-blocks"),
        ("codec", "tanh-forgotten"),
    ],
)
def test_misconceptions_are_told_at_once(part, misconception):
    wrong = next(
        m.wrong
        for m in HOMEWORK.misconceptions
        if (m.part, m.name) == (part, misconception)
    )
    assert diagnosis(check.findings(part, wrong), part) == misconception


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("b", "has no parameter or buffer called 'centroids'"),
        ("extra", "was not asked for: 'bias'"),
        ("row", "log_alpha has the shape (1,), not ()"),
    ],
)
def test_parameters_that_do_not_fit_are_named(change, sentence):
    def build(bins):
        module = torch.nn.Module()
        name = "b" if change == "b" else "centroids"
        module.register_parameter(name, torch.nn.Parameter(torch.zeros(bins)))
        shape = (1,) if change == "row" else ()
        module.register_parameter("log_alpha", torch.nn.Parameter(torch.zeros(shape)))
        if change == "extra":
            module.register_buffer("bias", torch.zeros(1))
        return module

    (finding,) = check.findings("learnt_quantiser", build)
    assert sentence in finding.sentence
