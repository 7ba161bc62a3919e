import numpy as np
import pytest

from labelwright import Votes
from labelwright.aggregation import FlyingSquid, OneCoinDawidSkene
from labelwright.core.errors import CapabilityError, DataError, DataWarning, ParameterError
from labelwright.testing import check_aggregator

from ._rules import one_sided, population, two_sided
from ._worlds import bayes_by_enumeration

# Of one rule a row: how often it is right, gives each wrong class, and says nothing.
TWO = [(6, 1, 1), (5, 2, 1), (4, 2, 2), (5, 3, 0)]
THREE = [(4, 1, 0), (3, 1, 1), (2, 1, 2), (3, 1, 1)]


def one_coin(rows, k):
    """Tables for ``population``: the same chances whatever the class."""
    eye = np.eye(k, dtype=int)
    return np.array(
        [
            np.column_stack([right * eye + wrong * (1 - eye), [none] * k])
            for right, wrong, none in rows
        ]
    )


@pytest.mark.parametrize(
    ("rows", "counts"), [(TWO, (1, 1)), (TWO, (3, 1)), (THREE, (1, 1, 1)), (THREE, (3, 2, 1))]
)
def test_exact_agreement_gives_exact_accuracies_and_class_balance(rows, counts):
    k = len(counts)
    model = FlyingSquid(class_balance="estimated").fit(population(one_coin(rows, k), counts))
    accuracy = [right / (right + (k - 1) * wrong) for right, wrong, _ in rows]
    np.testing.assert_allclose(model.accuracy_, accuracy, atol=1e-10)
    np.testing.assert_allclose(model.class_prior_, np.array(counts) / sum(counts), atol=1e-10)


def test_it_is_the_median_over_triplets_of_the_published_formula():
    votes, _ = two_sided(500, 5)
    signs = np.zeros((500, 5))
    signs[votes.item, votes.annotator] = 2.0 * votes.label - 1
    both = np.abs(signs).T @ np.abs(signs)
    agree = signs.T @ signs / both
    for rule in range(5):
        others = [j for j in range(5) if j != rule]
        roots = [
            np.sqrt(np.abs(agree[rule, j] * agree[rule, k] / agree[j, k]))
            for place, j in enumerate(others)
            for k in others[place + 1 :]
        ]
        # The median of roots and the root of the median differ by the two in the middle.
        squares = np.sort(np.square(roots))
        expected = np.sqrt(np.median(squares))
        assert FlyingSquid().fit(votes).accuracy_[rule] == pytest.approx((1 + expected) / 2)


def test_beliefs_are_those_of_bayes_rule():
    votes, _ = two_sided(100, 6, 3)
    model = FlyingSquid(class_balance=[0.5, 0.3, 0.2]).fit(votes)
    expected = bayes_by_enumeration(votes, model.confusion_, model.class_prior_)
    np.testing.assert_allclose(model.posterior_, expected)
    np.testing.assert_allclose(model.predict_proba(votes), expected)
    np.testing.assert_allclose(
        np.diagonal(model.confusion_, axis1=1, axis2=2)[:, 0], model.accuracy_
    )


@pytest.mark.parametrize("n_classes", [2, 4])
def test_it_ends_near_maximum_likelihood(n_classes):
    votes, truth = two_sided(10_000, 10, n_classes)
    model = FlyingSquid().fit(votes)
    best = OneCoinDawidSkene(right=0, wrong=0).fit(votes)
    np.testing.assert_allclose(model.accuracy_, best.accuracy_, atol=0.02)
    assert (model.codes_ == best.codes_).mean() > 0.985
    assert (model.codes_ == truth).mean() > (best.codes_ == truth).mean() - 0.003


def test_every_rule_is_taken_to_be_better_than_chance():
    votes, _ = two_sided(5000, 8)
    turned = np.where(votes.annotator == 3, 1 - votes.label, votes.label)
    turned = Votes.from_arrays(votes.item, votes.annotator, turned, annotators=range(8))
    plain, model = FlyingSquid().fit(votes), FlyingSquid().fit(turned)
    np.testing.assert_allclose(model.accuracy_, plain.accuracy_)
    assert (model.accuracy_ > 0.5).all()


def test_the_estimated_class_balance_keeps_the_contract_as_well():
    check_aggregator(FlyingSquid(class_balance="estimated"))


def test_it_says_which_rules_it_could_not_learn_about():
    votes, _ = two_sided(2000, 6)
    lonely = Votes.concat(
        [votes, Votes.from_arrays([9000, 9000], [77, 78], [0, 1], classes=[0, 1])]
    )
    with pytest.warns(DataWarning) as told:
        model = FlyingSquid(precision=0.65).fit(lonely)
    texts = [str(warning.message) for warning in told]
    assert any(
        "How good 2 of the rules are cannot be learnt from these votes (77, 78)" in t for t in texts
    )
    assert any("fall into 2 groups that share no items" in text for text in texts)
    assert model.learnt_.tolist() == [True] * 6 + [False] * 2
    np.testing.assert_allclose(model.accuracy_[6:], 0.65)


def test_agreement_exactly_as_by_chance_says_nothing():
    matrix = np.array(
        [[0, 0, 0], [0, 1, 0], [1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]
    )
    with pytest.warns(DataWarning, match="3 of the rules are cannot be learnt"):
        model = FlyingSquid().fit(Votes.from_matrix(matrix))
    assert not model.learnt_.any()


def test_rules_that_say_one_class_only_are_warned_about():
    votes, *_ = one_sided(500)
    with pytest.warns(DataWarning, match=r"100% of the rules.*take LabelModel"):
        FlyingSquid().fit(votes)


def test_a_rule_never_seen_counts_as_the_average_one():
    votes, _ = two_sided(3000, 6)
    model = FlyingSquid().fit(votes)
    new = Votes.from_arrays([0], ["stranger"], [1], classes=[0, 1])
    with pytest.warns(DataWarning, match="'stranger'"):
        belief = model.predict_proba(new)
    assert belief[0, 1] == pytest.approx(model.accuracy_.mean())


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"class_balance": "even"}, ParameterError, "class_balance='even'"),
        ({"class_balance": [0.5, 0.6]}, DataError, r"sums to 1\.1"),
        ({"precision": 1.0}, ParameterError, "precision=1"),
    ],
)
def test_bad_parameters_are_refused(options, error, message):
    votes, _ = two_sided(50, 4)
    with pytest.raises(error, match=message):
        FlyingSquid(**options).fit(votes)


def test_anonymous_votes_are_refused():
    votes = Votes.from_slots({"l1": ["x", "y"], "l2": ["x", "x"]}, labels=["l1", "l2"])
    with pytest.raises(CapabilityError, match="FlyingSquid"):
        FlyingSquid().fit(votes)
