"""Orders of things, with ties and with things left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from labelwright.core.errors import SpaceError, unknown_name
from labelwright.core.spaces._base import Ragged, Space, check_names, plain_scalar

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Rankings"]


@dataclass(frozen=True)
class Rankings(Space):
    """An order of named things, best first; things that tie share a place, others may be left out.

    Examples
    --------
    >>> space = Rankings(["a", "b", "c"])
    >>> space.canonical(["b", ["a", "c"]])
    (('b',), ('a', 'c'))
    """

    kind: ClassVar[str] = "rankings"

    names: Sequence[Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", check_names(self.names, "ranked things"))

    def canonical(self, value: Any) -> tuple[tuple[Any, ...], ...]:
        """Places from best to worst, each a tuple of the things that share it."""
        if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
            raise SpaceError(f"{value!r} is not a ranking.", hint="Give a list, best first.")
        places = []
        for place in value:
            together = place if isinstance(place, (list, tuple, set, frozenset)) else [place]
            places.append(tuple(sorted(map(plain_scalar, together), key=self._position)))
        flat = [name for place in places for name in place]
        if len(flat) != len(set(flat)) or not all(places) or not flat:
            raise SpaceError(
                f"{value!r} ranks a thing twice, or has an empty place.",
                hint="Give each thing once, best first; ties as a list inside the list.",
            )
        return tuple(places)

    def encode(self, values: Iterable[Any]) -> Ragged:
        """Ragged parts ``thing`` (code) and ``place`` (0 is best); no parts without a label."""
        rows = [
            [(self.names.index(n), p) for p, place in enumerate(answer or ()) for n in place]
            for answer in self.validate(values)
        ]
        return Ragged.from_rows(rows, thing=np.int32, place=np.int32)

    def decode(self, encoded: Ragged) -> list[Any]:
        """Rankings in canonical form; a row without parts becomes None."""
        answers: list[Any] = []
        for row in encoded.rows():
            places: dict[int, list[Any]] = {}
            for thing, place in row:
                places.setdefault(place, []).append(self.names[thing])
            answers.append(tuple(tuple(places[p]) for p in sorted(places)) or None)
        return answers

    def to_series(self, values: Sequence[Any], name: str = "label") -> pl.Series:
        """Labels as a column of lists of lists."""
        import polars as pl

        inner = pl.String if not self.names or isinstance(self.names[0], str) else pl.Int64
        rows = [None if v is None else [list(place) for place in v] for v in values]
        return pl.Series(name, rows, dtype=pl.List(pl.List(inner)))

    def _position(self, name: Any) -> int:
        if name not in self.names:
            raise unknown_name("ranked thing", name, self.names, error=SpaceError)
        return self.names.index(name)
