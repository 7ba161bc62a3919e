import numpy as np
import pytest

from labelwright import Votes
from labelwright.aggregation import BWA, MajorityVote
from labelwright.core.errors import CapabilityError, DataWarning, ParameterError
from labelwright.core.spaces import Classes
from labelwright.testing import check_aggregator

from ._worlds import simulate


def test_equal_precisions_are_the_mean_of_the_votes():
    votes, *_ = simulate()
    model = BWA(strength=1e12, pull=0.0).fit(votes)
    np.testing.assert_allclose(model.precision_, model.precision_[:1].repeat(12, axis=0))
    np.testing.assert_allclose(model.posterior_, MajorityVote().fit(votes).posterior_, atol=1e-9)


def by_the_paper(votes, n_steps, strength=15.0, pull=1.0):
    """The updates, class by class and over a full matrix of votes."""
    n, a, k = votes.n_items, votes.n_annotators, votes.classes.n_classes
    there = np.zeros((n, a))
    there[votes.item, votes.annotator] = 1
    truths = np.zeros((n, k))
    for c in range(k):
        given = np.zeros((n, a))
        given[votes.item, votes.annotator] = votes.label == c
        z = given.sum(axis=1) / there.sum(axis=1)
        variance = (there.sum(axis=1) * z * (1 - z)).sum() / there.sum()
        rate = strength * variance * 4 * (1 - 1 / k)
        for _ in range(n_steps):
            mean = z.mean()
            squares = (there * (given - z[:, None]) ** 2).sum(axis=0)
            v = (strength + there.sum(axis=0)) / (rate + squares)
            z = (pull * mean + given @ v) / (pull + there @ v)
        truths[:, c] = z
    return truths


@pytest.mark.parametrize("n_classes", [2, 4])
def test_the_end_is_that_of_the_updates_written_out(n_classes):
    votes, *_ = simulate(n_classes=n_classes)
    model = BWA(tol=1e-14, max_iter=2000).fit(votes)
    truths = by_the_paper(votes, 500)
    np.testing.assert_allclose(model.means_, truths.mean(axis=0), atol=1e-6)
    expected = truths / truths.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.posterior_, expected, atol=1e-6)


@pytest.mark.parametrize("accelerate", [True, False])
def test_the_density_never_falls(accelerate):
    votes, *_ = simulate()
    history = BWA(accelerate=accelerate).fit(votes).history_
    assert len(history) > 3
    assert np.all(np.diff(history) >= -1e-8)


def test_the_density_is_a_maximum_over_truths_precisions_and_means():
    votes, *_ = simulate(n_items=30, n_annotators=4, per_item=3, n_classes=2)
    model = BWA(tol=1e-15).fit(votes)
    truths, v, means = model.posterior_, model.precision_, model.means_
    shares = MajorityVote().fit(votes).posterior_
    rate = 15 * 2 * (shares * (1 - shares)).mean(axis=0)
    numbers = np.eye(2)[votes.label]

    def density(truths, v, means):
        at = v[votes.annotator]
        on_votes = np.log(at) - at * (numbers - truths[votes.item]) ** 2
        prior = 15 * np.log(v) - v * rate
        return (on_votes.sum() + prior.sum() - ((truths - means) ** 2).sum()) / 2

    best = density(truths, v, means)
    assert best == pytest.approx(model.history_[-1], abs=1e-6)
    rng = np.random.default_rng(0)
    for _ in range(20):
        step = 0.02
        assert density(truths + step * rng.normal(size=truths.shape), v, means) < best
        assert density(truths, v * np.exp(step * rng.normal(size=v.shape)), means) < best
        assert density(truths, v, means + step * rng.normal(size=2)) < best


def test_those_who_guess_count_for_less():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 200)
    given = np.tile(truth, (7, 1)).T
    given[:, 4:] = rng.integers(0, 2, (200, 3))
    given[:, :4] ^= rng.random((200, 4)) < 0.05
    votes = Votes.from_matrix(given, classes=[0, 1])
    model = BWA().fit(votes)
    assert model.precision_[:4].min() > 2 * model.precision_[4:].max()
    assert (model.codes_ == truth).mean() > (MajorityVote().fit(votes).codes_ == truth).mean()


def test_with_two_classes_both_say_the_same():
    votes, *_ = simulate(n_classes=2)
    model = BWA().fit(votes)
    np.testing.assert_allclose(model.precision_[:, 0], model.precision_[:, 1])
    assert model.means_.sum() == pytest.approx(1)


def test_a_weight_counts_as_so_many_votes():
    votes, *_ = simulate(n_items=50, n_annotators=4, per_item=3)
    twice = Votes.from_arrays(
        np.repeat(votes.items[votes.item], 2),
        np.repeat(votes.annotators[votes.annotator], 2),
        np.repeat(votes.label, 2),
        classes=range(3),
        repeats="all",
    )
    heavy = votes.with_extra(weight=np.full(len(votes), 2.0))
    np.testing.assert_allclose(BWA().fit(heavy).posterior_, BWA().fit(twice).posterior_, atol=1e-12)


def test_gold_teaches_whom_to_trust():
    votes = Votes.from_matrix([[0, 1], [1, 0]] * 30, classes=[0, 1])
    model = BWA().fit(votes, gold={i: i % 2 for i in range(40)})
    assert (model.codes_ == np.arange(60) % 2).all()
    assert (model.precision_[0] > 4 * model.precision_[1]).all()


def test_unanimous_votes_leave_everything_finite():
    votes = Votes.from_matrix([[0, 0], [1, 1], [1, -1]], classes=[0, 1])
    model = BWA().fit(votes)
    assert np.isfinite(model.precision_).all()
    np.testing.assert_allclose(model.posterior_, np.eye(2)[[0, 1, 1]], atol=1e-3)


def test_new_votes_are_believed_as_those_learnt_from():
    votes, *_ = simulate(n_items=50)
    model = BWA().fit(votes)
    np.testing.assert_allclose(model.predict_proba(votes), model.posterior_, atol=1e-12)
    new = Votes.from_arrays(["n"], ["somebody"], [2], classes=[0, 1, 2])
    with pytest.warns(DataWarning, match="1 annotators were not there"):
        belief = model.predict_proba(new)[0]
    v = model.precision_.mean(axis=0)
    expected = (model.means_ + v * [0, 0, 1]) / (1 + v)
    np.testing.assert_allclose(belief, expected / expected.sum())


def test_votes_that_leave_classes_open_are_refused_in_fit_and_for_predictions():
    space = Classes([0, 1], open_answers={9: [0, 1]})
    votes = Votes.from_arrays([0, 0, 1], ["a", "b", "a"], [0, 1, 1], space=space)
    model = BWA().fit(votes)
    open_votes = Votes.from_arrays([0, 0], ["a", "b"], [0, 9], space=space)
    with pytest.raises(CapabilityError, match=r"BWA needs votes for one class each"):
        model.predict_proba(open_votes)
    with pytest.raises(CapabilityError, match=r"BWA needs votes for one class each"):
        model.fit(open_votes)


def test_the_contract_without_pull_or_correction():
    check_aggregator(BWA(pull=0.0, correction=False))


@pytest.mark.parametrize("wrong", [{"strength": 0.0}, {"pull": -1.0}, {"correction": 1}])
def test_wrong_parameters_are_named(wrong):
    votes, *_ = simulate(n_items=5)
    with pytest.raises(ParameterError, match=rf"BWA\({next(iter(wrong))}="):
        BWA(**wrong).fit(votes)
