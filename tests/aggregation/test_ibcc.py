from itertools import product

import numpy as np
import pytest
from scipy.special import digamma, gammaln
from scipy.stats import beta

from labelwright import Votes
from labelwright.aggregation import IBCC, DawidSkene
from labelwright.core.errors import DataWarning, ParameterError
from labelwright.core.spaces import Classes
from labelwright.testing import check_aggregator

from ._worlds import bayes_by_enumeration, simulate


def log_evidence(votes, truth, prior, class_prior):
    """Log p(votes, truth) with confusions and class prior integrated out, by Polya's urn."""
    total = 0.0
    seen = np.tile(prior, (votes.n_annotators, 1, 1)).astype(float)
    classes = class_prior.astype(float).copy()
    for i in range(votes.n_items):
        k = truth[i]
        total += np.log(classes[k] / classes.sum())
        classes[k] += 1
        for v in range(votes.indptr[i], votes.indptr[i + 1]):
            row = seen[votes.annotator[v], k]
            total += np.log(row[votes.label[v]] / row.sum())
            row[votes.label[v]] += 1
    return total


def test_with_all_truth_known_the_posterior_and_the_evidence_are_exact():
    votes, truth, _ = simulate(n_items=60, n_annotators=5, per_item=3)
    model = IBCC().fit(votes, gold=truth.tolist())
    expected = np.tile(1 + 3 * np.eye(3), (5, 1, 1))
    np.add.at(expected, (votes.annotator, truth[votes.item], votes.label), 1)
    np.testing.assert_allclose(model.confusion_counts_, expected, atol=1e-10)
    np.testing.assert_allclose(model.class_counts_, 1 + np.bincount(truth), atol=1e-10)
    evidence = log_evidence(votes, truth, 1 + 3 * np.eye(3), np.ones(3))
    assert model.history_[-1] == pytest.approx(evidence, abs=1e-8)


def test_the_bound_is_below_the_evidence_and_close():
    votes, *_ = simulate(n_items=7, n_annotators=3, n_classes=2, per_item=3)
    prior = 1 + 3 * np.eye(2)
    every = [log_evidence(votes, truth, prior, np.ones(2)) for truth in product(range(2), repeat=7)]
    evidence = np.logaddexp.reduce(every)
    model = IBCC(tol=1e-12).fit(votes)
    assert evidence - 3 < model.history_[-1] <= evidence


@pytest.mark.parametrize("accelerate", [True, False])
@pytest.mark.parametrize("class_smoothing", [1.0, None])
def test_the_bound_never_falls(accelerate, class_smoothing):
    votes, *_ = simulate()
    history = IBCC(accelerate=accelerate, class_smoothing=class_smoothing).fit(votes).history_
    assert len(history) > 3
    assert np.all(np.diff(history) >= -1e-8)


def test_the_bound_is_what_its_definition_says():
    """E[log p] + entropy, with every expectation written out item by item."""
    votes, *_ = simulate(n_items=40, n_annotators=4, per_item=3)
    model = IBCC(tol=1e-13).fit(votes)
    counts, classes, z = model.confusion_counts_, model.class_counts_, model.posterior_
    log_confusion = digamma(counts) - digamma(counts.sum(axis=2, keepdims=True))
    log_classes = digamma(classes) - digamma(classes.sum())
    bound = (z * log_classes).sum() - (z * np.log(z)).sum()
    for i, a, given in zip(votes.item, votes.annotator, votes.label, strict=True):
        bound += z[i] @ log_confusion[a, :, given]

    def minus_divergence(q, p, logs):
        log_beta = [gammaln(x.sum()) - gammaln(x).sum() for x in (p, q)]
        return log_beta[0] - log_beta[1] + ((p - q) * logs).sum()

    bound += minus_divergence(classes, np.ones(3), log_classes)
    for a, k in product(range(4), range(3)):
        prior = 1 + 3 * np.eye(3)[k]
        bound += minus_divergence(counts[a, k], prior, log_confusion[a, k])
    assert model.history_[-1] == pytest.approx(bound, abs=1e-8)


def test_one_vote_is_a_fixed_point_of_two_equations():
    votes = Votes.from_arrays(["i"], ["a"], [1], classes=[0, 1])
    model = IBCC(tol=1e-15).fit(votes)
    z = 0.5
    for _ in range(200):
        # Item and vote count z for class 1; a vote for class 1 is right in row 1 of the confusion.
        log_one = digamma(1 + z) + digamma(4 + z) - digamma(5 + z)
        log_zero = digamma(2 - z) + digamma(1 + 1 - z) - digamma(5 + 1 - z)
        z = 1 / (1 + np.exp(log_zero - log_one))
    assert model.posterior_[0, 1] == pytest.approx(z, abs=1e-6)


@pytest.mark.parametrize("scale", [1e5, 1e7])
def test_strong_priors_lead_to_dawid_skene(scale):
    votes, *_ = simulate()
    prior = {"smoothing": scale, "diagonal": scale, "class_smoothing": scale}
    model, other = IBCC(**prior).fit(votes), DawidSkene(**prior).fit(votes)
    np.testing.assert_allclose(model.posterior_, other.posterior_, atol=100 / scale)
    expected = bayes_by_enumeration(votes, other.confusion_, other.class_prior_)
    np.testing.assert_allclose(model.posterior_, expected, atol=100 / scale)


def test_with_many_votes_it_is_dawid_skene_with_half_a_pseudo_vote_less():
    """Since exp(digamma(x)) tends to x - 1/2."""
    votes, *_ = simulate(n_items=3000)
    half_less = {"smoothing": 0.5, "diagonal": 3.0, "class_smoothing": 0.5}
    model, other = IBCC().fit(votes), DawidSkene(**half_less).fit(votes)
    np.testing.assert_allclose(model.posterior_, other.posterior_, atol=0.01)


def test_acceleration_reaches_the_same_end():
    votes, *_ = simulate(n_items=1000, skill=(0.45, 0.6))
    plain = IBCC(accelerate=False, tol=1e-11, max_iter=5000).fit(votes)
    fast = IBCC(tol=1e-11, max_iter=5000).fit(votes)
    assert len(fast.history_) < len(plain.history_)
    np.testing.assert_allclose(fast.posterior_, plain.posterior_, atol=1e-3)


def test_new_votes_are_believed_as_those_learnt_from():
    votes, *_ = simulate(n_items=50)
    model = IBCC().fit(votes)
    np.testing.assert_allclose(model.predict_proba(votes), model.posterior_, atol=1e-12)


def test_an_annotator_never_seen_is_taken_to_be_like_the_average_one():
    votes, *_ = simulate()
    model = IBCC().fit(votes)
    new = Votes.from_arrays(["n"], ["somebody"], [2], classes=[0, 1, 2])
    with pytest.warns(DataWarning, match="1 annotators were not there"):
        belief = model.predict_proba(new)[0]
    prior = 1 + 3 * np.eye(3)
    pooled = prior + (model.confusion_counts_ - prior).sum(axis=0)
    mean = pooled[:, 2] / pooled.sum(axis=1) * model.class_prior_
    np.testing.assert_allclose(belief, mean / mean.sum(), atol=0.01)


def test_intervals_are_those_of_beta_distributions_and_cover_what_made_the_votes():
    votes, truth, confusion = simulate(n_items=1000, n_annotators=20)
    model = IBCC().fit(votes, gold=truth.tolist())
    low, high = model.confusion_interval(0.9)
    a, b = model.confusion_counts_[3, 1, 1], model.confusion_counts_[3, 1, [0, 2]].sum()
    assert low[3, 1, 1] == pytest.approx(beta.ppf(0.05, a, b))
    assert high[3, 1, 1] == pytest.approx(beta.ppf(0.95, a, b))
    covered = (low <= confusion) & (confusion <= high)
    assert 0.85 < covered.mean() < 0.95


def test_with_one_class_there_is_nothing_to_be_unsure_of():
    votes = Votes.from_wide({"a": ["x"], "b": ["x"]}, votes=["a", "b"])
    model = IBCC().fit(votes)
    assert model.posterior_.item() == 1
    np.testing.assert_array_equal(model.confusion_interval(), np.ones((2, 2, 1, 1)))


def test_a_weight_multiplies_the_log_likelihood_of_a_vote():
    votes, *_ = simulate(n_items=50, n_annotators=4, per_item=3)
    twice = Votes.from_arrays(
        np.repeat(votes.items[votes.item], 2),
        np.repeat(votes.annotators[votes.annotator], 2),
        np.repeat(votes.label, 2),
        classes=range(3),
        repeats="all",
    )
    heavy = votes.with_extra(weight=np.full(len(votes), 2.0))
    np.testing.assert_allclose(
        IBCC().fit(heavy).confusion_counts_, IBCC().fit(twice).confusion_counts_, atol=1e-9
    )


def test_the_contract_with_the_shares_of_votes_as_prior():
    check_aggregator(IBCC(class_smoothing=None))


def test_votes_that_leave_classes_open_are_shared_out():
    votes, truth, _ = simulate(n_items=200)
    space = Classes(range(3), open_answers={9: [0, 1]})
    coarse = np.where((votes.label < 2) & (np.arange(len(votes)) % 2 == 0), 9, votes.label)
    open_votes = Votes.from_arrays(
        votes.item, votes.annotators[votes.annotator], coarse, space=space
    )
    model = IBCC().fit(open_votes)
    assert np.all(np.diff(model.history_) >= -1e-8)
    seen = model.confusion_counts_ - (1 + 3 * np.eye(3))
    np.testing.assert_allclose(seen.sum(), len(votes))
    # What is open is never counted as a vote for the third class.
    np.testing.assert_allclose(seen[:, :, 2].sum(), (votes.label == 2).sum())
    assert (model.codes_ == truth).mean() > 0.7
    np.testing.assert_allclose(model.predict_proba(open_votes), model.posterior_, atol=1e-12)


def test_annotators_of_one_label_are_warned_of():
    votes = Votes.from_wide({"a": [0] * 6, "b": [1] * 6}, votes=["a", "b"])
    with pytest.warns(DataWarning, match="only ever give one label"):
        IBCC().fit(votes)


@pytest.mark.parametrize(
    "wrong", [{"smoothing": 0.0}, {"diagonal": -1.0}, {"class_smoothing": 0}, {"max_iter": 0}]
)
def test_wrong_parameters_are_named(wrong):
    votes, *_ = simulate(n_items=5)
    with pytest.raises(ParameterError, match=rf"IBCC\({next(iter(wrong))}="):
        IBCC(**wrong).fit(votes)


def test_a_wrong_level_is_refused():
    votes, *_ = simulate(n_items=5)
    with pytest.raises(ParameterError, match=r"level=95"):
        IBCC().fit(votes).confusion_interval(95)
