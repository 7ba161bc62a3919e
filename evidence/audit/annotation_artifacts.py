"""Labels that the hypothesis alone gives away, planted and as they come; lengths that do.

Pairs of text and hypothesis (does the one follow from the other?) from the RTE challenges, which
were written with care, and the same pairs with "not" put behind the second word of 40 % of the
hypotheses that do not follow: an artefact of known size. Pairs of arguments (which convinces more?)
are judged by length. SNLI and MultiNLI, the sets of the paper, are not among the data at hand, so
its figures (hypothesis only: 67 % and 53 %) are not tested here.

``accuracy`` is that of held-out items (five folds; pairs of one text, or debate, together),
``above_majority`` what the part gains over the most frequent label. ``rank`` is the place of "not"
among the words of the class that does not follow (0 if it is not listed). ``lost`` is the accuracy
of the model that sees all on easy items less that on hard ones. The seed None takes all items, each
other seed a random four fifths.

No figure of these sets was seen before the claims were written, but for how often "not" stands in
RTE's hypotheses (0.9 % and 0.7 %).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from evidence._harness import Claim, Figures, Material, Method, Seed, Study, main
from numpy.typing import NDArray

from labelwright.audit import (
    PartialInput,
    artifact_table,
    hard_subset,
    length_artifacts,
    partial_input_baseline,
)
from labelwright.core.seeds import generator

PART, WHOLE, WORDS, LENGTH = "one part alone", "hard subset", "words", "length alone"
PLANTED = 0.4
SEEDS = (None, 0, 1)
MOST_PAIRS = 4000


class Pairs(NamedTuple):
    """Two texts an item, the label, and what must stay together.

    The second text is the part that should not suffice; class 0 is the one where it may say "not".
    """

    first: list[str]
    second: list[str]
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]


def read(name: str, file: str) -> pl.DataFrame:
    """A table from the mirror of data sets."""
    return pl.read_parquet(Path(os.environ["LABELWRIGHT_DATA"]) / name / f"{file}.parquet")


def entailment(name: str, planted: bool) -> Pairs:
    """Text and hypothesis, grouped by text, with or without the planted word."""
    if name == "snow_rte":
        table = read(name, "items").join(read(name, "gold"), on="item")
    else:
        table = read(name, "data")
    labels = table["label"].cast(pl.Int64).to_numpy()
    hypotheses = table["hypothesis"].to_list()
    if planted:
        drawn = generator(0, "planted").random(len(labels)) < PLANTED
        for row in np.flatnonzero(drawn & (labels == labels.min())).tolist():
            words = hypotheses[row].split()
            hypotheses[row] = " ".join([*words[:2], "not", *words[2:]])
    groups = table["text"].rank("dense").cast(pl.Int64).to_numpy()
    codes = (labels != labels.min()).astype(np.int64)
    return Pairs(table["text"].to_list(), hypotheses, codes, groups)


def arguments() -> Pairs:
    """Pairs of arguments of which one convinced more, grouped by topic; class 0: the first."""
    texts = read("ukp_convincing_arguments", "arguments").select("argument", "text")
    table = read("ukp_convincing_arguments", "items").filter(pl.col("gold").is_in(["a1", "a2"]))
    table = table.sample(MOST_PAIRS, seed=0)
    for place in ("1", "2"):
        renamed = texts.rename({"argument": f"argument_{place}", "text": f"text_{place}"})
        table = table.join(renamed, on=f"argument_{place}", how="inner", maintain_order="left")
    return Pairs(
        table["text_1"].to_list(),
        table["text_2"].to_list(),
        (table["gold"] == "a2").cast(pl.Int64).to_numpy(),
        table["topic"].rank("dense").cast(pl.Int64).to_numpy(),
    )


def part_of(pairs: Pairs, seed: Seed) -> Pairs:
    """All items, or a random four fifths."""
    n = len(pairs.labels)
    if seed is None:
        return pairs
    kept = np.sort(generator(seed, "part").choice(n, round(0.8 * n), replace=False))
    first, second = ([texts[row] for row in kept] for texts in (pairs.first, pairs.second))
    return Pairs(first, second, pairs.labels[kept], pairs.groups[kept])


def baseline(pairs: Pairs, *parts: str, seed: Seed) -> PartialInput:
    """Predictions from the second text alone, from all, or both."""
    columns = {"second": ["second"], "all": ["first", "second"]}
    return partial_input_baseline(
        {"first": pairs.first, "second": pairs.second},
        pairs.labels,
        parts={name: columns[name] for name in parts},
        groups=pairs.groups,
        n_resamples=500,
        random_state=seed or 0,
    )


def measure_part(pairs: Pairs, seed: Seed) -> Mapping[str, float]:
    """How well the second text alone predicts."""
    found = baseline(part_of(pairs, seed), "second", seed=seed)
    return {
        "accuracy": found.accuracy[0],
        "low": found.low[0],
        "high": found.high[0],
        "above_majority": found.accuracy[0] - found.majority,
    }


def measure_hard(pairs: Pairs, seed: Seed) -> Mapping[str, float]:
    """How the model that sees all does on what the second text does not give away."""
    pairs = part_of(pairs, seed)
    found = baseline(pairs, "second", "all", seed=seed)
    models = {"all": found.predicted["all"]}
    ((full, easy, hard),) = hard_subset(pairs.labels, found.predicted["second"], models).accuracy
    return {"accuracy": full, "easy": easy, "hard": hard, "lost": easy - hard}


def measure_words(pairs: Pairs, seed: Seed) -> Mapping[str, float]:
    """The place of "not" among the words of class 0."""
    pairs = part_of(pairs, seed)
    words = artifact_table(pairs.second, pairs.labels).of_class(0)
    return {"rank": words.index("not") + 1 if "not" in words else 0}


def measure_length(pairs: Pairs, seed: Seed) -> Mapping[str, float]:
    """How well the difference of the lengths alone predicts."""
    pairs = part_of(pairs, seed)
    found = length_artifacts(
        pairs.second,
        pairs.labels,
        against=pairs.first,
        groups=pairs.groups,
        random_state=seed or 0,
    )
    return {
        "accuracy": found.accuracy,
        "low": found.low,
        "high": found.high,
        "above_majority": found.accuracy - found.majority,
    }


METHODS = [
    Method(PART, measure_part, SEEDS),
    Method(WHOLE, measure_hard, (None,)),
    Method(WORDS, measure_words, SEEDS),
    Method(LENGTH, measure_length, SEEDS),
]
RTE, RTE_NOT, SNOW, SNOW_NOT, UKP = (
    *("rte_challenges", "rte_challenges + not", "snow_rte", "snow_rte + not"),
    "ukp_convincing_arguments",
)
MATERIALS = [
    Material(RTE, partial(entailment, "rte_challenges", False), seen=False),
    Material(RTE_NOT, partial(entailment, "rte_challenges", True), seen=False, note="planted"),
    Material(SNOW, partial(entailment, "snow_rte", False), seen=False, quick=True),
    Material(SNOW_NOT, partial(entailment, "snow_rte", True), seen=False, note="planted"),
    Material(UKP, arguments, seen=False, note=f"{MOST_PAIRS:,} pairs at random; ties left out"),
]


def gained(figures: Figures, planted: str, untouched: str) -> float:
    """By how much the planted word raises the accuracy of the hypothesis alone."""
    return figures.value(PART, planted, "accuracy") - figures.value(PART, untouched, "accuracy")


CLAIMS = [
    Claim(
        'RTE: "not" in 40 % of one class\'s hypotheses raises the accuracy of the hypothesis alone '
        "by at least 10 points",
        lambda figures: gained(figures, RTE_NOT, RTE),
        at_least=0.10,
    ),
    Claim(
        "The same on a fifth of the size (snow_rte)",
        lambda figures: gained(figures, SNOW_NOT, SNOW),
        at_least=0.10,
    ),
    Claim(
        'The planted "not" stands first among the words of its class, on both sets',
        lambda figures: max(figures.value(WORDS, name, "rank") for name in (RTE_NOT, SNOW_NOT)),
        at_most=1,
    ),
    Claim(
        "RTE with the planted word: a model that sees both texts loses at least 5 points from easy "
        "to hard items",
        lambda figures: figures.value(WHOLE, RTE_NOT, "lost"),
        at_least=0.05,
    ),
    Claim(
        "Which argument convinces more is predicted by the difference of their lengths alone in at "
        "least 55 % of the pairs",
        lambda figures: figures.value(LENGTH, UKP, "accuracy"),
        at_least=0.55,
    ),
]

READING = """All claims hold. The planted word raises the hypothesis alone by 15 (RTE) and 17 points
(snow_rte), about what knowing 40 % of one class is worth, and heads its class's list. Untouched,
the hypothesis alone gains 1 point over the most frequent label on RTE (an interval that holds no
gain) and 5 on snow_rte: these sets were written with care. The claim on easy and hard items is weak
evidence: the model that sees both texts loses 46 points with the planted word, but also 23 without
it, since it shares the hypothesis with the part and errs with it. So the loss of one model says
little by itself; it must be held against another model or an untouched set. Length alone predicts
the more convincing argument in 73 % of the pairs, as well as the model that sees both texts (73 %):
the judges preferred the longer one. The second argument alone reaches 64 %. The paper's own figures
(SNLI 67 %, MultiNLI 53 % by hypothesis alone) were not tested: these sets are not at hand."""

STUDY = Study(
    slug="annotation-artifacts",
    question="Do partial inputs, word tables and lengths find what gives labels away?",
    methods=METHODS,
    materials=MATERIALS,
    claims=CLAIMS,
    source=__file__,
    reading=READING,
)

if __name__ == "__main__":
    main(STUDY)
