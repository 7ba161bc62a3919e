"""An audit of a file: its labels, out-of-sample probabilities, and every check that applies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from labelwright.aggregation import MajorityVote
from labelwright.audit import Audit, NoiseEstimate, audit, estimate_noise
from labelwright.core.spaces import Classes
from labelwright.core.tables import column
from labelwright.features import read_embedding
from labelwright.io import match_columns
from labelwright.pipeline._gather import Gathered, gather
from labelwright.pipeline._learn import Learner
from labelwright.pipeline._methods import choose
from labelwright.pipeline.settings import Settings

__all__ = ["FileAudit", "audit_file"]

NO_LABEL: dict[str, Any] = {"label": None}
NO_VOTES: dict[str, Any] = {"votes": (), "annotators": (), "slots": False}


@dataclass(frozen=True)
class FileAudit:
    """What was found in a file.

    Attributes
    ----------
    audit : Audit
    noise : NoiseEstimate or None
        The estimated share of wrong labels, where there are probabilities.
    why_no_noise : str
        Why there is none.
    notes : list of str
        How labels and probabilities came about.
    """

    audit: Audit
    noise: NoiseEstimate | None
    why_no_noise: str
    notes: list[str]


def audit_file(
    settings: Settings, *, split: str | None = None, probabilities: str | None = None
) -> FileAudit:
    """Read the file, predict each label from records that the model has not seen, and audit.

    Parameters
    ----------
    settings : Settings
        As for a run. Where it names a label and votes, the label is audited, and the annotators by
        their votes; votes alone are aggregated first.
    split : str, optional
        Column of the part that a record is in.
    probabilities : str, optional
        A ``.npy`` file of out-of-sample probabilities, in the order of the classes, in place of
        those of our own model.
    """
    both = bool(settings.label and settings.votes)
    inputs = gather(settings.model_copy(update=NO_VOTES) if both else settings)
    votes = gather(settings.model_copy(update=NO_LABEL)).votes if both else inputs.votes
    codes, targets, how = _labels(inputs, settings)
    learner = Learner(inputs, settings, targets)
    matrix = None if probabilities is None else read_embedding(probabilities)
    if matrix is None and not learner.why_none:
        matrix = learner.probabilities()
    learnt_from = settings.text or settings.features or settings.embedding
    records, classes = inputs.records, inputs.votes.classes
    found = audit(
        classes.decode(codes),
        probabilities=matrix,
        features=learner.matrix if learnt_from else None,
        table=_descriptive(inputs, settings, split),
        texts=_texts(records, settings.text),
        groups=inputs.group,
        split=None if split is None else column(records, split),
        votes=votes if both or not inputs.doubtful else None,
        classes=classes,
        ids=inputs.ids if inputs.id_column else None,
        random_state=settings.seed,
    )
    why_none = "" if matrix is not None else learner.why_none or ""
    return FileAudit(
        found,
        None if matrix is None else _noise(codes, matrix, classes, settings.seed),
        why_none,
        [*inputs.notes, *how, *([why_none] if why_none else [])],
    )


def _labels(
    inputs: Gathered, settings: Settings
) -> tuple[NDArray[np.int64], NDArray[np.float64], list[str]]:
    """Codes (n,), what a model is to learn (n, K), and how the labels came about."""
    votes = inputs.votes
    if inputs.doubtful:
        fitted: Any = MajorityVote().fit(votes)
        how = []
    else:
        aggregator, why = choose(votes, settings.method, doubtful=False)
        fitted = aggregator.fit(votes)
        how = [f"The labels are those of {type(fitted).__name__}: {why}."]
    voted = np.diff(votes.indptr) > 0
    targets = np.where(voted[:, None], fitted.posterior_, np.nan)
    return np.where(voted, fitted.codes_, -1).astype(np.int64), targets, how


def _descriptive(inputs: Gathered, settings: Settings, split: str | None) -> pl.DataFrame | None:
    """The columns that describe the records: neither label, vote, text, id nor part."""
    records = inputs.records
    used = {
        inputs.id_column,
        settings.label,
        settings.text,
        settings.annotator,
        settings.group,
        split,
    }
    for pattern in (settings.votes, settings.annotators, settings.counts):
        used |= set(match_columns(records.columns, pattern)) if pattern else set()
    left = records.drop([name for name in records.columns if name in used])
    return left if left.width else None


def _texts(records: pl.DataFrame, text: str | None) -> list[str | None] | None:
    return None if text is None else records[text].cast(pl.String).to_list()


def _noise(
    codes: NDArray[np.int64], probabilities: NDArray[Any], classes: Classes, seed: int
) -> NoiseEstimate:
    rows = np.flatnonzero(codes >= 0)
    labels = classes.decode(codes[rows])
    return estimate_noise(labels, probabilities[rows], classes=classes, random_state=seed)
