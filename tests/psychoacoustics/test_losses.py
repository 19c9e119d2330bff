"""Losses: closed forms, gradients, silence, and what each ranks rightly and wrongly."""

from __future__ import annotations

import math
from functools import cache

import librosa
import numpy as np
import pytest
import torch

from coursekit import data, metrics
from coursekit.psychoacoustics import (
    FULL_SCALE_DB,
    PerceptualLoss,
    absolute_error,
    analysis_window,
    frames_of,
    log_noise_modulation_loss,
    mask_of,
    masking_threshold,
    mel_loss,
    negative_snr,
    nmr,
    noise_modulation_loss,
    noise_to_mask,
    priority_loss,
    priority_weights,
    psd,
    squared_error,
    time_loss,
    to_power,
    two_errors,
)
from coursekit.psychoacoustics.losses import TERMS

RATE = 16000
PERCEPTUAL = (priority_loss, noise_modulation_loss, log_noise_modulation_loss)
SPECTRAL = (*PERCEPTUAL, mel_loss)
ON_TIME = (negative_snr, squared_error, absolute_error, time_loss)


def noise(*shape: int, seed: int = 0, level: float = 0.1) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    return torch.tensor(level * rng.standard_normal(shape))


@cache
def speech() -> np.ndarray:
    return data.clips("speech", split="test")[0].audio()[16000:32000]


# --- the slide's losses on time ---


def test_time_losses_are_the_slides():
    s, s_hat = noise(3, 1, 200), noise(3, 1, 200, seed=1)
    rows = [(a.numpy(), b.numpy()) for a, b in zip(s[:, 0], s_hat[:, 0], strict=True)]
    mean = np.mean([np.sum((a - b) ** 2) for a, b in rows])
    assert squared_error(s, s_hat).item() == pytest.approx(mean)
    assert time_loss(s, s_hat).item() == pytest.approx(mean / 200)
    mean = np.mean([np.sum(np.abs(a - b)) for a, b in rows])
    assert absolute_error(s, s_hat).item() == pytest.approx(mean)
    mean = np.mean([metrics.snr(a, b) for a, b in rows])
    assert negative_snr(s, s_hat).item() == pytest.approx(-mean)


def test_mel_loss_is_the_root_mean_square_of_bels():
    s, s_hat = noise(4000), noise(4000, seed=1, level=0.03)
    P = [to_power(psd(frames_of(x.numpy())) - FULL_SCALE_DB) for x in (s, s_hat)]
    distances = []
    for n in (8, 16, 32, 128):
        M = librosa.filters.mel(sr=RATE, n_fft=512, n_mels=n, htk=True, norm=None)
        M = M[M.sum(1) > 0]
        a, b = (np.log10(p @ M.T + 1e-12) for p in P)
        distances.append(np.sqrt(np.mean((a - b) ** 2)))
    assert mel_loss(s, s_hat, RATE).item() == pytest.approx(
        np.mean(distances), rel=1e-4
    )


# --- L3 and L4 are what the slide writes ---


def test_weights_are_the_formula():
    p, m = np.linspace(-90, 100, 50), np.linspace(60, 0, 50)
    w = np.log10(10 ** (0.1 * p) / 10 ** (0.1 * m) + 1)
    assert np.abs(priority_weights(p, m) - w).max() < 1e-12
    assert (
        np.abs(priority_weights(torch.tensor(p), torch.tensor(m)).numpy() - w).max()
        < 1e-12
    )
    assert priority_weights(40.0, 40.0) == pytest.approx(math.log10(2))
    assert priority_weights(-90.0, 60.0) == pytest.approx(
        1e-15 / math.log(10), rel=1e-6
    )


def reference(s: torch.Tensor, s_hat: torch.Tensor) -> tuple[np.ndarray, ...]:
    """Return magnitudes, error power, and the mask of one sound, by numpy."""
    h = analysis_window(512)
    frames = [np.asarray(frames_of(x.numpy())) for x in (s, s_hat, s - s_hat)]
    x, x_hat, e = (np.abs(np.fft.rfft(h * f)) / 512 for f in frames)
    m = masking_threshold(frames[0], RATE)
    loudest = np.sqrt(8 / 3) / 4
    return x / loudest, x_hat / loudest, 10 * np.log10(e**2) + FULL_SCALE_DB, m


def test_l3_is_the_weighted_sum_of_squared_differences():
    s, s_hat = noise(2000), noise(2000, seed=1)
    x, x_hat, _, m = reference(s, s_hat)
    p = 20 * np.log10(x) + 96
    w = np.log10(10 ** (0.1 * p) / 10 ** (0.1 * m) + 1)
    expected = np.sum(w * (x - x_hat) ** 2, axis=1).mean()
    assert priority_loss(s, s_hat, RATE).item() == pytest.approx(expected, rel=1e-6)


def test_l4_is_the_largest_excess_over_the_mask():
    s = noise(2000)
    s_hat = s + noise(2000, seed=1, level=0.02)
    _, _, n, m = reference(s, s_hat)
    ratio = 10 ** (0.1 * n) / 10 ** (0.1 * m)
    worst = np.maximum(ratio - 1, 0).max(axis=1)  # over the lines, not the frames
    assert noise_modulation_loss(s, s_hat, RATE).item() == pytest.approx(worst.mean())
    found = log_noise_modulation_loss(s, s_hat, RATE).item()
    assert found == pytest.approx(np.log10(1 + worst).mean())
    assert np.abs(noise_to_mask(s, s_hat, RATE).numpy() / ratio - 1).max() < 1e-6


def test_error_and_mask_carry_one_calibration():
    """A tone 20 dB above its mask has the ratio 100, at any loudness of full scale."""
    n = torch.arange(512, dtype=torch.float64)
    beep = 0.1 * torch.sin(2 * torch.pi * 64 * n / 512)  # 76 dB SPL
    mask = torch.full((1, 257), 56.0)
    ratio = noise_to_mask(
        torch.zeros(512), beep, RATE, hop=512, mask=torch.zeros(2, 257)
    )
    assert ratio.shape == (2, 257)
    steady = torch.sin(2 * torch.pi * 64 * torch.arange(2048) / 512) * 0.1
    m = mask.expand(9, 257)
    ratio = noise_to_mask(torch.zeros(2048), steady, RATE, mask=m)
    assert ratio[4].max().item() == pytest.approx(100, rel=1e-3)


@pytest.mark.parametrize(("snr", "order"), [(0, 5), (10, 4), (20, 3), (30, 2)])
def test_raw_l4_grows_tenfold_with_ten_decibels(snr, order):
    s = torch.tensor(speech())
    e = noise(s.numel(), seed=3, level=1.0)
    e *= (s.square().sum() / e.square().sum()).sqrt() * 10 ** (-snr / 20)
    raw = noise_modulation_loss(s, s + e, RATE).item()
    assert order - 1 < math.log10(raw) < order + 1
    assert log_noise_modulation_loss(s, s + e, RATE).item() < order + 0.5


def test_losses_do_not_depend_on_the_shape_or_the_length_of_a_batch():
    s, s_hat = noise(3, 1, 3000), noise(3, 1, 3000, seed=1)
    for loss in PERCEPTUAL:
        alone = [loss(a, b, RATE).item() for a, b in zip(s, s_hat, strict=True)]
        assert loss(s, s_hat, RATE).item() == pytest.approx(np.mean(alone))
        assert loss(s[0, 0], s_hat[0, 0], RATE).item() == pytest.approx(alone[0])
        both = (torch.cat([x[0], x[0]], -1) for x in (s, s_hat))
        assert loss(*both, RATE).item() == pytest.approx(alone[0], rel=0.25)


@pytest.mark.parametrize(("frame", "hop"), [(512, None), (512, 480), (1024, 512)])
def test_a_mask_made_before_is_the_mask_made_now(frame, hop):
    s, s_hat = noise(2, 1, 3000), noise(2, 1, 3000, seed=1)
    mask = mask_of(s, RATE, frame, hop)
    assert mask.shape[-1] == frame // 2 + 1
    for loss in PERCEPTUAL:
        now = loss(s, s_hat, RATE, frame, hop)
        assert loss(s, s_hat, RATE, frame, hop, mask).item() == now.item()
        first = loss(s[:1], s_hat[:1], RATE, frame, hop, mask[:1])
        assert first.item() == loss(s[:1], s_hat[:1], RATE, frame, hop).item()


def test_a_perceptual_loss_is_the_weighted_sum_of_its_parts():
    s, s_hat = noise(2, 1, 3000), noise(2, 1, 3000, seed=1).requires_grad_()
    loss = PerceptualLoss(
        RATE, {name: 10.0**i for i, name in enumerate(TERMS)}, 512, 480
    )
    parts = loss.parts(s, s_hat)
    assert list(parts) == list(TERMS)
    framing = RATE, 512, 480
    expected = [time_loss(s, s_hat), mel_loss(s, s_hat, RATE)]
    expected += [f(s, s_hat, *framing) for f in PERCEPTUAL]
    assert [p.item() for p in parts.values()] == [e.item() for e in expected]
    total = sum(10.0**i * e for i, e in enumerate(expected))
    assert loss(s, s_hat, loss.mask(s)).item() == pytest.approx(total.item())
    loss(s, s_hat).backward()
    assert s_hat.grad.abs().min() > 0


def test_what_counts_nothing_is_not_computed():
    s = torch.zeros(1, 1, 999)
    loss = PerceptualLoss(11025, {"time": 2.0, "mel": 1.0, "priority": 0.0})
    assert list(loss.parts(s, s)) == ["time", "mel"]  # PAM-1 knows no 11025 Hz
    assert PerceptualLoss(RATE, {})(s, s).item() == 0


@pytest.mark.parametrize("wrong", [{"times": 1.0}, {"mel": -1.0}, {"mel": math.nan}])
def test_weights_have_known_names_and_are_not_negative(wrong):
    with pytest.raises(
        ValueError, match=r"0 or more for time, mel.*got \{'(times|mel)'"
    ):
        PerceptualLoss(RATE, wrong)


# --- gradients and silence ---


@pytest.mark.parametrize("loss", SPECTRAL, ids=lambda f: f.__name__)
def test_gradients(loss):
    s = noise(1, 600)
    s_hat = (s + noise(1, 600, seed=1, level=0.05)).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda y: loss(s, y, RATE), s_hat, eps=1e-7, atol=1e-4, fast_mode=True
    )


@pytest.mark.parametrize("loss", ON_TIME, ids=lambda f: f.__name__)
def test_gradients_on_time(loss):
    s_hat = noise(2, 30, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda y: loss(noise(2, 30), y), s_hat)


@pytest.mark.parametrize("loss", SPECTRAL, ids=lambda f: f.__name__)
@pytest.mark.parametrize("coded", ["silence", "something"])
@pytest.mark.parametrize("reference", ["silence", "something"])
@pytest.mark.parametrize("precision", [torch.float32, torch.float64])
def test_nothing_is_nan_at_silence(loss, reference, coded, precision):
    sound = {"silence": torch.zeros(1, 1, 1500), "something": noise(1, 1, 1500)}
    s, s_hat = (sound[name].to(precision) for name in (reference, coded))
    s_hat = s_hat.clone().requires_grad_()
    value = loss(s, s_hat, RATE)
    value.backward()
    assert value.dtype == precision
    assert torch.isfinite(value)
    assert torch.isfinite(s_hat.grad).all()
    if reference == coded:
        assert value.item() < 1e-5
        assert s_hat.grad.abs().max() < 1e-5


@pytest.mark.parametrize("loss", ON_TIME, ids=lambda f: f.__name__)
def test_nothing_is_nan_at_silence_on_time(loss):
    s_hat = torch.zeros(1, 1, 100, requires_grad=True)
    value = loss(torch.zeros(1, 1, 100), s_hat)
    value.backward()
    assert value.item() == 0
    assert torch.equal(s_hat.grad, torch.zeros(1, 1, 100))


def test_the_reference_takes_no_gradient_through_mask_and_weights():
    s = noise(1, 1500).requires_grad_()
    assert not mask_of(s, RATE).requires_grad
    assert not noise_to_mask(s.detach(), s.detach(), RATE).requires_grad


def test_descending_l4_pushes_the_error_below_the_mask():
    s = torch.tensor(speech()[None, None, :2048])
    mask = mask_of(s, RATE)
    e = noise(1, 1, 2048, seed=5, level=0.003).requires_grad_()
    before = nmr(s[0, 0].numpy(), (s + e).detach()[0, 0].numpy(), RATE)
    adam = torch.optim.Adam([e], lr=3e-4)
    for _ in range(40):
        adam.zero_grad()
        log_noise_modulation_loss(s, s + e, RATE, mask=mask).backward()
        adam.step()
    after = nmr(s[0, 0].numpy(), (s + e).detach()[0, 0].numpy(), RATE)
    assert after.mean < before.mean - 1.5
    assert after.maximum < before.maximum - 7
    assert after.audible_share < before.audible_share / 2.5


# --- what each ranks rightly, and what wrongly ---


@cache
def three(seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return speech, an error under its mask, and a whistle that anybody hears."""
    s = data.clip("armelle_fr_01").audio()[16000:32000]
    errors = two_errors(s, RATE, np.random.default_rng(seed))
    return torch.tensor(s), *(torch.tensor(e) for e in errors)


@pytest.mark.parametrize("seed", range(2))
def test_l4_and_nmr_rank_a_masked_error_below_an_audible_tone(seed):
    s, masked, whistle = three(seed)
    hidden, heard = (nmr(s.numpy(), (s + e).numpy(), RATE) for e in (masked, whistle))
    assert hidden.mean < -5
    assert heard.mean > 5
    for loss in (noise_modulation_loss, log_noise_modulation_loss):
        assert loss(s, s + masked, RATE) < loss(s, s + whistle, RATE)


@pytest.mark.parametrize("seed", range(2))
def test_the_time_losses_and_l3_alone_rank_them_the_wrong_way_round(seed):
    s, masked, whistle = three(seed)
    for loss in ON_TIME:
        assert loss(s, s + masked) > loss(s, s + whistle)
    assert priority_loss(s, s + masked, RATE) > 5 * priority_loss(s, s + whistle, RATE)


def test_l3_forgives_what_the_reference_masks_and_minds_what_it_does_not():
    """The same error, once beside a loud tone and once on it."""
    n = torch.arange(8000, dtype=torch.float64)
    s = 0.3 * torch.sin(2 * torch.pi * 1000 * n / RATE)
    s += 1e-4 * torch.sin(2 * torch.pi * 1200 * n / RATE)  # masked by the first
    on = 3e-3 * torch.sin(2 * torch.pi * 1000 * n / RATE)
    beside = 3e-3 * torch.sin(2 * torch.pi * 1250 * n / RATE)
    assert priority_loss(s, s + on, RATE) > 10 * priority_loss(s, s + beside, RATE)
    ratio = squared_error(s, s + on) / squared_error(s, s + beside)
    assert ratio.item() == pytest.approx(1, rel=1e-3)


def test_l3_forgets_the_phase_and_the_time_losses_do_not():
    s = torch.tensor(speech())
    assert priority_loss(s, -s, RATE).item() == pytest.approx(0, abs=1e-12)
    assert mel_loss(s, -s, RATE).item() < 1e-5
    assert negative_snr(s, -s).item() == pytest.approx(6.02, abs=0.01)


# --- what is refused ---


@pytest.mark.parametrize("loss", SPECTRAL, ids=lambda f: f.__name__)
def test_two_lengths_are_refused(loss):
    with pytest.raises(ValueError, match=r"\(600,\) but s_hat \(599,\)"):
        loss(torch.zeros(600), torch.zeros(599), RATE)


def test_a_mask_of_another_sound_is_refused():
    s = torch.zeros(1, 600)
    for loss in PERCEPTUAL:
        with pytest.raises(ValueError, match=r"\(1, 7, 257\).*make it with mask_of"):
            loss(s, s, RATE, mask=torch.zeros(1, 7, 257))
        with pytest.raises(ValueError, match="got 11025; resample"):
            loss(s, s, 11025)
