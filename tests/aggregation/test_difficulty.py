import numpy as np
import pytest

from labelwright import Votes
from labelwright.aggregation import GLAD, DawidSkene, item_difficulty
from labelwright.aggregation._further_votes import VotesToCome
from labelwright.core.errors import DataError, ParameterError

from ._worlds import simulate


def coin(right, k=2):
    wrong = (1 - right) / (k - 1)
    return np.where(np.eye(k, dtype=bool), right, wrong)[None]


def test_the_mean_is_that_of_the_gamblers_ruin():
    """Alike annotators, two classes: a walk between two bounds, with a known mean duration."""
    p, steps = 0.7, 2
    win = p**steps / (p**steps + (1 - p) ** steps)
    expected = steps * (2 * win - 1) / (2 * p - 1)
    draws = VotesToCome(coin(p), np.ones(1)).until(
        np.array([[0.5, 0.5]]), win, 200, 40_000, np.random.default_rng(0)
    )
    assert draws.mean() == pytest.approx(expected, rel=0.02)
    # The walk can only end after an even number of steps.
    assert set(np.unique(draws % 2)) == {0}


def test_the_belief_that_is_reached_is_right_as_often_as_it_says():
    rng = np.random.default_rng(1)
    rates = np.concatenate([coin(0.6, 3), coin(0.8, 3)])
    model = VotesToCome(rates, np.array([1.0, 3.0]))
    many = model.until(np.full((1, 3), 1 / 3), 0.9, 100, 4_000, rng)
    # Three times as many votes come from the better one: fewer are needed than with the worse.
    worse = VotesToCome(rates, np.array([3.0, 1.0])).until(
        np.full((1, 3), 1 / 3), 0.9, 100, 4_000, rng
    )
    assert many.mean() < worse.mean()
    assert many.min() >= 2


def test_who_always_guesses_never_settles_anything():
    draws = VotesToCome(coin(0.5), np.ones(1)).until(
        np.array([[0.5, 0.5], [0.99, 0.01]]), 0.9, 7, 5, np.random.default_rng(0)
    )
    assert (draws[0] == 8).all()
    assert (draws[1] == 0).all()


def test_items_with_more_doubt_need_more():
    votes, *_ = simulate(n_items=500, per_item=3, seed=2)
    model = DawidSkene().fit(votes)
    found = item_difficulty(votes, model)
    np.testing.assert_array_equal(found.more == 0, model.confidence_ >= 0.95)
    doubt = np.corrcoef(found.difficulty, found.more)[0, 1]
    assert doubt > 0.8
    assert (found.low <= found.more).all()
    assert found.total == pytest.approx(found.more.sum())
    assert found.total_low < found.total < found.total_high


def test_what_was_foretold_comes_about():
    """Votes of the same annotators are really added until the target: the total is as foretold."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 400)
    who = np.argsort(rng.random((400, 30)), axis=1)
    right = rng.random((400, 30)) < 0.75
    label = np.where(right, truth[:, None], 1 - truth[:, None])

    def votes_until(n_votes):
        rows = [(i, who[i, j], label[i, j]) for i in range(400) for j in range(n_votes[i])]
        return Votes.from_arrays(*map(list, zip(*rows, strict=True)), classes=[0, 1])

    n_votes = np.full(400, 5)
    model = DawidSkene(smoothing=20, diagonal=60, class_smoothing=500).fit(votes_until(n_votes))
    foretold = item_difficulty(votes_until(n_votes), model, target=0.9)
    odds = np.log(3)
    walk = np.cumsum(np.where(label == 1, odds, -odds), axis=1)
    settled = np.abs(walk[:, 4:]) >= np.log(9) - 1e-9
    needed = np.where(settled.any(axis=1), settled.argmax(axis=1), 25)
    assert foretold.total == pytest.approx(needed.sum(), rel=0.25)


def test_the_difficulty_of_glad():
    votes, *_ = simulate(n_items=80)
    model = GLAD().fit(votes)
    np.testing.assert_array_equal(
        item_difficulty(votes, model, measure="glad").difficulty, model.difficulty_
    )
    again = item_difficulty(votes, DawidSkene().fit(votes), measure="glad")
    np.testing.assert_allclose(again.difficulty, model.difficulty_)


def test_the_same_seed_gives_the_same_and_tables_have_no_infinity():
    votes = Votes.from_matrix([[0, 1], [1, 0], [0, 0], [-1, -1]], classes=[0, 1])
    one, other = (item_difficulty(votes, most=3).to_table() for _ in range(2))
    assert one.equals(other)
    assert one.columns == ["item", "difficulty", "belief", "more", "low", "high"]
    assert one["high"].null_count() > 0
    assert one.height == 4


def test_what_is_refused():
    votes, *_ = simulate(n_items=40)
    with pytest.raises(ParameterError, match=r"target=1\.2"):
        item_difficulty(votes, target=1.2)
    with pytest.raises(ParameterError, match="measure='margin'"):
        item_difficulty(votes, measure="margin")
    other = DawidSkene().fit(votes.select(items=range(20)))
    with pytest.raises(DataError, match="other items"):
        item_difficulty(votes, other)
