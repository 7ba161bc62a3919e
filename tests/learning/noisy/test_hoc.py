import numpy as np
import pytest
from scipy.sparse import csr_array

from labelwright.core.errors import ConvergenceWarning, DataError, DataWarning, ParameterError
from labelwright.datasets import flip_labels
from labelwright.learning.noisy import HOC

from ._worlds import blobs

NOISE = np.array([[0.8, 0.2, 0.0], [0.0, 0.7, 0.3], [0.1, 0.0, 0.9]])


def test_neighbours_give_the_noise_where_classes_stand_apart():
    features, truth = blobs()
    made = flip_labels(truth, transition=NOISE)
    model = HOC(metric="euclidean").fit(features, made.labels)
    np.testing.assert_allclose(model.transition_, made.transition, atol=0.04)
    np.testing.assert_allclose(model.class_prior_, np.bincount(truth) / len(truth), atol=0.02)
    assert model.classes_ == (0, 1, 2)
    assert model.converged_
    np.testing.assert_allclose(model.transition_.sum(axis=1), 1)


def test_the_right_labels_have_no_noise():
    features, truth = blobs(1000)
    model = HOC(metric="euclidean").fit(features, truth)
    np.testing.assert_allclose(model.transition_, np.eye(3), atol=1e-3)
    assert model.clusterable_ == pytest.approx(1, abs=1e-3)


def test_names_of_classes_and_missing_labels():
    features, truth = blobs(2000, 2)
    names = np.array(["spam", "ham"], dtype=object)[truth]
    names[:100] = None
    model = HOC(metric="euclidean").fit(features, names, classes=["spam", "ham"])
    again = HOC(metric="euclidean").fit(features[100:], truth[100:])
    assert model.classes_ == ("spam", "ham")
    np.testing.assert_allclose(model.transition_, again.transition_)


def test_sparse_features_are_the_same_features():
    features, truth = blobs(500)
    labels = flip_labels(truth, 0.2).labels
    dense = HOC(metric="euclidean").fit(features, labels)
    sparse = HOC(metric="euclidean").fit(csr_array(features), labels)
    np.testing.assert_allclose(sparse.transition_, dense.transition_, atol=1e-6)


def test_the_same_seed_gives_the_same_result_and_it_can_be_kept(tmp_path):
    features, truth = blobs(500)
    labels = flip_labels(truth, 0.2).labels
    model = HOC().fit(features, labels)
    again = HOC.load(model.save(tmp_path / "model"))
    np.testing.assert_array_equal(again.transition_, model.transition_)
    np.testing.assert_array_equal(HOC().fit(features, labels).transition_, model.transition_)


def test_labels_that_say_nothing_are_warned_about():
    features, truth = blobs(3000, 2)
    made = flip_labels(truth, transition=[[0.5, 0.5], [0.5, 0.5]])
    with pytest.warns(DataWarning, match=r"hardly depend.*nearly undetermined"):
        HOC(metric="euclidean").fit(features, made.labels)


def test_too_few_steps_are_said():
    features, truth = blobs(300)
    labels = flip_labels(truth, 0.2).labels
    with pytest.warns(ConvergenceWarning, match="HOC stopped after 1 steps"):
        HOC(max_iter=1).fit(features, labels)


@pytest.mark.parametrize(
    ("options", "features", "labels", "error", "message"),
    [
        ({}, [[0.0], [1.0]], [0, 1], DataError, "2 items have a label"),
        ({}, [[0.0], [1.0], [2.0]], [1, 1, 1], DataError, "of 1 classes"),
        ({}, [[0.0], [1.0], [2.0]], [0, 1], DataError, "3 rows and labels has 2"),
        ({}, [[0.0], [np.nan], [2.0]], [0, 1, 0], DataError, "missing or infinite"),
        ({"n_starts": 0}, [[0.0]], [0], ParameterError, "n_starts=0"),
        ({"metric": "l1"}, [[0.0]], [0], ParameterError, "metric='l1'"),
    ],
)
def test_bad_input_is_refused(options, features, labels, error, message):
    with pytest.raises(error, match=message):
        HOC(**options).fit(features, labels)
