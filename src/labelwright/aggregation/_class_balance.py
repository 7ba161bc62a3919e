"""How common the classes are, as label models are told it: by name, or by shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelwright.core.errors import DataError
from labelwright.core.params import Accepts
from labelwright.core.spaces import Classes
from labelwright.core.validation import check_probabilities

__all__ = ["ClassBalance", "stated_balance"]

WAYS = ("uniform", "estimated")


class ClassBalance(Accepts):
    """The parameter ``class_balance``: one of two ways, or shares in the order of the classes."""

    def allows(self, value: object) -> bool:
        """Whether ``value`` is accepted."""
        if isinstance(value, str):
            return value in WAYS
        return isinstance(value, (Mapping, Sequence, np.ndarray))

    def __str__(self) -> str:
        return "'uniform', 'estimated', a share a class in their order, or a dict of shares"


def stated_balance(balance: Any, space: Classes) -> NDArray[np.float64] | None:
    """Shares (K,) of the classes, or None where they are to be estimated."""
    if isinstance(balance, str):
        return np.full(space.n_classes, 1 / space.n_classes) if balance == "uniform" else None
    if isinstance(balance, Mapping):
        missing = [name for name in space.names if name not in balance]
        if missing or len(balance) != space.n_classes:
            raise DataError(
                f"class_balance names {list(balance)}, and the classes are {list(space.names)}.",
                hint="Give a share for every class, and for nothing else.",
            )
        balance = [balance[name] for name in space.names]
    shares = check_probabilities([balance], n_classes=space.n_classes, name="class_balance")[0]
    if (shares <= 0).any():
        raise DataError(
            f"class_balance gives nothing to class {space.names[int(shares.argmin())]!r}.",
            hint="Leave the class out of the space, or give it a small share.",
        )
    return np.asarray(shares / shares.sum(), dtype=np.float64)
