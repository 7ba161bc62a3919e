"""Several kinds of features side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from labelwright.core.errors import ParameterError
from labelwright.core.params import Accepts, Instance
from labelwright.features.base import Features

if TYPE_CHECKING:
    import polars as pl

__all__ = ["JoinedFeatures"]


class JoinedFeatures(Features):
    """Features of several parts, side by side; for example text and columns.

    Parameters
    ----------
    parts : sequence of Features
        Each reads its own columns.

    Attributes
    ----------
    parts_ : list of Features
        The fitted parts.

    Examples
    --------
    >>> from labelwright.features import ColumnFeatures, TextFeatures
    >>> features = JoinedFeatures([TextFeatures("body"), ColumnFeatures("price")])
    >>> X = features.fit_transform({"body": ["a good one", "a bad one"], "price": [2.0, 4.0]})
    >>> X.shape[1] == len(features.feature_names_), features.feature_names_[-1]
    (True, 'price')
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = {"parts": Instance(list, tuple)}
    columns = None

    def __init__(self, parts: Sequence[Features]) -> None:
        self.parts = parts

    @property
    def feature_names_(self) -> list[str]:
        """The names of all parts, in order."""
        self._check_fitted()
        return [name for part in self.parts_ for name in part.feature_names_]

    def clone(self) -> JoinedFeatures:
        """A new one with clones of the parts."""
        return type(self)([part.clone() for part in self.parts])

    def _check_params(self) -> None:
        super()._check_params()
        if not self.parts or not all(isinstance(part, Features) for part in self.parts):
            raise ParameterError(
                "JoinedFeatures(parts=...) takes one or more features.",
                hint='For example [TextFeatures("body"), ColumnFeatures(["price"])].',
            )

    def _suitable(self, frame: pl.DataFrame) -> list[str]:
        return frame.columns

    def _learn(self, frame: pl.DataFrame) -> Any:
        self.parts_ = [part.clone() for part in self.parts]
        blocks = [part.fit_transform(frame) for part in self.parts_]
        # Only what the parts read has to be there when features are made for new records.
        self.columns_ = list(dict.fromkeys(c for part in self.parts_ for c in part.columns_))
        return _side_by_side(blocks)

    def _apply(self, frame: pl.DataFrame) -> Any:
        return _side_by_side([part.transform(frame) for part in self.parts_])


def _side_by_side(blocks: list[Any]) -> Any:
    import numpy as np
    from scipy import sparse

    if any(sparse.issparse(block) for block in blocks):
        return sparse.csr_array(sparse.hstack(blocks, format="csr"))
    return np.hstack(blocks)
