"""Losses that several methods share."""

from __future__ import annotations

from labelwright.nn._torch import nn, torch

__all__ = ["soft_cross_entropy"]


def soft_cross_entropy(
    logits: torch.Tensor, targets: torch.Tensor, weight: torch.Tensor | None = None
) -> torch.Tensor:
    """Mean cross-entropy of soft labels.

    Parameters
    ----------
    logits : tensor of shape (n, K)
    targets : tensor of shape (n, K)
        A distribution over the classes a row. A row of zeros counts nothing.
    weight : tensor of shape (n,), optional
        Give weights whose mean over all rows is one: they are not divided by their sum, as then a
        row would count more in a batch of light ones than in a batch of heavy ones.

    Examples
    --------
    >>> import torch
    >>> round(float(soft_cross_entropy(torch.zeros(2, 4), torch.full((2, 4), 0.25))), 4)
    1.3863
    """
    loss = -(targets * nn.functional.log_softmax(logits, dim=1)).sum(dim=1)
    return loss.mean() if weight is None else (weight * loss).mean()
