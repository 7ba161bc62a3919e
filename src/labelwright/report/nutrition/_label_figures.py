"""The figures of the labels of a table, each as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelwright.core.errors import CapabilityError, LabelwrightError
from labelwright.core.results import plain
from labelwright.core.seeds import generator
from labelwright.core.spaces import Classes
from labelwright.report.nutrition._kinds import COUNTED, MEASURED
from labelwright.report.nutrition.nutrition_data import NutritionData

if TYPE_CHECKING:
    import polars as pl

    from labelwright.core.votes import Votes
    from labelwright.features import Features

__all__ = ["Labelled", "annotators", "balance", "find_leaks", "noise", "read_labels"]

MOST_CLASSES = 1000
FEW_VOTES = 20
# A class with fewer rows is in too few folds to be learnt.
FEWEST_ROWS = 10
# Models that save a smaller share of the errors of the most frequent label cannot judge labels.
LEAST_SAVED = 1 / 3
WEAK = (
    "the other columns hardly tell the label: models that learnt from them are right on "
    "{right:.1%}, the most frequent label on {frequent:.1%}"
)


@dataclass(frozen=True, eq=False)
class Labelled:
    """The labels as codes (n,), -1 where there is none, and where they come from."""

    codes: NDArray[np.int64]
    space: Classes
    source: str


def read_labels(data: NutritionData) -> Labelled:
    """The label column, or what the votes come to."""
    from labelwright.aggregation import aggregate

    if data.label is None:
        votes: Any = data.votes
        found = aggregate(votes)
        voted = np.diff(votes.indptr) > 0
        codes = np.where(voted, found.model.codes_, -1).astype(np.int64)
        return Labelled(codes, votes.classes, f"votes, by {type(found.model).__name__}")
    series = _whole(data.table[data.label])
    distinct = series.drop_nulls().n_unique()
    if not 1 < distinct <= min(MOST_CLASSES, max(len(series) // 2, 2)):
        raise CapabilityError(f"the label column has {distinct:,} different values")
    space = Classes.from_values(series.drop_nulls().unique().to_list())
    return Labelled(np.asarray(space.encode(series), np.int64), space, f"column {data.label}")


def _whole(series: pl.Series) -> pl.Series:
    """Whole numbers that a table with gaps holds as fractions."""
    import polars as pl

    if series.dtype.is_float():
        if not bool((series.drop_nulls() % 1 == 0).all()):
            raise CapabilityError("the label column holds fractions, not classes")
        return series.cast(pl.Int64)
    if series.dtype.is_nested() or series.dtype.is_temporal():
        raise CapabilityError(f"the label column holds {series.dtype}, not classes")
    return series


def balance(labelled: Labelled, smallest: int) -> dict[str, Any]:
    """How often each class occurs; those that fewer rows have are not named."""
    known = labelled.codes[labelled.codes >= 0]
    counts = np.bincount(known, minlength=labelled.space.n_classes)
    rare = (counts > 0) & (counts < smallest)
    classes = zip(labelled.space.names, counts.tolist(), rare, strict=True)
    return {
        "labelled": len(known),
        "not_labelled": len(labelled.codes) - len(known),
        "classes": [
            {"name": str(name), "rows": rows, "share": rows / max(len(known), 1)}
            for name, rows, hidden in classes
            if not hidden
        ],
        "rare_classes": int(rare.sum()),
        "rare_rows": int(counts[rare].sum()),
    }


def annotators(votes: Votes) -> dict[str, Any]:
    """Agreement, and how many votes annotators gave and items got; nobody is named."""
    from labelwright.aggregation import MajorityVote, krippendorff_alpha

    per_annotator = np.bincount(votes.annotator, minlength=votes.n_annotators)
    per_item = np.diff(votes.indptr)
    found: dict[str, Any] = {
        "annotators": {
            "annotators": votes.n_annotators,
            "votes": len(votes),
            "votes_an_annotator": _ends(per_annotator),
            "votes_an_item": _ends(per_item),
        }
    }
    chosen = MajorityVote().fit(votes).codes_
    rows = np.repeat(np.arange(votes.n_items), per_item)
    same = votes.label == chosen[rows]
    agreed = np.bincount(votes.annotator, same, minlength=votes.n_annotators)
    judged = per_annotator >= FEW_VOTES
    found["annotators"]["judged"] = int(judged.sum())
    found["annotators"]["agree_with_majority"] = (
        _ends(agreed[judged] / per_annotator[judged]) if judged.any() else None
    )
    if (per_item >= 2).any():
        found["agreement"] = plain(krippendorff_alpha(votes).to_dict())
    return found


def _ends(values: NDArray[Any]) -> dict[str, float]:
    names = ("least", "median", "most")
    return dict(zip(names, (values.min(), np.median(values), values.max()), strict=True))


def find_leaks(data: NutritionData, labelled: Labelled) -> list[dict[str, Any]]:
    """Columns that alone predict held-out labels better than the most frequent label does."""
    from labelwright.audit import audit

    columns = [name for name in data.of_kind(*COUNTED, *MEASURED, "time") if name != data.label]
    if not columns:
        return []
    table = data.table.select(columns).with_columns(_times_as_numbers())
    try:
        found = audit(
            labelled.space.decode(labelled.codes),
            classes=labelled.space,
            table=table,
            checks=["spurious_correlations"],
            random_state=data.random_state,
        )
        leaks = found["spurious_correlations"]
    except CapabilityError:
        # Too few labels, or no column that could be judged: then none is known to leak.
        return []
    return [
        {
            "column": str(name),
            "gives_label_away": str(kind) == "gives the label away",
            "accuracy": float(leaks.evidence["accuracy"][place]),
            "low": float(leaks.evidence["low"][place]),
            "high": float(leaks.evidence["high"][place]),
            "most_frequent": float(leaks.evidence["majority"][place]),
        }
        for place, (name, kind) in enumerate(zip(leaks.subject, leaks.kinds, strict=True))
    ]


def noise(
    data: NutritionData, labelled: Labelled, leaks: list[str], most_rows: int, examples: int
) -> dict[str, Any]:
    """The share of labels that models take for wrong, and which classes for which."""
    import polars as pl

    from labelwright.audit import estimate_noise, find_label_issues

    none: dict[str, Any] = {"noise": None, "likely_errors": None}
    features = _features(data, {data.label, *leaks})
    rows = _learnable_rows(data, labelled, most_rows)
    if features is None or not len(rows):
        why = "no other column to learn from" if features is None else "too few labels of a class"
        return none | {"why_no_noise": why}
    codes = labelled.codes[rows]
    classes, codes = np.unique(codes, return_inverse=True)
    names = [labelled.space.names[code] for code in classes]
    labels = np.array(names, dtype=object)[codes].tolist()
    try:
        probabilities = _probabilities(data, features, labels, names, rows)
    except LabelwrightError as error:
        return none | {"why_no_noise": str(error)}
    right = float((probabilities.argmax(axis=1) == codes).mean())
    frequent = float(np.bincount(codes).max() / len(codes))
    if right - frequent < LEAST_SAVED * (1 - frequent):
        return none | {"why_no_noise": WEAK.format(right=right, frequent=frequent)}
    estimate = estimate_noise(labels, probabilities, classes=names, random_state=data.random_state)
    issues = find_label_issues(labels, probabilities, classes=names)
    shown = issues.head(examples)
    table = data.comparable[rows[shown.index]].cast(pl.String)
    return {
        "why_no_noise": None,
        "noise": {
            **{name: getattr(estimate, name) for name in ("error_rate", "low", "high", "level")},
            "rows": estimate.n_items,
            "classes": len(names),
            "model_right": right,
            "most_frequent": frequent,
        },
        "likely_errors": {
            "found": len(issues),
            "of": len(rows),
            "pairs": _pairs(issues.given, issues.suggested, data.smallest),
            "examples": [
                {"suggested": str(suggested), "row": row}
                for suggested, row in zip(shown.suggested, table.to_dicts(), strict=True)
            ],
        },
    }


def _learnable_rows(data: NutritionData, labelled: Labelled, most: int) -> NDArray[np.intp]:
    """Rows of classes that have enough of them, at most so many, in order; none for one class."""
    codes = labelled.codes
    counts = np.bincount(codes[codes >= 0], minlength=labelled.space.n_classes)
    large = counts >= FEWEST_ROWS
    if large.sum() < 2:
        return np.empty(0, np.intp)
    rows = np.flatnonzero((codes >= 0) & large[codes])
    if len(rows) <= most:
        return rows
    rng = generator(data.random_state, "nutrition", "noise")
    return np.sort(rng.choice(rows, most, replace=False))


def _pairs(given: NDArray[Any], suggested: NDArray[Any], smallest: int) -> list[dict[str, Any]]:
    import polars as pl

    pairs = pl.DataFrame(
        {"given": [str(v) for v in given], "suggested": [str(v) for v in suggested]},
        schema={"given": pl.String, "suggested": pl.String},
    )
    counts = pairs.group_by("given", "suggested").agg(pl.len().alias("rows"))
    order = counts.sort(["rows", "given", "suggested"], descending=[True, False, False])
    return order.filter(pl.col("rows") >= smallest).head(10).to_dicts()


def _features(data: NutritionData, leave_out: set[str | None]) -> Features | None:
    """What a model may learn from: columns of categories, numbers and dates, and a text."""
    from labelwright.features import ColumnFeatures, JoinedFeatures, TextFeatures

    columns = [name for name in data.of_kind(*COUNTED, *MEASURED) if name not in leave_out]
    parts: list[Features] = [ColumnFeatures(columns)] if columns else []
    if data.text is not None and data.text not in leave_out:
        parts.append(TextFeatures(data.text))
    return JoinedFeatures(parts) if parts else None


def _probabilities(
    data: NutritionData,
    features: Features,
    labels: list[Any],
    classes: list[Any],
    rows: NDArray[np.intp],
) -> NDArray[np.float64]:
    import polars as pl

    from labelwright.estimation import cross_val_probabilities
    from labelwright.learning import LabelClassifier
    from labelwright.retrieval import duplicate_groups

    records = data.table[rows].with_columns(_finite())
    texts = (
        None if data.text is None else records[data.text].cast(pl.String).fill_null("").to_list()
    )
    return cross_val_probabilities(
        LabelClassifier(calibrate=False),
        features.fit_transform(records),
        labels,
        duplicates=None if texts is None else duplicate_groups(texts),
        classes=classes,
        random_state=data.random_state,
    )


def _finite() -> Any:
    import polars as pl
    from polars import selectors

    numbers = selectors.float()
    return pl.when(numbers.is_finite()).then(numbers)


def _times_as_numbers() -> Any:
    from polars import selectors

    return selectors.temporal().to_physical()
