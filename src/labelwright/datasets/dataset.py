"""What a loader gives back: the records of a data set, its votes and its true labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from labelwright.core.errors import DataError
from labelwright.core.results import Result

if TYPE_CHECKING:
    import polars as pl

    from labelwright.core.votes import Votes

__all__ = ["Dataset"]


@dataclass(frozen=True, eq=False, repr=False)
class Dataset(Result):
    """One data set.

    Attributes
    ----------
    name, what : str
        Name in the registry, and what it is.
    records : polars frame or None
        One row an item, with a column ``item``.
    vote_table : polars frame or None
        One row a vote: ``item``, ``annotator``, ``label``.
    gold_table : polars frame or None
        One row an item whose true label is known: ``item``, ``label``.
    text : str or None
        The column of ``records`` that holds the text to classify.
    classes : tuple or None
        The classes in the order of the source, where it names them.
    annotators_are : {"people", "slots", "rules", "models", "people and models"} or None
        What an annotator is. A slot is a column that many people filled, so what is learnt about
        it says nothing about a person.
    independent_gold : bool or None
        Whether the gold was made without looking at these votes; only then is agreement with it
        accuracy.
    licence, citation, note : str
        Licence as stated at the source, what to cite, and what to know before use.
    origin : {"package", "mirror", "public files"}
        Where it was read from.
    more : mapping of polars frames
        Further tables of the set.
    """

    kind: ClassVar[str] = "dataset"

    name: str
    what: str
    licence: str
    citation: str
    origin: str
    records: pl.DataFrame | None = None
    vote_table: pl.DataFrame | None = None
    gold_table: pl.DataFrame | None = None
    text: str | None = None
    classes: tuple[Any, ...] | None = None
    annotators_are: str | None = None
    independent_gold: bool | None = None
    note: str = ""
    more: Mapping[str, pl.DataFrame] = field(default_factory=dict)

    @cached_property
    def items(self) -> pl.Series:
        """Ids of all items: of the records, else of the votes and then of the gold."""
        import polars as pl

        tables = [self.records] if self.records is not None else [self.vote_table, self.gold_table]
        ids = [table.get_column("item") for table in tables if table is not None]
        return pl.concat(ids).unique(maintain_order=True)

    @cached_property
    def votes(self) -> Votes:
        """The votes, with a row for each of :attr:`items`.

        Raises
        ------
        DataError
            If the set has none.
        """
        from labelwright.core.votes import Votes

        table = self._stated(self.vote_table, "votes")
        return Votes.from_table(
            table,
            item="item",
            annotator="annotator",
            label="label",
            classes=self.classes,
            items=self.items.to_numpy(),
            repeats="first",
        )

    @cached_property
    def gold(self) -> pl.Series:
        """The true label of each of :attr:`items`, null where it is not known.

        Raises
        ------
        DataError
            If the set has none.
        """
        table = self._stated(self.gold_table, "gold")
        joined = self.items.to_frame("item").join(
            table, on="item", how="left", maintain_order="left", validate="1:1"
        )
        return joined.get_column("label")

    def to_table(self) -> pl.DataFrame:
        """One row an item: the records, with the true label as ``gold`` where there is one."""
        table = self.items.to_frame("item") if self.records is None else self.records
        return table if self.gold_table is None else table.with_columns(gold=self.gold)

    def _stated(self, table: pl.DataFrame | None, what: str) -> pl.DataFrame:
        if table is None:
            raise DataError(
                f"The data set {self.name!r} has no {what}.",
                where={"dataset": self.name},
                hint=self.note,
            )
        return table

    def __repr__(self) -> str:
        parts = [f"{len(self.items)} items"]
        if self.vote_table is not None:
            parts.append(f"{self.vote_table.height} votes of {self.annotators_are}")
        if self.gold_table is not None:
            parts.append(f"gold for {self.gold_table.height}")
        return f"Dataset({self.name!r}: {', '.join(parts)})"
