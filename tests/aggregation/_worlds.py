"""Votes with a known truth, for tests of aggregators."""

from __future__ import annotations

from itertools import product

import numpy as np

from labelwright import Votes


def simulate(
    n_items=300, n_annotators=12, n_classes=3, per_item=5, *, skill=(0.55, 0.9), seed=0, **options
):
    """Votes of annotators with random confusion matrices; returns votes, truth and confusions."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_classes, n_items)
    right = rng.uniform(*skill, n_annotators)
    confusion = rng.dirichlet(np.ones(n_classes), (n_annotators, n_classes))
    diagonal = np.eye(n_classes, dtype=bool)
    confusion[:, diagonal] = 0
    confusion *= ((1 - right)[:, None] / confusion.sum(axis=2))[:, :, None]
    confusion[:, diagonal] = right[:, None]
    who = np.array([rng.permutation(n_annotators)[:per_item] for _ in range(n_items)])
    item = np.repeat(np.arange(n_items), per_item)
    rows = confusion[who.ravel(), truth[item]]
    given = [rng.choice(n_classes, p=row) for row in rows]
    votes = Votes.from_arrays(
        item, who.ravel(), given, classes=range(n_classes), items=range(n_items), **options
    )
    return votes, truth, confusion[votes.annotators]


def bayes_by_enumeration(votes, confusion, prior):
    """Posterior by the definition: a product over the votes of each item, class by class."""
    beliefs = np.tile(prior, (votes.n_items, 1)).astype(float)
    for i, k in product(range(votes.n_items), range(len(prior))):
        for v in range(votes.indptr[i], votes.indptr[i + 1]):
            beliefs[i, k] *= confusion[votes.annotator[v], k, votes.label[v]]
    return beliefs / beliefs.sum(axis=1, keepdims=True)
