"""Labelled regions of an image."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from labelwright.core.errors import SpaceError, unknown_name
from labelwright.core.spaces._base import Ragged, Space, check_names

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Regions"]

SHAPES = ("box", "polygon", "mask")


@dataclass(frozen=True)
class Regions(Space):
    """Any number of labelled regions ``(label, shape, coordinates)`` of an image.

    A *box* is (left, top, right, bottom). A *polygon* is x, y, x, y ... of at least three points.
    A *mask* is (height, width, run, run ...): lengths of alternating runs of pixels outside and
    inside, row by row. Units are those of the source, which the reader states.

    Examples
    --------
    >>> Regions(["cell"]).canonical([("cell", "box", [0, 0, 4, 3])])
    (('cell', 'box', (0.0, 0.0, 4.0, 3.0)),)
    """

    kind: ClassVar[str] = "regions"

    names: Sequence[str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", check_names(self.names, "region labels", (str,)))

    def canonical(self, value: Any) -> tuple[tuple[str, str, tuple[float, ...]], ...]:
        """Regions in a fixed order; one given twice counts once."""
        if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
            raise SpaceError(
                f"{value!r} is not a list of regions.",
                hint="Give a list of (label, shape, coordinates).",
            )
        return tuple(sorted({self._region(part) for part in value}))

    def encode(self, values: Iterable[Any]) -> Ragged:
        """Ragged parts ``label`` (code), ``shape`` (code), ``begin`` and ``end``.

        ``begin`` and ``end`` point into ``parts["coordinates"]``, one flat array for all regions.
        A row without a label holds one part with label -1: an empty row says 'nothing here'.
        """
        flat: list[float] = []
        rows = []
        for answer in self.validate(values):
            row = [(-1, -1, 0, 0)] if answer is None else []
            for label, shape, coordinates in answer or ():
                begin = len(flat)
                flat.extend(coordinates)
                row.append((self.names.index(label), SHAPES.index(shape), begin, len(flat)))
            rows.append(row)
        ragged = Ragged.from_rows(rows, label=np.int32, shape=np.int8, begin=np.int64, end=np.int64)
        return Ragged(ragged.offsets, {**ragged.parts, "coordinates": np.array(flat, dtype=float)})

    def decode(self, encoded: Ragged) -> list[Any]:
        """Regions in canonical form."""
        parts = dict(encoded.parts)
        flat = parts.pop("coordinates").tolist()
        return [
            None
            if row and row[0][0] < 0
            else tuple(
                (self.names[label], SHAPES[shape], tuple(flat[begin:end]))
                for label, shape, begin, end in row
            )
            for row in Ragged(encoded.offsets, parts).rows()
        ]

    def to_series(self, values: Sequence[Any], name: str = "label") -> pl.Series:
        """Labels as a column of lists of structs (label, shape, coordinates)."""
        import polars as pl

        inner = pl.Struct(
            {"label": pl.String, "shape": pl.String, "coordinates": pl.List(pl.Float64)}
        )
        keys = ("label", "shape", "coordinates")
        rows = [
            None if v is None else [dict(zip(keys, (*r[:2], list(r[2])), strict=True)) for r in v]
            for v in values
        ]
        return pl.Series(name, rows, dtype=pl.List(inner))

    def _region(self, part: Any) -> tuple[str, str, tuple[float, ...]]:
        if isinstance(part, Mapping):
            part = tuple(part.get(key) for key in ("label", "shape", "coordinates"))
        if not isinstance(part, (tuple, list)) or len(part) != 3:
            raise SpaceError(f"{part!r} is not a region.", hint="Give (label, shape, coordinates).")
        label, shape, coordinates = part
        if label not in self.names:
            raise unknown_name("region label", label, self.names, error=SpaceError)
        if shape not in SHAPES:
            raise unknown_name("shape", shape, SHAPES, error=SpaceError)
        numbers = _numbers(coordinates)
        _check_shape(shape, numbers)
        return str(label), shape, numbers


def _numbers(coordinates: Any) -> tuple[float, ...]:
    try:
        return tuple(float(number) for number in coordinates)
    except (TypeError, ValueError):
        raise SpaceError(f"The coordinates {coordinates!r} are not a list of numbers.") from None


def _check_shape(shape: str, numbers: tuple[float, ...]) -> None:
    if not np.all(np.isfinite(numbers)):
        raise SpaceError(f"A {shape} has a coordinate that is missing or infinite.")
    if shape == "box" and (
        len(numbers) != 4 or numbers[0] >= numbers[2] or numbers[1] >= numbers[3]
    ):
        raise SpaceError(
            f"The box {numbers} is empty or not four numbers.",
            hint="Give left, top, right, bottom.",
        )
    if shape == "polygon" and (len(numbers) < 6 or len(numbers) % 2):
        raise SpaceError(f"The polygon {numbers} is not three or more points x, y.")
    if shape == "mask" and (
        len(numbers) < 3 or min(numbers) < 0 or sum(numbers[2:]) != numbers[0] * numbers[1]
    ):
        raise SpaceError("The runs of a mask do not add up to height x width.")
