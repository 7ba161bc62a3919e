"""The ledger of gold: which true labels were used for what.

Gold that wording, thresholds or models were tuned on makes their errors look small. The ledger
remembers every use, so that an estimate can keep to gold that is still clean.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from labelwright.core.errors import DataError, ParameterError, unknown_name
from labelwright.core.files import read_table_with_head, write_table_with_head

__all__ = ["TUNING", "USES", "GoldLedger"]

FORMAT = 1
TUNING = ("prompt", "demonstration", "threshold", "calibration", "training")
USES = (*TUNING, "review", "estimate")


@dataclass(frozen=True)
class _Event:
    use: str
    detail: str
    items: frozenset[str]


@dataclass
class GoldLedger:
    """What gold was used for, one event after another.

    Items are told apart by the text of their ids, so that ``7`` and ``"7"`` are the same item in a
    spreadsheet and in a database.

    Examples
    --------
    >>> ledger = GoldLedger()
    >>> ledger.record([1, 2], "prompt", "second wording").record([1], "demonstration")
    GoldLedger(prompt: 1, demonstration: 1)
    >>> ledger.usable_for_estimate([1, 2, 3]).tolist()
    [False, False, True]
    """

    _events: list[_Event] = field(default_factory=list)

    def record(self, items: Iterable[Any], use: str, detail: str = "") -> Self:
        """Add one event; without items there is none.

        Parameters
        ----------
        items : iterable of ids
            The gold that was used.
        use : str
            One of ``prompt`` (its wording was chosen by looking at them), ``demonstration``,
            ``threshold``, ``calibration``, ``training``, ``review`` (a person looked because the
            label seemed wrong) and ``estimate``.
        detail : str
            Which prompt, model or run.

        Raises
        ------
        ParameterError
            If there is no such use.
        """
        if use not in USES:
            raise unknown_name("use of gold", use, USES, error=ParameterError)
        used = frozenset(map(str, items))
        if used:
            self._events.append(_Event(use, detail, used))
        return self

    def items(self, use: str) -> frozenset[str]:
        """The items, as text, that stand in any event of this use."""
        return frozenset().union(*(event.items for event in self._events if event.use == use))

    def knows(self, items: Iterable[Any], use: str, detail: str = "") -> bool:
        """Whether this very use stands here, so that a repeated run does not count it again."""
        return _Event(use, detail, frozenset(map(str, items))) in self._events

    def times_used(self, items: Iterable[Any]) -> dict[str, int]:
        """How many events of each use touched any of the items."""
        asked = set(map(str, items))
        counts = Counter(event.use for event in self._events if event.items & asked)
        return {use: counts[use] for use in USES if counts[use]}

    def usable_for_estimate(self, items: Iterable[Any]) -> NDArray[np.bool_]:
        """Which of the items were never tuned on, in their order; at least one.

        Earlier estimates do not spoil gold, and neither does it that somebody reviewed the item:
        without the items that seemed wrong, a random sample would be none. Everything else does.

        Raises
        ------
        DataError
            If all of them were tuned on.
        """
        listed = [str(item) for item in items]
        tuned = [event for event in self._events if event.use in TUNING]
        spoiled = frozenset().union(*(event.items for event in tuned))
        clean = np.array([item not in spoiled for item in listed], dtype=bool)
        if listed and not clean.any():
            looks = self.times_used(listed)
            said = ", ".join(f"{use} {n} times" for use, n in looks.items() if use in TUNING)
            raise DataError(
                f"All {len(listed)} gold labels were already used for tuning ({said}), so an "
                "interval from them would be too narrow.",
                hint="Draw 100 more at random, and keep them for the estimate.",
            )
        return clean

    def to_table(self) -> Any:
        """A row an item of an event: ``event``, ``use``, ``detail``, ``item``."""
        import polars as pl

        rows = [
            (number, event.use, event.detail, item)
            for number, event in enumerate(self._events)
            for item in sorted(event.items)
        ]
        schema = {"event": pl.Int64, "use": pl.String, "detail": pl.String, "item": pl.String}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def save(self, path: str | Path) -> Path:
        """Write one parquet file that :meth:`load` reads back."""
        return write_table_with_head(path, self.to_table(), {"format": FORMAT})

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what :meth:`save` wrote."""
        frame, _ = read_table_with_head(path, FORMAT, "a ledger of gold")
        ledger = cls()
        for (_, use, detail), rows in frame.group_by(
            ["event", "use", "detail"], maintain_order=True
        ):
            ledger.record(rows["item"], str(use), str(detail))
        return ledger

    def __len__(self) -> int:
        return len(self._events)

    def __repr__(self) -> str:
        counts = Counter(event.use for event in self._events)
        shown = ", ".join(f"{use}: {counts[use]}" for use in USES if counts[use])
        return f"GoldLedger({shown})"
