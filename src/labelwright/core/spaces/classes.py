"""One class out of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.core._factorize import factorize
from labelwright.core.errors import SpaceError, nearest
from labelwright.core.spaces._base import Space, check_names, natural_key, plain_scalar

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Classes"]


@dataclass(frozen=True)
class Classes(Space):
    """One class out of several, with what is known about the classes.

    Parameters
    ----------
    names : sequence of str, int or bool
        The classes. Their order is the order of codes and of columns of probabilities.
    ordered : bool
        Whether the classes form a scale, in the order of ``names``.
    parents : mapping, optional
        Class to its parent class: a vote for a parent leaves its children open.
    distances : (K, K) nested sequence, optional
        How far apart two classes are; zero on the diagonal, symmetric.
    definitions, aliases : mapping, optional
        Class to its definition; other spelling to the class that it means.
    abstain : sequence, optional
        Answers such as "unsure" that are kept as events and count for no class.
    positive : str, int or bool, optional
        The class that a rate is a rate of.

    Examples
    --------
    >>> space = Classes(["ham", "spam"], aliases={"Spam!": "spam"})
    >>> space.encode(["spam", None, "Spam!", "ham"])
    array([ 1, -1,  1,  0], dtype=int32)
    >>> space.decode([1, 0, -1])
    ['spam', 'ham', None]
    """

    kind: ClassVar[str] = "classes"

    names: Sequence[Any]
    ordered: bool = False
    parents: Mapping[Any, Any] = field(default_factory=dict, hash=False)
    distances: Sequence[Sequence[float]] = ()
    definitions: Mapping[Any, str] = field(default_factory=dict, hash=False)
    aliases: Mapping[Any, Any] = field(default_factory=dict, hash=False)
    abstain: Sequence[Any] = ()
    positive: Any = None

    def __post_init__(self) -> None:
        _set = object.__setattr__
        _set(self, "names", check_names(self.names, "classes", (str, int, bool)))
        _set(self, "abstain", tuple(self.abstain))
        for name in ("parents", "definitions", "aliases"):
            _set(self, name, dict(getattr(self, name)))
        _set(self, "distances", tuple(tuple(map(float, row)) for row in self.distances))
        if not self.names:
            raise SpaceError("A label space needs at least one class.")
        self._check_references()
        self._check_parents()
        self._check_distances()

    @classmethod
    def from_values(cls, values: Any, **stated: Any) -> Classes:
        """The classes that occur in ``values``, in natural order (never in order of rows)."""
        _, distinct = factorize(values)
        others = {*stated.get("abstain", ()), *stated.get("aliases", ())}
        names = {plain_scalar(name) for name in distinct} - others
        return cls(sorted(names, key=natural_key), **stated)

    @property
    def n_classes(self) -> int:
        """How many classes there are."""
        return len(self.names)

    def canonical(self, value: Any) -> Any:
        """The class that an answer names, through its aliases."""
        return self.names[self._code(value)]

    def encode(self, values: Any) -> NDArray[np.int32]:
        """Codes (n,) int32 of labels, -1 where there is none; a label outside is an error."""
        codes, distinct = factorize(values)
        table = np.full(len(distinct) + 1, -1, dtype=np.int32)
        for place, value in enumerate(distinct):
            try:
                table[place] = self._code(value)
            except SpaceError as error:
                raise error.in_row(int(np.argmax(codes == place))) from None
        return table[codes]

    def decode(self, encoded: Any) -> list[Any]:
        """Labels of codes; -1 becomes None."""
        names = (*self.names, None)
        return [names[code] for code in np.asarray(encoded).tolist()]

    def tabulate(self, values: Any) -> tuple[NDArray[np.int32], list[Any]]:
        """Codes (n,) into the classes, which are the distinct answers of this space."""
        return self.encode(values), list(self.names)

    def to_series(self, values: Sequence[Any], name: str = "label") -> pl.Series:
        """Labels as a column of the type of the class names."""
        import polars as pl

        kinds = {str: pl.String, int: pl.Int64, bool: pl.Boolean}
        return pl.Series(name, values, dtype=kinds[type(self.names[0])])

    @cached_property
    def _codes(self) -> dict[tuple[type, Any], int]:
        """Class or alias (with its type: 1 is not True) to code."""
        codes = {(type(name), name): code for code, name in enumerate(self.names)}
        aliases = {(type(a), a): codes[type(n), n] for a, n in self.aliases.items()}
        return aliases | codes

    def _code(self, value: Any) -> int:
        value = plain_scalar(value)
        # Whole numbers become fractions in a column where some value is missing.
        if isinstance(value, float) and value.is_integer() and type(self.names[0]) is int:
            value = int(value)
        code = self._codes.get((type(value), value)) if isinstance(value, (str, int)) else None
        if code is None:
            raise self._unknown(value)
        return code

    def _unknown(self, value: Any) -> SpaceError:
        if str(value) in map(str, self.names):
            kind = type(self.names[0]).__name__
            hint = f"The classes are of type {kind}, and 1, '1' and True differ."
        else:
            guess = nearest(value, self.names)
            listed = ", ".join(map(repr, self.names[:12])) + (" ..." if self.n_classes > 12 else "")
            hint = (f"Did you mean {guess!r}? " if guess else "") + f"The classes are: {listed}."
        return SpaceError(f"{value!r} is no class.", where={"label": value}, hint=hint)

    def _check_references(self) -> None:
        known = {(type(name), name) for name in self.names}
        mentioned = [
            ("parents", self.parents),
            ("parents", self.parents.values()),
            ("definitions", self.definitions),
            ("aliases", self.aliases.values()),
            ("positive", () if self.positive is None else (self.positive,)),
        ]
        for what, names in mentioned:
            for name in names:
                if (type(name), name) not in known:
                    raise SpaceError(
                        f"{what} names {name!r}, which is no class.", where={"label": name}
                    )
        both = [name for name in (*self.aliases, *self.abstain) if name in self.names]
        if both:
            raise SpaceError(
                f"{both[0]!r} is a class and cannot also be an alias or abstain.",
                where={"label": both[0]},
            )

    def _check_parents(self) -> None:
        for start in self.parents:
            seen, name = {start}, self.parents.get(start)
            while name is not None:
                if name in seen:
                    raise SpaceError(
                        f"The parents of {start!r} form a cycle.", where={"label": start}
                    )
                seen.add(name)
                name = self.parents.get(name)

    def _check_distances(self) -> None:
        if not self.distances:
            return
        table = np.array(self.distances)
        square = table.shape == (self.n_classes, self.n_classes)
        if not square or (table < 0).any() or (table != table.T).any() or np.diag(table).any():
            raise SpaceError(
                f"distances has shape {table.shape} for {self.n_classes} classes.",
                hint="Give a symmetric table, zero on the diagonal, with a row and column a class.",
            )
