import numpy as np
import polars as pl
import pytest

from labelwright import Votes
from labelwright.aggregation import LabelModel, suggest_dependencies
from labelwright.core.errors import CapabilityError, DataError, ParameterError

from ._rules import one_sided, two_sided


def with_echo(votes, follower, leader, share, seed=0):
    """The votes with one rule that on a share of the items says what another one says."""
    rng = np.random.default_rng(seed)
    matrix = np.full((votes.n_items, votes.n_annotators), -1)
    matrix[votes.item, votes.annotator] = votes.label
    echoed = rng.random(votes.n_items) < share
    matrix[echoed, follower] = matrix[echoed, leader]
    return Votes.from_matrix(matrix, classes=votes.classes.names)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_planted_dependencies_are_found_and_nothing_else(n_classes):
    for seed in range(5):
        votes, _ = two_sided(3000, 8, n_classes, seed=seed)
        assert suggest_dependencies(votes).pairs == ()
        planted = with_echo(with_echo(votes, 1, 0, 0.4), 3, 2, 0.6, seed=1)
        found = suggest_dependencies(planted)
        assert set(found.pairs) == {(0, 1), (2, 3)}
        assert max(found.p_value) <= 0.01


def test_one_sided_rules_that_fire_together_are_found():
    votes, _, _ = one_sided(4000)
    assert suggest_dependencies(votes).pairs == ()
    found = suggest_dependencies(with_echo(votes, 5, 4, 0.5))
    assert found.pairs == ((4, 5),)
    assert found.agreed[0] > found.expected[0]


def test_what_is_suggested_can_be_declared():
    votes, truth = two_sided(3000, 6)
    votes = with_echo(with_echo(votes, 1, 0, 0.9), 2, 0, 0.9, seed=1)
    found = suggest_dependencies(votes)
    plain, told = LabelModel().fit(votes), LabelModel(dependencies=found.pairs).fit(votes)
    covered = np.flatnonzero(np.diff(votes.indptr))
    loss = [-np.log(m.posterior_[covered, truth[covered]]).mean() for m in (plain, told)]
    assert loss[1] < loss[0] - 0.02


def test_the_result_is_a_table():
    votes, _ = two_sided(3000, 8)
    found = suggest_dependencies(with_echo(votes, 1, 0, 0.5))
    table = found.to_table()
    assert isinstance(table, pl.DataFrame)
    assert table.row(0)[:2] == (0, 1)
    assert found.to_dict()["kind"] == "rule_dependencies"
    assert table["z"][0] == pytest.approx(found.z[0])


def test_no_more_pairs_than_asked_for():
    votes, _ = two_sided(3000, 8)
    planted = with_echo(with_echo(votes, 1, 0, 0.4), 3, 2, 0.6, seed=1)
    assert len(suggest_dependencies(planted, max_pairs=1).pairs) == 1


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"level": 2.0}, ParameterError, "level=2"),
        ({"max_pairs": 0}, ParameterError, "max_pairs=0"),
        ({"class_balance": "estimated"}, ParameterError, "cannot be estimated"),
        ({"class_balance": "even"}, ParameterError, "class_balance='even'"),
        ({"class_balance": [0.9, 0.2]}, DataError, r"sums to 1\.1"),
    ],
)
def test_bad_arguments_are_refused(options, error, message):
    votes, _ = two_sided(50, 5)
    with pytest.raises(error, match=message):
        suggest_dependencies(votes, **options)


def test_three_rules_are_too_few():
    votes, _ = two_sided(50, 3)
    with pytest.raises(DataError, match="3 rules voted"):
        suggest_dependencies(votes)


def test_votes_that_leave_classes_open_are_refused():
    from labelwright.core.spaces import Classes

    space = Classes(("cat", "dog", "fish"), open_answers={"pet": ("cat", "dog")})
    votes = Votes.from_arrays(
        [0, 0, 1, 1], list("abcd"), ["pet", "cat", "dog", "fish"], space=space
    )
    with pytest.raises(CapabilityError, match="leave several classes open"):
        suggest_dependencies(votes)
