"""``labelwright predict``."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from labelwright.cli._answer import Answer, Verbatim

if TYPE_CHECKING:
    import polars as pl

__all__ = ["predict"]

# As in a run's labels: with more classes, a column each would bury the records.
MOST_CLASSES = 20


def predict(
    model: str, file: str, /, *, out: str | None = None, sheet: str | None = None
) -> Answer:
    """Label new records with the model of a run.

    The records come back with the columns lw_label, lw_confidence and, for up to 20 classes,
    lw_p_CLASS.

    Parameters
    ----------
    model
        The folder of the model, or of the run that it came from.
    file
        New records, with the columns that the model learnt from.
    out
        The file to write; by default csv goes to standard output.
    sheet
        Sheet of an Excel file.
    """
    from labelwright.io import read_table, write_table

    labelled = _labelled(model, read_table(file, sheet=sheet))
    if out is None:
        rows = labelled.to_dicts()
        return Answer({"kind": "predictions", "records": rows}, [_as_csv(labelled)])
    path = write_table(labelled, out)
    data = {"kind": "predictions", "n": labelled.height, "written": str(path)}
    return Answer(data, [f"{labelled.height:,} records labelled: {path}"])


def _labelled(model: str, records: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    from labelwright.learning import load_model
    from labelwright.pipeline._checks import check_own_columns

    check_own_columns(records)
    inside = Path(model) / "model"
    loaded = load_model(inside if inside.is_dir() else model)
    labels, probabilities = loaded.predict(records)
    names = loaded.space.names
    columns = [
        loaded.space.to_series(labels, "lw_label"),
        pl.Series("lw_confidence", probabilities.max(axis=1)),
    ]
    if len(names) <= MOST_CLASSES:
        columns += [
            pl.Series(f"lw_p_{name}", shares)
            for name, shares in zip(names, probabilities.T, strict=True)
        ]
    return records.with_columns(columns)


def _as_csv(table: pl.DataFrame) -> Verbatim:
    from labelwright.io import write_table

    with tempfile.TemporaryDirectory() as folder:
        path = write_table(table, Path(folder) / "predictions.csv")
        return Verbatim(path.read_bytes().decode().removesuffix("\n"))
