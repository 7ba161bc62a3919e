"""Free text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.core.errors import SpaceError
from labelwright.core.spaces._base import Space

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Text"]


@dataclass(frozen=True)
class Text(Space):
    """Any text: a transcription, a translation, a reason.

    Examples
    --------
    >>> Text().encode(["ja", None]).tolist()
    ['ja', None]
    """

    kind: ClassVar[str] = "text"

    max_length: int | None = None

    def canonical(self, value: Any) -> str:
        """The text itself."""
        if not isinstance(value, str):
            raise SpaceError(f"{value!r} is not text.", hint="Convert it to text before.")
        if self.max_length is not None and len(value) > self.max_length:
            raise SpaceError(
                f"A text of {len(value):,} characters is longer than {self.max_length:,}."
            )
        return str(value)

    def encode(self, values: Iterable[Any]) -> NDArray[Any]:
        """An object array of text, None without a label."""
        answers = self.validate(values)
        encoded = np.empty(len(answers), dtype=object)
        encoded[:] = answers
        return encoded

    def decode(self, encoded: Any) -> list[Any]:
        """The texts as a list."""
        return list(encoded)

    def to_series(self, values: Sequence[Any], name: str = "label") -> pl.Series:
        """Labels as a column of text."""
        import polars as pl

        return pl.Series(name, values, dtype=pl.String)
