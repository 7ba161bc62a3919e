"""Pages of single results: a comparison of aggregators, an aggregation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from labelwright.aggregation import DawidSkene, Wawa, aggregate, compare
from labelwright.core.errors import DataError, ParameterError
from labelwright.core.results import Result
from labelwright.core.votes import Votes
from labelwright.report import render
from tests.report.reading import Page

EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def votes():
    """Five annotators of different skill, one of whom has a dangerous name."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, (150, 1))
    wrong = rng.random((150, 5)) < [0.05, 0.1, 0.4, 0.45, 0.45]
    table = np.array(["ham", "spam"])[truth ^ wrong]
    item = [f"{EVIL}{row}" for row in range(150) for _ in range(5)]
    annotator = ["ann", "bo", "cy", "di", EVIL] * 150
    return Votes.from_arrays(item, annotator, table.ravel().tolist())


class Broken(Wawa):
    def _fit(self, votes, gold):
        raise ValueError(f"no {EVIL}")


def test_a_comparison_shows_each_figure_with_its_interval_and_what_failed(votes):
    found = compare(votes, {"ds": DawidSkene(), "wawa": Wawa(), "broken": Broken()})
    page = Page(render(found))
    assert not page.errors
    assert "Aggregators compared" in page.words
    for row in found.rows[:3]:
        assert f"{row.log_likelihood:.3f}" in page.words
        assert f"{row.low:+.3f} to {row.high:+.3f}" in page.words
    assert f"ValueError: no {EVIL}" in page.words
    assert "150 held-out votes" in page.words
    assert page.all("svg")
    assert "Right on gold" not in page.words
    assert "ds: " in page.words  # the tooltip of its mark


def test_a_comparison_with_gold_says_how_often_each_was_right(votes):
    gold = [None] * 150
    gold[:40] = ["ham", "spam"] * 20
    found = compare(votes, {"ds": DawidSkene()}, gold=gold)
    page = Page(render(found))
    assert "Right on gold" in page.words
    share = f"{100 * found.rows[0].accuracy:.0f}"
    assert share in page.numbers()


def test_an_aggregation_shows_what_changed_and_who_agrees(votes):
    found = aggregate(votes)
    html = render(found)
    page = Page(html)
    assert not page.errors
    assert len(html.encode()) < 1_000_000
    assert len(page.all("script")) == 1
    assert found.changed.size > 5
    assert found.sentence().split(".")[0] in page.words
    counts = {name: found.labels.count(name) for name in ("ham", "spam")}
    assert {str(n) for n in counts.values()} <= page.numbers()
    assert f"{EVIL}{found.changed[0]}" in page.words
    assert "agreement with the aggregated labels" in page.words
    assert "accura" not in page.words.casefold()


def test_bad_input(votes):
    @dataclass(frozen=True)
    class Other(Result):
        kind = "other"

        def to_table(self):
            return None

    with pytest.raises(DataError, match="no kind of result that a page can show 'other'"):
        render(Other())
    with pytest.raises(ParameterError, match="share=True is for the report of a run"):
        render(compare(votes, {"ds": DawidSkene()}), share=True)
