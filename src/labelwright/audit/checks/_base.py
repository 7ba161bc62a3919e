"""What every check of an audit is: a name, what it needs, and how it finds."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from labelwright.audit.checks._data import AuditData
from labelwright.audit.findings import Findings
from labelwright.core.params import Params

__all__ = ["Check"]


class Check(Params):
    """Base of checks; one of your own goes into ``audit(..., checks=[..., MyCheck()])``.

    A subclass sets ``name`` and ``needs``, states its parameters as every part does, and writes
    :meth:`find`. It raises ``CapabilityError`` where the data turn out not to allow the check: the
    summary then says so, and the audit goes on.

    Attributes
    ----------
    name : str
        As it stands in the summary and in the names of files.
    needs : tuple of str
        Attributes of :class:`AuditData` that must be there; of several joined by "or" one is
        enough. ``graph`` is there where features or neighbours were given.
    uses_graph : bool
        Whether neighbours are used where there are some, though they are not needed.

    Examples
    --------
    >>> import numpy as np
    >>> from labelwright.audit import Findings, audit
    >>> class ShortTexts(Check):
    ...     name, needs = "short_texts", ("texts",)
    ...     def find(self, data):
    ...         short = np.array([len(text or "") < 3 for text in data.texts])
    ...         return Findings.worst_first(
    ...             check=self.name, of="item", subject=np.flatnonzero(short),
    ...             scores=np.zeros(short.sum()), kinds="short", score=1 - short.mean(),
    ...             reason=lambda facts: "it has fewer than three characters",
    ...         )
    >>> audit(texts=["fine", "ok"], checks=[ShortTexts()])["short_texts"].subject
    array([1])
    """

    name: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()
    uses_graph: ClassVar[bool] = False

    @abstractmethod
    def find(self, data: AuditData) -> Findings:
        """Look at the data, all that is needed being there."""
