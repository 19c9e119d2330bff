"""The end-to-end codec: a convolutional autoencoder on the waveform.

Frames of 512 samples overlap by 32 and are cross-faded. A frame is brought to a
common level (its level is sent, in steps of 3 dB), strided convolutions bring it
down to 256 numbers, these are quantised softly to hard, and sub-pixel convolutions
bring them up again. Further stages code what the earlier ones left over: cascaded
residual modules.

Taught in lecture 09.

References
----------
S. Kankanahalli, "End-to-end optimized speech coding with deep neural networks",
ICASSP 2018. K. Zhen et al., "Cascaded cross-module residual learning towards
lightweight end-to-end speech coding", Interspeech 2019.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from coursekit import fourier
from coursekit.coding.bitstream import SymbolReader, SymbolWriter
from coursekit.coding.entropy import EntropyModel, count_symbols
from coursekit.coding.neural import Coded, NeuralCodec, Symbols, as_batch
from coursekit.coding.quantise import SoftToHard, softness

Numbers = np.ndarray[Any, np.dtype[Any]]

FRAME, FADE = 512, 32
HOP = FRAME - FADE
LEVELS, LEVEL_STEP = 32, 3.0  # dB; the highest is 0 dB of full scale
CLASSES = 4  # of level, each with distributions of its own
BLOCK = 32  # frames between two marks


@dataclass(frozen=True)
class WaveSettings:
    """The shape of a `WaveCodec`.

    Lecture 09.

    Parameters
    ----------
    strides
        Of the convolutions on the way down; their product divides 512.
    channels
        Width after each of them.
    code_channels
        Rows of the code; with 512 / product(strides) columns.
    bins
        Centroids of each quantiser.
    blocks
        Residual blocks on either side.
    kernel
        Length of their convolutions, odd.
    stages
        Cascaded modules.
    stage_gain
        By how much a residual is amplified before the next stage.

    Examples
    --------
    >>> WaveSettings().codes  # a frame
    256
    >>> WaveSettings(strides=(2,), channels=(64,), code_channels=1).codes  # the paper
    256
    """

    strides: tuple[int, ...] = (4, 2, 2)
    channels: tuple[int, ...] = (32, 64, 64)
    code_channels: int = 8
    bins: int = 32
    blocks: int = 2
    kernel: int = 5
    stages: int = 1
    stage_gain: float = 3.0

    def __post_init__(self) -> None:
        product = math.prod(self.strides)
        if len(self.strides) != len(self.channels) or FRAME % product:
            raise ValueError(
                f"strides {self.strides} and channels {self.channels} must be as many, "
                f"and the strides' product must divide {FRAME}"
            )

    @property
    def codes(self) -> int:
        """Number of symbols a frame and stage."""
        return self.code_channels * FRAME // math.prod(self.strides)


def split(x: Tensor) -> Tensor:
    """Cut sounds into frames of 512 that overlap by 32.

    Lecture 09.

    Parameters
    ----------
    x
        ``(batch, 1, samples)``.

    Returns
    -------
    frames
        ``(batch, T, 512)`` with ``T = ceil((samples + 32) / 480)``.

    Examples
    --------
    >>> split(torch.zeros(2, 1, 1000)).shape
    torch.Size([2, 3, 512])
    """
    samples = x.shape[-1]
    T = frames_of(samples)
    after = (T - 1) * HOP + FRAME - FADE - samples
    padded = nn.functional.pad(x[:, 0], (FADE, after))
    return fourier.split_frames(padded, FRAME, HOP).swapaxes(-1, -2)


def frames_of(samples: int) -> int:
    """Return how many frames `split` makes of so many samples.

    Lecture 09.
    """
    return -(-(samples + FADE) // HOP)


def join(frames: Tensor, samples: int) -> Tensor:
    """Cross-fade frames into sounds: the inverse of `split`.

    Lecture 09.

    Parameters
    ----------
    frames
        ``(batch, T, 512)``.
    samples
        Length wanted.

    Returns
    -------
    x
        ``(batch, 1, samples)``.

    Examples
    --------
    >>> x = torch.randn(2, 1, 1000)
    >>> bool(torch.allclose(join(split(x), 1000), x, atol=1e-6))
    True
    """
    n = torch.arange(FADE, device=frames.device) + 0.5
    rise = torch.sin(torch.pi / 2 * n / FADE) ** 2  # half a Hann window
    window = torch.cat([rise, rise.new_ones(FRAME - 2 * FADE), rise.flip(0)])
    faded = (frames * window.to(frames.dtype)).swapaxes(-1, -2)  # (batch, 512, T)
    return fourier.overlap_add(faded, HOP)[:, None, FADE : FADE + samples]


class Residual(nn.Module):
    """Residual block: two convolutions whose result is added to what goes in.

    Lecture 09.

    Parameters
    ----------
    width, kernel, dilation
        Channels; length of the convolutions; step between taps of the first.

    Examples
    --------
    >>> Residual(8, 5, 2)(torch.zeros(1, 8, 32)).shape
    torch.Size([1, 8, 32])
    """

    def __init__(self, width: int, kernel: int, dilation: int) -> None:
        super().__init__()
        reach = dilation * (kernel // 2)
        self.first = nn.Conv1d(width, width, kernel, padding=reach, dilation=dilation)
        self.second = nn.Conv1d(width, width, kernel, padding=kernel // 2)
        self.before, self.between = nn.PReLU(width, 0.3), nn.PReLU(width, 0.3)
        nn.init.zeros_(self.second.weight)  # begins as the identity

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x + f(x)``, ``(batch, width, time)``."""
        return x + self.second(self.between(self.first(self.before(x))))


class SubPixelUp(nn.Module):
    """Sub-pixel convolution (pixel shuffle): its channels are dealt out in time.

    Lecture 09.

    Parameters
    ----------
    inside, outside
        Channels before and after.
    stride
        By how much it gets longer.
    kernel
        Odd.

    Examples
    --------
    >>> SubPixelUp(8, 4, 2, 3)(torch.zeros(1, 8, 32)).shape
    torch.Size([1, 4, 64])
    """

    def __init__(self, inside: int, outside: int, stride: int, kernel: int) -> None:
        super().__init__()
        self.stride = stride
        self.convolution = nn.Conv1d(
            inside, outside * stride, kernel, padding=kernel // 2
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(batch, outside, stride * time)``."""
        y = self.convolution(x)
        batch, width, time = y.shape
        y = y.reshape(batch, width // self.stride, self.stride, time)
        return y.swapaxes(-1, -2).reshape(batch, -1, time * self.stride)


class Stage(nn.Module):
    """One module of the cascade: frames to codes, codes to frames.

    Lecture 09.

    Parameters
    ----------
    settings
        See `WaveSettings`.
    """

    def __init__(self, settings: WaveSettings) -> None:
        super().__init__()
        s, top = settings, settings.channels[-1]
        dilations = [2**i for i in range(s.blocks)]
        down: list[nn.Module] = []
        for (a, b), stride in zip(pairwise((2, *s.channels)), s.strides, strict=True):
            k = 4 * stride
            pad = (k - stride) // 2
            down += [nn.Conv1d(a, b, k, stride, pad), nn.PReLU(b, 0.3)]
        up: list[nn.Module] = []
        back = tuple(reversed(s.channels))
        for (a, b), stride in zip(
            pairwise((*back, 1)), reversed(s.strides), strict=True
        ):
            up += [nn.PReLU(a, 0.3), SubPixelUp(a, b, stride, 5 if b > 1 else 9)]
        blocks = [[Residual(top, s.kernel, d) for d in dilations] for _ in range(2)]
        self.encoder = nn.Sequential(
            *down, *blocks[0], nn.PReLU(top, 0.3), nn.Conv1d(top, s.code_channels, 1)
        )
        self.quantiser = SoftToHard(s.bins)
        self.entropy = EntropyModel(CLASSES * s.code_channels, s.bins)
        self.decoder = nn.Sequential(
            nn.Conv1d(s.code_channels + 1, top, 3, padding=1), *blocks[1], *up
        )

    def code(self, frames: Tensor, level: Tensor) -> Tensor:
        """Return numbers in (-1, 1) to be quantised, ``(n, channels, columns)``.

        `frames` is ``(n, 512)`` and `level` ``(n,)``.
        """
        beside = _hint(level, frames.shape[-1])
        return torch.tanh(self.encoder(torch.cat([frames[:, None], beside], dim=1)))

    def frames(self, code: Tensor, level: Tensor) -> Tensor:
        """Return frames ``(n, 512)`` of quantised numbers."""
        beside = _hint(level, code.shape[-1])
        return self.decoder(torch.cat([code, beside], dim=1))[:, 0]

    def contexts(self, level: Tensor, columns: int) -> Tensor:
        """Return which distribution each symbol has, ``(n, channels, columns)``."""
        rows = len(self.entropy.logits) // CLASSES
        class_of = level * CLASSES // LEVELS
        context = class_of[:, None] * rows + torch.arange(rows, device=level.device)
        return context[..., None].expand(-1, -1, columns)


class WaveCodec(NeuralCodec):
    """The end-to-end neural codec of the slide, on the waveform.

    Parameters
    ----------
    settings
        See `WaveSettings`.
    rate
        Sampling rate in Hz.
    name
        For tables and captions.

    Attributes
    ----------
    quantised
        Whether codes are quantised; training may begin without.
    active
        How many stages take part; a cascade is trained one by one.

    Notes
    -----
    Slide "End-to-end CNN autoencoder". Lecture 09.

    Examples
    --------
    >>> codec = WaveCodec()
    >>> coded = codec(torch.randn(2, 1, 1000))
    >>> coded.estimate.shape
    torch.Size([2, 1, 1000])
    >>> x = np.random.default_rng(0).standard_normal(1000)
    >>> y = codec.decode(codec.encode(x))
    >>> bool(np.max(np.abs(y - codec.reconstruct(x))) < 1e-5)
    True
    """

    def __init__(
        self,
        settings: WaveSettings = WaveSettings(),
        rate: int = 16000,
        name: str = "wave CNN",
    ) -> None:
        super().__init__(name, rate)
        self.settings = settings
        self.stages = nn.ModuleList(Stage(settings) for _ in range(settings.stages))
        self.level_entropy = EntropyModel(LEVELS, LEVELS)
        self.quantised, self.active = True, settings.stages

    def forward(self, x: Tensor) -> Coded:
        """Code a batch ``(batch, 1, samples)``, with gradients."""
        frames = split(x)
        batch, T, _ = frames.shape
        frames = frames.reshape(batch * T, FRAME)
        level = level_of(frames)
        gain = level_gain(level)[:, None]
        estimate, bits, soft = self._cascade(frames / gain, level)
        y = join((estimate * gain).reshape(batch, T, FRAME), x.shape[-1])
        seconds = batch * x.shape[-1] / self.rate
        return Coded(y, bits / seconds / 1000, soft)

    def _cascade(self, target: Tensor, level: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the estimate of normalised frames, its bits, and the softness."""
        estimate = torch.zeros_like(target)
        bits = soft = target.new_zeros(())
        for stage, gain in self._stages():
            code = stage.code((target - estimate) * gain, level)
            value, p = stage.quantiser(code)
            estimate = (
                estimate + stage.frames(value if self.quantised else code, level) / gain
            )
            context = stage.contexts(level, code.shape[-1])
            bits = bits + stage.entropy.expected_bits(p, context).sum()
            soft = soft + softness(p)
        return estimate, bits, soft

    def stage(self, i: int) -> Stage:
        """Return one module of the cascade."""
        stage = self.stages[i]
        assert isinstance(stage, Stage)
        return stage

    def _stages(self) -> list[tuple[Stage, float]]:
        gains = [self.settings.stage_gain**i for i in range(self.active)]
        return [(self.stage(i), gain) for i, gain in enumerate(gains)]

    @torch.no_grad()
    def symbols(self, x: Numbers) -> Symbols:
        """Return levels ``(T,)`` and codes ``(stages, T, codes)``."""
        frames = split(as_batch(x).to(self._device))[0]
        level = level_of(frames)
        target = frames / level_gain(level)[:, None]
        estimate, codes = torch.zeros_like(target), []
        for stage, gain in self._stages():
            symbols = stage.quantiser.symbols(
                stage.code((target - estimate) * gain, level)
            )
            values = stage.quantiser.values(symbols)
            estimate = estimate + stage.frames(values, level) / gain
            codes.append(symbols.flatten(1))
        stacked = torch.stack(codes).cpu().numpy()
        return {"level": level.cpu().numpy(), "codes": stacked}

    @torch.no_grad()
    def synthesise(self, symbols: Symbols, samples: int) -> Numbers:
        """Return the sound of levels and codes, ``(samples,)``."""
        level = torch.from_numpy(symbols["level"]).to(self._device)
        estimate = torch.zeros(len(level), FRAME, device=self._device)
        for (stage, gain), codes in zip(self._stages(), symbols["codes"], strict=True):
            shape = (len(level), self.settings.code_channels, -1)
            code = torch.from_numpy(codes).to(self._device).reshape(shape)
            values = stage.quantiser.values(code)
            estimate = estimate + stage.frames(values, level) / gain
        frames = estimate * level_gain(level)[:, None]
        return join(frames[None], samples)[0, 0].cpu().double().numpy()

    def write(self, symbols: Symbols, writer: SymbolWriter) -> None:
        """Write blocks of frames: their levels, their codes, a mark."""
        levels, codes = symbols["level"], symbols["codes"]
        previous = np.concatenate([[0], levels[:-1]])
        for start in range(0, len(levels), BLOCK):
            part = slice(start, start + BLOCK)
            tables = self.level_entropy.frequencies.cpu().numpy()
            writer.put(levels[part], tables, previous[part])
            for (stage, _), code in zip(self._stages(), codes, strict=True):
                tables, contexts = self._tables(stage, levels[part])
                writer.put(code[part].ravel(), tables, contexts)
            writer.mark()

    def read(self, reader: SymbolReader, samples: int) -> Symbols:
        """Read what `write` wrote."""
        left, previous = frames_of(samples), 0
        levels: list[Numbers] = []
        codes: list[list[Numbers]] = [[] for _ in range(self.active)]
        while left > 0:
            block = self._read_levels(reader, previous, min(left, BLOCK))
            levels.append(block)
            for i, (stage, _) in enumerate(self._stages()):
                tables, contexts = self._tables(stage, block)
                code = reader.take(tables, contexts)
                codes[i].append(code.reshape(len(block), -1))
            reader.check_mark()
            previous, left = block[-1], left - len(block)
        stacked = np.stack([np.concatenate(c) for c in codes]).astype(np.int64)
        return {"level": np.concatenate(levels), "codes": stacked}

    def _read_levels(self, reader: SymbolReader, previous: int, n: int) -> Numbers:
        tables = self.level_entropy.frequencies.cpu().numpy()
        levels = []
        for _ in range(n):
            previous = int(reader.take(tables, np.array([previous]))[0])
            levels.append(previous)
        return np.array(levels, np.int64)

    def _tables(self, stage: Any, levels: Numbers) -> tuple[Numbers, Numbers]:
        columns = self.settings.codes // self.settings.code_channels
        contexts = stage.contexts(torch.from_numpy(levels).to(self._device), columns)
        return stage.entropy.frequencies.cpu().numpy(), contexts.cpu().numpy().ravel()

    def freeze(self, sounds: Iterable[Numbers]) -> None:
        """Count the symbols of sounds ``(samples,)``; set the range coder's tables."""
        coded = [self.symbols(x) for x in sounds]
        levels = np.concatenate([s["level"] for s in coded])
        before = np.concatenate([[0, *s["level"][:-1]] for s in coded])
        shape = (LEVELS, LEVELS)
        self.level_entropy.freeze(count_symbols(levels, before, shape), prior=1)
        for i, (stage, _) in enumerate(self._stages()):
            codes = np.concatenate([s["codes"][i] for s in coded])
            _, contexts = self._tables(stage, levels)
            size = stage.entropy.logits.shape
            stage.entropy.freeze(count_symbols(codes, contexts, size))

    @property
    def _device(self) -> torch.device:
        return self.level_entropy.logits.device


def level_of(frames: Tensor) -> Tensor:
    """Return the level of frames ``(n, 512)`` in steps of 3 dB, int64 ``(n,)``.

    Lecture 09.

    Examples
    --------
    >>> level_of(torch.tensor([[1.0] * 512, [0.0] * 512])).tolist()
    [31, 0]
    """
    power = frames.square().mean(dim=-1).clamp_min(1e-12)
    step = torch.round(10 * torch.log10(power) / LEVEL_STEP) + LEVELS - 1
    return step.clamp(0, LEVELS - 1).long()


def level_gain(level: Tensor) -> Tensor:
    """Return the root mean square that a level stands for, of the level's shape.

    Lecture 09.

    Examples
    --------
    >>> level_gain(torch.tensor([31, 29])).tolist()
    [1.0, 0.5011872053146362]
    """
    return 10 ** (LEVEL_STEP / 20 * (level - (LEVELS - 1)))


def _hint(level: Tensor, columns: int) -> Tensor:
    """Return the level as a channel ``(n, 1, columns)`` between -1 and 1."""
    hint = 2 * level.float() / (LEVELS - 1) - 1
    return hint[:, None, None].expand(-1, 1, columns)
