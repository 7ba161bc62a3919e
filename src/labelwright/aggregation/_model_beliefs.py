"""Class probabilities of one or more models on the items of votes, read in blocks."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.core.errors import DataError
from labelwright.core.validation import check_probabilities
from labelwright.core.votes import Votes

__all__ = ["ModelBeliefs"]

Floats = NDArray[np.float64]

TEMPERATURES = (0.1, 0.2, 0.5, 0.8, 1.0, 2.0, 3.0, 5.0, 8.0)
FINE_STEPS = 4
SMALLEST = 1e-30


class ModelBeliefs:
    """Probabilities (n_items, K) of each model, and the temperature that each is brought to.

    Parameters
    ----------
    probabilities : (n_items, K) or (n_models, n_items, K) array-like
    votes : Votes
        On the same items, in the same order, and classes in the order of the columns.
    temperatures : (n_models,), optional
        None leaves probabilities as they are.
    """

    def __init__(
        self, probabilities: ArrayLike, votes: Votes, temperatures: Floats | None = None
    ) -> None:
        models = np.asarray(probabilities)
        models = models[None] if models.ndim == 2 else models
        if models.ndim != 3 or not len(models) or models.shape[1] != votes.n_items:
            raise DataError(
                f"probabilities have shape {models.shape} for {votes.n_items:,} items.",
                hint="Give (n_items, K), or (n_models, n_items, K), in the order of votes.items.",
            )
        k = votes.classes.n_classes
        self.models = [check_probabilities(model, n_classes=k) for model in models]
        self.temperatures = temperatures

    def __len__(self) -> int:
        return len(self.models)

    def rows(self, items: slice | NDArray[np.intp]) -> list[Floats]:
        """Probabilities of some items, model by model."""
        parts = [model[items] for model in self.models]
        if self.temperatures is None:
            return parts
        return [_tempered(p, t) for p, t in zip(parts, self.temperatures, strict=True)]

    def guesses(self, votes: Votes) -> NDArray[np.int64]:
        """The most probable class (n_models, n_items) by each model."""
        found = np.empty((len(self), votes.n_items), dtype=np.int64)
        for items, _ in votes.blocks():
            found[:, items] = [part.argmax(axis=1) for part in self.rows(items)]
        return found

    def calibrate(self, votes: Votes, counts: Floats) -> Floats:
        """Bring each model to the temperature at which it predicts the shares of votes best.

        Counts (n_items, K) are those of the votes; the temperatures come back.
        """
        temperatures = []
        for model in self.models:
            coarse = np.array(TEMPERATURES)
            best = int(_losses(model, votes, counts, coarse).argmin())
            steps = np.linspace(0, 1, FINE_STEPS + 1)
            before, after = coarse[max(best - 1, 0)], coarse[min(best + 1, coarse.size - 1)]
            fine = np.concatenate(
                [
                    before + (coarse[best] - before) * steps,
                    coarse[best] + (after - coarse[best]) * steps,
                ]
            )
            temperatures.append(fine[_losses(model, votes, counts, fine).argmin()])
        self.temperatures = np.array(temperatures)
        return self.temperatures


def _losses(model: Floats, votes: Votes, counts: Floats, temperatures: Floats) -> Floats:
    """Sum over items with votes of the cross entropy to shares of votes, at each temperature."""
    losses = np.zeros(temperatures.size)
    for items, _ in votes.blocks():
        totals = np.einsum("ij->i", counts[items])
        voted = totals > 0
        shares = counts[items][voted] / totals[voted, None]
        logs = _log(model[items][voted])
        for place, temperature in enumerate(temperatures):
            scaled = np.exp(logs / temperature)
            scaled /= np.einsum("ij->i", scaled)[:, None]
            losses[place] -= (shares * np.log(scaled.clip(min=SMALLEST))).sum()
    return losses


def _tempered(probabilities: Floats, temperature: float) -> Floats:
    """Probabilities to the power of one over the temperature, with rows that sum to one."""
    found = probabilities.clip(min=SMALLEST)
    found = np.exp(np.log(found / found.sum(axis=1, keepdims=True)) / temperature)
    return found / found.sum(axis=1, keepdims=True)


def _log(values: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.log(values)
