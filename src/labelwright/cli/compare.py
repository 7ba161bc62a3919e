"""``labelwright compare``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Group, Parameter

from labelwright.cli._answer import Answer, Grid
from labelwright.cli._options import options_from, split_commas
from labelwright.pipeline.settings import Settings

if TYPE_CHECKING:
    from labelwright.aggregation import Comparison
    from labelwright.aggregation._base import ClassAggregator
    from labelwright.pipeline._gather import Gathered

__all__ = ["OPTIONS", "compare", "votes_and_gold"]

GROUPS = {
    "How the file is read": ("reader", "sheet", "question", "codebook"),
    "Where the votes are": (
        *("id", "annotator", "label", "votes", "annotators"),
        *("votes_file", "split", "repeats"),
    ),
    "What is taken as true": ("gold", "gold_file"),
    "How it is done": ("limit", "seed"),
}
OPTIONS = options_from(Settings, groups=GROUPS)
COMPARED = Group("What is compared", sort_key=len(GROUPS) + 1)

FORETELLS = (
    "foretells: the probability that a method gives to a hidden vote (geometric mean). An interval "
    "that holds 0 is no difference."
)

Several = Annotated[
    tuple[str, ...],
    Parameter(converter=split_commas, negative=(), show_default=False, group=COMPARED),
]


def compare(
    file: str,
    /,
    *,
    settings: Annotated[OPTIONS, Parameter(name="*")] | None = None,  # type: ignore[valid-type]
    methods: Several = (),
    folds: Annotated[int, Parameter(group=COMPARED)] = 5,
) -> Answer:
    """Say which aggregator foretells held-out votes best, and which is right on gold.

    One vote of many items is hidden, every method learns from the rest, and is judged by how likely
    it held the hidden vote to be. To foretell votes is not to be right: add gold for that.

    Parameters
    ----------
    file
        A table of votes, or the export of a tool.
    methods
        Names as for run --method, with commas; by default all that need nothing but votes.
    folds
        In how many parts items with two votes or more are divided.
    """
    from labelwright.aggregation import compare as compare_aggregators

    chosen = _chosen(methods)
    inputs, gold, seed = votes_and_gold(file, settings or {})
    found = compare_aggregators(inputs.votes, chosen, gold=gold, n_folds=folds, random_state=seed)
    return Answer(found.to_dict() | {"notes": inputs.notes}, _text(found, inputs.notes))


def votes_and_gold(file: str, options: dict[str, Any]) -> tuple[Gathered, list[Any] | None, int]:
    """What a file holds, its gold as labels in the order of the items, and the seed."""
    from labelwright.core.errors import ParameterError
    from labelwright.pipeline._gather import gather

    asked = Settings.of_options(file=file, **options)
    if asked.is_several:
        raise ParameterError("This takes one question at a time.", hint="Say --question NAME.")
    inputs = gather(asked.for_question(asked.asked) if asked.asked else asked)
    gold = None if inputs.gold is None else inputs.votes.classes.decode(inputs.gold.codes)
    return inputs, gold, asked.seed


def _chosen(methods: tuple[str, ...]) -> dict[str, ClassAggregator] | None:
    from labelwright.core.errors import unknown_name
    from labelwright.pipeline._methods import by_name

    known = by_name()
    for name in methods:
        if name not in known:
            raise unknown_name("method", name, known)
    return {name: known[name]() for name in methods} if methods else None


def _text(found: Comparison, notes: list[str]) -> list[str | Grid]:
    header = ("method", "foretells", "more than majority vote", "agrees with it", "seconds")
    rows = []
    for row in found.rows:
        cells: list[Any] = [row.aggregator, "", "failed", "", ""]
        if not math.isnan(row.log_likelihood):
            gain = f"{row.difference:+.4f} [{row.low:+.4f}, {row.high:+.4f}]"
            likely = f"{math.exp(row.log_likelihood):.4f}"
            cells = [row.aggregator, likely, gain, f"{row.agreement:.1%}", f"{row.seconds:.2f}"]
        if found.n_gold:
            cells.append(_accuracy(row.accuracy, row.accuracy_low, row.accuracy_high))
        rows.append(tuple(cells))
    lines: list[str | Grid] = [f"- {note}" for note in notes]
    lines += [
        f"{found.n_held_out:,} votes held out, one an item, in {found.n_folds} parts.",
        "",
        Grid((*header, f"right on {found.n_gold:,} gold") if found.n_gold else header, tuple(rows)),
        "",
        FORETELLS,
    ]
    lines += [f"{row.aggregator}: {row.note}" for row in found.rows if row.note]
    return lines


def _accuracy(value: float, low: float, high: float) -> str:
    return "" if math.isnan(value) else f"{value:.1%} [{low:.1%}, {high:.1%}]"
