"""How many bits a symbol costs, and how to make it cost as many as wanted.

A range coder spends :math:`-\\log_2 q(s)` bits on a symbol s to which the model
gave the probability q(s); on average no fewer than the entropy of the symbols.
`EntropyModel` learns q together with the codec, one distribution per *context*
(which part of the code, after which neighbours), and freezes it to integers: every
machine must find the very same table, or the decoder reads something else than the
encoder wrote. `RateControl` steers the weight of the bits in the loss towards a
bitrate.

Taught in lecture 09.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax

Numbers = np.ndarray[Any, np.dtype[Any]]

TABLE_BITS = 16
"""Frozen frequencies of one context add up to ``2**TABLE_BITS``."""


def entropy(probabilities: Numbers) -> Any:
    r"""Return the entropy of each distribution, in bits.

    Lecture 09.

    Parameters
    ----------
    probabilities
        ``(..., K)``, not below 0; counts will do, each row is scaled to a sum of 1.

    Returns
    -------
    bits
        ``(...)``: :math:`-\sum_k p_k \log_2 p_k`, with :math:`0 \log_2 0 = 0`.

    Raises
    ------
    ValueError
        Where a value is below 0, or a row has no sum above 0.

    Examples
    --------
    >>> float(entropy([1, 1, 1, 1])), float(entropy([0.5, 0.5, 0]))
    (2.0, 1.0)
    """
    p = np.asarray(probabilities, float)
    total = p.sum(axis=-1, keepdims=True)
    if p.min(initial=0) < 0 or not np.all(total > 0):
        raise ValueError("probabilities must not be below 0 and must have a sum")
    p = p / total
    return np.sum(p * -np.log2(np.where(p > 0, p, 1)), axis=-1)


def frozen_frequencies(probabilities: Numbers) -> Numbers:
    """Return integer frequencies for a range coder, as probabilities, none zero.

    Lecture 09.

    Parameters
    ----------
    probabilities
        ``(..., K)``, counts will do; K at most ``2**12``.

    Returns
    -------
    frequencies
        int32 ``(..., K)``, each at least 1, each row with the sum ``2**TABLE_BITS``.
        What can never come still costs no more than ``TABLE_BITS`` bits.

    Raises
    ------
    ValueError
        Where a value is below 0 or not finite, a row has no sum, or K is too large.

    Examples
    --------
    >>> frozen_frequencies([0.75, 0.25, 0.0]).tolist()
    [49151, 16384, 1]
    """
    p = np.asarray(probabilities, float)
    K, total = p.shape[-1], 2**TABLE_BITS
    if K > 2**12:
        raise ValueError(f"{K} symbols are too many for one table; send them in parts")
    sums = p.sum(axis=-1, keepdims=True)
    if not np.all(np.isfinite(p)) or p.min(initial=0) < 0 or not np.all(sums > 0):
        raise ValueError("probabilities must be finite, not below 0, and have a sum")
    share = p / sums * (total - K)
    whole = np.floor(share).astype(np.int32) + 1
    missing = total - whole.sum(axis=-1, keepdims=True)
    # The largest remainders take what rounding down left over.
    order = np.argsort(np.argsort(-(share % 1), axis=-1, kind="stable"), axis=-1)
    return (whole + (order < missing)).astype(np.int32)


class EntropyModel(nn.Module):
    """Learnt distributions of symbols, one per context, to be frozen to integers.

    Lecture 09.

    Parameters
    ----------
    contexts, symbols
        Number of distributions and of symbols in each.

    Attributes
    ----------
    logits
        ``(contexts, symbols)``, learnt. Give them a faster learning rate than the
        rest: they chase symbols that the rest moves about.
    frequencies
        int32, the same shape: what the range coder uses; set by `freeze`.

    Examples
    --------
    >>> model = EntropyModel(contexts=1, symbols=4)
    >>> model.bits(torch.tensor([0, 3]), torch.tensor([0, 0])).tolist()
    [2.0, 2.0]
    """

    frequencies: Tensor

    def __init__(self, contexts: int, symbols: int) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(contexts, symbols))
        even = frozen_frequencies(np.ones((contexts, symbols)))
        self.register_buffer("frequencies", torch.from_numpy(even))

    def costs(self) -> Tensor:
        """Return what each symbol costs in bits, ``(contexts, symbols)``.

        Examples
        --------
        >>> EntropyModel(2, 8).costs().tolist()[1][:3]
        [3.0, 3.0, 3.0]
        """
        return -log_softmax(self.logits, dim=-1) / np.log(2)

    def bits(self, symbols: Tensor, contexts: Tensor) -> Tensor:
        """Return the cost of each symbol in bits, of the shape of both arguments.

        Examples
        --------
        >>> EntropyModel(2, 8).bits(torch.tensor([5]), torch.tensor([1])).item()
        3.0
        """
        return self.costs()[contexts, symbols]

    def expected_bits(self, p: Tensor, contexts: Tensor) -> Tensor:
        """Return the cost of softly assigned symbols, in bits.

        Parameters
        ----------
        p
            Assignment ``(..., symbols)``; it gets gradients, as the logits do.
        contexts
            ``(...)``.

        Returns
        -------
        bits
            ``(...)``: ``sum_k p_k * costs()[context, k]``.

        Examples
        --------
        >>> p = torch.tensor([[0.5, 0.5]])
        >>> EntropyModel(1, 2).expected_bits(p, torch.tensor([0])).item()
        1.0
        """
        return (p * self.costs()[contexts]).sum(dim=-1)

    @torch.no_grad()
    def freeze(self, counts: Numbers, prior: float = 16.0) -> None:
        """Set the integer tables from how often each symbol came.

        Parameters
        ----------
        counts
            ``(contexts, symbols)``, of the training material.
        prior
            How many further symbols, spread as the learnt distribution has them,
            are added to each context: it speaks where there was little to count.

        Raises
        ------
        ValueError
            Where the counts have another shape.

        Examples
        --------
        >>> model = EntropyModel(1, 2)
        >>> model.freeze(np.array([[300, 100]]), prior=0)
        >>> model.frequencies.tolist()
        [[49152, 16384]]
        """
        if np.shape(counts) != tuple(self.logits.shape):
            raise ValueError(
                f"counts have the shape {np.shape(counts)}, "
                f"the model {tuple(self.logits.shape)}"
            )
        learnt = torch.softmax(self.logits.double(), dim=-1).cpu().numpy()
        frozen = frozen_frequencies(counts + prior * learnt)
        self.frequencies.copy_(torch.from_numpy(frozen))


def count_symbols(symbols: Numbers, contexts: Numbers, shape: Sequence[int]) -> Any:
    """Return how often each symbol came in each context, ``shape`` of int64.

    Lecture 09.

    Examples
    --------
    >>> count_symbols(np.array([1, 1, 0]), np.array([0, 0, 1]), (2, 2)).tolist()
    [[0, 2], [1, 0]]
    """
    index = np.ravel(contexts) * shape[1] + np.ravel(symbols)
    return np.bincount(index, minlength=shape[0] * shape[1]).reshape(shape)


class RateControl(nn.Module):
    """Rate control: the weight of the bits in the loss, steered towards a bitrate.

    Whenever the bitrate has left the tolerated band around the target, the weight
    goes up or down by a fixed factor, so that in the end the codec has the bitrate
    and the best quality for it. The weight is a buffer: checkpoints keep it.

    Lecture 09.

    Parameters
    ----------
    target
        Bitrate wanted, in any unit, above 0.
    weight
        To start with, above 0.
    tolerance
        Share of the target by which the bitrate may miss it.
    step
        Factor per `update`, above 1.

    Raises
    ------
    ValueError
        Where one of them is out of range.

    Notes
    -----
    Kankanahalli, ICASSP 2018, does the same with steps added once an epoch.

    Examples
    --------
    >>> control = RateControl(target=16.0, weight=1.0)
    >>> control.update(20.0)  # too many bits: let them weigh more
    >>> control.weight.item() > 1
    True
    """

    weight: Tensor

    def __init__(
        self,
        target: float,
        weight: float = 1.0,
        tolerance: float = 0.02,
        step: float = 1.02,
    ) -> None:
        super().__init__()
        if not (target > 0 and weight > 0 and tolerance >= 0 and step > 1):
            raise ValueError(
                f"target {target} and weight {weight} must be above 0, tolerance "
                f"{tolerance} not below 0 and step {step} above 1"
            )
        self.target, self.tolerance, self.step = target, tolerance, step
        self.register_buffer("weight", torch.tensor(float(weight)))

    @torch.no_grad()
    def update(self, bitrate: float) -> None:
        """Move the weight one step if the bitrate is off its target.

        Examples
        --------
        >>> control = RateControl(target=16.0)
        >>> control.update(16.1)  # near enough
        >>> control.weight.item()
        1.0
        """
        if bitrate > self.target * (1 + self.tolerance):
            self.weight.mul_(self.step)
        elif bitrate < self.target * (1 - self.tolerance):
            self.weight.div_(self.step)
