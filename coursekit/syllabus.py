"""The one table of lectures: what each teaches, where, and on which slides.

Everything that lists lectures (the README, the map of lecture 03, the tests)
reads this table. A lecture is ready when its notebook is there.
``python -m coursekit.syllabus`` prints the table of the README, and with
``--write`` puts it into the README.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
"""Where the lectures lie, beside the package."""


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

    Examples
    --------
    >>> Lecture(1, "dft", "A matrix product", (), (), "", 50).notebook
    '01_dft.ipynb'
    """

    number: int
    name: str
    teaches: str
    slides: tuple[str, ...]
    modules: tuple[str, ...]
    homework: str
    minutes: int

    @property
    def notebook(self) -> str:
        """File name of its notebook, ``01_dft.ipynb``."""
        return f"{self.key}.ipynb"

    @property
    def key(self) -> str:
        """Number and name, ``01_dft``: how the rest of the course refers to it."""
        return f"{self.number:02d}_{self.name}"

    @property
    def ready(self) -> bool:
        """Whether it can be given today: its notebook is there."""
        return (NOTEBOOKS / self.notebook).is_file()


# fmt: off
LECTURES: tuple[Lecture, ...] = (
    Lecture(
        0, "readiness",
        "A self-test: complex numbers, decibels, numpy, headphones, a safe volume",
        (), ("listen",), "", 30,
    ),
    Lecture(
        1, "dft", "The discrete Fourier transform is a matrix product",
        ("Discrete Fourier Transform",),
        ("fourier",), "hw1_dft", 50,
    ),
    Lecture(
        2, "stft", "Windows, overlap-and-add, and what a frame length buys",
        ("Short-Time Fourier Transform", "Short-Time Fourier Transform: resolution"),
        ("fourier", "plots"), "hw1_dft", 50,
    ),
    Lecture(
        3, "audio_and_ml", "A map of the field, its problems, how results are measured",
        ("Audio and Machine Learning", "Audio Signal Processing Problems",
         "A Real-World Use Case"),
        ("metrics", "audio", "data", "music"), "", 50,
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
        ("spatial", "rooms", "masks"), "hw2_ild", 50,
    ),
    Lecture(
        8, "mrf_smoothing", "The pairwise MRF, its inference, several sources",
        ("ML/NN for Speech Enhancement: the pairwise MRF",
         "ML/NN for Speech Enhancement: multiple sources"),
        ("spatial",), "hw2_ild", 50,
    ),
    Lecture(
        9, "neural_coding", "Autoencoders against traditional codecs; a real bitstream",
        ("Neural Speech and Audio Coding: autoencoders",
         "Neural Speech and Audio Coding: end-to-end CNN autoencoder"),
        ("coding", "training"), "hw4_models", 50,
    ),
    Lecture(
        10, "perception", "Why SNR is not enough; what cannot be heard",
        ("Perceptual Nature of Audio: objective metrics",
         "Perceptual Nature of Audio: a silent band",
         "Perceptual Nature of Audio: an interfering beep"),
        ("psychoacoustics",), "hw3_pam", 50,
    ),
    Lecture(
        11, "pam1", "MPEG-1 psychoacoustic model 1, step by step",
        ("Perceptual Nature of Audio: psychoacoustics",
         "Perceptual Nature of Audio: PAM-1"),
        ("psychoacoustics",), "hw3_pam", 50,
    ),
    Lecture(
        12, "perceptual_loss", "Priority weighting, noise modulation, against MP3",
        ("Perceptual Nature of Audio: psychoacoustic loss",),
        ("psychoacoustics", "coding", "evidence"), "hw3_pam", 50,
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


_HEADING = "| | lecture | teaches | package | homework |"


def markdown_table(notebooks: Path | str = "notebooks") -> str:
    """Return the table of lectures for the README, one row each.

    Parameters
    ----------
    notebooks
        Where the links point to.

    Examples
    --------
    >>> markdown_table().splitlines()[0]
    '| | lecture | teaches | package | homework |'
    """
    rows = [_HEADING, "|---|---|---|---|---|"]
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


def with_table(text: str) -> str:
    """Return a page in Markdown with its table of lectures made anew.

    Parameters
    ----------
    text
        A page with such a table: the heading's line and all rows below it.

    Raises
    ------
    ValueError
        Where the page has no such table, or more than one.

    Examples
    --------
    >>> page = f"Before.\\n\\n{_HEADING}\\n| old |\\n\\nAfter."
    >>> with_table(page) == f"Before.\\n\\n{markdown_table()}\\n\\nAfter."
    True
    """
    if (found := text.count(_HEADING)) != 1:
        raise ValueError(f"{found} lines {_HEADING!r}: the page needs one, to go below")
    before, _, after = text.partition(_HEADING)
    rows = after.split("\n")
    end = next((k for k, row in enumerate(rows) if k and not row.startswith("|")), None)
    rest = [] if end is None else rows[end:]
    return "\n".join([before + markdown_table(), *rest])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table of lectures, or write it into the README."""
    parser = argparse.ArgumentParser(
        prog="python -m coursekit.syllabus", description="The table of lectures."
    )
    parser.add_argument("--write", action="store_true", help="put it into README.md")
    if parser.parse_args(arguments).write:
        readme = NOTEBOOKS.parent / "README.md"
        readme.write_text(with_table(readme.read_text("utf-8")), "utf-8")
    else:
        print(markdown_table())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
