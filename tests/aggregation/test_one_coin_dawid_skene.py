import numpy as np
import pytest

from labelwright import Votes
from labelwright.aggregation import OneCoinDawidSkene
from labelwright.core.params import Params

from ._worlds import bayes_by_enumeration, simulate


def test_the_posterior_is_weighted_majority_by_log_odds():
    """With a uniform prior a vote of accuracy s weighs log(s (K - 1) / (1 - s))."""
    votes, *_ = simulate()
    model = OneCoinDawidSkene(tol=1e-13).fit(votes)
    s = model.accuracy_
    weight = np.log(s * 2 / (1 - s))[votes.annotator]
    scores = np.zeros((votes.n_items, 3))
    np.add.at(scores, (votes.item, votes.label), weight)
    expected = np.exp(scores - scores.max(axis=1, keepdims=True))
    np.testing.assert_allclose(
        model.posterior_, expected / expected.sum(axis=1, keepdims=True), atol=1e-10
    )


def test_the_objective_never_falls():
    votes, *_ = simulate()
    for learn in (True, False):
        history = OneCoinDawidSkene(learn_class_prior=learn).fit(votes).history_
        assert np.all(np.diff(history) >= -1e-8)


def test_accuracy_is_the_expected_share_of_right_votes():
    votes, *_ = simulate()
    model = OneCoinDawidSkene(right=0, wrong=0, tol=1e-14).fit(votes)
    right = model.posterior_[votes.item, votes.label]
    expected = np.bincount(votes.annotator, right) / np.bincount(votes.annotator)
    np.testing.assert_allclose(model.accuracy_, expected, atol=1e-5)


def test_confusion_has_one_value_on_and_one_off_the_diagonal():
    votes, *_ = simulate()
    model = OneCoinDawidSkene().fit(votes)
    off = model.confusion_[:, ~np.eye(3, dtype=bool)]
    np.testing.assert_allclose(off, ((1 - model.accuracy_) / 2)[:, None].repeat(6, axis=1))
    expected = bayes_by_enumeration(votes, model.confusion_, np.full(3, 1 / 3))
    np.testing.assert_allclose(model.posterior_, expected, atol=1e-12)


def test_accuracies_are_recovered():
    votes, _, confusion = simulate(n_items=4000, per_item=8)
    model = OneCoinDawidSkene().fit(votes)
    np.testing.assert_allclose(model.accuracy_, confusion[:, 0, 0], atol=0.04)


def test_save_and_load(tmp_path):
    votes, *_ = simulate(n_items=30)
    model = OneCoinDawidSkene(right=3.0).fit(votes)
    model.save(tmp_path / "m")
    again = OneCoinDawidSkene.load(tmp_path / "m")
    assert isinstance(again, Params)
    assert again.get_params() == model.get_params()
    np.testing.assert_array_equal(again.predict_proba(votes), model.predict_proba(votes))
    assert again.to_table().equals(model.to_table())


def test_one_class_only():
    votes = Votes.from_wide({"a": ["x"], "b": ["x"]}, votes=["a", "b"])
    assert OneCoinDawidSkene().fit(votes).posterior_.item() == pytest.approx(1)
