"""Votes of rules with a known truth, and populations in which every share is exact."""

from __future__ import annotations

from itertools import product

import numpy as np

from labelwright import Votes

# Numbers of votes for each class, and of none at the end, a row a true class; each row sums to 6.
THREE_CLASSES = np.array(
    [
        [[3, 1, 1, 1], [1, 2, 1, 2], [1, 1, 3, 1]],
        [[2, 1, 1, 2], [1, 3, 1, 1], [1, 1, 2, 2]],
        [[3, 1, 1, 1], [1, 2, 2, 1], [1, 1, 3, 1]],
        [[2, 1, 2, 1], [1, 3, 1, 1], [2, 1, 3, 0]],
    ]
)
# The same with rows that sum to 4; the last two rules only say one class.
TWO_CLASSES = np.array(
    [
        [[3, 1, 0], [1, 2, 1]],
        [[2, 1, 1], [0, 3, 1]],
        [[2, 0, 2], [1, 0, 3]],
        [[0, 1, 3], [0, 3, 1]],
    ]
)


def population(tables, class_counts):
    """Every combination of votes as often as rules that err independently give it."""
    n_rules, k, _ = tables.shape
    rows, numbers = [], []
    for true, given in product(range(k), product(range(k + 1), repeat=n_rules)):
        rows.append(given)
        numbers.append(class_counts[true] * np.prod(tables[np.arange(n_rules), true, list(given)]))
    matrix = np.repeat(rows, numbers, axis=0)
    return Votes.from_matrix(np.where(matrix == k, -1, matrix), classes=list(range(k)))


def chances(tables):
    """What the model should find: chances [rule, true class, vote]."""
    return tables[:, :, :-1] / tables[0, 0].sum()


def one_sided(n_items=4000, n_classes=2, per_class=4, *, hit=(0.2, 0.5), miss=(0.01, 0.1), seed=0):
    """Rules that say one class or nothing; votes, truth and the chances of each rule to speak."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_classes, n_items)
    says = np.repeat(np.arange(n_classes), per_class)
    own = says[:, None] == np.arange(n_classes)
    shape = own.shape
    speaks = np.where(own, rng.uniform(*hit, shape), rng.uniform(*miss, shape))
    fires = rng.random((n_items, says.size)) < speaks[:, truth].T
    matrix = np.where(fires, says, -1)
    return Votes.from_matrix(matrix, classes=list(range(n_classes))), truth, speaks


def two_sided(n_items=4000, n_rules=8, n_classes=2, *, speaks=(0.3, 0.9), skill=(0.6, 0.9), seed=0):
    """Rules that err evenly and abstain at random; votes and truth."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_classes, n_items)
    shape = (n_items, n_rules)
    right = rng.random(shape) < rng.uniform(*skill, n_rules)
    wrong = (truth[:, None] + rng.integers(1, n_classes, shape)) % n_classes
    given = np.where(right, truth[:, None], wrong)
    said = rng.random(shape) < rng.uniform(*speaks, n_rules)
    return Votes.from_matrix(np.where(said, given, -1), classes=list(range(n_classes))), truth
