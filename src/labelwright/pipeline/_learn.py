"""What a run learns from the records: features, out-of-sample probabilities, a model."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from labelwright.core.errors import DataError
from labelwright.features import (
    ColumnFeatures,
    EmbeddingFeatures,
    Features,
    TextFeatures,
    attach_embedding,
)
from labelwright.io import match_columns
from labelwright.learning import LabelClassifier, save_model
from labelwright.pipeline._gather import Gathered
from labelwright.pipeline.settings import Settings
from labelwright.retrieval import NeighbourGraph, duplicate_groups

__all__ = ["Learner"]

# Comparing all pairs of records takes a quarter of a minute here, and grows with the square.
MOST_FOR_NEIGHBOURS = 20_000
EMBEDDING = "lw_embedding"


class Learner:
    """Learns from records; everything heavy is done when it is first asked for.

    Parameters
    ----------
    inputs : Gathered
    settings : Settings
    targets : (n, K) float64
        What each item is believed to be; NaN rows for items that nobody labelled.
    """

    def __init__(self, inputs: Gathered, settings: Settings, targets: NDArray[np.float64]) -> None:
        self.inputs, self.settings, self.targets = inputs, settings, targets
        self.space = inputs.votes.classes

    @cached_property
    def why_none(self) -> str | None:
        """Why there is no model, or None."""
        if not (self.settings.text or self.settings.features or self.settings.embedding):
            return "No model: it was not said what to learn from (--text, --features, --embedding)."
        believed = self.targets[~np.isnan(self.targets[:, 0])]
        if len(set(believed.argmax(axis=1).tolist())) < 2:
            return "No model: all items have the same label."
        return None

    @cached_property
    def features(self) -> Features:
        """Features by what the settings name, not fitted."""
        if self.settings.text:
            return TextFeatures(self.settings.text)
        if self.settings.embedding:
            return EmbeddingFeatures(EMBEDDING)
        return ColumnFeatures(list(match_columns(self.records.columns, self.settings.features)))

    @cached_property
    def records(self) -> pl.DataFrame:
        """The records, with the embedding beside them if there is one."""
        if self.settings.embedding:
            return attach_embedding(self.inputs.records, self.settings.embedding, column=EMBEDDING)
        return self.inputs.records

    @cached_property
    def matrix(self) -> Any:
        """Features of all records; what is learnt for them (words, scales) needs no labels."""
        return self.features.fit_transform(self.records)

    @cached_property
    def duplicates(self) -> NDArray[np.int64] | None:
        """Codes of records with the same text, up to case and white space."""
        if not self.settings.text:
            return None
        texts = self.inputs.records[self.settings.text].cast(pl.String).fill_null("")
        return duplicate_groups(texts.to_list())

    @cached_property
    def graph(self) -> NeighbourGraph | None:
        """Nearest records, where they are few enough to compare all pairs."""
        if self.why_none or self.inputs.records.height > MOST_FOR_NEIGHBOURS:
            return None
        return NeighbourGraph.build(self.matrix)

    def classifier(self, classes: Sequence[Any] | None = None) -> LabelClassifier:
        """A fresh classifier."""
        return LabelClassifier(classes=classes, random_state=self.settings.seed)

    def probabilities(self) -> NDArray[np.float64]:
        """Probabilities (n, K) for each record, from models that have not seen it."""
        from labelwright.estimation import cross_val_probabilities

        return cross_val_probabilities(
            self.classifier(),
            self.matrix,
            self.targets,
            groups=self.inputs.group,
            duplicates=self.duplicates,
            classes=self.space,
            random_state=self.settings.seed,
        )

    def save_model(self, folder: Path) -> None:
        """Train on all records that have a label and write a model folder."""
        known = ~np.isnan(self.targets[:, 0])
        if not known.any():
            raise DataError("No item has a label to learn from.")
        rows = np.flatnonzero(known)
        groups = None if self.inputs.group is None else self.inputs.group[rows]
        model = self.classifier(list(self.space.names))
        model.fit(self.matrix[rows], self.targets[rows], groups=groups)
        save_model(folder, self.features, model, self.space)
