"""Probabilities of labels that imply and exclude each other: a layer on top of scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelwright.core.errors import CapabilityError, DataError, ParameterError
from labelwright.nn._torch import nn, torch

__all__ = ["HEXLayer"]

Pairs = Sequence[tuple[int, int]]


class HEXLayer(nn.Module):
    """Probabilities over the sets of labels that a graph of labels allows (HEX graphs).

    A set of labels is legal if no label stands in it without the wider ones, and no two that
    exclude each other. Its probability is proportional to the product of exp(score) over its
    labels. Without any relation that is a sigmoid a label; if all exclude each other it is a
    softmax over them and "none".

    The sum over legal sets is exact: labels that no relation connects are independent, and the
    legal sets of those that are connected are listed.

    Parameters
    ----------
    n_labels : int
        L, the number of scores.
    implies : sequence of (int, int)
        Pairs of labels, narrower and wider; without circles.
    excludes : sequence of (int, int)
        Pairs of labels that cannot go together; labels below them inherit it.
    max_states : int
        At most so many legal sets in one connected part.

    Raises
    ------
    ParameterError
        For a pair that names no label, a circle of implications, or a label that could never be
        given since what it implies excludes each other.
    CapabilityError
        If a connected part has more legal sets.

    Notes
    -----
    Time and memory grow with the rows times the legal sets. A tree whose siblings exclude each
    other has one set more than it has labels; labels that are connected but mostly free have
    exponentially many, and are refused rather than approximated.

    It has nothing to learn; the scores come from a network that ends with a linear layer.

    References
    ----------
    Deng, Ding, Jia, Frome, Murphy, Bengio, Li, Neven and Adam (2014), Large-scale object
    classification using label relation graphs.

    Examples
    --------
    A husky is a dog, and cats are none:

    >>> import torch
    >>> dog, husky, cat = 0, 1, 2
    >>> layer = HEXLayer(3, implies=[(husky, dog)], excludes=[(dog, cat)])
    >>> layer(torch.zeros(1, 3))
    tensor([[0.5000, 0.2500, 0.2500]])

    That it is a dog is known, and nothing else (-1):

    >>> layer.log_likelihood(torch.zeros(1, 3), torch.tensor([[1, -1, -1]])).exp()
    tensor([0.5000])
    """

    free: torch.Tensor

    def __init__(
        self,
        n_labels: int,
        implies: Pairs = (),
        excludes: Pairs = (),
        *,
        max_states: int = 1 << 16,
    ) -> None:
        super().__init__()
        graph = _Graph.read(n_labels, implies, excludes)
        self.n_labels = n_labels
        self.max_states = max_states
        parts = graph.components()
        self._n_parts = len(parts)
        for place, labels in enumerate(parts):
            states = graph.legal_states(labels, max_states)
            self.register_buffer(f"labels_{place}", torch.tensor(labels), persistent=False)
            self.register_buffer(
                f"states_{place}", torch.tensor(states, dtype=torch.float32), persistent=False
            )
        free = sorted(set(range(n_labels)) - {label for labels in parts for label in labels})
        self.register_buffer("free", torch.tensor(free, dtype=torch.int64), persistent=False)

    @property
    def n_states(self) -> list[int]:
        """Legal sets of each connected part with more than one label."""
        return [len(states) for _, states in self._parts()]

    def forward(self, scores: torch.Tensor) -> torch.Tensor:
        """Probability of each label (n, L), from scores (n, L)."""
        found = torch.zeros_like(scores)
        found[:, self.free] = torch.sigmoid(scores[:, self.free])
        for labels, states in self._parts():
            states = states.to(scores.dtype)
            weights = torch.softmax(scores[:, labels] @ states.T, dim=1)
            found[:, labels] = weights @ states
        return found

    def log_likelihood(self, scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Log-probability (n,) of what is known of the labels, summed over what is not.

        Parameters
        ----------
        scores : tensor of shape (n, L)
        targets : tensor of shape (n, L)
            1 for a label that a row has, 0 for one that it has not, -1 where it is not known.

        Raises
        ------
        DataError
            If no legal set agrees with a row.
        """
        known = targets >= 0
        free = self.free
        sign = 2 * targets[:, free].to(scores.dtype) - 1
        single = nn.functional.logsigmoid(sign * scores[:, free])
        total = torch.where(known[:, free], single, 0.0).sum(dim=1)
        for labels, states in self._parts():
            logits = scores[:, labels] @ states.to(scores.dtype).T
            given = targets[:, labels]
            yes, no = (given == 1).to(states.dtype), (given == 0).to(states.dtype)
            against = yes @ (1 - states).T + no @ states.T > 0
            if against.all(dim=1).any():
                raise self._illegal(against, labels)
            agreeing = logits.masked_fill(against, -torch.inf)
            total = total + torch.logsumexp(agreeing, 1) - torch.logsumexp(logits, 1)
        return total

    def loss(self, scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Mean negative :meth:`log_likelihood`."""
        return -self.log_likelihood(scores, targets).mean()

    def most_probable(self, scores: torch.Tensor) -> torch.Tensor:
        """The legal set (n, L) with the greatest probability, as 0 and 1."""
        found = torch.zeros(scores.shape, dtype=torch.int64, device=scores.device)
        found[:, self.free] = (scores[:, self.free] > 0).long()
        for labels, states in self._parts():
            best = (scores[:, labels] @ states.to(scores.dtype).T).argmax(dim=1)
            found[:, labels] = states[best].long()
        return found

    def _parts(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        return [
            (self.get_buffer(f"labels_{place}"), self.get_buffer(f"states_{place}"))
            for place in range(self._n_parts)
        ]

    def _illegal(self, against: torch.Tensor, labels: torch.Tensor) -> DataError:
        row = int(against.all(dim=1).nonzero()[0])
        return DataError(
            f"Row {row} of the targets contradicts the relations of the labels {labels.tolist()}.",
            where={"row": row},
            hint="Complete the labels by their graph first, or make unsure ones -1.",
        )


@dataclass(frozen=True, eq=False)
class _Graph:
    """Implications with all that follows from them, and exclusions with those inherited."""

    above: NDArray[np.bool_]
    apart: NDArray[np.bool_]

    @classmethod
    def read(cls, n: int, implies: Pairs, excludes: Pairs) -> _Graph:
        above = _matrix(n, implies, "implies")
        while (further := above | (above.astype(np.float32) @ above > 0)).sum() > above.sum():
            above = further
        circle = np.flatnonzero(above.diagonal())
        if circle.size:
            raise ParameterError(
                f"Label {circle[0]} implies itself in a circle.",
                where={"label": int(circle[0])},
                hint="Make one label of those that mean the same.",
            )
        below = (above | np.eye(n, dtype=bool)).astype(np.float32)
        apart = _matrix(n, excludes, "excludes")
        apart = below @ (apart | apart.T).astype(np.float32) @ below.T > 0
        impossible = np.flatnonzero(apart.diagonal())
        if impossible.size:
            raise ParameterError(
                f"Label {impossible[0]} could never be given: what it implies excludes each other.",
                where={"label": int(impossible[0])},
            )
        return cls(above, apart)

    def components(self) -> list[list[int]]:
        """Labels that relations connect, for each part with more than one; wider ones first."""
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import connected_components

        _, part = connected_components(csr_array(self.above | self.apart), directed=False)
        members = [
            np.flatnonzero(part == number) for number in np.flatnonzero(np.bincount(part) > 1)
        ]
        depth = self.above.sum(axis=1)
        return [sorted(labels.tolist(), key=lambda label: depth[label]) for labels in members]

    def legal_states(self, labels: list[int], most: int) -> NDArray[np.bool_]:
        """All legal sets (m, k) of one part.

        Wider labels come first, so each legal beginning can be completed by leaving out the rest:
        no more rows are ever held than there are legal sets.
        """
        states = np.zeros((1, 0), dtype=bool)
        for place, label in enumerate(labels):
            before = labels[:place]
            wider, rivals = self.above[label, before], self.apart[label, before]
            allowed = states[:, wider].all(axis=1) & ~states[:, rivals].any(axis=1)
            if len(states) + allowed.sum() > most:
                raise CapabilityError(
                    f"{len(labels)} connected labels have more than {most:,} legal sets.",
                    where={"labels": labels},
                    hint="Exclude siblings of each other, or raise max_states.",
                )
            without = np.column_stack([states, np.zeros(len(states), dtype=bool)])
            having = np.column_stack([states[allowed], np.ones(allowed.sum(), dtype=bool)])
            states = np.concatenate([without, having])
        return states


def _matrix(n: int, pairs: Pairs, name: str) -> NDArray[np.bool_]:
    found = np.zeros((n, n), dtype=bool)
    for a, b in pairs:
        if not (0 <= a < n and 0 <= b < n) or a == b:
            raise ParameterError(
                f"{name} holds the pair ({a}, {b}).",
                where={"parameter": name},
                hint=f"Give pairs of two different labels from 0 to {n - 1}.",
            )
        found[a, b] = True
    return found
