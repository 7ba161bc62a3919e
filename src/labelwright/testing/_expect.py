"""How a check fails: with a sentence that says what was expected of the part."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

__all__ = ["expect", "expect_equal", "expect_error", "global_numbers_untouched"]


def expect(holds: object, what: str) -> None:
    """Fail with ``what`` unless it holds."""
    if not holds:
        raise AssertionError(what)


def expect_equal(found: Any, expected: Any, what: str, tolerance: float = 1e-10) -> None:
    """Fail with ``what`` unless two arrays agree."""
    found, expected = np.asarray(found), np.asarray(expected)
    same_shape = found.shape == expected.shape
    if not same_shape or not np.allclose(found, expected, rtol=0, atol=tolerance, equal_nan=True):
        raise AssertionError(f"{what}: found {found.tolist()}, expected {expected.tolist()}")


def expect_error(kind: type[Exception], words: str, call: Callable[[], Any], what: str) -> None:
    """Fail with ``what`` unless the call raises ``kind`` with ``words`` in its message."""
    try:
        call()
    except kind as error:
        expect(words in str(error), f"{what}: the message does not mention {words!r}: {error}")
    else:
        raise AssertionError(f"{what}: nothing was raised")


@contextmanager
def global_numbers_untouched() -> Iterator[None]:
    """Fail if numpy's global random generator was used."""
    before = np.random.get_state()  # noqa: NPY002 - the point is that nobody uses it
    yield
    after = np.random.get_state()  # noqa: NPY002
    same = all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))
    expect(same, "numpy's global random generator was used or seeded")
