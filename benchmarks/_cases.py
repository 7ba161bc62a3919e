"""What a benchmark states: inputs, two sides, how their answers compare, and the bar."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Answer", "Bench", "Case", "Input", "Job", "Side", "shares_equal"]

Answer = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Job:
    """A call to be measured, with its input already in memory.

    Attributes
    ----------
    run : callable
        The only part that is measured.
    answer : callable
        What ``run`` returned as arrays by name, in an order that both sides share.
    """

    run: Callable[[], Any]
    answer: Callable[[Any], Answer]


@dataclass(frozen=True)
class Side:
    """One of the two that are compared.

    Attributes
    ----------
    name : str
        The package, as it is called on PyPI.
    prepare : callable
        ``prepare(folder, **options)`` loads the input in that folder and gives a :class:`Job`. It
        runs in a process of its own, so it is a function of a module, not a lambda.
    options : mapping
        Values that JSON can hold.
    """

    name: str
    prepare: Callable[..., Job]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Input:
    """Data made from a seed, once, for both sides.

    Attributes
    ----------
    write : callable
        ``write(folder, seed=..., **sizes)`` writes files.
    sizes : mapping of str to values
        Sizes, or which real set.
    small : mapping of str to values
        Sizes for warming up, and for ``--quick``.
    seed : int
    """

    write: Callable[..., None]
    sizes: Mapping[str, Any]
    small: Mapping[str, Any]
    seed: int = 0


@dataclass(frozen=True)
class Case:
    """One task on one input, ours against a named peer.

    Attributes
    ----------
    task : str
        As it stands in the table.
    compare : callable
        ``compare(folder, ours, peer)`` of the input's folder and both answers gives figures:
        ``equal``, the share of equal results, and where there is one the ``objective`` of ``ours``
        and ``peer``, higher is better.
    repeats : int
        Rounds; in each both sides run, one after the other.
    floor, aim : float, optional
        How many times the CPU seconds the peer should take.
    memory_mb : float, optional
        How much memory ours may take beyond the input.
    limit_s : float
        Wall seconds after which a side is stopped.
    """

    task: str
    input: Input
    ours: Side
    peer: Side
    compare: Callable[[Path, Answer, Answer], Mapping[str, Any]]
    repeats: int = 5
    floor: float | None = None
    aim: float | None = None
    memory_mb: float | None = None
    limit_s: float = 360.0


@dataclass(frozen=True)
class Bench:
    """Cases on one topic.

    Attributes
    ----------
    slug : str
        Name of the result file.
    title, about : str
        Heading and text above the table in the docs.
    rooms : sequence of str
        Rooms of the package that are measured.
    cases : sequence of Case
    source : str
        ``__file__`` of the benchmark: finished rounds are used again only while its code and that
        of the rooms is the same.
    """

    slug: str
    title: str
    about: str
    rooms: Sequence[str]
    cases: Sequence[Case]
    source: str


def shares_equal(ours: NDArray[Any], peer: NDArray[Any]) -> float:
    """Share of entries that are equal; 0 where the shapes differ."""
    return float(np.mean(ours == peer)) if ours.shape == peer.shape else 0.0
