import numpy as np
import pytest

from labelwright import Votes
from labelwright.aggregation import _voted_classes
from labelwright.aggregation._voted_classes import VotedClasses

from ._worlds import simulate


def by_definition(votes, ahead, gold):
    """Beliefs (n_items, K) and log evidence, class by class."""
    scores = np.zeros((votes.n_items, votes.classes.n_classes))
    np.add.at(scores, (votes.item, votes.label), ahead)
    likelihood = np.exp(scores) / scores.shape[1]
    known = gold >= 0
    likelihood[known] *= np.eye(scores.shape[1])[gold[known]]
    total = likelihood.sum(axis=1)
    return likelihood / total[:, None], np.log(total).sum()


def found(votes, ahead, gold=None, **options):
    data = VotedClasses(votes, gold, **options)
    posterior, of_votes, evidence = np.empty((votes.n_items, data.n_classes)), [], 0.0
    for block in data.blocks:
        beliefs = block.believe(ahead[block.votes], posterior)
        of_votes.append(beliefs.vote)
        evidence += beliefs.log_evidence
    return posterior, np.concatenate(of_votes), evidence


@pytest.mark.parametrize("safe_exponent", [_voted_classes.SAFE_EXPONENT, 0.0])
@pytest.mark.parametrize("with_gold", [False, True])
def test_beliefs_are_those_of_the_definition(monkeypatch, safe_exponent, with_gold):
    monkeypatch.setattr(_voted_classes, "SAFE_EXPONENT", safe_exponent)
    monkeypatch.setattr(_voted_classes, "BLOCK_ITEMS", 7)
    votes, truth, _ = simulate(n_items=60, n_classes=4, seed=2)
    # Items without votes at the end.
    votes = votes.select(where=votes.item < 55)
    gold = np.where(np.arange(60) % 3 == 0, truth, -1).astype(np.int32)
    gold = gold if with_gold else np.full(60, -1, dtype=np.int32)
    ahead = np.random.default_rng(0).normal(size=len(votes))
    expected, log_evidence = by_definition(votes, ahead, gold)
    posterior, of_votes, evidence = found(votes, ahead, gold)
    np.testing.assert_allclose(posterior[gold < 0], expected[gold < 0], atol=1e-12)
    np.testing.assert_allclose(of_votes, expected[votes.item, votes.label], atol=1e-12)
    assert evidence == pytest.approx(log_evidence, rel=1e-12)


@pytest.mark.parametrize("ahead", [1.0, -1.0])
@pytest.mark.parametrize("classes", [2, 3])
def test_thousands_of_votes_neither_overflow_nor_vanish(ahead, classes):
    """Class 0 has three votes more than class 1, and class 2 has none."""
    votes = Votes.from_arrays(
        np.zeros(10_003), np.arange(10_003), np.arange(10_003) % 2, classes=range(classes)
    )
    votes = votes.select(where=(votes.label == 0) | (votes.annotator > 5))
    posterior, _, evidence = found(votes, np.full(len(votes), ahead))
    (more, less), best = np.bincount(votes.label)[:2], 1.0 if ahead > 0 or classes == 2 else 0.0
    assert more - less == 4
    np.testing.assert_allclose(posterior[0, 0], best / (1 + np.exp(-4 * ahead)), atol=1e-12)
    top = (more if ahead > 0 else less) * ahead + np.log1p(np.exp(-4))
    expected = top if ahead > 0 or classes == 2 else 0.0
    assert evidence == pytest.approx(expected - np.log(classes), abs=1e-9)


def test_weights_multiply_and_sums_are_by_item():
    votes, *_ = simulate(n_items=9)
    weighted = votes.with_extra(weight=np.arange(len(votes), dtype=float))
    plain, heavy = (VotedClasses(v).blocks[0] for v in (votes, weighted))
    values = np.random.default_rng(0).normal(size=len(votes))
    np.testing.assert_array_equal(plain.weighted(values.copy()), values)
    np.testing.assert_array_equal(heavy.weighted(values.copy()), values * weighted.weight)
    np.testing.assert_allclose(
        plain.sum_by_item(values), np.add.reduceat(values, votes.indptr[:-1])
    )
    assert VotedClasses(weighted).total_weight == weighted.weight.sum()


def test_blocks_are_as_long_as_asked():
    votes, *_ = simulate(n_items=20_000, n_annotators=2, per_item=1)
    assert len(VotedClasses(votes).blocks) > 1
    assert len(VotedClasses(votes, at_least=20_000).blocks) == 1
