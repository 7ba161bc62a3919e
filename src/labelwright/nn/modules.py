"""Networks that several methods share."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from labelwright.nn._torch import nn, torch

__all__ = ["MLP", "WithHead"]


class MLP(nn.Module):
    """Layers of linear maps, each normalised and followed by SiLU: rows to features.

    Parameters
    ----------
    n_in : int
        Columns of a row.
    hidden : sequence of int
        Width of each layer.
    dropout : float
        Share of the features of each layer that are left out at random in training.

    Attributes
    ----------
    n_out : int
        Number of features, the width of the last layer.

    Notes
    -----
    Normalised is each row by itself (layer norm), so what is said of a row depends on no other row
    in its batch.

    Examples
    --------
    >>> import torch
    >>> MLP(5, hidden=(16, 8))(torch.zeros(3, 5)).shape
    torch.Size([3, 8])
    """

    def __init__(self, n_in: int, hidden: Sequence[int] = (128,), dropout: float = 0.0) -> None:
        super().__init__()
        widths = [n_in, *hidden]
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Linear(before, after), nn.LayerNorm(after), nn.SiLU()]
            layers += [nn.Dropout(dropout)] if dropout else []
        self.layers = nn.Sequential(*layers)
        self.n_out = widths[-1]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Features (n, n_out) of rows (n, n_in)."""
        features: torch.Tensor = self.layers(x)
        return features


class WithHead(nn.Module):
    """A backbone, which turns rows into features, and one linear map from these to scores.

    Parameters
    ----------
    backbone : torch.nn.Module
        From rows (n, ...) to features (n, p). :class:`torch.nn.Identity` makes it a linear model.
    example : tensor of shape (n, ...)
        Some rows, which show how many features the backbone gives.
    n_out : int
        Number of scores, for example of classes.

    Examples
    --------
    >>> import torch
    >>> WithHead(torch.nn.Identity(), torch.zeros(1, 5), 3)(torch.zeros(2, 5)).shape
    torch.Size([2, 3])
    """

    def __init__(self, backbone: nn.Module, example: torch.Tensor, n_out: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = nn.Linear(width_of(backbone, example), n_out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Scores (n, n_out) of rows."""
        scores: torch.Tensor = self.head(self.backbone(x))
        return scores


def width_of(backbone: nn.Module, example: torch.Tensor) -> int:
    """How many features a backbone gives for rows like the example."""
    # In the mode for evaluation, since otherwise a normalisation would learn from the example.
    mode = backbone.training
    with torch.no_grad():
        width = backbone.eval()(example).shape[1]
    backbone.train(mode)
    return int(width)
