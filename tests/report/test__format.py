from __future__ import annotations

import pytest

from labelwright.report import _format


@pytest.mark.parametrize(
    ("share", "n", "words"),
    [
        (17 / 19, 19, "17 of 19"),
        (0.5, 20, "50 %"),
        (0.123, 99, "12 %"),
        (0.123, 100, "12.3 %"),
        (None, 30, "–"),
        (None, None, "hidden"),
    ],
)
def test_a_share_of_few_is_a_count(share, n, words):
    assert _format.proportion(share, n).replace("\xa0", " ") == words


def test_few_gold_labels_are_counted_not_the_corrected_share():
    gold = {"value": 0.25, "unit": "share", "n_gold": 12}
    corrected = gold | {"value": 0.31, "gold_only": gold}
    assert _format.estimate(corrected) == "3 of 12"
    assert _format.interval(corrected | {"low": 0.1, "high": 0.5}, 12) == ""


def test_numbers_have_no_per_cent():
    one = {"value": 3.14159, "low": 2.9, "high": 3.4, "unit": "number", "level": 0.9, "n_gold": 5}
    assert _format.estimate(one) == "3.142"
    assert _format.within(one).replace("\xa0", " ") == "(90 % interval 2.9 to 3.4)"


def test_an_interval_that_is_not_there_is_no_words():
    assert _format.within({"low": None, "high": None}) == ""
    assert _format.estimate({"value": None}) == "–"


@pytest.mark.parametrize("value", [None, "", "short", 12, "exactly ten"])
def test_short_texts_stay(value):
    assert _format.shorten(value, 11) == ("" if value is None else str(value))
