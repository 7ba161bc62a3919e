"""What an estimate says in words, tables and plain values."""

from __future__ import annotations

import json
import math
from dataclasses import FrozenInstanceError, replace

import pytest

from labelwright.core.errors import DataError
from labelwright.estimation import Estimate, Estimates

GOLD = Estimate(0.75, 0.6, 0.86, 0.9, 40, 500, 40.0, "Wilson")
RATE = Estimate(0.7, 0.6, 0.8, 0.9, 40, 500, 60.0, "prediction-powered", 0.9, GOLD)


def test_the_sentence_holds_what_a_reader_needs() -> None:
    assert RATE.sentence() == (
        "Rate: 70.0 % (90 % interval 60.0 % to 80.0 %; prediction-powered, 40 gold labels, "
        "500 records; the labels alone would say 90.0 %)."
    )
    number = replace(RATE, unit="number", what="Mean", naive=math.nan, n=40)
    assert number.sentence() == (
        "Mean: 0.7 (90 % interval 0.6 to 0.8; prediction-powered, 40 gold labels)."
    )


def test_little_gold_gives_counts_of_what_people_said() -> None:
    few = replace(RATE, n_gold=16, gold_only=replace(GOLD, n_gold=16))
    assert few.sentence() == (
        "Rate: 12 of the 16 records with a gold label, too few for a percentage."
    )


def test_half_the_width_needs_four_times_the_gold() -> None:
    assert RATE.gold_for(0.1) == 40
    assert RATE.gold_for(0.05) == 160


def test_tables_and_plain_values() -> None:
    table = RATE.to_table()
    assert table["estimate"].to_list() == ["labels alone", "gold alone", "corrected"]
    assert table["value"].to_list() == [0.9, 0.75, 0.7]
    assert GOLD.to_table()["estimate"].to_list() == ["estimate"]
    plain = json.loads(json.dumps(RATE.to_dict(), allow_nan=False))
    assert plain["kind"] == "estimate"
    assert plain["gold_only"]["naive"] is None
    assert "<table>" in RATE._repr_html_()


def test_estimates_are_found_by_name() -> None:
    both = Estimates(("spam", "ham"), (RATE, GOLD))
    assert both["ham"] is GOLD
    assert list(both) == [RATE, GOLD]
    assert both.to_table()["labels_alone"].to_list() == [0.9, None]
    with pytest.raises(DataError, match="Did you mean 'spam'"):
        both["spm"]
    with pytest.raises(FrozenInstanceError):
        RATE.value = 1  # type: ignore[misc]
