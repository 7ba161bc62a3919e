"""What a bench of detectors has measured, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.core.errors import DataError
from labelwright.core.results import Result
from labelwright.core.stats import bootstrap_interval

if TYPE_CHECKING:
    import polars as pl

Cell = Mapping[str, Any]
Setting = tuple[str, str, float]


@dataclass(frozen=True)
class Ranks:
    """Mean ranks of detectors over settings (1 is best).

    Attributes
    ----------
    mean : dict of str to float
        By detector, the best first.
    n_settings : int
        Settings in which every detector has a figure.
    p : float
        Friedman's test that all are equally good; NaN below three detectors or two settings.
    critical_difference : float
        Nemenyi: mean ranks that differ by less are not told apart (NaN likewise).
    """

    mean: Mapping[str, float]
    n_settings: int
    p: float
    critical_difference: float


@dataclass(frozen=True, eq=False)
class BenchResult(Result):
    """Every cell of a bench.

    Attributes
    ----------
    cells : tuple of dict
        ``set``, ``noise``, ``rate``, ``detector``, ``seed``; ``error`` (None, or why the cell has
        failed); ``error_rate`` (share of wrong labels as it turned out), ``ap``, ``precision``,
        ``recall``, ``f1`` of the detection (None where nothing is wrong; precision is 0 where
        nothing is marked), ``marked`` (share), ``test_f1`` (weighted F1 on the test items of a
        model trained without what was marked) and ``seconds`` (of the detector).
    level : float
        Confidence of intervals and tests.
    """

    kind: ClassVar[str] = "detector_bench"

    cells: tuple[Cell, ...]
    level: float = 0.95

    @property
    def failed(self) -> tuple[Cell, ...]:
        """The cells that have failed."""
        return tuple(cell for cell in self.cells if cell["error"] is not None)

    @property
    def detectors(self) -> tuple[str, ...]:
        """Names of the detectors, in their order."""
        return tuple(dict.fromkeys(cell["detector"] for cell in self.cells))

    def to_table(self) -> pl.DataFrame:
        """One row a cell."""
        import polars as pl

        return pl.DataFrame(list(self.cells), infer_schema_length=None)

    def by_setting(self, figure: str) -> dict[Setting, dict[str, float]]:
        """Mean over the seeds by (set, noise, rate) and detector; failed cells count as missing."""
        found: dict[Setting, dict[str, list[float]]] = {}
        for cell in self.cells:
            setting = found.setdefault((cell["set"], cell["noise"], cell["rate"]), {})
            if cell["error"] is None and cell[figure] is not None:
                setting.setdefault(cell["detector"], []).append(cell[figure])
        return {
            setting: {name: float(np.mean(values)) for name, values in row.items()}
            for setting, row in found.items()
        }

    def ranks(self, figure: str = "ap", *, leave_out: tuple[str, ...] = ()) -> Ranks:
        """Mean ranks by a figure of which more is better, with Friedman's and Nemenyi's tests.

        Settings in which some detector has no figure are left out. Settings of one set are not
        independent, so the tests are too sure of themselves where there are few sets.

        References
        ----------
        Demsar (2006), Statistical comparisons of classifiers over multiple data sets.
        """
        from scipy.stats import rankdata

        names = [name for name in self.detectors if name not in leave_out]
        rows = [
            [row[name] for name in names]
            for row in self.by_setting(figure).values()
            if all(name in row for name in names)
        ]
        if not rows or not names:
            raise DataError(
                f"No setting has the figure {figure!r} of every detector.",
                hint="Look at failed, or leave out a detector.",
            )
        table = np.array(rows)
        mean = rankdata(-table, axis=1).mean(axis=0)
        p, difference = _tests(table, self.level)
        order = np.argsort(mean, kind="stable")
        return Ranks({names[i]: float(mean[i]) for i in order}, len(rows), p, difference)

    def summary(self) -> list[dict[str, Any]]:
        """Sum up what each detector finds over all settings with wrong labels, and whether it pays.

        Returns
        -------
        list of dict
            ``detector``, ``failed`` (cells), ``ap``, ``lift`` (ap over the share of wrong labels),
            ``f1``, ``gain`` (test F1 over the detector ``none``, setting by setting), ``low`` and
            ``high`` (bootstrap over settings), ``pays`` (low above 0), ``harm_at_zero`` (largest
            loss where nothing is wrong) and ``seconds``. None where there is no figure.
        """
        return [self._summary_of(name) for name in self.detectors]

    def _summary_of(self, name: str) -> dict[str, Any]:
        ap, rate = self._paired(name, "ap"), self._paired(name, "error_rate")
        gains = self._gains(name)
        noisy = np.array([gain for setting, gain in gains.items() if setting[2] > 0])
        silent = [-gain for setting, gain in gains.items() if setting[2] == 0]
        low = high = None
        if len(noisy) > 1:
            low, high = bootstrap_interval(np.mean, noisy, level=self.level, method="percentile")
        return {
            "detector": name,
            "failed": sum(cell["detector"] == name for cell in self.failed),
            "ap": _mean(list(ap.values())),
            "lift": _mean([ap[setting] / rate[setting] for setting in ap if rate[setting] > 0]),
            "f1": _mean(list(self._paired(name, "f1").values())),
            "gain": _mean(noisy.tolist()),
            "low": low,
            "high": high,
            "pays": None if low is None else low > 0,
            "harm_at_zero": max(silent) if silent else None,
            "seconds": _mean(list(self._paired(name, "seconds").values())),
        }

    def _paired(self, name: str, figure: str) -> dict[Setting, float]:
        rows = self.by_setting(figure).items()
        return {setting: row[name] for setting, row in rows if name in row}

    def _gains(self, name: str) -> dict[Setting, float]:
        """Test F1 over doing nothing, from the seeds that both have."""
        keys = ("set", "noise", "rate", "seed")
        nothing = {
            tuple(cell[key] for key in keys): cell["test_f1"]
            for cell in self.cells
            if cell["detector"] == "none" and cell["error"] is None
        }
        found: dict[Setting, list[float]] = {}
        for cell in self.cells:
            place = tuple(cell[key] for key in keys)
            if cell["detector"] == name and cell["error"] is None and place in nothing:
                setting = (cell["set"], cell["noise"], cell["rate"])
                found.setdefault(setting, []).append(cell["test_f1"] - nothing[place])
        return {setting: float(np.mean(values)) for setting, values in found.items()}


def _mean(values: list[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _tests(table: NDArray[np.float64], level: float) -> tuple[float, float]:
    """Friedman's p-value and Nemenyi's critical difference of a table (settings, detectors)."""
    from scipy.stats import friedmanchisquare, studentized_range

    n, k = table.shape
    if k < 3 or n < 2:
        return float("nan"), float("nan")
    quantile = studentized_range.ppf(level, k, np.inf) / np.sqrt(2)
    difference = float(quantile * np.sqrt(k * (k + 1) / (6 * n)))
    # Where all are tied in every setting the statistic is 0 / 0.
    if (table == table[:, :1]).all():
        return 1.0, difference
    return float(friedmanchisquare(*table.T).pvalue), difference
