import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwright.core.errors import DataError, ParameterError
from labelwright.datasets import flip_by_features, flip_labels

LABELS = np.repeat(["a", "b", "c"], 200)


@given(rate=st.floats(0, 1), seed=st.integers(0, 2**32))
def test_exactly_the_stated_share_is_wrong_and_says_where(rate, seed):
    made = flip_labels(LABELS, rate, random_state=seed)
    assert made.flipped.sum() == round(rate * len(LABELS))
    assert np.array_equal(made.labels != LABELS, made.flipped)
    assert set(made.labels) <= set(LABELS)


def test_uniform_flips_reach_every_other_class_alike():
    made = flip_labels(np.repeat([0, 1, 2], 20_000), 1.0)
    expected = (1 - np.eye(3)) / 2
    np.testing.assert_allclose(made.transition, expected, atol=0.015)


def test_a_transition_without_chance_is_followed_to_the_letter():
    assert not flip_labels(LABELS, transition=np.eye(3)).flipped.any()
    cycle = np.roll(np.eye(3), 1, axis=1)
    made = flip_labels(LABELS, transition=cycle)
    assert np.array_equal(made.labels, np.repeat(["b", "c", "a"], 200))
    np.testing.assert_array_equal(made.transition, cycle)


def test_a_transition_is_reached_within_its_noise():
    wanted = np.array([[0.7, 0.2, 0.1], [0.0, 1.0, 0.0], [0.3, 0.3, 0.4]])
    made = flip_labels(np.repeat([0, 1, 2], 20_000), transition=wanted, random_state=3)
    # Four standard errors of a share of 20,000.
    np.testing.assert_allclose(made.transition, wanted, atol=4 * np.sqrt(0.25 / 20_000))


def test_same_seed_same_flips():
    one, same, other = (flip_labels(LABELS, 0.3, random_state=s) for s in (1, 1, 2))
    assert np.array_equal(one.labels, same.labels)
    assert not np.array_equal(one.labels, other.labels)


def test_the_hardest_items_go_first_when_sharp():
    features = np.arange(100.0)[:, None]
    labels = np.repeat([0, 1], 50)
    made = flip_by_features(labels, features, 0.1, sharpness=1e6)
    assert np.flatnonzero(made.flipped).tolist() == list(range(45, 55))


def test_flips_go_to_the_nearest_other_class():
    features = np.repeat([0.0, 1.0, 5.0], 10)[:, None]
    made = flip_by_features(np.repeat(["x", "y", "z"], 10), features, 1.0)
    assert made.labels.tolist() == ["y"] * 10 + ["x"] * 10 + ["y"] * 10


def test_without_sharpness_the_features_do_not_matter():
    labels = np.tile([0, 1], 5_000)
    features = labels[:, None] + np.random.default_rng(0).normal(size=(10_000, 2))
    near = (features - labels[:, None])[:, 0]
    blind = flip_by_features(labels, features, 0.3, sharpness=0)
    sharp = flip_by_features(labels, features, 0.3)
    towards_other = near * (1 - 2 * labels)
    assert abs(towards_other[blind.flipped].mean()) < 0.1
    assert towards_other[sharp.flipped].mean() > 0.5
    assert blind.flipped.sum() == sharp.flipped.sum() == 3_000


def test_features_that_are_all_alike_are_no_obstacle():
    assert flip_by_features([0, 1, 0, 1], np.zeros((4, 2)), 0.5).flipped.sum() == 2


def test_bad_input_is_named():
    with pytest.raises(ParameterError, match="Exactly one"):
        flip_labels(LABELS)
    with pytest.raises(ParameterError, match="Exactly one"):
        flip_labels(LABELS, 0.1, transition=np.eye(3))
    with pytest.raises(ParameterError, match=r"rate=1\.5"):
        flip_labels(LABELS, 1.5)
    with pytest.raises(ParameterError, match=r"shape \(2, 2\) for 3 classes"):
        flip_labels(LABELS, transition=np.eye(2))
    with pytest.raises(ParameterError, match="Row 1 of transition"):
        flip_labels([0, 1], transition=[[1, 0], [0.5, 0.4]])
    with pytest.raises(DataError, match="another class"):
        flip_labels(["a", "a"], 0.5)
    with pytest.raises(DataError, match="one label an item"):
        flip_labels([[0, 1]], 0.5)
    with pytest.raises(DataError, match="missing value in row 1"):
        flip_by_features([0, 1], [[0.0], [np.nan]], 0.5)
    with pytest.raises(DataError, match="a row an item"):
        flip_by_features([0, 1], [0.0, 1.0], 0.5)
    with pytest.raises(DataError, match="2 rows"):
        flip_by_features([0, 1], [[0.0]], 0.5)
    with pytest.raises(ParameterError, match="sharpness"):
        flip_by_features([0, 1], [[0.0], [1.0]], 0.5, sharpness=-1)


def test_the_table_shows_what_was_done():
    table = flip_labels([0, 1, 0, 1], 0.5).to_table()
    assert table.columns == ["label", "truth", "flipped"]
    assert (table["label"] != table["truth"]).to_list() == table["flipped"].to_list()
