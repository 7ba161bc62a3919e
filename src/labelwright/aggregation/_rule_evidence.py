"""From what a label model learnt about columns of votes to beliefs about items."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from labelwright.aggregation._rule_columns import Columns, RuleColumns
from labelwright.aggregation._softmax import softmax
from labelwright.core.votes import BLOCK_ITEMS

__all__ = ["beliefs", "between_units", "given_class", "given_vote", "joint_chances", "silence"]

Matrix = NDArray[np.float64]

LEAST_SILENCE = 1e-3


def joint_chances(
    rules: RuleColumns, used: NDArray[np.int64], share: NDArray[np.float64], belief: Matrix
) -> Matrix:
    """Chances (n_columns, K) of a vote in a column together with a class.

    Parameters
    ----------
    rules : RuleColumns
    used : (d,) int
        The columns that have votes.
    share : (d,)
        Share of the items in each of them.
    belief : (d, K)
        Chances of the classes given a vote there.
    """
    k = rules.n_classes
    joint = np.zeros((rules.n_columns, k))
    joint[used] = belief * share[:, None]
    # What a rule in a clique says is the sum over the combinations in which it says so.
    for place, members in enumerate(rules.cliques):
        said = rules.members(place)
        combination, position = np.nonzero(said)
        single = members[position] * k + said[combination, position] - 1
        np.add.at(joint, single, joint[rules.first_of[place] + combination])
    return joint


def given_vote(joint: Matrix, expected: Matrix) -> Matrix:
    """Chances (n_columns, K) of the classes given a vote; as expected where there never was one."""
    total = joint.sum(axis=1, keepdims=True)
    return np.where(total > 0, joint / np.where(total > 0, total, 1), expected)


def given_class(joint: Matrix, prior: NDArray[np.float64], n_rules: int) -> NDArray[np.float64]:
    """Chances (n_rules, K, K) of [rule, true class, vote]; what is missing to 1 is no vote."""
    k = prior.size
    chances = joint[: n_rules * k].reshape(n_rules, k, k).transpose(0, 2, 1) / prior[:, None]
    # Nothing in the fit to moments keeps the votes of a rule below one an item of a class.
    return chances / chances.sum(axis=2, keepdims=True).clip(min=1)


def silence(rules: RuleColumns, joint: Matrix, prior: NDArray[np.float64]) -> Matrix:
    """Log chances (units, K) that a rule or clique says nothing, given the class."""
    own = np.ones(rules.n_columns, dtype=bool)
    own[: rules.n_single] = rules.unit[: rules.n_single] < rules.n_rules
    speaks = np.zeros((rules.n_rules + len(rules.cliques), prior.size))
    np.add.at(speaks, rules.unit[own], joint[own] / prior)
    return np.log((1 - speaks).clip(min=LEAST_SILENCE))


def beliefs(
    columns: Columns, evidence: Matrix, prior: NDArray[np.float64], base: NDArray[np.float64]
) -> Matrix:
    """Beliefs (n_items, K): evidence of all columns of an item, prior and base, all in logs.

    An item in no column has the prior alone.
    """
    log_prior = np.log(prior)
    n_items = columns.indptr.size - 1
    found = np.empty((n_items, prior.size))
    for first in range(0, n_items, BLOCK_ITEMS):
        offsets = columns.indptr[first : first + BLOCK_ITEMS + 1]
        entries = slice(int(offsets[0]), int(offsets[-1]))
        column = columns.column[entries]
        weight = np.ones(column.size) if columns.weight is None else columns.weight[entries]
        shape = (offsets.size - 1, len(evidence))
        rows = csr_array((weight, column, (offsets - offsets[0]).astype(np.int32)), shape=shape)
        scores = rows @ evidence
        scores += log_prior
        scores[np.diff(offsets) > 0] += base
        found[first : first + BLOCK_ITEMS] = softmax(scores)
    return found


def between_units(columns: NDArray[np.bool_], unit: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether something holds between any columns (d, d) of two units (units, units).

    Parameters
    ----------
    columns : (d, d) bool
    unit : (d,) int
        The unit 0..units - 1 of each column.
    """
    of_unit = csr_array((np.ones(unit.size), (unit, np.arange(unit.size))))
    return np.asarray(of_unit @ columns @ of_unit.T > 0)
