"""The findings of a run in at most fifteen lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["summary"]


def summary(report: dict[str, Any], folder: Path) -> list[str]:
    """Lines for a terminal: what came in, what was found, where it lies."""
    question = report["questions"][0]
    lines = [
        _input(question),
        *_agreement(question),
        *_changed(question),
        *_annotators(question),
        *_doubts(question, folder),
        *_model(question),
        *_estimates(question),
    ]
    where = [f"labels  {folder / 'labels.csv'}", f"report  {folder / 'report.html'}"]
    if "why_none" not in question["model"]:
        where.insert(1, f"model   {folder / 'model'}")
    return [*lines[: 15 - len(where)], *where]


def _input(question: dict[str, Any]) -> str:
    known = question["input"]
    if not question["annotators"]:
        return f"{known['items']:,} items, {known['votes']:,} with a label"
    return (
        f"{known['items']:,} items, {known['annotators']:,} {known['annotator_word']}, "
        f"{known['votes']:,} votes"
    )


def _agreement(question: dict[str, Any]) -> list[str]:
    found = question["agreement"]
    if not found:
        return []
    interval = f"{found['value']:.2f} [{found['low']:.2f}, {found['high']:.2f}]"
    return [f"agreement: {found['method']} {interval} (1 is perfect, 0 is chance)"]


def _changed(question: dict[str, Any]) -> list[str]:
    labels = question["labels"]
    if not question["annotators"]:
        return []
    lines = [f"{labels['changed']:,} labels differ from the majority vote ({labels['method']})"]
    check = labels["gold_check"]
    if check and check["n"]:
        lines.append(
            f"on {check['n']:,} items with gold: ours right {check['right']:,}, majority right "
            f"{check['majority_right']:,}; of the {check['differ']:,} that differ, "
            f"{check['ours_right']:,} to {check['majority_right_of_differ']:,}"
        )
    return lines


def _annotators(question: dict[str, Any]) -> list[str]:
    doubted = [row for row in question["annotators"] if row["verdict"] == "mistrust"]
    few = sum(row["verdict"] == "too few" for row in question["annotators"])
    word = question["input"]["annotator_word"]
    lines = []
    if doubted:
        names = ", ".join(
            f"{row['annotator']} ({row['agreement']:.0%} of {row['votes']:,})"
            for row in doubted[:4]
        )
        lines.append(f"{len(doubted)} {word} to mistrust: {names}")
    elif question["annotators"]:
        lines.append(f"none of the {word} to mistrust")
    if few:
        lines.append(f"{few:,} {word} gave too few votes to be judged")
    return lines


def _doubts(question: dict[str, Any], folder: Path) -> list[str]:
    errors = question["likely_errors"]
    if errors is None:
        return [question["model"]["why_none"]]
    return [f"{errors['found']:,} labels in doubt: {folder / 'likely_errors.csv'}"]


def _model(question: dict[str, Any]) -> list[str]:
    model = question["model"]
    if "why_none" in model:
        return []
    quality = model["quality"]
    return [f"model: {model['quality_word']} {_interval(quality)} on {quality['n_gold']:,} items"]


def _estimates(question: dict[str, Any]) -> list[str]:
    lines = []
    for estimate in question["estimates"]:
        if "refused" in estimate:
            continue
        naive = estimate["naive"]
        lines.append(
            f"{estimate['what']}: {_interval(estimate)} (labels alone {naive:.1%}; "
            f"{estimate['n_gold']:,} gold)"
        )
    return lines[:3]


def _interval(estimate: dict[str, Any]) -> str:
    return f"{estimate['value']:.1%} [{estimate['low']:.1%}, {estimate['high']:.1%}]"
