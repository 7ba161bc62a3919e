"""The report on the annotators of a file."""

from __future__ import annotations

import warnings

import polars as pl

from labelwright.aggregation.people import AnnotatorReport, annotator_report
from labelwright.core.errors import DataWarning, ParameterError
from labelwright.core.tables import column
from labelwright.core.votes import Votes
from labelwright.io import read_votes
from labelwright.pipeline._gather import Gathered, gather, read_frame
from labelwright.pipeline._methods import choose
from labelwright.pipeline.settings import Settings

__all__ = ["annotators_of_file"]


def annotators_of_file(
    settings: Settings, *, prelabels: str | None = None, level: float = 0.95
) -> AnnotatorReport:
    """Read votes with all that came along, and report on who gave them.

    Parameters
    ----------
    settings : Settings
        As for a run.
    prelabels : str, optional
        Column of what annotators saw before they chose.
    level : float
        As in :func:`annotator_report`.
    """
    inputs = gather(settings)
    if inputs.doubtful:
        raise ParameterError(
            "One column of labels has no annotators.",
            hint="Say where the votes are: --votes 'worker_*', or --id, --annotator and --label.",
        )
    votes = _with_columns(settings, inputs)
    model, _ = choose(votes, settings.method, doubtful=False)
    gold = None
    if inputs.gold is not None:
        gold = votes.classes.decode(inputs.gold.judging)
    shown = None if prelabels is None else column(inputs.records, prelabels).to_list()
    return annotator_report(
        votes, model=model.fit(votes, gold), gold=gold, prelabels=shown, level=level
    )


def _with_columns(settings: Settings, inputs: Gathered) -> Votes:
    """Of a table with a row a vote, all columns: a run needs fewer of them."""
    is_long = settings.annotator and not settings.votes_file
    if not is_long or settings.limit is not None:
        return inputs.votes
    with warnings.catch_warnings():
        # Whatever there is to say was said when the votes were read the first time.
        warnings.simplefilter("ignore", DataWarning)
        votes = read_votes(
            read_frame(settings).filter(pl.col(settings.id or "").is_not_null()),
            item=settings.id,
            annotator=settings.annotator,
            label=settings.label,
            space=inputs.votes.space,
            repeats=settings.repeats,
        )
    return votes.select(items=inputs.votes.items)
