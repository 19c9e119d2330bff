"""Recipes: run, resumed, recomputed; drift is found and named."""

import json
import sys
import types
from dataclasses import replace

import numpy as np
import pytest

from coursekit import evidence, topics
from coursekit.evidence.__main__ import main
from coursekit.evidence.experiment import Experiment, build, drift, recompute, reopen
from coursekit.evidence.table import sha256_of


def throw(seed, configuration):
    """Means of dice: a table whose truth is known."""
    for sides in configuration["sides"]:
        rng = np.random.default_rng([seed, sides])
        mean = float(rng.integers(1, sides + 1, configuration["throws"]).mean())
        yield {"sides": sides, "mean": mean, "luck": float("nan")}


def by_die(configuration):
    for sides in configuration["sides"]:
        yield {**configuration, "sides": [sides]}


DICE = Experiment(
    name="dice",
    title="Dice, and the mean of their throws",
    one_seed=throw,
    parts=by_die,
    configuration={"sides": [4, 6, 20], "throws": 2000},
    seeds=(0, 1, 2, 3),
    keys=("sides",),
    probe={"sides": [6]},
    tolerance={"mean": 1e-3},
)


@pytest.fixture
def dice(tmp_path):
    return build(DICE, tmp_path)


def test_a_table_has_a_record_for_each_seed_and_row(dice):
    assert [(r["seed"], r["sides"]) for r in dice.records] == [
        (s, n) for s in range(4) for n in (4, 6, 20)
    ]
    for sides in (4, 6, 20):
        deviation = np.sqrt((sides**2 - 1) / 12 / 2000)
        mean = dice.mean("mean", sides=sides)
        assert mean == pytest.approx((sides + 1) / 2, abs=4 * deviation)
        assert dice.spread("mean", sides=sides) < 4 * deviation


def test_what_is_saved_is_loaded(dice, tmp_path):
    again = evidence.load("dice", tmp_path)
    assert again.records == dice.records
    assert again.configuration == DICE.configuration
    assert again.sha256 == sha256_of(DICE.configuration)
    assert again.seeds == (0, 1, 2, 3)
    assert again.versions["numpy"] == np.__version__
    assert len(again.log) == 12
    assert not list(tmp_path.glob("*.partial"))


def test_a_stopped_run_goes_on_where_it_was(dice, tmp_path):
    calls = []

    def stumble(seed, configuration):
        calls.append((seed, configuration["sides"]))
        if len(calls) == 5:
            raise KeyboardInterrupt
        yield from throw(seed, configuration)

    with pytest.raises(KeyboardInterrupt):
        build(replace(DICE, one_seed=stumble), tmp_path)
    told = []
    table = build(replace(DICE, one_seed=stumble), tmp_path, told.append)
    assert table.records == dice.records
    assert len(calls) == 4 + 1 + 8
    assert len(told) == 8


def test_a_table_that_grows_keeps_what_it_has(dice, tmp_path):
    more = replace(DICE, configuration={**DICE.configuration, "sides": [4, 6, 20, 12]})
    reopen(dice, tmp_path)
    told = []
    table = build(more, tmp_path, told.append)
    assert len(told) == 4
    assert table.select(seed=2, sides=6).records == dice.select(seed=2, sides=6).records
    assert table.records == build(more, tmp_path).records


def test_a_changed_configuration_is_not_resumed_from_another(tmp_path):
    other = replace(DICE, configuration={**DICE.configuration, "throws": 10})
    (tmp_path / "dice.partial").write_text(
        json.dumps({f"0 {sha256_of(p)}": {"records": [], "seconds": 0}
                    for p in by_die(other.configuration)})
    )  # fmt: skip
    assert len(build(DICE, tmp_path).records) == 12


def test_the_probe_gives_records_of_the_table(dice):
    (record,) = recompute(DICE)
    assert record == dice.select(seed=0, sides=6).records[0]
    assert drift(dice, [record], DICE) == []


def test_drift_is_named_and_a_tolerance_forgives(dice):
    (record,) = recompute(DICE)
    off = {**record, "mean": record["mean"] + 0.002}
    (sentence,) = drift(dice, [off], DICE)
    assert "'sides': 6" in sentence
    assert "more than 0.001 off" in sentence
    assert drift(dice, [off], replace(DICE, tolerance={"mean": 0.01})) == []
    exact = {**record, "mean": record["mean"] + 0.0001}
    assert len(drift(dice, [exact], replace(DICE, tolerance={}))) == 1


def test_a_record_that_the_table_does_not_have_is_refused(dice):
    with pytest.raises(ValueError, match=r"no sides is 8 in dice: \[4, 6, 20\]"):
        drift(dice, [{"seed": 0, "sides": 8, "mean": 4.5}], DICE)


def test_the_command_builds_what_it_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(topics, "modules", lambda pattern: ["of_this_test.table_dice"])
    module = types.ModuleType("of_this_test.table_dice")
    module.EXPERIMENT = replace(DICE, packages=("numpy", "a-package-nobody-wrote"))
    monkeypatch.setitem(sys.modules, "of_this_test.table_dice", module)
    assert main(["dice", "--folder", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "dice: 12 records" in told
    assert "dice: a-package-nobody-wrote is not installed" in told
    assert "numpy" not in told
    assert len(evidence.load("dice", tmp_path).records) == 12


def test_names_and_refusals(capsys):
    assert {"codecs", "pam_loss"} <= set(evidence.names())
    with pytest.raises(ValueError, match="no table 'codex'"):
        evidence.experiment_of("codex")
    with pytest.raises(SystemExit):
        main(["codex"])
    assert "there is no table 'codex'" in capsys.readouterr().err
