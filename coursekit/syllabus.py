"""The one table of lectures: what each teaches, where, and on which slides.

Everything that lists lectures (the README, the map of lecture 03, the tests)
reads this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Lecture:
    """One lecture of the course.

    Parameters
    ----------
    number
        Its place in the course.
    name
        A word or two; with the number, the name of the notebook.
    teaches
        What the class takes home, in a line.
    slides
        The titles of the deck's slides that it covers.
    modules
        The modules of `coursekit` that it teaches.
    homework
        The homework that belongs to it, or "".
    minutes
        How long it takes in class.
    ready
        False while the lecture is still to come.
    """

    number: int
    name: str
    teaches: str
    slides: tuple[str, ...]
    modules: tuple[str, ...]
    homework: str
    minutes: int
    ready: bool = False

    @property
    def notebook(self) -> str:
        """File name of its notebook, ``01_dft.ipynb``."""
        return f"{self.key}.ipynb"

    @property
    def key(self) -> str:
        """Number and name, ``01_dft``: how the rest of the course refers to it."""
        return f"{self.number:02d}_{self.name}"


# fmt: off
LECTURES: tuple[Lecture, ...] = (
    Lecture(
        0, "readiness",
        "A self-test: complex numbers, decibels, numpy, headphones, a safe volume",
        (), ("listen",), "", 30, ready=True,
    ),
    Lecture(
        1, "dft", "The discrete Fourier transform is a matrix product",
        ("Discrete Fourier Transform",),
        ("fourier",), "hw1_dft", 50, ready=True,
    ),
    Lecture(
        2, "stft", "Windows, overlap-and-add, and what a frame length buys",
        ("Short-Time Fourier Transform", "Short-Time Fourier Transform: resolution"),
        ("fourier", "plots"), "hw1_dft", 50, ready=True,
    ),
    Lecture(
        3, "audio_and_ml", "A map of the field, its problems, how results are measured",
        ("Audio and Machine Learning", "Audio Signal Processing Problems",
         "A Real-World Use Case"),
        ("metrics", "audio", "data", "music"), "", 50, ready=True,
    ),
    Lecture(
        4, "generalist", "Supervised enhancement, x = s + n, and its issues",
        ("ML/NN for Speech Enhancement: a generalist",),
        ("enhancement",), "hw4_models", 50,
    ),
    Lecture(
        5, "specialists", "Generalists, specialists, and a gate to the best of them",
        ("ML/NN for Speech Enhancement: generalists vs. specialists",
         "ML/NN for Speech Enhancement: specialist results"),
        ("enhancement",), "hw4_models", 50,
    ),
    Lecture(
        6, "personalization", "A model for one voice: distillation, self-supervision",
        ("Reference",),
        ("enhancement",), "", 50,
    ),
    Lecture(
        7, "ild_clustering", "Level and distance, ILD, a GMM by EM, masks",
        ("ML/NN for Speech Enhancement: SPL and geometry",
         "ML/NN for Speech Enhancement: a clustering approach"),
        ("spatial", "rooms", "masks"), "hw2_ild", 50, ready=True,
    ),
    Lecture(
        8, "mrf_smoothing", "The pairwise MRF, its inference, several sources",
        ("ML/NN for Speech Enhancement: the pairwise MRF",
         "ML/NN for Speech Enhancement: multiple sources"),
        ("spatial",), "hw2_ild", 50, ready=True,
    ),
    Lecture(
        9, "neural_coding", "Autoencoders against traditional codecs; a real bitstream",
        ("Neural Speech and Audio Coding: autoencoders",
         "Neural Speech and Audio Coding: end-to-end CNN autoencoder"),
        ("coding", "training"), "hw4_models", 50, ready=True,
    ),
    Lecture(
        10, "perception", "Why SNR is not enough; what cannot be heard",
        ("Perceptual Nature of Audio: objective metrics",
         "Perceptual Nature of Audio: a silent band",
         "Perceptual Nature of Audio: an interfering beep"),
        ("psychoacoustics",), "hw3_pam", 50, ready=True,
    ),
    Lecture(
        11, "pam1", "MPEG-1 psychoacoustic model 1, step by step",
        ("Perceptual Nature of Audio: psychoacoustics",
         "Perceptual Nature of Audio: PAM-1"),
        ("psychoacoustics",), "hw3_pam", 50, ready=True,
    ),
    Lecture(
        12, "perceptual_loss", "Priority weighting, noise modulation, against MP3",
        ("Perceptual Nature of Audio: psychoacoustic loss",),
        ("psychoacoustics", "coding", "evidence"), "hw3_pam", 50, ready=True,
    ),
    Lecture(
        13, "echo_and_noise", "Acoustic echo cancellation, active noise cancellation",
        ("Acoustic Echo Cancellation", "Active Noise Cancellation", "AEC and ANC"),
        ("echo",), "", 50,
    ),
    Lecture(
        14, "music_echo", "X ~ S + F*N and X ~ A*[WH] + F*N",
        ("AEC and ANC: music",),
        ("echo",), "", 50,
    ),
    Lecture(
        15, "upmixing", "Stereo to surround: disentangling music from space",
        ("Spatial Audio: stereo to surround", "Spatial Audio: disentanglement",
         "Upmixing via Style-Transfer"),
        ("upmix",), "hw4_models", 50,
    ),
    Lecture(
        16, "spain_net", "Separation that is told where the instruments are",
        ("Music Signal Processing", "Spain-Net", "Spain-Net: audio examples"),
        ("separation",), "hw4_models", 50,
    ),
    Lecture(
        17, "autotune", "Pitch correction, traditional and neural",
        ("Neural Pitch Correction?", "The Neural Pitch Correction System",
         "Experimental Results"),
        ("intonation",), "hw4_models", 50,
    ),
    Lecture(
        18, "scenes_and_events", "Acoustic scenes, sound events, and their metrics",
        ("Detection and Classification of Acoustic Scenes and Events",),
        ("scenes",), "hw4_models", 50,
    ),
)
# fmt: on


def lecture(key: str) -> Lecture:
    """Return the lecture called `key`, for example ``"01_dft"``.

    Raises
    ------
    ValueError
        Where no lecture has that key; the message lists those that exist.

    Examples
    --------
    >>> lecture("02_stft").teaches
    'Windows, overlap-and-add, and what a frame length buys'
    """
    for entry in LECTURES:
        if entry.key == key:
            return entry
    raise ValueError(f"no lecture {key!r}; there are {[e.key for e in LECTURES]}")


def ready() -> tuple[Lecture, ...]:
    """Return the lectures that can be given today."""
    return tuple(entry for entry in LECTURES if entry.ready)


def markdown_table(notebooks: Path | str = "notebooks") -> str:
    """Return the table of lectures for the README, one row each.

    Parameters
    ----------
    notebooks
        Where the links point to.
    """
    rows = ["| | lecture | teaches | package | homework |", "|---|---|---|---|---|"]
    for entry in LECTURES:
        title = f"[{entry.name}]({notebooks}/{entry.notebook})"
        rows.append(
            f"| {entry.number:02d} "
            f"| {title if entry.ready else entry.name + ' *(to come)*'} "
            f"| {entry.teaches} "
            f"| {', '.join(f'`{name}`' for name in entry.modules)} "
            f"| {entry.homework} |"
        )
    return "\n".join(rows)
