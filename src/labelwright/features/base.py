"""What all features share: a table of records in, one row of numbers a record out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from labelwright.core.errors import DataError, unknown_name
from labelwright.core.params import Params
from labelwright.core.tables import to_polars

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Features"]


class Features(Params):
    """Base of features: learn from records, then turn any records into rows of numbers.

    A subclass says what it learns and how it transforms; reading the table and checking that its
    columns are there happens here. It also works as a step of a scikit-learn pipeline.

    Attributes
    ----------
    columns_ : list of str
        The columns that are read, in order.
    feature_names_ : list of str
        What each column of the result means.
    """

    columns: Sequence[str] | str | None
    columns_: list[str]

    @property
    @abstractmethod
    def feature_names_(self) -> list[str]:
        """What each column of the result means."""

    def fit(self, records: Any, y: Any = None) -> Self:
        """Learn from a table of records; ``y`` is not used."""
        self.fit_transform(records, y)
        return self

    def fit_transform(self, records: Any, y: Any = None) -> Any:
        """Learn from the records and transform them."""
        del y
        self._check_params()
        frame = self._read(records)
        self.columns_ = self._chosen(frame)
        self._check_columns(frame)
        return self._learn(frame.select(self.columns_))

    def transform(self, records: Any) -> Any:
        """One row a record: a float array (n, p), or a CSR array where most entries are zero.

        Raises
        ------
        DataError
            If a column that was learnt from is not there; the near name is suggested.
        """
        self._check_fitted()
        frame = self._read(records)
        self._check_columns(frame)
        return self._apply(frame.select(self.columns_))

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """What each column of the result means (scikit-learn's name for it)."""
        del input_features
        return np.array(self.feature_names_, dtype=object)

    def _read(self, records: Any) -> pl.DataFrame:
        frame = to_polars(records)
        if frame.height == 0:
            raise DataError("The table has no rows.", hint="Features need at least one record.")
        return frame

    def _chosen(self, frame: pl.DataFrame) -> list[str]:
        """The columns that were asked for, or those that suit."""
        if self.columns is None:
            return self._suitable(frame)
        return [self.columns] if isinstance(self.columns, str) else list(self.columns)

    def _check_columns(self, frame: pl.DataFrame) -> None:
        for name in self.columns_:
            if name not in frame.columns:
                raise unknown_name("column", name, frame.columns, where={"role": "features"})

    @abstractmethod
    def _suitable(self, frame: pl.DataFrame) -> list[str]:
        """The columns to read where none were named."""

    @abstractmethod
    def _learn(self, frame: pl.DataFrame) -> Any:
        """Learn from the chosen columns and return their features."""

    @abstractmethod
    def _apply(self, frame: pl.DataFrame) -> Any:
        """The features of the chosen columns."""
