r"""A learnt codec on a fixed front end: good within a lecture's minute.

The MDCT does what a network would need hours to find. What is learnt is where to
put the noise and how to count the bits:

1. the *envelope*: the energy in 12 bands of every two frames, in steps of 6 dB,
   is sent first;
2. the *step*: a power law of the envelope, ``step = 2**(b + W e)`` with a small
   network beside it, gives the quantiser's step in each band, so that the noise may
   follow the sound; each bin has a factor of its own on top;
3. *rounding*, hard forward, with the gradient of a soft choice backward;
4. the *entropy model*: one distribution of magnitudes for each context, which is
   what the envelope promises and how large the neighbours are;
5. a small *decoder network* says where within its interval a value was.

All that chooses a distribution is whole numbers, or products of short binary
fractions that are exact in float64: encoder and decoder agree on every machine.

Taught in lectures 09 and 12.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from coursekit.coding.bitstream import StreamError, SymbolReader, SymbolWriter
from coursekit.coding.entropy import EntropyModel, count_symbols
from coursekit.coding.mdct import imdct, mdct
from coursekit.coding.neural import Coded, NeuralCodec, Symbols, as_batch
from coursekit.psychoacoustics import bark

Numbers = np.ndarray[Any, np.dtype[Any]]

ENVELOPE_DB, ENVELOPE_LEVELS, LOWEST_DB = 6.0, 16, -66.0
PAIR = 2  # frames that share an envelope
SHARPNESS = 2.5  # of the soft choice between two whole numbers
LARGEST = 31  # magnitudes from here on are written out
PROMISES, NEIGHBOURS = 12, 8  # classes of either part of a context
BLOCK = 16  # pairs of frames between two marks
# Octaves of amplitude in a step of the envelope, and at its bottom; short fractions.
_OCTAVES = round(4096 * ENVELOPE_DB / 6.0206) / 4096
_BOTTOM = round(4096 * LOWEST_DB / 6.0206) / 4096
_EVEN_ODDS = np.array([[2**15, 2**15]])
_CLASS_EDGES = (1, 2, 3, 5, 8, 13, 21)


@dataclass(frozen=True)
class MdctSettings:
    """The shape of a `MdctCodec`.

    Lectures 09 and 12.

    Parameters
    ----------
    frame
        Samples in a frame of the MDCT.
    bands
        Bands of the envelope, even on the Bark scale but for the narrowest.
    hidden
        Width of the network between envelope and step.
    features
        Width of the decoder network.
    step
        To start with, in units of the orthonormal MDCT: a fine one, because a band
        that is all zeros has no gradient to wake it.
    dead_zone
        By how much a value must be beyond the middle between two whole numbers to go
        to the larger one: it saves more bits than it costs in accuracy.

    Examples
    --------
    >>> MdctSettings().frame
    512
    """

    frame: int = 512
    bands: int = 12
    hidden: int = 24
    features: int = 8
    step: float = 0.01
    dead_zone: float = 0.12


def band_edges(bands: int, bins: int, rate: int) -> Numbers:
    """Return where bands begin and end, int64 ``(bands + 1,)``.

    As wide as each other in Bark, but none narrower than four bins.

    Lectures 09 and 12.

    Examples
    --------
    >>> band_edges(14, 256, 16000).tolist()[:6]
    [0, 5, 10, 15, 21, 28]
    """
    hz = np.arange(bins + 1) * rate / 2 / bins
    z = bark(hz)
    edges = [0]
    for target in np.linspace(0, z[-1], bands + 1)[1:]:
        near = int(np.argmin(np.abs(z - target)))
        edges.append(max(edges[-1] + 4, near))
    edges[-1] = bins
    return np.array(edges)


class StepNet(nn.Module):
    """From the envelope to the step of each band, in octaves.

    Lectures 09 and 12.

    Parameters
    ----------
    bands, hidden
        Bands of the envelope; width of the one hidden layer.

    Notes
    -----
    `exactly` rounds the weights to 12 binary digits behind the point. Then all
    products and sums of whole-number envelopes are exact in float64, and no machine
    can differ from another.

    Examples
    --------
    >>> StepNet(14, 24)(torch.zeros(1, 14, 5)).shape
    torch.Size([1, 14, 5])
    """

    def __init__(self, bands: int, hidden: int) -> None:
        super().__init__()
        self.direct = nn.Parameter(torch.zeros(bands, bands))
        self.inside = nn.Parameter(torch.randn(hidden, 2 * bands) * 0.02)
        self.inside_bias = nn.Parameter(torch.zeros(hidden))
        self.outside = nn.Parameter(torch.zeros(bands, hidden))
        self.bias = nn.Parameter(torch.zeros(bands))

    def forward(self, envelope: Tensor) -> Tensor:
        """Return ``(batch, bands, pairs)`` for an envelope of that shape."""
        before = nn.functional.pad(envelope, (1, 0))[..., :-1]
        both = torch.cat([envelope, before], dim=-2)
        hidden = torch.relu(self.inside @ both + self.inside_bias[:, None])
        return self.direct @ envelope + self.outside @ hidden + self.bias[:, None]

    @torch.no_grad()
    def exactly(self) -> None:
        """Round the weights to multiples of ``2**-12``."""
        for weight in self.parameters():
            weight.copy_((weight * 4096).round() / 4096)


class MdctCodec(NeuralCodec):
    """A learnt codec on the MDCT.

    Parameters
    ----------
    settings
        See `MdctSettings`.
    rate
        Sampling rate in Hz.
    name
        For tables and captions.

    Notes
    -----
    Lectures 09 and 12.

    Examples
    --------
    >>> codec = MdctCodec()
    >>> codec(torch.randn(2, 1, 1000)).estimate.shape
    torch.Size([2, 1, 1000])
    >>> x = np.random.default_rng(0).standard_normal(1000)
    >>> y = codec.decode(codec.encode(x))
    >>> bool(np.max(np.abs(y - codec.reconstruct(x))) < 1e-5)
    True
    """

    to_bins: Tensor
    band_of: Tensor
    mean_of: Tensor

    def __init__(
        self,
        settings: MdctSettings = MdctSettings(),
        rate: int = 16000,
        name: str = "MDCT net",
    ) -> None:
        super().__init__(name, rate)
        self.settings = s = settings
        bins = s.frame // 2
        edges = band_edges(s.bands, bins, rate)
        members = np.repeat(np.arange(s.bands), np.diff(edges))
        mean = (members == np.arange(s.bands)[:, None]) / np.diff(edges)[:, None]
        middle = (edges[:-1] + edges[1:] - 1) / 2
        rows = [np.interp(np.arange(bins), middle, e) for e in np.eye(s.bands)]
        fixed = {"to_bins": np.stack(rows, 1), "mean_of": mean}
        for key, table in fixed.items():
            self.register_buffer(key, torch.tensor(table).float(), persistent=False)
        self.register_buffer("band_of", torch.tensor(members), persistent=False)
        self.step_net = StepNet(s.bands, s.hidden)
        nn.init.constant_(self.step_net.bias, float(np.log2(s.step)))
        self.bin_step = nn.Parameter(torch.zeros(bins))  # octaves
        last = nn.Conv2d(s.features, 1, 1)
        nn.init.zeros_(last.weight)
        self.refine = nn.Sequential(
            nn.Conv2d(3, s.features, (5, 3), padding=(2, 1)),
            nn.PReLU(),
            nn.Conv2d(s.features, s.features, 1),
            nn.PReLU(),
            last,
        )
        self.entropy = EntropyModel(2 * PROMISES * NEIGHBOURS, LARGEST + 1)
        with torch.no_grad():
            self.entropy.logits.copy_(_first_logits())
        self.envelope_entropy = EntropyModel(5 * s.bands, 2 * ENVELOPE_LEVELS - 1)

    # --- for training -----------------------------------------------------------

    def forward(self, x: Tensor) -> Coded:
        """Code a batch ``(batch, 1, samples)``, with gradients."""
        X = self._spectrum(x)
        envelope = self.envelope(X)
        octaves = self.step_net(envelope)
        y = X / self.steps(octaves)
        q = self.round_softly(y)
        contexts = self.contexts(q.detach(), envelope, octaves.detach())
        bits = self._bits(y, contexts).sum() + self._envelope_bits(envelope)
        estimate = self.expand(q, octaves, envelope)
        seconds = x.shape[0] * x.shape[-1] / self.rate
        sound = imdct(estimate)[:, None, : x.shape[-1]]
        return Coded(sound, bits / seconds / 1000, torch.zeros(()))

    def _bits(self, y: Tensor, contexts: Tensor) -> Tensor:
        """Return the cost of rounding y either way, as likely as it is near."""
        costs = self.entropy.costs()
        low, share = self._between(y)
        low = low.clamp_max(LARGEST - 1).long()
        either = costs[contexts, low] * (1 - share) + costs[contexts, low + 1] * share
        size = y.abs() - self.settings.dead_zone
        beyond = torch.relu(size - LARGEST)
        sign = (size.detach() > 0.5).to(y)
        return either + sign + (beyond > 0) * (5 + (1 + beyond).log2())

    def _between(self, y: Tensor) -> tuple[Tensor, Tensor]:
        """Return the magnitude below y, and how much it belongs to the next one."""
        size = (y.abs() - self.settings.dead_zone).clamp_min(0)
        low = size.detach().floor()
        # Near a whole number the choice is made; half way between two it is open.
        return low, (SHARPNESS * (size - low - 0.5) + 0.5).clamp(0, 1)

    def _envelope_bits(self, envelope: Tensor) -> Tensor:
        symbols, contexts = self._envelope_symbols(envelope.detach().long())
        frequencies = self.envelope_entropy.frequencies.double()
        costs = 16 - frequencies.log2()
        return costs[contexts, symbols].sum().to(envelope)

    # --- the parts --------------------------------------------------------------

    def _spectrum(self, x: Tensor) -> Tensor:
        """Return the MDCT ``(batch, bins, frames)`` with whole pairs of frames."""
        X = mdct(x[:, 0], self.settings.frame)
        return nn.functional.pad(X, (0, -X.shape[-1] % PAIR))

    def envelope(self, X: Tensor) -> Tensor:
        """Return the envelope ``(batch, bands, pairs)``: whole numbers from 0."""
        power = self.mean_of.to(X.dtype) @ X.detach().square()
        power = power.unflatten(-1, (-1, PAIR)).mean(-1)
        level = (10 * (power + 1e-12).log10() - LOWEST_DB) / ENVELOPE_DB
        return level.round().clamp(0, ENVELOPE_LEVELS - 1)

    def steps(self, octaves: Tensor) -> Tensor:
        """Return steps ``(batch, bins, frames)`` for those of bands and pairs."""
        smooth = self.to_bins @ octaves + self.bin_step[:, None]
        return torch.exp2(smooth).repeat_interleave(PAIR, dim=-1)

    def round(self, y: Tensor) -> Tensor:
        """Round with a dead zone around 0 and below whole numbers; any shape."""
        return y.sign() * torch.floor(y.abs() + 0.5 - self.settings.dead_zone)

    def round_softly(self, y: Tensor) -> Tensor:
        """Round as `round` does, any shape: straight-through, with a soft gradient."""
        low, share = self._between(y)
        soft = y.sign() * (low + share)
        return soft + (self.round(y) - soft).detach()

    def expand(self, q: Tensor, octaves: Tensor, envelope: Tensor) -> Tensor:
        """Dequantise: return the spectrum ``(batch, bins, frames)`` of symbols."""
        size = q.abs()
        promise = self._promise(envelope, octaves)[:, self.band_of]
        promise = promise.repeat_interleave(PAIR, dim=-1)
        seen = torch.stack([size.clamp_max(4), size.clamp_max(1), promise / 4], dim=1)
        place = 0.5 * torch.tanh(self.refine(seen.detach())[:, 0])
        return (q + q.detach().sign() * place) * self.steps(octaves)

    def _promise(self, envelope: Tensor, octaves: Tensor) -> Tensor:
        """Return how many octaves a band lies above its step."""
        return envelope * _OCTAVES + _BOTTOM - octaves

    def contexts(self, q: Tensor, envelope: Tensor, octaves: Tensor) -> Tensor:
        """Return which distribution each magnitude has, ``(batch, bins, frames)``.

        Even bins look at the frame before, odd ones at their neighbours too.
        """
        near = neighbours(q.abs().clamp_max(LARGEST).long())
        return _context(self._classes(envelope, octaves), near)

    def _classes(self, envelope: Tensor, octaves: Tensor) -> Tensor:
        """Return the class of what the envelope promises, for each bin and frame."""
        half = torch.floor(2 * self._promise(envelope, octaves)) + PROMISES // 2
        of_bands = half.clamp(0, PROMISES - 1).long()
        return of_bands[:, self.band_of].repeat_interleave(PAIR, dim=-1)

    # --- symbols, and back ------------------------------------------------------

    @torch.no_grad()
    def symbols(self, x: Numbers) -> Symbols:
        """Return the envelope ``(bands, pairs)`` and values ``(bins, frames)``."""
        X = self._spectrum(as_batch(x).to(self.bin_step))
        envelope = self.envelope(X)
        q = self.round(X / self.steps(self._octaves(envelope).to(X)))
        return {"envelope": _whole(envelope[0]), "values": _whole(q[0])}

    @torch.no_grad()
    def synthesise(self, symbols: Symbols, samples: int) -> Numbers:
        """Return the sound of an envelope and values, ``(samples,)``."""
        envelope = torch.from_numpy(symbols["envelope"]).to(self.bin_step)[None]
        q = torch.from_numpy(symbols["values"]).to(self.bin_step)[None]
        X = self.expand(q, self._octaves(envelope).to(q), envelope)
        return imdct(X)[0, :samples].cpu().double().numpy()

    @torch.no_grad()
    def write(self, symbols: Symbols, writer: SymbolWriter) -> None:
        """Write blocks of pairs: envelopes, frame by frame the values, a mark."""
        envelope = torch.from_numpy(symbols["envelope"])[None]
        values = torch.from_numpy(symbols["values"])[None]
        numbers, which = map(_whole, self._envelope_symbols(envelope))
        contexts = _whole(self.contexts(values, envelope, self._octaves(envelope))[0])
        for start in range(0, envelope.shape[-1], BLOCK):
            pairs = slice(start, start + BLOCK)
            columns = numbers[0][:, pairs].T, which[0][:, pairs].T
            tables = _whole(self.envelope_entropy.frequencies)
            writer.put(columns[0].ravel(), tables, columns[1].ravel())
            frames = slice(PAIR * start, PAIR * (start + BLOCK))
            block = symbols["values"][:, frames]
            self._write_values(writer, block, contexts[:, frames])
            writer.mark()

    def _write_values(
        self, writer: SymbolWriter, q: Numbers, contexts: Numbers
    ) -> None:
        """Write frames of values: even bins, odd bins, signs, then what is large."""
        tables, size = _whole(self.entropy.frequencies), np.abs(q)
        for t in range(q.shape[-1]):
            for part in (slice(0, None, 2), slice(1, None, 2)):
                short = np.minimum(size[part, t], LARGEST)
                writer.put(short, tables, contexts[part, t])
            signs = (q[:, t] < 0)[q[:, t] != 0]
            writer.put(signs, _EVEN_ODDS, np.zeros(len(signs), int))
            writer.put_excess(size[:, t][size[:, t] >= LARGEST] - LARGEST)

    @torch.no_grad()
    def read(self, reader: SymbolReader, samples: int) -> Symbols:
        """Read what `write` wrote."""
        bins = self.settings.frame // 2
        left = -(-(1 + -(-samples // bins)) // PAIR)
        envelopes = [np.zeros((self.settings.bands, 1), np.int64)]
        values = [np.zeros((bins, 1), np.int64)]
        while left > 0:
            pairs = min(left, BLOCK)
            block = self._read_envelopes(reader, envelopes[-1][:, -1], pairs)
            before = envelopes[-1][:, -1:]
            classes = self._promise_classes(np.concatenate([before, block], 1))
            values.append(self._read_values(reader, values[-1][:, -1], classes))
            reader.check_mark()
            envelopes.append(block)
            left -= pairs
        whole = (np.concatenate(part[1:], axis=1) for part in (envelopes, values))
        return dict(zip(("envelope", "values"), whole, strict=True))

    def _read_envelopes(
        self, reader: SymbolReader, before: Numbers, pairs: int
    ) -> Numbers:
        """Return the next envelopes ``(bands, pairs)``, each after the last."""
        tables, bands = _whole(self.envelope_entropy.frequencies), len(before)
        block = np.zeros((bands, pairs), np.int64)
        for t in range(pairs):
            change = 0
            for b in range(bands):
                context = (min(max(change, -2), 2) + 2) * bands + b
                symbol = reader.take(tables, np.array([context]))[0]
                change = int(symbol) - (ENVELOPE_LEVELS - 1)
                block[b, t] = before[b] + change
            before = block[:, t]
            if before.min() < 0 or before.max() >= ENVELOPE_LEVELS:
                raise StreamError("an envelope leaves its range: damaged")
        return block

    def _promise_classes(self, envelope: Numbers) -> Tensor:
        """Return the class of promise of each bin, for all pairs but the first."""
        e = torch.from_numpy(envelope)[None]
        return self._classes(e, self._octaves(e))[0, :, PAIR:]

    def _read_values(
        self, reader: SymbolReader, before: Numbers, classes: Tensor
    ) -> Numbers:
        """Return the next frames of values ``(bins, frames)``."""
        tables, bins = _whole(self.entropy.frequencies), len(before)
        values = np.zeros((bins, classes.shape[-1]), np.int64)
        for t in range(classes.shape[-1]):
            size = np.stack([np.minimum(np.abs(before), LARGEST), values[:, t]], 1)
            for part in (slice(0, None, 2), slice(1, None, 2)):
                near = neighbours(torch.from_numpy(size)[None])[0, :, 1]
                context = _whole(_context(classes[:, t], near))
                size[part, 1] = reader.take(tables, context[part])
            before = values[:, t] = self._read_rest(reader, size[:, 1])
        return values

    def _read_rest(self, reader: SymbolReader, size: Numbers) -> Numbers:
        """Return magnitudes with their signs, and the large ones in full."""
        heard = np.flatnonzero(size)
        signs = reader.take(_EVEN_ODDS, np.zeros(len(heard), int))
        large = np.flatnonzero(size >= LARGEST)
        size[large] += reader.take_excess(len(large))
        size[heard] *= 1 - 2 * signs
        return size

    def _octaves(self, envelope: Tensor) -> Tensor:
        """Return the step network's answer in float64: exact, once frozen."""
        weights = {k: v.double() for k, v in self.step_net.named_parameters()}
        arguments = (envelope.double(),)
        return torch.func.functional_call(self.step_net, weights, arguments)

    @torch.no_grad()
    def freeze(self, sounds: Iterable[Numbers]) -> None:
        """Round the step network and count symbols of sounds ``(samples,)``."""
        self.step_net.exactly()
        sounds = list(sounds)
        self.count_envelopes(sounds)
        shape = tuple(self.entropy.logits.shape)
        counts = np.zeros(shape, np.int64)
        for x in sounds:
            parts = self.symbols(x)
            envelope = torch.from_numpy(parts["envelope"])[None]
            q = torch.from_numpy(parts["values"])[None]
            contexts = self.contexts(q, envelope, self._octaves(envelope))
            size = np.minimum(np.abs(parts["values"]), LARGEST)
            counts += count_symbols(size, _whole(contexts), shape)
        self.entropy.freeze(counts, prior=4)

    def count_envelopes(self, sounds: Iterable[Numbers]) -> None:
        """Set the envelope's tables from sounds ``(samples,)``: no training does."""
        shape = tuple(self.envelope_entropy.logits.shape)
        counts = np.zeros(shape, np.int64)
        for x in sounds:
            envelope = self.envelope(
                self._spectrum(as_batch(x).to(self.bin_step))
            ).long()
            symbols, contexts = self._envelope_symbols(envelope)
            counts += count_symbols(symbols.numpy(), contexts.numpy(), shape)
        self.envelope_entropy.freeze(counts, prior=2)

    def _envelope_symbols(self, envelope: Tensor) -> tuple[Tensor, Tensor]:
        """Return the change since the pair before, and its context: band and drift."""
        before = nn.functional.pad(envelope, (1, 0))[..., :-1]
        change = envelope - before
        drift = nn.functional.pad(change, (0, 0, 1, 0))[..., :-1, :].clamp(-2, 2) + 2
        band = torch.arange(envelope.shape[-2], device=envelope.device)[:, None]
        return change + ENVELOPE_LEVELS - 1, drift * envelope.shape[-2] + band


def neighbours(size: Tensor) -> Tensor:
    """Return the class of what is known around each magnitude, from 0.

    Lectures 09 and 12.

    Parameters
    ----------
    size
        Magnitudes ``(batch, bins, frames)``, int64.

    Examples
    --------
    >>> size = torch.zeros(1, 4, 2, dtype=torch.int64)
    >>> size[0, 2, 0] = 1  # the frame after sees it, and so do the odd bins beside
    >>> neighbours(size)[0].tolist()
    [[0, 0], [3, 1], [0, 2], [3, 1]]
    """
    p = nn.functional.pad(size, (1, 0, 2, 2))
    before = p[..., :-1]
    past = 2 * before[:, 2:-2] + before[:, 1:-3] + before[:, 3:-1]
    now = p[..., 1:]
    beside = 3 * (now[:, 1:-3] + now[:, 3:-1])
    odd = torch.arange(size.shape[-2], device=size.device)[:, None] % 2
    total = past + odd * beside
    edges = torch.tensor(_CLASS_EDGES, device=size.device)
    return torch.bucketize(total, edges, right=True)


def _context(promise: Tensor, near: Tensor) -> Tensor:
    """Return the row of the tables for both classes, ``(..., bins[, frames])``."""
    shape = (-1, 1) if promise.ndim > 1 else (-1,)
    odd = torch.arange(near.shape[-len(shape)], device=near.device) % 2
    return (odd.reshape(shape) * PROMISES + promise) * NEIGHBOURS + near


def _whole(x: Tensor) -> Numbers:
    return x.long().cpu().numpy()


def _first_logits() -> Tensor:
    """Return geometric distributions, the wider the more a context promises."""
    near = torch.tensor([0.1, 0.25, 0.45, 0.7, 1.2, 2.0, 3.2, 6.0])
    fall = torch.log(near / (1 + near))
    logits = fall[:, None] * torch.arange(LARGEST + 1)
    return logits.repeat(2 * PROMISES, 1)
