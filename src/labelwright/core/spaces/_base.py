"""What all label spaces share."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from labelwright.core._factorize import missing, plain_scalar
from labelwright.core.errors import SpaceError, unknown_name

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Name", "Ragged", "Space"]

Name = str | int | bool


@dataclass(frozen=True, eq=False)
class Ragged:
    """Rows of different length: row i holds the parts ``offsets[i]:offsets[i + 1]``.

    Attributes
    ----------
    offsets : (n + 1,) int64
    parts : mapping of name to array
        Aligned columns, one entry a part.
    """

    offsets: NDArray[np.int64]
    parts: Mapping[str, NDArray[Any]]

    @classmethod
    def from_rows(cls, rows: Sequence[Sequence[tuple[Any, ...]]], **dtypes: Any) -> Self:
        """Stack rows of parts; each part is a tuple with one entry a named column."""
        offsets = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum([len(row) for row in rows], out=offsets[1:])
        flat = [part for row in rows for part in row]
        columns = {
            name: np.array([part[place] for part in flat], dtype=dtype)
            for place, (name, dtype) in enumerate(dtypes.items())
        }
        return cls(offsets, columns)

    def rows(self) -> list[list[tuple[Any, ...]]]:
        """The rows as lists of tuples, as :meth:`from_rows` takes them."""
        flat = list(zip(*(column.tolist() for column in self.parts.values()), strict=True))
        bounds = self.offsets.tolist()
        return [flat[low:high] for low, high in pairwise(bounds)]

    def __len__(self) -> int:
        return self.offsets.size - 1


class Space(ABC):
    """What a label can be.

    Every space has one canonical Python form for an answer (:meth:`canonical`), one array form for
    algorithms (:meth:`encode` and :meth:`decode`, which undo each other) and one column form for
    tables (:meth:`to_series` and :meth:`from_series`). None stands for 'no label' in all of them.
    """

    kind: ClassVar[str]
    _kinds: ClassVar[dict[str, type[Space]]] = {}

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        Space._kinds[cls.kind] = cls

    @abstractmethod
    def canonical(self, value: Any) -> Any:
        """The hashable form of one answer; raises SpaceError if it is none of this space."""

    @abstractmethod
    def encode(self, values: Iterable[Any]) -> Any:
        """Labels to the arrays that algorithms work on."""

    @abstractmethod
    def decode(self, encoded: Any) -> list[Any]:
        """Arrays back to labels in canonical form."""

    @abstractmethod
    def to_series(self, values: Sequence[Any], name: str = "label") -> pl.Series:
        """Canonical answers as a typed table column."""

    def from_series(self, series: pl.Series) -> list[Any]:
        """A table column back to canonical answers."""
        return self.validate(series.to_list())

    def validate(self, values: Iterable[Any]) -> list[Any]:
        """Canonical answers of all rows; the error names the first bad row."""
        answers = []
        # Iterating over a column of lists would give columns, not lists.
        rows = values.to_list() if hasattr(values, "to_list") else values
        for row, value in enumerate(rows):
            try:
                answers.append(None if missing(value) else self.canonical(value))
            except SpaceError as error:
                raise error.in_row(row) from None
        return answers

    def tabulate(self, values: Iterable[Any]) -> tuple[NDArray[np.int32], list[Any]]:
        """Codes (n,) into the sorted list of distinct answers; -1 where there is no label."""
        answers = self.validate(values)
        # Exact numbers stand beside pairs for censored ones.
        distinct = sorted(
            {answer for answer in answers if answer is not None},
            key=lambda answer: answer if isinstance(answer, tuple) else (answer,),
        )
        place = {answer: code for code, answer in enumerate(distinct)} | {None: -1}
        return np.array([place[answer] for answer in answers], dtype=np.int32), distinct

    def to_dict(self) -> dict[str, Any]:
        """The space as plain values that JSON can hold; ``Space.from_dict`` reads them back."""
        stated = {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]
        empty: tuple[Any, ...] = (None, "", (), {})
        given = {k: _jsonable(v) for k, v in stated.items() if k == "names" or v not in empty}
        return {"kind": self.kind} | given

    @staticmethod
    def from_dict(stated: Mapping[str, Any]) -> Space:
        """Read back what :meth:`to_dict` gave."""
        options = dict(stated)
        kind = options.pop("kind", None)
        if kind not in Space._load_kinds():
            raise unknown_name("kind of label space", kind, Space._kinds, error=SpaceError)
        return Space._kinds[kind](**options)

    @staticmethod
    def _load_kinds() -> Mapping[str, type[Space]]:
        # Subclasses register when their module is imported, which lazy rooms put off.
        from labelwright.core.spaces import classes, numbers, rankings, regions, spans, tags, text

        del classes, numbers, rankings, regions, spans, tags, text
        return Space._kinds


def check_names(
    names: Iterable[Any], what: str, allowed: tuple[type, ...] = (str, int)
) -> tuple[Any, ...]:
    """Names as a tuple of one type without repetition."""
    if isinstance(names, str):
        raise SpaceError(f"{names!r} is one text, not the {what}.", hint="Give a list.")
    listed = tuple(plain_scalar(name) for name in names)
    kinds = {type(name) for name in listed}
    if len(kinds) > 1 or not kinds <= set(allowed):
        found = " and ".join(sorted(kind.__name__ for kind in kinds))
        accepted = " or ".join(f"all {kind.__name__}" for kind in allowed)
        raise SpaceError(f"The {what} are of type {found}.", hint=f"Accepted: {accepted}.")
    repeated = [name for name, times in Counter(listed).items() if times > 1]
    if repeated:
        raise SpaceError(
            f"{repeated[0]!r} stands twice among the {what}.",
            where={"label": repeated[0]},
            hint="List it once.",
        )
    return listed


def natural_key(name: Name) -> tuple[Any, ...]:
    """Sort key under which 'item 2' stands before 'item 10'.

    Examples
    --------
    >>> sorted(["b", "a10", "a2"], key=natural_key)
    ['a2', 'a10', 'b']
    """
    if not isinstance(name, str):
        return (0, int(name))
    parts = re.split(r"([0-9]+)", name)
    folded = [
        (0, int(p), "") if p.isdecimal() and p.isascii() else (1, 0, p.casefold())
        for p in parts
        if p
    ]
    return (1, folded, name)


def _jsonable(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_jsonable(inner) for inner in value]
    # JSON would turn keys that are numbers into text.
    return [list(pair) for pair in value.items()] if isinstance(value, Mapping) else value
