"""Predicting labels from some columns of the input."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from labelwright.core.seeds import RandomState
from labelwright.estimation import cross_val_probabilities
from labelwright.features import ColumnFeatures
from labelwright.retrieval import duplicate_groups

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Part", "predict"]

N_HASHED = 1 << 18
FEW_VALUES = 50
"""A column of more distinct texts, or mostly of several words, holds text and not names."""


class Part:
    """Some columns of the input as numbers, made without a look at the labels.

    Attributes
    ----------
    matrix : (n, p) array or CSR array
    linear : bool
        Whether there is text, from which a linear model predicts.
    duplicates : (n,) int64 or None
        Equal codes for records of the same text, if the part is one text.
    """

    def __init__(self, table: pl.DataFrame, columns: Sequence[str]) -> None:
        texts = [name for name in columns if _holds_text(table[name])]
        others = [name for name in columns if name not in texts]
        read = {name: table[name].fill_null("").to_list() for name in texts}
        blocks = [_hashed(values, 2) for values in read.values()]
        blocks += [_lacking(read[one], read[other]) for one, other in permutations(texts, 2)]
        if others:
            # Made sparse, since arrays and sparse matrices are joined by different functions.
            blocks.append(sp.csr_array(ColumnFeatures(others).fit_transform(table)))
        self.linear = bool(texts)
        joined = sp.csr_array(sp.hstack(blocks))
        self.matrix = _occurring(joined) if texts else joined.toarray()
        self.duplicates = (
            duplicate_groups(read[texts[0]]) if len(columns) == len(texts) == 1 else None
        )


def predict(
    part: Part,
    codes: NDArray[np.int64],
    n_classes: int,
    *,
    groups: Any,
    n_folds: int,
    random_state: RandomState,
) -> NDArray[np.int64]:
    """The most probable class (n,) of each item, from models that have not seen it."""
    probabilities = cross_val_probabilities(
        _classifier(part.linear),
        part.matrix,
        codes,
        groups=groups,
        duplicates=part.duplicates,
        n_folds=n_folds,
        classes=list(range(n_classes)),
        random_state=random_state,
    )
    return probabilities.argmax(axis=1)


def _occurring(matrix: Any) -> Any:
    """The columns that hold anything: a model need not carry the weights of all others."""
    return matrix[:, np.unique(matrix.indices)]


def _classifier(linear: bool) -> Any:
    if linear:
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(C=10.0, max_iter=1000)
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(random_state=0)


def _holds_text(column: pl.Series) -> bool:
    import polars as pl

    if column.dtype != pl.String:
        return False
    several_words = column.str.strip_chars().str.contains(r"\s").sum()
    return column.n_unique() > FEW_VALUES or several_words > column.len() / 2


def _hashed(texts: Sequence[str], longest: int) -> Any:
    """Hashed words, and up to ``longest`` neighbouring ones, in rows of unit length."""
    from sklearn.feature_extraction.text import HashingVectorizer

    hashing = HashingVectorizer(
        n_features=N_HASHED,
        ngram_range=(1, longest),
        alternate_sign=False,
        token_pattern=r"(?u)\b\w+\b",
    )
    return hashing.transform(texts)


def _lacking(texts: Sequence[str], others: Sequence[str]) -> Any:
    """Hashed words of each text that the other lacks, and the share of its words that these are."""
    words = [set(text.lower().split()) for text in texts]
    missing = [mine - set(other.lower().split()) for mine, other in zip(words, others, strict=True)]
    share = [len(new) / max(len(mine), 1) for new, mine in zip(missing, words, strict=True)]
    joined = [" ".join(sorted(new)) for new in missing]
    return sp.hstack([_hashed(joined, 1), np.array(share)[:, None]])
