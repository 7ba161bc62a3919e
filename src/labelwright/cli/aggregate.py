"""``labelwright aggregate``."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Group, Parameter

from labelwright.cli._answer import Answer
from labelwright.cli.compare import OPTIONS, votes_and_gold
from labelwright.pipeline.settings import AUTO

__all__ = ["aggregate"]

RESULT = Group("What comes out", sort_key=9)


def aggregate(
    file: str,
    /,
    *,
    settings: Annotated[OPTIONS, Parameter(name="*")] | None = None,
    method: Annotated[str, Parameter(group=RESULT)] = AUTO,
    out: Annotated[str | None, Parameter(group=RESULT)] = None,
) -> Answer:
    """Turn votes into one label an item, and nothing more: no model, no report.

    Parameters
    ----------
    file
        A table of votes, or the export of a tool.
    method
        How votes are aggregated: auto, dawid-skene, wawa, ... Gold, where it is named, is kept as
        the label of its item.
    out
        Where to write the labels, one row an item: parquet, csv, tsv, jsonl or xlsx.
    """
    from labelwright.aggregation import aggregate as aggregate_votes
    from labelwright.core.errors import unknown_name
    from labelwright.core.tables import to_polars
    from labelwright.io import write_table
    from labelwright.pipeline._methods import by_name

    known = by_name()
    if method != AUTO and method not in known:
        raise unknown_name("method", method, (AUTO, *known))
    inputs, gold, _ = votes_and_gold(file, settings or {})
    model = None if method == AUTO else known[method]()
    found = aggregate_votes(inputs.votes, gold, model=model)
    table = to_polars(found.to_table())
    if out is not None:
        write_table(table, out)
    ties = int(found.model.ties_.sum())
    lines = [*(f"- {note}" for note in inputs.notes), found.sentence()]
    lines += [f"{ties:,} items are tied."] if ties else []
    lines += [f"labels  {out}"] if out is not None else ["Add --out labels.csv to keep them."]
    summary = {"kind": "aggregation", "model": repr(found.model), "why": found.why, "labels": out}
    counts = {"items": table.height, "changed": len(found.changed), "ties": ties}
    return Answer(summary | counts | {"overruled": len(found.overruled)}, lines)
