"""Data for the training loop: aligned columns, from which batches are cut."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from labelwright.core.validation import check_same_length
from labelwright.nn._torch import nn, torch

__all__ = ["Batch", "Rows", "outputs"]

Batch = dict[str, torch.Tensor]

BLOCK_ROWS = 4096


class Rows:
    """Columns of numbers, all with a row a record.

    Parameters
    ----------
    **columns : array-like or sparse matrix of shape (n, ...), or None
        By name. Numbers become float32, whole ones int64. A sparse matrix stays sparse; its rows
        become dense only in their batch. None is left out.

    Examples
    --------
    >>> rows = Rows(x=[[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]], label=[0, 1, 1])
    >>> batch = rows.batch([2, 0])
    >>> len(rows), batch["label"], batch["index"]
    (3, tensor([1, 0]), tensor([2, 0]))
    """

    def __init__(self, **columns: Any) -> None:
        self.columns = {n: _column(v) for n, v in columns.items() if v is not None}
        self._n = check_same_length(**self.columns)

    def __len__(self) -> int:
        return self._n

    def take(self, index: Any) -> Self:
        """Some of the rows."""
        return type(self)(**{name: column[index] for name, column in self.columns.items()})

    def batch(self, index: Any, device: torch.device | str = "cpu") -> Batch:
        """Some rows of each column as tensors on a device, and their numbers as ``index``."""
        index = np.asarray(index, dtype=np.int64)
        found = {name: _dense(column[index]) for name, column in self.columns.items()}
        found["index"] = torch.from_numpy(index)
        return {name: tensor.to(device) for name, tensor in found.items()}

    def fingerprint(self) -> str:
        """A hash of the content."""
        found = hashlib.sha256()
        for name, column in self.columns.items():
            found.update(f"{name} {tuple(column.shape)}".encode())
            sparse = hasattr(column, "indptr")
            for part in (column.data, column.indices, column.indptr) if sparse else (column,):
                found.update(np.ascontiguousarray(part).data)
        return found.hexdigest()


def outputs(
    module: nn.Module, rows: Rows, forward: Callable[[Batch], torch.Tensor] | None = None
) -> NDArray[np.float64]:
    """What a trained module says of all rows, block by block and without gradients.

    Parameters
    ----------
    module : torch.nn.Module
        It goes into its mode for evaluation, and the rows to its device.
    rows : Rows
    forward : callable, optional
        From a batch to a tensor (n, ...); by default ``module(batch["x"])``.

    Examples
    --------
    >>> import torch
    >>> outputs(torch.nn.Identity(), Rows(x=[[1.0, 2.0]]))
    array([[1., 2.]])
    """
    apply = forward or (lambda batch: module(batch["x"]))
    weight = next(module.parameters(), None)
    device = "cpu" if weight is None else weight.device
    module.eval()
    with torch.no_grad():
        found = [
            apply(rows.batch(np.arange(first, min(first + BLOCK_ROWS, len(rows))), device)).cpu()
            for first in range(0, len(rows), BLOCK_ROWS)
        ]
    return torch.cat(found).double().numpy()


def _column(values: Any) -> Any:
    if isinstance(values, torch.Tensor):
        return values
    if hasattr(values, "tocsr"):
        return values.tocsr().astype(np.float32)
    array = np.asarray(values)
    whole = array.dtype.kind in "iub"
    return torch.tensor(array.astype(np.int64 if whole else np.float32))


def _dense(rows: Any) -> torch.Tensor:
    return rows if isinstance(rows, torch.Tensor) else torch.from_numpy(rows.toarray())
