"""What rules said about a table, and what failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from labelwright.core.results import Result

if TYPE_CHECKING:
    from labelwright.core.votes import Votes

__all__ = ["RuleError", "RuleVotes"]


@dataclass(frozen=True)
class RuleError:
    """A record that a rule failed on: it has no vote there.

    Attributes
    ----------
    rule : str
    row : int
        Number of the record in the table, from 0.
    item : str or int
        Its id; the row, if no column of ids was named.
    error : str
        What was raised, or that the rule took too long.
    place : str
        File and line of the rule where it happened; empty if that is not known.
    """

    rule: str
    row: int
    item: Any
    error: str
    place: str = ""

    def __str__(self) -> str:
        item = f" (item {self.item!r})" if self.item != self.row else ""
        place = f" ({self.place})" if self.place else ""
        return f"Rule {self.rule!r}, record {self.row}{item}: {self.error}{place}"


@dataclass(frozen=True, eq=False)
class RuleVotes(Result):
    """What rules said about the records of a table.

    Attributes
    ----------
    votes : Votes
        The rules are the annotators, in their order; every record is an item, also without votes.
    errors : tuple of RuleError
        By record, then by rule.
    seconds : mapping of rule to float
        How long each took, over all processes.
    """

    kind: ClassVar[str] = "rule_votes"

    votes: Votes
    errors: tuple[RuleError, ...]
    seconds: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Sizes of the votes, the errors and the seconds, as plain values."""
        errors = [vars(error) for error in self.errors]
        return {
            "kind": self.kind,
            "votes": self.votes.describe(),
            "errors": errors,
            "seconds": dict(self.seconds),
        }

    def to_table(self) -> Any:
        """One row a rule: rule, votes, errors, seconds and the first error."""
        import polars as pl

        from labelwright.core.tables import as_kind

        names = self.votes.annotators.tolist()
        own = {name: [error for error in self.errors if error.rule == name] for name in names}
        table = pl.DataFrame(
            {
                "rule": names,
                "votes": np.bincount(self.votes.annotator, minlength=len(names)),
                "errors": [len(own[name]) for name in names],
                "seconds": [self.seconds[name] for name in names],
                "first_error": [str(own[name][0]) if own[name] else None for name in names],
            },
            schema_overrides={"first_error": pl.String},
        )
        return as_kind(table, self.votes.frame)
