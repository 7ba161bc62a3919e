"""Candidate keyword rules from a few gold labels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, special

from labelwright.core.errors import DataError
from labelwright.core.params import Int, Real, check_argument
from labelwright.core.results import Result
from labelwright.core.spaces import Classes, infer_space
from labelwright.core.stats import wilson_interval
from labelwright.core.validation import check_same_length
from labelwright.sources.rule_set import RuleSet
from labelwright.sources.simple_rules import TOKEN, KeywordRule

__all__ = ["KeywordProposals", "propose_keywords"]

SMOOTHING = 0.5
WORD = re.compile(r"\w")

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class KeywordProposals(Result):
    """Words that speak for a class, the surest first within each class.

    Attributes
    ----------
    words : tuple of str
        Words, or pairs of neighbouring words.
    labels : tuple
        The class that each speaks for.
    inside, outside : (m,) int64
        Labelled records with the word that are of the class, and that are not.
    log_odds : (m,) float64
        Smoothed log odds ratio of the word in the class against the rest.
    surety : (m,) float64
        Root of the likelihood ratio statistic of word and class, which reads like a normal score;
        the order within a class.
    precision, precision_low, f1 : (m,) float64
        On the labelled records: of the rule "has the word, so is of the class"; the low end of
        Wilson's interval.
    coverage : (m,) float64
        Share of all records that have the word.
    classes : tuple
    n_labelled, n_records, n_tried : int
        Records with a label; all records; words that were looked at.
    field : str
        The column of texts.
    """

    kind: ClassVar[str] = "keyword_proposals"

    words: tuple[str, ...]
    labels: tuple[Any, ...]
    inside: NDArray[np.int64]
    outside: NDArray[np.int64]
    log_odds: Floats
    surety: Floats
    precision: Floats
    precision_low: Floats
    f1: Floats
    coverage: Floats
    classes: tuple[Any, ...]
    n_labelled: int
    n_records: int
    n_tried: int
    field: str

    def to_table(self) -> Any:
        """One row a word."""
        import polars as pl

        names = ("inside", "outside", "log_odds", "surety", "precision", "precision_low", "f1")
        columns = {"label": list(self.labels), "word": list(self.words)}
        columns |= {name: getattr(self, name) for name in (*names, "coverage")}
        return pl.DataFrame(columns, schema_overrides={"word": pl.String})

    def rules(self) -> RuleSet:
        """One keyword rule a word, so that each has an accuracy of its own."""
        if not self.words:
            raise DataError(
                "No word speaks for a class, so there are no rules.",
                hint="Label more records, or lower min_count.",
            )
        pairs = zip(self.words, self.labels, strict=True)
        return RuleSet(
            [KeywordRule([word], label, self.field, f"{label}: {word}") for word, label in pairs],
            classes=self.classes,
        )


def propose_keywords(
    table: Any,
    labels: Any,
    *,
    text: str = "text",
    classes: Classes | Sequence[Any] | None = None,
    per_class: int = 10,
    min_count: int = 5,
    redundant: float = 0.9,
) -> KeywordProposals:
    """Words and pairs of words that speak for a class, from a few labelled records.

    Parameters
    ----------
    table : polars, pandas or pyarrow table, dict of columns, or list of records
        All records, labelled or not.
    labels : str or sequence (n,)
        The column of labels, or the labels; None where there is none.
    text : str
        The column of texts.
    classes : Classes or sequence, optional
        What a label can be; read from the labels by default.
    per_class : int
        How many words a class at most.
    min_count : int
        Labelled records that must hold a word.
    redundant : float
        A word is left out if a better one of the class is in this share of its records.

    Returns
    -------
    KeywordProposals
        Words whose odds are higher in the class than outside.

    Raises
    ------
    DataError
        If fewer than two classes have a labelled text.

    Notes
    -----
    The best of many words looks better on the records it was chosen on than it is: have the rules
    judged on others. Words are candidates to think about; a word that is frequent here because of
    one author or topic is no rule. With fewer than some hundred labels, write the rules yourself.

    Examples
    --------
    >>> texts = ["check out my page", "lovely song", "check out this", "what a song"] * 5
    >>> found = propose_keywords({"text": texts}, ["spam", "ham"] * 10)
    >>> list(zip(found.labels, found.words))
    [('ham', 'song'), ('spam', 'check')]
    >>> found.rules().rules[1].vote("Check it")
    'spam'
    """
    from labelwright.core.tables import column, to_polars

    check_argument("per_class", per_class, Int(1))
    check_argument("min_count", min_count, Int(1))
    check_argument("redundant", redundant, Real(0, 1))
    frame = to_polars(table)
    texts = column(frame, text).cast(str).fill_null("").to_list()
    given: Any = column(frame, labels) if isinstance(labels, str) else labels
    check_same_length(table=frame, labels=given)
    space = _space(given, classes)
    codes = space.encode(given)
    labelled = np.flatnonzero(codes >= 0)
    true = np.eye(space.n_classes)[codes[labelled]]
    if (true.sum(axis=0) > 0).sum() < 2:
        raise DataError(
            f"The {labelled.size} labelled records are of fewer than two classes.",
            hint="Label some records of each class.",
        )
    has, words = _incidence([texts[row] for row in labelled])
    frequent = np.flatnonzero(has.sum(axis=0) >= min_count)
    has, words = has[:, frequent], words[frequent]
    log_odds, surety = _odds(has.T @ true, true.sum(axis=0))
    picks = [
        (place, k)
        for k in range(space.n_classes)
        for place in _best(has, np.where(log_odds[:, k] > 0, surety[:, k], 0), per_class, redundant)
    ]
    places, of = np.array(picks, dtype=np.int64).reshape(-1, 2).T
    inside = (has.T @ true)[places, of]
    total = has.sum(axis=0)[places]
    everywhere, _ = _incidence(texts, words[places].tolist())
    return KeywordProposals(
        words=tuple(words[places].tolist()),
        labels=tuple(space.names[k] for k in of),
        inside=inside.astype(np.int64),
        outside=(total - inside).astype(np.int64),
        log_odds=log_odds[places, of],
        surety=surety[places, of],
        precision=inside / total,
        precision_low=np.asarray(wilson_interval(inside, total)[0]),
        f1=2 * inside / (total + true.sum(axis=0)[of]),
        coverage=everywhere.sum(axis=0) / max(frame.height, 1),
        classes=tuple(space.names),
        n_labelled=int(labelled.size),
        n_records=frame.height,
        n_tried=int(frequent.size),
        field=text,
    )


def _space(labels: Any, classes: Classes | Sequence[Any] | None) -> Classes:
    if isinstance(classes, Classes):
        return classes
    space = infer_space(labels) if classes is None else Classes(tuple(classes))
    if not isinstance(space, Classes):
        raise DataError(f"The labels are {space.kind}, not classes.", hint="Give classes=.")
    return space


def _terms(text: str) -> set[str]:
    """Words and pairs of neighbouring words, as a keyword rule finds them."""
    tokens = TOKEN.findall(text.lower())
    words = [token if WORD.match(token) else "" for token in tokens]
    pairs = {f"{one} {other}" for one, other in pairwise(words) if one and other}
    return pairs.union(words) - {""}


def _incidence(texts: Sequence[str], words: Sequence[str] | None = None) -> tuple[Any, Any]:
    """Which text holds which word (n, m), and the words, single ones first; or those given."""
    held = [_terms(text) for text in texts]
    if words is None:
        words = sorted(set().union(*held), key=lambda word: (word.count(" "), word))
    place = {word: code for code, word in enumerate(words)}
    columns = [[place[word] for word in sorted(terms & place.keys())] for terms in held]
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in columns])]).astype(np.int64)
    indices = np.array([code for row in columns for code in row], dtype=np.int64)
    shape = (len(texts), len(place))
    has = sparse.csc_array(sparse.csr_array((np.ones(indices.size), indices, indptr), shape=shape))
    return has, np.array(list(place), dtype=object)


def _odds(inside: Floats, n_of_class: Floats) -> tuple[Floats, Floats]:
    """Smoothed log odds ratio (m, K) of each word in each class, and how sure a sign it is."""
    outside = inside.sum(axis=1, keepdims=True) - inside
    n_others = n_of_class.sum() - n_of_class
    cells = np.array([inside, n_of_class - inside, outside, n_others - outside])
    a, b, c, d = np.log(cells + SMOOTHING)
    log_odds = a - b - c + d
    # Not the log odds over their standard error, which is largest for a word without exception.
    with_it, without = cells[0] + cells[2], cells[1] + cells[3]
    n = n_of_class.sum()
    expected = np.array([with_it * n_of_class, without * n_of_class, with_it * n_others])
    expected = np.concatenate([expected, [without * n_others]]) / n
    ratio = special.xlogy(cells, cells) - special.xlogy(cells, np.where(expected > 0, expected, 1))
    return log_odds, np.sign(log_odds) * np.sqrt(2 * ratio.sum(axis=0).clip(min=0))


def _best(has: Any, surety: Floats, n: int, redundant: float) -> list[int]:
    """Words with the highest surety above zero, none of which is mostly covered by a better one."""
    chosen: list[int] = []
    kept = np.zeros((has.shape[0], 0))
    for place in np.argsort(-surety, kind="stable"):
        if surety[place] <= 0 or len(chosen) == n:
            break
        own = has[:, [place]].toarray()
        shared = (own * kept).sum(axis=0) / own.sum()
        if (shared < redundant).all():
            chosen.append(int(place))
            kept = np.hstack([kept, own])
    return chosen
