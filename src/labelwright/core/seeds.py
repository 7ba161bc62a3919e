"""Random numbers: as in scikit-learn at the edge, one named child stream per stage inside."""

from __future__ import annotations

import hashlib

import numpy as np

from labelwright.core.errors import ParameterError

__all__ = ["RandomState", "generator"]

RandomState = int | np.random.Generator | np.random.SeedSequence | None


def generator(random_state: RandomState, *names: str | int) -> np.random.Generator:
    """A random generator for one named purpose.

    The stream depends on the seed and the names alone, so a new stage changes no other stage, and
    the number of workers changes nothing.

    Parameters
    ----------
    random_state : int, SeedSequence, Generator or None
        The user's seed. A Generator is used as it is (its stream moves on); None is unpredictable.
    *names : str or int
        What the numbers are for, for example ``generator(seed, "folds", repeat)``.

    Examples
    --------
    >>> one, same, other = (generator(0, n).integers(1000) for n in ("folds", "folds", "sample"))
    >>> bool(one == same), bool(one == other)
    (True, False)
    """
    if isinstance(random_state, np.random.Generator):
        return random_state
    if isinstance(random_state, np.random.SeedSequence):
        entropy, key = random_state.entropy, tuple(random_state.spawn_key)
    elif random_state is None or isinstance(random_state, (int, np.integer)):
        entropy, key = random_state, ()
    else:
        raise ParameterError(
            f"random_state={random_state!r} is not accepted.",
            hint="random_state is None, a whole number, a numpy Generator or a SeedSequence.",
        )
    if isinstance(entropy, (int, np.integer)) and entropy < 0:
        raise ParameterError(f"random_state={entropy} is negative.", hint="Use 0 or more.")
    children = tuple(_word(name) for name in names)
    return np.random.default_rng(np.random.SeedSequence(entropy, spawn_key=key + children))


def _word(name: str | int) -> int:
    # Python's own hash of text changes from one process to the next.
    return int.from_bytes(hashlib.sha256(f"{type(name).__name__}:{name}".encode()).digest()[:4])
