"""CrowdLab against cleanlab's functions for labels of several annotators.

cleanlab 2.9.0 counts an item's labels into the first classes wherever they are floats, as they are
in every matrix with missing labels; so the temperature that it finds fits no model. Where a
temperature is looked for, its count is mended for the comparison.
"""

import numpy as np
import pytest

from labelwright import Votes
from labelwright.aggregation.crowdlab import CrowdLab

pytestmark = pytest.mark.peers

cleanlab = pytest.importorskip("cleanlab.multiannotator")
pd = pytest.importorskip("pandas")


def world(n=400, a=12, k=4, per_item=(1, 6), seed=0, n_models=1, sharp=2.0):
    """A matrix (n, a) of codes and probabilities (n_models, n, K); many ties, some single votes."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, k, n)
    skill = rng.uniform(0.4, 0.95, a)
    given = np.where(rng.random((n, a)) < skill, truth[:, None], rng.integers(0, k, (n, a)))
    rank = rng.random((n, a)).argsort(axis=1).argsort(axis=1)
    given = np.where(rank < rng.integers(per_item[0], per_item[1] + 1, n)[:, None], given, -1)
    logits = rng.normal(size=(n_models, n, k)) + sharp * np.eye(k)[truth]
    probabilities = np.exp(logits)
    return given, probabilities / probabilities.sum(axis=2, keepdims=True)


@pytest.fixture
def mended(monkeypatch):
    """Count labels of cleanlab into their own classes."""

    def counts(labels, *, num_classes):
        return np.bincount(labels.astype(int), minlength=num_classes)

    monkeypatch.setattr("cleanlab.internal.multiannotator_utils.value_counts", counts)


def as_floats(matrix):
    return np.where(matrix < 0, np.nan, matrix)


@pytest.mark.usefixtures("mended")
@pytest.mark.parametrize("calibrate", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_consensus_weights_and_qualities_agree(seed, calibrate):
    matrix, (probabilities,) = world(seed=seed, k=seed + 2)
    theirs = cleanlab.get_label_quality_multiannotator(
        as_floats(matrix), probabilities, calibrate_probs=calibrate, return_weights=True,
        verbose=False,
    )  # fmt: skip
    votes = Votes.from_matrix(matrix, classes=range(seed + 2))
    ours = CrowdLab(calibrate=calibrate).fit(votes, probabilities=probabilities)
    agrees(ours, votes, theirs)


def test_an_ensemble_agrees():
    matrix, probabilities = world(n_models=3, seed=8)
    theirs = cleanlab.get_label_quality_multiannotator_ensemble(
        as_floats(matrix), probabilities.copy(), return_weights=True, verbose=False
    )
    votes = Votes.from_matrix(matrix, classes=range(4))
    agrees(CrowdLab().fit(votes, probabilities=probabilities), votes, theirs)


def agrees(ours, votes, theirs):
    quality, stats = theirs["label_quality"], theirs["annotator_stats"].sort_index()
    assert (ours.codes_ == quality["consensus_label"]).all()
    close(ours.confidence_, quality["consensus_quality_score"])
    close(ours.agreement_, quality["annotator_agreement"])
    close(ours.model_weight_, np.atleast_1d(theirs["model_weight"]))
    close(ours.annotator_weight_, theirs["annotator_weight"])
    close(ours.annotator_quality_, stats["annotator_quality"])
    detailed = theirs["detailed_label_quality"].to_numpy()
    close(ours.vote_quality_, detailed[votes.item, votes.annotator])


def close(found, expected):
    np.testing.assert_allclose(found, np.asarray(expected), rtol=0, atol=1e-12)


@pytest.mark.usefixtures("mended")
@pytest.mark.parametrize("seed", range(3))
def test_active_learning_scores_agree_with_and_without_votes(seed):
    matrix, (probabilities,) = world(seed=seed, sharp=6.0)
    voted = np.random.default_rng(seed).random(len(matrix)) < 0.7
    theirs, theirs_unlabelled = cleanlab.get_active_learning_scores(
        as_floats(matrix[voted]), probabilities[voted], probabilities[~voted]
    )
    matrix[~voted] = -1
    votes = Votes.from_matrix(matrix, classes=range(4))
    ours = CrowdLab(calibrate=True).fit(votes, probabilities=probabilities)
    close(ours.active_learning_scores_[voted], theirs)
    close(ours.active_learning_scores_[~voted], theirs_unlabelled)


@pytest.mark.filterwarnings("ignore::labelwright.core.errors.DataWarning")
def test_active_learning_scores_agree_on_single_votes():
    matrix, (probabilities,) = world(per_item=(1, 1))
    theirs, _ = cleanlab.get_active_learning_scores(as_floats(matrix), probabilities)
    ours = CrowdLab(calibrate=True).fit(
        Votes.from_matrix(matrix, classes=range(4)), probabilities=probabilities
    )
    close(ours.active_learning_scores_, theirs)


@pytest.mark.usefixtures("mended")
def test_the_active_learning_scores_of_an_ensemble_agree():
    matrix, probabilities = world(n_models=2, seed=3)
    theirs, _ = cleanlab.get_active_learning_scores_ensemble(
        as_floats(matrix), probabilities.copy()
    )
    ours = CrowdLab(calibrate=True).fit(
        Votes.from_matrix(matrix, classes=range(4)), probabilities=probabilities
    )
    close(ours.active_learning_scores_, theirs)


def test_without_mending_the_peer_calibrates_a_right_model_to_nearly_nothing():
    """Votes are drawn from the model's own probabilities, so the right temperature is 1."""
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(4), 2000)
    edges = np.cumsum(probabilities, axis=1)[:, None, :-1]
    matrix = (rng.random((2000, 5, 1)) > edges).sum(axis=2)
    matrix[:, 4] = np.where(rng.random(2000) < 0.5, -1, matrix[:, 4])
    votes = Votes.from_matrix(matrix, classes=range(4))
    ours = CrowdLab(calibrate=True).fit(votes, probabilities=probabilities)
    assert ours.temperature_[0] == pytest.approx(1, abs=0.1)
    utils = pytest.importorskip("cleanlab.internal.multiannotator_utils")
    assert utils.find_best_temp_scaler(as_floats(matrix), probabilities) > 5


def test_ties_that_no_model_breaks_are_broken_alike():
    """All classes alike to the model: rarity decides, and then who agrees with the others."""
    rng = np.random.default_rng(1)
    matrix = rng.integers(0, 2, (30, 4))
    matrix = np.concatenate([matrix, 1 - matrix])
    probabilities = np.full((60, 2), 0.5)
    theirs = cleanlab.get_majority_vote_label(matrix.astype(float), probabilities, verbose=False)
    from labelwright.aggregation._model_beliefs import ModelBeliefs
    from labelwright.aggregation.crowdlab import _majority

    votes = Votes.from_matrix(matrix, classes=range(2))
    ours = _majority(votes, votes.counts(), ModelBeliefs(probabilities, votes))
    assert (ours == theirs).all()
