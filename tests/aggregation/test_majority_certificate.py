from itertools import product
from math import comb, log

import numpy as np
import pytest

from labelwright import Votes
from labelwright.aggregation import DawidSkene, OneCoinDawidSkene, _vote_outcomes
from labelwright.aggregation.majority_certificate import (
    MajorityCertificate,
    majority_certificate,
    tolerable_noise,
    vote_error,
)
from labelwright.core.errors import CapabilityError, DataError, ParameterError

from ._worlds import simulate


def coin(p):
    return [[p, 1 - p], [1 - p, p]]


def by_brute_force(confusion, prior):
    """Errors of majority and best rule, and whether they never differ, pattern by pattern."""
    h, k, _ = confusion.shape
    majority = best = 1.0
    optimal = True
    for pattern in product(range(k), repeat=h):
        joint = np.array(
            [prior[y] * np.prod([confusion[a, y, pattern[a]] for a in range(h)]) for y in range(k)]
        )
        counts = np.bincount(pattern, minlength=k)
        winners = counts == counts.max()
        majority -= joint[winners].mean()
        best -= joint.max()
        optimal &= joint[winners].min() >= joint.max() * (1 - 1e-9)
    return majority, best, optimal


def random_case(rng, *, k=2, equal=False, symmetric=False, h=None):
    h = h or int(rng.integers(1, 7))
    prior = rng.dirichlet(np.full(k, 5.0))
    sharp = rng.uniform(0.5, 8)
    confusion = rng.dirichlet(np.ones(k), (h, k)) + sharp * np.eye(k)
    if symmetric:
        p = rng.uniform(0.5, 0.95, h)
        confusion = np.array([coin(one) for one in p])
    confusion /= confusion.sum(axis=2, keepdims=True)
    return (np.repeat(confusion[:1], h, axis=0) if equal else confusion), prior


@pytest.mark.parametrize("equal", [True, False])
@pytest.mark.parametrize(("k", "symmetric"), [(2, True), (2, False), (3, False)])
def test_the_certificate_is_that_of_brute_force(k, equal, symmetric):
    rng = np.random.default_rng([k, equal, symmetric])
    verdicts = []
    for _ in range(40):
        confusion, prior = random_case(rng, k=k, equal=equal, symmetric=symmetric)
        majority, best, optimal = by_brute_force(confusion, prior)
        found = majority_certificate(confusion, prior)
        assert found.optimal == optimal
        assert found.majority_error == pytest.approx(majority, abs=1e-12)
        assert found.best_error == pytest.approx(best, abs=1e-12)
        assert found.gap == pytest.approx(majority - best, abs=1e-12)
        assert found.low == found.high == found.gap
        verdicts.append(optimal)
    assert len(set(verdicts)) == 2 or k == 3


@pytest.mark.parametrize("h", [1, 3, 5, 9, 101])
def test_equal_coins_are_optimal_up_to_the_share_of_the_commoner_class(h):
    for p in (0.6, 0.75, 0.9):
        for share in (p - 0.01, p + 0.01):
            found = majority_certificate(coin(p), [1 - share, share], n_votes=h)
            assert found.optimal == (share <= p)
            edge = log(p / (1 - p)) - log(share / (1 - share))
            assert found.margin == pytest.approx(edge)


def test_an_even_number_of_equal_coins_ties_fairly_only_with_even_classes():
    assert majority_certificate(coin(0.8), n_votes=4).optimal
    assert not majority_certificate(coin(0.8), [0.6, 0.4], n_votes=4).optimal


def test_unequal_coins_are_optimal_if_the_weakest_half_outweighs_the_rest():
    for accuracies, optimal in (
        ((0.7, 0.7, 0.84), True),
        ((0.7, 0.7, 0.85), False),
        ((0.6, 0.6, 0.6, 0.6, 0.61), True),
        ((0.51, 0.51, 0.52, 0.8, 0.8), False),
    ):
        weights = sorted(log(p / (1 - p)) for p in accuracies)
        half = len(weights) // 2 + 1
        found = majority_certificate([coin(p) for p in accuracies])
        assert found.margin == pytest.approx(sum(weights[:half]) - sum(weights[half:]))
        assert found.optimal == optimal


def test_one_who_knows_and_two_who_toss_coins():
    found = majority_certificate([coin(1.0), coin(0.5), coin(0.5)])
    assert found.optimal is False
    assert found.gap == pytest.approx(1 / 4)
    assert found.best_error == pytest.approx(0)
    assert found.votes_to_close is None
    assert "not even 99 votes" in found.sentence()


def test_many_unequal_annotators_are_decided_exactly_and_measured_by_draws():
    rng = np.random.default_rng(0)
    confusion = np.array([coin(p) for p in rng.uniform(0.6, 0.9, 25)])
    found = majority_certificate(confusion)
    assert found.optimal is False
    assert found.low < found.gap < found.high
    assert "drawn" in found.method
    alike = np.array([coin(p) for p in rng.uniform(0.79, 0.8, 25)])
    assert majority_certificate(alike).optimal is True
    assert majority_certificate(alike).gap == 0


def test_draws_agree_with_all_outcomes(monkeypatch):
    confusion, prior = random_case(np.random.default_rng(5), k=3, h=6)
    exact = majority_certificate(confusion, prior)
    monkeypatch.setattr(_vote_outcomes, "MAX_OUTCOMES", 10)
    drawn = majority_certificate(confusion, prior, n_draws=40_000, level=0.9999)
    assert drawn.low <= exact.gap <= drawn.high
    assert drawn.high - drawn.low < 0.02
    assert drawn.majority_error == pytest.approx(exact.majority_error, abs=0.01)
    assert drawn.optimal is False
    assert np.isnan(drawn.margin)
    alike = np.full((3, 3), 0.1) + 0.7 * np.eye(3)
    undecided = majority_certificate(alike, n_votes=5)
    assert undecided.optimal is None
    assert undecided.gap == pytest.approx(0, abs=1e-12)
    assert "cannot be said" in undecided.sentence()


def test_errors_of_equal_coins_are_binomial_tails():
    p, h = 0.7, 7
    tail = sum(comb(h, m) * p**m * (1 - p) ** (h - m) for m in range(h // 2 + 1))
    assert vote_error(coin(p), n_votes=h) == pytest.approx(tail)
    assert vote_error(coin(p), n_votes=h, rule="best") == pytest.approx(tail)


def test_a_rare_class_may_never_be_worth_saying():
    assert vote_error(coin(0.6), [0.95, 0.05], n_votes=1, rule="best") == pytest.approx(0.05)
    assert vote_error(coin(0.6), [0.95, 0.05], n_votes=1) == pytest.approx(0.4)


def test_votes_to_close_the_gap_are_the_fewest():
    found = majority_certificate(coin(0.8), [0.9, 0.1], n_votes=3)
    n = found.votes_to_close
    assert n > 3
    assert vote_error(coin(0.8), n_votes=n) <= found.best_error
    assert vote_error(coin(0.8), n_votes=n - 2) > found.best_error
    assert f"{n} votes an item" in found.sentence()


def test_what_happens_only_without_probability_does_not_count():
    """Two who know never differ, so their tie need not be fair."""
    found = majority_certificate([coin(1.0), coin(1.0)], [0.9, 0.1])
    assert found.optimal
    assert found.majority_error == pytest.approx(0)
    assert "errs less" in found.sentence()


@pytest.mark.parametrize("share", [0.5, 0.6, 0.8])
def test_tolerable_noise_of_equal_coins_has_a_closed_form(share):
    """With noise s a coin is right with (1 - s) p + s / 2, which must reach the common share."""
    p = 0.9
    expected = 1.0 if share == 0.5 else (p - share) / (p - 0.5)
    assert tolerable_noise(coin(p), [share, 1 - share], n_votes=5) == pytest.approx(
        expected, abs=1e-6
    )


def test_tolerable_noise_toward_a_given_confusion():
    toward = [[0.5, 0.5], [0.0, 1.0]]
    found = tolerable_noise(coin(0.9), n_votes=3, toward=toward)
    for share, optimal in ((found - 1e-4, True), (found + 1e-4, False)):
        mixed = (1 - share) * np.array(coin(0.9)) + share * np.array(toward)
        assert majority_certificate(mixed, n_votes=3).optimal == optimal
    assert tolerable_noise(coin(0.6), [0.9, 0.1], n_votes=3) == 0


def test_votes_of_unequal_annotators_have_the_gap_of_their_model():
    """From many votes confusions are learnt well, and the gap is that of the true ones."""
    votes, _, confusion = simulate(2000, 5, 2, per_item=5, skill=(0.55, 0.98), seed=4)
    found = MajorityCertificate.from_votes(votes, n_halves=6)
    exact = majority_certificate(confusion, np.full(2, 0.5))
    assert found.gap == pytest.approx(exact.gap, abs=0.015)
    assert found.low < found.gap < found.high
    assert found.optimal is False
    assert found.n_votes == 5
    again = MajorityCertificate.from_votes(votes, n_halves=6, tolerance=found.gap)
    assert again.gap == found.gap
    assert again.optimal is None


def test_equal_annotators_are_certified_from_their_votes():
    votes, *_ = simulate(2000, 5, 2, per_item=5, skill=(0.85, 0.86), seed=4)
    model = OneCoinDawidSkene()
    found = MajorityCertificate.from_votes(votes, model=model, n_halves=4)
    assert found.optimal
    assert found.high < 0.005
    assert not model._state()
    assert found.votes_to_close == 5


def test_items_without_votes_and_weights_are_allowed():
    votes, *_ = simulate(200, 6, 3, seed=1)
    more = Votes.from_arrays(
        votes.item, votes.annotator, votes.label, classes=range(3), items=range(220),
        annotators=range(6),
    )  # fmt: skip
    weighted = more.with_extra(weight=np.ones(len(more)))
    found = MajorityCertificate.from_votes(more, n_halves=2)
    assert MajorityCertificate.from_votes(weighted, n_halves=2).gap == found.gap
    assert found.n_votes == 5


def test_it_is_a_result():
    found = majority_certificate(coin(0.8), n_votes=3)
    assert found.to_dict()["kind"] == "majority_certificate"
    assert found.to_table()["majority_error"].to_list() == [found.majority_error]
    with pytest.raises(AttributeError):
        found.gap = 1.0


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"confusion": [[0.8, 0.3], [0.2, 0.8]], "n_votes": 3}, DataError, "sums to 1.1"),
        ({"confusion": [[1.0]], "n_votes": 3}, DataError, "shape"),
        ({"confusion": coin(0.8)}, ParameterError, "n_votes"),
        ({"confusion": [coin(0.8)], "n_votes": 3}, ParameterError, "n_votes"),
        ({"confusion": coin(0.8), "n_votes": 0}, ParameterError, "n_votes=0"),
        ({"confusion": [coin(0.8)], "prior": [1.0, 0.0]}, DataError, "Class 1 has prior 0"),
        ({"confusion": [coin(0.8)], "prior": [0.2, 0.3, 0.5]}, DataError, "3 columns for 2"),
        ({"confusion": [coin(0.8)], "n_draws": 1}, ParameterError, "n_draws"),
        ({"confusion": [coin(0.8)], "level": 1.0}, ParameterError, "level"),
    ],
)
def test_bad_input_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        majority_certificate(**arguments)


def test_bad_rules_votes_and_sizes_are_refused():
    with pytest.raises(ParameterError, match="rule"):
        vote_error(coin(0.8), n_votes=3, rule="plurality")
    rng = np.random.default_rng(0)
    with pytest.raises(CapabilityError, match="too many outcomes"):
        tolerable_noise(rng.dirichlet(np.ones(3), (20, 3)))
    one = Votes.from_arrays([0, 1], ["a", "b"], ["x", "x"])
    with pytest.raises(DataError, match="one class"):
        MajorityCertificate.from_votes(one)
    few = Votes.from_arrays([0, 1], ["a", "b"], ["x", "y"])
    with pytest.raises(DataError, match="Only 2 items"):
        MajorityCertificate.from_votes(few)
    with pytest.raises(ParameterError, match="model"):
        MajorityCertificate.from_votes(few, model=DawidSkene)  # type: ignore[arg-type]
