import numpy as np
import pytest

from coursekit import data
from coursekit import psychoacoustics as pa
from coursekit.demos import pam1 as demo

RATE = 44100


@pytest.fixture(scope="module")
def analysis():
    song = data.clip("singer_woman").audio(RATE)
    return pa.analyse(demo.frame_at(song, RATE, 2.8), RATE)


def test_frame_at_takes_what_begins_there():
    x = np.arange(3000.0)
    assert demo.frame_at(x, 1000, 1.5, 512)[[0, -1]].tolist() == [1500, 2011]


@pytest.mark.parametrize("seconds", [-0.1, 2.6])
def test_frame_at_refuses_what_lies_outside(seconds):
    with pytest.raises(ValueError, match=r"begin between 0 and 2\.49 s"):
        demo.frame_at(np.zeros(3000), 1000, seconds, 512)


def test_bits_push_the_noise_below_the_mask():
    smr = np.linspace(-30, 90, 200)
    bits = demo.bits_needed(smr)
    assert np.all(6.02 * bits >= smr - 1e-9)
    spare = bits > 0
    assert np.all(6.02 * (bits[spare] - 1) < smr[spare])
    assert np.all(bits[smr <= 0] == 0)


def test_each_step_says_what_it_found(analysis):
    words = {step: demo.draw_step(analysis, step).alt for step in demo.STEPS}
    counts = analysis.tonal.lines.size, analysis.noise.lines.size
    assert f"{counts[0]} tonal and {counts[1]} noise maskers" in words["4: maskers"]
    dropped = sum(counts) - len(analysis.individual)
    assert f"{dropped} maskers dropped" in words["5: decimation"]
    assert f"{len(analysis.individual)} thresholds" in words["6: individual thresholds"]
    heard = np.sum(analysis.psd > analysis.threshold)
    assert f"{heard} of 257 lines" in words["7: global threshold"]


def test_individual_thresholds_are_drawn_one_by_one(analysis):
    axes = demo.draw_step(analysis, "6: individual thresholds").axes[0]
    drawn = [line for line in axes.get_lines() if len(line.get_xdata()) == 257]
    assert len(drawn) == 1 + len(analysis.individual)


def test_unknown_step(analysis):
    with pytest.raises(ValueError, match="no step 'eight'"):
        demo.draw_step(analysis, "eight")


def test_silence_has_a_picture_of_each_step():
    a = pa.analyse(np.zeros(512), RATE)
    for step in demo.STEPS:
        assert "Bark axis" in demo.draw_step(a, step).alt
    assert "32 subbands need none" in demo.draw_smr(a).alt


def test_smr_picture_counts_its_bits(analysis):
    bits = demo.bits_needed(analysis.smr)
    alt = demo.draw_smr(analysis).alt
    assert f"{bits.mean():.2f} on average" in alt
    assert f"{np.sum(bits == 0)} subbands need none" in alt


def test_spreading_picture_has_the_values_of_the_standard():
    alt = demo.draw_spreading(80).alt
    for value in ("33.6 dB at -1", "71.6 dB at +0", "54.6 dB at +1", "44.6 dB at +3"):
        assert value in alt


def test_simultaneous_picture_hides_more_above_the_tone_than_below():
    alt = demo.draw_simultaneous(40).alt
    assert "Hidden, dotted: 1150, 1400 Hz" in alt
    assert "Hidden, dotted: none Hz" in demo.draw_simultaneous(76).alt


def test_attack_picture_measures_the_lead():
    s, n = np.zeros(4410), np.zeros(4410)
    s[2205:2300], n[1764:2300] = 1, 0.1
    assert "silent until 50 ms" in demo.draw_attack(s, n, RATE).alt
    assert "begins 10 ms earlier" in demo.draw_attack(s, n, RATE).alt
