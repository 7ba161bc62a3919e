"""Reading what a judge and people said: verdicts, scores, and nothing where nobody looked."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelwright.core._factorize import as_array, factorize
from labelwright.core.errors import DataError, unknown_name

Floats = NDArray[np.float64]


def read_numbers(values: Any, name: str) -> Floats:
    """Numbers or True/False as floats, NaN where there is none; text is refused."""
    codes, distinct = _distinct(values)
    if distinct.size and distinct.dtype.kind not in "biuf":
        raise DataError(
            f"{name} holds {distinct[0]!r}, which is no number.",
            where={"column": name, "row": int(np.flatnonzero(codes == 0)[0])},
            hint="For verdicts such as 'pass' and 'fail', say which one counts: positive='pass'.",
        )
    if not np.isfinite(distinct.astype(np.float64)).all():
        raise DataError(f"{name} holds an infinite number.", where={"column": name})
    return np.append(distinct.astype(np.float64), np.nan)[codes]


def read_verdicts(values: Any, name: str, positive: Any = None) -> tuple[Floats, list[str]]:
    """Verdicts as 1, 0 and NaN (or other numbers as they are), and the texts that count as 0.

    Text is 1 where it equals ``positive``; empty text is missing.
    """
    codes, distinct = _distinct(values)
    if not distinct.size or distinct.dtype.kind in "biuf":
        return read_numbers(values, name), []
    texts = [str(value).strip() for value in distinct]
    if positive is None:
        listed = ", ".join(repr(text) for text in sorted(set(texts) - {""})[:5])
        raise DataError(
            f"{name} holds text: {listed}.",
            where={"column": name},
            hint="Say which one counts, for example positive='pass'.",
        )
    numbers = np.array([np.nan if not text else float(text == str(positive)) for text in texts])
    others = sorted(set(texts) - {"", str(positive)})
    return np.append(numbers, np.nan)[codes], others


def _distinct(values: Any) -> tuple[NDArray[np.int32], NDArray[Any]]:
    """Codes and distinct values; a mixture of whole numbers and fractions is one of fractions."""
    codes, distinct = factorize(as_array(values))
    numbers = (int, float, np.number)
    if distinct.dtype.kind == "O" and all(isinstance(value, numbers) for value in distinct):
        distinct = distinct.astype(np.float64)
    return codes, distinct


def is_given(values: Any) -> NDArray[np.bool_]:
    """Where there is a value: neither None nor NaN nor empty text."""
    codes, distinct = factorize(as_array(values))
    blank = [isinstance(value, str) and not value.strip() for value in distinct.tolist()]
    return ~np.array([*blank, True])[codes]


def check_positive(positive: Any, found: list[Floats], others: list[str]) -> None:
    """Refuse a ``positive`` that neither the judge nor the people ever said."""
    if positive is not None and not any((numbers == 1).any() for numbers in found):
        raise unknown_name("verdict", positive, others)
