"""LibriSpeech and ESC-50, on tiny trees of the same layout."""

from dataclasses import replace

import numpy as np
import pytest

from coursekit import audio, data
from coursekit.data.corpora import check_split, esc50, librispeech

SPEAKERS = """\
; Some pipe(|) separated metadata about all the readers
;ID  |SEX| SUBSET           |MINUTES| NAME
84   | F | dev-clean        |  8.02 | Christie Nowak
103  | F | train-clean-100  | 25.10 | Karen | Savage
"""


@pytest.fixture
def libri(tmp_path):
    root = tmp_path / "LibriSpeech"
    rows = [
        ("dev-clean", 84, 121123, ["GO DO YOU HEAR", "BUT IN LESS"]),
        ("train-clean-100", 103, 1240, ["CHAPTER ONE"]),
    ]
    for subset, speaker, chapter, lines in rows:
        folder = root / subset / str(speaker) / str(chapter)
        folder.mkdir(parents=True)
        stems = [f"{speaker}-{chapter}-{n:04d}" for n in range(len(lines))]
        for n, stem in enumerate(stems, start=1):
            audio.save(folder / f"{stem}.flac", np.full(1600 * n, 0.1 * n), 16_000)
        words = [f"{stem} {line}" for stem, line in zip(stems, lines, strict=True)]
        (folder / f"{speaker}-{chapter}.trans.txt").write_text("\n".join(words) + "\n")
    (root / "SPEAKERS.TXT").write_text(SPEAKERS)
    return root


@pytest.fixture
def esc(tmp_path):
    root = tmp_path / "ESC-50-master"
    (root / "meta").mkdir(parents=True)
    (root / "audio").mkdir()
    lines = ["filename,fold,target,category,esc10,src_file,take"]
    for fold, source, take, kind in [
        (1, "100032", "A", "dog"),
        (1, "100032", "B", "dog"),
        (5, "200", "A", "sea_waves"),
    ]:
        name = f"{fold}-{source}-{take}-0.wav"
        lines.append(f"{name},{fold},0,{kind},True,{source},{take}")
        audio.save(root / "audio" / name, np.full(4410, 0.5), 44_100)
    (root / "meta" / "esc50.csv").write_text("\n".join(lines) + "\n")
    return root


def test_librispeech(libri):
    clips = librispeech(libri)
    assert [clip.name for clip in clips] == [
        "84-121123-0000", "84-121123-0001", "103-1240-0000",
    ]  # fmt: skip
    second = clips[1]
    assert second.transcript == "BUT IN LESS"
    assert second.speaker == "librispeech-84"
    assert (second.kind, second.language, second.split) == ("speech", "en", "test")
    assert second.seconds == 0.2
    assert second.rate == 16_000
    assert "Christie Nowak" in second.credit
    assert clips[2].split == "train"
    assert clips[2].author == "Karen | Savage"
    np.testing.assert_allclose(second.audio(), np.full(3200, 0.2), atol=1e-4)
    assert data.select(clips, "speech", "train") == clips[2:]


def test_librispeech_subsets(libri):
    assert len(librispeech(libri, ["dev-clean"])) == 2
    with pytest.raises(ValueError, match=r"no subset 'test-other'.*dev-clean"):
        librispeech(libri, ["test-other"])


def test_a_speaker_on_both_sides_is_refused(libri):
    (libri / "train-clean-100" / "103").rename(libri / "train-clean-100" / "84")
    folder = libri / "train-clean-100" / "84" / "1240"
    for path in list(folder.iterdir()):
        path.rename(folder / path.name.replace("103-", "84-"))
    with pytest.raises(ValueError, match=r"both sides of the split: speaker libri.*84"):
        librispeech(libri)


def test_librispeech_that_is_not_there(tmp_path, libri):
    with pytest.raises(FileNotFoundError, match=r"(?s)get LibriSpeech.*dev-clean/84"):
        librispeech(tmp_path)
    (libri / "dev-clean" / "84" / "121123" / "84-121123.trans.txt").unlink()
    with pytest.raises(FileNotFoundError, match=r"transcripts .* are missing"):
        librispeech(libri)


def test_librispeech_without_a_recording(libri):
    for path in libri.rglob("*.flac"):
        path.unlink()
    with pytest.raises(FileNotFoundError, match=r"\*\.flac is missing"):
        librispeech(libri)


def test_esc50(esc):
    clips = esc50(esc)
    assert [clip.kind for clip in clips] == ["dog", "dog", "sea_waves"]
    assert [clip.split for clip in clips] == ["train", "train", "test"]
    assert clips[0].audio().shape == (4410,)
    assert clips[0].author == "Freesound 100032"
    assert clips[2].caption.startswith("sea waves")
    assert [clip.split for clip in esc50(esc, test_folds=[1])] == [
        "test", "test", "train",
    ]  # fmt: skip


def test_esc50_that_is_not_right(esc, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"(?s)get ESC-50.*meta/esc50\.csv"):
        esc50(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"folds 1 to 5, got test_folds=\[6\]"):
        esc50(esc, [6])
    (esc / "audio" / "5-200-A-0.wav").unlink()
    with pytest.raises(FileNotFoundError, match=r"audio/5-200-A-0\.wav is missing"):
        esc50(esc)


def test_takes_of_one_recording_stay_on_one_side(esc):
    table = esc / "meta" / "esc50.csv"
    table.write_text(table.read_text().replace("B-0.wav,1", "B-0.wav,5"))
    with pytest.raises(ValueError, match="ESC-50 freesound/100032"):
        esc50(esc)


def test_check_split_sees_recordings_too(libri):
    clips = librispeech(libri)
    check_split(clips)
    twin = replace(clips[0], split="train", speaker="somebody else")
    with pytest.raises(ValueError, match=r"LibriSpeech 84-121123-0000\.flac"):
        check_split((*clips, twin))
