"""The noun of the house: who said what about which item, and what came along with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.core.errors import CapabilityError, DataError
from labelwright.core.spaces import Classes, Space
from labelwright.core.validation import check_same_length

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Votes"]

FORMAT = 1
BLOCK_ITEMS = 1 << 14


@dataclass(frozen=True, eq=False, repr=False)
class Votes:
    """Votes of annotators on items; immutable, columnar, sorted by item.

    Make one with :meth:`from_table` and its sisters, not by hand.

    Attributes
    ----------
    space : Space
        What a label can be.
    items, annotators : (n_items,), (n_annotators,) arrays
        Ids, of the type they came in. Items without a vote stand here too.
    indptr : (n_items + 1,) int64
        The votes on item ``i`` are ``indptr[i]:indptr[i + 1]``, by annotator.
    annotator : (n_votes,) int32
        Codes into ``annotators``.
    label : (n_votes,) unsigned integers, or float64 for Numbers
        Codes into ``answers``; a censored number is NaN here and has ``bounds``.
    answers : tuple
        The distinct answers: for Classes, the classes and then the open answers; empty for Numbers.
    bounds : (n_votes, 2) float64 or None
        Lower and upper ends, only where some number is censored.
    probabilities : (n_votes, K) float64 or None
        What models said beside the label; a row of NaN for a vote without.
    extra : polars frame or None
        One row a vote. Columns called weight, time, seconds, confidence, cost, comment and shown
        have the meaning of that name; all others ride along.
    events : polars frame or None
        What is kept but is no vote: columns ``item`` and ``annotator`` (codes), ``event``
        ("skip", "unsure" or "superseded"), ``label`` (of a superseded vote), ``said`` (any other
        answer, as text) and the columns of ``extra``.
    anonymous : bool
        Whether it is unknown who voted, so that ``annotators`` are mere slots.
    frame : str
        The library whose tables come out: polars, pandas or pyarrow.

    Examples
    --------
    >>> table = {"task": [1, 1, 2], "worker": ["ann", "bo", "ann"], "label": ["ham", "spam", "ham"]}
    >>> votes = Votes.from_table(table, item="task", annotator="worker", label="label")
    >>> votes
    Votes(2 items, 2 annotators, 3 votes; 2 classes)
    >>> votes.counts()
    array([[1., 1.],
           [1., 0.]])
    """

    space: Space
    items: NDArray[Any]
    annotators: NDArray[Any]
    indptr: NDArray[np.int64]
    annotator: NDArray[np.int32]
    label: NDArray[Any]
    answers: tuple[Any, ...]
    bounds: NDArray[np.float64] | None = None
    probabilities: NDArray[np.float64] | None = None
    extra: pl.DataFrame | None = None
    events: pl.DataFrame | None = None
    anonymous: bool = False
    frame: str = "polars"

    def __post_init__(self) -> None:
        arrays = (self.items, self.annotators, self.indptr, self.annotator, self.label)
        for array in (*arrays, self.bounds, self.probabilities):
            if array is not None:
                array.flags.writeable = False

    # -- making ---------------------------------------------------------------------------------

    @classmethod
    def from_table(
        cls,
        table: Any,
        *,
        item: str,
        annotator: str,
        label: str,
        space: Space | None = None,
        classes: Sequence[Any] | None = None,
        items: ArrayLike | None = None,
        annotators: ArrayLike | None = None,
        event: str | None = None,
        repeats: str | None = None,
    ) -> Votes:
        """Votes from a long table, one row a vote.

        Parameters
        ----------
        table : polars, pandas or pyarrow table, or dict of columns
        item, annotator, label : str
            Columns. A row without a label is no vote, but its item and annotator are kept. All
            further columns ride along.
        space : Space, optional
            What a label can be; read from the data by default (see :func:`infer_space`).
        classes : sequence, optional
            Short for ``space=Classes(classes)``.
        items, annotators : sequence, optional
            All ids in the order wanted, also those without a vote.
        event : str, optional
            Column that marks rows which are no votes: "skip", "unsure" or "superseded"; by default
            the column called ``event``, if there is one.
        repeats : {"newest", "first", "all", "error"}, optional
            What counts when an annotator voted twice on an item. By default the newest where there
            is a column ``time``, else an error that names both rows.

        Raises
        ------
        DataError
            For a wrong column, an unknown id, a label outside the space or repeated votes.
        """
        from labelwright.core._assemble import from_long_frame
        from labelwright.core.tables import column, frame_kind, to_polars

        frame = to_polars(table)
        if event is None and "event" in frame.columns:
            event = "event"
        roles = {"item": item, "annotator": annotator, "label": label, "event": event}
        named = {role: column(frame, name) for role, name in roles.items() if name is not None}
        votes = from_long_frame(
            frame.drop([series.name for series in named.values()]),
            named,
            space=_stated_space(space, classes),
            items=items,
            annotators=annotators,
            repeats=repeats,
        )
        return replace(votes, frame=frame_kind(table))

    @classmethod
    def from_arrays(
        cls,
        item: Any,
        annotator: Any,
        label: Any,
        *,
        space: Space | None = None,
        classes: Sequence[Any] | None = None,
        items: ArrayLike | None = None,
        annotators: ArrayLike | None = None,
        probabilities: ArrayLike | None = None,
        extra: Mapping[str, Any] | None = None,
        repeats: str | None = None,
    ) -> Votes:
        """Votes from three aligned arrays (n_votes,); see :meth:`from_table`.

        ``extra`` holds further columns by name, ``probabilities`` (n_votes, K) what a model said.

        Examples
        --------
        >>> len(Votes.from_arrays([0, 0, 1], ["a", "b", "a"], [1, 1, 0]))
        3
        """
        from labelwright.core._assemble import assemble
        from labelwright.core.tables import to_polars

        further = to_polars(dict(extra)) if extra else None
        check_same_length(
            item=item,
            annotator=annotator,
            label=label,
            probabilities=probabilities,
            extra=further,
        )
        return assemble(
            item=item,
            annotator=annotator,
            label=label,
            probabilities=probabilities,
            extra=further,
            space=_stated_space(space, classes),
            items=items,
            annotators=annotators,
            repeats=repeats,
        )

    @classmethod
    def from_wide(
        cls, table: Any, *, votes: Sequence[str], item: str | None = None, **options: Any
    ) -> Votes:
        """Votes from a table with one column a person; ``item=None`` numbers the rows.

        Examples
        --------
        >>> wide = {"text": ["a", "b"], "ann": ["ham", "spam"], "bo": ["ham", None]}
        >>> Votes.from_wide(wide, votes=["ann", "bo"])
        Votes(2 items, 2 annotators, 3 votes; 2 classes)
        """
        from labelwright.core._shapes import wide_to_long

        return _from_shape(table, wide_to_long, item, options, votes=votes)

    @classmethod
    def from_slots(
        cls,
        table: Any,
        *,
        labels: Sequence[str],
        annotators: Sequence[str] | None = None,
        item: str | None = None,
        **options: Any,
    ) -> Votes:
        """Votes from slots: columns first vote, second vote ... and, if known, who gave each.

        Without ``annotators`` the votes are anonymous: methods that need to know people refuse.
        """
        from labelwright.core._shapes import slots_to_long

        return _from_shape(
            table, slots_to_long, item, options, labels=labels, annotators=annotators
        )

    @classmethod
    def from_counts(
        cls,
        table: Any,
        *,
        counts: Mapping[str, Any] | Sequence[str],
        item: str | None = None,
        **options: Any,
    ) -> Votes:
        """Anonymous votes from numbers of votes, a column a class (or column to class)."""
        from labelwright.core._shapes import counts_to_long

        classes = list(counts.values()) if isinstance(counts, Mapping) else list(counts)
        if options.get("space") is None:
            options.setdefault("classes", classes)
        return _from_shape(table, counts_to_long, item, options, counts=counts)

    @classmethod
    def from_lists(
        cls,
        table: Any,
        *,
        label: str,
        split: str | None = None,
        annotator: str | None = None,
        item: str | None = None,
        **options: Any,
    ) -> Votes:
        """Votes from a column whose cells hold all votes on an item: lists or text to ``split``."""
        from labelwright.core._shapes import lists_to_long

        return _from_shape(
            table, lists_to_long, item, options, label=label, split=split, annotator=annotator
        )

    @classmethod
    def from_matrix(
        cls,
        matrix: ArrayLike,
        *,
        classes: Sequence[Any] | None = None,
        space: Space | None = None,
        items: ArrayLike | None = None,
        annotators: ArrayLike | None = None,
    ) -> Votes:
        """Votes from a matrix (n_items, n_annotators) of class codes; -1 or NaN is no vote.

        Examples
        --------
        >>> Votes.from_matrix([[0, 1], [1, -1]], classes=["ham", "spam"])
        Votes(2 items, 2 annotators, 3 votes; 2 classes)
        """
        from labelwright.core._assemble import from_matrix

        return from_matrix(np.asarray(matrix), _stated_space(space, classes), items, annotators)

    # -- looking --------------------------------------------------------------------------------

    def __len__(self) -> int:
        return self.annotator.size

    @property
    def n_items(self) -> int:
        """Number of items, also those without a vote."""
        return self.items.size

    @property
    def n_annotators(self) -> int:
        """Number of annotators, also those without a vote."""
        return self.annotators.size

    @cached_property
    def item(self) -> NDArray[np.int32]:
        """Item codes (n_votes,), non-decreasing."""
        codes = np.repeat(np.arange(self.n_items, dtype=np.int32), np.diff(self.indptr))
        codes.flags.writeable = False
        return codes

    @property
    def classes(self) -> Classes:
        """The space, where it is Classes; otherwise an error that says what it is."""
        if not isinstance(self.space, Classes):
            raise CapabilityError(
                f"These votes are {self.space.kind}; one class an item is needed here.",
                where={"space": self.space.kind},
            )
        return self.space

    def column(self, name: str) -> NDArray[Any] | None:
        """A column of ``extra`` as an array, or None if it did not come along."""
        if self.extra is None or name not in self.extra.columns:
            return None
        return self.extra.get_column(name).to_numpy()

    @property
    def weight(self) -> NDArray[np.float64] | None:
        """Weights (n_votes,), which multiply the log-likelihood of a vote; None if all count 1."""
        return self.column("weight")

    def blocks(self, n_items: int = BLOCK_ITEMS) -> Iterator[tuple[slice, slice]]:
        """Blocks of items, each with its votes, as slices of items and of votes.

        What is computed block by block stays in the processor's cache; over all votes at once,
        fetching the memory for what lies between takes longer than the computing.

        Examples
        --------
        >>> votes = Votes.from_arrays([0, 0, 1], ["a", "b", "a"], [1, 1, 0])
        >>> list(votes.blocks(1))
        [(slice(0, 1, None), slice(0, 2, None)), (slice(1, 2, None), slice(2, 3, None))]
        """
        for first in range(0, self.n_items, n_items):
            last = min(first + n_items, self.n_items)
            yield slice(first, last), slice(int(self.indptr[first]), int(self.indptr[last]))

    def counts(self, values: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Weighted numbers of votes (n_items, n_classes); an open answer is shared out evenly.

        With ``values`` (n_votes,), which may be negative, each vote counts for its own instead.
        """
        space, weight = self.classes, self.weight
        k = len(space.answers)
        counts = np.empty((self.n_items, k))
        for items, votes in self.blocks():
            cells = (self.item[votes] - items.start) * np.int64(k)
            cells += self.label[votes]
            each = None if weight is None else weight[votes]
            if values is not None:
                each = values[votes] if each is None else each * values[votes]
            n_items = items.stop - items.start
            counts[items] = np.bincount(cells, each, minlength=n_items * k).reshape(-1, k)
        if not self.has_open_answers:
            return counts[:, : space.n_classes]
        return counts @ (space.candidates / space.candidates.sum(axis=1, keepdims=True))

    @cached_property
    def has_open_answers(self) -> bool:
        """Whether some vote leaves several classes open: a parent class, or an open answer."""
        open_answers = self.classes.candidates.sum(axis=1) > 1
        return bool(open_answers.any()) and bool(open_answers[self.label].any())

    @property
    def is_for_one_class(self) -> NDArray[np.bool_]:
        """Whether each vote (n_votes,) is for one class, and leaves no others open."""
        one = self.classes.candidates.sum(axis=1) == 1
        return one[self.label]

    def describe(self) -> dict[str, Any]:
        """What is here, as plain values: sizes, votes per item, label counts, events."""
        per_item = np.diff(self.indptr)
        known: dict[str, Any] = {
            "items": self.n_items,
            "annotators": self.n_annotators,
            "votes": len(self),
            "items_without_votes": int((per_item == 0).sum()),
            "votes_per_item": {
                "min": int(per_item.min(initial=0)),
                "median": float(np.median(per_item)) if per_item.size else 0.0,
                "max": int(per_item.max(initial=0)),
            },
            "space": self.space.kind,
            "anonymous": self.anonymous,
        }
        if isinstance(self.space, Classes):
            numbers = np.bincount(self.label, minlength=len(self.answers))
            known["labels"] = {str(n): int(c) for n, c in zip(self.answers, numbers, strict=True)}
        if self.events is not None:
            known["events"] = dict(self.events["event"].value_counts().sort("event").iter_rows())
        return known

    def __repr__(self) -> str:
        what = (
            f"{self.space.n_classes} classes"
            if isinstance(self.space, Classes)
            else self.space.kind
        )
        who = "slots" if self.anonymous else "annotators"
        sizes = f"{self.n_items:,} items, {self.n_annotators:,} {who}, {len(self):,} votes"
        return f"Votes({sizes}; {what})"

    def _repr_html_(self) -> str:
        from labelwright.core.tables import html_table

        return html_table(self._long(), repr(self))

    # -- algebra --------------------------------------------------------------------------------

    def select(
        self,
        *,
        items: ArrayLike | None = None,
        annotators: ArrayLike | None = None,
        where: NDArray[np.bool_] | Callable[[pl.DataFrame], Any] | None = None,
    ) -> Votes:
        """Votes on some items (in their order here), by some annotators, or where a mask holds.

        Parameters
        ----------
        items, annotators : sequence of ids, optional
            Those kept; an unknown id is an error. Without ``items`` every item stays, if need be
            without a vote.
        where : (n_votes,) bool, or function of a table of the votes, optional
            Which votes count; items, annotators and events stay.
        """
        from labelwright.core._algebra import select

        return select(self, items, annotators, where)

    @staticmethod
    def concat(parts: Sequence[Votes], *, prefixes: Sequence[str] | None = None) -> Votes:
        """Votes of several sources on the same kind of label.

        The annotators of the parts must differ, or are told apart by ``prefixes``.
        """
        from labelwright.core._algebra import concat

        return concat(parts, prefixes)

    def with_space(self, space: Space) -> Votes:
        """The same votes read in another label space (order, aliases, abstaining answers)."""
        from labelwright.core._algebra import with_space

        return with_space(self, space)

    def with_extra(self, **columns: Any) -> Votes:
        """The same votes with further columns (n_votes,), for example ``weight=``."""
        import polars as pl

        from labelwright.core._extra import check_extra, check_weights
        from labelwright.core.tables import to_series

        check_same_length(votes=self, **columns)
        added = pl.DataFrame([to_series(values, name) for name, values in columns.items()])
        if self.extra is not None:
            added = self.extra.drop(added.columns, strict=False).hstack(added)
        extra = check_extra(added)
        check_weights(extra, np.arange(len(self)))
        return replace(self, extra=extra)

    # -- tables and files -----------------------------------------------------------------------

    def to_table(self) -> Any:
        """All votes and events as a long table: item, annotator, label, event and what came along.

        An item without a vote is a row without annotator and label, an annotator without a vote one
        without item and label. :meth:`from_table` reads the same votes back, with
        ``repeats="all"`` if an annotator voted twice on an item.
        """
        from labelwright.core.tables import as_kind

        return as_kind(self._long(), self.frame)

    def _long(self) -> pl.DataFrame:
        from labelwright.core._algebra import long_frame

        return long_frame(self)

    @classmethod
    def _reread(
        cls,
        long: pl.DataFrame,
        *,
        space: Space,
        annotators: ArrayLike | None,
        anonymous: bool,
        frame: str,
    ) -> Votes:
        """Votes from a table that :meth:`to_table` made."""
        votes = cls.from_table(
            long,
            item="item",
            annotator="annotator",
            label="label",
            space=space,
            annotators=annotators,
            repeats="all",
        )
        return replace(votes, anonymous=anonymous, frame=frame)

    def save(self, path: str | Path) -> Path:
        """Write one parquet file that :meth:`load` reads back whole."""
        import polars as pl

        from labelwright.core.files import write_table_with_head

        head = {
            "format": FORMAT,
            "space": self.space.to_dict(),
            "anonymous": self.anonymous,
            "frame": self.frame,
        }
        long = self._long()
        # Annotators stand in order of first appearance, so rows with nothing else keep their order.
        ids = pl.Series("annotator", self.annotators.tolist(), dtype=long.schema["annotator"])
        whole = pl.concat([ids.to_frame(), long], how="diagonal").select(long.columns)
        return write_table_with_head(path, whole, head)

    @classmethod
    def load(cls, path: str | Path) -> Votes:
        """Read what :meth:`save` wrote."""
        from labelwright.core.files import read_table_with_head

        long, head = read_table_with_head(path, FORMAT, "votes")
        return cls._reread(
            long,
            space=Space.from_dict(head["space"]),
            annotators=None,
            anonymous=head["anonymous"],
            frame=head["frame"],
        )


def _stated_space(space: Space | None, classes: Sequence[Any] | None) -> Space | None:
    if space is not None and classes is not None:
        raise DataError("Both space= and classes= are given.", hint="Give one of them.")
    return Classes(classes) if classes is not None else space


def _from_shape(
    table: Any,
    to_long: Callable[..., tuple[pl.DataFrame, bool]],
    item: str | None,
    options: dict[str, Any],
    **shape: Any,
) -> Votes:
    """Turn a table of another shape into a long one, and remember what kind of table it was."""
    from labelwright.core._assemble import from_long_frame
    from labelwright.core.tables import frame_kind, to_polars

    long, anonymous = to_long(to_polars(table), item, **shape)
    space = _stated_space(options.pop("space", None), options.pop("classes", None))
    roles = {name: long[name] for name in ("item", "annotator", "label")}
    votes = from_long_frame(
        long.select(()), roles, space=space, rows=long["row"].to_numpy(), **options
    )
    return replace(votes, anonymous=anonymous, frame=frame_kind(table))
