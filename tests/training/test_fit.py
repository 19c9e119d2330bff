"""The loop: it descends, repeats itself, resumes, stops."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from coursekit import training
from coursekit.training import Crops, Settings, fit, progress

QUIET = Settings(40, 0.05, progress=False)


@pytest.fixture(autouse=True)
def _full_length(monkeypatch):
    monkeypatch.delenv("COURSE_FAST", raising=False)


def line(seed=0):
    with training.seeded(seed):
        return nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.2), nn.Linear(8, 1))


def sample_batch(rng):
    x = torch.from_numpy(rng.standard_normal((16, 2))).float()
    return x, x.sum(1, keepdim=True)


def loss(model, batch, step):
    x, y = batch
    return {"squared": (model(x) - y).square().mean()}


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def test_adam_by_hand():
    model = nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        model.weight.fill_(2.0)
    fit(
        model,
        lambda rng: torch.ones(1, 1),
        lambda m, x, step: {"power": m(x).square().sum()},
        Settings(3, 0.1, final_lr_fraction=1.0, progress=False),
    )
    w, m, v = 2.0, 0.0, 0.0
    for t in range(1, 4):
        g = 2 * w
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        w -= 0.1 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    assert model.weight.item() == pytest.approx(w, abs=1e-6)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    runs = []
    for seed in (3, 3, 4):
        model = line()
        torch.manual_seed(np.random.default_rng(len(runs)).integers(99))  # no matter
        fit(model, sample_batch, loss, replace(QUIET, seed=seed))
        runs.append(weights(model))
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])


def test_training_leaves_torchs_random_numbers_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    fit(line(), sample_batch, loss, QUIET)
    assert torch.equal(torch.rand(3), expected)


def test_a_run_that_was_stopped_goes_on_as_if_nothing_had_happened(tmp_path):
    whole = line()
    history = fit(whole, sample_batch, loss, QUIET)
    path = tmp_path / "run.safetensors"

    def stops(model, batch, step):
        if step == 25:
            raise KeyboardInterrupt
        return loss(model, batch, step)

    settings = replace(QUIET, save_every=10)
    with pytest.raises(KeyboardInterrupt):
        fit(line(), sample_batch, stops, settings, checkpoint=path)
    resumed = line(seed=9)
    again = fit(resumed, sample_batch, loss, settings, checkpoint=path)
    assert torch.equal(weights(whole), weights(resumed))
    assert again.terms == history.terms
    assert len(again.terms["squared"]) == 40
    done = fit(resumed, sample_batch, loss, settings, checkpoint=path)
    assert done.steps == 40  # nothing left to do


def test_the_best_weights_are_kept_and_patience_ends_the_run(tmp_path):
    values = iter([3.0, 1.0, 2.0, 2.0, 2.0, 0.0])
    seen = []

    def validate(model):
        assert not model.training
        seen.append(weights(model))
        return next(values)

    model = line()
    settings = replace(QUIET, check_every=5, patience=3)
    history = fit(
        model, sample_batch, loss, settings, validate, tmp_path / "run.safetensors"
    )
    assert history.checks == [[5, 3.0], [10, 1.0], [15, 2.0], [20, 2.0], [25, 2.0]]
    assert history.best_step == 10
    assert torch.equal(weights(model), seen[1])
    assert not model.training
    resumed = line()
    fit(resumed, sample_batch, loss, settings, validate, tmp_path / "run.safetensors")
    assert torch.equal(weights(resumed), seen[1])


def test_every_step_has_a_batch_of_its_own():
    def batches(steps):
        seen = []

        def watch(model, batch, step):
            seen.append(batch[0])
            return loss(model, batch, step)

        fit(line(), sample_batch, watch, replace(QUIET, steps=steps))
        return torch.stack(seen)

    many = batches(12)
    assert torch.equal(many[:5], batches(5))  # it hangs on seed and step alone
    assert len(torch.unique(many.flatten(1), dim=0)) == 12


def test_a_longer_gradient_is_scaled_down_to_the_clip():
    """Adam forgives a constant factor, so only the first gradient is too long."""
    model = nn.Linear(2, 1, bias=False)
    nn.init.zeros_(model.weight)
    slope = torch.tensor([3.0, 4.0])

    def uphill(m, x, step):
        return {"sum": -(m.weight @ slope).sum() * (1000 if step == 0 else 0.2)}

    settings = Settings(3, 0.1, final_lr_fraction=1.0, clip=1.0, progress=False)
    fit(model, lambda rng: torch.zeros(1), uphill, settings)
    assert model.weight[0].tolist() == pytest.approx([0.3, 0.3], rel=1e-3)
    unclipped = nn.Linear(2, 1, bias=False)
    nn.init.zeros_(unclipped.weight)
    fit(unclipped, lambda rng: torch.zeros(1), uphill, replace(settings, clip=np.inf))
    assert unclipped.weight.max().item() < 0.25  # the first one weighs on


def test_named_parameters_learn_faster():
    model = nn.ParameterDict({"slow": torch.zeros(1), "quick": torch.zeros(1)})

    def uphill(m, x, step):
        return {"sum": -(m["slow"] + m["quick"]).sum()}

    fast = (("quick", 10.0),)
    settings = Settings(
        5, 0.01, final_lr_fraction=1.0, lr_multipliers=fast, progress=False
    )
    fit(model, lambda rng: torch.zeros(1), uphill, settings)
    assert model["slow"].item() == pytest.approx(0.05, rel=1e-4)
    assert model["quick"].item() == pytest.approx(0.5, rel=1e-4)


def test_course_fast_makes_few_steps(monkeypatch):
    monkeypatch.setenv("COURSE_FAST", "1")
    assert fit(line(), sample_batch, loss, QUIET).steps == training.FAST_STEPS


def test_terms_are_summed_and_a_constant_is_only_logged():
    model, other = line(), line()
    fit(model, sample_batch, loss, QUIET)
    history = fit(
        other,
        sample_batch,
        lambda m, b, step: {
            "half": loss(m, b, step)["squared"] / 2,
            "rest": loss(m, b, step)["squared"] / 2,
            "step": torch.tensor(float(step)),
        },
        QUIET,
    )
    assert history.terms["step"] == list(range(40))
    assert history.mean("step", last=2) == 38.5


def test_what_goes_wrong_is_said(tmp_path):
    with pytest.raises(ValueError, match=r"steps is 0 and learning_rate 0.001"):
        Settings(0)
    with pytest.raises(FloatingPointError, match=r"nan.* at step 0: .*has diverged"):
        fit(
            line(),
            sample_batch,
            lambda m, b, step: {"bad": loss(m, b, step)["squared"] * float("nan")},
            QUIET,
        )
    path = tmp_path / "run.safetensors"
    fit(line(), sample_batch, loss, QUIET, checkpoint=path)
    with pytest.raises(ValueError, match="a run with other settings"):
        fit(line(), sample_batch, loss, replace(QUIET, seed=1), checkpoint=path)
    with pytest.raises(ValueError, match="is of another model"):
        fit(nn.Linear(2, 1), sample_batch, loss, QUIET, checkpoint=path)
    path.write_bytes(b"nonsense")
    with pytest.raises(ValueError, match=r"is no checkpoint: .*; delete it"):
        fit(line(), sample_batch, loss, QUIET, checkpoint=path)
    with pytest.raises(ValueError, match="no sounds to draw from"):
        Crops([], 10, 2)


def test_crops_come_from_everywhere_and_short_sounds_are_filled_up():
    sounds = [np.full(300, 1.0), np.full(100, 2.0), np.full(4, 3.0)]
    pieces = Crops(sounds, 8, 4000)(np.random.default_rng(0))[:, 0]
    first = pieces[:, 0].numpy()
    share = [np.mean(first == v) for v in (1, 2, 3)]
    np.testing.assert_allclose(share, [300 / 404, 100 / 404, 4 / 404], atol=0.03)
    short = pieces[first == 3]
    assert torch.equal(short[0], torch.tensor([3.0] * 4 + [0.0] * 4))


def test_a_checkpoint_holds_numbers_and_text_only(tmp_path):
    path = tmp_path / "run.safetensors"
    fit(line(), sample_batch, loss, QUIET, checkpoint=path)
    size = int.from_bytes(path.read_bytes()[:8], "little")
    head = json.loads(path.read_bytes()[8 : 8 + size])
    assert json.loads(head["__metadata__"]["run"])["step"] == 40


def test_in_a_notebook_the_bar_is_html_and_ends_full(monkeypatch):
    pages = []

    class Handle:
        def update(self, bar):
            pages.append(bar._repr_html_())

    monkeypatch.setattr(progress, "_in_a_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda bar, display_id: Handle())
    fit(line(), sample_batch, loss, replace(QUIET, steps=7, progress=True))
    assert 'value="7" max="7"' in pages[-1]
    assert "step 7 of 7, squared" in pages[-1]


def test_without_a_notebook_the_bar_is_one_of_text(capsys):
    fit(line(), sample_batch, loss, replace(QUIET, steps=3, progress=True))
    assert "3/3" in capsys.readouterr().err
