"""The figures of a run as plain values: what ``report.json`` holds and the report shows."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from labelwright.core.errors import DataWarning
from labelwright.core.results import plain
from labelwright.core.stats import wilson_interval
from labelwright.pipeline._by import breakdown
from labelwright.pipeline._figures import agreement, share_rows
from labelwright.pipeline._labels import REVIEW, doubtful_issues
from labelwright.pipeline._next import next_steps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labelwright.core.votes import Votes
    from labelwright.pipeline._stages import Found
    from labelwright.pipeline.settings import Settings

__all__ = ["annotator_rows", "error_figures", "label_figures", "question_data", "report_data"]

FORMAT = 1
SHOWN_ERRORS = 200
SHOWN_CHANGES = 100
TOO_FEW_VOTES = 20
CLEARLY_BELOW, FAR_BELOW = 0.05, 0.15
LONG_TEXT = 2_000
AGREEMENT = "agreement with the aggregated labels"


def report_data(
    settings: Settings, questions: list[dict[str, Any]], left_out: dict[str, str]
) -> dict[str, Any]:
    """All figures of a run, from those of its questions."""
    from labelwright import __version__

    data = {
        "format": FORMAT,
        "title": f"Labels of {Path(settings.file).stem or 'a table'}",
        "file": settings.file or "a table",
        "command": settings.command(),
        "version": __version__,
        "seed": settings.seed,
        "questions": questions,
    }
    why = [{"name": name, "why": reason} for name, reason in left_out.items()]
    return data | ({"left_out": why} if why else {})


def question_data(found: Found, names: Mapping[str, str]) -> dict[str, Any]:
    """All figures of one question; ``names`` are those of annotators, by their ids."""
    data: dict[str, Any] = {
        "name": found.settings.asked,
        "input": _input(found),
        "agreement": None if found.inputs.doubtful else agreement(found.inputs.votes),
        "annotators": annotator_rows(found),
        "labels": _labels(found),
        "likely_errors": _likely_errors(found),
        "model": _model(found),
        "estimates": share_rows(found),
    }
    if found.inputs.by is not None:
        data["by"] = breakdown(found, found.inputs.by)
    for row in data["annotators"]:
        if row["annotator"] in names:
            row["name"] = names[row["annotator"]]
    return plain(data | {"next": next_steps(data, found)})


def _input(found: Found) -> dict[str, Any]:
    votes, known = found.inputs.votes, found.inputs.votes.describe()
    return {
        "items": known["items"],
        "annotators": known["annotators"],
        "votes": known["votes"],
        "anonymous": known["anonymous"],
        "annotator_word": _annotator_word(votes),
        "items_without_votes": known["items_without_votes"],
        "votes_per_item": known["votes_per_item"],
        "classes": [{"name": n, "votes": c} for n, c in known["labels"].items()],
        "events": known.get("events", {}),
        "duplicates": _duplicates(found),
        "notes": [*found.inputs.notes, *_gold_notes(found)],
    }


def _gold_notes(found: Found) -> list[str]:
    gold = found.inputs.gold
    if gold is not None and gold.refused:
        return [gold.refused]
    tuned = 0 if gold is None or gold.tuned is None else int(gold.tuned.sum())
    return [f"{tuned:,} gold labels were tuned on before, so they judge nothing."] if tuned else []


def _annotator_word(votes: Votes) -> str:
    """What annotators are called: by their names they may all be rules."""
    if votes.anonymous:
        return "slots"
    rules = all(str(name).casefold().startswith("rule") for name in votes.annotators)
    return "rules" if rules else "annotators"


def _duplicates(found: Found) -> dict[str, int] | None:
    groups = found.learner.duplicates
    if groups is None:
        return None
    sizes = np.bincount(groups)
    return {"groups": int((sizes > 1).sum()), "rows": int(sizes[sizes > 1].sum())}


def annotator_rows(found: Found) -> list[dict[str, Any]]:
    """Annotators with a verdict, those to mistrust first, by the evidence and not the estimate."""
    if found.inputs.doubtful:
        return []
    model, votes = found.aggregator, found.inputs.votes
    low, high = wilson_interval(model.annotator_right_, model.annotator_votes_)
    typical = model.annotator_right_.sum() / model.annotator_votes_.sum()
    rows = [
        {
            "annotator": str(votes.annotators[a]),
            "votes": int(model.annotator_counts_[a]),
            "agreement": float(model.annotator_right_[a] / max(model.annotator_votes_[a], 1)),
            "low": float(low[a]),
            "high": float(high[a]),
            "verdict": _verdict(
                int(model.annotator_counts_[a]), low[a], high[a], typical, votes.anonymous
            ),
            "confuses": _confusion(found, a),
        }
        for a in range(votes.n_annotators)
    ]
    order = {"mistrust": 0, "unclear": 1, "fine": 2, "too few": 3, "not judged": 4}
    return sorted(rows, key=lambda row: (order[row["verdict"]], row["high"], row["annotator"]))


def _verdict(votes: int, low: float, high: float, typical: float, anonymous: bool) -> str:
    """Mistrust whoever is below the typical annotator by more than chance allows.

    Somebody is fine only if the whole interval is not far below; else nothing is known yet.
    """
    if anonymous:
        return "not judged"
    if votes < TOO_FEW_VOTES:
        return "too few"
    if high < typical - CLEARLY_BELOW:
        return "mistrust"
    return "fine" if low > typical - FAR_BELOW else "unclear"


def _confusion(found: Found, annotator: int) -> str | None:
    """The pair of classes that costs this annotator most votes, if it costs some."""
    confusion = getattr(found.aggregator, "confusion_", None)
    if confusion is None or found.aggregator.annotator_counts_[annotator] < TOO_FEW_VOTES:
        return None
    names = found.inputs.votes.classes.names
    wrong = confusion[annotator] * found.aggregator.class_prior_[:, None]
    np.fill_diagonal(wrong := wrong.copy(), 0)
    true, given = np.unravel_index(int(wrong.argmax()), wrong.shape)
    share = confusion[annotator, true, given]
    return f"{names[int(true)]} → {names[int(given)]} ({share:.0%})" if share >= 0.1 else None


def _labels(found: Found) -> dict[str, Any]:
    names = found.inputs.votes.classes.names
    return {
        "method": f"{type(found.aggregator).__name__}: {found.why_method}",
        **label_figures(found.labels, names, found.inputs.id_column, found.settings.text),
        "ties": int(found.majority.ties_.sum()),
        "gold_check": _gold_check(found),
    }


def label_figures(
    labels: pl.DataFrame, names: Sequence[Any], id_column: str | None, text: str | None
) -> dict[str, Any]:
    """What the table of labels holds, by class, by confidence and by source, and what changed."""
    counts = dict(labels["lw_label"].drop_nulls().value_counts().iter_rows())
    sources = dict(labels["lw_source"].value_counts().iter_rows())
    edges = np.linspace(0, 1, 11)
    heights, _ = np.histogram(labels["lw_confidence"].drop_nulls().to_numpy(), edges)
    # What gold and people change says nothing about the method.
    by_method = pl.col("lw_changed") & ~pl.col("lw_source").is_in(["gold", REVIEW])
    changed = labels.with_row_index("index").filter(by_method)
    total = max(sum(counts.values()), 1)
    shown = ["votes", "model", "gold", *([REVIEW] if REVIEW in sources else []), "none"]
    return {
        "classes": [
            {"name": str(n), "items": counts.get(n, 0), "share": counts.get(n, 0) / total}
            for n in names
        ],
        "confidence": [
            {"low": low, "high": high, "items": int(h)}
            for low, high, h in zip(edges[:-1], edges[1:], heights, strict=True)
        ],
        "without": labels["lw_label"].null_count(),
        "by_source": {source: sources.get(source, 0) for source in shown},
        "changed": changed.height,
        "changed_rows": _changed_rows(changed, id_column, text),
    }


def _changed_rows(
    changed: pl.DataFrame, id_column: str | None, text: str | None
) -> list[dict[str, Any]]:
    shown = changed.sort("lw_confidence", descending=True, maintain_order=True).head(SHOWN_CHANGES)
    return [
        {
            "id": _id(id_column, row),
            "text": _text(text, row),
            "majority": row["lw_majority"],
            "label": row["lw_label"],
            "confidence": row["lw_confidence"],
        }
        for row in shown.iter_rows(named=True)
    ]


def _gold_check(found: Found) -> dict[str, int] | None:
    """On the items with gold and votes: who was right, before gold was put in."""
    if found.inputs.gold is None or found.inputs.doubtful:
        return None
    gold = found.inputs.gold.judging
    ours, theirs = found.aggregator.codes_, found.majority.codes_
    judged = (gold >= 0) & (theirs >= 0)
    differ = judged & (ours != theirs)
    return {
        "n": int(judged.sum()),
        "right": int((ours == gold)[judged].sum()),
        "majority_right": int((theirs == gold)[judged].sum()),
        "differ": int(differ.sum()),
        "ours_right": int((ours == gold)[differ].sum()),
        "majority_right_of_differ": int((theirs == gold)[differ].sum()),
    }


def _likely_errors(found: Found) -> dict[str, Any] | None:
    if found.inputs.doubtful and found.probabilities is None:
        return None
    return error_figures(found.labels, found.issues, found.inputs.id_column, found.settings.text)


def error_figures(
    labels: pl.DataFrame, issues: pl.DataFrame, id_column: str | None, text: str | None
) -> dict[str, Any]:
    """How many labels are in doubt, of which kinds, and the worst of them."""
    issues = doubtful_issues(labels, issues)
    rows = []
    for issue in issues.head(SHOWN_ERRORS).iter_rows(named=True):
        record = labels.row(issue["index"], named=True) | {"index": issue["index"]}
        kept = ("given", "suggested", "quality", "kind", "why")
        names = {"id": _id(id_column, record), "text": _text(text, record)}
        rows.append(names | {name: issue[name] for name in kept})
    kinds = issues["kind"].value_counts(sort=True)
    return {"found": issues.height, "rows": rows, "by_kind": dict(kinds.iter_rows())}


def _model(found: Found) -> dict[str, Any]:
    from labelwright.estimation import accuracy, calibration_report

    if found.probabilities is None:
        return {"why_none": found.learner.why_none}
    names = found.inputs.votes.classes.names
    gold = found.inputs.gold
    judged_by_gold = gold is not None and bool((gold.judging >= 0).any())
    truth = gold.judging if gold is not None and judged_by_gold else found.aggregator.codes_
    predicted = found.probabilities.argmax(axis=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        quality = accuracy(
            predicted,
            truth,
            classes=range(len(names)),
            groups=found.inputs.group,
            inclusion=gold.inclusion if gold is not None and judged_by_gold else None,
        )
        calibration = calibration_report(truth, found.probabilities).to_dict()
    right = np.equal(predicted, truth)
    return {
        "features": _feature_words(found),
        "quality": quality.to_dict() | {"what": "accuracy" if judged_by_gold else AGREEMENT},
        "quality_word": "accuracy" if judged_by_gold else AGREEMENT,
        "calibration": calibration,
        "classes": [
            {
                "name": str(name),
                "n": int((truth == k).sum()),
                "agreement": float(right[truth == k].mean()) if (truth == k).any() else None,
            }
            for k, name in enumerate(names)
        ],
    }


def _feature_words(found: Found) -> str:
    settings = found.settings
    if settings.text:
        return f"words and parts of words of {settings.text!r} (TF-IDF), logistic regression"
    if settings.embedding:
        return f"the embedding in {settings.embedding}, logistic regression"
    return f"the columns {', '.join(settings.features)}, logistic regression"


def _id(column: str | None, row: dict[str, Any]) -> str:
    return str(row[column]) if column else f"row {row.get('index', '')}".strip()


def _text(column: str | None, row: dict[str, Any]) -> str | None:
    text = row.get(column) if column else None
    return None if text is None else str(text)[:LONG_TEXT]
