"""Confusions of three groups of annotators from how their votes occur together.

If three groups err independently given the class, the second and third moments of their vote
shares are sums over classes of products of the groups' confusions. Whitened by the second moment,
the third is a tensor whose eigenvectors are orthogonal and give the confusions of one group, up to
the order of the classes (Anandkumar and others, 2014; Zhang and others, 2014).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

__all__ = ["GroupConfusions", "group_confusions"]

Matrix = NDArray[np.float64]

BLOCK_CELLS = 1 << 18
POWER_STEPS = 200
# A moment whose condition is worse than this has no inverse worth the name.
WORST_CONDITION = 1e6


class GroupConfusions(NamedTuple):
    """Confusions (3, K, K) [group, given, true], and the class prior (K,)."""

    confusions: Matrix
    prior: Matrix


def group_confusions(shares: Matrix) -> GroupConfusions | None:
    """Confusions of three groups, or None where the moments do not determine them.

    Parameters
    ----------
    shares : (3, n, K)
        Shares of each group's votes on items on which all three voted.
    """
    found, priors = [], []
    for third in range(3):
        order = [(third + 1) % 3, (third + 2) % 3, third]
        one = _third_confusion(*shares[order])
        if one is None:
            return None
        found.append(one[0])
        priors.append(one[1])
    prior = np.mean(priors, axis=0)
    return GroupConfusions(np.array(found), prior / prior.sum())


def _third_confusion(a: Matrix, b: Matrix, c: Matrix) -> tuple[Matrix, Matrix] | None:
    """Confusion (K, K) [given, true] of the third group, and prior, from shares (n, K) of each."""
    n = len(a)
    ab, ac, bc = a.T @ b / n, a.T @ c / n, b.T @ c / n
    if max(np.linalg.cond(ab), np.linalg.cond(ac), np.linalg.cond(bc)) > WORST_CONDITION:
        return None
    # The others, turned so that in expectation they say the same as the third group.
    like_c_a = a @ np.linalg.solve(ab.T, bc)
    like_c_b = b @ np.linalg.solve(ab, ac)
    second = like_c_a.T @ like_c_b / n
    values, vectors = np.linalg.eigh((second + second.T) / 2)
    if values[0] * WORST_CONDITION <= values[-1]:
        return None
    whiten = vectors / np.sqrt(values)
    tensor = _third_moment(like_c_a @ whiten, like_c_b @ whiten, c @ whiten)
    sizes, directions = _eigenvectors(_symmetric(tensor), whiten)
    if (sizes <= 0).any():
        return None
    means = (vectors * np.sqrt(values)) @ (directions * sizes)
    # Annotators are better than chance on average: a class is what is mostly called by its name.
    order = linear_sum_assignment(means, maximize=True)[1]
    means, prior = means[:, order].clip(min=0), 1 / sizes[order] ** 2
    totals = means.sum(axis=0)
    if (totals <= 0).any() or np.linalg.cond(means / totals) > WORST_CONDITION:
        return None
    return means / totals, prior


def _third_moment(a: Matrix, b: Matrix, c: Matrix) -> Matrix:
    """Mean (K, K, K) over rows of the products of three."""
    n, k = a.shape
    tensor = np.zeros((k * k, k))
    step = max(BLOCK_CELLS // k**2, 1)
    for first in range(0, n, step):
        rows = slice(first, first + step)
        pairs = a[rows, :, None] * b[rows, None, :]
        tensor += pairs.reshape(-1, k * k).T @ c[rows]
    return tensor.reshape(k, k, k) / n


def _symmetric(tensor: Matrix) -> Matrix:
    turned = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
    return np.mean([tensor.transpose(axes) for axes in turned], axis=0)


def _eigenvectors(tensor: Matrix, whiten: Matrix) -> tuple[Matrix, Matrix]:
    """Eigenvalues (K,) and eigenvectors (K, K), a column each, by power steps and deflation.

    Each is sought from the classes themselves, in white coordinates, so that nothing is random and
    the names of the classes play no part; the one of the largest eigenvalue is taken.
    """
    k = len(tensor)
    sizes, directions = np.empty(k), np.empty((k, k))
    for place in range(k):
        # A column a start: the class as it would look if everybody knew it.
        found = whiten.T / np.linalg.norm(whiten, axis=1)
        for _ in range(POWER_STEPS):
            new = np.einsum("abc,bs,cs->as", tensor, found, found, optimize=True)
            new /= np.linalg.norm(new, axis=0).clip(min=np.finfo(float).tiny)
            settled = np.abs(new - found).max() < 1e-14
            found = new
            if settled:
                break
        values = np.einsum("abc,as,bs,cs->s", tensor, found, found, found, optimize=True)
        best = int(values.argmax())
        sizes[place], directions[:, place] = values[best], found[:, best]
        v = found[:, best]
        tensor = tensor - values[best] * np.einsum("a,b,c->abc", v, v, v)
    return sizes, directions
