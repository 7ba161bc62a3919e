"""Which labels of a run need a person, and what people are shown of them."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import polars.selectors as cs

from labelwright.core.spaces import Classes
from labelwright.io import match_columns
from labelwright.pipeline._checks import OWN
from labelwright.pipeline._decisions import in_force, read_log, reviewed_labels
from labelwright.pipeline._labelled import Labelled
from labelwright.pipeline._labels import doubtful_issues

__all__ = ["KINDS", "cannot_tell", "chosen_issues", "columns_shown"]

KINDS = ("all", "doubtful", "likely-errors")
LITTLE_BELIEF = "little belief"
# More columns than this nobody reads, unless they are asked for by name.
COLUMNS_SHOWN = 12


def cannot_tell(space: Classes) -> str:
    """What a reviewer answers who looked and cannot tell; no class has this name."""
    taken = {*map(str, space.names), *map(str, space.aliases)}
    words = [*map(str, space.abstain), "unsure", "cannot tell", "no decision"]
    return next(word for word in words if word not in taken)


def chosen_issues(labelled: Labelled, kind: str) -> pl.DataFrame:
    """The issues that nobody decided yet, worst first, and last those that somebody left open."""
    held = in_force(labelled, read_log(labelled.path))
    labels = reviewed_labels(labelled.labels, labelled.space, held)
    issues = doubtful_issues(labels, labelled.issues)
    if kind != "all":
        little = issues["kind"] == LITTLE_BELIEF
        issues = issues.filter(little if kind == "doubtful" else ~little)
    seen = issues["index"].is_in(list(held.undecided))
    return pl.concat([issues.filter(~seen), issues.filter(seen)])


def columns_shown(labelled: Labelled, show: str | Sequence[str]) -> list[str]:
    """The columns that are named, or the text, or else the first few."""
    own = labelled.labels.select(~cs.starts_with(OWN)).columns
    if show:
        names = list(match_columns(own, show))
    elif labelled.settings.text:
        names = [labelled.settings.text]
    else:
        return [name for name in own if name != labelled.id_name][:COLUMNS_SHOWN]
    return [name for name in names if name != labelled.id_name]
