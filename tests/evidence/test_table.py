"""Tables: rows, means and spreads over the seeds."""

import math
import statistics
from dataclasses import replace

import pytest

from coursekit import evidence
from coursekit.evidence import Table


def records():
    for seed in (0, 1, 2):
        for kbps in (10, 20, 40):
            for family, factor in (("ours", 0.8), ("theirs", 1.0)):
                rate = factor * kbps * (1 + 0.1 * seed * (family == "ours"))
                row = {"codec": f"{family} {kbps}", "kbps": rate, "nmr": -kbps / 4}
                yield {"seed": seed, "family": family, **row, "visqol": None}


TABLE = Table("t", "A table", ("family", "codec"), tuple(records()), seeds=(0, 1, 2))


def test_mean_and_spread_are_those_of_the_seeds():
    row = {"family": "ours", "codec": "ours 20"}
    values = TABLE.values("kbps", **row)
    assert values == pytest.approx([16.0, 17.6, 19.2])
    assert TABLE.mean("kbps", **row) == pytest.approx(17.6)
    assert TABLE.spread("kbps", **row) == pytest.approx(statistics.stdev(values))


def test_what_was_never_run_is_no_number():
    assert TABLE.values("visqol") == []
    assert math.isnan(TABLE.mean("visqol"))
    assert math.isnan(TABLE.select(seed=0).spread("kbps", codec="ours 20"))
    assert "–" in TABLE.markdown(["visqol"])


def test_a_summary_has_each_row_once_in_order():
    rows = TABLE.summary()
    assert [r.keys["codec"] for r in rows][:3] == ["ours 10", "theirs 10", "ours 20"]
    assert all(r.seeds == 3 for r in rows)
    assert rows[1].spread["kbps"] == 0


def test_markdown_has_a_line_a_row():
    lines = TABLE.markdown(["kbps", "nmr"], digits=1).splitlines()
    assert lines[0] == "| family | codec | kbps | nmr |"
    assert lines[2] == "| ours | ours 10 | 8.8 ± 0.8 | -2.5 ± 0.0 |"
    assert len(lines) == 2 + 6


def test_a_gain_is_taken_seed_by_seed():
    ours, theirs = ({"codec": f"{name} 20"} for name in ("ours", "theirs"))
    assert TABLE.gain("kbps", ours, theirs) == pytest.approx([-4.0, -2.4, -0.8])
    assert TABLE.gain("kbps", theirs, ours) == pytest.approx([4.0, 2.4, 0.8])
    with pytest.raises(ValueError, match="picks more than one row of t"):
        TABLE.gain("kbps", {"family": "ours"}, theirs)
    cut = tuple(r for r in TABLE.records if (r["seed"], r["codec"]) != (1, "ours 20"))
    with pytest.raises(ValueError, match="only the same seeds can be compared"):
        replace(TABLE, records=cut).gain("kbps", ours, theirs)


def test_one_measure_of_two_keys_is_a_cross_table_on_a_page():
    sdr = {("a", "x"): (1, 3), ("a", "y"): (5, 5), ("a", "z"): (-math.inf, 0),
           ("b", "x"): (2, 4)}  # fmt: skip
    records = [
        {"seed": seed, "room": room, "method": method, "sdr": float(values[seed])}
        for (room, method), values in sdr.items()
        for seed in (0, 1)
    ]
    table = Table("t", "SDR in dB", ("room", "method"), tuple(records))
    assert table._repr_markdown_().splitlines() == [
        "| SDR in dB | a | b |",
        "| :-- | --: | --: |",
        "| x | 2.00 ± 1.41 | 3.00 ± 1.41 |",
        "| y | 5.00 ± 0.00 | – |",
        "| z | -inf | – |",
    ]
    assert TABLE._repr_markdown_() == TABLE.markdown()


def test_refusals_say_what_there_is():
    with pytest.raises(
        ValueError, match=r"no family is 'x' in t: \['ours', 'theirs'\]"
    ):
        TABLE.select(family="x")
    with pytest.raises(ValueError, match="no record of t has all of"):
        TABLE.select(family="ours", codec="theirs 10")
    with pytest.raises(ValueError, match="t has no 'loudness', only"):
        TABLE.values("loudness")
    with pytest.raises(ValueError, match="no table 'x'"):
        evidence.load("x")
