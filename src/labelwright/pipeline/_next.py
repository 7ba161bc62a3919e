"""What to do next, in order, with the reason."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelwright.pipeline._folder import folder_name

if TYPE_CHECKING:
    from labelwright.pipeline._stages import Found

__all__ = ["next_steps", "review_steps"]

MANY_TIES = 0.02
LOW_AGREEMENT = 0.4
GOLD_WANTED = 200


def next_steps(data: dict[str, Any], found: Found) -> list[dict[str, Any]]:
    """Steps as dicts ``do``, ``why``, ``command``; the most useful first."""
    steps = [
        _gold(data, found),
        _annotators(data),
        _guidelines(data),
        _more_votes(data),
        _learn_from(data),
    ]
    return [step for step in steps if step is not None]


def review_steps(data: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """What to do about labels in doubt in a run folder, and about those that people reviewed."""
    errors, reviewed = data["likely_errors"], data.get("review")
    steps = []
    if errors and errors["found"]:
        question = ["--question", data["name"]] if "folder" in data else []
        still = "still " if reviewed else ""
        steps.append(
            _step(
                f"Look through the {errors['found']:,} labels {still}in doubt, worst first",
                "they are where a minute of a person's time changes most labels",
                shlex.join(["labelwright", "review", str(folder), *question]),
            )
        )
    if reviewed and reviewed["decided"]:
        steps.append(
            _step(
                f"Take the {reviewed['decided']:,} reviewed labels for no random sample",
                "they were chosen because they looked wrong: they count nowhere as gold and tell "
                "nothing about the other labels",
            )
        )
    return steps


def _step(do: str, why: str, command: str | None = None) -> dict[str, Any]:
    return {"do": do, "why": why, "command": command}


def _gold(data: dict[str, Any], found: Found) -> dict[str, Any] | None:
    gold = found.inputs.gold
    known = 0 if gold is None else int((gold.codes >= 0).sum())
    wanted = min(GOLD_WANTED, data["input"]["items"]) - known
    if wanted <= 0:
        return None
    settings = found.settings
    words = ["labelwright", "sample", settings.file or "FILE", "-n", str(wanted)]
    words += ["--id", settings.id] if settings.id else []
    words += ["--show", settings.text] if settings.text else []
    sheet = f"gold_{folder_name(settings.asked)}.csv" if settings.asked else "gold.csv"
    return _step(
        f"Have {wanted} items drawn at random and labelled with care",
        f"{known} gold labels leave wide intervals"
        if known
        else "without gold nobody knows how many labels are right",
        shlex.join([*words, "--out", sheet]),
    )


def _annotators(data: dict[str, Any]) -> dict[str, Any] | None:
    rows = [row for row in data["annotators"] if row["verdict"] == "mistrust"]
    doubted = [row.get("name") or row["annotator"] for row in rows]
    if not doubted:
        return None
    names = ", ".join(doubted[:5]) + (" ..." if len(doubted) > 5 else "")
    return _step(
        f"Look at what {names} labelled",
        "they agree with the others less than chance explains; annotators.csv says where",
    )


def _guidelines(data: dict[str, Any]) -> dict[str, Any] | None:
    agreement = data["agreement"]
    if not agreement or agreement["high"] >= LOW_AGREEMENT:
        return None
    return _step(
        "Sharpen the definitions of the classes",
        f"agreement is {agreement['value']:.2f}; annotators do not share one idea of the labels",
    )


def _more_votes(data: dict[str, Any]) -> dict[str, Any] | None:
    ties, items = data["labels"]["ties"], data["input"]["items"]
    if ties < MANY_TIES * items or not data["annotators"]:
        return None
    return _step(
        f"Get one more vote on the {ties:,} items that are tied", "a rule decided there, not people"
    )


def _learn_from(data: dict[str, Any]) -> dict[str, Any] | None:
    if "why_none" not in data["model"]:
        return None
    return _step(
        "Name a column to learn from: --text, --features or --embedding",
        "a model finds errors that votes cannot show, and labels what nobody voted on",
    )
