"""What an estimate says: a value, its interval, what it rests on, and a sentence to quote."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from labelwright.core.errors import unknown_name
from labelwright.core.results import Result

__all__ = ["Estimate", "Estimates"]

# Below this many gold labels a share is given in counts, since a percentage would look exact.
FEW_GOLD = 20


@dataclass(frozen=True)
class Estimate(Result):
    """An estimate with its interval, beside what one would have said without it.

    Attributes
    ----------
    value, low, high : float
        The estimate and its confidence interval.
    level : float
        Confidence of the interval.
    n_gold : int
        Records with a gold label (or human verdict) that were used.
    n : int
        Records in all that were used.
    effective_n : float
        How many gold labels alone would have given an interval of this width.
    method : str
        How the interval was made.
    naive : float
        What the judge (or the labels) says on its own; NaN if that is on another scale.
    gold_only : Estimate or None
        What the gold labels say on their own.
    what : str
        What is estimated, as it stands at the beginning of a sentence.
    unit : "share" or "number"
        Shares are shown as percentages, or as counts where there is little gold.
    notes : tuple of str
        What else should be known: records left out, and the like.

    Examples
    --------
    >>> est = Estimate(0.8, 0.74, 0.85, 0.95, 150, 20_000, 210.0, "prediction-powered", naive=0.9)
    >>> print(est.sentence())
    Rate: 80.0 % (95 % interval 74.0 % to 85.0 %; prediction-powered, 150 gold labels,
    20,000 records; the labels alone would say 90.0 %).
    >>> est.gold_for(0.03)
    505
    """

    kind: ClassVar[str] = "estimate"

    value: float
    low: float
    high: float
    level: float
    n_gold: int
    n: int
    effective_n: float
    method: str
    naive: float = math.nan
    gold_only: Estimate | None = None
    what: str = "Rate"
    unit: str = "share"
    notes: tuple[str, ...] = ()

    def sentence(self) -> str:
        """The estimate in words that may be quoted."""
        if self.unit == "share" and self.n_gold < FEW_GOLD:
            share = self.value if self.gold_only is None else self.gold_only.value
            return (
                f"{self.what}: {round(share * self.n_gold)} of the {self.n_gold} records with a "
                f"gold label, too few for a percentage."
            )
        beside = [self.method, f"{self.n_gold:,} gold labels"]
        if self.n > self.n_gold:
            beside.append(f"{self.n:,} records")
        words = f"{self.what}: {self._shown(self.value)} ({100 * self.level:g} % interval "
        words += f"{self._shown(self.low)} to {self._shown(self.high)}; {', '.join(beside)}"
        if not math.isnan(self.naive):
            words += f"; the labels alone would say {self._shown(self.naive)}"
        return words + ")."

    def gold_for(self, half_width: float) -> int:
        """About how many gold labels would give an interval of plus or minus ``half_width``.

        It takes the judge as it is and the records to be many; the first ``n_gold`` count.
        """
        return math.ceil(round(self.n_gold * ((self.high - self.low) / 2 / half_width) ** 2, 6))

    def to_table(self) -> Any:
        """Three rows: the labels alone, the gold alone, and the estimate."""
        import polars as pl

        rows: list[dict[str, Any]] = []
        if not math.isnan(self.naive):
            rows.append({"estimate": "labels alone", "value": self.naive, "n": self.n})
        if self.gold_only is not None:
            rows.append(self.gold_only._row("gold alone"))
        rows.append(self._row("corrected" if self.gold_only is not None else "estimate"))
        schema = {"estimate": pl.String, "value": pl.Float64, "low": pl.Float64, "high": pl.Float64}
        return pl.DataFrame(rows, schema=schema | {"n_gold": pl.Int64, "n": pl.Int64})

    def _row(self, name: str) -> dict[str, Any]:
        fields = ("value", "low", "high", "n_gold", "n")
        return {"estimate": name} | {field: getattr(self, field) for field in fields}

    def _shown(self, value: float) -> str:
        return f"{100 * value:.1f} %" if self.unit == "share" else f"{value:.4g}"


@dataclass(frozen=True)
class Estimates(Result):
    """Estimates by name, such as the share of each class.

    Examples
    --------
    >>> spam = Estimate(0.4, 0.3, 0.5, 0.95, 100, 100, 100.0, "Wilson")
    >>> Estimates(("spam",), (spam,))["spam"].value
    0.4
    """

    kind: ClassVar[str] = "estimates"

    names: tuple[Any, ...]
    estimates: tuple[Estimate, ...]

    def __getitem__(self, name: Any) -> Estimate:
        if name not in self.names:
            raise unknown_name("estimate", name, self.names)
        return self.estimates[self.names.index(name)]

    def __iter__(self) -> Iterator[Estimate]:
        return iter(self.estimates)

    def __len__(self) -> int:
        return len(self.names)

    def to_table(self) -> Any:
        """A row a name, with the labels alone and the gold alone beside the estimate."""
        import polars as pl

        rows = [
            one._row(str(name))
            | {
                "effective_n": one.effective_n,
                "labels_alone": None if math.isnan(one.naive) else one.naive,
                "gold_alone": None if one.gold_only is None else one.gold_only.value,
                "method": one.method,
            }
            for name, one in zip(self.names, self.estimates, strict=True)
        ]
        return pl.DataFrame(rows, infer_schema_length=None).rename({"estimate": "name"})
