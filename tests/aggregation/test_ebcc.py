import numpy as np
import pytest
from scipy.special import digamma

from labelwright import Votes
from labelwright.aggregation import EBCC, IBCC
from labelwright.core.errors import CapabilityError, DataWarning, ParameterError
from labelwright.testing import check_aggregator

from ._worlds import simulate


@pytest.mark.parametrize("options", [{"accelerate": False}, {"concentration": 1.0}])
@pytest.mark.parametrize("class_smoothing", [1.0, None])
def test_one_subtype_is_ibcc(options, class_smoothing):
    votes, truth, _ = simulate()
    gold = np.where(np.arange(300) < 20, truth, -1).tolist()
    model = EBCC(n_subtypes=1, class_smoothing=class_smoothing, **options).fit(votes, gold)
    other = IBCC(class_smoothing=class_smoothing, accelerate=options.get("accelerate", True)).fit(
        votes, gold
    )
    np.testing.assert_allclose(model.posterior_, other.posterior_, atol=1e-10)
    np.testing.assert_allclose(model.confusion_, other.confusion_, atol=1e-10)
    np.testing.assert_allclose(model.class_counts_, other.class_counts_, atol=1e-9)
    np.testing.assert_allclose(model.history_, other.history_, atol=1e-8)
    assert model.bounds_.shape == (1,)


def two_fields(n_items=400, n_annotators=20, seed=0):
    """Every class has items of two fields; half of the annotators know one, half the other."""
    rng = np.random.default_rng(seed)
    truth, field = rng.integers(0, 2, (2, n_items))
    knows = (np.arange(n_annotators) >= n_annotators / 2) == field[:, None]
    right = rng.random((n_items, n_annotators)) < np.where(knows, 0.95, 0.4)
    given = np.where(right, truth[:, None], 1 - truth[:, None])
    return Votes.from_matrix(given, classes=[0, 1]), truth, field


def test_fields_in_which_other_annotators_are_good_are_found():
    """A model of one confusion an annotator takes the field for the class."""
    votes, truth, _ = two_fields()
    ibcc, ebcc = IBCC().fit(votes), EBCC().fit(votes)
    assert (ibcc.codes_ == truth).mean() < 0.6
    assert (ebcc.codes_ == truth).mean() > 0.95
    assert ebcc.history_[-1] > ibcc.history_[-1] + 300
    np.testing.assert_allclose(ebcc.subtype_shares_[:, :2], 0.5, atol=0.05)
    means = ebcc.subtype_counts_ / ebcc.subtype_counts_.sum(axis=3, keepdims=True)
    halves = means[:, 0, :2, 0].reshape(2, 10, 2).mean(axis=1)
    np.testing.assert_allclose(np.sort(halves, axis=None), [0.4, 0.4, 0.95, 0.95], atol=0.05)


def slow_step(votes, counts, states, classes, concentration):
    """Beliefs in states, and the Dirichlet parameters that follow, by loops over the votes."""
    n_annotators, k, m, _ = counts.shape
    log_counts = digamma(counts) - digamma(counts.sum(axis=3, keepdims=True))
    log_states = digamma(states) - digamma(states.sum(axis=1, keepdims=True))
    log_states += (digamma(classes) - digamma(classes.sum()))[:, None]
    scores = np.tile(log_states, (votes.n_items, 1, 1))
    for i, a, given in zip(votes.item, votes.annotator, votes.label, strict=True):
        scores[i] += log_counts[a, :, :, given]
    beliefs = np.exp(scores - scores.max(axis=(1, 2), keepdims=True))
    beliefs /= beliefs.sum(axis=(1, 2), keepdims=True)
    new = np.tile((1 + 3 * np.eye(k))[:, None], (n_annotators, 1, m, 1))
    for i, a, given in zip(votes.item, votes.annotator, votes.label, strict=True):
        new[a, :, :, given] += beliefs[i]
    items = beliefs.sum(axis=0)
    return beliefs, new, items + concentration / m, 1 + items.sum(axis=1)


def test_the_end_is_a_fixed_point_of_the_equations_written_out():
    votes, *_ = two_fields(n_items=80, n_annotators=8)
    model = EBCC(n_subtypes=3, n_init=2, tol=1e-14, max_iter=3000).fit(votes)
    beliefs, counts, states, classes = slow_step(
        votes, model.subtype_counts_, model.state_counts_, model.class_counts_, 0.1
    )
    np.testing.assert_allclose(model.posterior_, beliefs.sum(axis=2), atol=1e-9)
    np.testing.assert_allclose(model.subtype_counts_, counts, atol=1e-3)
    np.testing.assert_allclose(model.state_counts_, states, atol=1e-3)
    np.testing.assert_allclose(model.class_counts_, classes, atol=1e-3)


@pytest.mark.parametrize("accelerate", [True, False])
def test_the_bound_never_falls(accelerate):
    votes, *_ = two_fields()
    history = EBCC(n_init=2, accelerate=accelerate).fit(votes).history_
    assert len(history) > 5
    assert np.all(np.diff(history) >= -1e-8)


def test_of_all_starts_the_best_is_kept():
    votes, *_ = two_fields(n_items=60, n_annotators=10)
    model = EBCC(n_init=6).fit(votes)
    assert model.bounds_.shape == (6,)
    assert model.history_[-1] == model.bounds_.max() > model.bounds_.min() + 1
    np.testing.assert_array_equal(EBCC(n_init=3).fit(votes).bounds_, model.bounds_[:3])


def test_subtypes_stand_by_falling_frequency_and_most_stay_empty():
    votes, *_ = two_fields()
    model = EBCC().fit(votes)
    shares = model.subtype_shares_
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert np.all(np.diff(shares, axis=1) <= 0)
    assert np.all(shares[:, 5:] < 0.01)
    means = model.subtype_counts_ / model.subtype_counts_.sum(axis=3, keepdims=True)
    expected = (shares[None, :, :, None] * means).sum(axis=2)
    np.testing.assert_allclose(model.confusion_, expected)


def test_gold_clamps_the_class_and_leaves_the_subtype_open():
    votes, truth, field = two_fields()
    gold = np.where(field == 0, truth, -1)
    model = EBCC(n_init=3).fit(votes, gold.tolist())
    assert (model.codes_ == truth)[field == 0].all()
    assert (model.codes_ == truth).mean() > 0.95
    np.testing.assert_allclose(model.subtype_shares_[:, :2], 0.5, atol=0.08)


def test_new_votes_are_believed_as_those_learnt_from():
    votes, *_ = two_fields()
    model = EBCC(n_init=2).fit(votes)
    np.testing.assert_allclose(model.predict_proba(votes), model.posterior_, atol=1e-12)
    new = Votes.from_arrays(["n"], ["somebody"], [1], classes=[0, 1])
    with pytest.warns(DataWarning, match="1 annotators were not there"):
        assert model.predict_proba(new)[0, 1] > 0.6


def test_blocks_change_nothing(monkeypatch):
    votes, *_ = simulate(n_items=500)
    whole = EBCC(n_subtypes=3, n_init=1, accelerate=False).fit(votes)
    monkeypatch.setattr("labelwright.aggregation._subtypes.BLOCK_BYTES", 8)
    parts = EBCC(n_subtypes=3, n_init=1, accelerate=False).fit(votes)
    np.testing.assert_allclose(parts.posterior_, whole.posterior_, atol=1e-9)


def test_the_contract_with_other_subtypes():
    check_aggregator(EBCC(n_subtypes=2, n_init=2, class_smoothing=None))


def test_too_many_cells_are_refused_before_they_are_made():
    votes, *_ = simulate(n_items=5)
    with pytest.raises(CapabilityError, match=r"annotators over 3 classes with 10,000,000"):
        EBCC(n_subtypes=10_000_000).fit(votes)


@pytest.mark.parametrize(
    "wrong", [{"n_subtypes": 0}, {"n_init": 0}, {"concentration": 0.0}, {"smoothing": 0.0}]
)
def test_wrong_parameters_are_named(wrong):
    votes, *_ = simulate(n_items=5)
    with pytest.raises(ParameterError, match=rf"EBCC\({next(iter(wrong))}="):
        EBCC(**wrong).fit(votes)
