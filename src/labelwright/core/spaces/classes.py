"""One class out of several."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
        Class to its parent class. That an item is of a parent class leaves open whether it is of
        one of its children, or of none of them.
    open_answers : mapping, optional
        Answers that leave several classes open, such as "T or B cell", to these classes. A vote
        can give one; a label cannot.
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
    open_answers: Mapping[Any, Sequence[Any]] = field(default_factory=dict, hash=False)
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
        left_open = {answer: tuple(names) for answer, names in dict(self.open_answers).items()}
        _set(self, "open_answers", left_open)
        _set(self, "distances", tuple(tuple(map(float, row)) for row in self.distances))
        if not self.names:
            raise SpaceError("A label space needs at least one class.")
        self._check_references()
        self._check_open_answers()
        self._check_parents()
        self._check_distances()

    @classmethod
    def from_values(cls, values: Any, **stated: Any) -> Classes:
        """The classes that occur in ``values``, in natural order (never in order of rows)."""
        _, distinct = factorize(values)
        named = ("abstain", "aliases", "open_answers")
        others = {answer for name in named for answer in stated.get(name, ())}
        names = {plain_scalar(name) for name in distinct} - others
        return cls(sorted(names, key=natural_key), **stated)

    @property
    def n_classes(self) -> int:
        """How many classes there are."""
        return len(self.names)

    @cached_property
    def answers(self) -> tuple[Any, ...]:
        """What a vote can say: the classes, then the open answers."""
        return (*self.names, *self.open_answers)

    @cached_property
    def parent_codes(self) -> NDArray[np.int32]:
        """Code of the parent of each class (K,), -1 where it has none."""
        codes = [self._code(self.parents[n]) if n in self.parents else -1 for n in self.names]
        return np.array(codes, dtype=np.int32)

    @cached_property
    def candidates(self) -> NDArray[np.bool_]:
        """Which classes each answer leaves possible, (n_answers, K): the class and all below it.

        Examples
        --------
        >>> Classes(["T", "CD4", "B"], parents={"CD4": "T"}).candidates.astype(int)
        array([[1, 1, 0],
               [0, 1, 0],
               [0, 0, 1]])
        """
        table = np.eye(len(self.answers), self.n_classes, dtype=bool)
        for code in range(self.n_classes):
            above = self.parent_codes[code]
            while above >= 0:
                table[above, code] = True
                above = self.parent_codes[above]
        for row, names in enumerate(self.open_answers.values(), start=self.n_classes):
            table[row] = table[[self._code(name) for name in names]].any(axis=0)
        table.flags.writeable = False
        return table

    def distance_table(self) -> NDArray[np.float64]:
        """How far apart classes are, (K, K): as stated, or steps on the scale, or all equally far.

        Examples
        --------
        >>> Classes(["low", "mid", "high"], ordered=True).distance_table()[0]
        array([0., 1., 2.])
        """
        if self.distances:
            return np.array(self.distances)
        if self.ordered:
            places = np.arange(float(self.n_classes))
            return np.abs(places[:, None] - places)
        return 1 - np.eye(self.n_classes)

    def canonical(self, value: Any) -> Any:
        """The class or open answer that an answer names, through its aliases."""
        return self.answers[self._code(value)]

    def encode(self, values: Any) -> NDArray[np.int32]:
        """Codes (n,) int32 of labels, -1 where there is none; a label outside is an error."""
        return self._encode(values, self._class_code)

    def decode(self, encoded: Any) -> list[Any]:
        """Labels of codes; -1 becomes None."""
        names = (*self.answers, None)
        return [names[code] for code in np.asarray(encoded).tolist()]

    def tabulate(self, values: Any) -> tuple[NDArray[np.int32], list[Any]]:
        """Codes (n,) into the answers of this space."""
        return self._encode(values, self._code), list(self.answers)

    def _encode(self, values: Any, code_of: Callable[[Any], int]) -> NDArray[np.int32]:
        codes, distinct = factorize(values)
        table = np.full(len(distinct) + 1, -1, dtype=np.int32)
        for place, value in enumerate(distinct):
            try:
                table[place] = code_of(value)
            except SpaceError as error:
                raise error.in_row(int(np.argmax(codes == place))) from None
        return table[codes]

    def to_series(self, values: Sequence[Any], name: str = "label") -> pl.Series:
        """Labels as a column of the type of the class names."""
        import polars as pl

        kinds = {str: pl.String, int: pl.Int64, bool: pl.Boolean}
        return pl.Series(name, values, dtype=kinds[type(self.names[0])])

    @cached_property
    def _codes(self) -> dict[tuple[type, Any], int]:
        """Answer or alias (with its type: 1 is not True) to code."""
        codes = {(type(name), name): code for code, name in enumerate(self.answers)}
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

    def _class_code(self, value: Any) -> int:
        code = self._code(value)
        if code >= self.n_classes:
            listed = ", ".join(map(repr, self.open_answers[self.answers[code]]))
            raise SpaceError(
                f"{value!r} leaves several classes open and is no label.",
                where={"label": value},
                hint=f"Name one of {listed}.",
            )
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
            ("aliases", (n for n in self.aliases.values() if n not in self.open_answers)),
            ("open_answers", (n for names in self.open_answers.values() for n in names)),
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

    def _check_open_answers(self) -> None:
        for answer, names in self.open_answers.items():
            if answer in (*self.names, *self.aliases, *self.abstain):
                raise SpaceError(
                    f"{answer!r} is an open answer and cannot also be a class, alias or abstain.",
                    where={"label": answer},
                )
            if len(set(names)) < 2:
                raise SpaceError(
                    f"The open answer {answer!r} names fewer than two classes.",
                    where={"label": answer},
                    hint="If it means one class, make it an alias; if it means none, abstain.",
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
