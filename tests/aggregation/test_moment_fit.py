import numpy as np
import pytest

from labelwright.aggregation._moment_fit import Believed, MomentFit, RuleMoments
from labelwright.aggregation._rule_columns import RuleColumns
from labelwright.aggregation._rule_moments import pair_shares, three_groups, triple_shares

from ._rules import TWO_CLASSES, one_sided, population


def moments_of(votes):
    rules = RuleColumns.learn(votes, [])
    columns = rules.encode(votes, votes.annotator)
    used = np.unique(columns.column)
    pairs = pair_shares(columns, used, rules.n_columns)
    unit, votes_for = rules.unit[used], rules.votes_for[used]
    groups = three_groups(unit, votes_for, np.diag(pairs))
    triples = triple_shares(columns, used, rules.n_columns, groups)
    n_units = np.unique(unit).size
    return RuleMoments(votes.n_items, pairs, unit[:, None] != unit, votes_for, n_units, triples)


@pytest.mark.parametrize("balance", [None, np.array([0.5, 0.3, 0.2])])
@pytest.mark.parametrize("order", [2, 3])
def test_the_gradient_is_that_of_finite_differences(balance, order):
    votes, *_ = one_sided(300, n_classes=3)
    moments = moments_of(votes)
    if order == 2:
        moments = moments._replace(triples=None)
    fit = MomentFit(moments, class_balance=balance, precision=0.7, smoothing=5.0)
    rng = np.random.default_rng(0)
    size = moments.votes_for.size + (3 if balance is None else 0)
    point, direction = rng.normal(size=(2, size)) * fit.unit
    step = 1e-5
    high, low = (fit(point + sign * step * direction)[0] for sign in (1, -1))
    assert fit(point)[1] @ direction == pytest.approx((high - low) / (2 * step), rel=1e-6)


def test_pairs_and_triples_are_counted_as_they_are_defined():
    votes, *_ = one_sided(5000, n_classes=3)
    moments = moments_of(votes)
    one_hot = np.zeros((votes.n_items, votes.n_annotators))
    one_hot[votes.item, votes.annotator] = 1
    np.testing.assert_allclose(moments.pairs, one_hot.T @ one_hot / votes.n_items)
    counts = [one_hot @ group for group in moments.triples.votes_for]
    share = np.einsum("ia,ib,ic->abc", *counts) / votes.n_items
    np.testing.assert_allclose(moments.triples.share, share, atol=1e-12)
    spread = np.einsum("a,b,c->abc", *((c**2).mean(axis=0) for c in counts))
    np.testing.assert_allclose(moments.triples.precision, 1 / spread)


def test_every_rule_is_in_one_group_and_every_class_in_each():
    votes, *_ = one_sided(2000, n_classes=3)
    groups = moments_of(votes).triples.votes_for
    np.testing.assert_array_equal(groups.sum(axis=(0, 2)), 1)
    assert (groups.sum(axis=1) > 0).all()


def test_the_truth_explains_all_pairs():
    votes = population(TWO_CLASSES, (1, 1))
    moments = moments_of(votes)
    fit = MomentFit(moments, class_balance=np.full(2, 0.5), precision=0.7, smoothing=0.0)
    given = TWO_CLASSES[:, :, :2] / 4
    columns = given.transpose(0, 2, 1).reshape(-1, 2)
    columns = columns[columns.sum(axis=1) > 0]
    truth = Believed(columns / columns.sum(axis=1, keepdims=True), np.full(2, 0.5))
    apart = moments.apart
    np.testing.assert_allclose(fit.expected_pairs(truth)[apart], moments.pairs[apart], atol=1e-12)


def test_classes_are_put_in_the_order_in_which_most_votes_are_right():
    votes, *_ = one_sided(500, n_classes=3)
    moments = moments_of(votes)
    right = moments.votes_for * 0.8 + 0.1
    right /= right.sum(axis=1, keepdims=True)
    turned = right[:, [1, 2, 0]]
    even = np.full(3, 1 / 3)
    for balance, expected in ((even, right), (np.array([0.5, 0.3, 0.2]), turned)):
        fit = MomentFit(moments, class_balance=balance, precision=0.7, smoothing=5.0)
        found, changed = fit._better_than_chance(Believed(turned, balance))
        np.testing.assert_array_equal(found.given_vote, expected)
        assert changed == (expected is right)
    free = MomentFit(moments, class_balance=None, precision=0.7, smoothing=5.0)
    prior = np.array([0.3, 0.2, 0.5])
    found, _ = free._better_than_chance(Believed(turned, prior))
    np.testing.assert_array_equal(found.class_prior, [0.5, 0.3, 0.2])


def test_a_climb_that_ends_in_another_order_of_the_classes_is_put_right():
    votes = population(TWO_CLASSES, (1, 1))
    fit = MomentFit(
        moments_of(votes)._replace(triples=None),
        class_balance=np.full(2, 0.5),
        precision=0.7,
        smoothing=0.0,
    )
    # Begun from the opposite of what is expected, it ends with the classes the other way round.
    fit.expected = fit.expected[:, ::-1]
    believed, end = fit.climb(tol=0.0, max_iter=5000, name="test")
    assert np.einsum("ay,ay->", fit.votes_for * fit.share[:, None], believed.given_vote) > 0.5
    assert end.history[-1] == pytest.approx(0, abs=1e-9)
