"""Rebuild the shipped recordings, or build a larger training set.

::

    python -m coursekit.data.making.build              # the shipped pack, in place
    python -m coursekit.data.making.build --check      # the same elsewhere, compared
    python -m coursekit.data.making.build --training D # a training set, into D

Both fetch the packages that `sources` names (once, into a cache outside the
repository), make each clip as `catalogue` says, and write ``MANIFEST.toml``. A
build that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import argparse
import fnmatch
import itertools
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
from tqdm import tqdm

from coursekit import audio
from coursekit.data.making import catalogue, engine, keys, prepare
from coursekit.data.making.catalogue import ClipRecipe
from coursekit.data.making.sources import SOURCES, unpacked
from coursekit.data.manifest import (
    MANIFEST,
    Clip,
    Pack,
    cache_folder,
    describe,
    file_sha256,
    write_manifest,
)

PREFACE = """\
The recordings of the course: where each comes from, whose it is, and what was
done to it. Written by `python -m coursekit.data.making.build`; LICENSES.md
beside it has the notices. A mixture that holds a clip under CC-BY-SA is under
CC-BY-SA too. `synthetic = true` marks what no microphone ever heard."""

PROCESSING = {
    "speech": "resampled to {rate} Hz, below 20 Hz removed, silence trimmed, "
    "pauses over 0.6 s shortened, prompts joined with 0.3 s of silence, cut in a "
    "pause, active level -23 dBFS",
    "background": "one channel, resampled to {rate} Hz, below 20 Hz removed, takes "
    "cross-faded, RMS -26 dBFS with a peak of 0.9 at most",
    "keys": "a typing sequence assembled at random (seed {seed}) from recordings of "
    "single keys, at {rate} Hz, RMS -26 dBFS with a peak of 0.9 at most",
    "engine": "synthesised by coursekit.data.making.engine (seed {seed}), RMS -26 dBFS",
    "sung": "one channel, silence trimmed, active level -23 dBFS",
    "response": "resampled to {rate} Hz, below 20 Hz removed, end faded, peak 0.9",
}


def files_of(recipe: ClipRecipe, cache: Path) -> tuple[Path, ...]:
    """Return the source files of a recipe, fetching the package where needed.

    Raises
    ------
    RuntimeError
        Where the package cannot be fetched.
    FileNotFoundError
        Where the package holds no such file.
    """
    root = unpacked(SOURCES[recipe.source], cache)
    found: list[Path] = []
    for name in recipe.files:
        matches = sorted(root.glob(name))
        if not matches:
            raise FileNotFoundError(
                f"{SOURCES[recipe.source].label} has no file {name} below {root}"
            )
        found += matches
    return tuple(found)


def render(recipe: ClipRecipe, files: Iterable[Path]) -> prepare.Audio:
    """Return the samples of one clip.

    Parameters
    ----------
    recipe
        What to make.
    files
        Its source files; none for an engine.

    Returns
    -------
    ndarray
        float64 ``(samples,)`` at ``recipe.rate``, within ±0.9.

    Examples
    --------
    >>> row = next(row for row in catalogue.shipped() if row.kind == "motorcycle")
    >>> render(row, ()).shape
    (160000,)
    """
    return _MAKERS[recipe.make](recipe, tuple(files))


def _decoded(recipe: ClipRecipe, files: Iterable[Path]) -> list[prepare.Audio]:
    """Return the wanted part of each file."""
    pieces = []
    for path in files:
        x, rate = prepare.decode(path, recipe.rate)
        start, stop = recipe.part
        stop_sample = None if stop is None else round(stop * rate)
        pieces.append(x[round(start * rate) : stop_sample])
    return pieces


def _speech(recipe: ClipRecipe, files: tuple[Path, ...]) -> prepare.Audio:
    return prepare.speech(_decoded(recipe, files), recipe.rate, recipe.seconds)


def _background(recipe: ClipRecipe, files: tuple[Path, ...]) -> prepare.Audio:
    return prepare.background(_decoded(recipe, files), recipe.rate, recipe.overlap)


def _keys(recipe: ClipRecipe, files: tuple[Path, ...]) -> prepare.Audio:
    down = [path for path in files if path.name.startswith("press_key")]
    up = [path for path in files if path.name in ("release_key.mp3", "release.mp3")]
    rng = np.random.default_rng(recipe.seed)
    x = keys.typing(
        [prepare.fade(x, recipe.rate, 0.002) for x in _decoded(recipe, down)],
        [prepare.fade(x, recipe.rate, 0.002) for x in _decoded(recipe, up)],
        recipe.seconds, recipe.rate, rng,
    )  # fmt: skip
    return prepare.background([x], recipe.rate, overlap=0.0)


def _engine(recipe: ClipRecipe, _: tuple[Path, ...]) -> prepare.Audio:
    rng = np.random.default_rng(recipe.seed)
    x = engine.ride(engine.engine(recipe.files[0]), recipe.seconds, recipe.rate, rng)
    return prepare.background([x], recipe.rate, overlap=0.0)


def _sung(recipe: ClipRecipe, files: tuple[Path, ...]) -> prepare.Audio:
    (x,) = _decoded(recipe, files)
    x = prepare.fade(prepare.trim(x, recipe.rate), recipe.rate)
    gain = prepare.SPEECH_LEVEL - audio.active_level(x, recipe.rate)
    return prepare.level(x, gain)


def _response(recipe: ClipRecipe, files: tuple[Path, ...]) -> prepare.Audio:
    (x,) = _decoded(recipe, files)
    return prepare.response(x, recipe.rate)


_MAKERS: dict[str, Callable[[ClipRecipe, tuple[Path, ...]], prepare.Audio]] = {
    "speech": _speech,
    "background": _background,
    "keys": _keys,
    "engine": _engine,
    "sung": _sung,
    "response": _response,
}


def entry(recipe: ClipRecipe, path: Path, files: Iterable[Path], root: Path) -> Clip:
    """Return the manifest's row of a clip that lies at `path`.

    Parameters
    ----------
    recipe
        What it was made by.
    path
        Where it lies.
    files
        Its source files, to be named relative to `root`.
    root
        The folder of the source.
    """
    rate, seconds = describe(path)
    synthetic = recipe.make == "engine"
    source = None if synthetic else SOURCES[recipe.source]
    authors = "the authors of coursekit"
    return Clip(
        name=recipe.name, kind=recipe.kind, caption=recipe.caption, path=path,
        rate=rate, seconds=round(seconds, 3), split=recipe.split,
        speaker=recipe.speaker, language=recipe.language,
        transcript=recipe.transcript,
        source=source.label if source else "coursekit.data.making.engine",
        files=tuple(file.relative_to(root).as_posix() for file in files),
        author=recipe.author or (source.author if source else authors),
        licence=recipe.licence or (source.licence if source else "MIT"),
        synthetic=synthetic, processing=processing(recipe),
        sha256=file_sha256(path),
    )  # fmt: skip


def processing(recipe: ClipRecipe) -> str:
    """Return in words what is done to the source.

    Examples
    --------
    >>> processing(next(row for row in catalogue.shipped() if row.kind == "hall"))
    'from 0 s to 6 s, resampled to 44100 Hz, below 20 Hz removed, end faded, peak 0.9'
    """
    start, stop = recipe.part
    cut = f"from {start:g} s to {stop:g} s, " if stop is not None else ""
    return cut + PROCESSING[recipe.make].format(rate=recipe.rate, seed=recipe.seed)


def build(
    rows: Iterable[ClipRecipe], root: Path, cache: Path, kept: Mapping[str, Clip]
) -> tuple[Clip, ...]:
    """Make clips below ``root/pack`` and their manifest.

    Parameters
    ----------
    rows
        The recipes.
    root
        The pack's folder.
    cache
        Where packages are kept.
    kept
        Clips that an earlier build made, by name (`intact`); one whose row would
        be the same again is not made again. The manifest is written every 50
        clips, so that an interrupted build can go on.
    """
    rows = tuple(rows)
    done: dict[str, Clip] = {}
    for recipe in tqdm(rows, desc="clips", unit="clip", disable=None):
        done[recipe.name] = _made(recipe, root, cache, kept)
        if len(done) % 50 == 0:
            write_manifest(root, {**kept, **done}.values(), PREFACE)
    write_manifest(root, done.values(), PREFACE)
    wanted = {clip.path for clip in done.values()}
    for stale in set((root / "pack").rglob("*.flac")) - wanted:
        stale.unlink()
    return tuple(done.values())


def _made(
    recipe: ClipRecipe, root: Path, cache: Path, kept: Mapping[str, Clip]
) -> Clip:
    """Return one clip, made now or by an earlier build."""
    path = root / "pack" / recipe.kind / f"{recipe.name}.flac"
    files: tuple[Path, ...] = ()
    base = root
    if recipe.make != "engine":
        base = unpacked(SOURCES[recipe.source], cache)
        files = files_of(recipe, cache)
    before = kept.get(recipe.name)
    if before is None or entry(recipe, before.path, files, base) != before:
        prepare.write(path, render(recipe, files), recipe.rate)
    return entry(recipe, path, files, base)


def intact(root: Path) -> dict[str, Clip]:
    """Return the clips of an earlier build whose files are as it left them."""
    if not (root / MANIFEST).is_file():
        return {}
    return {
        clip.name: clip
        for clip in Pack(root).clips()
        if clip.path.is_file() and file_sha256(clip.path) == clip.sha256
    }


# What is no connected speech, and two files that are not what their name says.
SKIPPED = (
    "silence/*", "digits/*", "letters/*", "phonetic/*", "beep*", "*2tone*",
    "tt-monkeys.*", "is.*", "dictate/fr/*",
)  # fmt: skip
BYTES_A_SECOND = {".g722": 8000, ".gsm": 1650, ".wav": 16_000}


def training_recipes(cache: Path) -> tuple[ClipRecipe, ...]:
    """Return the recipes of the training set: all speech, more of the rest.

    Every prompt of every reader that lasts a second or more, joined in the order
    of their names to clips of about 8 s; all the music in pieces of 10 s; the
    synthesised and assembled sounds with other seeds. Sides of the split are
    those of the shipped pack.
    """
    speech = [
        row for reader in catalogue.READERS for row in _all_prompts(reader, cache)
    ]
    return (*speech, *_all_music(cache), *catalogue.training())


def _all_prompts(reader: catalogue.Reader, cache: Path) -> Iterator[ClipRecipe]:
    """Return the rows of everything that a reader says."""
    root = unpacked(SOURCES[reader.source], cache)
    joined: list[str] = []
    seconds, numbers = 0.0, itertools.count(1)
    for path in sorted(root.rglob(f"*{reader.ending}")):
        name = path.relative_to(root).as_posix()
        length = path.stat().st_size / BYTES_A_SECOND[reader.ending]
        if length < 1 or any(fnmatch.fnmatch(name, skip) for skip in SKIPPED):
            continue
        joined.append(name)
        seconds += length
        if seconds >= 8:
            whole = catalogue.spoken(reader, tuple(joined), next(numbers))
            yield replace(whole, name=f"{whole.name}_all", seconds=300.0)
            joined, seconds = [], 0.0


def _all_music(cache: Path, seconds: float = 10.0) -> Iterator[ClipRecipe]:
    """Return the rows of all the music, in pieces."""
    root = unpacked(SOURCES["opsound"], cache)
    for row in catalogue.shipped():
        if row.kind != "music":
            continue
        (name,) = row.files
        length = (root / name).stat().st_size / BYTES_A_SECOND[".g722"]
        for number in range(int(length // seconds)):
            part = (number * seconds, (number + 1) * seconds)
            yield replace(row, name=f"{row.name}_{number:02d}", part=part)


class Difference(NamedTuple):
    """How a clip made anew differs from the one before."""

    name: str
    steps: float  # the largest difference of two samples, in steps of 16 bits


def differences(before: Pack, after: Pack) -> tuple[Difference, ...]:
    """Return the clips whose files are not the same, and by how much.

    Zero steps means the same samples in another encoding: another version of
    libFLAC. A clip that only one of the packs holds, or that has another length,
    differs by infinitely many.
    """
    old = {clip.name: clip for clip in before.clips()}
    new = {clip.name: clip for clip in after.clips()}
    return tuple(
        Difference(name, _steps(old.get(name), new.get(name)))
        for name in sorted(old | new)
        if name not in old or name not in new or old[name].sha256 != new[name].sha256
    )


def _steps(old: Clip | None, new: Clip | None) -> float:
    if old is None or new is None:
        return np.inf
    a, _ = soundfile.read(old.path, dtype="int16")
    b, _ = soundfile.read(new.path, dtype="int16")
    if a.shape != b.shape:
        return np.inf
    return float(np.max(np.abs(a.astype(int) - b.astype(int))))


def check(cache: Path) -> int:
    """Rebuild the shipped pack elsewhere and say how it differs.

    Returns
    -------
    int
        0 where no sample differs by more than one step, else 1: what the command
        ends with. Vorbis and MP3 sources are decoded in floating point, so that
        another processor may round a sample the other way.
    """
    here = Path(__file__).parents[1]
    with tempfile.TemporaryDirectory() as folder:
        build(catalogue.shipped(), Path(folder), cache, kept={})
        found = differences(Pack(here), Pack(folder))
        names = {clip.name for clip in Pack(folder).clips()}
    same = len(names - {name for name, _ in found})
    print(f"{same} of {len(names)} files are the same, byte for byte")
    for name, steps in found:
        print(f"  {name}: {steps:g} steps apart")
    return int(any(steps > 1 for _, steps in found))


def main(arguments: list[str] | None = None) -> int:
    """Run the command; see the top of this file."""
    parser = argparse.ArgumentParser(
        prog="python -m coursekit.data.making.build", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "--training", metavar="DIR", nargs="?", type=Path,
        const=cache_folder() / "training",
        help="build the training set (default: %(const)s) instead of the shipped pack",
    )  # fmt: skip
    parser.add_argument(
        "--check", action="store_true", help="rebuild elsewhere and compare"
    )
    parser.add_argument(
        "--cache", metavar="DIR", type=Path, default=cache_folder() / "sources",
        help="where the packages are kept (default: %(default)s)",
    )  # fmt: skip
    chosen = parser.parse_args(arguments)
    try:
        return _run(chosen)
    except (RuntimeError, FileNotFoundError, ImportError) as error:
        print(f"the build stopped: {error}", file=sys.stderr)
        return 1


def _run(chosen: argparse.Namespace) -> int:
    if chosen.check:
        return check(chosen.cache)
    if chosen.training:
        root = chosen.training.expanduser().absolute()
        root.mkdir(parents=True, exist_ok=True)
        rows = training_recipes(chosen.cache)
        clips = build(rows, root, chosen.cache, kept=intact(root))
    else:
        root = Path(__file__).parents[1]
        clips = build(catalogue.shipped(), root, chosen.cache, kept={})
    Pack(root).verify()
    minutes = sum(clip.seconds for clip in clips) / 60
    size = sum(clip.path.stat().st_size for clip in clips) / 1e6
    print(f"{len(clips)} clips, {minutes:.1f} min, {size:.1f} MB, verified, in {root}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
