"""What was given out for a review: kept in the run folder, so that decisions find their records."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from labelwright.core.files import check_format, read_json, write_json

__all__ = ["ReviewPlan", "known_reviews", "read_tag"]

FORMAT = 1
TAG = re.compile(r"lw-([0-9a-f]{16})-([0-9]+)")


@dataclass(frozen=True)
class ReviewPlan:
    """One review of a run: its records, in order.

    Attributes
    ----------
    id : str
        A hash of all that reviewers are shown.
    number : int
        1 for the first review of a run.
    items : tuple of str
        The records.
    records : tuple of str or None
        Hashes of records without ids.
    given : tuple of str or None
        The label in question of each.
    """

    id: str
    number: int
    items: tuple[str, ...]
    records: tuple[str | None, ...]
    given: tuple[str | None, ...]

    def tag(self, place: int) -> str:
        """What a row of a sheet is known by: no spreadsheet takes it for a number or a date.

        Examples
        --------
        >>> ReviewPlan("3b" * 8, 1, ("007",), (None,), ("ham",)).tag(0)
        'lw-3b3b3b3b3b3b3b3b-1'
        """
        return f"lw-{self.id}-{place + 1}"

    def write(self, folder: Path) -> None:
        """Keep it in the folder of its question."""
        write_json(_reviews(folder) / f"{self.id}.json", {"format": FORMAT, **asdict(self)})

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a plan."""
        content = read_json(path)
        check_format(content.pop("format", None), FORMAT, path)
        lists = {name: tuple(content[name]) for name in ("items", "records", "given")}
        return cls(**content | lists)


def known_reviews(folder: Path) -> dict[str, ReviewPlan]:
    """All reviews of a question by their ids."""
    plans = [ReviewPlan.read(path) for path in sorted(_reviews(folder).glob("[!.]*.json"))]
    return {plan.id: plan for plan in plans}


def read_tag(text: str) -> tuple[str, int] | None:
    """The review and the place in it that a tag names; None where it is none.

    Examples
    --------
    >>> read_tag("lw-3b3b3b3b3b3b3b3b-1"), read_tag("3b")
    (('3b3b3b3b3b3b3b3b', 0), None)
    """
    found = TAG.fullmatch(text.strip())
    return (found[1], int(found[2]) - 1) if found else None


def _reviews(folder: Path) -> Path:
    return folder / ".labelwright" / "reviews"
