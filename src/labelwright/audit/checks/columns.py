"""Columns that say nothing, or that name the row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from labelwright.audit.checks._base import Check
from labelwright.audit.checks._data import AuditData
from labelwright.audit.findings import Facts, Findings
from labelwright.core.params import Accepts, Real
from labelwright.features._looks import looks_like_ids

if TYPE_CHECKING:
    import polars as pl

__all__ = ["ColumnCheck"]


class ColumnCheck(Check):
    """Columns of the table that are constant, mostly missing, or identifiers.

    A model learns nothing from the first two, and by the last it can know rows by heart.

    Parameters
    ----------
    constant : float
        A column is nearly constant if one value has at least this share of those present.
    missing : float
        A column is mostly missing if more than this share is.

    Notes
    -----
    Identifiers are whole numbers that run without a gap and without a repetition, and text of one
    distinct word with a digit in nearly every row. Datalab (cleanlab) takes any whole numbers
    without a gap for an identifier, so that it also names a class coded 0, 1, 2 in every row.
    Columns score 0 if they are constant or identifiers, else the share that differs from the
    most frequent value, or that is present. The score of the whole is the share of columns without
    a finding.
    """

    name = "columns"
    needs = ("table",)
    _accepts: ClassVar[Mapping[str, Accepts]] = {"constant": Real(0, 1), "missing": Real(0, 1)}

    def __init__(self, constant: float = 0.995, missing: float = 0.5) -> None:
        self.constant = constant
        self.missing = missing

    def find(self, data: AuditData) -> Findings:
        """The columns that are no use, the worst first."""
        table = data.known(data.table)
        judged = [(column.name, self._judge(column)) for column in table]
        found = [(name, verdict) for name, verdict in judged if verdict is not None]
        verdicts = [verdict for _, verdict in found]
        return Findings.worst_first(
            check=self.name,
            of="column",
            subject=np.array([name for name, _ in found], dtype=np.str_),
            scores=np.array([verdict.score for verdict in verdicts], dtype=np.float64),
            kinds=np.array([verdict.kind for verdict in verdicts], dtype=np.str_),
            reason=_sentence,
            score=1 - len(found) / max(table.width, 1),
            evidence={"value": np.array([verdict.value for verdict in verdicts], dtype=np.str_)},
        )

    def _judge(self, column: pl.Series) -> _Verdict | None:
        if column.dtype.is_float():
            column = column.fill_nan(None)
        present = column.drop_nulls()
        share = present.len() / column.len()
        if not present.len():
            return _Verdict("empty", 0.0)
        if share < 1 - self.missing:
            return _Verdict("mostly missing", share)
        if present.dtype.is_nested() or present.len() < 2:
            return None
        if _is_identifier(present):
            return _Verdict("identifier", 0.0, f"{present.min()!r} to {present.max()!r}")
        value, most = present.value_counts(sort=True).row(0)
        if most == present.len():
            return _Verdict("constant", 0.0, repr(value))
        if most >= self.constant * present.len():
            return _Verdict("nearly constant", 1 - most / present.len(), repr(value))
        return None


@dataclass(frozen=True)
class _Verdict:
    """What is wrong with a column, its score, and the value or values that show it."""

    kind: str
    score: float
    value: str = ""


def _is_identifier(present: pl.Series) -> bool:
    import polars as pl

    if present.dtype.is_integer():
        span = present.max() - present.min()  # type: ignore[operator]
        return span == present.len() - 1 and present.n_unique() == present.len()
    if present.dtype != pl.String or present.n_unique() < present.len():
        return False
    return looks_like_ids(present.to_list())


def _sentence(facts: Facts) -> str:
    return {
        "empty": "no row has a value",
        "mostly missing": f"only {facts['score']:.1%} of its rows have a value",
        "identifier": f"every row has a value of its own, from {facts['value']}",
        "constant": f"every row holds {facts['value']}",
        "nearly constant": f"all but {facts['score']:.2%} of its rows hold {facts['value']}",
    }[facts["kind"]]
