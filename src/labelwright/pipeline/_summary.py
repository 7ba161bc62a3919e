"""The findings of a run in at most fifteen lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["overview", "summary", "summary_of_several"]

MOST_QUESTIONS = 12


def summary(report: dict[str, Any], folder: Path, page: Path) -> list[str]:
    """Lines for a terminal: what came in, what was found, where it lies."""
    question = report["questions"][0]
    lines = [
        _input(question),
        *_agreement(question),
        *_changed(question),
        *_annotators(question),
        *_doubts(question, folder),
        *_reviewed(question),
        *_model(question),
        *_estimates(question),
    ]
    where = [f"labels  {folder / 'labels.csv'}", f"report  {page}"]
    if "why_none" not in question["model"]:
        where.insert(1, f"model   {folder / 'model'}")
    return [*lines[: 15 - len(where)], *where]


def summary_of_several(report: dict[str, Any], folder: Path) -> list[str]:
    """A line a question, and where it all lies."""
    questions = report["questions"]
    lines = [f"{one['name']}: {_brief(one)}" for one in questions[:MOST_QUESTIONS]]
    if len(questions) > MOST_QUESTIONS:
        lines.append(f"and {len(questions) - MOST_QUESTIONS} more questions, see the report")
    folders = ",".join(one["folder"] for one in questions)
    inside = f"{{{folders}}}" if len(questions) > 1 else folders
    return [
        *lines,
        f"labels  {folder / inside / 'labels.csv'}",
        f"report  {folder / 'report.html'}",
    ]


def overview(report: dict[str, Any]) -> list[dict[str, Any]]:
    """A row a question."""
    return [
        {
            "question": one["name"],
            **{name: one["input"][name] for name in ("items", "annotators", "votes")},
            "agreement": one["agreement"] and one["agreement"]["value"],
            "likely_errors": one["likely_errors"] and one["likely_errors"]["found"],
        }
        for one in report["questions"]
    ]


def _brief(question: dict[str, Any]) -> str:
    """The findings on a question in one line."""
    agreement, errors = question["agreement"], question["likely_errors"]
    mistrusted = sum(row["verdict"] == "mistrust" for row in question["annotators"])
    parts = [_input(question)]
    if agreement:
        parts.append(f"alpha {agreement['value']:.2f}")
    if mistrusted:
        parts.append(f"{mistrusted} to mistrust")
    if errors is not None:
        parts.append(f"{errors['found']:,} labels in doubt")
    return "; ".join([*parts, *_model(question), *_estimates(question)[:1]])


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


def _reviewed(question: dict[str, Any]) -> list[str]:
    review = question.get("review")
    if not review or not review["decided"]:
        return []
    changed = f"{review['decided']:,} labels decided in a review, {review['changed']:,} changed"
    return [f"{changed}; they are no random sample"]


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
