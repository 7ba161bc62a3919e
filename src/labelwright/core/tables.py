"""The edge where tables come in and go out: any frame in, polars inside, the same kind out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from labelwright.core.errors import DataError, MissingExtraError, unknown_name

if TYPE_CHECKING:
    import polars as pl

__all__ = ["as_kind", "column", "frame_kind", "html_table", "to_polars", "to_series"]

KINDS = ("polars", "pandas", "pyarrow")


def frame_kind(table: Any) -> str:
    """Which library a table belongs to: ``polars``, ``pandas`` or ``pyarrow``."""
    kind = type(table).__module__.partition(".")[0]
    return kind if kind in KINDS else "polars"


def to_polars(table: Any) -> pl.DataFrame:
    """Read any table (polars, pandas, pyarrow, dict of columns, list of records) into polars.

    Raises
    ------
    DataError
        If it is no table, two columns have the same name, or a column mixes text with other types.
    """
    import polars as pl

    if isinstance(table, pl.DataFrame):
        return table
    if isinstance(table, pl.LazyFrame):
        return table.collect()
    try:
        if isinstance(table, dict):
            return pl.DataFrame([to_series(values, name) for name, values in table.items()])
        if isinstance(table, list) and table and isinstance(table[0], dict):
            return pl.DataFrame(table, infer_schema_length=None, strict=False)
        import narwhals as nw

        return nw.from_native(table, eager_only=True).to_polars()
    except ImportError as error:
        raise MissingExtraError.of("pyarrow", "pandas", "Reading a pandas table") from error
    except DataError:
        raise
    except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
        _check_columns(table)
        raise DataError(
            f"This {type(table).__name__} cannot be read as a table: {error}",
            hint="Give a polars, pandas or pyarrow table, a dict of columns or a list of records.",
        ) from error


def to_series(values: Any, name: str) -> pl.Series:
    """Any column (of a dataframe, an array or a sequence) as a polars series of its own.

    Raises
    ------
    DataError
        If it mixes text with other types, or holds what no table can hold.
    """
    import polars as pl

    if isinstance(values, str) or not hasattr(values, "__len__"):
        raise DataError(f"Column {name!r} is {values!r}.", hint="Give one value a row.")
    if not hasattr(values, "dtype"):
        values = list(values)
        kinds = {type(value) for value in values if value is not None}
        if str in kinds and len(kinds) > 1:
            raise _mixed(name, kinds)
    # Polars takes numpy arrays over as they are, and what is ours must not change later.
    values = values.copy() if isinstance(values, np.ndarray) else values
    try:
        return pl.Series(name, values, strict=False)
    except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
        if isinstance(values, np.ndarray) or str(getattr(values, "dtype", "")) == "object":
            raise _mixed(name, {type(value) for value in values}) from error
        raise DataError(
            f"Column {name!r} cannot be read: {error}", where={"column": name}
        ) from error


def _check_columns(table: Any) -> None:
    """Name the column that cannot be read, if it is a single one."""
    if getattr(table, "columns", None) is not None and table.columns.is_unique:
        for name in table.columns:
            to_series(table[name], name)


def _mixed(name: str, kinds: set[type]) -> DataError:
    listed = " and ".join(sorted(kind.__name__ for kind in kinds))
    return DataError(
        f"Column {name!r} mixes {listed}.",
        where={"column": name},
        hint="Make it one type, for example with .astype(str), or drop it.",
    )


def as_kind(frame: pl.DataFrame, kind: str) -> Any:
    """Give a polars frame back as ``kind``, so that users get the library that they brought."""
    if kind == "polars":
        return frame
    try:
        if kind == "pyarrow":
            return frame.to_arrow()
        # Without this, whole numbers with gaps (such as ids) would become fractions.
        return frame.to_pandas(integer_object_nulls=True)
    except ImportError as error:
        raise MissingExtraError.of("pyarrow", "pandas", f"A {kind} table") from error


def column(frame: pl.DataFrame, name: str, *, role: str = "column") -> pl.Series:
    """One column of a table; a wrong name is answered with the near one and all there are."""
    if name not in frame.columns:
        raise unknown_name("column", name, frame.columns, where={"role": role})
    return frame.get_column(name)


def html_table(frame: pl.DataFrame, caption: str, rows: int = 20) -> str:
    """The first rows as an HTML table for notebooks; whatever the cells hold is escaped."""
    from markupsafe import Markup, escape

    def cells(tag: str, values: Any) -> Markup:
        inner = Markup("").join(Markup(f"<{tag}>{{}}</{tag}>").format(_shown(v)) for v in values)
        return Markup("<tr>{}</tr>").format(inner)

    body = Markup("").join(cells("td", row) for row in frame.head(rows).iter_rows())
    more = f" ({frame.height - rows} more rows)" if frame.height > rows else ""
    return (
        f"<table><caption>{escape(caption + more)}</caption>"
        f"<thead>{cells('th', frame.columns)}</thead><tbody>{body}</tbody></table>"
    )


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
