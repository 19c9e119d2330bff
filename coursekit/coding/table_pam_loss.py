"""The headline: one codec, three losses, and what the same bytes then sound like.

The codec on the MDCT is trained for time, time + mel and time + mel + PAM, alike in
all else, at several prices of a bit, from several seeds, on the speakers of the
train split; it is measured on the speakers of the test split. A few rows are of much
shorter runs: what a codec is before it has learnt much, and cheap to compute again.
Quoted in lecture 12.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

from coursekit import data, training
from coursekit.coding.evaluation import measure, silence
from coursekit.coding.learn import MDCT_TRAINING, MdctPlan, train_mdct
from coursekit.coding.mdct_net import MdctCodec, MdctSettings
from coursekit.coding.objectives import Weights
from coursekit.coding.table_codecs import CONFIGURATION as CODECS
from coursekit.coding.table_codecs import PACKAGES, sounds_of
from coursekit.evidence.experiment import Configuration, Experiment
from coursekit.evidence.table import Record

STEPS, FEW_STEPS = MDCT_TRAINING.steps, 20

CONFIGURATION: dict[str, Any] = {
    "runs": [
        {"objective": "silence", "price": 0, "steps": 0},
        *(
            {"objective": objective, "price": price, "steps": STEPS}
            for objective, prices in {
                "time": (0.05, 0.02, 0.008),
                "time+mel": (0.05, 0.02, 0.008),
                "time+mel+pam": (2.0, 0.9, 0.4),
            }.items()
            for price in prices
        ),
        {"objective": "time", "price": 0.02, "steps": FEW_STEPS},
        {"objective": "time+mel+pam", "price": 0.9, "steps": FEW_STEPS},
    ],
    "codec": asdict(MdctSettings()),
    "weights": Weights()._asdict(),
    "samples": MdctPlan.samples,
    "batch": MdctPlan.batch,
    "training": MDCT_TRAINING.resume_key(),
    "test": CODECS["kinds"]["speech"],
    "listeners": ["zimtohrli", "visqol"],
}

PROBE = {"runs": CONFIGURATION["runs"][-1:], "listeners": ["zimtohrli"]}
"""One short run: a few seconds."""


def one_seed(seed: int, configuration: Configuration) -> Iterator[Record]:
    """Train and measure one codec for each run: a loss, a price, a number of steps.

    The seed sets the first weights, the batches, and where the test is cut.

    Lecture 12.
    """
    sounds = sounds_of("speech", seed, configuration["test"])
    rate, listeners = configuration["test"]["rate"], configuration["listeners"]
    for run in configuration["runs"]:
        if run["objective"] == "silence":
            row = silence(sounds, rate, listeners)
        else:
            row = measure(trained(seed, run, configuration), sounds, listeners)
        name = f"{run['objective']}, price {run['price']:g}"
        keys = {"objective": run["objective"], "steps": run["steps"], "codec": name}
        yield {**vars(row), **keys}


def trained(seed: int, run: Record, configuration: Configuration) -> MdctCodec:
    """Return the codec of one run.

    Lecture 12.

    Parameters
    ----------
    seed
        Of the first weights and the batches.
    run
        "objective", "price" and "steps".
    configuration
        See `CONFIGURATION`.
    """
    rate = configuration["test"]["rate"]
    clips = [clip.audio(rate) for clip in data.clips("speech", split="train")]
    with training.seeded(seed):
        codec = MdctCodec(MdctSettings(**configuration["codec"]), rate)
    weights = Weights(**configuration["weights"])
    sizes = configuration["samples"], configuration["batch"]
    plan = MdctPlan(run["objective"], run["price"], weights, *sizes)
    descent = replace(
        MDCT_TRAINING, steps=run["steps"], seed=seed, progress=False, device="cpu"
    )
    train_mdct(codec, clips, plan, descent)
    return codec


def parts(configuration: Configuration) -> Iterator[Configuration]:
    """Yield one configuration for each run.

    Lecture 12.
    """
    for run in configuration["runs"]:
        yield {**configuration, "runs": [run]}


EXPERIMENT = Experiment(
    name="pam_loss",
    title="One codec trained for three losses, on speakers it never heard",
    one_seed=one_seed,
    parts=parts,
    configuration=CONFIGURATION,
    seeds=(0, 1, 2),
    keys=("objective", "steps", "codec"),
    probe=PROBE,
    # Machines add up in another order, and a descent makes more of it.
    tolerance={
        "kbps": 1.0, "snr": 0.7, "nmr": 0.5, "worst": 4.0, "audible": 0.01,
        "zimtohrli": 0.2, "visqol": 0.2,
    },
    packages=PACKAGES,
)  # fmt: skip
