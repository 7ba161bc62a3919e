"""Whether votes can tell how those who gave them err; and if not, two answers that fit alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice, permutations
from math import comb
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.aggregation._vote_checks import (
    VIEWS,
    Check,
    undetermined_annotators,
    vote_checks,
)
from labelwright.core.errors import DataError, IdentifiabilityError
from labelwright.core.params import Real, check_argument
from labelwright.core.results import Result
from labelwright.core.validation import check_probabilities
from labelwright.core.votes import Votes

__all__ = [
    "EquivalentModels",
    "Identifiability",
    "KruskalRank",
    "check_identifiability",
    "equivalent_models",
    "kruskal_rank",
]

Matrix = NDArray[np.float64]

# About so many sets of rows are looked at; twenty rows have 184,756 sets of ten.
MAX_SETS = 200_000
SETS_AT_ONCE = 2048
# How far to go towards where a probability would become zero.
FRACTIONS = (0.95, 0.8, 0.6, 0.4, 0.2, 0.1)
LEAST_APART = 1e-6


class KruskalRank(NamedTuple):
    """The largest number r such that any r rows are linearly independent.

    Attributes
    ----------
    value : int
    exact : bool
        Otherwise it is at least ``value``; there were too many sets of rows to look at.
    """

    value: int
    exact: bool

    def __str__(self) -> str:
        return str(self.value) if self.exact else f"at least {self.value}"


@dataclass(frozen=True)
class Identifiability(Result):
    """Whether confusions can be learnt, and what was looked at.

    Attributes
    ----------
    verdict : {"yes", "partly", "no", "unknown"}
        Whether there is one answer only, up to the order of the classes; "partly" if that holds for
        some annotators, "unknown" if no theorem tells.
    sentence : str
        The same in words, and why.
    checks : tuple of (name, holds, needed, said, instead)
        What was looked at; without what is needed nothing can be learnt about anybody.
    undetermined : tuple
        The annotators about whom the votes do not tell.
    instead : tuple of str
        What would do, where the verdict is not "yes".
    """

    kind: ClassVar[str] = "identifiability"

    verdict: str
    sentence: str
    checks: tuple[Check, ...]
    undetermined: tuple[Any, ...]
    instead: tuple[str, ...]

    def to_table(self) -> Any:
        """One row a check."""
        import polars as pl

        return pl.DataFrame([check._asdict() for check in self.checks])


@dataclass(frozen=True, eq=False)
class EquivalentModels(Result):
    """Two models that give the same votes the same chances.

    Attributes
    ----------
    class_priors : (2, K) float64
    confusions : (2, R, K, K) float64
        Chances [model, annotator, true, given].
    apart : float
        The largest difference between a chance in the one and in the other.
    """

    kind: ClassVar[str] = "equivalent_models"

    class_priors: Matrix
    confusions: NDArray[np.float64]
    apart: float

    @property
    def sentence(self) -> str:
        """What that means."""
        return (
            f"Two models that differ by up to {self.apart:.2f} in how annotators err, and in the "
            "shares of the classes, give every outcome of the votes the same chance. No number of "
            "items tells them apart."
        )

    def to_table(self) -> Any:
        """One row a model, annotator, true and given class."""
        import polars as pl

        names = ("model", "annotator", "true", "given")
        places = np.indices(self.confusions.shape).reshape(4, -1)
        columns: dict[str, Any] = dict(zip(names, places, strict=True))
        return pl.DataFrame(columns | {"chance": self.confusions.ravel()})


def kruskal_rank(matrix: ArrayLike, *, tol: float = 1e-9) -> KruskalRank:
    """The Kruskal rank of the rows of a matrix: the largest r such that any r are independent.

    Parameters
    ----------
    matrix : (K, L) array-like
        Such as a confusion matrix, a row a true class.
    tol : float
        Rows, scaled to length one, count as dependent if some combination of them with weights of
        length one is no longer than this.

    Returns
    -------
    KruskalRank
        Exact up to about twenty rows, and where all rows are independent; above that it may be
        "at least".

    References
    ----------
    Kruskal, 1977, Three-way arrays: rank and uniqueness of trilinear decompositions.

    Examples
    --------
    >>> kruskal_rank([[1, 0, 0], [0, 1, 0], [1, 1, 0]])
    KruskalRank(value=2, exact=True)
    """
    check_argument("tol", tol, Real(0, 1))
    rows = np.asarray(matrix, dtype=np.float64)
    if rows.ndim != 2 or not rows.size or not np.isfinite(rows).all():
        raise DataError(
            f"The matrix has shape {rows.shape}, or holds what is no number.",
            hint="Give a matrix of finite numbers, a row a class.",
        )
    lengths = np.linalg.norm(rows, axis=1)
    if (lengths == 0).any():
        return KruskalRank(0, True)
    rows = rows / lengths[:, None]
    n, rank = len(rows), int(np.linalg.matrix_rank(rows, tol=tol))
    if rank == n:
        return KruskalRank(n, True)
    looked_at = 0
    for size in range(2, rank + 1):
        looked_at += comb(n, size)
        if looked_at > MAX_SETS:
            return KruskalRank(size - 1, False)
        if _some_dependent(rows, size, tol):
            return KruskalRank(size - 1, True)
    return KruskalRank(rank, True)


def _some_dependent(rows: Matrix, size: int, tol: float) -> bool:
    sets = combinations(range(len(rows)), size)
    while chosen := list(islice(sets, SETS_AT_ONCE)):
        smallest = np.linalg.svd(rows[np.array(chosen)], compute_uv=False)[:, -1]
        if (smallest <= tol).any():
            return True
    return False


def check_identifiability(given: Votes | ArrayLike) -> Identifiability:
    """Whether the confusions of annotators, or the noise of labels, can be learnt from votes alone.

    Taken is that annotators err independently given the class, each by a confusion matrix, and are
    better than chance on average, which settles the order of the classes. Whether that is so, votes
    cannot tell.

    Parameters
    ----------
    given : Votes, or (R, K, K) array-like
        Votes, which are looked at for what it takes: three votes on an item, annotators linked by
        common items, classes that occur, annotators who say more than one thing. Or confusion
        matrices of the R annotators of each item, [annotator, true, given], for which Kruskal's
        theorem is worked out.

    Returns
    -------
    Identifiability

    Notes
    -----
    One or two votes an item do not determine confusions, however many items there are; see
    :func:`equivalent_models`. Three do if the Kruskal ranks of the confusions add up to 2K + 2, for
    which it is enough that they have inverses; R votes if they add up to 2K + R - 1. That is about
    infinitely many items: with few, or with nearly equal rows, answers exist and are poor.

    References
    ----------
    Liu, Cheng and Zhang, 2023, Identifiability of label noise transition matrix. Kruskal, 1977,
    Three-way arrays. Sidiropoulos and Bro, 2000, On the uniqueness of multilinear decomposition of
    N-way arrays.

    Examples
    --------
    >>> votes = Votes.from_wide({"a": list("xxyy"), "b": list("xyyy")}, votes=["a", "b"])
    >>> check_identifiability(votes).verdict
    'no'
    >>> noisy = [[0.8, 0.2], [0.3, 0.7]]
    >>> check_identifiability([noisy, noisy, noisy]).verdict
    'yes'
    """
    if isinstance(given, Votes):
        return _check_votes(given)
    return _check_confusions(_read_confusions(given))


def _check_votes(votes: Votes) -> Identifiability:
    checks = vote_checks(votes)
    undetermined = votes.annotators[undetermined_annotators(votes)]
    failed = [check for check in checks if not check.holds]
    if any(check.needed for check in failed):
        verdict, said = "no", "cannot be learnt from these votes."
        undetermined = votes.annotators
    elif failed:
        verdict, said = "partly", "can be learnt from these votes in part only."
    else:
        verdict, said = "yes", "can be learnt from these votes, if they err independently."
    return Identifiability(
        verdict,
        " ".join([f"How annotators err {said}", *(check.said for check in failed)]),
        checks,
        tuple(undetermined.tolist()),
        tuple(check.instead for check in failed),
    )


def _read_confusions(given: ArrayLike) -> NDArray[np.float64]:
    """Confusions (R, K, K); one (K, K) is that of one annotator."""
    confusions = np.asarray(given, dtype=np.float64)
    if confusions.ndim not in (2, 3) or confusions.shape[-1] != confusions.shape[-2]:
        raise DataError(
            f"confusions has shape {confusions.shape}.",
            hint="Give (R, K, K) chances: [annotator, true class, given class].",
        )
    k = confusions.shape[-1]
    check_probabilities(confusions.reshape(-1, k), name="confusions, row by row")
    return confusions.reshape(-1, k, k)


def _check_confusions(confusions: NDArray[np.float64]) -> Identifiability:
    n, k = confusions.shape[:2]
    ranks = [kruskal_rank(one) for one in confusions]
    total, wanted = sum(rank.value for rank in ranks), 2 * k + n - 1
    checks = (
        Check(
            "votes an item",
            n >= VIEWS,
            True,
            f"There are {n} votes an item, and three are needed.",
            "A third vote; gold for some items; or a single chance of errors for all classes.",
        ),
        Check(
            "Kruskal ranks",
            total >= wanted,
            False,
            f"The Kruskal ranks of the confusions are {', '.join(map(str, ranks))}; they add up to "
            f"{total}, and {wanted} is enough.",
            "Annotators who tell all classes apart, or more of them.",
        ),
    )
    if n < VIEWS:
        verdict, said = "no", "do not determine the confusions, however many items there are."
    elif total >= wanted:
        verdict, said = "yes", "determine the confusions up to the order of the classes."
    else:
        verdict, said = "unknown", "may or may not determine the confusions: no theorem tells."
    failed = [check for check in checks if not check.holds]
    return Identifiability(
        verdict,
        " ".join([f"Votes with such errors {said}", *(check.said for check in failed)]),
        checks,
        () if verdict == "yes" else tuple(range(n)),
        tuple(check.instead for check in failed),
    )


def equivalent_models(
    confusions: ArrayLike, class_prior: ArrayLike | None = None
) -> EquivalentModels:
    """A model that gives one or two votes an item the same chances as the model given, and differs.

    The chances of two votes are A'B, where A holds the confusions of the one, each row times the
    share of its class, and B those of the other. They are as well those of A with the inverse of
    some R and B with R. Of all R that mix two classes and leave every chance above zero and every
    class most often called by its name, that which moves the confusions most is taken.

    Parameters
    ----------
    confusions : (K, K) or (R, K, K) array-like, R = 1 or 2
        Chances [annotator, true, given] of each vote on an item.
    class_prior : (K,) array-like, optional
        Shares of the classes; equal by default.

    Returns
    -------
    EquivalentModels

    Raises
    ------
    IdentifiabilityError
        For three votes or more, which may well determine the model; and where there is no such
        other model, as for votes without errors.

    Examples
    --------
    >>> found = equivalent_models([[0.8, 0.2], [0.3, 0.7]])
    >>> found.confusions[:, 0].round(2).tolist()
    [[[0.8, 0.2], [0.3, 0.7]], [[0.8, 0.2], [0.02, 0.98]]]
    >>> [round(float(c @ t[0, :, 0]), 9) for c, t in zip(found.class_priors, found.confusions)]
    [0.55, 0.55]
    """
    given = _read_confusions(confusions)
    n, k = given.shape[:2]
    if n >= VIEWS:
        raise IdentifiabilityError(
            f"{n} votes an item may determine the model, so that there is no other.",
            hint="Give the confusions of one vote or of two; see check_identifiability.",
        )
    stated = np.full(k, 1 / k) if class_prior is None else np.asarray(class_prior)
    prior = check_probabilities(stated[None], n_classes=k, name="class_prior")[0]
    best = max(
        _others(prior, given), key=lambda other: np.abs(other[1] - given).max(), default=None
    )
    if best is None:
        raise IdentifiabilityError("There is no other model with the same chances.")
    return EquivalentModels(
        np.array([prior, best[0]]),
        np.array([given, best[1]]),
        float(np.abs(best[1] - given).max()),
    )


def _others(prior: Matrix, given: NDArray[np.float64]) -> Iterator[tuple[Matrix, Matrix]]:
    """Other models, as class prior and confusions, that give votes the same chances."""
    n, k = given.shape[:2]
    best_of = given.argmax(axis=2) == np.arange(k)
    for turned in (False, True)[:n]:
        ordered = given[::-1] if turned else given
        # A single vote is one of two, of which the other says nothing.
        first = prior[:, None] * (ordered[0] if n == 2 else np.ones((k, 1)))
        for one, other in permutations(range(k), 2):
            for share in _shares(first, ordered[-1], one, other):
                joint, last = _mixed(first, ordered[-1], one, other, share)
                other_prior = joint.sum(axis=1)
                found = np.array([joint / other_prior[:, None], last] if n == 2 else [last])
                found = found[::-1] if turned else found
                still_best = (found.argmax(axis=2) == np.arange(k)) | ~best_of
                if still_best.all() and np.abs(found - given).max() > LEAST_APART:
                    yield other_prior, found


def _mixed(
    first: Matrix, last: Matrix, one: int, other: int, share: float
) -> tuple[Matrix, Matrix]:
    """``first'last`` with a share of row ``other`` mixed into row ``one`` of ``last``."""
    first, last = first.copy(), last.copy()
    last[one] += share * (last[other] - last[one])
    first[other] -= share / (1 - share) * first[one]
    first[one] /= 1 - share
    return first, last


def _shares(first: Matrix, last: Matrix, one: int, other: int) -> list[float]:
    """Shares to mix by, more than nothing and less than nothing, that leave chances above zero."""
    room = np.divide(
        first[other], first[one], out=np.full(first.shape[1], np.inf), where=first[one] > 0
    )
    most = 1.0 if np.isinf(room.min()) else float(room.min() / (1 + room.min()))
    drop = last[other] - last[one]
    least = float((last[one][drop > 0] / drop[drop > 0]).min(initial=np.inf))
    ends = [most] if np.isinf(least) else [most, -least]
    return [end * fraction for end in ends for fraction in FRACTIONS]
