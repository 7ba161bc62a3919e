"""What happens in an epoch: batches, steps of the optimiser, the held-out loss."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from labelwright.core.errors import ParameterError
from labelwright.core.seeds import generator
from labelwright.nn._checkpoint import State, copied, fingerprint
from labelwright.nn._torch import nn, torch
from labelwright.nn.rows import Batch, Rows
from labelwright.nn.seeding import reseed

Loss = Callable[[Batch], torch.Tensor]
Update = Callable[[torch.Tensor], None]
Step = Callable[[Batch, Update], torch.Tensor]


@dataclass(frozen=True)
class Loop:
    """A training in progress; ``state`` is all of it that changes.

    All that is drawn in an epoch follows from the seed and the number of the epoch, so that a
    training goes on from a checkpoint as if it had never been stopped.
    """

    state: State
    loss: Loss
    step: Step | None
    before_epoch: Callable[[int], None] | None
    rows: Rows
    held_out: Rows | None
    batch_size: int | None
    lr: Callable[[float], float]
    clip: float | None
    device: torch.device
    seed: int

    def identity(self) -> dict[str, Any]:
        """What a checkpoint must share with the training that goes on from it."""
        return {
            "random_state": self.seed,
            "weights": fingerprint(self.state.module),
            "rows": self.rows.fingerprint(),
            "held_out": self.held_out and self.held_out.fingerprint(),
        }

    def run_epoch(self, epoch: int, epochs: int) -> None:
        """Pass over the rows once, measure, and remember the best weights."""
        state = self.state
        reseed(self.seed, "noise", epoch)
        if self.before_epoch is not None:
            self.before_epoch(epoch)
        figures = {"epoch": epoch, "loss": self._pass(epoch, epochs)}
        if self.held_out is not None:
            figures["held_out_loss"] = self._mean_loss(self.held_out)
        _check_finite(figures)
        state.history.append(figures)
        if self.held_out is not None and not state.waited:
            state.best = copied(state.module.state_dict())

    def _pass(self, epoch: int, epochs: int) -> float:
        """The mean loss on the way."""
        self.state.module.train()
        total = torch.zeros((), device=self.device)
        batches = self._batches(epoch)
        for place, index in enumerate(batches):
            lr = self.lr((epoch + place / len(batches)) / epochs)
            for group in self.state.optimizer.param_groups:
                group["lr"] = lr
            batch = self.rows.batch(index, self.device)
            # The sum stays on the device: to read it after each batch would be to wait for it.
            total += self._descend(batch).detach() * len(index)
        return float(total) / len(self.rows)

    def _descend(self, batch: Batch) -> torch.Tensor:
        if self.step is not None:
            return self.step(batch, self._update)
        value = self.loss(batch)
        self._update(value)
        return value

    def _update(self, value: torch.Tensor) -> None:
        """One step of the optimiser down the gradient of ``value``."""
        self.state.optimizer.zero_grad()
        value.backward()
        if self.clip is not None:
            nn.utils.clip_grad_norm_(self.state.module.parameters(), self.clip)
        self.state.optimizer.step()

    def _batches(self, epoch: int) -> list[Any]:
        """Numbers of rows; batches differ in size by one at most, so none is tiny."""
        n = len(self.rows)
        if self.batch_size is None:
            return [np.arange(n)]
        order = generator(self.seed, "order", epoch).permutation(n)
        return np.array_split(order, math.ceil(n / self.batch_size))

    def _mean_loss(self, rows: Rows) -> float:
        self.state.module.eval()
        size = self.batch_size or len(rows)
        parts = np.array_split(np.arange(len(rows)), math.ceil(len(rows) / size))
        with torch.no_grad():
            losses = [self.loss(rows.batch(index, self.device)) * len(index) for index in parts]
        return float(sum(losses)) / len(rows)


def _check_finite(figures: Mapping[str, float]) -> None:
    wrong = next((name for name, value in figures.items() if not math.isfinite(value)), None)
    if wrong is not None:
        raise ParameterError(
            f"The {wrong} is {figures[wrong]} in epoch {figures['epoch']:g}.",
            where={"epoch": figures["epoch"], "parameter": "lr"},
            hint="Lower the learning rate (lr), clip the gradients, or scale the features.",
        )
