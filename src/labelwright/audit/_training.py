"""What scorers and studies that train classifiers share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.audit._predictions import ClassNames
from labelwright.core.errors import DataError
from labelwright.core.seeds import RandomState, generator
from labelwright.core.validation import first_row
from labelwright.estimation._labels import encode_labels


def whole_codes(
    labels: ArrayLike, classes: ClassNames = None, name: str = "labels"
) -> tuple[NDArray[np.int64], tuple[Any, ...]]:
    """Codes (n,) of labels of any type, none of them missing, and the classes."""
    codes, names = encode_labels(labels, classes, name)
    row = first_row(codes < 0)
    if row is not None:
        raise DataError(
            f"{name}[{row}] is missing.",
            where={"row": row},
            hint="Leave out rows without a label.",
        )
    if len(names) < 2:
        raise DataError(f"{name} holds {len(names)} class(es).", hint="Give at least two classes.")
    return codes, names


def seed_of(random_state: RandomState, *names: str | int) -> int:
    """A seed for what takes whole numbers only, from a named stream."""
    return int(generator(random_state, *names).integers(2**31 - 1))


def seeded(classifier: Any, seed: int) -> Any:
    """A clone whose random states, also those of parts inside, are set; None is the default.

    The default is scikit-learn's LogisticRegression.
    """
    from sklearn.base import clone

    if classifier is None:
        from sklearn.linear_model import LogisticRegression

        classifier = LogisticRegression(max_iter=1000)
    copy = clone(classifier)
    names = [n for n in copy.get_params() if n.rpartition("__")[2] == "random_state"]
    return copy.set_params(**dict.fromkeys(names, seed))
