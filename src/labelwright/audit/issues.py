"""Likely label errors: which, how bad, what instead, of which kind and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.core.results import Result

if TYPE_CHECKING:
    import polars as pl

__all__ = ["LabelIssues"]


@dataclass(frozen=True, eq=False)
class LabelIssues(Result):
    """Likely label errors, worst first.

    Made by ``find_label_issues``, ``find_doubtful_labels`` and ``find_conflicting_duplicates``;
    ``explain_issues`` gives one with better reasons.

    Attributes
    ----------
    index : (m,) int64
        Row of each issue in what was audited.
    quality : (m,) float64
        Label quality in [0, 1], ascending: 1 is a good label.
    given, suggested : (m,) array
        The label it has, and the one that speaks most against it (codes if no classes were named).
    kinds : (m,) array of str
        ``model disagrees``, ``little belief``, ``neighbours disagree``, ``votes against``,
        ``conflicting duplicate`` or ``conflicting near duplicate``.
    why : list of str
        One plain sentence each, made when it is asked for.
    evidence : dict of str to (m,) or (m, k) array
        What the sentences are made from, for programs.
    n_items : int
        How many items were audited.
    notes : tuple of str
        What the reader should know about the whole list.

    Examples
    --------
    >>> from labelwright.audit import find_label_issues
    >>> probabilities = [[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8], [0.95, 0.05]]
    >>> issues = find_label_issues(
    ...     ["ham", "ham", "spam", "spam", "spam"], probabilities, classes=["ham", "spam"]
    ... )
    >>> issues.index, issues.given, issues.suggested
    (array([4]), array(['spam'], dtype='<U4'), array(['ham'], dtype='<U4'))
    >>> issues.why
    ["the model gives 'ham' 0.95 and the given label 'spam' 0.05"]
    """

    kind: ClassVar[str] = "label_issues"

    index: NDArray[np.int64]
    quality: NDArray[np.float64]
    given: NDArray[Any]
    suggested: NDArray[Any]
    kinds: NDArray[np.str_]
    n_items: int
    evidence: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.index)

    @cached_property
    def why(self) -> list[str]:
        """One plain sentence an issue: what speaks against its label."""
        from labelwright.audit._sentences import sentences

        return sentences(self)

    def head(self, n: int = 10) -> LabelIssues:
        """The ``n`` worst issues."""
        rows = ("index", "quality", "given", "suggested", "kinds")
        evidence = {name: values[:n] for name, values in self.evidence.items()}
        return replace(self, evidence=evidence, **{name: getattr(self, name)[:n] for name in rows})

    def to_dict(self) -> dict[str, Any]:
        """The issues as plain values that JSON can hold."""
        return super().to_dict() | {"why": self.why}

    def to_table(self) -> pl.DataFrame:
        """One row an issue: index, quality, given, suggested, kind, why, then the evidence."""
        import polars as pl

        columns: dict[str, Any] = {
            "index": self.index,
            "quality": self.quality,
            "given": self.given,
            "suggested": self.suggested,
            "kind": self.kinds,
            "why": pl.Series(self.why, dtype=pl.String),
        }
        return pl.DataFrame(columns | {n: cells(values) for n, values in self.evidence.items()})


def cells(values: NDArray[Any]) -> Any:
    """One cell a row: several values are joined, so that every table format can hold them."""
    import polars as pl

    if values.ndim == 2:
        joined = [", ".join(str(v) for v in row if v is not None) for row in values.tolist()]
        return pl.Series(joined, dtype=pl.String)
    if values.dtype.kind == "O":
        return pl.Series(values.tolist(), dtype=None if values.size else pl.String)
    return values
