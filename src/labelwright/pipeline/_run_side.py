"""One side of a comparison of runs: what the folder of a question holds."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from labelwright.core.errors import DataError, DataWarning, LabelwrightError
from labelwright.core.votes import Votes
from labelwright.pipeline._folder import fingerprint
from labelwright.pipeline._gather import gather
from labelwright.pipeline._labelled import Labelled, read_labelled
from labelwright.pipeline._methods import choose
from labelwright.pipeline._stages import VERSIONS, votes_hash
from labelwright.pipeline.settings import Settings

__all__ = ["Side", "read_side"]


@dataclass(frozen=True)
class Side:
    """One question of one run.

    Attributes
    ----------
    figures : dict
        Its part of ``report.json``.
    settings : Settings
    ids : polars series of str
        Of the items, in the order of ``labels``.
    by_row : bool
        Whether items have no ids and go by their row.
    labels, annotators, estimates : polars frames
        The tables of the run.
    votes : Votes or None
        Read once more from the file, if it still holds what the run saw; their items stand in the
        order of ``labels``.
    """

    figures: dict[str, Any]
    settings: Settings
    ids: pl.Series
    by_row: bool
    labels: pl.DataFrame
    annotators: pl.DataFrame
    estimates: pl.DataFrame
    votes: Votes | None

    @property
    def classes(self) -> list[str]:
        """Names of the classes, as text."""
        return [str(one["name"]) for one in self.figures["labels"]["classes"]]

    @property
    def method(self) -> str:
        """The aggregator, by its name."""
        return str(self.figures["labels"]["method"]).partition(":")[0]


def read_side(folder: Path, figures: dict[str, Any]) -> Side:
    """Read the folder of one question."""
    labelled = read_labelled(folder)
    labels, annotators, estimates = (
        pl.read_parquet(folder / f"{name}.parquet")
        for name in ("labels", "annotators", "estimates")
    )
    ids = labelled.ids
    if ids.is_duplicated().any():
        raise DataError(
            f"Id {ids.filter(ids.is_duplicated())[0]!r} stands in {folder} more than once.",
            where={"folder": str(folder)},
            hint="Name a column whose ids differ: --id.",
        )
    return Side(
        figures=figures,
        settings=labelled.settings,
        ids=ids,
        by_row=labelled.id_column is None,
        labels=labels,
        annotators=annotators,
        estimates=estimates,
        votes=_votes(folder, labelled),
    )


def _votes(folder: Path, labelled: Labelled) -> Votes | None:
    """The votes of the run, or None where its file is gone or has other votes by now."""
    settings = labelled.settings
    if not settings.file:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataWarning)
            inputs = gather(settings)
        aggregator, _ = choose(inputs.votes, settings.method, doubtful=inputs.doubtful)
    except (LabelwrightError, OSError):
        return None
    key = fingerprint(votes_hash(inputs.votes), repr(aggregator), VERSIONS["aggregate"])
    same = (folder / ".labelwright" / "aggregate" / key).exists()
    return inputs.votes if same and not inputs.doubtful else None
