import numpy as np
import polars as pl
import pytest

import labelwright.aggregation as room
from labelwright import Votes
from labelwright.aggregation import (
    DawidSkene,
    MajorityVote,
    OneCoinDawidSkene,
    Wawa,
    compare,
)
from labelwright.aggregation._base import ClassAggregator
from labelwright.aggregation._public import needs_only_votes, public_aggregators
from labelwright.core.errors import CapabilityError, DataError, ParameterError
from labelwright.core.spaces import Classes

from ._worlds import simulate


class Certain(MajorityVote):
    """Knows the truth (that of ``simulate`` with its defaults) and how each annotator errs."""

    def _fit(self, votes, gold):
        _, truth, confusion = simulate()
        super()._fit(votes, gold)
        self.posterior_ = np.eye(3)[truth[votes.items]]
        self.confusion_ = confusion


class Fails(MajorityVote):
    def _fit(self, votes, gold):
        raise ZeroDivisionError("by accident")


class NotFinite(MajorityVote):
    def _fit(self, votes, gold):
        super()._fit(votes, gold)
        self.posterior_[:] = np.nan


class Remembers(MajorityVote):
    seen: list = []  # noqa: RUF012

    def _fit(self, votes, gold):
        self.seen.append((votes, (gold >= 0).sum(), self.random_state))
        super()._fit(votes, gold)


def by_name(found):
    return {row.aggregator: row for row in found.rows}


def test_who_knows_truth_and_confusions_scores_the_entropy_of_the_votes():
    votes, truth, confusion = simulate()
    rows = by_name(compare(votes, {"certain": Certain(), "ds": DawidSkene()}))
    chances = confusion[votes.annotator, truth[votes.item]]
    entropy = -(chances * np.log(chances)).sum(axis=1).mean()
    error = (chances * np.log(chances) ** 2).sum(axis=1).mean() ** 0.5 / np.sqrt(300)
    assert rows["certain"].log_likelihood == pytest.approx(-entropy, abs=3 * error)
    assert rows["certain"].low > 0
    assert rows["certain"].log_likelihood > rows["ds"].log_likelihood
    assert (rows["certain"].confusion, rows["majority-vote"].confusion) == ("own", "estimated")


def test_a_score_is_the_sum_over_classes_of_belief_and_chance():
    """One fold by hand, from what the aggregator was shown."""
    votes, *_ = simulate(n_items=40)
    Remembers.seen.clear()
    found = by_name(compare(votes, {"mine": Remembers()}, n_folds=2))["mine"]
    total = 0.0
    for rest, *_ in Remembers.seen[1:]:
        beliefs = MajorityVote().fit(rest).posterior_
        counts = np.zeros((rest.n_annotators, 3, 3))
        np.add.at(counts.transpose(0, 2, 1), (rest.annotator, rest.label), beliefs[rest.item])
        together = counts.sum(axis=0) + 1
        counts += 5 * together / together.sum(axis=1, keepdims=True)
        confusion = counts / counts.sum(axis=2, keepdims=True)
        for i in np.flatnonzero(np.diff(votes.indptr) > np.diff(rest.indptr)):
            left = set(rest.annotator[rest.indptr[i] : rest.indptr[i + 1]].tolist())
            (v,) = (
                v
                for v in range(votes.indptr[i], votes.indptr[i + 1])
                if votes.annotator[v] not in left
            )
            total += np.log(beliefs[i] @ confusion[votes.annotator[v], :, votes.label[v]])
    assert found.log_likelihood == pytest.approx(total / 40)
    assert found.difference == pytest.approx(0, abs=1e-12)


def test_every_item_with_two_votes_loses_one_vote_in_one_fold():
    votes = Votes.from_wide(
        {"a": [*"xyxyxyx"], "b": [*"xyxyxy", None], "c": [*"xyxxxx", None]},
        votes=["a", "b", "c"],
    )
    Remembers.seen.clear()
    found = compare(votes, {"mine": Remembers()}, n_folds=3)
    whole, *parts = (seen for seen, *_ in Remembers.seen)
    assert len(whole) == len(votes)
    lost = [np.diff(votes.indptr) - np.diff(part.indptr) for part in parts]
    assert len(lost) == 3
    np.testing.assert_array_equal(np.sum(lost, axis=0), [1, 1, 1, 1, 1, 1, 0])
    assert found.n_held_out == 6


def test_all_have_the_same_votes_and_seeds():
    votes, *_ = simulate(n_items=50)
    Remembers.seen.clear()
    compare(votes, {"one": Remembers(random_state=3), "two": Remembers(random_state=4)})
    one, two = Remembers.seen[:6], Remembers.seen[6:]
    for first, second in zip(one, two, strict=True):
        np.testing.assert_array_equal(first[0].annotator, second[0].annotator)
    assert len({seed for *_, seed in Remembers.seen}) == 1


def test_the_same_seed_gives_the_same_figures():
    votes, *_ = simulate(n_items=100)
    first, same, other = (
        compare(votes, {"ds": DawidSkene()}, random_state=seed).to_table().drop("seconds")
        for seed in (0, 0, 1)
    )
    assert first.equals(same)
    assert not first.equals(other)


def test_an_aggregator_that_fails_has_a_row_that_says_why():
    votes, *_ = simulate(n_items=100)
    aggregators = {"bad": Fails(), "nan": NotFinite(), "wawa": Wawa()}
    found = compare(votes, aggregators)
    rows = by_name(found)
    assert rows["bad"].note == "ZeroDivisionError: by accident"
    assert np.isnan(rows["bad"].log_likelihood)
    assert "not finite" in rows["nan"].note
    assert rows["wawa"].note == ""
    assert [row.aggregator for row in found.rows[2:]] == ["bad", "nan"]


def test_warnings_stand_in_the_note_of_whoever_warned():
    rng = np.random.default_rng(0)
    votes = Votes.from_matrix(rng.integers(0, 2, (50, 4)), classes=[0, 1])
    rows = by_name(compare(votes, {"hasty": DawidSkene(max_iter=1, tol=0.0), "wawa": Wawa()}))
    assert "DawidSkene stopped after 1 steps" in rows["hasty"].note
    assert rows["hasty"].log_likelihood < 0
    assert rows["wawa"].note == ""


def test_gold_is_seen_by_nobody_and_adds_accuracy():
    votes, truth, _ = simulate()
    gold = {int(item): int(truth[item]) for item in range(200)}
    Remembers.seen.clear()
    found = compare(votes, {"mine": Remembers(), "certain": Certain()}, gold=gold)
    assert all(n_gold == 0 for _, n_gold, _ in Remembers.seen)
    rows = by_name(found)
    assert found.n_gold == 200
    assert rows["certain"].accuracy == 1
    right = (MajorityVote().fit(votes).codes_ == truth)[:200].mean()
    assert rows["mine"].accuracy == pytest.approx(right)
    assert rows["mine"].accuracy_low < right < rows["mine"].accuracy_high
    assert "accuracy" in found.to_table().columns
    assert "accuracy" not in compare(votes, {}).to_table().columns


def test_agreement_is_with_the_labels_of_majority_vote():
    votes, *_ = simulate()
    row = by_name(compare(votes, {"ds": DawidSkene()}))["ds"]
    same = DawidSkene().fit(votes).codes_ == MajorityVote().fit(votes).codes_
    assert row.agreement == same.mean()
    assert row.seconds > 0


def test_the_interval_of_the_difference_is_that_of_its_normal_error():
    votes, *_ = simulate(n_items=2000)
    row = by_name(compare(votes, {"ds": DawidSkene()}))["ds"]
    other = by_name(compare(votes, {"ds": DawidSkene()}, random_state=1))["ds"]
    assert row.low < row.difference < row.high
    width = (row.high - row.low) / (2 * 1.96)
    assert abs(row.difference - other.difference) < 4 * width
    assert 0.002 < width < 0.02


def test_weights_count_in_the_mean():
    votes, *_ = simulate(n_items=100)
    plain = compare(votes, {}).rows[0].log_likelihood
    same = compare(votes.with_extra(weight=np.full(len(votes), 1.0)), {}).rows[0]
    assert same.log_likelihood == pytest.approx(plain)
    only = (votes.annotator == 0).astype(float) + 1e-9
    rest = compare(votes.with_extra(weight=only), {}).rows[0]
    assert rest.log_likelihood != pytest.approx(plain)


def test_by_default_all_public_aggregators_that_need_only_votes():
    votes, *_ = simulate(n_items=60, n_annotators=6, n_classes=2, per_item=4)
    expected = {name for name, kind in public_aggregators().items() if needs_only_votes(kind)}
    assert expected >= {"majority-vote", "dawid-skene", "one-coin-dawid-skene", "wawa"}
    assert {row.aggregator for row in compare(votes, n_folds=2).rows} == expected


def test_public_aggregators_have_the_names_of_their_files():
    public = public_aggregators()
    assert public["one-coin-dawid-skene"] is OneCoinDawidSkene
    kinds = [getattr(room, name) for name in room.__all__]
    assert set(public.values()) == {
        kind for kind in kinds if isinstance(kind, type) and issubclass(kind, ClassAggregator)
    }


def test_who_needs_more_than_votes_is_left_out():
    class FromProbabilities(MajorityVote):
        def fit(self, votes, probabilities, gold=None):
            return super().fit(votes, gold)

    class WithModel(MajorityVote):
        def __init__(self, model):
            self.model = model

    assert needs_only_votes(DawidSkene)
    assert not needs_only_votes(FromProbabilities)
    assert not needs_only_votes(WithModel)


def test_anonymous_votes_leave_those_who_need_no_people():
    slots = Votes.from_slots({"l1": ["x", "y"] * 9, "l2": ["x", "x"] * 9}, labels=["l1", "l2"])
    rows = by_name(compare(slots, {"ds": DawidSkene()}))
    assert "votes are anonymous" in rows["ds"].note
    assert rows["majority-vote"].log_likelihood < 0


def test_votes_that_leave_classes_open_are_never_held_out():
    space = Classes(["x", "y"], open_answers={"?": ["x", "y"]})
    wide = {"a": ["x", "y"] * 6, "b": ["x", "?"] * 6, "c": ["?"] * 12}
    votes = Votes.from_wide(wide, votes=["a", "b", "c"], space=space)
    Remembers.seen.clear()
    found = compare(votes, {"mine": Remembers(), "ds": DawidSkene()}, n_folds=2)
    assert found.n_held_out == 12
    for rest, *_ in Remembers.seen[1:]:
        assert (rest.label == 2).sum() == (votes.label == 2).sum()
    assert all(row.note == "" for row in found.rows)


def test_tables_and_plain_values():
    votes, *_ = simulate(n_items=60)
    found = compare(votes, {"ds": DawidSkene(), "bad": Fails()})
    table = found.to_table()
    assert table.columns[:5] == ["aggregator", "log_likelihood", "difference", "low", "high"]
    assert table.schema["difference"] == pl.Float64
    assert table["log_likelihood"].null_count() == 1
    assert found.rows[0].to_table().height == 1
    content = found.to_dict()
    assert content["kind"] == "comparison"
    assert content["rows"][-1]["log_likelihood"] is None
    assert "by accident" in found._repr_html_()


def test_one_vote_an_item_cannot_be_held_out():
    votes = Votes.from_arrays(range(20), ["a", "b"] * 10, ["x", "y"] * 10)
    with pytest.raises(DataError, match=r"0 items have two votes or more, too few to hold out"):
        compare(votes)


def test_bad_arguments_are_named():
    votes, *_ = simulate(n_items=20)
    with pytest.raises(ParameterError, match=r"n_folds=1 is not accepted"):
        compare(votes, n_folds=1)
    with pytest.raises(DataError, match=r"20 items have two votes or more, too few .* 21 folds"):
        compare(votes, n_folds=21)
    for wrong in ([DawidSkene()], {"ds": DawidSkene}, {"ds": "ds"}):
        with pytest.raises(ParameterError, match=r"names to aggregators, not classes"):
            compare(votes, wrong)
    with pytest.raises(DataError, match=r"There is no item 'nobody'"):
        compare(votes, {}, gold={"nobody": 0})
    with pytest.raises(CapabilityError, match=r"one class an item is needed"):
        compare(Votes.from_arrays([0, 0], ["a", "b"], [0.5, 1.5]))
