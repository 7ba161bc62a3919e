"""The one training loop: a method states a loss over a batch, or what it does with one."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import ClassVar

from labelwright.core.errors import LabelwrightWarning, ParameterError
from labelwright.core.params import Accepts, Instance, Int, Nullable, OneOf, Params, Real
from labelwright.core.progress import bar
from labelwright.core.seeds import RandomState, generator
from labelwright.nn._checkpoint import State, read_checkpoint, write_checkpoint
from labelwright.nn._loop import Loop, Loss, Step
from labelwright.nn._torch import nn, torch
from labelwright.nn.rows import Rows
from labelwright.nn.seeding import seeded

__all__ = ["Trainer"]

# Fused: for networks of many small weights the plain loop over them takes longer than the network.
OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adam": partial(torch.optim.Adam, fused=True),
    "adamw": partial(torch.optim.AdamW, fused=True),
    "sgd": partial(torch.optim.SGD, momentum=0.9, nesterov=True, fused=True),
}
# The factor of the learning rate, by the share of the training that is done.
SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": lambda done: 1.0,  # noqa: ARG005
    "cosine": lambda done: 0.5 * (1 + math.cos(math.pi * done)),
    "exponential": lambda done: math.exp(-2 * done),
    "linear": lambda done: 1 - done,
}


class Trainer(Params):
    """Fits the weights of a module to a loss.

    Parameters
    ----------
    epochs : int
        Passes over the rows, at most.
    batch_size : int or None
        Most rows in a batch; the rows are dealt out evenly. None takes all rows at once.
    optimizer : {"adam", "adamw", "sgd"}
        ``"sgd"`` has a momentum of 0.9 (Nesterov).
    lr, weight_decay : float
        Of the optimiser.
    schedule : {"constant", "cosine", "exponential", "linear"}
        How the learning rate falls: not at all, to zero (cosine, linear), or to an eighth.
    clip : float, optional
        Longer gradients are cut to this length.
    patience : int, optional
        Stop after so many epochs in a row without a lower held-out loss.
    device : str
        ``"auto"`` is a GPU if there is one; otherwise any name that torch knows.
    checkpoint : path, optional
        A folder that keeps the state after each epoch. A training that was stopped goes on from
        there, to the very result that it would have had; one with other data, weights or options
        is refused.
    random_state : int, SeedSequence, Generator or None
        Seed of the order of rows and of whatever the module draws.

    Notes
    -----
    The same seed on the same number of threads gives the same bytes on a CPU; on GPUs some of
    torch's operations add up in any order. Torch's global generator stays where it was.

    Examples
    --------
    A linear regression:

    >>> import torch
    >>> from labelwright.nn import Rows
    >>> x = torch.linspace(-1, 1, 50)[:, None]
    >>> line = torch.nn.Linear(1, 1)
    >>> def loss(batch):
    ...     return (line(batch["x"]) - batch["y"]).square().mean()
    >>> trainer = Trainer(epochs=200, batch_size=None, lr=0.1, weight_decay=0.0)
    >>> history = trainer.train(line, loss, Rows(x=x, y=3 * x + 1))
    >>> round(line.weight.item(), 2), round(line.bias.item(), 2), len(history)
    (3.0, 1.0, 200)
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "epochs": Int(1),
        "batch_size": Nullable(Int(1)),
        "optimizer": OneOf(*OPTIMIZERS),
        "lr": Real(0, open_low=True),
        "weight_decay": Real(0),
        "schedule": OneOf(*SCHEDULES),
        "clip": Nullable(Real(0, open_low=True)),
        "patience": Nullable(Int(1)),
        "device": Instance(str),
        "checkpoint": Nullable(Instance(str, Path)),
    }

    def __init__(
        self,
        *,
        epochs: int = 100,
        batch_size: int | None = 64,
        optimizer: str = "adamw",
        lr: float = 1e-3,
        weight_decay: float = 1e-4,
        schedule: str = "constant",
        clip: float | None = None,
        patience: int | None = None,
        device: str = "auto",
        checkpoint: str | Path | None = None,
        random_state: RandomState = 0,
    ) -> None:
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.lr = lr
        self.weight_decay = weight_decay
        self.schedule = schedule
        self.clip = clip
        self.patience = patience
        self.device = device
        self.checkpoint = checkpoint
        self.random_state = random_state

    def train(
        self,
        module: nn.Module,
        loss: Loss,
        rows: Rows,
        *,
        held_out: Rows | None = None,
        step: Step | None = None,
        before_epoch: Callable[[int], None] | None = None,
        what: str = "training",
    ) -> list[dict[str, float]]:
        """Train ``module`` in place; it ends on the device, in its mode for evaluation.

        Parameters
        ----------
        module : torch.nn.Module
            All that is learnt, and whatever else must survive a stop, as a buffer.
        loss : callable
            From a batch (a dict of tensors, with the numbers of its rows as ``index``) to a tensor
            with one number, the mean over the batch.
        rows : Rows
        held_out : Rows, optional
            Rows on which the loss is measured after each epoch. The weights of the epoch with the
            least are kept; without, those of the last epoch.
        step : callable, optional
            What is done with a batch where the gradient of ``loss`` is not all: called with the
            batch and a function ``update``, which lowers the loss that it is given by one step of
            the optimiser. Gives the loss to report.
        before_epoch : callable, optional
            Called with the number of the epoch, from 0.
        what : str
            What is trained, for the progress bar and the name of the checkpoint.

        Returns
        -------
        list of dict
            An entry an epoch: ``epoch``, ``loss``, and ``held_out_loss`` if something is held out.

        Raises
        ------
        ParameterError
            If the loss stops to be a number, or ``patience`` has nothing to be measured on.
        RunError
            If the checkpoint belongs to another training.

        Warns
        -----
        LabelwrightWarning
            If it was interrupted (Ctrl-C); the best weights so far are kept.
        """
        self._check_params()
        if self.patience is not None and held_out is None:
            raise ParameterError("patience needs held-out rows.", hint="Hold some rows out.")
        device = pick_device(self.device)
        module.to(device)
        weights = [weight for weight in module.parameters() if weight.requires_grad]
        make = OPTIMIZERS[self.optimizer]
        loop = Loop(
            state=State(module, make(weights, lr=self.lr, weight_decay=self.weight_decay)),
            loss=loss,
            step=step,
            before_epoch=before_epoch,
            rows=rows,
            held_out=held_out,
            batch_size=self.batch_size,
            lr=lambda done: self.lr * SCHEDULES[self.schedule](done),
            clip=self.clip,
            device=device,
            seed=int(generator(self.random_state, what).integers(2**63)),
        )
        self._run(loop, self._checkpoint(loop, what), what)
        if loop.state.best:
            module.load_state_dict(loop.state.best)
        module.eval()
        return loop.state.history

    def _run(self, loop: Loop, save: Callable[[], None], what: str) -> None:
        """Epoch after epoch, until there were enough, patience ends or Ctrl-C is pressed."""
        state = loop.state
        try:
            with bar(what, self.epochs) as advance, seeded(loop.seed):
                advance(len(state.history))
                for epoch in range(len(state.history), self.epochs):
                    if self.patience and epoch and state.waited >= self.patience:
                        break
                    loop.run_epoch(epoch, self.epochs)
                    save()
                    advance()
        except KeyboardInterrupt:
            if not state.history:
                raise
            warnings.warn(
                f"The {what} was interrupted after epoch {len(state.history)} of {self.epochs}; "
                "the best weights so far are kept.",
                LabelwrightWarning,
                stacklevel=4,
            )

    def _checkpoint(self, loop: Loop, what: str) -> Callable[[], None]:
        """Go on where a checkpoint left off, if there is one; give what writes the next."""
        if self.checkpoint is None:
            return lambda: None
        path = Path(self.checkpoint) / f"{what.replace(' ', '-')}.safetensors"
        elsewhere = ("device", "checkpoint", "random_state")
        belongs_to = {n: v for n, v in self.get_params().items() if n not in elsewhere}
        belongs_to |= loop.identity()
        if path.exists():
            read_checkpoint(path, loop.state, belongs_to)
        return lambda: write_checkpoint(path, loop.state, belongs_to)


def pick_device(name: str) -> torch.device:
    """The device of a name; ``"auto"`` is a GPU if there is one.

    Raises
    ------
    ParameterError
        If torch knows no such device.
    """
    if name == "auto":
        ask: dict[str, Callable[[], bool]] = {
            "cuda": torch.cuda.is_available,
            "mps": torch.backends.mps.is_available,
        }
        name = next((kind for kind, there_is in ask.items() if there_is()), "cpu")
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise ParameterError(
            f"device={name!r} is not accepted.", hint="Give 'auto', 'cpu' or 'cuda'."
        ) from error
