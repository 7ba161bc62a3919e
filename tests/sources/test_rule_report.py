from __future__ import annotations

import json

import numpy as np
import pytest

from labelwright.aggregation import DawidSkene, MajorityVote
from labelwright.core.errors import DataError, ParameterError
from labelwright.core.spaces import Classes
from labelwright.core.stats import wilson_interval
from labelwright.core.votes import Votes
from labelwright.sources import rule_report

CLASSES = ["a", "b", "c"]


def matrix(n=400, rules=6, k=3, seed=0):
    """Votes with gaps, and the true classes."""
    rng = np.random.default_rng(seed)
    true = rng.integers(k, size=n)
    said = np.where(rng.random((n, rules)) < 0.7, true[:, None], rng.integers(k, size=(n, rules)))
    return np.where(rng.random((n, rules)) < 0.4, said, -1), true


def test_figures_are_those_counted_item_by_item():
    said, true = matrix()
    report = rule_report(Votes.from_matrix(said, classes=CLASSES), [CLASSES[y] for y in true])
    for rule, column in enumerate(said.T):
        others = np.delete(said, rule, axis=1)
        spoke = column >= 0
        overlaps = spoke & (others >= 0).any(axis=1)
        conflicts = spoke & ((others >= 0) & (others != column[:, None])).any(axis=1)
        assert report.coverage[rule] == spoke.mean()
        assert report.overlaps[rule] == overlaps.mean()
        assert report.conflicts[rule] == conflicts.mean()
        assert report.judged[rule] == spoke.sum()
        assert report.right[rule] == (column == true).sum()
        assert report.said[rule].tolist() == np.bincount(column[spoke], minlength=3).tolist()
    per_item = (said >= 0).sum(axis=1)
    assert report.n_covered == (per_item > 0).sum()
    assert report.n_overlapped == (per_item > 1).sum()
    low, high = wilson_interval(report.right, report.judged)
    np.testing.assert_array_equal([report.low, report.high], [low, high])
    np.testing.assert_allclose(report.accuracy, report.right / report.judged)


def test_below_twenty_judged_votes_there_are_counts_and_no_percentages():
    said = np.zeros((30, 3), dtype=int)
    said[19:, 0], said[20:, 1], said[:, 2] = -1, -1, -1
    gold = ["a"] * 29 + [None]
    report = rule_report(Votes.from_matrix(said, classes=CLASSES), gold)
    assert report.accuracy_words() == ["19 of 19", "1.00 [0.84, 1.00]", ""]
    table = report.to_table()
    assert table["accuracy"].to_list() == [None, 1.0, None]
    assert table["judged"].to_list() == [19, 20, 0]
    assert table["says"].to_list() == [["a"], ["a"], []]


def test_gold_may_be_a_mapping_and_is_not_needed():
    votes = Votes.from_wide({"r": ["a", "b"], "s": ["a", None]}, votes=["r", "s"])
    with_gold = rule_report(votes, {1: "a"})
    assert with_gold.accuracy_words() == ["0 of 1", ""]
    without = rule_report(votes)
    assert without.judged.tolist() == [0, 0]
    assert np.isnan(without.accuracy).all()
    assert without.estimated is None
    assert without.pairs_to_table().height == 0


def test_the_accuracy_that_a_model_believes_needs_no_gold():
    said, true = matrix(3000, 8)
    votes = Votes.from_matrix(said, classes=CLASSES)
    model = DawidSkene().fit(votes)
    report = rule_report(votes, model=model)
    right = [(column == true)[column >= 0].mean() for column in said.T]
    np.testing.assert_allclose(report.estimated, right, atol=0.06)
    belief = model.predict_proba(votes)[votes.item, votes.label]
    first = votes.annotator == 0
    np.testing.assert_allclose(report.estimated[0], belief[first].mean())
    assert "estimated" in report.to_table().columns


@pytest.mark.parametrize("known", ["gold", "model"])
def test_rules_that_copy_each_other_stand_first_and_independent_ones_are_not_named(known):
    rng = np.random.default_rng(1)
    true = rng.integers(2, size=4000)
    # One-sided rules never contradict each other: only where they speak gives the copy away.
    fires = rng.random((4000, 5)) < np.where(true[:, None] == 1, 0.3, 0.05)
    fires[:, 4] = np.where(rng.random(4000) < 0.8, fires[:, 3], fires[:, 4])
    said = np.where(fires, 1, -1)
    if known == "gold":
        votes = Votes.from_matrix(said, classes=["ham", "spam"])
        report = rule_report(votes, [["ham", "spam"][y] for y in true])
    else:
        sound = np.where(rng.random((4000, 3)) < 0.95, true[:, None], 1 - true[:, None])
        votes = Votes.from_matrix(np.hstack([said, sound]), classes=["ham", "spam"])
        report = rule_report(votes, model=MajorityVote().fit(votes))
    pairs = report.pairs_to_table()
    first = pairs.row(0, named=True)
    assert (first["first"], first["second"]) == ("3", "4")
    assert first["lift"] > 2
    assert first["p"] < 1e-12
    (finding,) = [line for line in report.findings() if "independent rules" in line]
    assert finding.startswith("3 and 4 agree on ")


def test_expected_coincidences_are_those_of_independence_within_each_class():
    said, true = matrix(300, 3, 2)
    report = rule_report(Votes.from_matrix(said, classes=["x", "y"]), ["xy"[y] for y in true])
    expected = sum(
        (said[true == y, 0] == label).mean() * (said[true == y, 1] == label).sum()
        for y in (0, 1)
        for label in (0, 1)
    )
    assert report.expected[0, 1] == pytest.approx(expected)
    assert report.together[0, 1] == ((said[:, 0] == said[:, 1]) & (said[:, 0] >= 0)).sum()


def test_findings_name_rules_that_are_silent_or_worse_than_chance():
    said = np.array([[0, 1, -1]] * 40 + [[-1, -1, -1]] * 2)
    votes = Votes.from_matrix(said, classes=["ham", "spam"], annotators=["good", "bad", "mute"])
    findings = rule_report(votes, ["ham"] * 42).findings()
    assert findings[:3] == [
        "No rule voted on 2 of 42 items.",
        "Never voted: mute.",
        "bad is right in 0 of 40, less often than by chance.",
    ]


def test_the_report_is_plain_values_and_holds_for_no_votes_at_all():
    votes = Votes.from_matrix(np.full((3, 2), -1), classes=CLASSES)
    report = rule_report(votes)
    assert report.coverage.tolist() == [0, 0]
    assert json.loads(json.dumps(report.to_dict()))["kind"] == "rule_report"
    assert rule_report(votes.select(items=[])).coverage.tolist() == [0, 0]


def test_a_vote_that_leaves_classes_open_is_right_about_each_of_them():
    space = Classes(["T", "CD4", "CD8", "B"], parents={"CD4": "T", "CD8": "T"})
    said = {"broad": ["T", "T", "T"], "fine": ["CD4", "B", None], "other": ["CD8", None, None]}
    votes = Votes.from_wide(said, votes=list(said), space=space)
    report = rule_report(votes, ["CD4", "B", "T"])
    assert report.right.tolist() == [2, 2, 0]
    assert report.n_conflicted == 2
    two = votes.select(annotators=["broad", "fine"])
    assert rule_report(two).conflicts.tolist() == [1 / 3, 1 / 3]
    model = MajorityVote().fit(votes)
    estimated = rule_report(votes, model=model).estimated
    belief = model.predict_proba(votes)
    assert estimated[0] == pytest.approx(belief[:, :3].sum() / 3)


def test_gold_models_and_levels_that_do_not_fit_are_refused():
    votes = Votes.from_wide({"r": ["a", "b"], "s": ["a", None]}, votes=["r", "s"])
    with pytest.raises(DataError, match="'c' is no class"):
        rule_report(votes, ["a", "c"])
    with pytest.raises(DataError, match="items has 2 rows and gold has 1"):
        rule_report(votes, ["a"])
    with pytest.raises(DataError, match="There is no item 7"):
        rule_report(votes, {7: "a"})
    with pytest.raises(ParameterError, match="level=95"):
        rule_report(votes, level=95)

    class Wrong:
        def predict_proba(self, votes):
            return np.zeros((2, 3))

    with pytest.raises(DataError, match=r"beliefs of shape \(2, 3\) for votes of \(2, 2\)"):
        rule_report(votes, model=Wrong())
