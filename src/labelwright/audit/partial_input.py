"""How well a part of the input that should not suffice tells the label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.audit._artifact_words import read_labels
from labelwright.audit._partial_input import Part, predict
from labelwright.audit._predictions import ClassNames, named
from labelwright.core._factorize import as_array, factorize
from labelwright.core.errors import DataError
from labelwright.core.params import Int, check_argument
from labelwright.core.progress import track
from labelwright.core.results import Result
from labelwright.core.seeds import RandomState, generator
from labelwright.core.stats import bootstrap_interval, check_level, wilson_interval
from labelwright.core.tables import column, to_polars
from labelwright.core.validation import check_same_length

if TYPE_CHECKING:
    import polars as pl

__all__ = ["HardSubset", "PartialInput", "hard_subset", "partial_input_baseline"]

ALL = "all"
SUBSETS = ("full", "easy", "hard")


@dataclass(frozen=True, eq=False)
class PartialInput(Result):
    """How well parts of the input predict the label of items held out.

    Attributes
    ----------
    parts : tuple of str
    accuracy, low, high : (n_parts,) float64
        Share of the labels predicted right, and its interval over items (or groups).
    p : (n_parts,) float64
        Permutation p-value that a part tells nothing; NaN where none was asked for.
    majority : float
        Share of the most frequent label.
    predicted : dict of str to (n,) array
        What each part predicts of each item, held out; labels by name where classes were named.
    n_items : int
        Items with a label.
    """

    kind: ClassVar[str] = "partial_input"

    parts: tuple[str, ...]
    accuracy: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    p: NDArray[np.float64]
    majority: float
    predicted: Mapping[str, NDArray[Any]]
    n_items: int

    def to_table(self) -> pl.DataFrame:
        """One row a part: accuracy, low, high, gain over the most frequent label, p."""
        import polars as pl

        figures = {name: getattr(self, name) for name in ("accuracy", "low", "high", "p")}
        gain = self.accuracy - self.majority
        return pl.DataFrame({"part": list(self.parts), **figures, "gain": gain})


def partial_input_baseline(
    table: Any,
    labels: ArrayLike,
    *,
    parts: Mapping[str, str | Sequence[str]] | None = None,
    classes: ClassNames = None,
    groups: Any = None,
    n_folds: int = 5,
    n_permutations: int = 0,
    n_resamples: int = 1000,
    level: float = 0.95,
    random_state: RandomState = 0,
) -> PartialInput:
    """Predict labels from parts of the input alone, on items held out.

    Text is predicted from by logistic regression on hashed words and pairs of words; parts without
    text (source, time, annotator) by gradient boosting. The part "all" knows every column, and of
    each two texts also the words that one has and the other lacks.

    Parameters
    ----------
    table : table of n rows
        The columns of the input.
    labels : (n,) array-like
        Codes, or labels with ``classes`` or by name; -1 or None where there is none.
    parts : mapping of str to column names, optional
        By default each column alone, and of several columns "all".
    classes : sequence or Classes, optional
        The classes; by default those that occur.
    groups : (n,) array-like, optional
        Rows of one group (the same premise) never cross folds and are resampled together. Records
        whose part is the same text never cross folds either.
    n_folds : int
    n_permutations : int
        Refits on shuffled labels for p-values, each as costly as the baseline; 19 give p = 0.05 at
        best. It holds for items that are alike in kind, not for labels that depend on the group.
    n_resamples : int
        Draws of groups for the intervals; without groups they are Wilson's.
    level : float
        Of the intervals.
    random_state : int, Generator, SeedSequence or None

    Raises
    ------
    DataError
        For a missing column, labels of one class, or a group that is the label.

    Notes
    -----
    A part that beats the most frequent label is no proof that a given model uses it: score the
    model on the items that the part gets wrong (:func:`hard_subset`).

    References
    ----------
    Gururangan, Swayamdipta, Levy, Schwartz, Bowman and Smith (2018), Annotation artifacts in
    natural language inference data.

    Examples
    --------
    >>> claims = [f"it is {'not ' * (row % 2)}so {row}" for row in range(60)]
    >>> table = {"text": [f"about {row}" for row in range(60)], "claim": claims}
    >>> found = partial_input_baseline(table, ["yes", "no"] * 30)
    >>> found.parts, found.accuracy[1] > 0.9, found.accuracy[0] < 0.7
    (('text', 'claim', 'all'), np.True_, np.True_)
    """
    check_argument("n_folds", n_folds, Int(2))
    check_argument("n_permutations", n_permutations, Int(0))
    check_level(level)
    frame = to_polars(table)
    codes, space = read_labels(labels, classes)
    check_same_length(table=frame, labels=codes, groups=groups)
    chosen = _chosen_parts(frame, parts)
    known = np.flatnonzero(codes >= 0)
    _refuse_groups_that_tell(codes, groups)
    options = {"groups": groups, "n_folds": n_folds, "random_state": random_state}
    k = int(codes.max()) + 1
    rows, predicted = [], {}
    for name, columns in track(chosen.items(), "predicting from parts"):
        part = Part(frame, columns)
        guess = predict(part, codes, k, **options)
        right = (guess == codes)[known].astype(np.float64)
        interval: tuple[Any, Any] = wilson_interval(right.sum(), len(right), level)
        if groups is not None:
            interval = bootstrap_interval(
                np.mean,
                right,
                level=level,
                method="percentile",
                n_resamples=n_resamples,
                groups=as_array(groups)[known],
                random_state=random_state,
            )
        chance = np.nan
        if n_permutations:
            chance = _permutation_p(part, codes, right.mean(), n_permutations, options)
        rows.append((right.mean(), *interval, chance))
        predicted[name] = named(guess, space)
    accuracy, low, high, p = np.array(rows).T
    majority = np.bincount(codes[known]).max() / len(known)
    return PartialInput(
        tuple(chosen), accuracy, low, high, p, float(majority), predicted, n_items=len(known)
    )


def _chosen_parts(
    frame: pl.DataFrame, parts: Mapping[str, str | Sequence[str]] | None
) -> dict[str, list[str]]:
    if parts is None:
        chosen = {name: [name] for name in frame.columns}
        return chosen | ({ALL: frame.columns} if frame.width > 1 else {})
    chosen = {name: [cols] if isinstance(cols, str) else list(cols) for name, cols in parts.items()}
    for columns in chosen.values():
        for name in columns:
            column(frame, name)
    if not all(chosen.values()) or not chosen:
        raise DataError("A part has no columns.", hint='For example {"claim": ["hypothesis"]}.')
    return chosen


def _refuse_groups_that_tell(codes: NDArray[np.int64], groups: Any) -> None:
    """Groups that are the classes would leave none of a class to learn from."""
    if groups is None:
        return
    of_group, _ = factorize(groups)
    known = codes >= 0
    pairs = len(np.unique(np.stack([of_group[known], codes[known]]), axis=1).T)
    if pairs == len(np.unique(of_group[known])) == len(np.unique(codes[known])):
        raise DataError(
            "The groups are the labels: no fold could learn a class that it is judged on.",
            hint="Give groups that hold several classes, or none.",
        )


def _permutation_p(
    part: Part, codes: NDArray[np.int64], accuracy: float, n: int, options: Mapping[str, Any]
) -> float:
    """The rank of the accuracy among those on labels in random order."""
    rng = generator(options["random_state"], "permutations")
    known, shuffled, as_good = np.flatnonzero(codes >= 0), codes.copy(), 0
    for _ in track(range(n), "shuffling labels"):
        shuffled[known] = rng.permutation(codes[known])
        guess = predict(part, shuffled, int(codes.max()) + 1, **options)
        as_good += (guess == shuffled)[known].mean() >= accuracy
    return (1 + as_good) / (1 + n)


@dataclass(frozen=True, eq=False)
class HardSubset(Result):
    """The items that a part of the input gets wrong, and how models do on them.

    Attributes
    ----------
    hard, easy : arrays of int64
        Rows that the part gets wrong, and right; together all that have a label.
    models : tuple of str
    accuracy, low, high : (n_models, 3) float64
        On all items, the easy and the hard ones, with intervals; NaN where there are none.
    """

    kind: ClassVar[str] = "hard_subset"

    hard: NDArray[np.int64]
    easy: NDArray[np.int64]
    models: tuple[str, ...]
    accuracy: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def to_table(self) -> pl.DataFrame:
        """One row a model and subset: model, subset, n, accuracy, low, high."""
        import polars as pl

        sizes = (len(self.hard) + len(self.easy), len(self.easy), len(self.hard))
        return pl.DataFrame(
            {
                "model": np.repeat(np.array(self.models, dtype=np.str_), len(SUBSETS)),
                "subset": SUBSETS * len(self.models),
                "n": sizes * len(self.models),
                "accuracy": self.accuracy.ravel(),
                "low": self.low.ravel(),
                "high": self.high.ravel(),
            }
        )


def hard_subset(
    labels: ArrayLike,
    partial: ArrayLike,
    models: Mapping[str, ArrayLike] | None = None,
    *,
    level: float = 0.95,
) -> HardSubset:
    """Divide items by whether a part of the input gives their label away, and score models on each.

    Parameters
    ----------
    labels : (n,) array-like
        Codes or names; -1 or None where there is none.
    partial : (n,) array-like
        What the part predicts, held out: ``found.predicted["hypothesis"]`` of
        :func:`partial_input_baseline`.
    models : mapping of str to (n,) array-like, optional
        What models predict.
    level : float
        Of the intervals.

    Notes
    -----
    A part that guesses is right by chance on some items, so that the easy subset holds fair items
    too, and the hard one holds more of the labels that are wrong. A model that sees the part among
    others makes some of its errors, and does worse on the hard items for that alone, artefact or
    not: compare models with each other, not one model's easy and hard items.

    Examples
    --------
    >>> found = hard_subset([0, 1, 1, 0], [0, 1, 0, 0], {"model": [0, 1, 1, 1]})
    >>> found.hard, found.accuracy.round(2)
    (array([2]), array([[0.75, 0.67, 1.  ]]))
    """
    check_level(level)
    true, guessed = as_array(labels), as_array(partial)
    said_by = {name: as_array(said) for name, said in (models or {}).items()}
    check_same_length(labels=true, partial=guessed, **said_by)
    codes, names = factorize(true)
    known = codes >= 0
    if names.dtype.kind in "iu":
        known &= true != -1
    right = _equal(guessed, true)
    subsets = (known, known & right, known & ~right)
    shape = (len(said_by), len(SUBSETS))
    n = np.array([subset.sum() for subset in subsets] * len(said_by)).reshape(shape)
    hits = [(_equal(said, true) & subset).sum() for said in said_by.values() for subset in subsets]
    n_right = np.array(hits, dtype=np.float64).reshape(shape)
    low, high = wilson_interval(n_right, n, level)
    accuracy = np.divide(n_right, n, out=np.full(shape, np.nan), where=n > 0)
    return HardSubset(
        hard=np.flatnonzero(subsets[2]),
        easy=np.flatnonzero(subsets[1]),
        models=tuple(said_by),
        accuracy=accuracy,
        low=np.where(n > 0, low, np.nan),
        high=np.where(n > 0, high, np.nan),
    )


def _equal(said: NDArray[Any], true: NDArray[Any]) -> NDArray[np.bool_]:
    """Where two columns of labels agree, whatever types they have."""
    return np.array([one == other for one, other in zip(said.tolist(), true.tolist(), strict=True)])
