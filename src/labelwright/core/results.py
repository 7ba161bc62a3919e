"""The base of results: frozen, with ``to_dict`` for programs, ``to_table`` and a notebook view."""

from __future__ import annotations

import dataclasses
import math
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

__all__ = ["Result", "plain"]


class Result(ABC):
    """Mixin for frozen dataclasses that hold what a function found.

    ``kind`` names the sort of result; the report chooses how to draw it by that name.
    """

    kind: ClassVar[str]

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values that JSON can hold, with its ``kind``."""
        fields = dataclasses.fields(self)  # type: ignore[arg-type]
        return {"kind": self.kind} | {f.name: plain(getattr(self, f.name)) for f in fields}

    @abstractmethod
    def to_table(self) -> Any:
        """The result as a table."""

    def _repr_html_(self) -> str:
        from labelwright.core.tables import html_table, to_polars

        return html_table(to_polars(self.to_table()), self.kind.replace("_", " "))


def plain(value: Any) -> Any:
    """Turn numpy values, tuples, nested results and frames into what JSON can hold; NaN is None.

    Examples
    --------
    >>> plain({"share": np.float64(0.5), "codes": np.array([1, 2]), "width": float("nan")})
    {'share': 0.5, 'codes': [1, 2], 'width': None}
    """
    if isinstance(value, Result):
        return value.to_dict()
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if hasattr(value, "to_dicts"):
        return plain(value.to_dicts())
    return value
