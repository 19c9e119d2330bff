"""A synthesised motorcycle: firing pulses through an exhaust pipe.

No recording of a motorcycle was found under an open licence, so these are
synthesised, and labelled so. Each firing of a cylinder is a short pressure pulse;
the pulses go down a pipe whose open end throws them back upside down (a comb
filter), the frame rings at a resonance, and breath noise follows the pulses.
The engines of the training side and of the test side share no parameter range,
so a model cannot meet a test engine while it learns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from coursekit.rooms import SPEED_OF_SOUND

Audio = NDArray[np.float64]


@dataclass(frozen=True)
class Engine:
    """One four-stroke engine and its exhaust.

    Parameters
    ----------
    name
        What to call it.
    firing
        Crank angles in degrees, within the 720 of one cycle, at which a cylinder
        fires: one for each cylinder. Uneven angles give a V-twin its limp.
    pipe
        Length of the exhaust pipe in metres.
    reflection
        How much of a pulse the pipe's end throws back, 0 to 1.
    body
        Resonance of the frame in Hz.
    idle, top
        Revolutions per minute, standing and at most.
    breath
        Share of noise, 0 to 1.
    """

    name: str
    firing: tuple[float, ...]
    pipe: float
    reflection: float
    body: float
    idle: float
    top: float
    breath: float


TRAIN_ENGINES = (
    Engine("v_twin_45", (0, 405), 1.30, 0.72, 140, 900, 3600, 0.20),
    Engine("v_twin_90", (0, 450), 1.15, 0.66, 165, 1000, 3900, 0.26),
    Engine("parallel_twin", (0, 360), 1.05, 0.62, 180, 1100, 4200, 0.30),
)
TEST_ENGINES = (
    Engine("single", (0,), 0.80, 0.50, 230, 1500, 5200, 0.40),
    Engine("inline_four", (0, 180, 360, 540), 0.65, 0.42, 290, 1700, 6400, 0.48),
)


def engine(name: str) -> Engine:
    """Return the engine called `name`.

    Examples
    --------
    >>> engine("single").firing
    (0,)
    """
    known = {entry.name: entry for entry in TRAIN_ENGINES + TEST_ENGINES}
    if name not in known:
        raise ValueError(f"no engine {name!r}; there are {', '.join(known)}")
    return known[name]


def firing_rate(engine: Engine, rpm: float) -> float:
    """Return how often a second some cylinder fires: each once in two turns.

    Examples
    --------
    >>> firing_rate(engine("inline_four"), 3000)
    100.0
    """
    return len(engine.firing) * rpm / 120


def run(
    engine: Engine, rpm: NDArray[np.float64], rate: int, rng: np.random.Generator
) -> Audio:
    """Return the sound of an engine that turns as it is told.

    Parameters
    ----------
    engine
        The engine.
    rpm
        ``(samples,)``, revolutions per minute at each sample.
    rate
        Sampling rate in Hz.
    rng
        Draws how unequal the firings are, and the breath noise.

    Returns
    -------
    ndarray
        ``(samples,)``, with an RMS of 0.1.

    Raises
    ------
    ValueError
        Where `rpm` is not a row of positive numbers.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> run(engine("single"), np.full(16_000, 1500.0), 16_000, rng).shape
    (16000,)
    """
    rpm = np.asarray(rpm, dtype=np.float64)
    if rpm.ndim != 1 or not rpm.size or not np.all(rpm > 0):
        raise ValueError(f"rpm must be (samples,) above 0, got shape {rpm.shape}")
    pulses = _explosions(engine, rpm, rate, rng)
    decay = np.exp(-1 / (0.003 * rate))  # a pulse dies in 3 ms
    thrust = signal.lfilter([1 - decay], [1, -decay], pulses)
    b, a = signal.butter(1, min(1800, 0.4 * rate), fs=rate)
    noise = signal.lfilter(b, a, rng.standard_normal(rpm.size)) * thrust
    load = (rpm / engine.top) ** 0.7  # louder as it turns faster
    mouth = _through_pipe(engine, load * (thrust + engine.breath * noise), rate)
    b, a = signal.iirpeak(engine.body, 2.0, fs=rate)
    ringing = mouth + 2 * signal.lfilter(b, a, mouth)
    b, a = signal.butter(2, [45, 0.44 * rate], "bandpass", fs=rate)
    heard = np.tanh(signal.lfilter(b, a, ringing) / (4 * np.std(ringing)))
    return np.asarray(0.1 * heard / np.sqrt(np.mean(heard**2)))


def _explosions(
    engine: Engine, rpm: NDArray[np.float64], rate: int, rng: np.random.Generator
) -> Audio:
    """Place one pulse wherever the crank passes a firing angle."""
    crank = np.cumsum(rpm * 6 / rate)  # degrees: 360 a turn, 60 seconds a minute
    pulses = np.zeros(rpm.size)
    for angle in engine.firing:
        turns = np.floor((crank - angle) / 720)
        at = np.flatnonzero(np.diff(turns, prepend=turns[0]) > 0)
        pulses[at] += 1 + 0.1 * rng.standard_normal(at.size)
    return pulses


def _through_pipe(engine: Engine, x: Audio, rate: int) -> Audio:
    """Let a sound run to and fro in the exhaust pipe.

    The open end turns the pressure round, so the pipe rings at odd multiples of
    a quarter wave; the mean of two neighbours makes it lose its treble first.
    """
    delay = max(1, round(2 * engine.pipe / SPEED_OF_SOUND * rate))
    feedback = np.zeros(delay + 2)
    feedback[0] = 1
    feedback[delay : delay + 2] = engine.reflection / 2
    return np.asarray(signal.lfilter([1.0], feedback, x))


def ride(engine: Engine, seconds: float, rate: int, rng: np.random.Generator) -> Audio:
    """Return a ride: idling, revving up, changing gear, rolling off.

    Parameters
    ----------
    engine
        The engine.
    seconds
        How long.
    rate
        Sampling rate in Hz.
    rng
        Draws the ride.

    Returns
    -------
    ndarray
        ``(round(seconds * rate),)``, with an RMS of 0.1.

    Examples
    --------
    >>> ride(engine("v_twin_45"), 0.5, 16_000, np.random.default_rng(0)).shape
    (8000,)
    """
    samples = round(seconds * rate)
    if samples < 1:
        raise ValueError(f"a ride must last at least one sample, got {seconds} s")
    knots = np.cumsum(np.append(0, rng.uniform(0.5, 1.6, int(2 * seconds) + 3)))
    throttle = rng.beta(0.7, 0.9, knots.size)
    throttle[0] = 0.0  # it starts idling
    wanted = engine.idle + (engine.top - engine.idle) * throttle
    rpm = np.interp(np.arange(samples) / rate, knots, wanted)
    sway = signal.lfilter([1e-3], [1, -0.999], rng.standard_normal(samples))
    return run(engine, rpm * (1 + 0.2 * sway), rate, rng)
