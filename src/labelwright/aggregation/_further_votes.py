"""How many further votes it takes until a belief is reached, by drawing annotators and votes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["VotesToCome"]

Floats = NDArray[np.float64]

# Draws that are followed at a time.
BLOCK_DRAWS = 1 << 16


class VotesToCome:
    """Draws annotators, by how much they voted, and what they would say.

    Parameters
    ----------
    rates : (n_annotators, K, n_answers) float64
        Probabilities of each answer [annotator, true, given], above zero.
    shares : (n_annotators,) float64
        How likely each annotator is to give the next vote.
    """

    def __init__(self, rates: Floats, shares: Floats) -> None:
        self.n_answers = rates.shape[2]
        self.upto = np.cumsum(rates, axis=2)
        self.logs = np.log(rates)
        self.annotators_upto = np.cumsum(shares / shares.sum())

    def until(
        self,
        beliefs: Floats,
        target: float,
        most: int,
        n_draws: int,
        rng: np.random.Generator,
    ) -> NDArray[np.int32]:
        """Further votes (n, n_draws) until some class is believed with ``target``.

        The truth of an item is drawn from its belief. ``most + 1`` stands where ``most`` votes
        are not enough.
        """
        n = len(beliefs)
        needed = np.zeros((n, n_draws), dtype=np.int32)
        step = max(BLOCK_DRAWS // n_draws, 1)
        for first in range(0, n, step):
            part = beliefs[first : first + step].repeat(n_draws, axis=0)
            found = self._follow(part, target, most, rng)
            needed[first : first + step] = found.reshape(-1, n_draws)
        return needed

    def _follow(
        self, beliefs: Floats, target: float, most: int, rng: np.random.Generator
    ) -> NDArray[np.int32]:
        """The number for each row of beliefs, which is one draw of an item's future."""
        needed = np.full(len(beliefs), most + 1, dtype=np.int32)
        truth = _drawn(np.cumsum(beliefs, axis=1), rng)
        logs = np.log(beliefs.clip(min=1e-300))
        open_ = np.arange(len(beliefs))
        for n_votes in range(most + 1):
            reached = _highest_belief(logs) >= target
            needed[open_[reached]] = n_votes
            open_, logs, truth = open_[~reached], logs[~reached], truth[~reached]
            if not open_.size or n_votes == most:
                break
            who = np.searchsorted(self.annotators_upto, rng.random(open_.size), side="right")
            who = who.clip(max=len(self.upto) - 1)
            said = _drawn(self.upto[who, truth], rng)
            logs = logs + self.logs[who, :, said]
        return needed


def _drawn(upto: Floats, rng: np.random.Generator) -> NDArray[np.int64]:
    """A place in each row, by cumulated probabilities."""
    place = (upto < rng.random(len(upto))[:, None] * upto[:, -1:]).sum(axis=1)
    return np.minimum(place, upto.shape[1] - 1)


def _highest_belief(logs: Floats) -> Floats:
    highest = logs.max(axis=1)
    # Halving a probability of exactly the target must not undo it by rounding.
    return np.asarray(1 / np.exp(logs - highest[:, None]).sum(axis=1) + 1e-12)
