"""Homework 4, the codec: a quantiser, its entropy, and the small modules around it.

The exercises of one notebook, and what each student codes: the soft-to-hard quantiser
of a neural codec.

Lecture 09; slides "Neural Speech and Audio Coding".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from coursekit.coding import SoftToHard, autoencoder, soft_assignment
from coursekit.homework.checks.calls import Applied, Args, Gradient, Tensors
from coursekit.homework.checks.checker import ANYONE
from coursekit.homework.checks.exercise import CaseSpec, Exercise, Mistakes, built_on
from coursekit.homework.own_data import (
    RATE,
    Numbers,
    OwnRecording,
    Rng,
    any_of,
    own_rng,
    peak,
    spoken,
)

# --- what the students code -----------------------------------------------------------


def my_voice(student: str = ANYONE) -> OwnRecording:
    """Return a second of the student's own speaker, its loudest sample at 0.9.

    Examples
    --------
    >>> mine = my_voice("Ada")
    >>> mine.x.shape, round(float(abs(mine.x).max()), 3)
    ((16000,), 0.9)
    """
    rng = own_rng("hw4_models", student, "my_voice")
    sound = any_of(rng, spoken(2))
    starts = rng.integers(len(sound) - RATE, size=5)
    x = max((sound[i : i + RATE] for i in starts), key=np.linalg.norm)  # no pause
    return OwnRecording(0.9 * x / peak(x), RATE, "a second of a voice")


# --- the right answers --------------------------------------------------------------
#
# They are the package's own, in the form that the homework asks for.


def quantise(x: Tensor, centroids: Tensor, alpha: float) -> Tensor:
    """Return the nearest centroids, with the gradient of the soft average.

    Parameters
    ----------
    x
        ``(...)``.
    centroids
        ``(K,)``.
    alpha
        Sharpness, above 0.

    Examples
    --------
    >>> x = torch.tensor([0.2], requires_grad=True)
    >>> y = quantise(x, torch.tensor([0.0, 1.0]), 1.0)
    >>> y.backward()
    >>> y.item(), round(x.grad.item(), 2)
    (0.0, 0.46)
    """
    soft = soft_assignment(x, centroids, alpha) @ centroids
    hard = centroids[(x[..., None] - centroids).abs().argmin(dim=-1)]
    return soft + (hard - soft).detach()


def entropy(p: Tensor) -> Tensor:
    r"""Return the entropy of the average assignment, in bits per symbol.

    Parameters
    ----------
    p
        ``(..., K)``: how much each value belongs to each centroid.

    Returns
    -------
    bits
        One number, with a gradient: :math:`-\sum_k q_k \log_2 q_k` with q the mean of
        p over all values.

    Examples
    --------
    >>> entropy(torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])).item()
    1.0
    """
    q = p.reshape(-1, p.shape[-1]).mean(dim=0)
    return -(q * q.clamp(min=1e-12).log2()).sum()


class OneLayerCodec(nn.Module):
    """A codec of one convolution, a quantiser, and one sub-pixel convolution.

    Parameters
    ----------
    rows
        Channels of the code.
    bins
        Centroids.

    Examples
    --------
    >>> y, p = OneLayerCodec(2, 4)(torch.zeros(3, 1, 10))
    >>> y.shape, p.shape
    (torch.Size([3, 1, 10]), torch.Size([3, 2, 5, 4]))
    """

    def __init__(self, rows: int, bins: int) -> None:
        super().__init__()
        self.encoder = nn.Conv1d(1, rows, 9, stride=2, padding=4)
        self.quantiser = SoftToHard(bins)
        self.decoder = autoencoder.SubPixelUp(rows, 1, 2, 9)

    def code(self, x: Tensor) -> Tensor:
        """Return the numbers to be quantised, ``(batch, rows, time / 2)``."""
        return torch.tanh(self.encoder(x))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return what is decoded, of the shape of `x`, and the assignment.

        Parameters
        ----------
        x
            ``(batch, 1, time)``.

        Returns
        -------
        y, p
            ``(batch, 1, time)``; ``(batch, rows, time / 2, bins)``.
        """
        code, p = self.quantiser(self.code(x))
        y = self.decoder(code)
        return y, p


# --- what is asked ----------------------------------------------------------------


def centroids_of(rng: Rng, bins: int) -> Numbers:
    """Return ascending centroids, none of them near another.

    Parameters
    ----------
    rng
        Draws them.
    bins
        How many.

    Returns
    -------
    centroids
        ``(bins,)`` about [-1, 1].

    Examples
    --------
    >>> centroids = centroids_of(np.random.default_rng(0), 5)
    >>> centroids.shape, bool((np.diff(centroids) > 0.2).all())
    ((5,), True)
    """
    step = 2 / (bins - 1)
    return np.linspace(-1, 1, bins) + rng.uniform(-0.2, 0.2, bins) * step


def values(rng: Rng, *shape: int) -> Numbers:
    """Return values to be quantised, in [-1.2, 1.2] and of a given shape.

    Parameters
    ----------
    rng
        Draws them.
    shape
        Of the array ``(*shape,)``.

    Examples
    --------
    >>> values(np.random.default_rng(0), 2, 3).shape
    (2, 3)
    """
    return rng.uniform(-1.2, 1.2, shape)


def assignments(rng: Rng, *shape: int) -> Numbers:
    """Return soft assignments, of which none is 0.

    Parameters
    ----------
    rng
        Draws them.
    shape
        Of the array ``(*shape,)``; its last dimension counts the centroids, and the
        assignments sum to 1 over it.

    Examples
    --------
    >>> p = assignments(np.random.default_rng(0), 4, 3)
    >>> p.shape, bool(np.allclose(p.sum(axis=-1), 1)), bool((p > 0).all())
    ((4, 3), True, True)
    """
    return rng.dirichlet(rng.uniform(0.5, 3, shape[-1]), shape[:-1]) * 0.98 + (
        0.02 / shape[-1]
    )


def unused(rng: Rng) -> Args:
    """Return hard assignments that leave one centroid out.

    Parameters
    ----------
    rng
        Draws them.

    Returns
    -------
    p
        The one argument of `entropy`: ``(24, 5)``, in each row a single 1.
    """
    symbols = np.append(rng.integers(0, 4, 20), [0, 1, 2, 3])
    return (np.eye(5)[(symbols + rng.integers(1, 5)) % 5],)


def weighted(rng: Rng, *shape: int) -> Args:
    """Return values, centroids, a sharpness, and weights for a gradient.

    Parameters
    ----------
    rng
        Draws them.
    shape
        Of the values.

    Returns
    -------
    x, centroids, alpha, weights
        ``(*shape,)``, ``(bins,)``, one number above 0, ``(*shape,)``.
    """
    bins = int(rng.integers(4, 9))
    alpha = float(rng.uniform(3, 9))
    weights = rng.standard_normal(shape)
    return values(rng, *shape), centroids_of(rng, bins), alpha, weights


def quantiser_weights(rng: Rng, bins: int, before: str = "") -> dict[str, Numbers]:
    """Return weights of a learnt quantiser, by name.

    Parameters
    ----------
    rng
        Draws them.
    bins
        How many centroids.
    before
        Stands before the names.

    Returns
    -------
    weights
        ``centroids`` of shape ``(bins,)``, ``log_alpha`` of shape ``()``.
    """
    alpha = np.array(rng.uniform(0.5, 2.5))
    named = {"centroids": centroids_of(rng, bins), "log_alpha": alpha}
    return {before + name: array for name, array in named.items()}


def convolution(rng: Rng, shape: tuple[int, int, int], name: str) -> dict[str, Numbers]:
    """Return weights of a convolution, by name.

    Parameters
    ----------
    rng
        Draws them.
    shape
        Channels out, channels in, length of the kernel.
    name
        Of the module.

    Returns
    -------
    weights
        ``<name>.weight`` of that shape, ``<name>.bias`` of shape ``(channels out,)``.
    """
    scale = 1 / np.sqrt(shape[1] * shape[2])
    weight = scale * rng.standard_normal(shape)
    return {
        f"{name}.weight": weight,
        f"{name}.bias": 0.3 * rng.standard_normal(shape[0]),
    }


def codec_args(rng: Rng, rows: int, bins: int, shape: tuple[int, int]) -> Args:
    """Return arguments, weights and input of a codec.

    Parameters
    ----------
    rng
        Draws them.
    rows, bins
        Of the codec.
    shape
        Of the batch, and of the time.
    """
    weights = {
        **convolution(rng, (rows, 1, 9), "encoder"),
        **quantiser_weights(rng, bins, "quantiser."),
        **convolution(rng, (2, rows, 9), "decoder.convolution"),
    }
    return (rows, bins), weights, (values(rng, shape[0], 1, shape[1]),)


def sub_pixel_args(rng: Rng, shape: tuple[int, int, int], time: int) -> Args:
    """Return arguments, weights and input of a sub-pixel convolution.

    Parameters
    ----------
    rng
        Draws them.
    shape
        Channels inside, channels outside, stride.
    time
        Samples that go in.
    """
    inside, outside, stride = shape
    weights = convolution(rng, (outside * stride, inside, 5), "convolution")
    return (inside, outside, stride, 5), weights, (values(rng, 2, inside, time),)


def quantiser_args(rng: Rng, bins: int, *shape: int) -> Args:
    """Return arguments, weights and input of a learnt quantiser.

    Parameters
    ----------
    rng
        Draws them.
    bins
        How many centroids.
    shape
        Of the input.
    """
    return (bins,), quantiser_weights(rng, bins), (values(rng, *shape),)


def _values_and(bins: int, *shape: int) -> Callable[[Rng], Args]:
    def make(rng: Rng) -> Args:
        alpha = float(rng.uniform(2, 9))
        return values(rng, *shape), centroids_of(rng, bins), alpha

    return make


# --- misconceptions -------------------------------------------------------------


def _softmax_of(score: Callable[[Tensor, Tensor, Any], Tensor], dim: int = -1) -> Any:
    def assign(x: Tensor, centroids: Tensor, alpha: Any) -> Tensor:
        return score(x[..., None], centroids, alpha).softmax(dim)

    return assign


def _unnormalised(x: Tensor, centroids: Tensor, alpha: Any) -> Tensor:
    return (-alpha * (x[..., None] - centroids).abs()).exp()


_WRONG_ASSIGNMENTS: Mistakes = {
    "squared-distance": (
        "of the squared distance: the lecture takes its absolute value",
        _softmax_of(lambda x, b, a: -a * (x - b) ** 2),
    ),
    "minus-lost": (
        "without the minus, so that the farthest centroid gets most",
        _softmax_of(lambda x, b, a: a * (x - b).abs()),
    ),
    "signed-distance": (
        "of the distance with its sign: take the absolute value",
        _softmax_of(lambda x, b, a: -a * (x - b)),
    ),
    "alpha-divides": (
        "divided by alpha: a larger alpha makes the choice harder, not softer",
        _softmax_of(lambda x, b, a: -(x - b).abs() / a),
    ),
    "alpha-forgotten": (
        "without alpha",
        _softmax_of(lambda x, b, a: -(x - b).abs()),
    ),
    "over-the-values": (
        "along the wrong dimension: the shares of one value add up to 1",
        _softmax_of(lambda x, b, a: -a * (x - b).abs(), 0),
    ),
    "not-normalised": (
        "that is not normalised: the shares of one value add up to 1",
        _unnormalised,
    ),
}


def _nearest(x: Tensor, centroids: Tensor) -> Tensor:
    return (x[..., None] - centroids).abs().argmin(-1)


def _soft(x: Tensor, centroids: Tensor, alpha: Any) -> Tensor:
    return (soft_assignment(x, centroids, alpha) * centroids).sum(-1)


def _pulled_the_wrong_way(x: Tensor, centroids: Tensor, alpha: Any) -> Tensor:
    hard = centroids[_nearest(x, centroids)]
    return hard + (_soft(x, centroids, alpha) - hard).detach()


def _nothing_detached(x: Tensor, centroids: Tensor, alpha: Any) -> Tensor:
    soft = _soft(x, centroids, alpha)
    return soft + (centroids[_nearest(x, centroids)] - soft)


_WRONG_QUANTISERS: Mistakes = {
    "hard-without-gradient": (
        "the choice of the nearest has no gradient: let that of the soft average "
        "through, soft + (hard - soft).detach()",
        lambda x, b, a: b[_nearest(x, b)],
    ),
    "soft-only": (
        "this is the soft average: forward, each value becomes the nearest centroid",
        _soft,
    ),
    "identity-through": (
        "the gradient passes as through the identity: asked for is that of the soft "
        "average",
        lambda x, b, a: x + (b[_nearest(x, b)] - x).detach(),
    ),
    "detached-the-other-way": (
        "hard and soft have changed places: forward hard, backward soft",
        _pulled_the_wrong_way,
    ),
    "nothing-detached": (
        "the gradient is 0 everywhere, as of soft - soft: detach the bracket, and only "
        "that",
        _nothing_detached,
    ),
    "index-for-centroid": (
        "these are the numbers of the centroids: return the centroids themselves",
        lambda x, b, a: _nearest(x, b),
    ),
}


def _mean(p: Tensor) -> Tensor:
    return p.flatten(0, -2).mean(0)


def _bits(q: Tensor, log: Callable[[Tensor], Tensor] = torch.log2) -> Tensor:
    return -(q * log(q.clamp(min=1e-12))).sum(-1)


def _counted(p: Tensor) -> Tensor:
    symbols = p.argmax(-1).flatten()
    counts = torch.bincount(symbols, minlength=p.shape[-1])
    return _bits(counts.double() / symbols.numel())


_WRONG_ENTROPIES: Mistakes = {
    "gradient-cut": (
        "the gradient is cut off: no .item(), .numpy(), .detach() or no_grad on the "
        "way from p to the bits",
        lambda p: entropy(p).detach(),
    ),
    "natural-log": (
        "this is the entropy in nats: bits take log2",
        lambda p: _bits(_mean(p), torch.log),
    ),
    "entropy-of-each-value": (
        "this is the mean entropy of the single values: average p first, for the coder "
        "sees all symbols",
        lambda p: _bits(p).mean(),
    ),
    "sum-for-mean": (
        "p was added up over the values: q is their mean, and adds up to 1",
        lambda p: _bits(p.flatten(0, -2).sum(0)),
    ),
    "sign-lost": (
        "the minus is missing: bits are not negative",
        lambda p: -_bits(_mean(p)),
    ),
    "no-floor": (
        "0 log 0 is not a number here, but counts as 0: let nothing below 1e-12 into "
        "the logarithm",
        lambda p: -(_mean(p) * _mean(p).log2()).sum(),
    ),
    "counted-symbols": (
        "the hard symbols were counted: counts have no gradient, the mean of p has one",
        _counted,
    ),
    "of-all-values": (
        "the mean was taken over the centroids as well",
        lambda p: -(p * p.clamp(min=1e-12).log2()).mean(),
    ),
}

Forward = Callable[[SoftToHard, Tensor], tuple[Tensor, Tensor]]


def _quantiser_that(forward: Forward) -> Callable[[int], nn.Module]:
    """Return a builder of quantisers whose forward is another one."""
    return type("Wrong", (SoftToHard,), {"forward": forward})


def _sharpness_itself(q: SoftToHard, x: Tensor) -> tuple[Tensor, Tensor]:
    p = soft_assignment(x, q.centroids, q.log_alpha)
    return q.centroids[_nearest(x, q.centroids)], p


def _by(assign: Callable[..., Tensor]) -> Forward:
    def forward(q: SoftToHard, x: Tensor) -> tuple[Tensor, Tensor]:
        return q.centroids[_nearest(x, q.centroids)], assign(x, q.centroids, q.alpha)

    return forward


_WRONG_MODULES: Mistakes = {
    "alpha-not-its-logarithm": (
        "log_alpha was taken for alpha itself: the sharpness is its exponential",
        _quantiser_that(_sharpness_itself),
    ),
    "soft-only": (
        "y is the soft average: it holds the nearest centroids",
        _quantiser_that(lambda q, x: q.soft(x)),
    ),
    "results-swapped": (
        "y and p have changed places",
        _quantiser_that(lambda q, x: SoftToHard.forward(q, x)[::-1]),
    ),
}

Deal = Callable[[Tensor, int], Tensor]


def _dealt(deal: Deal) -> Callable[..., nn.Module]:
    """Return a builder of sub-pixel convolutions that deal channels out otherwise."""

    def forward(self: Any, x: Tensor) -> Tensor:
        return deal(self.convolution(x), self.stride)

    return type("Wrong", (autoencoder.SubPixelUp,), {"forward": forward})


def _in_blocks(y: Tensor, stride: int) -> Tensor:
    return torch.stack(y.chunk(stride, dim=1), dim=-1).flatten(2)


def _one_after_the_other(y: Tensor, stride: int) -> Tensor:
    return y.reshape(len(y), -1, stride * y.shape[-1])


def _from_the_last(y: Tensor, stride: int) -> Tensor:
    parts = [y[:, j::stride] for j in reversed(range(stride))]
    return torch.stack(parts, dim=-1).flatten(2)


def _repeated(y: Tensor, stride: int) -> Tensor:
    return y[:, ::stride].repeat_interleave(stride, dim=-1)


_WRONG_DEALS: Mistakes = {
    "channels-in-blocks": (
        "channel c * stride + j goes to channel c, at the j-th of its new places; here "
        "c and j have changed places",
        _in_blocks,
    ),
    "one-after-the-other": (
        "the channels stand one after the other in time: they take turns, sample by "
        "sample",
        _one_after_the_other,
    ),
    "from-the-last": (
        "the channels take turns from the last to the first",
        _from_the_last,
    ),
    "repeated": (
        "each sample is repeated: the other channels of the convolution are lost",
        _repeated,
    ),
}


class _Wrong(OneLayerCodec):
    """A codec with its steps in another order."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        code, p = self.coded(self.encoder(x))
        y = self.decoder(code)
        return y, p

    def coded(self, x: Tensor) -> tuple[Tensor, Tensor]:
        raise NotImplementedError


class _WithoutTanh(_Wrong):
    def coded(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y, p = self.quantiser(x)
        return y, p


class _TanhTooLate(_Wrong):
    def coded(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y, p = self.quantiser(x)
        return y.tanh(), p


class _NotQuantised(_Wrong):
    def coded(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x.tanh(), self.quantiser(x.tanh())[1]


class _SoftlyQuantised(_Wrong):
    def coded(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.quantiser.soft(x.tanh())


def _codec_with(quantiser: Callable[[int], nn.Module]) -> Callable[..., nn.Module]:
    """Return a builder of codecs with another quantiser."""

    def build(rows: int, bins: int) -> nn.Module:
        codec = OneLayerCodec(rows, bins)
        codec.quantiser = quantiser(bins)  # type: ignore[assignment]
        return codec

    return build


class _OneAfterTheOther(OneLayerCodec):
    def __init__(self, rows: int, bins: int) -> None:
        super().__init__(rows, bins)
        self.decoder = _dealt(_one_after_the_other)(rows, 1, 2, 9)  # type: ignore


_WRONG_CODECS: Mistakes = {
    "tanh-forgotten": (
        "the code was not brought into (-1, 1) before it was quantised: tanh is lost",
        _WithoutTanh,
    ),
    "tanh-after-the-quantiser": (
        "the tanh comes after the quantiser: what leaves it are centroids",
        _TanhTooLate,
    ),
    "not-quantised": (
        "the decoder gets the code as it was before the quantiser: that would have to "
        "be sent",
        _NotQuantised,
    ),
    "soft-only": (
        "the decoder gets the soft average: it can only be sent centroids",
        _SoftlyQuantised,
    ),
    "one-after-the-other": (
        "the decoder's channels stand one after the other: they take turns",
        _OneAfterTheOther,
    ),
}


def _through(assign: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return a quantiser, right but for its assignment."""

    def quantised(x: Tensor, centroids: Tensor, alpha: float) -> Tensor:
        average = assign(x, centroids, alpha) @ centroids
        return average + (centroids[_nearest(x, centroids)] - average).detach()

    return quantised


def _quantiser_with(assign: Callable[..., Tensor]) -> Callable[[int], nn.Module]:
    """Return a builder of learnt quantisers, right but for their assignment."""
    return _quantiser_that(_by(assign))


def _codec_assigning(assign: Callable[..., Tensor]) -> Callable[..., nn.Module]:
    """Return a builder of codecs, right but for the assignment in them."""
    return _codec_with(_quantiser_with(assign))


# The signed distance has no gradient, and neither has what nothing-detached makes.
_WITH_GRADIENT = {
    name: wrong
    for name, wrong in _WRONG_ASSIGNMENTS.items()
    if name != "signed-distance"
}


# --- exercises ------------------------------------------------------------------

SOFT_ASSIGNMENT = Exercise(
    "soft_assignment", 3, "09_neural_coding", soft_assignment,
    mode=Tensors(),
    visible=(
        CaseSpec(
            "five values, four centroids", _values_and(4, 5), 0.5,
            "Each row of p belongs to one value and adds up to 1.",
        ),
        CaseSpec(
            "a batch", _values_and(3, 2, 1, 4), 0.5,
            "Put the centroids into a new last dimension: x[..., None] - centroids.",
        ),
    ),
    mistakes=(built_on(_WRONG_ASSIGNMENTS, "this is an assignment {}"),),
)  # fmt: skip

QUANTISE = Exercise(
    "quantise", 3, "09_neural_coding", quantise,
    mode=Tensors(),
    visible=(
        CaseSpec(
            "its values", _values_and(5, 6), 0.5,
            "What comes out are centroids, each the nearest.",
        ),
        CaseSpec(
            "its gradient", lambda rng: weighted(rng, 6), 0.5,
            "soft + (hard - soft).detach() has the value of hard, "
            "the gradient of soft.",
            mode=Gradient(of=0, weighted=True),
        ),
    ),
    mistakes=(
        built_on(
            _WITH_GRADIENT, "the gradient is that of an assignment {}", _through
        ),
        _WRONG_QUANTISERS,
    ),
    forbidden=("coursekit.coding.quantise.round_through",),
)  # fmt: skip

ENTROPY = Exercise(
    "entropy", 3, "09_neural_coding", entropy,
    mode=Tensors(),
    visible=(
        CaseSpec(
            "soft assignments", lambda rng: (assignments(rng, 6, 4),), 0.5,
            "First the mean of p over all values, then the entropy of that.",
        ),
        CaseSpec(
            "a centroid that nobody uses", unused, 0.5,
            "0 log 0 counts as 0: let nothing below 1e-12 into the logarithm.",
        ),
        CaseSpec(
            "its gradient", lambda rng: (assignments(rng, 6, 4),), 0.5,
            "No .item(), .numpy() or argmax on the way from p to the bits.",
            mode=Gradient(),
        ),
    ),
    mistakes=(_WRONG_ENTROPIES,),
    forbidden=(
        "coursekit.coding.entropy.entropy", "coursekit.coding.entropy.EntropyModel",
    ),
)  # fmt: skip

LEARNT_QUANTISER = Exercise(
    "learnt_quantiser", 2, "09_neural_coding", SoftToHard, results=("y", "p"),
    mode=Applied(),
    visible=(
        CaseSpec(
            "with other weights", lambda rng: quantiser_args(rng, 4, 6), 0.5,
            "Two parameters: centroids of shape (bins,), "
            "and log_alpha without dimensions.",
        ),
    ),
    mistakes=(
        built_on(_WRONG_ASSIGNMENTS, "p is an assignment {}", _quantiser_with),
        _WRONG_MODULES,
    ),
)  # fmt: skip

SUB_PIXEL = Exercise(
    "sub_pixel", 2, "09_neural_coding", autoencoder.SubPixelUp,
    mode=Applied(),
    visible=(
        CaseSpec(
            "two channels become one twice as long, and another",
            lambda rng: sub_pixel_args(rng, (3, 2, 2), 4), 0.5,
            "Write down which channel of the convolution goes to which place in time.",
        ),
    ),
    mistakes=(built_on(_WRONG_DEALS, "{}", _dealt),),
)  # fmt: skip

CODEC = Exercise(
    "codec", 2, "09_neural_coding", OneLayerCodec, results=("y", "p"),
    mode=Applied(),
    visible=(
        CaseSpec(
            "with other weights", lambda rng: codec_args(rng, 2, 4, (2, 12)), 0.5,
            "encoder, tanh, quantiser, decoder; return the sound and p.",
        ),
    ),
    mistakes=(
        built_on(_WRONG_ASSIGNMENTS, "p is an assignment {}", _codec_assigning),
        _WRONG_CODECS,
    ),
)  # fmt: skip

EXERCISES = (SOFT_ASSIGNMENT, QUANTISE, ENTROPY, LEARNT_QUANTISER, SUB_PIXEL, CODEC)
