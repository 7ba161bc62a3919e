"""A conditional normalising flow over label vectors: noise and features to labels, and back."""

from __future__ import annotations

from typing import cast

from labelwright.nn._torch import nn, torch

SMALL = 0.01

Pair = tuple[torch.Tensor, torch.Tensor]


class Coupling(nn.Module):
    """One coordinate is scaled and shifted by what the others and the item say.

    Parameters
    ----------
    n_classes, coordinate : int
        Length of label vectors, and the coordinate that is moved.
    latent : int
        Width of the hidden layers; what is known of an item is a row of twice as many numbers.
    """

    def __init__(self, n_classes: int, coordinate: int, latent: int) -> None:
        super().__init__()
        self.coordinate = coordinate
        self.others = [place for place in range(n_classes) if place != coordinate]
        self.of_others = nn.Sequential(
            nn.Linear(n_classes - 1, latent), nn.SiLU(), nn.Linear(latent, latent)
        )
        self.end = nn.Linear(latent, 2)
        start_small(self.end)

    def forward(self, item: torch.Tensor, vectors: torch.Tensor) -> Pair:
        """Vectors (n, K) with the coordinate moved, and the log of its scale (n,)."""
        log_scale, shift = self._scale_and_shift(item, vectors)
        moved = vectors[:, self.coordinate] * log_scale.exp() + shift
        return self._replaced(vectors, moved), log_scale

    def inverse(self, item: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
        """Vectors (n, K) with the coordinate moved back."""
        log_scale, shift = self._scale_and_shift(item, vectors)
        moved = (vectors[:, self.coordinate] - shift) * (-log_scale).exp()
        return self._replaced(vectors, moved)

    def _scale_and_shift(self, item: torch.Tensor, vectors: torch.Tensor) -> Pair:
        """Log scale, between -1/2 and 1/2, and shift of each row, both (n,)."""
        log_gain, offset = item.chunk(2, dim=1)
        hidden = log_gain.exp() * self.of_others(vectors[:, self.others]) + offset
        raw, shift = self.end(nn.functional.silu(hidden)).unbind(dim=1)
        return 0.5 * nn.functional.softsign(raw), shift

    def _replaced(self, vectors: torch.Tensor, moved: torch.Tensor) -> torch.Tensor:
        columns = list(vectors.unbind(dim=1))
        columns[self.coordinate] = moved
        return torch.stack(columns, dim=1)


class ConditionalFlow(nn.Module):
    """Labels from noise, given the features of an item; invertible for each item by itself.

    Parameters
    ----------
    backbone : torch.nn.Module
        From rows to features.
    width : int
        How many features it gives.
    n_classes, n_steps, latent : int
        Each step moves every coordinate once.
    """

    def __init__(
        self, backbone: nn.Module, width: int, n_classes: int, n_steps: int, latent: int
    ) -> None:
        super().__init__()
        coordinates = [place for _ in range(n_steps) for place in range(n_classes)]
        self.couplings = nn.ModuleList(Coupling(n_classes, c, latent) for c in coordinates)
        self.backbone = backbone
        # One product for all couplings is much quicker than a small one for each.
        self.of_features = nn.Linear(width, 2 * latent * len(coordinates))
        start_small(self.of_features)

    def forward(self, x: torch.Tensor, noise: torch.Tensor) -> Pair:
        """Label vectors (n, K) and the log determinant (n,) of their Jacobian in the noise."""
        vectors, log_det = noise, torch.zeros_like(noise[:, 0])
        for coupling, item in zip(self.couplings, self._items(x), strict=True):
            vectors, log_scale = coupling(item, vectors)
            log_det = log_det + log_scale
        return vectors, log_det

    def inverse(self, x: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
        """The noise (n, K) that gives these label vectors."""
        couplings = cast("list[Coupling]", list(self.couplings))
        for coupling, item in zip(reversed(couplings), reversed(self._items(x)), strict=True):
            vectors = coupling.inverse(item, vectors)
        return vectors

    def _items(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """What each coupling is told of the items."""
        features: torch.Tensor = self.of_features(self.backbone(x))
        return features.chunk(len(self.couplings), dim=1)


def start_small(layer: nn.Linear) -> None:
    """Let a layer say next to nothing at first, so that the flow begins near the identity."""
    nn.init.normal_(layer.weight, std=SMALL)
    nn.init.zeros_(layer.bias)
