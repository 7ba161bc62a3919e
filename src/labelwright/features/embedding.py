"""Embeddings that exist already: a file or array beside the table becomes one of its columns.

As a column it goes wherever its record goes: into folds, samples and new files, never out of step.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.core.errors import DataError
from labelwright.core.params import Accepts, Instance, Nullable
from labelwright.core.tables import to_polars
from labelwright.core.validation import first_row
from labelwright.features._scaling import learn_scale, rescale
from labelwright.features.base import Features

if TYPE_CHECKING:
    import polars as pl

__all__ = ["EmbeddingFeatures", "attach_embedding", "read_embedding"]


def read_embedding(path: str | Path) -> NDArray[Any]:
    """A matrix of numbers from a ``.npy`` file, a row a record.

    Raises
    ------
    DataError
        If the file is not there, is no ``.npy`` file, or holds no matrix of numbers.
    """
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(
            f"{path} cannot be read as an embedding: {error}",
            where={"file": str(path)},
            hint="Write it with numpy.save(path, matrix).",
        ) from error
    if not isinstance(found, np.ndarray):
        found.close()
        raise DataError(
            f"{path} holds several arrays.",
            where={"file": str(path)},
            hint="Write one matrix with numpy.save(path, matrix).",
        )
    return _matrix(found, str(path))


def attach_embedding(
    records: Any, embedding: ArrayLike | str | Path, *, column: str = "embedding"
) -> pl.DataFrame:
    """The records with their embedding as one more column.

    Parameters
    ----------
    records : table
        Any eager table.
    embedding : array-like of shape (n, d), or path of a ``.npy`` file
        Row i belongs to record i.
    column : str
        The name of the new column.

    Examples
    --------
    >>> attach_embedding({"id": [1, 2]}, [[0.0, 1.0], [1.0, 0.0]]).columns
    ['id', 'embedding']

    Raises
    ------
    DataError
        If the numbers of rows differ, or the table has a column of that name.
    """
    import polars as pl

    frame = to_polars(records)
    named = str(embedding) if isinstance(embedding, (str, Path)) else "The embedding"
    if isinstance(embedding, (str, Path)):
        vectors = read_embedding(embedding)
    else:
        vectors = _matrix(np.asarray(embedding), named)
    if len(vectors) != frame.height:
        raise DataError(
            f"The table has {frame.height:,} rows and {named} has {len(vectors):,}.",
            where={"table": frame.height, "embedding": len(vectors)},
            hint="Row i of the embedding must belong to row i of the table.",
        )
    if column in frame.columns:
        raise DataError(
            f"The table has a column {column!r} already.",
            where={"column": column},
            hint="Give the embedding another name: column=...",
        )
    return frame.with_columns(pl.Series(column, np.ascontiguousarray(vectors)))


class EmbeddingFeatures(Features):
    """Features from a column of ready-made vectors, centred and scaled as a whole.

    Parameters
    ----------
    columns : str, optional
        The column of vectors; by default the only one of the table. See :func:`attach_embedding`.

    Attributes
    ----------
    centre_ : (d,) array
        The mean vector, which is subtracted.
    scale_ : float
        The factor after that.

    Examples
    --------
    >>> records = attach_embedding({"id": [1, 2]}, [[0.0, 1.0], [2.0, 1.0]])
    >>> EmbeddingFeatures().fit_transform(records)
    array([[-2.,  0.],
           [ 2.,  0.]])
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = {"columns": Nullable(Instance(str))}

    def __init__(self, columns: str | None = None) -> None:
        self.columns = columns

    @property
    def feature_names_(self) -> list[str]:
        """The column's name and the dimension."""
        self._check_fitted()
        return [f"{self.columns_[0]} {number}" for number in range(len(self.centre_))]

    def _suitable(self, frame: pl.DataFrame) -> list[str]:
        import polars as pl

        found = [c for c in frame.columns if isinstance(frame[c].dtype, (pl.Array, pl.List))]
        if len(found) != 1:
            raise DataError(
                f"The table has {len(found)} columns of vectors.",
                hint="Add one with attach_embedding, or name it: EmbeddingFeatures(columns=...).",
            )
        return found

    def _learn(self, frame: pl.DataFrame) -> NDArray[Any]:
        vectors = self._vectors(frame)
        self.centre_, self.scale_ = learn_scale(vectors)
        return rescale(vectors, self.centre_, self.scale_)

    def _apply(self, frame: pl.DataFrame) -> NDArray[Any]:
        vectors = self._vectors(frame)
        if vectors.shape[1] != len(self.centre_):
            raise DataError(
                f"Column {self.columns_[0]!r} holds vectors of {vectors.shape[1]} numbers; "
                f"{len(self.centre_)} were learnt from.",
                where={"column": self.columns_[0]},
                hint="Use the model that made the first embedding.",
            )
        return rescale(vectors, self.centre_, self.scale_)

    def _vectors(self, frame: pl.DataFrame) -> NDArray[Any]:
        import polars as pl

        name = self.columns_[0]
        series = frame[name]
        if not isinstance(series.dtype, (pl.Array, pl.List)):
            raise DataError(
                f"Column {name!r} holds {series.dtype} values, not vectors.",
                where={"column": name},
                hint="Add vectors with attach_embedding.",
            )
        if isinstance(series.dtype, pl.List):
            series = _of_one_length(series)
        if series.null_count():
            row = int(series.is_null().arg_max() or 0)
            raise DataError(
                f"Row {row} of column {name!r} has no vector.", where={"row": row, "column": name}
            )
        return _matrix(series.to_numpy(), f"Column {name!r}")


def _of_one_length(series: pl.Series) -> pl.Series:
    import polars as pl

    lengths = series.list.len()
    width = lengths.drop_nulls().max()
    row = first_row((lengths != width).fill_null(False).to_numpy())
    if row is not None or not width:
        raise DataError(
            f"Row {row or 0} of column {series.name!r} has a vector of length "
            f"{lengths[row or 0]!r}, another has {width!r}.",
            where={"row": row or 0, "column": series.name},
            hint="All vectors must have the same length.",
        )
    return series.cast(pl.Array(pl.Float64, int(width)))  # type: ignore[arg-type]


def _matrix(array: NDArray[Any], name: str) -> NDArray[Any]:
    if array.ndim != 2 or array.dtype.kind not in "fiub" or 0 in array.shape:
        raise DataError(
            f"{name} has shape {array.shape} and type {array.dtype}.",
            hint="Give a matrix of numbers: a row a record, a column a dimension.",
        )
    row = first_row(~np.isfinite(array))
    if row is not None:
        raise DataError(
            f"{name} has a missing or infinite number in row {row}.", where={"row": row}
        )
    return array
