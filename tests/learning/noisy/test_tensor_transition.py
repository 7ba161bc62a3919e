import numpy as np
import pytest

from labelwright import Votes
from labelwright.aggregation import DawidSkene
from labelwright.core.errors import DataError, DataWarning, IdentifiabilityError, ParameterError
from labelwright.learning.noisy import TensorTransition


def simulate(n=20_000, k=3, shared=False, seed=0):
    """Three labels an item, and how they err."""
    rng = np.random.default_rng(seed)
    rows = rng.dirichlet(np.ones(k), (1 if shared else 3, k)) * 0.5 + 0.5 * np.eye(k)
    rows = np.repeat(rows, 3 // len(rows), axis=0)
    truth = rng.choice(k, n, p=np.arange(1, k + 1) / np.arange(k + 1).sum())
    draw = rng.random((n, 3, 1))
    labels = (draw > rows[:, truth].transpose(1, 0, 2).cumsum(axis=2)[:, :, :-1]).sum(axis=2)
    return labels, rows, np.bincount(truth) / n


def population(numbers, counts):
    """Every three labels as often as such noise gives them; rows of ``numbers`` sum to the same."""
    k = len(counts)
    cells = np.einsum("y,ya,yb,yc->abc", counts, *numbers)
    return np.repeat(np.indices((k, k, k)).reshape(3, -1).T, cells.ravel(), axis=0)


def test_exact_shares_give_the_exact_noise():
    numbers = np.array(
        [
            [[4, 1, 1], [2, 3, 1], [0, 2, 4]],
            [[3, 2, 1], [1, 4, 1], [1, 0, 5]],
            [[5, 0, 1], [1, 3, 2], [2, 1, 3]],
        ]
    )
    labels = population(numbers, (3, 2, 1))
    model = TensorTransition(tol=0.0, max_iter=20_000).fit(labels)
    np.testing.assert_allclose(model.transitions_, numbers / 6, atol=1e-6)
    np.testing.assert_allclose(model.class_prior_, [1 / 2, 1 / 3, 1 / 6], atol=1e-6)
    assert model.loss_ < 1e-10


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("k", [2, 4])
def test_many_labels_give_nearly_the_noise(shared, k):
    labels, rows, prior = simulate(k=k, shared=shared, seed=k)
    model = TensorTransition(shared=shared).fit(labels)
    np.testing.assert_allclose(model.transitions_, rows, atol=0.06)
    np.testing.assert_allclose(model.class_prior_, prior, atol=0.04)
    if shared:
        assert (model.transitions_ == model.transitions_[0]).all()


@pytest.mark.slow
def test_it_is_maximum_likelihood_dawid_skene_of_three_annotators():
    labels, *_ = simulate(2000)
    votes = Votes.from_matrix(labels, classes=range(3))
    model = TensorTransition(tol=0.0).fit(votes)
    peer = DawidSkene(smoothing=0, diagonal=0, class_smoothing=0, tol=1e-14, max_iter=20_000)
    np.testing.assert_allclose(model.transitions_, peer.fit(votes).confusion_, atol=1e-4)


def test_items_that_lack_a_label_are_left_out():
    labels, *_ = simulate(1000)
    more = np.vstack([labels, [[0, -1, 2]] * 500])
    expected = TensorTransition().fit(labels)
    np.testing.assert_array_equal(TensorTransition().fit(more).transitions_, expected.transitions_)
    slots = Votes.from_slots(
        {str(s): np.where(more[:, s] < 0, None, more[:, s].astype(object)) for s in range(3)},
        labels=["0", "1", "2"],
        classes=range(3),
    )
    np.testing.assert_allclose(TensorTransition().fit(slots).transitions_, expected.transitions_)


def test_labels_by_name():
    labels, *_ = simulate(1000)
    classes = ("spam", "ham", "eggs")
    model = TensorTransition().fit(np.array(classes)[labels], classes=classes)
    assert model.classes_ == classes
    expected = TensorTransition().fit(labels).transitions_
    np.testing.assert_array_equal(model.transitions_, expected)


def test_labels_that_say_nothing_are_warned_about():
    labels = np.random.default_rng(0).integers(0, 2, (3000, 3))
    with pytest.warns(DataWarning, match="hardly depend"):
        TensorTransition(shared=True).fit(labels)


def test_it_refuses_what_does_not_determine_the_noise():
    with pytest.raises(IdentifiabilityError, match=r"0 items have three labels.*HOC"):
        TensorTransition().fit(np.array([[0, 1, -1], [1, 0, -1]]))
    with pytest.raises(DataError, match=r"shape \(4, 2\)"):
        TensorTransition().fit(np.zeros((4, 2), dtype=int))
    votes = Votes.from_matrix(np.zeros((3, 4), dtype=int), classes=[0, 1])
    with pytest.raises(DataError, match=r"4 annotators voted.*select"):
        TensorTransition().fit(votes)
    with pytest.raises(ParameterError, match="shared='yes'"):
        TensorTransition(shared="yes").fit(np.zeros((4, 3), dtype=int))
