"""What rules do: coverage, overlap, conflict, accuracy, and which of them depend on each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import special

from labelwright.aggregation._base import belief_in_answers, encode_gold
from labelwright.core.errors import DataError
from labelwright.core.results import Result
from labelwright.core.stats import benjamini_hochberg, check_level, wilson_interval
from labelwright.core.votes import Votes
from labelwright.sources._dependence import dependence

__all__ = ["RuleReport", "rule_report"]

FEW = 20
LIFT = 1.5
FALSE_ALARMS = 0.01
SHOWN_PAIRS = 3

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


class LabelModel(Protocol):
    """What gives a belief about votes, as a fitted aggregator does."""

    def predict_proba(self, votes: Votes) -> Floats:
        """Belief (n_items, K)."""


@dataclass(frozen=True, eq=False)
class RuleReport(Result):
    """Figures of each rule, in the order of ``rules``, of which there are R.

    Attributes
    ----------
    rules, classes : tuple
    answers : tuple
        What a vote can say: the classes, and answers that leave several open.
    n_items, n_covered, n_overlapped, n_conflicted : int
        Items; those with a vote, with two votes or more, with votes that no class fits.
    said : (R, n_answers) int64
        How often each rule gave each answer.
    coverage, overlaps, conflicts : (R,) float64
        Shares of all items: on which it voted; where another one voted too; where the votes
        are in conflict. These are the figures that Snorkel gives.
    judged, right : (R,) int64
        Votes on items with gold, and how many of them are right.
    accuracy, low, high : (R,) float64
        ``right / judged`` and Wilson's interval; NaN and 0 to 1 without gold.
    estimated : (R,) float64 or None
        Share of its votes that are right in the belief of the model; no gold was looked at.
    together, expected : (R, R) float64 or None
        How often two rules gave one item the same answer, and how often they would if, given the
        true class, they knew nothing of each other.
    level : float
        Level of the intervals.
    """

    kind: ClassVar[str] = "rule_report"

    rules: tuple[Any, ...]
    classes: tuple[Any, ...]
    answers: tuple[Any, ...]
    n_items: int
    n_covered: int
    n_overlapped: int
    n_conflicted: int
    said: Counts
    coverage: Floats
    overlaps: Floats
    conflicts: Floats
    judged: Counts
    right: Counts
    accuracy: Floats
    low: Floats
    high: Floats
    estimated: Floats | None
    together: Floats | None
    expected: Floats | None
    level: float

    @property
    def polarity(self) -> list[tuple[Any, ...]]:
        """The answers that each rule gave at least once."""
        return [
            tuple(name for name, times in zip(self.answers, row, strict=True) if times)
            for row in self.said.tolist()
        ]

    def to_table(self) -> Any:
        """One row a rule; accuracy and its interval only where 20 votes or more were judged."""
        import polars as pl

        enough = self.judged >= FEW
        columns: dict[str, Any] = {
            "rule": list(self.rules),
            "says": [list(map(str, answers)) for answers in self.polarity],
            "votes": self.said.sum(axis=1),
            "coverage": self.coverage,
            "overlaps": self.overlaps,
            "conflicts": self.conflicts,
            "judged": self.judged,
            "right": self.right,
        }
        for name in ("accuracy", "low", "high"):
            columns[name] = np.where(enough, getattr(self, name), np.nan)
        if self.estimated is not None:
            columns["estimated"] = self.estimated
        table = pl.DataFrame(columns, schema_overrides={"says": pl.List(pl.String)})
        return table.with_columns(pl.col(pl.Float64).fill_nan(None))

    def accuracy_words(self) -> list[str]:
        """The accuracy of each rule in words: counts where fewer than 20 votes were judged."""
        words = []
        for place, judged in enumerate(self.judged.tolist()):
            ends = f"[{self.low[place]:.2f}, {self.high[place]:.2f}]"
            few = f"{self.right[place]} of {judged}" if judged else ""
            words.append(few if judged < FEW else f"{self.accuracy[place]:.2f} {ends}")
        return words

    def pairs_to_table(self) -> Any:
        """One row a pair of rules, those first that depend most on each other.

        Columns ``first``, ``second``, ``together``, ``expected``, ``lift`` (their ratio) and ``p``:
        how likely as many would be of independent rules, held for the number of pairs
        (Benjamini-Hochberg). Empty without gold and without a model.
        """
        import polars as pl

        names = [str(name) for name in self.rules]
        one, other = np.triu_indices(len(names), 1)
        if self.together is None or self.expected is None:
            one, other = one[:0], other[:0]
            seen = expected = np.empty(0)
        else:
            seen, expected = self.together[one, other], self.expected[one, other]
        # The number of coincidences of independent rules varies at most like a Poisson's.
        tail = np.where(seen > 0, special.gammainc(np.maximum(seen, 1), expected), 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            lift = np.where(expected > 0, seen / expected, np.nan)
        table = pl.DataFrame(
            {
                "first": [names[place] for place in one],
                "second": [names[place] for place in other],
                "together": seen,
                "expected": expected,
                "lift": lift,
                "p": benjamini_hochberg(tail),
            },
            schema_overrides={"first": pl.String, "second": pl.String},
        ).with_columns(pl.col("lift").fill_nan(None))
        excess = (pl.col("together") - pl.col("expected")) / pl.col("expected").sqrt()
        return table.sort(excess.fill_nan(0), descending=True, maintain_order=True)

    def findings(self) -> list[str]:
        """What somebody should look at, in sentences."""
        found = []
        if self.n_covered < self.n_items:
            missed = self.n_items - self.n_covered
            found.append(f"No rule voted on {missed:,} of {self.n_items:,} items.")
        silent = [
            name for name, times in zip(self.rules, self.said.sum(1), strict=True) if not times
        ]
        if silent:
            found.append(f"Never voted: {', '.join(map(str, silent))}.")
        chance = 1 / len(self.classes)
        for place in np.flatnonzero((self.judged >= FEW) & (self.high < chance)):
            found.append(
                f"{self.rules[place]} is right in {self.right[place]} of {self.judged[place]}, "
                "less often than by chance."
            )
        return found + self._dependent()

    def _dependent(self) -> list[str]:
        import polars as pl

        pairs = self.pairs_to_table()
        clear = (pl.col("p") < FALSE_ALARMS) & (pl.col("lift") >= LIFT)
        return [
            f"{row['first']} and {row['second']} agree on {row['together']:,.0f} items, where "
            f"{row['expected']:,.0f} would be expected of independent rules."
            for row in pairs.filter(clear).head(SHOWN_PAIRS).iter_rows(named=True)
        ]


def rule_report(
    votes: Votes,
    gold: Mapping[Any, Any] | Sequence[Any] | None = None,
    *,
    model: LabelModel | None = None,
    level: float = 0.95,
) -> RuleReport:
    """Coverage, overlaps, conflicts and accuracy of rules, and how they depend on each other.

    Parameters
    ----------
    votes : Votes
        On classes; the annotators are the rules.
    gold : mapping of item to label, or sequence (n_items,), optional
        The true label where it is known, else None. Gold that a rule was written by judges it too
        well.
    model : fitted aggregator, optional
        Whose belief about these votes gives an accuracy without gold. It is as good as the model:
        one that takes a majority of bad rules for the truth finds them good.
    level : float
        Level of Wilson's intervals.

    Returns
    -------
    RuleReport
        Dependence is measured on the items with gold, or by the belief of the model on all where
        there is no gold.

    Raises
    ------
    DataError
        If gold names an unknown item or label, or has another length than the items.

    Notes
    -----
    Rules that read the same words agree more often than independent ones, and models that take
    rules for independent count what they say twice: join such rules, or drop one. Some dependence
    is the rule, since records differ in length and difficulty; look at the largest.

    Examples
    --------
    >>> table = {
    ...     "links": ["spam", None, "spam", None],
    ...     "praise": ["ham", "ham", None, None],
    ... }
    >>> votes = Votes.from_wide(table, votes=["links", "praise"])
    >>> report = rule_report(votes, gold=["spam", "ham", "spam", "ham"])
    >>> report.coverage, report.conflicts
    (array([0.5, 0.5]), array([0.25, 0.25]))
    >>> report.accuracy_words()
    ['2 of 2', '1 of 2']
    """
    check_level(level)
    space, codes = votes.classes, encode_gold(votes, gold)
    said = _said(votes)
    per_item, differ = np.diff(votes.indptr), _in_conflict(votes)
    known = codes[votes.item]
    judged = _of_each(votes, known >= 0)
    right = _of_each(votes, (known >= 0) & space.candidates[votes.label, known])
    low, high = wilson_interval(right, judged, level)
    belief = None if model is None else _belief(model, votes)
    together, expected = dependence(votes, codes, belief)
    estimated = None
    if belief is not None:
        believed = belief_in_answers(belief, votes)[votes.item, votes.label]
        estimated = _ratio(_of_each(votes, believed), said.sum(axis=1).astype(float))
    return RuleReport(
        rules=tuple(votes.annotators.tolist()),
        classes=tuple(space.names),
        answers=space.answers,
        n_items=votes.n_items,
        n_covered=int((per_item > 0).sum()),
        n_overlapped=int((per_item > 1).sum()),
        n_conflicted=int(differ.sum()),
        said=said,
        coverage=said.sum(axis=1) / max(votes.n_items, 1),
        overlaps=_of_each(votes, (per_item > 1)[votes.item]) / max(votes.n_items, 1),
        conflicts=_of_each(votes, differ[votes.item]) / max(votes.n_items, 1),
        judged=judged.astype(np.int64),
        right=right.astype(np.int64),
        accuracy=_ratio(right, judged),
        low=low,
        high=high,
        estimated=estimated,
        together=together,
        expected=expected,
        level=level,
    )


def _said(votes: Votes) -> Counts:
    """How often each rule gave each answer."""
    shape = (votes.n_annotators, len(votes.classes.answers))
    cells = votes.annotator * np.int64(shape[1]) + votes.label
    return np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)


def _of_each(votes: Votes, what: NDArray[Any]) -> Floats:
    """The sum over the votes of each rule."""
    return np.bincount(votes.annotator, what, minlength=votes.n_annotators).astype(float)


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


def _in_conflict(votes: Votes) -> NDArray[np.bool_]:
    """Items (n_items,) with votes that no class fits."""
    found = np.zeros(votes.n_items, dtype=bool)
    if not votes.has_open_answers:
        inside = votes.item[1:] == votes.item[:-1]
        found[votes.item[1:][inside & (votes.label[1:] != votes.label[:-1])]] = True
        return found
    candidates = votes.classes.candidates
    for items, block in votes.blocks():
        fits = np.zeros((items.stop - items.start, candidates.shape[1]))
        np.add.at(fits, votes.item[block] - items.start, candidates[votes.label[block]])
        found[items] = fits.max(axis=1) < np.diff(votes.indptr[items.start : items.stop + 1])
    return found


def _belief(model: LabelModel, votes: Votes) -> Floats:
    belief = np.asarray(model.predict_proba(votes), dtype=np.float64)
    shape = (votes.n_items, votes.classes.n_classes)
    if belief.shape != shape:
        raise DataError(
            f"The model gives beliefs of shape {belief.shape} for votes of {shape}.",
            hint="Fit it on votes with the same classes.",
        )
    return belief
