r"""PAM-1 for many frames at once, in torch: differentiable, on any device, and fast.

Three ideas carry it. The rule for tones compares the whole spectrum with itself,
shifted. Spreading is affine in the masker's level, so that a masker on line j sets
``LT[i] = X * C1[j, i] + C0[j, i]`` with two matrices made once. And only the maskers
that a frame has are spread: a few dozen, not one per line.

Taught in lectures 11 and 12. `coursekit.psychoacoustics.pam1` is the same model, step
by step, and agrees with this one to 1e-6 dB in float64.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from coursekit.psychoacoustics.hearing import FLOOR_POWER, Array, Numbers, psd
from coursekit.psychoacoustics.pam1 import NEAR_BARK, PROMINENCE_DB, TIE_DB
from coursekit.psychoacoustics.tables import (
    Tables,
    noise_offset,
    spreading_lines,
    tables_for,
    tonal_offset,
)

_BLOCK = {"cpu": 128}  # frames worked on together: their maskers fit the cache
_BLOCK_ELSEWHERE = 4096  # on a GPU each step should be a large one
_LOG2_PER_DB = float(np.log2(10)) / 10
_UNHEARD = -1e4  # level, log2 of a power, of a masker that hides nothing


def masking_threshold(frames: Array, rate: int, quiet_offset: float = 0.0) -> Array:
    """Return the global masking threshold of frames: what error they would hide.

    Parameters
    ----------
    frames
        ``(..., N)`` samples, full scale ±1, N 512 (Layer I) or 1024 (Layer II);
        numpy or torch, on any device. float32 is twice as fast.
    rate
        44100, 48000 or 32000 Hz, and, as an extension, 16000.
    quiet_offset
        Added to the threshold in quiet, in dB: -12 for 96 kbit/s per channel or more.

    Returns
    -------
    m
        ``(..., N/2 + 1)`` in dB SPL per line, of the kind, precision and device of
        `frames`; differentiable in torch, but for the choice of maskers.

    Raises
    ------
    ValueError
        Where PAM-1 has no such rate or frame.

    Notes
    -----
    ISO/IEC 11172-3, Annex D.1; slide "Perceptual Nature of Audio: PAM-1". Lectures 11
    and 12. An error's spectrum may be compared with it where it went through `psd`,
    and nothing else.

    Examples
    --------
    >>> n = np.arange(512)
    >>> m = masking_threshold(0.1 * np.sin(2 * np.pi * 20 * n / 512), 44100)
    >>> m.shape, m[20].round(1)
    ((257,), np.float64(68.4))
    """
    if not isinstance(frames, torch.Tensor):
        frames = np.asarray(frames)
        x = torch.tensor(frames if frames.dtype == np.float32 else frames.astype(float))
        return masking_threshold(x, rate, quiet_offset).numpy()
    if not frames.is_floating_point():
        frames = frames.to(torch.float64)
    tables_for(rate, frames.shape[-1] if frames.ndim else 0)  # refuses what has none
    return threshold_of_psd(psd(frames), rate, quiet_offset)


def threshold_of_psd(X: Tensor, rate: int, quiet_offset: float = 0.0) -> Tensor:
    """Return the global masking threshold of spectra that are there already.

    Lectures 11 and 12.

    Parameters
    ----------
    X
        ``(..., K)`` in dB SPL as `psd` gives it, K 257 or 513.
    rate
        44100, 48000 or 32000 Hz, and, as an extension, 16000.
    quiet_offset
        Added to the threshold in quiet, in dB: -12 for 96 kbit/s per channel or more.

    Returns
    -------
    m
        ``(..., K)`` in dB SPL.

    Raises
    ------
    ValueError
        As `masking_threshold`.

    Examples
    --------
    >>> threshold_of_psd(torch.full((257,), -90.0), 44100)[10].round(decimals=2)
    tensor(3.9200)
    """
    size = 2 * (X.shape[-1] - 1)
    s = spreader(rate, size, str(X.device), X.dtype)
    frames = _BLOCK.get(X.device.type, _BLOCK_ELSEWHERE)
    blocks = X.reshape(-1, X.shape[-1]).split(frames)
    masks = torch.cat([s.threshold(block, quiet_offset) for block in blocks])
    return masks.reshape(X.shape)


@lru_cache(maxsize=32)
def spreader(rate: int, size: int, device: str, dtype: torch.dtype) -> Spreader:
    """Return the matrices of a rate and a frame size on a device; made once.

    Lectures 11 and 12.

    Examples
    --------
    >>> spreader(44100, 512, "cpu", torch.float32).tonal_slope.shape
    torch.Size([257, 257])
    """
    return Spreader(tables_for(rate, size), torch.device(device), dtype)


class Spreader:
    """PAM-1's tables as tensors, and its steps on ``(frames, K)`` spectra.

    Inside, a level is the logarithm to base 2 of a power: ``exp2`` is as fast for
    powers that vanish as for any other, ``exp`` and ``10 ** x`` are not.

    Lectures 11 and 12.

    Parameters
    ----------
    t
        The tables of a rate and a frame size.
    device, dtype
        Where the tensors live and how precise they are.
    """

    def __init__(self, t: Tables, device: torch.device, dtype: torch.dtype) -> None:
        def tensor(x: Numbers) -> Tensor:
            return torch.tensor(x.copy(), device=device, dtype=dtype)

        self.quiet, self.bark = tensor(t.quiet), tensor(t.bark)
        self.zones = _zones(t)
        self.noise_lines = torch.tensor(t.noise_lines.copy(), device=device)
        self.bands = tensor(_band_members(t))
        a, b = spreading_lines(t.bark[None, :] - t.bark[:, None])  # (masker, line)
        slope = np.where(np.isfinite(b), 1 + a, 0)
        tonal, noise = (
            _LOG2_PER_DB * (b + offset(t.bark)[:, None])
            for offset in (tonal_offset, noise_offset)
        )
        self.tonal_slope, self.tonal_start = tensor(slope), tensor(tonal)
        self.noise_slope = tensor(slope[t.noise_lines])
        self.noise_start = tensor(noise[t.noise_lines])

    def threshold(self, X: Tensor, quiet_offset: float = 0.0) -> Tensor:
        """Return the global masking threshold of ``(frames, K)`` spectra in dB SPL."""
        quiet = _LOG2_PER_DB * (self.quiet + quiet_offset)
        power = torch.exp2(_LOG2_PER_DB * X)
        tones = self.tones(X.detach())
        total = self._of_noises(power, tones, quiet) + torch.exp2(quiet)
        frame, hidden = self._of_tones(power, tones, quiet)
        return total.index_add(0, frame, hidden).log2() / _LOG2_PER_DB

    def tones(self, X: Tensor) -> Tensor:
        """Return where the tones are, ``(frames, K)`` of True and False."""
        around = torch.full_like(X, -torch.inf)  # the loudest of the lines around
        for j, start, stop in self.zones[1:]:
            pair = torch.maximum(X[:, start - j : stop - j], X[:, start + j : stop + j])
            around[:, start:stop] = torch.maximum(around[:, start:stop], pair)
        tone = torch.zeros_like(X, dtype=torch.bool)
        _, k, end = self.zones[0]
        here, below, above = X[:, k:end], X[:, k - 1 : end - 1], X[:, k + 1 : end + 1]
        peak = (here > below + TIE_DB) & (here >= above - TIE_DB)
        tone[:, k:end] = peak & (here - around[:, k:end] >= PROMINENCE_DB - TIE_DB)
        return tone

    def examined(self, tones: Tensor) -> Tensor:
        """Return the lines ``(frames, K)`` that were examined around each tone."""
        taken = tones.clone()
        for j, start, stop in self.zones:
            taken[:, start + j : stop + j] |= tones[:, start:stop]
            taken[:, start - j : stop - j] |= tones[:, start:stop]
        return taken

    def _of_noises(self, power: Tensor, tones: Tensor, quiet: Tensor) -> Tensor:
        """Return the power that the noise maskers hide, ``(frames, K)``."""
        left = power.masked_fill(self.examined(tones), 0) @ self.bands
        level = left.clamp(min=FLOOR_POWER).log2()  # (frames, bands)
        level = level.where(level >= quiet[self.noise_lines], _UNHEARD)
        LT = torch.addcmul(self.noise_start, level[..., None], self.noise_slope)
        return LT.exp2_().sum(1)

    def _of_tones(
        self, power: Tensor, tones: Tensor, quiet: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return each tone's frame ``(M,)`` and the power it hides ``(M, K)``."""
        frame, line = tones.nonzero(as_tuple=True)
        three = sum(power[frame, line + j] for j in (-1, 0, 1))
        level = torch.as_tensor(three).clamp(min=FLOOR_POWER).log2()
        heard = level >= quiet[line]
        frame, line, level = frame[heard], line[heard], level[heard]
        kept = self.nearest_dropped(frame, line, level.detach(), len(power))
        frame, line, level = frame[kept], line[kept], level[kept]
        slope, start = self.tonal_slope[line], self.tonal_start[line]
        return frame, torch.addcmul(start, level[:, None], slope).exp2_()

    def nearest_dropped(
        self, frame: Tensor, line: Tensor, level: Tensor, frames: int
    ) -> Tensor:
        """Return which tones ``(M,)`` stay: the louder of two within half a Bark.

        All frames walk along their own tones in step: the first tone of each, the
        second, and so on, each compared with the last one that still stands.
        """
        count = torch.bincount(frame, minlength=frames)
        place = torch.arange(len(frame), device=frame.device)
        place -= (count.cumsum(0) - count)[frame]  # which of its frame's tones it is
        shape = int(count.max()) if frames else 0, frames
        z = level.new_full(shape, torch.inf)  # after the last tone: near nothing
        L = torch.zeros_like(z)
        z[place, frame], L[place, frame] = self.bark[line], level
        stays = torch.ones_like(z, dtype=torch.bool)
        every, last = torch.arange(frames, device=frame.device), torch.zeros_like(count)
        for i in range(1, len(z)):
            near = z[i] - z[last, every] < NEAR_BARK
            louder = L[i] > L[last, every] + _LOG2_PER_DB * TIE_DB
            stays[last, every] &= ~(near & louder)
            stays[i] = ~near | louder
            last = torch.where(stays[i], i, last)
        return stays[place, frame]


def _zones(t: Tables) -> list[tuple[int, int, int]]:
    """Return, for each distance j, the lines that look as far: ``(j, start, stop)``."""
    looking = [(j, np.flatnonzero(t.reach >= j)) for j in range(1, t.reach.max() + 1)]
    return [(j, int(k[0]), int(k[-1]) + 1) for j, k in looking]


def _band_members(t: Tables) -> Numbers:
    """Return which line is in which critical band, ``(K, bands)`` of 0 and 1."""
    k = np.arange(t.lines)[:, None]
    return ((k >= t.edges[:-1]) & (k < t.edges[1:])).astype(float)
