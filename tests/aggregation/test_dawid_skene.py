import warnings

import numpy as np
import pytest
from scipy.optimize import minimize

from labelwright import Votes
from labelwright.aggregation import DawidSkene, MajorityVote
from labelwright.core.errors import CapabilityError, ConvergenceWarning, DataError, DataWarning

from ._worlds import bayes_by_enumeration, simulate

PLAIN = {"smoothing": 0.0, "diagonal": 0.0, "class_smoothing": 0.0}


@pytest.mark.parametrize("accelerate", [True, False])
@pytest.mark.parametrize("prior", [{}, PLAIN])
def test_the_objective_never_falls(accelerate, prior):
    votes, *_ = simulate()
    history = DawidSkene(accelerate=accelerate, **prior).fit(votes).history_
    assert len(history) > 3
    assert np.all(np.diff(history) >= -1e-8)


def test_posterior_is_bayes_rule_at_the_parameters_found():
    votes, *_ = simulate(n_items=40)
    model = DawidSkene().fit(votes)
    expected = bayes_by_enumeration(votes, model.confusion_, model.class_prior_)
    np.testing.assert_allclose(model.predict_proba(votes), expected, atol=1e-12)
    np.testing.assert_allclose(model.posterior_, expected, atol=1e-12)


def test_the_end_is_a_fixed_point_of_the_textbook_m_step():
    votes, *_ = simulate()
    model = DawidSkene(tol=1e-14).fit(votes)
    votes_by_cell = np.zeros_like(model.confusion_)
    for item, annotator, label in zip(votes.item, votes.annotator, votes.label, strict=True):
        votes_by_cell[annotator, :, label] += model.posterior_[item]
    votes_by_cell += 0.5 + 2.0 * np.eye(3)
    expected = votes_by_cell / votes_by_cell.sum(axis=2, keepdims=True)
    np.testing.assert_allclose(model.confusion_, expected, atol=1e-5)
    items = model.posterior_.sum(axis=0) + 1
    np.testing.assert_allclose(model.class_prior_, items / items.sum(), atol=1e-5)


def test_no_parameters_nearby_are_better():
    """The objective is the log posterior density, written out and climbed by another optimiser."""
    votes, *_ = simulate(n_items=60, n_annotators=4, n_classes=2, per_item=3)
    model = DawidSkene(tol=1e-13).fit(votes)

    def negative_density(free):
        logs = np.logaddexp(0, free)
        first = np.exp(free - logs)
        confusion = np.stack([first[:-1], 1 - first[:-1]], axis=-1).reshape(4, 2, 2)
        prior = np.array([first[-1], 1 - first[-1]])
        value = np.log(prior).sum() + ((0.5 + 2 * np.eye(2)) * np.log(confusion)).sum()
        for i in range(votes.n_items):
            part = slice(votes.indptr[i], votes.indptr[i + 1])
            value += np.log(
                (prior * confusion[votes.annotator[part], :, votes.label[part]].prod(axis=0)).sum()
            )
        return -value

    start = np.append(model.confusion_[:, :, 0].ravel(), model.class_prior_[0])
    found = minimize(negative_density, np.log(start / (1 - start)), method="BFGS")
    assert -negative_density(np.log(start / (1 - start))) == pytest.approx(model.history_[-1])
    assert -found.fun <= model.history_[-1] + 1e-6


def test_acceleration_reaches_the_same_end_in_fewer_steps():
    votes, *_ = simulate(n_items=2000, skill=(0.4, 0.6))
    plain = DawidSkene(accelerate=False, tol=1e-10, max_iter=5000).fit(votes)
    fast = DawidSkene(tol=1e-10, max_iter=5000).fit(votes)
    assert len(fast.history_) < 0.7 * len(plain.history_)
    np.testing.assert_allclose(fast.posterior_, plain.posterior_, atol=1e-3)


def test_two_right_votes_of_perfect_annotators_settle_an_item():
    table = {"a": [0, 1, 2, 0], "b": [0, 1, 2, 0]}
    model = DawidSkene(**PLAIN).fit(Votes.from_wide(table, votes=["a", "b"]))
    np.testing.assert_allclose(model.posterior_, np.eye(3)[[0, 1, 2, 0]], atol=1e-8)


def test_renaming_classes_permutes_everything():
    votes, *_ = simulate()
    turned = votes.with_space(type(votes.space)((2, 0, 1)))
    one, other = DawidSkene().fit(votes), DawidSkene().fit(turned)
    np.testing.assert_allclose(one.posterior_[:, [2, 0, 1]], other.posterior_, atol=1e-8)
    assert one.labels_ == other.labels_


def test_biased_annotators_are_seen_through_where_the_majority_errs():
    """Two of three people always say 1 to class 0; their votes still carry information."""
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 2, 600)
    good = np.where(rng.random(600) < 0.95, truth, 1 - truth)
    leaning = [
        np.where(rng.random(600) < np.where(truth == 0, 0.7, 0.02), 1 - truth, truth) for _ in "ab"
    ]
    votes = Votes.from_matrix(np.column_stack([good, *leaning]), classes=[0, 1])
    majority = np.mean(MajorityVote().fit(votes).codes_ == truth)
    model = np.mean(DawidSkene().fit(votes).codes_ == truth)
    assert majority < 0.8
    assert model > 0.93


def test_ten_thousand_votes_on_one_item_do_not_underflow():
    rng = np.random.default_rng(0)
    labels = (rng.random(10_000) < 0.4).astype(int)
    votes = Votes.from_arrays(np.zeros(10_000, int), np.arange(10_000), labels, classes=[0, 1])
    model = DawidSkene().fit(votes)
    assert np.isfinite(model.posterior_).all()
    assert model.posterior_.sum() == pytest.approx(1)


def test_a_weight_of_two_is_the_vote_of_two_alike():
    votes, *_ = simulate(n_items=50)
    weights = np.where(np.arange(len(votes)) % 3 == 0, 2.0, 1.0)
    model = DawidSkene(max_iter=1, tol=1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        weighted = model.fit(votes.with_extra(weight=weights))
        confusion, prior = weighted.confusion_, weighted.class_prior_
    expected = np.tile(np.log(prior), (votes.n_items, 1))
    for v in range(len(votes)):
        expected[votes.item[v]] += weights[v] * np.log(
            confusion[votes.annotator[v], :, votes.label[v]]
        )
    expected = np.exp(expected - expected.max(axis=1, keepdims=True))
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(weighted.posterior_, expected, atol=1e-10)


def test_gold_is_kept_and_teaches_about_annotators():
    votes, truth, _ = simulate(skill=(0.3, 0.55))
    known = {int(i): int(truth[i]) for i in range(0, 300, 3)}
    with_gold = DawidSkene().fit(votes, gold=known)
    assert all(with_gold.labels_[item] == label for item, label in known.items())
    others = np.setdiff1d(np.arange(300), list(known))
    alone = DawidSkene().fit(votes)
    right = [np.mean(model.codes_[others] == truth[others]) for model in (alone, with_gold)]
    assert right[1] > right[0]


def test_warm_start_resumes_also_on_other_votes():
    votes, *_ = simulate(n_items=500)
    model = DawidSkene(warm_start=True).fit(votes)
    first = len(model.history_)
    assert len(model.fit(votes).history_) < first
    part = votes.select(items=range(250), annotators=[3, 1, 7])
    assert model.fit(part).confusion_.shape == (3, 3, 3)


def test_unknown_annotators_are_taken_as_average_and_said():
    votes, *_ = simulate()
    model = DawidSkene().fit(votes)
    new = Votes.from_arrays([0, 0], ["stranger", "other"], [1, 1], classes=range(3))
    with pytest.warns(DataWarning, match="2 annotators were not there"):
        beliefs = model.predict_proba(new)
    expected = model.class_prior_ * model.mean_confusion_[:, 1] ** 2
    np.testing.assert_allclose(beliefs[0], expected / expected.sum(), atol=1e-12)


def test_items_without_votes_have_the_prior_and_no_label():
    votes = Votes.from_arrays([1, 1, 2], ["a", "b", "a"], [0, 0, 1], items=[1, 2, 3])
    model = DawidSkene().fit(votes)
    assert model.labels_[2] is None
    np.testing.assert_allclose(model.posterior_[2], model.class_prior_)


def test_one_class_only():
    votes = Votes.from_wide({"a": ["x", "x"], "b": ["x", "x"]}, votes=["a", "b"])
    model = DawidSkene().fit(votes)
    assert model.labels_ == ["x", "x"]
    np.testing.assert_allclose(model.posterior_, 1)


def test_anonymous_votes_are_refused_with_the_way_out():
    votes = Votes.from_slots({"l1": ["x", "y"], "l2": ["x", "x"]}, labels=["l1", "l2"])
    with pytest.raises(CapabilityError, match=r"anonymous.*annotators=.*MajorityVote"):
        DawidSkene().fit(votes)


def test_too_many_parameters_are_refused_before_memory_is_taken():
    space = range(2000)
    votes = Votes.from_arrays(np.arange(100), np.arange(100), np.arange(100), classes=space)
    with pytest.raises(CapabilityError, match="GiB"):
        DawidSkene().fit(votes)


def test_stopping_early_is_said():
    votes, *_ = simulate()
    with pytest.warns(ConvergenceWarning, match="DawidSkene stopped after 2 steps"):
        assert not DawidSkene(max_iter=2).fit(votes).converged_


def test_no_votes_at_all():
    votes, *_ = simulate(n_items=3)
    with pytest.raises(DataError, match="no votes"):
        DawidSkene().fit(votes.select(where=np.zeros(len(votes), dtype=bool)))


def test_rules_that_only_say_one_label_are_warned_of():
    """From such votes the model cannot learn who errs, and does not know it."""
    table = {"says_x": ["x"] * 6 + [None] * 6, "says_y": [None] * 5 + ["y"] * 7}
    votes = Votes.from_wide(table, votes=list(table))
    with pytest.warns(DataWarning, match="100% of the annotators only ever give one label"):
        DawidSkene().fit(votes)
