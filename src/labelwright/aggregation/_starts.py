"""Where learning begins: the shares of the votes, with gold taken as certain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelwright.core.votes import Votes

__all__ = ["vote_shares"]


def vote_shares(votes: Votes, gold: NDArray[np.int32]) -> NDArray[np.float64]:
    """Shares (n_items, K) of the weighted votes; a row of zeros for an item without any.

    Parameters
    ----------
    votes : Votes
        On classes.
    gold : (n_items,) class codes
        An item with a code of 0 or more has all its belief there.
    """
    shares = votes.counts()
    shares /= np.einsum("ij->i", shares).clip(min=np.finfo(float).tiny)[:, None]
    known = gold >= 0
    shares[known] = np.eye(shares.shape[1])[gold[known]]
    return shares
