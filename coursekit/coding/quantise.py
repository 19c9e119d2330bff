"""Quantisers that a gradient passes through.

Rounding has a derivative of zero almost everywhere, so nothing before it would
learn. `SoftToHard` rounds to learnt values and lets the gradient take the soft way
round; `round_through` rounds to whole numbers and lets it pass as if nothing had
happened.

Taught in lecture 09.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def soft_assignment(x: Tensor, centroids: Tensor, alpha: Tensor | float) -> Tensor:
    r"""Return how much each value belongs to each centroid: a softmax of distances.

    Parameters
    ----------
    x
        Values ``(...)``.
    centroids
        ``(K,)``, the values that may be sent.
    alpha
        Sharpness, above 0: the larger, the harder the choice.

    Returns
    -------
    p
        ``(..., K)``, sums to 1 over the last axis:
        :math:`p_k = \mathrm{softmax}_k(-\alpha\,|x - b_k|)`.

    Notes
    -----
    S. Kankanahalli, "End-to-end optimized speech coding with deep neural networks",
    ICASSP 2018. Lecture 09.

    Examples
    --------
    >>> b = torch.tensor([-1.0, 0.0, 1.0])
    >>> soft_assignment(torch.tensor(0.4), b, 100.0).round().tolist()
    [0.0, 1.0, 0.0]
    """
    return torch.softmax(-alpha * (x[..., None] - centroids).abs(), dim=-1)


class SoftToHard(nn.Module):
    """Scalar quantiser with learnt centroids and a sharpness learnt or annealed.

    Forward, the nearest centroid is taken, in training as in use; backward, the
    gradient is that of the soft average ``sum_k p_k b_k`` (straight through). In
    training the sharpness grows by learning, or by whoever sets `alpha`.

    Parameters
    ----------
    bins
        Number K of centroids, at least 2; they start evenly over [-1, 1].
    alpha
        Sharpness to start with, above 0. With K bins the neighbours are 2 / (K - 1)
        apart, so 10 K is soft and 100 K nearly hard.

    Raises
    ------
    ValueError
        Where there are fewer than two bins or alpha is not above 0.

    Notes
    -----
    E. Agustsson et al., "Soft-to-hard vector quantization for end-to-end learning
    compressible representations", NeurIPS 2017. Lecture 09.

    Examples
    --------
    >>> quantiser = SoftToHard(bins=3)
    >>> y, p = quantiser(torch.tensor([0.2, 0.9]))
    >>> y.tolist(), tuple(p.shape)
    ([0.0, 1.0], (2, 3))
    """

    def __init__(self, bins: int = 32, alpha: float = 300.0) -> None:
        super().__init__()
        if bins < 2:
            raise ValueError(f"bins is {bins}: a quantiser chooses among 2 or more")
        if not alpha > 0:
            raise ValueError(f"alpha is {alpha}: sharpness must be above 0")
        self.centroids = nn.Parameter(torch.linspace(-1, 1, bins))
        self.log_alpha = nn.Parameter(torch.tensor(float(alpha)).log())

    @property
    def alpha(self) -> Tensor:
        """The sharpness, ``()``; assign a number to anneal it by hand.

        Examples
        --------
        >>> quantiser = SoftToHard(4)
        >>> quantiser.alpha = 50.0
        >>> round(quantiser.alpha.item(), 3)
        50.0
        """
        return self.log_alpha.exp()

    @alpha.setter
    def alpha(self, value: float) -> None:
        if not value > 0:
            raise ValueError(f"alpha is {value}: sharpness must be above 0")
        with torch.no_grad():
            self.log_alpha.fill_(value).log_()

    def soft(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return soft values ``(...)``, ``sum_k p_k b_k``, and p ``(..., K)``.

        Examples
        --------
        >>> quantiser = SoftToHard(bins=2, alpha=1e-6)
        >>> y, p = quantiser.soft(torch.tensor([0.9]))
        >>> round(abs(y.item()), 4)  # as soft as can be: the mean of both
        0.0
        """
        p = soft_assignment(x, self.centroids, self.alpha)
        return p @ self.centroids, p

    def symbols(self, x: Tensor) -> Tensor:
        """Return the index of the nearest centroid, int64, the shape of `x`.

        Examples
        --------
        >>> SoftToHard(bins=3).symbols(torch.tensor([-0.8, 0.1])).tolist()
        [0, 1]
        """
        return (x[..., None] - self.centroids).abs().argmin(dim=-1)

    def values(self, symbols: Tensor) -> Tensor:
        """Return the centroids that the symbols stand for, of their shape.

        Examples
        --------
        >>> SoftToHard(bins=3).values(torch.tensor([2, 0])).tolist()
        [1.0, -1.0]
        """
        return self.centroids[symbols]

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return hard values ``(...)`` with soft gradients, and p ``(..., K)``."""
        soft, p = self.soft(x)
        hard = self.values(self.symbols(x))
        return soft + (hard - soft).detach(), p


def softness(p: Tensor) -> Tensor:
    r"""Return how undecided an assignment is, 0 where every choice is hard.

    As a penalty it draws the values towards the centroids.

    Parameters
    ----------
    p
        Assignment ``(..., K)``.

    Returns
    -------
    penalty
        Mean of :math:`\sum_k \sqrt{p_k} - 1` over all values, between 0 and
        :math:`\sqrt K - 1`.

    Notes
    -----
    Kankanahalli, ICASSP 2018. Lecture 09.

    Examples
    --------
    >>> softness(torch.tensor([[0.0, 1.0], [0.25, 0.75]])).item() > 0.1
    True
    >>> softness(torch.tensor([[0.0, 1.0]])).item() < 1e-3
    True
    """
    return ((p + 1e-12).sqrt().sum(dim=-1) - 1).mean().clamp_min(0)


def round_through(x: Tensor) -> Tensor:
    """Round with a straight-through estimator: its gradient is the identity's.

    Parameters
    ----------
    x
        Values ``(...)``.

    Returns
    -------
    y
        ``x.round()``, whose derivative autograd takes to be 1.

    Notes
    -----
    Y. Bengio, N. Léonard and A. Courville, arXiv 1308.3432, 2013. Lecture 09.

    Examples
    --------
    >>> x = torch.tensor([0.4, 1.6], requires_grad=True)
    >>> y = round_through(x)
    >>> y.sum().backward()
    >>> y.tolist(), x.grad.tolist()
    ([0.0, 2.0], [1.0, 1.0])
    """
    return x + (x.round() - x).detach()
