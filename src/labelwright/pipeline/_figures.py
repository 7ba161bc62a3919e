"""Figures that are given for all items, and for parts of them: agreement, and shares of classes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation import krippendorff_alpha
from labelwright.core.errors import DataWarning, LabelwrightError

if TYPE_CHECKING:
    from labelwright.core.votes import Votes
    from labelwright.pipeline._gold import Gold
    from labelwright.pipeline._stages import Found

__all__ = ["agreement", "known_gold", "share_rows"]

NO_GOLD = "no gold: a share of labels that may be wrong has no interval that holds"


def agreement(votes: Votes) -> dict[str, Any] | None:
    """How far annotators agree, or None where that cannot be said."""
    try:
        return krippendorff_alpha(votes).to_dict()
    except LabelwrightError:
        return None


def share_rows(found: Found, part: NDArray[np.int64] | None = None) -> list[dict[str, Any]]:
    """The share of each class that is asked for, among all items or those of ``part``."""
    gold, names = found.inputs.gold, found.inputs.votes.classes.names
    asked = [name for name in names if found.settings.of in (None, str(name))]
    # A class that only other questions have: then all of this one's are wanted.
    wanted = asked or names
    if gold is None or not known_gold(found, part):
        return _refused(wanted, (gold.refused if gold is not None else "") or NO_GOLD)
    try:
        shares, notes = _shares(found, gold, slice(None) if part is None else part)
    except LabelwrightError as error:
        return _refused(wanted, str(error))
    rows = []
    for name in wanted:
        one = shares[names.index(name)].to_dict()
        rows.append(one | {"what": f"share of {name}", "notes": [*one["notes"], *notes]})
    return rows


def _refused(names: Sequence[Any], why: str) -> list[dict[str, Any]]:
    return [{"what": f"share of {name}", "refused": why} for name in names]


def known_gold(found: Found, part: NDArray[np.int64] | None = None) -> int:
    """How many items, of ``part`` or of all, have gold that may judge."""
    gold = found.inputs.gold
    if gold is None:
        return 0
    judging = gold.judging if part is None else gold.judging[part]
    return int((judging >= 0).sum())


def _shares(found: Found, gold: Gold, rows: Any) -> tuple[Any, list[str]]:
    """Corrected shares of all classes among some rows, and what was warned of."""
    from labelwright.estimation import corrected_share

    groups, inclusion = found.inputs.group, gold.inclusion
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DataWarning)
        shares = corrected_share(
            _predictions(found, rows),
            gold.judging[rows],
            classes=range(len(found.inputs.votes.classes.names)),
            groups=None if groups is None else groups[rows],
            inclusion=None if inclusion is None else inclusion[rows],
        )
    return shares, [str(warning.message) for warning in caught]


def _predictions(found: Found, rows: Any) -> NDArray[np.float64]:
    """What is believed of each item without its gold: votes, or the model where there are none."""
    beliefs: NDArray[np.float64] = found.aggregator.posterior_[rows].copy()
    if found.probabilities is not None:
        unseen = found.aggregator.item_votes_[rows] == 0
        beliefs[unseen] = found.probabilities[rows][unseen]
    return beliefs
