"""The one call: what is run, in which order it is listed, and what it refuses."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from labelwright.audit import Findings, audit
from labelwright.audit.checks import CHECKS, Check, OutlierCheck
from labelwright.audit.checks import _data as audit_data
from labelwright.core.errors import DataError, DataWarning, ParameterError, SpaceError
from labelwright.core.votes import Votes
from labelwright.retrieval import NeighbourGraph

from ._worlds import noisy

LABELS, PROBABILITIES, _ = noisy(300, 3)
FEATURES = np.random.default_rng(0).normal(size=(300, 4))


class Always(Check):
    """Finds the first item, whatever the data."""

    name = "always"
    needs = ("labels",)

    def find(self, data):
        """The first item."""
        return Findings.worst_first(
            check=self.name,
            of="item",
            subject=[0],
            scores=[0.5],
            kinds="first",
            reason=lambda facts: f"it is item {facts['item']}",
            score=1 - 1 / data.n,
        )


def test_what_is_given_decides_what_is_run():
    assert set(audit(LABELS).findings) == {"class_imbalance"}
    assert set(audit(table={"a": [1, 2]}).findings) == {"columns", "missing_values"}
    with_all = audit(LABELS, probabilities=PROBABILITIES, features=FEATURES)
    assert set(with_all.not_run) == {"leakage", "spurious_correlations", "annotators", "columns"}
    assert with_all.not_run["columns"] == "needs table"
    assert with_all.not_run["spurious_correlations"] == "needs texts or table"


def test_the_summary_lists_the_worst_first_then_the_clean_then_what_was_not_run():
    found = audit(LABELS, probabilities=PROBABILITIES, features=FEATURES)
    table = found.summary
    ran = table.filter(pl.col("found").is_not_null())
    dirty = ran.filter(pl.col("found") > 0)
    assert dirty["score"].is_sorted()
    assert (ran["found"] > 0).to_list() == [True] * dirty.height + [False] * (
        ran.height - dirty.height
    )
    assert table.height == len(CHECKS)
    assert table["note"].to_list()[-1].startswith("not run: needs ")
    assert ran["seconds"].min() >= 0
    assert found.seconds.keys() == {*found.findings, "neighbours"}
    assert "audit of 300 items" in found._repr_html_()


def test_all_findings_in_one_table_and_as_plain_values():
    found = audit(LABELS, probabilities=PROBABILITIES, features=FEATURES)
    table = found.to_table()
    assert table.columns == ["check", "of", "subject", "score", "kind", "why"]
    assert table.height == sum(len(one) for one in found.findings.values())
    plain = found.to_dict()
    assert (plain["kind"], plain["n_items"]) == ("audit", 300)
    assert plain["findings"]["label_issues"]["why"] == found["label_issues"].why
    assert "findings" not in found.overview()
    assert audit(LABELS, checks=[]).to_table().height == 0


def test_checks_are_chosen_by_name_set_otherwise_or_brought_along():
    found = audit(LABELS, features=FEATURES, checks=["class_imbalance", OutlierCheck(0.0)])
    assert list(found.findings) == ["outliers", "class_imbalance"][::-1]
    assert len(found["outliers"]) > 60
    own = audit(LABELS, checks=[*CHECKS, Always()])
    assert own["always"].why == ["it is item 0"]
    assert len(own.summary) == len(CHECKS) + 1


def test_ids_stand_in_tables_and_sentences():
    texts = ["a", "b", "a"]
    found = audit(texts=texts, ids=["x", "y", "z"])["near_duplicates"]
    table = found.to_table()
    assert table.columns[:3] == ["item", "score", "id"]
    assert table["id"].to_list() == ["x", "z"]
    assert found.why[0] == "it is the same as record z (2 records in the set)"


def test_tables_come_back_in_the_kind_that_went_in(constructor, frame_kind):
    found = audit(table=constructor({"a": ["x"] * 4, "b": [1.5, 2.5, 3.5, 4.5]}))
    tables = (found.summary, found.to_table(), found["columns"].to_table())
    assert {type(table).__module__.partition(".")[0] for table in tables} == {frame_kind}


def test_classes_of_text_labels_are_those_of_the_labels_unless_there_are_columns():
    found = audit(["b"] * 40 + ["a"])["class_imbalance"]
    assert found.subject.tolist() == ["a"]
    with pytest.raises(DataError, match="labels together with classes="):
        audit(["a", "b"], probabilities=[[0.5, 0.5]] * 2)


def test_the_same_seed_gives_the_same_answer():
    first, again = (
        audit(LABELS, probabilities=PROBABILITIES, features=FEATURES, random_state=5)
        for _ in range(2)
    )
    for name, found in first.findings.items():
        assert found.to_table().equals(again[name].to_table())


def test_neighbours_found_elsewhere_are_used():
    graph = NeighbourGraph.build(FEATURES, k=10)
    given, own = audit(graph=graph), audit(features=FEATURES)
    np.testing.assert_array_equal(given["outliers"].item_scores, own["outliers"].item_scores)


def test_too_many_items_or_missing_numbers_leave_out_what_needs_neighbours(monkeypatch):
    holes = FEATURES.copy()
    holes[7, 1] = np.nan
    found = audit(features=holes)
    assert found.not_run["order"] == "row 7 of features holds a missing or infinite number"
    assert {"missing_values", "near_duplicates"} <= set(found.findings)
    monkeypatch.setattr(audit_data, "MOST_FOR_NEIGHBOURS", 299)
    found = audit(features=FEATURES, probabilities=PROBABILITIES)
    assert found.not_run["order"].startswith("300 items are too many to compare all pairs")
    assert set(found["outliers"].kinds) <= {"like no class"}
    assert audit(features=[[1.0]]).not_run["order"] == "needs two items or more"


def test_interrupting_stops_at_once():
    class Interrupted(Always):
        name = "interrupted"

        def find(self, data):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        audit(LABELS, checks=[Interrupted(), Always()])


def test_an_error_of_a_check_is_not_hidden():
    class Broken(Always):
        name = "broken"

        def find(self, data):
            return data.table.width

    with pytest.raises(AttributeError, match="width"):
        audit(LABELS, checks=[Broken()])


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({}, "There is nothing to audit"),
        ({"ids": [1]}, "There is nothing to audit"),
        ({"labels": []}, "There are no items"),
        ({"labels": [-1, -1]}, "No item has a label"),
        ({"labels": [0, 1], "probabilities": [[0.5, 0.5]]}, "labels has 2 rows and probabilities"),
        ({"labels": [0, 1], "texts": ["a"]}, "labels has 2 rows and texts has 1"),
        ({"probabilities": [[0.5, 0.6]]}, "Row 0 of probabilities sums to 1.1, not to 1"),
        ({"probabilities": [[0.5, np.nan]]}, r"probabilities\[0, 1\] = nan is missing"),
        (
            {"labels": [0, -1], "probabilities": [[0.5, 0.5], [0.7, 0.7]]},
            "Row 1 of probabilities sums to 1.4",
        ),
        (
            {"labels": [0, 2], "probabilities": [[0.5, 0.5]] * 2},
            r"labels\[1\] = 2 is no class: there are 2 classes",
        ),
        (
            {"labels": ["a", "b"], "probabilities": [[0.5, 0.5]] * 2, "classes": ["a", "b", "c"]},
            "There are 3 classes and 2 columns",
        ),
        ({"features": [1.0, 2.0]}, r"features has shape \(2,\)"),
        ({"features": [["a", "b"]]}, "features has shape"),
        ({"texts": [1, 2]}, r"texts\[0\] is of type int"),
        (
            {"labels": [0], "votes": Votes.from_wide({"a": [0, 1]}, votes=["a"])},
            "labels has 1 rows and votes has 2",
        ),
    ],
)
def test_bad_input_is_refused_with_its_place(given, match):
    with pytest.raises(DataError, match=match):
        audit(given.pop("labels", None), **given)


def test_a_label_outside_the_classes_is_named():
    with pytest.raises(SpaceError, match="Row 1: 'c'"):
        audit(["a", "c"], probabilities=[[0.5, 0.5]] * 2, classes=["a", "b"])


@pytest.mark.parametrize(
    ("checks", "match"),
    [
        ("outliers", "checks='outliers' is not accepted"),
        (["outlier"], "Did you mean 'outliers'"),
        ([3], "There is no check 3"),
        (["outliers", OutlierCheck()], "'outliers' is asked for twice"),
        ([OutlierCheck(spread=-1)], r"OutlierCheck\(spread=-1\) is not accepted"),
    ],
)
def test_checks_that_do_not_exist_are_refused(checks, match):
    with pytest.raises(ParameterError, match=match):
        audit(LABELS, checks=checks)


def test_probabilities_that_have_seen_the_labels_are_suspected():
    sure = np.full((20, 2), [0.9999, 0.0001])
    with pytest.warns(DataWarning, match="probably seen them in training"):
        audit([0] * 20, probabilities=sure)
