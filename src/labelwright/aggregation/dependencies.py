"""Which rules depend on each other beyond the class that they vote on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special
from threadpoolctl import threadpool_limits

from labelwright.aggregation._class_balance import ClassBalance, stated_balance
from labelwright.aggregation._moment_fit import PRECISION, SMOOTHING, MomentFit, RuleMoments
from labelwright.aggregation._rule_columns import RuleColumns
from labelwright.aggregation._rule_moments import pair_shares
from labelwright.core.errors import CapabilityError, DataError, ParameterError
from labelwright.core.params import Int, Real, check_argument
from labelwright.core.results import Result
from labelwright.core.stats import benjamini_hochberg
from labelwright.core.votes import Votes

__all__ = ["RuleDependencies", "suggest_dependencies"]

TOL, MAX_ITER = 1e-8, 1000
# Fewer expected agreements are too few for a normal distribution.
LEAST_EXPECTED = 5.0


@dataclass(frozen=True)
class RuleDependencies(Result):
    """Pairs of rules that agree more often than they would if they only shared the class.

    Attributes
    ----------
    pairs : tuple of (rule, rule)
        In the order found, the strongest first; made to be given to :class:`LabelModel` as
        ``dependencies``.
    agreed : tuple of int
        Items on which the two gave the same vote.
    expected : tuple of float
        On how many they would have, if independent given the class.
    z : tuple of float
        The difference in standard deviations.
    p_value : tuple of float
        Adjusted for the number of pairs looked at (Benjamini-Hochberg).
    """

    kind: ClassVar[str] = "rule_dependencies"

    pairs: tuple[tuple[Any, Any], ...]
    agreed: tuple[int, ...]
    expected: tuple[float, ...]
    z: tuple[float, ...]
    p_value: tuple[float, ...]

    def to_table(self) -> Any:
        """One row a pair."""
        import polars as pl

        return pl.DataFrame(
            {
                "first": [first for first, _ in self.pairs],
                "second": [second for _, second in self.pairs],
                "agreed": list(self.agreed),
                "expected": list(self.expected),
                "z": list(self.z),
                "p_value": list(self.p_value),
            },
            strict=False,
        )


def suggest_dependencies(
    votes: Votes,
    *,
    class_balance: str | Sequence[float] | Mapping[Any, float] = "uniform",
    level: float = 0.01,
    max_pairs: int = 10,
) -> RuleDependencies:
    """Find pairs of rules that agree more often than the label model without them explains.

    A model that takes the rules to be independent given the class is fitted to all pairs of votes.
    The pair whose agreement stands out most is taken out, the model fitted again to the other
    pairs, and so on until nothing stands out. So a strong dependence does not make others look
    dependent.

    Parameters
    ----------
    votes : Votes
        Of rules, on classes.
    class_balance : "uniform", sequence (K,) or mapping of class to share
        As in :class:`LabelModel`.
    level : float
        Share of false suggestions that is allowed among all.
    max_pairs : int
        How many pairs at most.

    Returns
    -------
    RuleDependencies

    Raises
    ------
    DataError
        If fewer than four rules voted: of three, no pair can stand out.

    Notes
    -----
    On real rules the model is never quite right, and with many items even small dependencies stand
    out. Each pair that is declared also takes from what can be learnt: of ten sets of real rules,
    declaring all that was suggested made beliefs better on two and worse on seven. Declare those
    that you understand, such as two rules that look for the same words. Rules that exclude each
    other are not found.

    References
    ----------
    Benjamini and Hochberg, 1995, for the false suggestions.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.integers(0, 2, 4000)
    >>> right = rng.random((4000, 6)) < 0.75
    >>> given = np.where(right, truth[:, None], 1 - truth[:, None])
    >>> given[:, 5] = np.where(rng.random(4000) < 0.5, given[:, 4], given[:, 5])
    >>> suggest_dependencies(Votes.from_matrix(given, annotators=list("abcdef"))).pairs
    (('e', 'f'),)
    """
    check_argument("level", level, Real(0, 1))
    check_argument("max_pairs", max_pairs, Int(1))
    balance = _checked_balance(votes, class_balance)
    rules = RuleColumns.learn(votes, [])
    columns = rules.encode(votes, votes.annotator)
    used = np.flatnonzero(np.bincount(columns.column, minlength=rules.n_columns))
    rule, given = np.divmod(used, rules.n_classes)
    names = votes.annotators[np.unique(rule)].tolist()
    if len(names) < 4:
        raise DataError(
            f"{len(names)} rules voted, and no pair of so few can stand out from the others.",
            hint="At least four rules are needed.",
        )
    _, place = np.unique(rule, return_inverse=True)
    found = []
    with threadpool_limits(1, user_api="blas"):
        pairs = pair_shares(columns, used, rules.n_columns)
        apart = rule[:, None] != rule
        for _ in range(max_pairs):
            moments = RuleMoments(votes.n_items, pairs, apart, rules.votes_for[used], len(names))
            excess = _strongest(moments, balance, place, given)
            if excess is None or excess.p_value > level:
                break
            found.append(excess)
            of_first, of_second = place == excess.first, place == excess.second
            apart[np.ix_(of_first, of_second)] = apart[np.ix_(of_second, of_first)] = False
    return RuleDependencies(
        tuple((names[e.first], names[e.second]) for e in found),
        tuple(e.agreed for e in found),
        tuple(e.expected for e in found),
        tuple(e.z for e in found),
        tuple(e.p_value for e in found),
    )


class _Excess(NamedTuple):
    """Two rules, by place, and by how much they agree too often."""

    first: int
    second: int
    agreed: int
    expected: float
    z: float
    p_value: float


def _checked_balance(votes: Votes, class_balance: Any) -> NDArray[np.float64]:
    check_argument("class_balance", class_balance, ClassBalance())
    balance = stated_balance(class_balance, votes.classes)
    if balance is None:
        raise ParameterError(
            "The class balance cannot be estimated while dependencies are unknown.",
            hint="Give shares, or 'uniform'.",
        )
    if votes.has_open_answers:
        raise CapabilityError("Votes that leave several classes open are not looked at here.")
    return balance


def _strongest(
    moments: RuleMoments,
    balance: NDArray[np.float64],
    rule: NDArray[np.int64],
    given: NDArray[np.int64],
) -> _Excess | None:
    """The pair of rules, among those taken to be apart, whose agreement stands out most."""
    fit = MomentFit(moments, class_balance=balance, precision=PRECISION, smoothing=SMOOTHING)
    believed, _ = fit.climb(tol=TOL, max_iter=MAX_ITER, name="suggest_dependencies")
    same = (given[:, None] == given) & moments.apart
    of_rule = (np.arange(rule.max() + 1)[:, None] == rule).astype(float)
    seen, expected = (
        of_rule @ (share * same) @ of_rule.T * moments.n_items
        for share in (moments.pairs, fit.expected_pairs(believed))
    )
    first, second = np.nonzero(np.triu(expected >= LEAST_EXPECTED, k=1))
    if not first.size:
        return None
    mean = expected[first, second]
    spread = np.sqrt(mean * (1 - mean / moments.n_items).clip(min=1 / moments.n_items))
    z = (seen[first, second] - mean) / spread
    p_values = benjamini_hochberg(special.ndtr(-z))
    best = int(z.argmax())
    return _Excess(
        int(first[best]),
        int(second[best]),
        round(float(seen[first[best], second[best]])),
        float(mean[best]),
        float(z[best]),
        float(p_values[best]),
    )
