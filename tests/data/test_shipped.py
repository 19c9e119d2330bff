"""The shipped pack: whole, licensed, varied, and clean to hear and to train on."""

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from coursekit import audio, data
from coursekit.data.corpora import check_split
from coursekit.data.making.sources import SOURCES
from coursekit.data.manifest import MANIFEST, file_sha256

ROOT = Path(data.__file__).parent
CLIPS = data.clips()
OPEN = {
    "CC0-1.0", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-SA-3.0-IT", "MIT",
    "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "LicenseRef-Armelle",
    "LicenseRef-PublicDomain",
}  # fmt: skip
NAMED_KINDS = {
    "speech", "birds", "typing", "motorcycle", "crowd", "water", "singing", "hall",
}  # fmt: skip


def clip_ids(clip):
    return clip.name


@pytest.fixture(scope="module")
def sounds():
    return {clip.name: clip.audio() for clip in CLIPS}


def test_every_file_is_the_one_that_the_manifest_means():
    data.verify()
    listed = {clip.path for clip in CLIPS}
    assert listed == set((ROOT / "pack").rglob("*.*"))
    for clip in CLIPS:
        assert file_sha256(clip.path) == clip.sha256, clip.name


def test_the_size_of_the_pack():
    size = sum(clip.path.stat().st_size for clip in CLIPS)
    assert size < 20e6


def test_the_manifest_is_plain_toml_that_anyone_can_read():
    rows = tomllib.loads((ROOT / MANIFEST).read_text(encoding="utf-8"))["clip"]
    needed = {
        "name", "kind", "file", "caption", "rate", "seconds", "split", "source",
        "author", "licence", "processing", "sha256",
    }  # fmt: skip
    for row in rows:
        assert needed <= set(row), row["name"]
        assert (ROOT / row["file"]).is_file()


def test_speech_of_five_speakers_and_six_minutes():
    speech = data.clips("speech")
    assert len({clip.speaker for clip in speech}) >= 5
    assert sum(clip.seconds for clip in speech) >= 6 * 60
    assert {clip.language for clip in speech} >= {"en", "es", "fr", "it", "ru"}
    assert all(clip.speaker and clip.language for clip in speech)
    for clip in speech:
        assert 5 <= clip.seconds <= 20, clip.name


def test_the_kinds_that_the_course_needs_and_three_more_backgrounds():
    assert set(data.kinds()) >= NAMED_KINDS
    others = set(data.kinds()) - NAMED_KINDS - {"music", "room"}
    assert len(others) >= 3
    assert len(data.clips("singing")) >= 2


def test_training_and_testing_share_no_speaker_and_no_recording():
    check_split(CLIPS)
    for kind in ("speech", "birds", "typing", "motorcycle", "crowd", "water"):
        for split in ("train", "test"):
            assert data.clips(kind, split), (kind, split)
    sides = {clip.speaker: clip.split for clip in data.clips("speech")}
    assert sorted(set(sides.values())) == ["test", "train"]


def test_only_motorcycles_are_synthetic_and_they_say_so():
    for clip in CLIPS:
        assert clip.synthetic == (clip.kind == "motorcycle"), clip.name
        assert ("(synthetic)" in clip.credit) == clip.synthetic
    assert all("assembled" in clip.caption for clip in data.clips("typing"))


def test_licences_are_open_and_their_notices_are_there():
    notices = (ROOT / "LICENSES.md").read_text(encoding="utf-8")
    for clip in CLIPS:
        assert clip.licence in OPEN, clip.name
        assert clip.author, clip.name
        name = clip.licence.removeprefix("LicenseRef-")
        assert name in notices or name == "PublicDomain", clip.licence
        named = re.findall(r"`([\w*]+)`", notices)
        assert any(re.fullmatch(row.replace("*", ".*"), clip.name) for row in named), (
            f"LICENSES.md does not credit {clip.name}"
        )
        assert clip.kind in notices
    licence = (ROOT / "LICENSES-Apache-2.0.txt").read_text(encoding="utf-8")
    assert "Apache License" in licence
    assert "http://www.voip.ammdomus.it" in notices  # its author's condition
    assert "public domain" in notices


def test_each_row_names_the_package_that_it_comes_from():
    labels = {source.label for source in SOURCES.values()} | {
        "coursekit.data.making.engine"
    }
    for clip in CLIPS:
        assert clip.source in labels, clip.name
        assert clip.files or clip.synthetic, clip.name


@pytest.mark.parametrize("clip", CLIPS, ids=clip_ids)
def test_a_clip_is_clean(clip, sounds):
    x = sounds[clip.name]
    assert x.ndim == 1
    assert x.dtype == np.float64
    assert clip.rate == (44_100 if clip.kind in ("singing", "hall", "room") else 16_000)
    assert len(x) / clip.rate == pytest.approx(clip.seconds, abs=1e-3)
    assert np.all(np.isfinite(x))
    assert np.max(np.abs(x)) <= 0.901  # nothing clips
    assert abs(np.mean(x)) < 2e-3
    if clip.kind not in ("hall", "room"):  # a response begins with its onset
        assert max(abs(x[0]), abs(x[-1])) < 1e-3  # no click at either end


def test_levels_are_the_documented_ones(sounds):
    for clip in CLIPS:
        x = sounds[clip.name]
        if clip.kind in ("speech", "singing"):
            assert audio.active_level(x, clip.rate) == pytest.approx(-23, abs=0.1)
        elif clip.kind in ("hall", "room"):
            assert np.max(np.abs(x)) == pytest.approx(0.9, abs=1e-3)
        elif np.max(np.abs(x)) < 0.899:
            assert audio.level_db(x) == pytest.approx(-26, abs=0.1), clip.name
        else:
            assert audio.level_db(x) < -26, clip.name


def test_no_clip_is_silent_for_long(sounds):
    for clip in data.clips("speech"):
        x = sounds[clip.name]
        frames = x[: len(x) // 160 * 160].reshape(-1, 160)
        power = np.mean(frames**2, axis=1)
        quiet = np.where(power < 1e-5 * np.max(power), "1", "0")  # 50 dB down
        runs = [len(run) for run in "".join(quiet).split("0")]
        assert max(runs) <= 75, f"{clip.name} is silent for {max(runs) / 100} s"


def test_wideband_speech_is_wideband_and_telephone_speech_says_so(sounds):
    for clip in data.clips("speech"):
        power = np.abs(np.fft.rfft(sounds[clip.name])) ** 2
        above = np.sum(power[len(power) * 5 // 8 :]) / np.sum(power)  # over 5 kHz
        narrow = clip.speaker in ("paola", "armelle")
        assert (above < 1e-6) == narrow, clip.name
        assert narrow == (
            "telephone quality" in clip.caption or "codec" in clip.caption
        )


def test_the_hall_decays_as_a_hall_does(sounds):
    def decay(name):
        """Reverberation time from -5 to -25 dB of Schroeder's backward integral."""
        x, rate = sounds[name], data.clip(name).rate
        energy = np.cumsum(x[::-1] ** 2)[::-1]
        db = 10 * np.log10(energy / energy[0] + 1e-15)
        start, stop = np.argmax(db < -5), np.argmax(db < -25)
        return 60 * (stop - start) / rate / 20

    assert 2 < decay("sports_hall") < 12
    assert 0.05 < decay("living_room") < 0.8


def test_the_package_carries_its_data():
    """What pyproject's globs would leave out of an installation."""
    project = tomllib.loads((ROOT.parents[1] / "pyproject.toml").read_text())
    globs = project["tool"]["setuptools"]["package-data"]["coursekit.data"]
    carried = {path for glob in globs for path in ROOT.glob(glob) if path.is_file()}
    there = {
        path
        for path in ROOT.rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    assert there <= carried


def test_clips_are_found_by_kind_and_split():
    assert {clip.kind for clip in data.clips("birds")} == {"birds"}
    train, test = data.clips(split="train"), data.clips(split="test")
    assert set(train) | set(test) == set(CLIPS)
    assert not set(train) & set(test)
    assert data.kinds() == tuple(sorted({clip.kind for clip in CLIPS}))


def test_names_that_do_not_exist():
    with pytest.raises(
        ValueError, match=r"no clip is called 'blackbirt_1'.*blackbird_1"
    ):
        data.clip("blackbirt_1")
    with pytest.raises(ValueError, match=r"no clip is called 'xyz': see clips\(\)"):
        data.clip("xyz")
    with pytest.raises(ValueError, match="no clips of kind 'whales'; there are birds"):
        data.clips("whales")
    with pytest.raises(ValueError, match="'train', 'test' or None, got 'dev'"):
        data.clips("birds", "dev")


def test_audio_is_fresh_each_time_and_resampled_where_asked():
    clip = data.clip("singer_man")
    x = clip.audio()
    x[:] = 0
    assert np.any(clip.audio())
    assert len(clip.audio(16_000)) == -(-len(x) * 16_000 // 44_100)
    with pytest.raises(AttributeError):
        clip.rate = 8000
