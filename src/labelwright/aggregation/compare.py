"""Which aggregator suits one's own votes: how well each predicts votes that it did not see."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._base import ClassAggregator, encode_gold
from labelwright.aggregation._confusion_em import check_size
from labelwright.aggregation._held_out import Outcome, hold_out, measure
from labelwright.aggregation._public import needs_only_votes, public_aggregators
from labelwright.aggregation.majority_vote import MajorityVote
from labelwright.core.errors import ParameterError
from labelwright.core.params import Int, check_argument
from labelwright.core.progress import track
from labelwright.core.results import Result
from labelwright.core.seeds import RandomState, generator
from labelwright.core.stats import wilson_interval
from labelwright.core.votes import Votes

__all__ = ["Compared", "Comparison", "compare"]

BASELINE = "majority-vote"
LEVEL = 0.95
N_RESAMPLES = 1000

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Compared(Result):
    """How one aggregator did.

    Attributes
    ----------
    aggregator : str
    log_likelihood : float
        Mean log probability that it gave to held-out votes; higher is better.
    difference, low, high : float
        To majority vote on the same held-out votes, with a 95 % interval.
    agreement : float
        Share of the items with votes to which it gives the label of majority vote.
    seconds : float
        Of one fit to all votes.
    confusion : {"own", "estimated"}
        Whether it has confusion matrices of its own.
    accuracy, accuracy_low, accuracy_high : float
        Accuracy on the gold labels with a 95 % Wilson interval; NaN without gold.
    note : str
        Why there are no figures, or what the aggregator warned of.
    """

    kind: ClassVar[str] = "compared"

    aggregator: str
    log_likelihood: float = np.nan
    difference: float = np.nan
    low: float = np.nan
    high: float = np.nan
    agreement: float = np.nan
    seconds: float = np.nan
    confusion: str = ""
    accuracy: float = np.nan
    accuracy_low: float = np.nan
    accuracy_high: float = np.nan
    note: str = ""

    def to_table(self) -> Any:
        """One row."""
        return _table((self,))


@dataclass(frozen=True)
class Comparison(Result):
    """Aggregators compared on the same votes.

    Attributes
    ----------
    rows : tuple of Compared
        Best first; those that failed at the end.
    n_held_out : int
        Held-out votes, one an item.
    n_folds : int
    n_gold : int
        Items with gold.
    level : float
        Confidence of the intervals.
    """

    kind: ClassVar[str] = "comparison"

    rows: tuple[Compared, ...]
    n_held_out: int
    n_folds: int
    n_gold: int
    level: float = LEVEL

    def to_table(self) -> Any:
        """One row an aggregator, best first; columns on gold only where there is some."""
        table = _table(self.rows)
        return table if self.n_gold else table.drop("accuracy", "accuracy_low", "accuracy_high")


def _table(rows: tuple[Compared, ...]) -> Any:
    import polars as pl

    table = pl.DataFrame([row.to_dict() for row in rows]).drop("kind")
    floats = [name for name, kind in Compared.__annotations__.items() if kind == "float"]
    return table.with_columns(pl.col(floats).cast(pl.Float64))


def compare(
    votes: Votes,
    aggregators: Mapping[str, ClassAggregator] | None = None,
    *,
    gold: Mapping[Any, Any] | Sequence[Any] | None = None,
    n_folds: int = 5,
    random_state: RandomState = 0,
) -> Comparison:
    """Compare aggregators by how well they predict held-out votes.

    In each fold one vote is held out of every item of that fold, and every aggregator learns from
    all other votes. It is scored by the log of the probability that it gives to the held-out vote,
    the sum over classes of its belief in the class and the chance that this annotator then says so.

    Parameters
    ----------
    votes : Votes
        On classes.
    aggregators : mapping of name to aggregator, optional
        By default all of Labelwright that need nothing but votes, with their defaults. Majority
        vote is always added, since the others are held against it.
    gold : mapping of item to label, or sequence (n_items,), optional
        No aggregator sees it; accuracy on it is added to the table.
    n_folds : int
        In how many parts items with two votes or more are divided.
    random_state : int, Generator or None
        Which votes are held out, and the seed of every aggregator: all have the same.

    Returns
    -------
    Comparison
        An aggregator that fails has a row whose ``note`` says why.

    Raises
    ------
    DataError
        If fewer than ``n_folds`` items have two votes.
    ParameterError
        If ``aggregators`` is no mapping of names to aggregators.

    Notes
    -----
    Where an aggregator has confusion matrices of its own (``confusion_``) these give the chance of
    the annotator's answer; for all others they are estimated from its beliefs about the training
    votes, with 5 pseudo-votes a class divided as all annotators together err. Intervals are
    percentiles of 1000 bootstrap samples of the held-out votes, paired with those of majority vote.

    To predict further votes well is not the same as to be right: where annotators share a mistake,
    the model that has learnt the mistake predicts best. Differences whose interval holds zero are
    none. Have some items checked by an expert (``gold``) before much depends on the choice.

    Examples
    --------
    >>> from labelwright.aggregation import DawidSkene
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.integers(0, 2, (200, 1))
    >>> wrong = rng.random((200, 5)) < [0.05, 0.1, 0.4, 0.4, 0.45]
    >>> found = compare(Votes.from_matrix(truth ^ wrong), {"dawid-skene": DawidSkene()})
    >>> [row.aggregator for row in found.rows], found.rows[0].low > 0
    (['dawid-skene', 'majority-vote'], True)
    """
    check_argument("n_folds", n_folds, Int(2))
    k = votes.classes.n_classes
    check_size((votes.n_annotators, k, k))
    named = _named(aggregators)
    gold_codes = encode_gold(votes, gold)
    folds = hold_out(votes, n_folds, random_state)
    seed = int(generator(random_state, "aggregators").integers(2**31))
    outcomes: dict[str, Outcome] = {BASELINE: measure(MajorityVote(), votes, folds, seed)}
    notes: dict[str, str] = {BASELINE: ""}
    for name, aggregator in track(named.items(), "comparing aggregators", total=len(named)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                outcomes[name] = measure(aggregator, votes, folds, seed)
            except Exception as error:  # a part of somebody else's may fail in any way
                notes[name] = f"{type(error).__name__}: {error}"
                continue
        notes[name] = " ".join(dict.fromkeys(str(warning.message) for warning in caught))
    held_out = np.concatenate([fold.held_out for fold in folds])
    weight = np.ones(len(held_out)) if votes.weight is None else votes.weight[held_out]
    rng = generator(random_state, "bootstrap")
    done = _rows(outcomes, weight, np.diff(votes.indptr) > 0, gold_codes, rng)
    failed = [Compared(name) for name in named if name not in outcomes]
    rows = tuple(replace(row, note=notes[row.aggregator]) for row in (*done, *failed))
    return Comparison(rows, held_out.size, n_folds, int(np.count_nonzero(gold_codes >= 0)))


def _named(aggregators: Mapping[str, ClassAggregator] | None) -> dict[str, ClassAggregator]:
    """The aggregators to hold against majority vote, by name."""
    if aggregators is None:
        public = public_aggregators()
        aggregators = {name: kind() for name, kind in public.items() if needs_only_votes(kind)}
    elif not isinstance(aggregators, Mapping) or not all(map(_can_learn, aggregators.values())):
        raise ParameterError(
            f"aggregators={aggregators!r} is not accepted.",
            hint="Give a mapping such as {'ds': DawidSkene()}: names to aggregators, not classes.",
        )
    return {name: each for name, each in aggregators.items() if name != BASELINE}


def _can_learn(aggregator: object) -> bool:
    learns = all(callable(getattr(aggregator, name, None)) for name in ("fit", "clone"))
    return learns and not isinstance(aggregator, type)


def _rows(
    outcomes: Mapping[str, Outcome],
    weight: Floats,
    voted: NDArray[np.bool_],
    gold: NDArray[np.int32],
    rng: np.random.Generator,
) -> list[Compared]:
    """The figures of all that did not fail, best first."""
    scores = np.column_stack([outcome.scores for outcome in outcomes.values()])
    majority = outcomes[BASELINE]
    differences = scores - majority.scores[:, None]
    low, high = _bootstrap_intervals(differences, weight, rng)
    known = gold >= 0
    rows = []
    for place, (name, outcome) in enumerate(outcomes.items()):
        right = np.count_nonzero((outcome.codes == gold)[known])
        accuracy_low, accuracy_high = wilson_interval(right, known.sum(), LEVEL)
        rows.append(
            Compared(
                name,
                log_likelihood=float(np.average(outcome.scores, weights=weight)),
                difference=float(np.average(differences[:, place], weights=weight)),
                low=float(low[place]),
                high=float(high[place]),
                agreement=float((outcome.codes == majority.codes)[voted].mean()),
                seconds=outcome.seconds,
                confusion=outcome.confusion,
                accuracy=right / known.sum() if known.any() else np.nan,
                accuracy_low=float(accuracy_low) if known.any() else np.nan,
                accuracy_high=float(accuracy_high) if known.any() else np.nan,
            )
        )
    return sorted(rows, key=lambda row: -row.log_likelihood)


def _bootstrap_intervals(
    values: Floats, weight: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Percentile intervals of the weighted means of the columns, rows drawn together."""
    n = len(values)
    weighted = values * weight[:, None]
    means = np.empty((N_RESAMPLES, values.shape[1]))
    for sample in range(N_RESAMPLES):
        drawn = np.bincount(rng.integers(n, size=n), minlength=n)
        means[sample] = drawn @ weighted / max(float(drawn @ weight), np.finfo(float).tiny)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return low, high
