"""The ledger of gold remembers what was tuned on."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from labelwright.core.errors import DataError, ParameterError
from labelwright.core.ledger import TUNING, GoldLedger


@pytest.mark.parametrize("use", TUNING)
def test_gold_that_was_tuned_on_is_not_usable(use: str) -> None:
    ledger = GoldLedger().record(["a", "b"], use)
    assert ledger.usable_for_estimate(["c", "b", "a"]).tolist() == [True, False, False]


def test_estimates_do_not_spoil_gold() -> None:
    ledger = GoldLedger().record(["a"], "estimate").record(["a"], "estimate")
    assert ledger.usable_for_estimate(["a"]).all()
    assert ledger.times_used(["a", "b"]) == {"estimate": 2}
    assert GoldLedger().usable_for_estimate([]).tolist() == []


def test_reviewed_items_stay_in_a_random_sample_and_are_told() -> None:
    ledger = GoldLedger().record([1, 2], "review", "a").record(["2", "3"], "review", "b")
    assert ledger.usable_for_estimate([1, 2, 3, 4]).all()
    assert ledger.items("review") == {"1", "2", "3"}
    assert ledger.items("estimate") == frozenset()


def test_the_very_same_use_is_known_and_no_other() -> None:
    ledger = GoldLedger().record([1, 2], "estimate", "run a")
    assert ledger.knows(["2", "1"], "estimate", "run a")
    assert not ledger.knows([1], "estimate", "run a")
    assert not ledger.knows([1, 2], "estimate", "run b")
    assert not ledger.knows([1, 2], "threshold", "run a")


def test_when_all_is_used_more_must_be_drawn() -> None:
    ledger = GoldLedger()
    for wording in ("first", "second", "third"):
        ledger.record(range(300), "prompt", wording)
    with pytest.raises(DataError, match=r"All 300 gold .*prompt 3 times.*Draw 100 more"):
        ledger.usable_for_estimate(map(str, range(300)))


def test_it_comes_back_from_a_file_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "gold_uses.parquet"
    ledger = GoldLedger().record([7, "x y"], "training", "run 1").record([7], "estimate")
    ledger.save(path)
    loaded = GoldLedger.load(path)
    assert loaded == ledger
    assert len(loaded.record([8], "threshold")) == 3
    assert not loaded.usable_for_estimate(["7", 8, 9]).tolist()[0]
    assert GoldLedger.load(GoldLedger().save(path)) == GoldLedger()


def test_its_table_has_a_row_an_item_of_an_event() -> None:
    table = GoldLedger().record(["b", "a"], "prompt", "v2").to_table()
    assert repr(GoldLedger().record([], "prompt").record(["a"], "training")) == (
        "GoldLedger(training: 1)"
    )
    assert table.rows() == [(0, "prompt", "v2", "a"), (0, "prompt", "v2", "b")]


def test_bad_input_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="Did you mean 'prompt'"):
        GoldLedger().record(["a"], "prompts")
    other = tmp_path / "other.parquet"
    pl.DataFrame({"item": [1]}).write_parquet(other)
    with pytest.raises(DataError, match="no 'format' number"):
        GoldLedger.load(other)
    other.write_text("no parquet")
    with pytest.raises(DataError, match="cannot be read as a ledger"):
        GoldLedger.load(other)
