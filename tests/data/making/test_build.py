"""The build: recipes and pack agree; a build resumes, verifies, compares."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from coursekit import audio, data
from coursekit.data.making import build, catalogue, sources
from coursekit.data.making.catalogue import ClipRecipe
from coursekit.data.making.sources import SOURCES, Source
from coursekit.data.manifest import MANIFEST, Pack, write_manifest

ROOT = Path(data.__file__).parent
RATE = 16_000


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache with one unpacked package of two recordings and a keyboard."""
    entry = Source("noises", "1", "pypi", "0" * 64, "in", "N. N.", "CC0-1.0")
    monkeypatch.setitem(SOURCES, "noises", entry)
    root = tmp_path / "cache" / "unpacked" / f"noises-{'0' * 12}" / "in"
    root.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name in ("rain_1", "rain_2", "press_key1", "release_key"):
        audio.save(root / f"{name}.wav", 0.1 * rng.standard_normal(RATE), RATE)
    (root / "release_key.wav").rename(root / "release_key.mp3")
    return tmp_path / "cache"


@pytest.fixture
def rows():
    rain = ClipRecipe("rain", "rain", "noises", ("rain_?.wav",), "Rain", "train")
    return (
        rain,
        replace(rain, name="short", part=(0.25, 0.5), files=("rain_1.wav",)),
        ClipRecipe("motor", "motorcycle", "engine", ("single",), "A motor", "test",
               make="engine", seconds=1.0, seed=1),
        replace(rain, name="keys", kind="typing", make="keys", seconds=2.0,
                files=("press_key*", "release*")),
    )  # fmt: skip


def test_the_recipes_and_the_shipped_manifest_agree():
    clips = data.clips()
    shipped = catalogue.shipped()
    assert [row.name for row in shipped] == [clip.name for clip in clips]
    for row, clip in zip(shipped, clips, strict=True):
        assert (row.kind, row.split, row.speaker) == (
            clip.kind,
            clip.split,
            clip.speaker,
        )
        assert (row.caption, row.transcript) == (clip.caption, clip.transcript)
        assert clip.processing == build.processing(row)
        assert clip.synthetic == (row.source == "engine")
        if not clip.synthetic:
            source = SOURCES[row.source]
            assert clip.source == source.label
            assert clip.licence == (row.licence or source.licence)
            assert clip.author == (row.author or source.author)


def test_the_training_set_keeps_the_sides_of_the_pack():
    sides = {reader.speaker: reader.split for reader in catalogue.READERS}
    for reader in catalogue.READERS:
        assert sides[reader.speaker] == reader.split
    shipped = {
        (row.source, file): row.split
        for row in catalogue.shipped()
        for file in row.files
    }
    for row in catalogue.training():
        for file in row.files:
            assert shipped.get((row.source, file), row.split) == row.split
    seeds = [
        (row.files, row.seed) for row in catalogue.training() if row.make == "engine"
    ]
    assert len(set(seeds)) == len(seeds)


def test_a_build(cache, rows, tmp_path):
    root = tmp_path / "pack"
    clips = build.build(rows, root, cache, kept={})
    pack = Pack(root)
    pack.verify()
    assert pack.clips() == clips
    rain, short, motor, keys = clips
    assert rain.files == ("rain_1.wav", "rain_2.wav")
    assert rain.seconds == pytest.approx(2 - 0.15)
    assert short.seconds == pytest.approx(0.25)
    assert short.processing.startswith("from 0.25 s to 0.5 s")
    assert rain.source == "noises 1 (PyPI)"
    assert (motor.synthetic, motor.author) == (True, "the authors of coursekit")
    assert keys.seconds == 2
    assert audio.level_db(rain.audio()) == pytest.approx(-26, abs=0.05)


def test_a_second_build_makes_the_same_files(cache, rows, tmp_path):
    for name in ("one", "two"):
        build.build(rows, tmp_path / name, cache, kept={})
    one, two = Pack(tmp_path / "one"), Pack(tmp_path / "two")
    assert build.differences(one, two) == ()
    assert (one.root / MANIFEST).read_bytes() == (two.root / MANIFEST).read_bytes()


def test_a_build_goes_on_where_it_stopped(cache, rows, tmp_path, monkeypatch):
    root = tmp_path / "pack"
    build.build(rows[:2], root, cache, kept={})
    (root / "pack" / "rain" / "short.flac").write_bytes(b"damaged")
    made = []
    real = build.render
    monkeypatch.setattr(
        build, "render", lambda row, files: made.append(row.name) or real(row, files)
    )
    changed = (rows[0], rows[1], rows[2])
    build.build(changed, root, cache, kept=build.intact(root))
    assert made == ["short", "motor"]
    Pack(root).verify()
    made.clear()
    louder = replace(rows[2], seed=2)
    build.build((rows[0], louder), root, cache, kept=build.intact(root))
    assert made == ["motor"]  # its recipe is another one
    assert not (root / "pack" / "rain" / "short.flac").exists()  # no recipe any more
    assert build.intact(tmp_path / "nowhere") == {}


def test_differences_are_measured_in_steps(cache, rows, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    build.build(rows[:2], one, cache, kept={})
    build.build((*rows[:1], rows[2]), two, cache, kept={})
    clip = Pack(two).clip("rain")
    x = np.rint(clip.audio() * 32_768) / 32_768
    x[100] += 3 / 32_768
    audio.save(clip.path, x, RATE)
    kept = {c.name: c for c in (replace(clip, sha256=""), Pack(two).clip("motor"))}
    write_manifest(two, kept.values(), "")
    found = build.differences(Pack(one), Pack(two))
    assert found == (("motor", np.inf), ("rain", 3), ("short", np.inf))


def test_files_that_the_source_does_not_have(cache, rows):
    with pytest.raises(FileNotFoundError, match=r"noises 1 \(PyPI\) has no file snow"):
        build.files_of(replace(rows[0], files=("snow.wav",)), cache)


def test_all_prompts_of_a_voice_are_joined_in_order(tmp_path, monkeypatch):
    root = tmp_path / "in"
    for name, seconds in [
        ("a.g722", 5), ("b.g722", 4), ("beep.g722", 9), ("c.g722", 0.5),
        ("digits/1.g722", 3), ("dictate/d.g722", 9), ("e.g722", 2),
    ]:  # fmt: skip
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(round(seconds * 8000)))
    monkeypatch.setattr(build, "unpacked", lambda *_: root)
    rows = list(build._all_prompts(catalogue.READERS[0], tmp_path))
    assert [row.files for row in rows] == [("a.g722", "b.g722"), ("dictate/d.g722",)]
    assert [row.name for row in rows] == ["allison_en_01_all", "allison_en_02_all"]
    assert all(row.make == "speech" and row.split == "train" for row in rows)


def test_the_command_says_what_is_missing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sources.shutil, "which", lambda _: None)
    code = build.main(["--check", "--cache", str(tmp_path)])
    assert code == 1
    assert "the build stopped" in capsys.readouterr().err


def test_the_command_builds_a_training_set(cache, rows, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(build, "training_recipes", lambda _: rows)
    arguments = ["--training", str(tmp_path / "set"), "--cache", str(cache)]
    assert build.main(arguments) == 0
    assert "4 clips" in capsys.readouterr().out
    assert Pack(tmp_path / "set").kinds() == ("motorcycle", "rain", "typing")


def test_the_command_compares(cache, rows, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(build.catalogue, "shipped", lambda: rows)
    assert build.main(["--check", "--cache", str(cache)]) == 1
    out = capsys.readouterr().out
    assert "0 of 4 files are the same" in out
    assert "rain: inf steps apart" in out
