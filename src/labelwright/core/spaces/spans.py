"""Labelled stretches of a text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from labelwright.core.errors import SpaceError, unknown_name
from labelwright.core.spaces._base import Ragged, Space, check_names, plain_scalar

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Spans"]


@dataclass(frozen=True)
class Spans(Space):
    """Any number of labelled stretches ``(start, end, label)`` of characters; end is exclusive.

    Examples
    --------
    >>> Spans(["person", "place"]).canonical([{"start": 4, "end": 9, "label": "place"}])
    ((4, 9, 'place'),)
    """

    kind: ClassVar[str] = "spans"

    names: Sequence[str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", check_names(self.names, "span labels", (str,)))

    def canonical(self, value: Any) -> tuple[tuple[int, int, str], ...]:
        """Spans in order of start, end and label; one given twice counts once."""
        if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
            raise SpaceError(
                f"{value!r} is not a list of spans.", hint="Give a list of (start, end, label)."
            )
        return tuple(sorted({self._span(part) for part in value}))

    def encode(self, values: Iterable[Any]) -> Ragged:
        """Ragged parts ``start``, ``end`` and ``label`` (code).

        A row without a label holds the one part (-1, -1, -1): an empty row says 'nothing here'.
        """
        rows = [
            [(-1, -1, -1)]
            if answer is None
            else [(start, end, self.names.index(label)) for start, end, label in answer]
            for answer in self.validate(values)
        ]
        return Ragged.from_rows(rows, start=np.int64, end=np.int64, label=np.int32)

    def decode(self, encoded: Ragged) -> list[Any]:
        """Spans in canonical form."""
        return [
            None if row == [(-1, -1, -1)] else tuple((s, e, self.names[code]) for s, e, code in row)
            for row in encoded.rows()
        ]

    def to_series(self, values: Sequence[Any], name: str = "label") -> pl.Series:
        """Labels as a column of lists of structs (start, end, label)."""
        import polars as pl

        inner = pl.Struct({"start": pl.Int64, "end": pl.Int64, "label": pl.String})
        rows = [
            None if v is None else [dict(zip(("start", "end", "label"), s, strict=True)) for s in v]
            for v in values
        ]
        return pl.Series(name, rows, dtype=pl.List(inner))

    def _span(self, part: Any) -> tuple[int, int, str]:
        if isinstance(part, Mapping):
            part = tuple(part.get(key) for key in ("start", "end", "label"))
        *ends, label = part if isinstance(part, (tuple, list)) and part else (None,)
        if len(ends) != 2 or not all(type(plain_scalar(place)) is int for place in ends):
            raise SpaceError(
                f"{part!r} is not a span.", hint="Give whole numbers start, end and a label."
            )
        start, end = map(int, ends)
        if not 0 <= start < end:
            raise SpaceError(f"The span {part!r} is empty or begins before the text.")
        if label not in self.names:
            raise unknown_name("span label", label, self.names, error=SpaceError)
        return start, end, str(label)
