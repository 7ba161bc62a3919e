"""Torch's random numbers from the seeds of the house, without touching the user's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from labelwright.core.seeds import RandomState, generator
from labelwright.nn._torch import torch

__all__ = ["reseed", "seeded"]


@contextmanager
def seeded(random_state: RandomState, *names: str | int) -> Iterator[None]:
    """Inside the block torch draws from a stream of its own; afterwards from where it was.

    Parameters
    ----------
    random_state, *names
        As for :func:`labelwright.core.seeds.generator`.

    Examples
    --------
    >>> import torch
    >>> with seeded(0, "weights"):
    ...     first = torch.rand(3)
    >>> with seeded(0, "weights"):
    ...     print(torch.equal(first, torch.rand(3)))
    True
    """
    with torch.random.fork_rng():
        reseed(random_state, *names)
        yield


def reseed(random_state: RandomState, *names: str | int) -> None:
    """Begin a new stream; only inside of :func:`seeded`, which gives the user's back."""
    torch.manual_seed(int(generator(random_state, *names).integers(2**63)))
