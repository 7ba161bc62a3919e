"""What users of label models are told where votes do not say how good rules are."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from labelwright.core.errors import DataWarning

__all__ = ["warn_if_not_learnt", "warn_if_rules_apart"]

SHOWN = 5


def warn_if_not_learnt(names: list[Any], precision: float) -> None:
    """Name the rules whose votes say nothing about how good they are, if there are any."""
    if names:
        shown = ", ".join(map(repr, names[:SHOWN])) + (" ..." if len(names) > SHOWN else "")
        warnings.warn(
            f"How good {len(names)} of the rules are cannot be learnt from these votes ({shown}): "
            "it takes three rules that vote on the same items, two by two, and agree more or less "
            f"often than by chance. Their votes count as right with a chance of {precision:g}, as "
            "precision= says. Let other rules speak on those items too.",
            DataWarning,
            stacklevel=6,
        )


def warn_if_rules_apart(together: NDArray[Any], what_follows: str) -> None:
    """Say so if rules fall into groups without common items.

    Parameters
    ----------
    together : (n_rules, n_rules)
        Not zero where two rules, both of which spoke, have a common item.
    what_follows : str
        What the method makes of that, and what to do.
    """
    n_groups, _ = connected_components(np.asarray(together) > 0, directed=False)
    if n_groups > 1:
        warnings.warn(
            f"The rules fall into {n_groups} groups that share no items. {what_follows}",
            DataWarning,
            stacklevel=6,
        )
