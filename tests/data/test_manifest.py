"""Packs and manifests: what is written is read, and damage is named."""

from pathlib import Path

import numpy as np
import pytest

from coursekit import audio, data
from coursekit.data.manifest import (
    MANIFEST,
    Clip,
    Pack,
    file_sha256,
    read_manifest,
    write_manifest,
)


@pytest.fixture
def root(tmp_path):
    """A pack of two clips."""
    clips = []
    for name, kind, split in [("one", "speech", "train"), ("two", "rain", "test")]:
        path = tmp_path / "pack" / kind / f"{name}.flac"
        path.parent.mkdir(parents=True)
        audio.save(path, np.full(800, 0.25), 8000)
        clips.append(
            Clip(
                name, kind, 'Ein „Test“ with "quotes" and \\ more', path, 8000, 0.1,
                split, files=("a.wav", "b.wav"), author="N. N.", licence="CC0-1.0",
                synthetic=name == "two", sha256=file_sha256(path),
            )
        )  # fmt: skip
    write_manifest(tmp_path, clips, "A preface\nof two lines.")
    return tmp_path


def test_a_manifest_round_trip(root):
    one, two = read_manifest(root)
    assert one.caption == 'Ein „Test“ with "quotes" and \\ more'
    assert one.files == ("a.wav", "b.wav")
    assert (one.rate, one.seconds, one.split) == (8000, 0.1, "train")
    assert two.synthetic
    assert not one.synthetic
    assert one.speaker == ""
    text = (root / MANIFEST).read_text(encoding="utf-8")
    assert text.startswith("# A preface\n# of two lines.\n")
    write_manifest(root, (one, two), "A preface\nof two lines.")
    assert (root / MANIFEST).read_text(encoding="utf-8") == text


def test_a_pack_anywhere_answers_like_the_shipped_one(root):
    pack = Pack(root)
    assert pack.kinds() == ("rain", "speech")
    assert pack.clip("one").audio().shape == (800,)
    assert pack.clips("rain", "test") == (pack.clip("two"),)
    assert pack.clips("rain", "train") == ()
    pack.verify()


@pytest.mark.parametrize("damage", ["change", "remove"])
def test_damage_is_found(root, damage):
    path = root / "pack" / "rain" / "two.flac"
    path.write_bytes(b"") if damage == "change" else path.unlink()
    with pytest.raises(
        ValueError, match=r"1 of 2 files .*two\.flac.*data\.making\.build"
    ):
        Pack(root).verify()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[clip]\n", "is broken"),
        ('[[clip]]\nname = "x"\n', "is broken: 'file'"),
        ('[[clip]]\nfile = "x"\nname = "x"\n', "is broken: .*missing"),
        ('[[clip]]\nfile = "x"\nlength = 3\n', "is broken: .*length"),
    ],
)
def test_broken_manifests(root, text, message):
    (root / MANIFEST).write_text(text)
    with pytest.raises(ValueError, match=message):
        Pack(root)


def test_a_name_that_comes_twice(root):
    one, two = read_manifest(root)
    write_manifest(root, (one, two, one), "")
    with pytest.raises(ValueError, match="more than once: one"):
        Pack(root)


def test_a_folder_without_manifest(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"has no MANIFEST\.toml"):
        Pack(tmp_path)


def test_stereo_files_are_averaged(tmp_path):
    path = tmp_path / "stereo.wav"
    audio.save(path, [[0.5, 0.5], [0.25, -0.5]], 8000)
    clip = Clip("x", "rain", "", path, 8000, 1.0, "train")
    np.testing.assert_array_equal(clip.audio(), [0.375, 0.0])


def test_the_training_set_that_is_not_there(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    assert data.cache_folder() == tmp_path
    with pytest.raises(FileNotFoundError, match="make data"):
        data.training()


def test_the_training_set_that_is_there(monkeypatch, root):
    training = root.parent / f"{root.name}-course" / "training"
    training.parent.mkdir()
    root.rename(training)
    monkeypatch.setenv("COURSE_DATA", str(training.parent))
    assert data.training().kinds() == ("rain", "speech")


def test_the_cache_is_at_home_by_default(monkeypatch):
    monkeypatch.delenv("COURSE_DATA", raising=False)
    assert data.cache_folder() == Path.home() / ".cache" / "coursekit"
