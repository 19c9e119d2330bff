"""Every recipe has its weights and card; the command makes what it is told."""

import sys
import types
from dataclasses import dataclass

import pytest
import torch
from torch import nn

from coursekit import topics, training
from coursekit.training import Recipe, Settings, missing, recipes, weights
from coursekit.training.__main__ import main

STOPS, STEPS = set(), []  # where to stop once; the steps made


@dataclass(frozen=True)
class LineRecipe(Recipe):
    """A line through points, trained in a moment."""

    slope: float

    def build(self):
        return nn.Linear(1, 1)

    def train(self, model, checkpoint):
        def sample_batch(rng):
            return torch.from_numpy(rng.standard_normal((8, 1))).float()

        def loss(model, x, step):
            STEPS.append(step)
            if step in STOPS:
                STOPS.remove(step)
                raise KeyboardInterrupt
            return {"squared": (model(x) - self.slope * x).square().mean()}

        fit = training.fit
        return fit(model, sample_batch, loss, self.descent, checkpoint=checkpoint)

    def configuration(self):
        return {"data": "no data", "line": {"slope": self.slope, "range": (0, 1)}}

    def figures(self, model):
        return {"slope": round(model.weight.item(), 3)}


DESCENT = Settings(150, 0.1, progress=False, device="cpu", save_every=10)


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """Two topics with a recipe each, and an empty folder of weights."""
    monkeypatch.delenv("COURSE_FAST", raising=False)
    monkeypatch.setattr(weights, "WEIGHTS", tmp_path / "weights")
    made = {}
    for name, slope in (("steep", 3.0), ("flat", 0.5)):
        module = types.ModuleType(f"{name}_topic.models")
        module.RECIPES = {name: LineRecipe(name, DESCENT, slope)}
        monkeypatch.setitem(sys.modules, module.__name__, module)
        made[module.__name__] = module
    monkeypatch.setattr(topics, "modules", lambda pattern: [*made])
    return tmp_path


def test_every_weights_file_has_a_card_and_a_recipe_and_every_recipe_its_weights():
    assert missing() == []
    files = list(training.WEIGHTS.glob("*.*"))
    assert sum(path.stat().st_size for path in files) < 8e6


def test_every_card_is_its_recipes_and_all_topics_are_asked():
    assert {"wave", "mdct_time_low"} <= set(recipes())
    for name, recipe in recipes().items():
        card = training.read_card(training.weights_path(name))
        stated = {key: card[key] for key in recipe.card()}
        assert stated == recipe.card(), name
        assert card["name"] == name
        assert set(card) - set(stated) == {"log", "figures", "sha256"}


def test_the_command_makes_weights_of_any_topic(shelf, capsys):
    assert main(["flat", "--folder", str(shelf / "runs")]) == 0
    assert capsys.readouterr().out.strip().endswith("flat.toml")
    recipe = recipes()["flat"]
    model = recipe.load()
    assert model.weight.item() == pytest.approx(0.5, abs=0.01)
    assert not model.training
    card = training.read_card(training.weights_path("flat"))
    assert {key: card[key] for key in recipe.card()} == recipe.card()
    assert card["figures"]["slope"] == pytest.approx(0.5, abs=0.01)
    assert card["line"] == {"slope": 0.5, "range": [0, 1]}
    assert card["log"]["squared"] < 0.1
    assert missing() == [
        "steep has no file of weights (make train NAMES=steep)",
        "steep has no card",
    ]


def test_a_run_that_was_stopped_resumes(shelf):
    recipe, path = recipes()["steep"], training.weights_path("steep")
    recipe.ship(shelf / "one")
    whole = path.read_bytes()
    path.unlink()
    STOPS.add(65)
    with pytest.raises(KeyboardInterrupt):
        recipe.ship(shelf / "two")
    assert not path.exists()
    assert (shelf / "two" / "steep.safetensors").exists()
    STEPS.clear()
    recipe.ship(shelf / "two")
    assert list(range(60, 150)) == STEPS
    assert path.read_bytes() == whole


def test_what_is_missing_is_named(shelf):
    assert main([]) == 0
    assert missing() == []
    training.weights_path("flat").rename(training.weights_path("curved"))
    assert missing() == [
        "curved has no recipe in a topic's models.py",
        "curved has no card",
        "flat has no file of weights (make train NAMES=flat)",
    ]


def test_two_recipes_of_one_name_are_refused(shelf):
    sys.modules["flat_topic.models"].RECIPES["steep"] = LineRecipe("steep", DESCENT, 1)
    with pytest.raises(ValueError, match="two recipes are called 'steep'"):
        recipes()


def test_the_list_and_what_is_unknown(shelf, capsys):
    assert main(["--list"]) == 0
    told = capsys.readouterr().out
    assert "steep" in told
    assert "150 steps, not trained" in told
    assert "flat has no card" in told
    with pytest.raises(SystemExit):
        main(["crooked"])
    assert "no recipe is called 'crooked'" in capsys.readouterr().err
