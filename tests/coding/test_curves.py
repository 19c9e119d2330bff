"""Rate-distortion curves out of a table, and savings at equal quality."""

import pytest

from coursekit.coding import curve_of, saving
from coursekit.coding.evaluation import CodecScore
from coursekit.evidence import Table


def records():
    for seed in (0, 1, 2):
        for kbps in (10, 20, 40):
            for family, factor in (("ours", 0.8), ("theirs", 1.0)):
                rate = factor * kbps * (1 + 0.1 * seed * (family == "ours"))
                row = CodecScore(
                    f"{family} {kbps}", rate, kbps / 2, -kbps / 4, 9, 0.1, 3
                )
                yield {"seed": seed, "family": family, **vars(row), "visqol": None}


TABLE = Table("t", "A table", ("family", "codec"), tuple(records()), seeds=(0, 1, 2))


def test_a_curve_is_sorted_and_a_saving_is_taken_seed_by_seed():
    assert [r.kbps for r in curve_of(TABLE, family="theirs")] == [10, 20, 40]
    won = saving(TABLE, {"family": "ours"}, {"family": "theirs"})
    assert won.each == pytest.approx((0.2, 0.12, 0.04))
    assert won.mean == pytest.approx(0.12)
    assert won.spread == pytest.approx(0.08)
