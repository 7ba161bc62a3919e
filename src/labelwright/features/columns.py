"""Columns to numbers: numbers, booleans, categories and dates, with what is missing."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.core.errors import DataError, DataWarning
from labelwright.core.params import Accepts, Instance, Int, Nullable
from labelwright.features._column_kinds import KINDS, kind_of
from labelwright.features.base import Features

if TYPE_CHECKING:
    import polars as pl

__all__ = ["ColumnFeatures"]


class ColumnFeatures(Features):
    """Features of columns, each by its type.

    - *Numbers* and *booleans*: a missing value is filled with the median and marked in a column of
      its own; then mean 0, standard deviation 1.
    - *Categories* (text): a column a category; those in fewer than ``min_records`` records share
      ``other``, as do categories that were never seen; missing is a category.
    - *Dates* and *times*: when (as a number), and the place in the year, the week and the day on a
      circle, so that December is near January.

    A column without any value, or text of which no value is in ``min_records`` records, tells
    nothing and is left out with a warning.

    Parameters
    ----------
    columns : str or sequence of str, optional
        The columns to read; by default all.
    min_records : int
        A category must occur so often to have a column of its own.
    max_categories : int
        At most so many categories a column, the most frequent; the rest is ``other``.

    Attributes
    ----------
    plans_ : list of dict
        What was learnt about each column: its name and kind, medians, scales, categories.
    left_out_ : list of str
        Columns that tell nothing.

    Examples
    --------
    >>> features = ColumnFeatures(min_records=1)
    >>> features.fit_transform({"price": [1.0, 3.0], "shop": ["north", "south"]}).toarray()
    array([[-1.,  1.,  0.,  0.],
           [ 1.,  0.,  1.,  0.]])
    >>> features.feature_names_
    ['price', 'shop = north', 'shop = south', 'shop = (other)']
    >>> features.transform({"price": [None], "shop": ["west"]}).toarray()
    array([[0., 0., 0., 1.]])
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "columns": Nullable(Instance(str, list, tuple)),
        "min_records": Int(1),
        "max_categories": Int(1),
    }

    def __init__(
        self,
        columns: str | Sequence[str] | None = None,
        *,
        min_records: int = 2,
        max_categories: int = 100,
    ) -> None:
        self.columns = columns
        self.min_records = min_records
        self.max_categories = max_categories

    @property
    def feature_names_(self) -> list[str]:
        """The column, and the category or part of the date."""
        self._check_fitted()
        return [name for plan in self.plans_ for name in KINDS[plan["kind"]].names(plan)]

    def _suitable(self, frame: pl.DataFrame) -> list[str]:
        return frame.columns

    def _learn(self, frame: pl.DataFrame) -> Any:
        self.plans_: list[dict[str, Any]] = []
        self.left_out_: list[str] = []
        for series in frame:
            plan = KINDS[kind_of(series)].learn(series, self.min_records, self.max_categories)
            if plan is None:
                self.left_out_.append(series.name)
            else:
                self.plans_.append(plan)
        self.columns_ = [plan["column"] for plan in self.plans_]
        self._tell_left_out()
        return self._apply(frame.select(self.columns_))

    def _tell_left_out(self) -> None:
        listed = ", ".join(map(repr, self.left_out_))
        if not self.plans_:
            raise DataError(
                f"No column tells anything: {listed}.",
                where={"columns": self.left_out_},
                hint="They are empty, or every record has another value. "
                "Use TextFeatures for text.",
            )
        if self.left_out_:
            warnings.warn(
                f"Left out, since they are empty or every record has another value: {listed}. "
                "Use TextFeatures for text.",
                DataWarning,
                stacklevel=4,
            )

    def _apply(self, frame: pl.DataFrame) -> Any:
        from scipy import sparse

        blocks = []
        for plan in self.plans_:
            series = frame[plan["column"]]
            _check_kind(series, plan["kind"])
            blocks.append(KINDS[plan["kind"]].apply(series, plan))
        if any(sparse.issparse(block) for block in blocks):
            return sparse.csr_array(sparse.hstack(blocks, format="csr"))
        dense: NDArray[np.float64] = np.hstack(blocks)
        return dense


def _check_kind(series: pl.Series, learnt: str) -> None:
    """Refuse a column that held numbers when it was learnt from and holds text now, and so on."""
    import polars as pl

    if series.dtype != pl.Null and kind_of(series) != learnt:
        raise DataError(
            f"Column {series.name!r} holds {kind_of(series)}; when it was learnt from it held "
            f"{learnt}.",
            where={"column": series.name},
            hint="Bring it to the same type.",
        )
