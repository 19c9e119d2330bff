"""Real corpora on the reader's own disk, with the face of the shipped pack.

Nothing is fetched: the reader has the corpus, in the layout that its authors give
it. Each loader returns the same `Clip` as the pack does, so that whatever trains
on the one trains on the other. Taught in lecture 03.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from coursekit.data.manifest import Clip, describe

LIBRISPEECH_LAYOUT = """\
LibriSpeech/
  SPEAKERS.TXT
  dev-clean/84/121123/84-121123-0000.flac
  dev-clean/84/121123/84-121123.trans.txt"""

ESC50_LAYOUT = """\
ESC-50-master/
  meta/esc50.csv
  audio/1-100032-A-0.wav"""


def librispeech(
    root: Path | str, subsets: Iterable[str] | None = None
) -> tuple[Clip, ...]:
    """Return the utterances of LibriSpeech.

    The corpus (Panayotov and others, ICASSP 2015; CC-BY-4.0) is SLR12 of the Open
    Speech and Language Resources. Its ``train-*`` subsets are "train", its ``dev-*``
    and ``test-*`` are "test"; no speaker is in both.

    Lecture 03.

    Parameters
    ----------
    root
        The folder ``LibriSpeech``.
    subsets
        Such as ``["dev-clean"]``; by default all that are there.

    Returns
    -------
    tuple of Clip
        Kind "speech", with speaker, transcript and split, sorted by name.

    Raises
    ------
    FileNotFoundError
        Where the folder is missing or laid out otherwise; the message shows the
        layout.
    ValueError
        Where a subset is not there, or a speaker is on both sides of the split.

    Examples
    --------
    >>> librispeech("/no/such/folder")
    Traceback (most recent call last):
    ...
    FileNotFoundError: no LibriSpeech at /no/such/folder (SPEAKERS.TXT is missing)...
    """
    root = Path(root)
    if not (root / "SPEAKERS.TXT").is_file():
        raise _missing("LibriSpeech", root, "SPEAKERS.TXT", LIBRISPEECH_LAYOUT)
    readers = _readers(root / "SPEAKERS.TXT")
    there = sorted(path.name for path in root.iterdir() if path.is_dir())
    chosen = there if subsets is None else list(subsets)
    for subset in chosen:
        if subset not in there:
            raise ValueError(f"no subset {subset!r} in {root}; there are {there}")
    clips = tuple(
        clip
        for subset in chosen
        for chapter in sorted((root / subset).glob("*/*"))
        for clip in _chapter(chapter, subset, readers)
    )
    if not clips:
        raise _missing("LibriSpeech", root, "*.flac", LIBRISPEECH_LAYOUT)
    check_split(clips)
    return clips


def _chapter(folder: Path, subset: str, readers: dict[str, str]) -> list[Clip]:
    """Return the utterances of one folder, ``dev-clean/84/121123``."""
    speaker = folder.parent.name
    words = _transcripts(folder / f"{speaker}-{folder.name}.trans.txt")
    reader = readers.get(speaker, "a LibriVox volunteer")
    return [
        _utterance(path, subset, reader, words.get(path.stem, ""))
        for path in sorted(folder.glob("*.flac"))
    ]


def _utterance(path: Path, subset: str, reader: str, words: str) -> Clip:
    """Return the clip of one file, ``84-121123-0000.flac``."""
    rate, seconds = describe(path)
    return Clip(
        name=path.stem, kind="speech",
        caption=f"{reader} reads (LibriSpeech {path.stem})", path=path, rate=rate,
        seconds=seconds, split="train" if subset.startswith("train") else "test",
        speaker=f"librispeech-{path.stem.split('-')[0]}", language="en",
        transcript=words, source=f"LibriSpeech {subset}", files=(path.name,),
        author=reader, licence="CC-BY-4.0",
    )  # fmt: skip


def _readers(path: Path) -> dict[str, str]:
    """Return the names of the speakers by their numbers."""
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [line.split("|") for line in lines if line and not line.startswith(";")]
    return {row[0].strip(): "|".join(row[4:]).strip() for row in rows}


def _transcripts(path: Path) -> dict[str, str]:
    """Return the words of one chapter's utterances by their names."""
    if not path.is_file():
        raise FileNotFoundError(
            f"the transcripts {path} are missing:\n{LIBRISPEECH_LAYOUT}"
        )
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split(" ", 1) for line in lines if " " in line)


def esc50(root: Path | str, test_folds: Iterable[int] = (5,)) -> tuple[Clip, ...]:
    """Return the sounds of ESC-50.

    The data set (Piczak, ACM Multimedia 2015; CC-BY-NC-3.0) has 2000 sounds of 5 s
    in 50 classes and five folds; takes of one recording are in one fold.

    Lecture 03.

    Parameters
    ----------
    root
        The folder ``ESC-50-master``.
    test_folds
        The folds that are "test"; the others are "train".

    Returns
    -------
    tuple of Clip
        The kind is the class ("dog", "rain", …), in the order of the table.

    Raises
    ------
    FileNotFoundError
        Where the folder is missing or laid out otherwise; the message shows the
        layout.
    ValueError
        Where a fold is none of 1 to 5, or takes of one recording are on both
        sides.

    Examples
    --------
    >>> esc50("/no/such/folder")
    Traceback (most recent call last):
    ...
    FileNotFoundError: no ESC-50 at /no/such/folder (meta/esc50.csv is missing)...
    """
    root, test = Path(root), set(test_folds)
    if not test <= {1, 2, 3, 4, 5}:
        raise ValueError(f"ESC-50 has the folds 1 to 5, got test_folds={sorted(test)}")
    table = root / "meta" / "esc50.csv"
    if not table.is_file():
        raise _missing("ESC-50", root, "meta/esc50.csv", ESC50_LAYOUT)
    with table.open(newline="", encoding="utf-8") as file:
        clips = tuple(_sound(root, row, test) for row in csv.DictReader(file))
    check_split(clips)
    return clips


def _sound(root: Path, row: dict[str, str], test: set[int]) -> Clip:
    """Return the clip of one row of ``esc50.csv``."""
    path = root / "audio" / row["filename"]
    if not path.is_file():
        raise _missing("ESC-50", root, f"audio/{row['filename']}", ESC50_LAYOUT)
    rate, seconds = describe(path)
    return Clip(
        name=path.stem, kind=row["category"],
        caption=f"{row['category'].replace('_', ' ')} (ESC-50 {path.stem})",
        path=path, rate=rate, seconds=seconds,
        split="test" if int(row["fold"]) in test else "train",
        source=f"ESC-50 fold {row['fold']}",
        files=(f"freesound/{row['src_file']}",),
        author=f"Freesound {row['src_file']}", licence="CC-BY-NC-3.0",
    )  # fmt: skip


def check_split(clips: Iterable[Clip]) -> None:
    """Refuse clips of which a speaker or a recording is on both sides.

    Lecture 03.

    Raises
    ------
    ValueError
        Naming those that cross.

    Examples
    --------
    >>> from coursekit import data
    >>> check_split(data.clips())
    """
    sides: dict[str, set[str]] = {}
    for clip in clips:
        if clip.speaker:
            sides.setdefault(f"speaker {clip.speaker}", set()).add(clip.split)
        for file in clip.files:
            sides.setdefault(f"{clip.source.split()[0]} {file}", set()).add(clip.split)
    crossing = sorted(key for key, splits in sides.items() if len(splits) > 1)
    if crossing:
        raise ValueError(f"on both sides of the split: {', '.join(crossing[:5])}")


def _missing(name: str, root: Path, what: str, layout: str) -> FileNotFoundError:
    return FileNotFoundError(
        f"no {name} at {root} ({what} is missing). It is not shipped with the course: "
        f"get {name} from its authors and unpack it, so that there is\n{layout}"
    )
