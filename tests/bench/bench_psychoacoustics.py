"""PAM-1 for many frames at once against one frame at a time, and against the clock."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from timing import Row, versus

from coursekit import audio, data
from coursekit.psychoacoustics import (
    analyse,
    frames_of,
    log_noise_modulation_loss,
    mask_of,
    masking_threshold,
    priority_loss,
)

RATE, SECONDS = 44100, 10
AIM = 100  # times real time


def rows() -> Iterator[Row]:
    """Yield both layers in both precisions, frames overlapping by half, one thread."""
    torch.set_num_threads(1)
    clip = data.clips("music")[0]
    x = audio.resample(clip.audio()[: SECONDS * clip.rate], clip.rate, RATE)
    for size, layer in ((512, "I"), (1024, "II")):
        frames = frames_of(x, size)
        for precision in (np.float64, np.float32):
            yield _against_the_loop(frames.astype(precision), layer)
        yield _against_the_clock(frames.astype(np.float32), layer)
    yield _training_step()


def _against_the_loop(frames: np.ndarray, layer: str) -> Row:
    """CPU seconds of a frame; the loop, being slow, is given a few of them."""
    few, batch = frames[200:240], torch.tensor(frames)

    def loop() -> None:
        for frame in few:
            analyse(frame, RATE)

    pairs = [
        (_cpu(lambda: masking_threshold(batch, RATE)) / len(frames), _cpu(loop) / 40)
        for _ in range(7)
    ]
    ours, peer = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(mine / its for mine, its in pairs)
    what = f"PAM-1 {layer}, {frames.dtype}, one by one: {1 / ratio:.0f} times as fast"
    return Row(what, ours, peer, ratio, 1 / 25)


def _against_the_clock(frames: np.ndarray, layer: str) -> Row:
    """CPU seconds for a second of sound; half of the aim is too slow."""
    batch = torch.tensor(frames)
    times = [_cpu(lambda: masking_threshold(batch, RATE)) for _ in range(9)]
    ours = statistics.median(times) / SECONDS
    what = f"PAM-1 {layer}, {1 / ours:.0f} times real time at 44.1 kHz, aim {AIM}"
    return Row(what, ours, 1 / AIM, ours * AIM, 2.0)


def _training_step() -> Row:
    """L3 and L4 with their gradients, the mask made before, against made each time."""
    s = torch.tensor(data.clips("speech")[0].audio()[: 8 * 8192], dtype=torch.float32)
    s = s.reshape(8, 1, 8192)
    noise = torch.randn(s.shape, generator=torch.Generator().manual_seed(0))
    y = (s + 0.01 * noise).requires_grad_()
    mask = mask_of(s, 16000)

    def step(mask: torch.Tensor | None) -> None:
        for loss in (priority_loss, log_noise_modulation_loss):
            loss(s, y, 16000, mask=mask).backward()

    what = "L3 + L4 and gradients, 8 x 0.5 s, mask kept or made"
    return versus(what, lambda: step(mask), lambda: step(None), limit=1.0)


def _cpu(call: Callable[[], object]) -> float:
    """CPU seconds, which a busy neighbour does not lengthen as it does the clock's."""
    start = time.process_time()
    call()
    return time.process_time() - start
