"""What one check of an audit found: where, how bad, of which kind and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.audit.issues import cells
from labelwright.core.results import Result

__all__ = ["Facts", "Findings"]

FIRST = ("id", "given", "suggested")
"""The evidence that stands before kind and why in a table."""

Facts = dict[str, Any]
"""All that is known about one finding, by name: what a sentence is made from."""


@dataclass(frozen=True, eq=False)
class Findings(Result):
    """What one check found, worst first.

    Attributes
    ----------
    check : str
        Name of the check.
    of : str
        What a finding is about: ``item``, ``column``, ``class``, ``group``, ``property`` or
        ``annotator``.
    subject : (m,) array
        Rows of the items, or names of the columns, classes ... .
    scores : (m,) float64
        From 0, the worst, to 1; ascending.
    kinds : (m,) array of str
        Which sort of finding it is.
    reason : callable
        Makes the sentence of one finding from all that is known about it.
    score : float
        For the whole: 1 if nothing was found. Most checks give the share of what they looked at
        that is free of findings; a check that is about the data as a whole says what it gives.
    evidence : dict of str to (m,) or (m, k) array
        ``given`` and ``suggested`` where a finding is about a label, then what the sentences are
        made from.
    item_scores : (n,) float64 or None
        Where the check judges items: the score of every one of them, NaN for those left out.
    notes : tuple of str
        What the reader should know about the whole list.
    frame : str
        The library whose tables come out.
    why : list of str
        One plain sentence each, made when it is asked for.

    Examples
    --------
    >>> from labelwright.audit import audit
    >>> found = audit(table={"kept": [1.5, 2.0, 9.0], "same": ["x", "x", "x"]})["columns"]
    >>> found.of, found.subject, found.kinds, found.why
    ('column', array(['same'], dtype='<U4'), array(['constant'], dtype='<U8'),
     ["every row holds 'x'"])
    """

    kind: ClassVar[str] = "findings"

    check: str
    of: str
    subject: NDArray[Any]
    scores: NDArray[np.float64]
    kinds: NDArray[np.str_]
    reason: Callable[[Facts], str]
    score: float
    evidence: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    item_scores: NDArray[np.float64] | None = None
    notes: tuple[str, ...] = ()
    frame: str = "polars"

    @classmethod
    def worst_first(
        cls, *, subject: ArrayLike, scores: ArrayLike, kinds: ArrayLike, **fields: Any
    ) -> Self:
        """Findings in any order, put in order of their scores; of equal ones the first stays first.

        Parameters
        ----------
        subject, scores, kinds : (m,) array-like
            One kind for all may be given as a text.
        **fields
            The other attributes.
        """
        values = np.asarray(scores, dtype=np.float64)
        order = np.argsort(values, kind="stable")
        evidence = {name: np.asarray(v)[order] for name, v in fields.pop("evidence", {}).items()}
        return cls(
            subject=np.asarray(subject)[order],
            scores=values[order],
            kinds=np.broadcast_to(np.asarray(kinds, dtype=np.str_), values.shape)[order],
            evidence=evidence,
            **fields,
        )

    def __len__(self) -> int:
        return len(self.subject)

    @cached_property
    def why(self) -> list[str]:
        """One plain sentence a finding."""
        columns = {
            self.of: self.subject,
            "score": self.scores,
            "kind": self.kinds,
            **self.evidence,
        }
        rows = zip(*(values.tolist() for values in columns.values()), strict=True)
        return [self.reason(dict(zip(columns, row, strict=True))) for row in rows]

    def head(self, n: int = 10) -> Findings:
        """The ``n`` worst findings."""
        evidence = {name: values[:n] for name, values in self.evidence.items()}
        rows = {name: getattr(self, name)[:n] for name in ("subject", "scores", "kinds")}
        return replace(self, evidence=evidence, **rows)

    def to_dict(self) -> dict[str, Any]:
        """The findings as plain values that JSON can hold, without the scores of all items."""
        found = replace(self, item_scores=None)
        plain = super(Findings, found).to_dict()
        del plain["reason"], plain["item_scores"], plain["frame"]
        return plain | {"why": self.why}

    def to_table(self) -> Any:
        """One row a finding: subject, score, given and suggested, kind, why, other evidence."""
        import polars as pl

        from labelwright.core.tables import as_kind

        said = {name: cells(values) for name, values in self.evidence.items()}
        columns: dict[str, Any] = {self.of: cells(self.subject), "score": self.scores}
        columns |= {name: said.pop(name) for name in FIRST if name in said}
        columns |= {"kind": self.kinds, "why": pl.Series(self.why, dtype=pl.String)}
        return as_kind(pl.DataFrame(columns | said), self.frame)
