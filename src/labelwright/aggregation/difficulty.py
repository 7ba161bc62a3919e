"""Which items are hard, and how many more votes each would need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._base import ClassAggregator
from labelwright.aggregation._choice import choose_aggregator
from labelwright.aggregation._further_votes import VotesToCome
from labelwright.aggregation._kernels import OneHotVotes
from labelwright.aggregation._peer_beliefs import entropy
from labelwright.aggregation.glad import GLAD
from labelwright.core.errors import DataError
from labelwright.core.params import Instance, Int, Nullable, OneOf, Real, check_argument
from labelwright.core.results import Result
from labelwright.core.seeds import RandomState, generator
from labelwright.core.stats import check_level, normal_quantile
from labelwright.core.votes import Votes

__all__ = ["ItemDifficulty", "item_difficulty"]

Floats = NDArray[np.float64]

# Votes of the average annotator that each one's confusions start from.
CROWD_VOTES = 5.0
# Beliefs this near in log-odds need as many votes, so that only different ones are followed.
NEAR = 0.25
FARTHEST = 8.0


@dataclass(frozen=True, eq=False)
class ItemDifficulty(Result):
    """Items with their difficulty and the votes they would still need.

    Attributes
    ----------
    items : (n_items,) array
    difficulty : (n_items,) float64
        By entropy from 0, no doubt, to 1, all classes alike; by GLAD above zero.
    belief : (n_items,) float64
        In the likeliest class.
    more : (n_items,) float64
        Expected further votes; a draw that is not done after ``most`` counts as ``most``.
    low, high : (n_items,) float64
        So many further votes it takes with a chance of ``level``; infinite beyond ``most``.
    total, total_low, total_high : float
        The same for all items together.
    target : float
        The belief to reach.
    most : int
    level : float
    measure : str
    frame : str
    """

    kind: ClassVar[str] = "item_difficulty"

    items: NDArray[Any]
    difficulty: Floats
    belief: Floats
    more: Floats
    low: Floats
    high: Floats
    total: float
    total_low: float
    total_high: float
    target: float
    most: int
    level: float
    measure: str
    frame: str = "polars"

    def to_table(self) -> Any:
        """One row an item, in the order of the votes."""
        import polars as pl

        from labelwright.core.tables import as_kind

        names = ("difficulty", "belief", "more", "low", "high")
        columns = {name: getattr(self, name) for name in names}
        table = pl.DataFrame({"item": self.items.tolist()} | columns, strict=False)
        finite = [pl.when(pl.col(n).is_finite()).then(pl.col(n)) for n in ("low", "high")]
        return as_kind(table.with_columns(finite), self.frame)


def item_difficulty(
    votes: Votes,
    model: ClassAggregator | None = None,
    *,
    target: float = 0.95,
    measure: str = "entropy",
    most: int = 50,
    n_draws: int = 200,
    level: float = 0.9,
    random_state: RandomState = 0,
) -> ItemDifficulty:
    """Say how hard each item is, and how many more votes would settle it.

    Parameters
    ----------
    votes : Votes
        On classes.
    model : aggregator, optional
        Fitted to these votes; by default the one that :func:`aggregate` would choose.
    target : float
        The belief in its likeliest class at which an item counts as settled.
    measure : {"entropy", "glad"}
        Entropy of the belief, or the difficulty of :class:`GLAD`, which is fitted if ``model`` is
        no GLAD.
    most : int
        Further votes are followed so far.
    n_draws : int
        Futures drawn for each different belief.
    level : float
        Chance that the number lies between ``low`` and ``high``.
    random_state : int, Generator or None
        Seed of the draws.

    Returns
    -------
    ItemDifficulty

    Raises
    ------
    DataError
        If the model was fitted to votes on other items.

    Notes
    -----
    For each item a truth is drawn from its belief, then annotators as often as they voted so far
    and what each would say, until the target is reached. The numbers hold if the beliefs and the
    confusions do: they are counted from the model's posterior and taken as known. On an item that
    misleads people, more votes settle the wrong class, and items in doubt are often those that
    divide people: on real crowds it took 1.1 to 1.8 times as many. An item without a vote starts
    from the class prior. A doubt that stays after ``most`` votes is a question for an expert or for
    the codebook, not for more votes.

    References
    ----------
    Wald, 1945, Sequential tests of statistical hypotheses, for how log-odds drift to a bound.

    Examples
    --------
    >>> table = {"ann": list("xxyyxy"), "bo": list("xxyyxy"), "cy": list("yxyyxx")}
    >>> found = item_difficulty(Votes.from_wide(table, votes=["ann", "bo", "cy"]), target=0.999)
    >>> found.difficulty.round(2)
    array([0.19, 0.03, 0.03, 0.03, 0.03, 0.19])
    >>> bool(found.more[0] > found.more[1] > 0), float(found.low[1]), float(found.high[1])
    (True, 1.0, 3.0)
    """
    check_argument("model", model, Nullable(Instance(ClassAggregator)))
    check_argument("target", target, Real(0, 1))
    check_argument("measure", measure, OneOf("entropy", "glad"))
    check_argument("most", most, Int(1))
    check_argument("n_draws", n_draws, Int(2))
    check_level(level)
    fitted = _fitted(votes, model)
    needed, which = _needed(votes, fitted, target, most, n_draws, random_state)
    tails = np.quantile(needed, [(1 - level) / 2, (1 + level) / 2], axis=1, method="nearest")
    low, high = np.where(tails > most, np.inf, tails)
    counted = np.minimum(needed, most)
    mean, variance = counted.mean(axis=1)[which], counted.var(axis=1)[which]
    total, spread = float(mean.sum()), float(np.sqrt(variance.sum()))
    spread *= float(normal_quantile((1 + level) / 2))
    return ItemDifficulty(
        items=votes.items,
        difficulty=_difficulty(votes, fitted, measure),
        belief=fitted.posterior_.max(axis=1),
        more=mean,
        low=low[which],
        high=high[which],
        total=total,
        total_low=max(total - spread, 0.0),
        total_high=total + spread,
        target=target,
        most=most,
        level=level,
        measure=measure,
        frame=votes.frame,
    )


def _fitted(votes: Votes, model: ClassAggregator | None) -> ClassAggregator:
    if model is None:
        return choose_aggregator(votes)[0].fit(votes)
    model._check_fitted()
    if not np.array_equal(model.items_, votes.items):
        raise DataError(
            "The model was fitted to votes on other items.", hint="Fit it to these votes first."
        )
    return model


def _difficulty(votes: Votes, fitted: ClassAggregator, measure: str) -> Floats:
    if measure == "entropy":
        return entropy(fitted.posterior_)
    glad = fitted if isinstance(fitted, GLAD) else GLAD().fit(votes)
    return glad.difficulty_


def _needed(
    votes: Votes,
    fitted: ClassAggregator,
    target: float,
    most: int,
    n_draws: int,
    random_state: RandomState,
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Draws for each different belief, and which of these each item has."""
    data = OneHotVotes(votes)
    counts, _ = data.counts(fitted.posterior_)
    crowd = counts.sum(axis=0) + 0.5
    crowd /= crowd.sum(axis=1, keepdims=True)
    rates = counts + CROWD_VOTES * crowd
    rates /= rates.sum(axis=2, keepdims=True)
    shares = np.bincount(votes.annotator, minlength=votes.n_annotators).astype(np.float64)
    beliefs, which = _different(fitted.posterior_, target)
    rng = generator(random_state, "further votes")
    return VotesToCome(rates, shares).until(beliefs, target, most, n_draws, rng), which


def _different(posterior: Floats, target: float) -> tuple[Floats, NDArray[np.int64]]:
    """Beliefs that differ, and which of them each item has; settled items share one."""
    logs = np.log(posterior.clip(min=1e-300))
    below = np.minimum(logs.max(axis=1, keepdims=True) - logs, FARTHEST)
    key = np.rint(below / NEAR).astype(np.int16)
    settled = posterior.max(axis=1) >= target
    key[settled] = -1
    _, first, which = np.unique(key, axis=0, return_index=True, return_inverse=True)
    # Rounding must not settle an item, nor unsettle one: one of the items stands for all.
    return posterior[first], which.ravel()
