"""A training that was stopped, in one file: weights, optimiser, history and what it belongs to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labelwright.core.errors import RunError
from labelwright.core.files import check_format, write_bytes
from labelwright.nn._torch import nn, torch

FORMAT = 1
HEAD = "labelwright"

Tensors = dict[str, torch.Tensor]


@dataclass
class State:
    """All that a training has reached.

    Attributes
    ----------
    module, optimizer
        As they are after the last epoch.
    history : list of dict
        Figures of each epoch.
    best : dict of tensors
        Weights after the epoch with the least held-out loss; empty if nothing is held out.
    """

    module: nn.Module
    optimizer: torch.optim.Optimizer
    history: list[dict[str, float]] = field(default_factory=list)
    best: Tensors = field(default_factory=dict)

    @property
    def waited(self) -> int:
        """Epochs since the least held-out loss; 0 right after it."""
        held = [entry["held_out_loss"] for entry in self.history]
        return len(held) - 1 - held.index(min(held))


def copied(tensors: Mapping[str, torch.Tensor]) -> Tensors:
    """Copies in main memory, each on its own."""
    return {name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}


def fingerprint(module: nn.Module) -> str:
    """A hash of a module's weights."""
    from safetensors.torch import save

    return hashlib.sha256(save(copied(module.state_dict()))).hexdigest()


def write_checkpoint(path: Path, state: State, belongs_to: Mapping[str, Any]) -> None:
    """Write the state into one file, whole or not at all."""
    from safetensors.torch import save

    optimizer = {
        f"{place}.{name}": value
        for place, values in state.optimizer.state_dict()["state"].items()
        for name, value in values.items()
        if isinstance(value, torch.Tensor)
    }
    parts = {"module": state.module.state_dict(), "best": state.best, "optimizer": optimizer}
    tensors = {f"{part}.{name}": t for part in parts for name, t in copied(parts[part]).items()}
    head = {"format": FORMAT, "history": state.history, "belongs_to": dict(belongs_to)}
    write_bytes(path, save(tensors, metadata={HEAD: json.dumps(head)}))


def read_checkpoint(path: Path, state: State, belongs_to: Mapping[str, Any]) -> None:
    """Bring the state to where :func:`write_checkpoint` left it; refuse what belongs elsewhere."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as stored:
            head = json.loads((stored.metadata() or {}).get(HEAD, "{}"))
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise RunError(
            f"{path} cannot be read as a checkpoint: {error}",
            where={"file": str(path)},
            hint="Delete it to begin anew.",
        ) from error
    check_format(head.get("format"), FORMAT, path)
    _check_same(path, head["belongs_to"], belongs_to)
    state.history = head["history"]
    state.best = _part(tensors, "best")
    state.module.load_state_dict(_part(tensors, "module"))
    by_place: dict[int, Tensors] = {}
    for name, tensor in _part(tensors, "optimizer").items():
        place, _, what = name.partition(".")
        by_place.setdefault(int(place), {})[what] = tensor
    state.optimizer.load_state_dict({**state.optimizer.state_dict(), "state": by_place})


def _part(tensors: Tensors, part: str) -> Tensors:
    return {n.removeprefix(f"{part}."): t for n, t in tensors.items() if n.startswith(f"{part}.")}


def _check_same(path: Path, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    for name, value in wanted.items():
        if found.get(name) != value:
            raise RunError(
                f"The checkpoint {path} belongs to another training: its {name} differs.",
                where={"file": str(path), "differs": name},
                hint="Give another folder, or delete the file to begin anew.",
            )
