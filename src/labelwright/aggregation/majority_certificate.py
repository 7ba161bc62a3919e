"""Whether any aggregation of these votes could beat the majority, and by how much at most.

If annotators err independently by known confusions, no rule errs less than the choice of the most
probable class. Where that is always what most voted for, majority vote is optimal.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.aggregation._confusion_em import ConfusionEM
from labelwright.aggregation._vote_draws import errors_on_redrawn, items_with_votes
from labelwright.aggregation._vote_outcomes import (
    MOST_VOTES,
    N_DRAWS,
    TINY,
    enumerate_all,
    exact_margin,
    outcomes_of,
    votes_to_close,
)
from labelwright.aggregation.dawid_skene import DawidSkene
from labelwright.core.errors import (
    CapabilityError,
    DataError,
    LabelwrightWarning,
    ParameterError,
    unknown_name,
)
from labelwright.core.params import Instance, Int, Nullable, Real, check_argument
from labelwright.core.results import Result
from labelwright.core.seeds import RandomState, generator
from labelwright.core.stats import check_level, normal_quantile
from labelwright.core.validation import check_probabilities
from labelwright.core.votes import Votes

__all__ = ["MajorityCertificate", "majority_certificate", "tolerable_noise", "vote_error"]

Floats = NDArray[np.float64]

RULES = ("majority", "best")
NOISE_STEPS = 64


@dataclass(frozen=True)
class MajorityCertificate(Result):
    """How far majority vote is from the best aggregation there can be.

    Attributes
    ----------
    optimal : bool or None
        Whether nothing beats majority vote by more than ``tolerance``; None if it cannot be said.
    gap, low, high : float
        Share of the items that the best aggregation gets right and majority vote wrong, more than
        the other way round; with the ends of its interval. Equal where it was computed exactly.
    majority_error, best_error : float
        Expected shares of wrong labels. Ties of the majority are broken at random.
    margin : float
        The least log odds, over all outcomes, of what the majority chooses against what else is
        most probable; majority vote is exactly optimal from 0 up. NaN if not all were looked at.
    n_votes : float
        Votes on an item, on average.
    votes_to_close : int or None
        So many votes of average annotators, by majority, err no more than the best aggregation of
        the present ones: no more than there are if ``optimal``, None if it would take more than 99.
    tolerance : float
    method : str
        How outcomes were gone through.
    """

    kind: ClassVar[str] = "majority_certificate"

    optimal: bool | None
    gap: float
    low: float
    high: float
    majority_error: float
    best_error: float
    margin: float
    n_votes: float
    votes_to_close: int | None
    tolerance: float
    method: str

    def sentence(self) -> str:
        """What was found, in a sentence or two."""
        if self.optimal:
            best = f"gains more than {self.high:.1%}" if self.high else "errs less"
            return (
                f"Majority vote is enough here: it errs on {self.majority_error:.1%} of the items, "
                f"and no aggregation of these votes {best}."
            )
        more = (
            f"By majority it would take {self.votes_to_close} votes an item to do as well."
            if self.votes_to_close
            else f"By majority not even {MOST_VOTES} votes an item would do as well."
        )
        found = (
            f"majority vote errs on {self.majority_error:.1%} of the items and the best "
            f"aggregation on {self.best_error:.1%}, a gain of {self.low:.1%} to {self.high:.1%}."
        )
        if self.optimal is None:
            return f"It cannot be said whether majority vote is enough: expected is that {found}"
        return f"Majority vote can be beaten: {found} {more}"

    @classmethod
    def from_votes(
        cls,
        votes: Votes,
        *,
        model: ConfusionEM | None = None,
        tolerance: float = 0.005,
        level: float = 0.95,
        n_halves: int = 20,
        random_state: RandomState = 0,
    ) -> Self:
        """What confusions learnt from votes say about majority vote on such votes.

        Votes of the same people on the same items are drawn from the model, again and again, and
        aggregated by majority and by the model. The interval is for having learnt from these items
        and no others: the model is learnt from random halves of them, whose gaps scatter about
        that of the whole as much as those of other samples of items would.

        It is only as good as the model. Where annotators err together, as language models or
        people on hard items do, both errors are put too low and the gap may be far off: if some
        gold shows that majority errs much more often than ``majority_error``, do not believe it.

        Parameters
        ----------
        votes : Votes
            On classes.
        model : ConfusionEM, optional
            A :class:`DawidSkene` by default; it is cloned, not changed.
        tolerance : float
            A gain that would not be worth the trouble. Since estimated confusions are never quite
            alike, the question is whether the gap lies above or below it.
        level : float
            Confidence of the interval.
        n_halves : int
            How many halves the model is learnt from.
        random_state : int, Generator or None

        Returns
        -------
        MajorityCertificate
            Its ``margin`` is NaN, since a few of all possible outcomes are drawn.

        Raises
        ------
        CapabilityError
            If votes are anonymous or leave classes open.
        DataError
            If fewer than four items have votes, or only one class is there.

        Examples
        --------
        >>> table = {"ann": list("xyxyxyyx"), "bo": list("xyxyxyyx"), "cy": list("xyxyxyxy")}
        >>> votes = Votes.from_wide(table, votes=list(table))
        >>> certificate = MajorityCertificate.from_votes(votes)
        >>> certificate.n_votes, certificate.low <= certificate.gap <= certificate.high
        (3.0, True)
        """
        check_argument("model", model, Nullable(Instance(ConfusionEM)))
        check_argument("tolerance", tolerance, Real(0, 1))
        check_argument("n_halves", n_halves, Int(2))
        quantile = float(normal_quantile((1 + check_level(level)) / 2))
        voted = items_with_votes(votes)
        rng = generator(random_state, "majority certificate")
        learner = DawidSkene() if model is None else model
        fitted = learner.clone().fit(votes)
        found = errors_on_redrawn(votes, fitted, rng)
        gap = found.majority - found.best
        gaps = _gaps_of_halves(votes, voted, learner, n_halves, rng)
        spread = quantile * math.sqrt(np.mean(np.square(gaps - gap)))
        low, high = max(gap - spread, 0.0), gap + spread
        optimal = None if low <= tolerance < high else high <= tolerance
        by_annotator = np.bincount(votes.annotator, minlength=votes.n_annotators)
        n_votes = len(votes) / voted.size
        close: int | None = math.ceil(n_votes)
        if not optimal:
            mean = np.average(fitted.confusion_, axis=0, weights=by_annotator)
            close = votes_to_close(mean, fitted.class_prior_, math.ceil(n_votes), found, rng)
        return cls(
            optimal=optimal,
            gap=gap,
            low=low,
            high=high,
            majority_error=found.majority,
            best_error=found.best,
            margin=math.nan,
            n_votes=n_votes,
            votes_to_close=close,
            tolerance=tolerance,
            method=f"votes drawn from {learner!r}, {n_halves} halves of the items",
        )

    def to_table(self) -> Any:
        """One row."""
        import polars as pl

        return pl.DataFrame([{k: v for k, v in self.to_dict().items() if k != "kind"}])


def majority_certificate(
    confusion: ArrayLike,
    prior: ArrayLike | None = None,
    *,
    n_votes: int | None = None,
    n_draws: int = N_DRAWS,
    level: float = 0.95,
    random_state: RandomState = 0,
) -> MajorityCertificate:
    """Certify whether majority vote is the best aggregation of votes with known confusions.

    Parameters
    ----------
    confusion : (H, K, K) or (K, K) array-like
        P(given | true) as [annotator, true, given], of the H people who vote on an item; or one
        matrix for ``n_votes`` equal people.
    prior : (K,) array-like, optional
        How common the classes are; equally by default.
    n_votes : int, optional
        With one matrix: votes on an item.
    n_draws : int
        Where outcomes are too many to go through (2**20 counts of votes of equal annotators,
        2**20 patterns of others), so many are drawn. What majority and best aggregation get right
        is then an estimate with an interval, and ``optimal`` may be None.
    level : float
        Confidence of the interval.
    random_state : int, Generator or None
        For the draws.

    Returns
    -------
    MajorityCertificate
        Its ``tolerance`` is 0: with known confusions optimal means optimal.

    Raises
    ------
    DataError
        If a row does not sum to one, or a class has prior 0.
    ParameterError
        If ``n_votes`` is missing, or given for several matrices.

    Notes
    -----
    Votes are taken to be independent given the class. For two classes optimality is decided
    exactly for any number of annotators. Of an odd number of equal annotators, right with the same
    probability p for either class, the majority is optimal exactly if p is at least the share of
    the commoner class, however many there are.

    References
    ----------
    Purificato, Bucarelli, Nelakanti, Bacciu, Silvestri and Mantrach, 2025, The majority vote
    paradigm shift: when popular meets optimal. Nitzan and Paroush, 1982, for the best weights.

    Examples
    --------
    >>> alike = [[0.8, 0.2], [0.2, 0.8]]
    >>> majority_certificate(alike, [0.7, 0.3], n_votes=3).optimal
    True
    >>> certificate = majority_certificate(alike, [0.9, 0.1], n_votes=3)
    >>> certificate.optimal, round(certificate.gap, 3), certificate.votes_to_close
    (False, 0.048, 7)
    """
    check_level(level)
    check_argument("n_draws", n_draws, Int(2))
    matrices, shares = _read(confusion, prior, n_votes)
    rng = generator(random_state, "majority certificate")
    outcomes = outcomes_of(matrices, shares, n_draws, rng)
    errors = outcomes.errors()
    margin = exact_margin(matrices, shares, outcomes)
    known = outcomes.margin() if math.isnan(margin) else margin
    optimal = False if known < -TINY else None if math.isnan(margin) else True
    gap = 0.0 if optimal else errors.majority - errors.best
    spread = 0.0 if optimal else float(normal_quantile((1 + level) / 2)) * errors.deviation
    h = len(matrices)
    return MajorityCertificate(
        optimal=optimal,
        gap=gap,
        low=max(gap - spread, 0.0),
        high=gap + spread,
        majority_error=errors.majority,
        best_error=errors.best,
        margin=margin,
        n_votes=float(h),
        votes_to_close=h
        if optimal
        else votes_to_close(matrices.mean(axis=0), shares, h, errors, rng),
        tolerance=0.0,
        method=f"{len(outcomes.counts):,} outcomes{' drawn' if outcomes.drawn else ''}",
    )


def vote_error(
    confusion: ArrayLike,
    prior: ArrayLike | None = None,
    *,
    n_votes: int | None = None,
    rule: str = "majority",
    n_draws: int = N_DRAWS,
    random_state: RandomState = 0,
) -> float:
    """Expected share of wrong labels when votes with known confusions are aggregated.

    Parameters
    ----------
    confusion, prior, n_votes, n_draws, random_state
        As in :func:`majority_certificate`.
    rule : {"majority", "best"}
        What most voted for, ties at random; or the most probable class.

    Returns
    -------
    float
        Exact where outcomes could all be gone through.

    Examples
    --------
    >>> [round(vote_error([[0.8, 0.2], [0.2, 0.8]], n_votes=n), 4) for n in (1, 3, 5)]
    [0.2, 0.104, 0.0579]
    """
    if rule not in RULES:
        raise unknown_name("rule", rule, RULES, error=ParameterError)
    check_argument("n_draws", n_draws, Int(2))
    matrices, shares = _read(confusion, prior, n_votes)
    errors = outcomes_of(matrices, shares, n_draws, generator(random_state, "vote error")).errors()
    return errors.majority if rule == "majority" else errors.best


def tolerable_noise(
    confusion: ArrayLike,
    prior: ArrayLike | None = None,
    *,
    n_votes: int | None = None,
    toward: ArrayLike | None = None,
) -> float:
    """How much noise annotators can bear before majority vote stops being optimal.

    Each confusion moves in a straight line: with a share s of noise it is 1 - s times what it was
    plus s times the noise.

    Parameters
    ----------
    confusion, prior, n_votes
        As in :func:`majority_certificate`.
    toward : (K, K) array-like, optional
        The confusion of pure noise; by default any class is given equally often.

    Returns
    -------
    float
        The share of noise up to which majority vote is optimal without a break: 1 if it always is,
        0 if it is not even now.

    Raises
    ------
    CapabilityError
        If whether it is optimal cannot be computed for so many outcomes.

    Notes
    -----
    Breaks are looked for at 64 points along the line and then closed in on.

    Examples
    --------
    >>> round(tolerable_noise([[0.9, 0.1], [0.1, 0.9]], [0.7, 0.3], n_votes=5), 6)
    0.5
    """
    matrices, shares = _read(confusion, prior, n_votes)
    k = shares.size
    noise = np.full((1, k, k), 1 / k) if toward is None else _read(toward, shares, 1)[0]

    def optimal(share: float) -> bool:
        moved = (1 - share) * matrices + share * noise
        margin = exact_margin(moved, shares, enumerate_all(moved, shares))
        if math.isnan(margin):
            raise CapabilityError(
                f"{len(matrices)} annotators and {k} classes have too many outcomes to go through.",
                hint="For equal annotators give one matrix and n_votes. Two classes have no limit "
                "if no entry is zero.",
            )
        return margin >= -TINY

    steps = np.linspace(0, 1, NOISE_STEPS + 1)
    broken = next((place for place, share in enumerate(steps) if not optimal(share)), None)
    if not broken:
        return 1.0 if broken is None else 0.0
    low, high = float(steps[broken - 1]), float(steps[broken])
    while high - low > TINY:
        middle = (low + high) / 2
        low, high = (middle, high) if optimal(middle) else (low, middle)
    return low


def _gaps_of_halves(
    votes: Votes,
    voted: NDArray[np.intp],
    learner: ConfusionEM,
    n_halves: int,
    rng: np.random.Generator,
) -> Floats:
    """The gap (n_halves,) as learnt from random halves of the items that have votes."""
    gaps = []
    for _ in range(n_halves):
        half = votes.select(items=votes.items[rng.permutation(voted)[: voted.size // 2]])
        with warnings.catch_warnings():
            # What there is to warn of was said of the whole.
            warnings.simplefilter("ignore", LabelwrightWarning)
            errors = errors_on_redrawn(half, learner.clone().fit(half), rng)
        gaps.append(errors.majority - errors.best)
    return np.array(gaps)


def _read(
    confusion: ArrayLike, prior: ArrayLike | None, n_votes: int | None
) -> tuple[Floats, Floats]:
    """Confusions (H, K, K) and the prior (K,), checked; rows sum to one."""
    array = np.asarray(confusion, dtype=np.float64)
    if array.ndim not in (2, 3) or array.shape[-1] != array.shape[-2] or array.shape[-1] < 2:
        raise DataError(
            f"confusion has shape {array.shape}.",
            hint="Give (H, K, K) for H annotators, or (K, K) with n_votes=; K is 2 or more.",
        )
    if (array.ndim == 2) == (n_votes is None):
        raise ParameterError(
            f"confusion has shape {array.shape} and n_votes is {n_votes}.",
            hint="n_votes goes with one matrix (K, K), and only with that.",
        )
    k = array.shape[-1]
    rows = check_probabilities(array.reshape(-1, k), name="confusion")
    matrices = (rows / rows.sum(axis=1, keepdims=True)).reshape(-1, k, k)
    if n_votes is not None:
        check_argument("n_votes", n_votes, Int(1))
        matrices = np.repeat(matrices, n_votes, axis=0)
    shares = np.full((1, k), 1 / k) if prior is None else np.asarray(prior, dtype=float)[None]
    shares = check_probabilities(shares, n_classes=k, name="prior")[0]
    if (shares == 0).any():
        raise DataError(
            f"Class {int(shares.argmin())} has prior 0.", hint="Leave out classes that never are."
        )
    return matrices, shares / shares.sum()
