"""Words and lengths that go with a label: traces of how the items were written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.audit._artifact_words import count_words, list_of, read_labels
from labelwright.audit._predictions import ClassNames, named
from labelwright.audit.checks._properties import binned
from labelwright.audit.checks.spurious_correlations import predict_by_value
from labelwright.core._factorize import as_array
from labelwright.core.params import Int, Real, check_argument
from labelwright.core.results import Result
from labelwright.core.seeds import RandomState
from labelwright.core.stats import benjamini_hochberg, wilson_interval
from labelwright.core.tables import to_series
from labelwright.core.validation import check_same_length
from labelwright.estimation.folds import assign_folds, join_groups

if TYPE_CHECKING:
    import polars as pl

__all__ = ["ArtifactTable", "LengthArtifacts", "artifact_table", "length_artifacts"]


@dataclass(frozen=True, eq=False)
class ArtifactTable(Result):
    """Words that go with a class, the strongest first.

    Attributes
    ----------
    words, classes, lists : (m,) arrays
        The word, the class, and the list of usual suspects that it is in (``negation``,
        ``generic``, ``vague``) or nothing.
    pmi : (m,) float64
        Smoothed pointwise mutual information of word and class, descending.
    share : (m,) float64
        Share of the items of the class that hold the word.
    n : (m,) int64
        Items of the class that hold the word.
    """

    kind: ClassVar[str] = "artifact_table"

    words: NDArray[np.str_]
    classes: NDArray[Any]
    lists: NDArray[np.str_]
    pmi: NDArray[np.float64]
    share: NDArray[np.float64]
    n: NDArray[np.int64]

    def of_class(self, name: Any) -> list[str]:
        """The words of one class, the strongest first."""
        return self.words[self.classes == name].tolist()

    def to_table(self) -> pl.DataFrame:
        """One row a word and class: word, class, pmi, share, n, list."""
        import polars as pl

        return pl.DataFrame(
            {
                "word": self.words,
                "class": self.classes,
                "pmi": self.pmi,
                "share": self.share,
                "n": self.n,
                "list": self.lists,
            }
        )


def artifact_table(
    texts: Any,
    labels: ArrayLike,
    *,
    classes: ClassNames = None,
    smoothing: float = 100.0,
    min_items: int = 5,
) -> ArtifactTable:
    """Find the words that give a class away.

    PMI(w, c) = log p(w, c) / (p(w) p(c)), where p comes from the numbers of items of class c that
    hold the word w, ``smoothing`` added to each. Smoothing lets frequent words lead; without it
    rare ones do.

    Parameters
    ----------
    texts : (n,) sequence of str
    labels : (n,) array-like
        Codes, or labels by name; -1 or None where there is none.
    classes : sequence or Classes, optional
        The classes; by default those that occur.
    smoothing : float
    min_items : int
        Words in fewer items are left out of the list.

    References
    ----------
    Gururangan, Swayamdipta, Levy, Schwartz, Bowman and Smith (2018), Annotation artifacts in
    natural language inference data.

    Examples
    --------
    >>> texts = ["it is not so", "never mind, not now", "it is so", "all is well"]
    >>> artifact_table(texts, ["no", "no", "yes", "yes"], smoothing=1, min_items=2).of_class("no")
    ['not', 'it', 'so', 'is']
    """
    check_argument("smoothing", smoothing, Real(0))
    check_argument("min_items", min_items, Int(1))
    codes, space = read_labels(labels, classes)
    found = to_series(texts, "texts").to_list()
    check_same_length(texts=found, labels=codes)
    known = np.flatnonzero(codes >= 0)
    k = int(codes.max()) + 1
    words, counts = count_words([found[row] for row in known], codes[known], k)
    joint = counts + smoothing
    joint = joint / joint.sum()
    with np.errstate(divide="ignore"):
        pmi = np.log(joint) - np.log(joint.sum(axis=1, keepdims=True) * joint.sum(axis=0))
    word, code = np.nonzero((counts.sum(axis=1) >= min_items)[:, None] & (counts > 0))
    order = np.argsort(-pmi[word, code], kind="stable")
    word, code = word[order], code[order]
    sizes = np.bincount(codes[known], minlength=k)
    return ArtifactTable(
        words=words[word],
        classes=named(code.astype(np.int64), space),
        lists=np.array([list_of(one) for one in words[word].tolist()], dtype=np.str_),
        pmi=pmi[word, code],
        share=counts[word, code] / sizes[code],
        n=counts[word, code],
    )


@dataclass(frozen=True, eq=False)
class LengthArtifacts(Result):
    """How the length of the text goes with the label.

    Attributes
    ----------
    classes : (K,) array
    n : (K,) int64
        Items.
    lower, median, upper : (K,) float64
        Quartiles of the number of words (or of the difference).
    statistic, p : (K,) float64
        Kolmogorov-Smirnov distance of the class from all others, and its p-value, adjusted for the
        number of classes.
    accuracy, low, high : float
        Share of the labels that length alone predicts right, held out, and its interval.
    majority : float
        Share of the labels that the most frequent one predicts right, held out.
    p_accuracy : float
        Of a sign test that length is no better than that.
    """

    kind: ClassVar[str] = "length_artifacts"

    classes: NDArray[Any]
    n: NDArray[np.int64]
    lower: NDArray[np.float64]
    median: NDArray[np.float64]
    upper: NDArray[np.float64]
    statistic: NDArray[np.float64]
    p: NDArray[np.float64]
    accuracy: float
    low: float
    high: float
    majority: float
    p_accuracy: float

    def to_table(self) -> pl.DataFrame:
        """One row a class: class, n, lower, median, upper, statistic, p."""
        import polars as pl

        names = ("n", "lower", "median", "upper", "statistic", "p")
        return pl.DataFrame({"class": self.classes} | {name: getattr(self, name) for name in names})


def length_artifacts(
    texts: Any,
    labels: ArrayLike,
    *,
    against: Any = None,
    classes: ClassNames = None,
    groups: Any = None,
    n_folds: int = 5,
    level: float = 0.95,
    random_state: RandomState = 0,
) -> LengthArtifacts:
    """Compare the lengths of texts between classes, and predict the label by length alone.

    Parameters
    ----------
    texts : (n,) sequence of str
    labels : (n,) array-like
        Codes, or labels by name; -1 or None where there is none.
    against : (n,) sequence of str, optional
        A second text of each item: the difference of the lengths is looked at.
    classes : sequence or Classes, optional
        The classes; by default those that occur.
    groups : (n,) array-like, optional
        Rows of one group never cross folds, and count once in the sign test.
    n_folds : int
    level : float
        Of the interval.
    random_state : int, Generator, SeedSequence or None
        Seed of the folds.

    Examples
    --------
    >>> texts = ["short one", "a rather long one indeed"] * 30
    >>> found = length_artifacts(texts, ["no", "yes"] * 30)
    >>> found.median, found.accuracy
    (array([2., 5.]), 1.0)
    """
    check_argument("n_folds", n_folds, Int(2))
    codes, space = read_labels(labels, classes)
    lengths = _n_words(texts, "texts")
    if against is not None:
        lengths = lengths - _n_words(against, "against")
    check_same_length(texts=lengths, labels=codes, groups=groups)
    known = np.flatnonzero(codes >= 0)
    codes, lengths = codes[known], lengths[known]
    units = None if groups is None else join_groups(len(lengths), as_array(groups)[known])
    folds = assign_folds(codes, groups=units, n_folds=n_folds, random_state=random_state)
    bins = binned("text property", "length", to_series(lengths, "length")).codes
    found = predict_by_value(bins, codes, folds, units)
    low, high = wilson_interval(found.right, found.n, level)
    present = np.unique(codes)
    quartiles = [np.percentile(lengths[codes == code], [25, 50, 75]) for code in present]
    lower, median, upper = np.array(quartiles).T
    statistic, p = np.array([_against_others(lengths, codes == code) for code in present]).T
    return LengthArtifacts(
        classes=named(present, space),
        n=np.bincount(codes)[present],
        lower=lower,
        median=median,
        upper=upper,
        statistic=statistic,
        p=benjamini_hochberg(p),
        accuracy=found.right / found.n,
        low=float(low),
        high=float(high),
        majority=found.majority / found.n,
        p_accuracy=found.p,
    )


def _n_words(texts: Any, name: str) -> NDArray[np.float64]:
    import polars as pl

    counted = to_series(texts, name).cast(pl.String).fill_null("").str.count_matches(r"\S+")
    return counted.cast(pl.Float64).to_numpy()


def _against_others(lengths: NDArray[np.float64], inside: NDArray[np.bool_]) -> tuple[float, float]:
    from scipy.stats import ks_2samp

    found = ks_2samp(lengths[inside], lengths[~inside], method="asymp")
    return float(found.statistic), float(found.pvalue)
