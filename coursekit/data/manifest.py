"""What a clip is, and a folder of clips with its manifest.

A manifest is a TOML file, ``MANIFEST.toml``, with one ``[[clip]]`` table a clip,
so that people can read it and Python needs nothing more to read it than its own
library.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from coursekit import audio

MANIFEST = "MANIFEST.toml"
SPLITS = ("train", "test")


@dataclass(frozen=True)
class Clip:
    """One recording: what it is, whose it is, and how to hear it.

    Lecture 03.

    Parameters
    ----------
    name
        Unique in its pack.
    kind
        "speech", "birds", "typing", "motorcycle", …
    caption
        One line that says what is heard.
    path
        The sound file.
    rate
        Sampling rate in Hz.
    seconds
        Duration.
    split
        "train" or "test"; speakers and source recordings never cross.
    speaker
        Who speaks or sings, "" for a background. One person has one name.
    language
        Of speech: "en", "es", …, else "".
    transcript
        What is said, where the source says it.
    source
        The package (and version) or the corpus that it comes from.
    files
        The files of the source that it was made of.
    author
        Whom to name.
    licence
        SPDX identifier, such as "CC-BY-4.0".
    synthetic
        True where a program made the sound and no microphone heard it.
    processing
        What was done to the source.
    sha256
        Of the file, "" in a corpus that carries none.
    """

    name: str
    kind: str
    caption: str
    path: Path
    rate: int
    seconds: float
    split: str
    speaker: str = ""
    language: str = ""
    transcript: str = ""
    source: str = ""
    files: tuple[str, ...] = ()
    author: str = ""
    licence: str = ""
    synthetic: bool = False
    processing: str = ""
    sha256: str = ""

    def audio(self, rate: int | None = None) -> NDArray[np.float64]:
        """Return the samples, a fresh array each time.

        Parameters
        ----------
        rate
            Resample to this many Hz; by default the clip's own rate.

        Returns
        -------
        ndarray
            float64 ``(samples,)``, full scale ±1. A file of several channels is
            averaged to one.

        Raises
        ------
        FileNotFoundError
            Where the file is gone.

        Examples
        --------
        >>> from coursekit import data
        >>> data.clip("vinyl").audio().shape
        (128000,)
        """
        x, _ = audio.load(self.path, rate)
        return x if x.ndim == 1 else x.mean(axis=0)

    @property
    def credit(self) -> str:
        """The line to put beside the sound when it is passed on.

        Examples
        --------
        >>> from coursekit import data
        >>> data.clip("small_fire").credit[:60]
        'A small fire crackles — dobroide (Freesound 4211), CC-BY-3.0'
        """
        made = " (synthetic)" if self.synthetic else ""
        return f"{self.caption}{made} — {self.author}, {self.licence}, {self.source}"


class Pack:
    """A folder with a ``MANIFEST.toml`` and the sound files that it lists.

    Lecture 03.

    Parameters
    ----------
    root
        The folder: the shipped pack's, or one that ``make data`` filled.

    Raises
    ------
    FileNotFoundError
        Where there is no manifest.
    ValueError
        Where the manifest is broken.

    Examples
    --------
    >>> from coursekit import data
    >>> pack = Pack(Path(data.__file__).parent)
    >>> pack.clips("speech") == data.clips("speech")
    True
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)
        self._clips = read_manifest(self.root)
        self._by_name = {entry.name: entry for entry in self._clips}

    def clips(
        self, kind: str | None = None, split: str | None = None
    ) -> tuple[Clip, ...]:
        """Return the clips of one kind and split, or all; see `data.clips`."""
        return select(self._clips, kind, split)

    def clip(self, name: str) -> Clip:
        """Return the clip called `name`; see `data.clip`."""
        if name in self._by_name:
            return self._by_name[name]
        near = difflib.get_close_matches(str(name), self._by_name, n=5, cutoff=0.4)
        hint = f"did you mean {', '.join(near)}?" if near else "see clips() for all"
        raise ValueError(f"no clip is called {name!r}: {hint}")

    def kinds(self) -> tuple[str, ...]:
        """Return the kinds of sound in the pack, sorted."""
        return tuple(sorted({entry.kind for entry in self._clips}))

    def verify(self) -> None:
        """Check every file against its sha256; see `data.verify`."""
        wrong = [entry.path.name for entry in self._clips if not _intact(entry)]
        if wrong:
            raise ValueError(
                f"{len(wrong)} of {len(self._clips)} files in {self.root} are missing "
                f"or not as the manifest says: {', '.join(wrong[:5])}; restore them "
                "from the repository or rebuild them with "
                "`python -m coursekit.data.making.build`"
            )


def _intact(entry: Clip) -> bool:
    return entry.path.is_file() and file_sha256(entry.path) == entry.sha256


def select(
    clips: Iterable[Clip], kind: str | None = None, split: str | None = None
) -> tuple[Clip, ...]:
    """Return those clips that are of one kind and on one side of the split.

    Lecture 03.

    Raises
    ------
    ValueError
        Where no clip has that kind, or the split is neither "train" nor "test".

    Examples
    --------
    >>> from coursekit import data
    >>> select(data.clips(), "speech") == data.clips("speech")
    True
    """
    clips = tuple(clips)
    known = sorted({entry.kind for entry in clips})
    if kind is not None and kind not in known:
        raise ValueError(f"no clips of kind {kind!r}; there are {', '.join(known)}")
    if split is not None and split not in SPLITS:
        raise ValueError(f"split must be 'train', 'test' or None, got {split!r}")
    return tuple(
        entry
        for entry in clips
        if kind in (None, entry.kind) and split in (None, entry.split)
    )


def cache_folder() -> Path:
    """Return where large things go: ``$COURSE_DATA``, else ``~/.cache/coursekit``.

    Lecture 03.

    Examples
    --------
    >>> cache_folder().is_absolute()
    True
    """
    chosen = os.environ.get("COURSE_DATA")
    folder = Path(chosen) if chosen else Path.home() / ".cache" / "coursekit"
    return folder.expanduser().absolute()


def training() -> Pack:
    """Return the larger training set that ``make data`` built.

    Lecture 03.

    Raises
    ------
    FileNotFoundError
        Where it has not been built yet; the message says how.
    """
    root = cache_folder() / "training"
    if not (root / MANIFEST).is_file():
        raise FileNotFoundError(
            f"the training set is not at {root}: build it with `make data` "
            "(or set COURSE_DATA to the folder that holds training/)"
        )
    return Pack(root)


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file, in hexadecimal.

    Lecture 03.

    Examples
    --------
    >>> from coursekit import data
    >>> clip = data.clips()[0]
    >>> file_sha256(clip.path) == clip.sha256
    True
    """
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_manifest(root: Path) -> tuple[Clip, ...]:
    """Return the clips that ``root/MANIFEST.toml`` lists.

    Lecture 03.

    Raises
    ------
    FileNotFoundError
        Where there is no manifest.
    ValueError
        Where it is no TOML, misses a field, has an unknown one, or names a clip
        twice.

    Examples
    --------
    >>> from coursekit import data
    >>> read_manifest(Path(data.__file__).parent) == data.clips()
    True
    """
    path = root / MANIFEST
    if not path.is_file():
        raise FileNotFoundError(f"{root} has no {MANIFEST}, so it is not a pack")
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8")).get("clip", [])
        clips = tuple(_from_row(root, row) for row in rows)
    except (tomllib.TOMLDecodeError, TypeError, KeyError) as error:
        raise ValueError(f"{path} is broken: {error}") from error
    names = [entry.name for entry in clips]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{path} lists more than once: {', '.join(twice)}")
    return clips


def _from_row(root: Path, row: dict[str, object]) -> Clip:
    row = dict(row)
    path = root / str(row.pop("file"))
    if "files" in row:
        row["files"] = tuple(row["files"])  # type: ignore[arg-type]
    return Clip(path=path, **row)  # type: ignore[arg-type]


def write_manifest(root: Path, clips: Iterable[Clip], preface: str) -> None:
    """Write ``root/MANIFEST.toml``.

    Lecture 03.

    Parameters
    ----------
    root
        The pack's folder; the clips lie below it.
    clips
        In the order wanted.
    preface
        Text for the top, written as comments.
    """
    lines = [f"# {line}".rstrip() for line in preface.splitlines()]
    for entry in clips:
        lines += ["", "[[clip]]", *_rows(root, entry)]
    path = root / MANIFEST
    part = path.with_suffix(".part")
    part.write_text("\n".join(lines) + "\n", encoding="utf-8")
    part.replace(path)


def _rows(root: Path, entry: Clip) -> list[str]:
    """Return a clip as TOML lines; empty fields are left out."""
    rows = []
    for field in fields(entry):
        value = getattr(entry, field.name)
        if field.name == "path":
            rows.append(f"file = {_toml(value.relative_to(root).as_posix())}")
        elif value not in ("", (), False):
            rows.append(f"{field.name} = {_toml(value)}")
    return rows


def _toml(value: str | bool | float | tuple[str, ...]) -> str:
    """Return a value as TOML; JSON's text, numbers and booleans are TOML too."""
    return json.dumps(value, ensure_ascii=False)


def describe(path: Path) -> tuple[int, float]:
    """Return a sound file's sampling rate in Hz and its duration in seconds.

    Lecture 03.

    Examples
    --------
    >>> from coursekit import data
    >>> clip = data.clip("vinyl")
    >>> describe(clip.path) == (clip.rate, clip.seconds)
    True
    """
    info = soundfile.info(path)
    return info.samplerate, info.frames / info.samplerate
