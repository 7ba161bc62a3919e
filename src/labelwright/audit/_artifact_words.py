"""Reading labels that something may give away, and counting the words of each class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.audit._predictions import ClassNames, as_codes
from labelwright.core._factorize import as_array
from labelwright.core.errors import DataError
from labelwright.core.spaces import Classes

__all__ = ["WORD_LISTS", "count_words", "list_of", "read_labels"]

WORD_PATTERN = r"(?u)\b\w+\b"

# Words by which writers of items contradict, stay on the safe side, or leave things open.
_LISTED = {
    "negation": """
        no not never none nobody nothing nowhere neither nor without cannot isn aren wasn weren
        don doesn didn won wouldn couldn shouldn hasn haven hadn""",
    "generic": """
        person people human humans man woman men women someone somebody something animal animals
        thing things place outside outdoors inside indoors""",
    "vague": """
        some several many few various most may might could possibly perhaps probably often
        sometimes least approximately about""",
}
WORD_LISTS = {name: frozenset(words.split()) for name, words in _LISTED.items()}


def read_labels(labels: ArrayLike, classes: ClassNames) -> tuple[NDArray[np.int64], Classes | None]:
    """Codes (n,), -1 where there is no label; at least two classes."""
    array = as_array(labels)
    if classes is None and array.dtype.kind not in "iu":
        classes = Classes.from_values(array)
    codes, space = as_codes(array, None, classes, missing=True)
    if len(np.unique(codes[codes >= 0])) < 2:
        raise DataError(
            "There are no two classes among the labels.", hint="Nothing can be given away."
        )
    return codes, space


def count_words(
    texts: Sequence[str | None], codes: NDArray[np.int64], n_classes: int
) -> tuple[NDArray[np.str_], NDArray[np.int64]]:
    """Words (p,), and in how many records of each class each word stands (p, K)."""
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(binary=True, token_pattern=WORD_PATTERN, dtype=np.int64)
    try:
        present = counter.fit_transform([text or "" for text in texts])
    except ValueError:
        # What scikit-learn raises for texts without a single word.
        return np.empty(0, dtype=np.str_), np.empty((0, n_classes), dtype=np.int64)
    of_class = np.eye(n_classes, dtype=np.int64)[codes]
    return counter.get_feature_names_out().astype(np.str_), np.asarray(present.T @ of_class)


def list_of(word: str) -> str:
    """The list that a word is in, or nothing."""
    return next((name for name, words in WORD_LISTS.items() if word in words), "")
