"""The table of codecs: what they cost and how they sound, on held-out recordings.

Speakers and pieces are of the test split: no learnt codec heard them. A seed chooses
which seconds of each recording are coded, and writes the score of the ensemble, which
is synthetic and stands for music with something above 8 kHz. Quoted in lectures 09
and 12.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursekit import data, music, training
from coursekit.coding.codec import Codec
from coursekit.coding.evaluation import CodecScore, measure, silence
from coursekit.coding.masked_mdct import FlatMdctCodec, MaskedMdctCodec
from coursekit.coding.models import RECIPES, load
from coursekit.coding.traditional import Flac, Mp3, Opus
from coursekit.evidence.experiment import Configuration, Experiment
from coursekit.evidence.table import Record

Audio = NDArray[np.float64]

FAMILIES: Mapping[str, Callable[[float, int], Codec]] = {
    "FLAC": lambda _, rate: Flac(rate),
    "MP3": lambda kbps, rate: Mp3(int(kbps), rate),
    "Opus": lambda kbps, rate: Opus(kbps, rate),
    "flat MDCT": lambda level, rate: FlatMdctCodec(level, rate),
    "masked MDCT": lambda above, rate: MaskedMdctCodec(above, rate),
}
"""How a codec is made of its family, its setting and a sampling rate. The setting of
any other family is the name of weights that ship with the course."""

CONFIGURATION: dict[str, Any] = {
    "kinds": {
        "speech": {
            "rate": 16_000,
            "seconds": 5.0,
            "clips": ["ivrvoice_ru_01", "armelle_fr_03", "austen_en_02"],
        },
        "music": {"rate": 16_000, "seconds": 6.0, "clips": ["music_system"]},
        "singing": {"rate": 44_100, "seconds": 5.0, "clips": ["singer_woman"]},
        "ensemble": {"rate": 44_100, "seconds": 5.0, "clips": []},
    },
    "settings": {
        "16000": {
            "silence": [0],
            "FLAC": [0],
            "MP3": [16, 24, 32, 48],
            "Opus": [8, 16, 24, 32],
            "flat MDCT": [38, 32, 26, 20, 14],
            "masked MDCT": [2, -2, -6, -10, -14],
            **{
                f"MDCT net, {objective}": [
                    f"mdct_{objective.replace('+', '_')}_{size}"
                    for size in ("low", "middle", "high")
                ]
                for objective in ("time", "time+mel", "time+mel+pam")
            },
            "wave CNN": ["wave"],
        },
        "44100": {
            "silence": [0],
            "FLAC": [0],
            "MP3": [32, 48, 64, 96],
            "Opus": [16, 24, 32, 64],
            "flat MDCT": [38, 32, 26, 20, 14],
            "masked MDCT": [2, -2, -6, -10, -14],
        },
    },
    "listeners": ["zimtohrli", "visqol"],
    "weights": {
        name: training.read_card(training.weights_path(name))["sha256"]
        for name in RECIPES
    },
}

PACKAGES = (
    "constriction", "numpy", "scipy", "soundfile", "torch", "visqol-python",
    "zimtohrli",
)  # fmt: skip
"""That have a say in how many bytes there are and how they sound."""

PROBE = {
    "kinds": {"music": CONFIGURATION["kinds"]["music"]},
    "settings": {
        "16000": {
            "MP3": [24],
            "Opus": [16],
            "flat MDCT": [26],
            "masked MDCT": [-6],
            "MDCT net, time": ["mdct_time_middle"],
            "MDCT net, time+mel": ["mdct_time_mel_middle"],
            "MDCT net, time+mel+pam": ["mdct_time_mel_pam_middle"],
        }
    },
    "listeners": ["zimtohrli"],
}
"""One codec of each family on the one piece of music: a few seconds."""


def sounds_of(kind: str, seed: int, how: Mapping[str, Any]) -> list[Audio]:
    """Return a seed's excerpts ``(samples,)``, or its piece where no clip is named.

    Lectures 09 and 12.

    Parameters
    ----------
    kind
        Of the recordings; another kind is cut elsewhere.
    seed
        Of the table.
    how
        "rate", "seconds" and "clips", as in `CONFIGURATION`.

    Examples
    --------
    >>> how = CONFIGURATION["kinds"]["speech"]
    >>> [len(x) for x in sounds_of("speech", 0, how)][:2]
    [80000, 80000]
    """
    rng = np.random.default_rng([seed, zlib.crc32(kind.encode())])
    samples = round(how["seconds"] * how["rate"])
    if not how["clips"]:
        stems = music.ensemble(rng, how["seconds"], how["rate"])
        return [sum(stems.values(), np.zeros(samples))]
    clips = [data.clip(name) for name in how["clips"]]
    return [_excerpt(c.audio(how["rate"]), samples, rng) for c in clips]


def one_seed(seed: int, configuration: Configuration) -> Iterator[Record]:
    """Yield the row of each codec on each kind of sound.

    Lectures 09 and 12.
    """
    listeners = configuration["listeners"]
    for kind, how in configuration["kinds"].items():
        rate = how["rate"]
        sounds = sounds_of(kind, seed, how)
        for family, settings in configuration["settings"][str(rate)].items():
            for setting in settings:
                row = _row(family, setting, rate, sounds, listeners)
                yield {"kind": kind, "family": family, **vars(row)}


def parts(configuration: Configuration) -> Iterator[Configuration]:
    """Yield one configuration for each kind and family.

    Lectures 09 and 12.
    """
    for kind, how in configuration["kinds"].items():
        rate = str(how["rate"])
        for family, settings in configuration["settings"][rate].items():
            weights = configuration["weights"]
            yield {
                "kinds": {kind: how},
                "settings": {rate: {family: settings}},
                "listeners": configuration["listeners"],
                "weights": {k: v for k, v in weights.items() if k in settings},
            }


def _row(
    family: str, setting: Any, rate: int, sounds: list[Audio], listeners: list[str]
) -> CodecScore:
    if family == "silence":
        return silence(sounds, rate, listeners)
    if family in FAMILIES:
        return measure(FAMILIES[family](setting, rate), sounds, listeners)
    return replace(measure(load(setting), sounds, listeners), codec=setting)


def _excerpt(x: Audio, samples: int, rng: np.random.Generator) -> Audio:
    """Return so many samples from anywhere, with short fades at both ends."""
    start = int(rng.integers(0, max(1, len(x) - samples)))
    fade = np.minimum(1, np.arange(1, samples + 1) / (0.01 * samples))
    return x[start : start + samples] * fade * fade[::-1]


EXPERIMENT = Experiment(
    name="codecs",
    title="Codecs on held-out recordings: bytes, and what comes back",
    one_seed=one_seed,
    parts=parts,
    configuration=CONFIGURATION,
    seeds=(0, 1, 2),
    keys=("kind", "family", "codec"),
    probe=PROBE,
    # Another release of LAME or Opus makes other choices; rounding makes none.
    tolerance={
        "kbps": 0.5, "snr": 0.3, "nmr": 0.3, "worst": 3.0, "audible": 0.005,
        "zimtohrli": 0.1, "visqol": 0.1,
    },
    packages=PACKAGES,
)  # fmt: skip
