"""Where work on shards runs: in threads, or in processes that can be killed.

What is a sum over items is written once: ``put`` the shards, ``map`` a function over them, add the
small results up in shard order. Shards are cut by the size of the data, never by the number of
workers, so the result is the same, to the last bit, with one worker or with many.
"""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from labelwright.core.errors import CapabilityError, LabelwrightError, ParameterError
from labelwright.core.params import Accepts, Int, Nullable, OneOf, Params

if TYPE_CHECKING:
    from labelwright.core._processes import ProcessPool

__all__ = ["Executor", "LocalExecutor", "Overran", "shards"]


class Executor(Protocol):
    """What runs a function over shards of data, here or on a cluster."""

    def put(self, shards: Iterable[Any]) -> list[Any]:
        """Place the shards where they will be worked on and return a handle for each."""

    def map(
        self,
        function: Callable[..., Any],
        handles: Sequence[Any],
        *shared: Any,
        timeout: float | None = None,
    ) -> list[Any]:
        """``function(shard, *shared)`` for each handle, in the order of ``handles``."""

    def close(self) -> None:
        """Give back what ``put`` placed."""


@dataclass(frozen=True)
class Overran:
    """Stands in the place of the result of a shard that was stopped at its time limit."""

    shard: int
    seconds: float

    def __str__(self) -> str:
        return f"Shard {self.shard} was stopped after {self.seconds:g} s."


class LocalExecutor(Params):
    """Runs on this machine, in threads or in processes.

    Parameters
    ----------
    kind : {"threads", "processes"}
        Threads share memory: right for numpy and scipy, which release the interpreter's lock.
        Processes can be killed, which is how code of strangers is run; function, shards, arguments
        and results are sent to them, so the function must be importable. The caller's copy of a
        shard is kept, so that a new process can go on where a killed one stopped.
    workers : int, optional
        How many at once; by default as many as this process may use CPUs.

    Examples
    --------
    >>> import numpy as np
    >>> values = np.arange(10.0)
    >>> with LocalExecutor(workers=2) as executor:
    ...     parts = executor.put(values[cut] for cut in shards(10, 8, target_bytes=32))
    ...     executor.map(np.sum, parts)
    [np.float64(3.0), np.float64(12.0), np.float64(30.0)]
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "kind": OneOf("threads", "processes"),
        "workers": Nullable(Int(1)),
    }

    def __init__(self, kind: str = "threads", workers: int | None = None) -> None:
        self.kind = kind
        self.workers = workers
        self._pool: ProcessPool | None = None

    def put(self, shards: Iterable[Any]) -> list[Any]:
        """Place the shards where they will be worked on and return a handle for each."""
        self._check_params()
        return list(shards) if self.kind == "threads" else self._processes().put(shards)

    def map(
        self,
        function: Callable[..., Any],
        handles: Sequence[Any],
        *shared: Any,
        timeout: float | None = None,
    ) -> list[Any]:
        """``function(shard, *shared)`` for each handle, in the order of ``handles``.

        Parameters
        ----------
        function : callable
            Called as ``function(shard, *shared)``.
        handles : sequence
            What ``put`` returned, or a part of it.
        *shared
            The same for each shard.
        timeout : float, optional
            Seconds for one shard, counted from the start of ``function``; processes only. A shard
            that runs over is killed and its result is an :class:`Overran`; the others go on.

        Raises
        ------
        Exception
            What ``function`` raised on the first shard (in order) that failed, with a note of the
            shard's place; an error of Labelwright has it in ``.where["shard"]`` too.
        LabelwrightError
            If a process ended by itself, for want of memory for example.
        """
        self._check_params()
        handles = list(handles)
        if self.kind == "processes":
            return self._processes().map(function, handles, shared, _checked_timeout(timeout))
        if timeout is not None:
            raise CapabilityError(
                "Threads cannot be stopped, so they take no timeout.",
                where={"timeout": timeout},
                hint='Use LocalExecutor(kind="processes").',
            )
        return self._map_threads(function, handles, shared)

    def close(self) -> None:
        """End the processes; they start again when the executor is used again."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _map_threads(
        self, function: Callable[..., Any], parts: list[Any], shared: tuple[Any, ...]
    ) -> list[Any]:
        def call(numbered: tuple[int, Any]) -> Any:
            number, part = numbered
            try:
                return function(part, *shared)
            except Exception as error:
                tell_shard(error, number)
                raise

        n_threads = min(self.workers or usable_cpus(), len(parts))
        if n_threads <= 1:
            return [call(numbered) for numbered in enumerate(parts)]
        # A pool for each call: a function that itself maps gets threads of its own, where a shared
        # pool could wait for itself.
        pool = ThreadPoolExecutor(n_threads)
        try:
            return list(pool.map(call, enumerate(parts)))
        finally:
            pool.shutdown(cancel_futures=True)

    def _processes(self) -> ProcessPool:
        if self._pool is None:
            from labelwright.core._processes import ProcessPool

            self._pool = ProcessPool(self.workers or usable_cpus())
        return self._pool


def shards(n: int, bytes_per_row: float, target_bytes: float = 32e6) -> list[slice]:
    """Cut ``n`` rows into slices of nearly equal length and at most about ``target_bytes``.

    There is always at least one slice, so that a sum over shards has a first term.

    Examples
    --------
    >>> shards(10, bytes_per_row=8, target_bytes=32)
    [slice(0, 3, None), slice(3, 6, None), slice(6, 10, None)]
    """
    if n < 0 or bytes_per_row < 0 or not target_bytes > 0:
        raise ParameterError(
            f"shards(n={n}, bytes_per_row={bytes_per_row}, target_bytes={target_bytes}) "
            "is not accepted.",
            hint="n and bytes_per_row are 0 or more, target_bytes is above 0.",
        )
    n_slices = min(max(1, math.ceil(n * bytes_per_row / target_bytes)), max(1, n))
    cuts = [n * i // n_slices for i in range(n_slices + 1)]
    return [slice(low, high) for low, high in itertools.pairwise(cuts)]


def usable_cpus() -> int:
    """How many CPUs this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def tell_shard(error: BaseException, number: int) -> None:
    """Write the place of the shard on an error that its work raised."""
    error.add_note(f"This happened in shard {number}.")
    if isinstance(error, LabelwrightError):
        error.where.setdefault("shard", number)


def _checked_timeout(timeout: float | None) -> float | None:
    if timeout is not None and not timeout > 0:
        raise ParameterError(
            f"timeout={timeout!r} is not accepted.", hint="timeout is None or seconds above 0."
        )
    return timeout
