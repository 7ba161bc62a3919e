import numpy as np
import pytest
from scipy.stats import chi2

from labelwright import Votes
from labelwright.aggregation import MajorityVote
from labelwright.aggregation.catd import CATD
from labelwright.core.errors import CapabilityError, ConvergenceWarning, DataWarning, ParameterError

from ._worlds import simulate


def losses_against(votes, codes):
    """Votes of each annotator that differ from labels without ties."""
    return np.bincount(votes.annotator, votes.label != codes[votes.item], votes.n_annotators)


@pytest.mark.parametrize("level", [0.95, 0.5])
def test_weights_and_labels_are_each_others_at_the_end(level):
    votes, *_ = simulate(per_item=4)
    model = CATD(level=level, smoothing=0.2).fit(votes)
    n = np.bincount(votes.annotator)
    weight = chi2.ppf((1 - level) / 2, n) / (losses_against(votes, model.codes_) + 0.1)
    np.testing.assert_allclose(model.weight_, weight, rtol=1e-10)
    sums = np.zeros(model.posterior_.shape)
    np.add.at(sums, (votes.item, votes.label), weight[votes.annotator])
    np.testing.assert_allclose(model.posterior_, sums / sums.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(model.predict_proba(votes), model.posterior_)
    assert (model.codes_ != MajorityVote().fit(votes).codes_).any()


def test_the_objective_is_as_stated_and_never_falls():
    votes, *_ = simulate(n_annotators=25, skill=(0.3, 0.9), per_item=4)
    model = CATD().fit(votes)
    assert len(model.history_) > 3
    assert np.all(np.diff(model.history_) >= -1e-10)
    quantile = chi2.ppf(0.025, np.bincount(votes.annotator))
    losses = losses_against(votes, model.codes_) + 0.5
    assert model.history_[-1] == pytest.approx(-(quantile * np.log(losses)).sum())


def test_equal_losses_and_votes_are_the_majority():
    table = {"a": ["x", "y", "y"], "b": ["y", "x", "y"], "c": ["y", "y", "x"]}
    votes = Votes.from_wide(table, votes=list(table))
    model = CATD().fit(votes)
    assert np.ptp(model.weight_) < 1e-12
    np.testing.assert_allclose(model.posterior_, MajorityVote().fit(votes).posterior_)


def test_at_an_equal_share_of_errors_many_votes_weigh_more():
    model = CATD(smoothing=1e-9)
    n = np.array([5.0, 20.0, 80.0, 320.0])
    weights, _ = model._weigh(0.2 * n, n)
    assert (np.diff(weights) > 0).all()
    # In the end the interval has no width, and one over the variance is left.
    assert model._weigh(np.array([2e6]), np.array([1e7]))[0] == pytest.approx(5, rel=0.01)


def test_a_lone_expert_of_many_votes_is_heard():
    """One person votes on all items and is mostly right, the others on three each, often wrong."""
    rng = np.random.default_rng(0)
    n = 400
    truth = rng.integers(0, 4, n)
    expert = np.where(rng.random(n) < 0.9, truth, (truth + 1) % 4)
    item = np.r_[np.arange(n), np.repeat(np.arange(n), 3)]
    who = np.r_[np.zeros(n, int), 1 + rng.permutation(np.arange(3 * n) // 3)]
    knows = rng.random(3 * n) < 0.2
    others = np.where(knows, truth.repeat(3), rng.integers(0, 4, 3 * n))
    votes = Votes.from_arrays(
        item, who, np.r_[expert, others], classes=range(4), items=range(n), repeats="first"
    )
    assert np.mean(MajorityVote().fit(votes).codes_ == truth) < 0.83
    assert np.mean(CATD().fit(votes).codes_ == truth) > 0.87


def test_a_tie_counts_half_for_either_side():
    votes = Votes.from_wide({"a": [0, 0], "b": [1, 0]}, votes=["a", "b"])
    model = CATD(smoothing=1.0).fit(votes)
    np.testing.assert_allclose(model.weight_, chi2.ppf(0.025, 2) / (0.5 + 0.5))
    assert model.ties_.tolist() == [True, False]


def test_a_weight_of_two_is_the_vote_of_two_alike():
    table = {"a": [0, 0, 1, 0], "b": [0, 1, 1, 1], "c": [1, 1, 1, 0]}
    votes = Votes.from_wide(table, votes=list(table))
    heavy = votes.with_extra(weight=np.where(votes.annotator == 0, 2.0, 1.0))
    model = CATD().fit(heavy)
    expected = [2, 1, 1] * losses_against(votes, model.codes_) + 0.5
    np.testing.assert_allclose(model.weight_, chi2.ppf(0.025, [8, 4, 4]) / expected)


def test_gold_is_what_votes_are_held_against():
    table = {"a": ["x", "x"], "b": ["x", "y"], "c": ["y", "y"]}
    model = CATD().fit(Votes.from_wide(table, votes=list(table)), gold=["y", "y"])
    np.testing.assert_allclose(model.weight_, chi2.ppf(0.025, 2) / np.array([2.5, 1.5, 0.5]))


def test_annotators_without_votes_and_new_ones_have_the_mean_weight():
    votes = Votes.from_arrays([0, 0, 1, 1], list("abab"), [0, 1, 0, 0], annotators=list("abc"))
    model = CATD().fit(votes)
    assert model.weight_[2] == pytest.approx(model.weight_[:2].mean())
    new = Votes.from_arrays([0, 0], ["a", "new"], [1, 0], classes=[0, 1])
    with pytest.warns(DataWarning, match="1 annotators were not there"):
        belief = model.predict_proba(new)[0, 1]
    assert belief == pytest.approx(model.weight_[0] / (model.weight_[0] + model.weight_.mean()))


def test_stopping_early_is_said():
    votes, *_ = simulate()
    with pytest.warns(ConvergenceWarning, match="CATD stopped after 1 iterations"):
        assert not CATD(max_iter=1).fit(votes).converged_


def test_anonymous_votes_are_refused():
    votes = Votes.from_slots({"l1": ["x", "y"], "l2": ["x", "x"]}, labels=["l1", "l2"])
    with pytest.raises(CapabilityError, match=r"CATD.*anonymous"):
        CATD().fit(votes)


@pytest.mark.parametrize("bad", [{"level": 1.5}, {"smoothing": 0.0}, {"max_iter": 0}])
def test_bad_parameters_are_refused(bad):
    votes, *_ = simulate(n_items=3)
    with pytest.raises(ParameterError, match=next(iter(bad))):
        CATD(**bad).fit(votes)
