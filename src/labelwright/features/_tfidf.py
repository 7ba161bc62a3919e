"""Counting word and character n-grams, and weighing them by how rare they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

# Longer words are no words (links, encoded data), and their inside says nothing.
LONGEST_WORD = 64
WORD_PATTERN = r"(?u)\b\w+\b"

Count = Callable[[Sequence[str], list[str] | None], tuple[Any, list[str]]]


def count_words(texts: Sequence[str], vocabulary: list[str] | None = None) -> tuple[Any, list[str]]:
    """Counts (n, p) of words and pairs of neighbouring words, and what each column counts."""
    return _count(texts, vocabulary, ngram_range=(1, 2), token_pattern=WORD_PATTERN)


def count_chars(texts: Sequence[str], vocabulary: list[str] | None = None) -> tuple[Any, list[str]]:
    """Counts (n, p) of three to five neighbouring characters within words, and their names.

    Each distinct word is taken apart once, however often it occurs, which is several times as fast
    as going through the texts.
    """
    in_texts, words = _count(texts, None, analyzer=_spaced_words)
    in_words, grams = _count(words, vocabulary, analyzer="char_wb", ngram_range=(3, 5))
    return (in_texts @ in_words).tocsr(), grams


def learn_idf(counts: Any, min_records: int, max_features: int) -> tuple[Any, NDArray[Any]]:
    """Which columns to keep, and the weight of each: ``1 + log((1 + n) / (1 + n with it))``.

    Kept are columns found in ``min_records`` rows, of these the ``max_features`` with the largest
    counts. If none is found so often, as in a few short texts, all are candidates.
    """
    n = counts.shape[0]
    with_it = np.diff(counts.tocsc().indptr)
    often = with_it >= min_records
    candidates = np.flatnonzero(often if often.any() else with_it > 0)
    total = counts.sum(axis=0)[candidates]
    kept = np.sort(candidates[np.argsort(-total, kind="stable")[:max_features]])
    return kept, 1.0 + np.log((1.0 + n) / (1.0 + with_it[kept]))


def weigh(counts: Any, idf: NDArray[Any]) -> Any:
    """Rows of unit length from counts: ``(1 + log count) * idf``."""
    weighed = sparse.csr_array(counts, dtype=np.float64)
    weighed.sort_indices()
    weighed.data = (1.0 + np.log(weighed.data)) * idf[weighed.indices]
    length = np.sqrt(weighed.multiply(weighed).sum(axis=1))
    weighed.data /= np.repeat(length, np.diff(weighed.indptr))
    return weighed


def _count(
    texts: Sequence[str], vocabulary: list[str] | None, **options: Any
) -> tuple[Any, list[str]]:
    counter = CountVectorizer(vocabulary=vocabulary, dtype=np.float64, **options)
    try:
        counts = counter.fit_transform(texts)
    except ValueError:
        # What scikit-learn raises for texts without a single word.
        return sparse.csr_array((len(texts), 0), dtype=np.float64), []
    return sparse.csr_array(counts), counter.get_feature_names_out().tolist()


def _spaced_words(text: str) -> list[str]:
    return [word[:LONGEST_WORD] for word in text.lower().split()]
