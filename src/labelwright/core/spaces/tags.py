"""Any number of tags out of several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.core.errors import SpaceError, unknown_name
from labelwright.core.spaces._base import Space, check_names, plain_scalar

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Tags"]


@dataclass(frozen=True)
class Tags(Space):
    """Any number of tags out of several; the empty set is an answer too.

    Examples
    --------
    >>> space = Tags(["angry", "late", "rude"])
    >>> space.encode([["rude", "angry"], [], None])
    array([[ 1,  0,  1],
           [ 0,  0,  0],
           [-1, -1, -1]], dtype=int8)
    """

    kind: ClassVar[str] = "tags"

    names: Sequence[Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", check_names(self.names, "tags"))

    def canonical(self, value: Any) -> tuple[Any, ...]:
        """The tags of one answer, in the order of ``names``."""
        if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
            raise SpaceError(
                f"{value!r} is not a list of tags.",
                hint="Give a list, for example ['late', 'rude'].",
            )
        given = [plain_scalar(tag) for tag in value]
        unknown = [tag for tag in given if tag not in self.names]
        if unknown:
            raise unknown_name("tag", unknown[0], self.names, error=SpaceError)
        return tuple(name for name in self.names if name in given)

    def encode(self, values: Iterable[Any]) -> NDArray[np.int8]:
        """A row an item and a column a tag: 1 given, 0 not given; -1 throughout without a label."""
        answers = self.validate(values)
        place = {name: column for column, name in enumerate(self.names)}
        table = np.zeros((len(answers), len(self.names)), dtype=np.int8)
        for row, answer in enumerate(answers):
            if answer is None:
                table[row] = -1
            else:
                table[row, [place[tag] for tag in answer]] = 1
        return table

    def decode(self, encoded: Any) -> list[Any]:
        """Tuples of tags; a row with -1 becomes None."""
        rows = np.asarray(encoded)
        return [
            None if (row < 0).any() else tuple(self.names[i] for i in np.flatnonzero(row).tolist())
            for row in rows
        ]

    def to_series(self, values: Sequence[Any], name: str = "label") -> pl.Series:
        """Labels as a column of lists."""
        import polars as pl

        inner = pl.String if not self.names or isinstance(self.names[0], str) else pl.Int64
        rows = [None if v is None else list(v) for v in values]
        return pl.Series(name, rows, dtype=pl.List(inner))
