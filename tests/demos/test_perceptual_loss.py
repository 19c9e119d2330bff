import numpy as np
import pytest

from coursekit import data, metrics
from coursekit import psychoacoustics as pa
from coursekit.coding.curves import Saving
from coursekit.demos import perceptual_loss as demo

RATE = 16000


@pytest.fixture(scope="module")
def speech():
    return data.clip("allison_en_04").audio(RATE)[RATE : 2 * RATE]


def with_noise(s, seed, snr=20):
    n = np.random.default_rng(seed).standard_normal(s.size)
    return s + n * np.linalg.norm(s) / np.linalg.norm(n) * 10 ** (-snr / 20)


def weights(s):
    frames = pa.frames_of(s)
    return pa.priority_weights(pa.psd(frames), pa.masking_threshold(frames, RATE))


# --- what the losses say ------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_two_errors_are_ranked_wrongly_by_time_and_l3_rightly_by_mel_and_l4(
    speech, seed
):
    errors = pa.two_errors(speech, RATE, np.random.default_rng(seed))
    hidden, heard = (demo.values_of(speech, speech + e, RATE) for e in errors)
    assert hidden["time"] > 2 * heard["time"]
    assert hidden["L3"] > 2 * heard["L3"]
    assert 1.5 * hidden["mel"] < heard["mel"]
    assert 2 * hidden["log10(1 + L4)"] < heard["log10(1 + L4)"]


@pytest.mark.parametrize("loss", demo.LOSSES)
def test_gradient_is_the_slope(speech, loss):
    s = speech[:2048]
    s_hat = with_noise(s, 1)
    g = demo.gradient(s, s_hat, RATE, loss)
    step = 1e-6 * g / np.linalg.norm(g)
    up, down = (demo.values_of(s, s_hat + d, RATE)[loss] for d in (step, -step))
    assert (up - down) / 2e-6 == pytest.approx(np.linalg.norm(g), rel=1e-3)


def test_gradient_refuses_an_unknown_loss(speech):
    with pytest.raises(ValueError, match="no loss 'L5'"):
        demo.gradient(speech, speech, RATE, "L5")


def test_gradient_of_time_is_as_flat_as_the_noise_and_that_of_l3_is_not(speech):
    s_hat = with_noise(speech, 2)
    flat = demo.spectrum_of_gradient(speech, s_hat, RATE, "time")[5:250]
    shaped = demo.spectrum_of_gradient(speech, s_hat, RATE, "L3")[5:250]
    assert np.ptp(flat) < 6
    assert np.ptp(shaped) > 20


# --- the same error, elsewhere ------------------------------------------------------


@pytest.mark.parametrize("loss", demo.LOSSES)
def test_pushing_keeps_the_energy_of_the_error(speech, loss):
    s_hat = with_noise(speech, 3)
    for x in demo.reshape(speech, s_hat, RATE, loss, pushes=4):
        assert metrics.snr(speech, x) == pytest.approx(20, abs=1e-6)


@pytest.mark.parametrize("seed", range(2))
def test_where_each_loss_puts_the_error(speech, seed):
    s_hat = with_noise(speech, seed)
    ends = {
        loss: demo.reshape(speech, s_hat, RATE, loss, pushes=30)[-1]
        for loss in demo.LOSSES
    }
    before = pa.nmr(speech, s_hat, RATE)
    after = {loss: pa.nmr(speech, x, RATE) for loss, x in ends.items()}
    assert np.allclose(ends["time"], s_hat)
    assert after["mel"].mean < before.mean - 2
    assert after["log10(1 + L4)"].mean < before.mean - 2
    assert after["L3"].maximum > before.maximum + 0.5  # where the recording is silent
    w = weights(speech)
    light, heavy = w < np.quantile(w, 0.25), w > np.quantile(w, 0.75)
    powers = [
        pa.to_power(pa.psd(pa.frames_of(x - speech))) for x in (s_hat, ends["L3"])
    ]
    ratio = [10 * np.log10(P[light].mean() / P[heavy].mean()) for P in powers]
    assert ratio[1] > ratio[0] + 3
    for loss in ("mel", "L3", "log10(1 + L4)"):
        values = [demo.values_of(speech, x, RATE)[loss] for x in (s_hat, ends[loss])]
        assert values[1] < values[0]


# --- pictures -----------------------------------------------------------------------


def test_weights_picture_draws_the_slides_formula(speech):
    frame = speech[4000:4512]
    upper, lower = demo.draw_weights(frame, RATE).axes
    p, m = (line.get_ydata() for line in upper.get_lines())
    w = lower.get_lines()[0].get_ydata()
    assert np.allclose(w, np.log10(10 ** (0.1 * p) / 10 ** (0.1 * m) + 1))
    assert np.allclose(m, pa.masking_threshold(frame, RATE))


def test_modulation_picture_marks_the_worst_line(speech):
    s, s_hat = speech[4000:4512], with_noise(speech, 4)[4000:4512]
    upper, lower = demo.draw_modulation(s, s_hat, RATE).axes
    m, n = (line.get_ydata() for line in upper.get_lines())
    mark = lower.get_lines()[-1]
    assert mark.get_ydata()[0] == pytest.approx(np.max(n - m))
    assert f"{np.max(n - m):.1f} dB" in demo.draw_modulation(s, s_hat, RATE).alt


def test_gradients_picture_has_a_curve_for_each_loss(speech):
    picture = demo.draw_gradients(speech, with_noise(speech, 5), RATE)
    assert len(picture.axes[1].get_lines()) == len(demo.LOSSES)
    assert all(f"{loss} most at" in picture.alt for loss in demo.LOSSES)


def test_savings_picture_shows_every_seed():
    savings = {
        "nmr": Saving(0.2, 0.1, (0.1, 0.2, 0.3)),
        "zimtohrli": Saving(-0.1, 0.0, (-0.1, -0.1, -0.1)),
    }
    picture = demo.draw_savings(savings)
    (axes,) = picture.axes
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([20, -10])
    assert axes.get_lines()[0].get_xdata().tolist() == pytest.approx([10, 20, 30])
    assert "nmr 20 % (from 10 to 30), zimtohrli -10 %" in picture.alt
