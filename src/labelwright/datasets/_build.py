"""From the tables of a data set to a :class:`Dataset`: the steps that its loaders share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from labelwright.core.errors import ParameterError
from labelwright.datasets._registry import entry
from labelwright.datasets.dataset import Dataset

if TYPE_CHECKING:
    import polars as pl

__all__ = ["check_campaign", "data_set", "from_records", "long_votes", "numbered"]


def data_set(name: str, origin: str, **parts: Any) -> Dataset:
    """A Dataset with the facts of the registry; labels get their names where those are known."""
    known = entry(name)
    for table in ("vote_table", "gold_table"):
        if parts.get(table) is not None and known.classes:
            parts[table] = _with_names(parts[table], known.classes)
    return Dataset(
        name=name,
        what=known.what,
        licence=known.licence,
        citation=known.citation,
        note=known.note,
        annotators_are=known.annotators_are,
        independent_gold=known.independent_gold,
        classes=known.classes,
        text=known.text,
        origin=origin,
        **parts,
    )


def from_records(
    name: str, records: pl.DataFrame, origin: str, rules: Sequence[str] = ()
) -> Dataset:
    """A Dataset from one table: ``label`` is the gold, the columns ``rules`` the votes."""
    records = numbered(records)
    gold = records.select("item", "label").drop_nulls()
    votes = long_votes(records, rules) if rules else None
    records = records.drop("label", *rules)
    return data_set(name, origin, records=records, vote_table=votes, gold_table=gold)


def numbered(records: pl.DataFrame) -> pl.DataFrame:
    """The records with their row number as the column ``item``."""
    import polars as pl

    return records.with_row_index("item").with_columns(pl.col("item").cast(pl.Int64))


def long_votes(records: pl.DataFrame, annotators: Sequence[str]) -> pl.DataFrame:
    """Votes from a column an annotator; a negative code or null is no vote."""
    import polars as pl

    columns = records.select("item", *annotators)
    table = columns.unpivot(index="item", variable_name="annotator", value_name="label")
    return table.filter(pl.col("label") >= 0)


def check_campaign(campaign: str, known: Sequence[str]) -> None:
    """Refuse a campaign that the set does not have."""
    if campaign not in known:
        raise ParameterError(
            f"campaign={campaign!r} is not accepted.",
            where={"parameter": "campaign", "value": campaign},
            hint=f"campaign is one of {', '.join(map(repr, known))}.",
        )


def _with_names(table: pl.DataFrame, classes: Sequence[str]) -> pl.DataFrame:
    import polars as pl

    if table.schema["label"] == pl.String:
        return table
    names = dict(enumerate(classes))
    return table.with_columns(pl.col("label").replace_strict(names, return_dtype=pl.String))
