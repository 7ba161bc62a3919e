"""Label models on the votes of real rules, against majority vote, Dawid-Skene and snorkel.

Measured are accuracy and log loss (see ``evidence.aggregation._crowds``) on the items with gold on
which at least one rule spoke; every model is fitted to all items, since where rules are silent is
part of what label models learn from. No model is told how common the classes are.

``agnews`` and ``imdb`` are rules of our own that look for words, written from general knowledge
about news and films before any text or label of those sets was looked at. The prior and the default
smoothing of LabelModel were chosen on simulated rules and on ``youtube_spam``; ``sms_spam_lf`` was
looked at as well, and so these two count as seen. Claims and thresholds were written before any
model was run on the other four.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from evidence._harness import Claim, Figures, Material, Method, Study, main
from evidence.aggregation._crowds import BASELINE, Crowd, measure_posterior, ours
from numpy.typing import NDArray

from labelwright.aggregation import (
    DawidSkene,
    FlyingSquid,
    LabelModel,
    MajorityVote,
    suggest_dependencies,
)
from labelwright.core.errors import LabelwrightWarning
from labelwright.core.votes import Votes
from labelwright.datasets import load_youtube_spam, youtube_spam_votes
from labelwright.datasets.youtube_spam import youtube_spam_read

SEEDS = (None, 0, 1)
SEEN = ("youtube_spam", "sms_spam_lf")
OTHERS = ("youtube_spam_lf", "trec_questions_lf68", "agnews", "imdb")

NEWS = {
    "World": (
        "iraqi?|baghdad|afghan\\w*|iran\\w*|sudan|darfur",
        "israel\\w*|palestin\\w*|gaza|arafat",
        "presidents?|ministers?|elections?|parliament|votes?|voters",
        "troops|war|bomb\\w*|killed|attack\\w*|militants?|hostages?|rebels",
        "nuclear|united nations|peace|diplomat\\w*|embassy",
    ),
    "Sports": (
        "games?|seasons?|coach\\w*|teams?|players?",
        "cup|leagues?|championships?|olympics?|tournament|playoffs?",
        "nba|nfl|mlb|baseball|football|soccer|tennis|golf|basketball",
        "wins?|won|beats?|victory|defeat\\w*|loss",
        "quarterback|pitcher|innings?|goals?|medals?|touchdown|yankees|red sox",
    ),
    "Business": (
        "stocks?|shares|investors?|wall street",
        "oil|crude|prices?|inflation",
        "compan(y|ies)|corp|profits?|earnings|merger",
        "banks?|dollar|fed|econom\\w+|jobs",
        "billion|million|sales|retail\\w*|deal",
    ),
    "Sci/Tech": (
        "software|microsoft|windows|linux|virus\\w*",
        "internet|web|online|google|yahoo|search",
        "computers?|chips?|intel|ibm|pcs?|servers?",
        "space|nasa|scientists?|researchers?|study",
        "phones?|wireless|mobile|apple|ipod|digital",
    ),
}
# In the order of the classes of the set: 0 is negative.
FILMS = {
    "negative": (
        "bad|awful|terrible|horrible|worst",
        "boring|dull|slow|tedious",
        "wast(e|ed|ing)",
        "stupid|ridiculous|lame|poor|poorly|cheap",
        "(not|\\w+n't)( \\w+){0,2} (good|worth|funny|great|like)",
        "disappoint\\w*|fail\\w*|nothing|annoying",
    ),
    "positive": (
        "great|excellent|wonderful|amazing|perfect\\w*|superb",
        "best|favou?rite",
        "lov(e|ed|ely)|enjoy\\w*",
        "recommend\\w*|must see",
        "beautiful\\w*|touching|brilliant\\w*|moving|masterpiece",
        "fun|entertaining|hilarious|charming",
    ),
}


def table_of(name: str) -> pl.DataFrame:
    """A set as it lies in the mirror of data sets."""
    return pl.read_parquet(Path(os.environ["LABELWRIGHT_DATA"]) / name / "data.parquet")


def crowd(matrix: NDArray[np.int64], n_classes: int, gold: NDArray[np.int64]) -> Crowd:
    """Votes of rules on all items, and gold where at least one rule spoke."""
    votes = Votes.from_matrix(matrix, classes=list(range(n_classes)))
    covered = (matrix >= 0).any(axis=1)
    return Crowd(votes, np.where(covered, gold, -1).astype(np.int32))


def our_comment_rules() -> Crowd:
    """The ten rules of the package; gold only where no rule-writer looked."""
    codes = {"ham": 0, "spam": 1}
    rules = youtube_spam_votes().drop("text")
    matrix = rules.select(pl.all().replace_strict(codes, default=-1)).fill_null(-1).to_numpy()
    gold = load_youtube_spam().gold.replace_strict(codes).to_numpy()
    return crowd(matrix, 2, np.where(youtube_spam_read(), -1, gold))


def their_rules(name: str) -> Crowd:
    """Rules that came with a set, a column each."""
    table = table_of(name)
    rules = table.drop("split", "label", "text", strict=False).cast(pl.Int64).to_numpy()
    gold = table["label"].cast(pl.Int64).fill_null(-1).to_numpy()
    return crowd(rules, int(max(rules.max(), gold.max())) + 1, gold)


def word_rules(name: str, words: Mapping[str, tuple[str, ...]]) -> Crowd:
    """Rules that say the class whose words a text holds."""
    table = table_of(name)
    columns = [
        table["text"].str.contains(rf"(?i)\b({pattern})\b").cast(pl.Int64).to_numpy() * (code + 1)
        - 1
        for code, patterns in enumerate(words.values())
        for pattern in patterns
    ]
    return crowd(np.column_stack(columns), len(words), table["label"].cast(pl.Int64).to_numpy())


def with_dependencies(votes: Votes) -> NDArray[np.float64]:
    """The label model that is told of the pairs of rules that agree too often."""
    return LabelModel(dependencies=suggest_dependencies(votes).pairs).fit(votes).posterior_


def snorkel(votes: Votes) -> NDArray[np.float64]:
    """Snorkel's label model, 500 steps of its default optimiser."""
    from snorkel.labeling.model import LabelModel as SnorkelLabelModel

    matrix = np.full((votes.n_items, votes.n_annotators), -1)
    matrix[votes.item, votes.annotator] = votes.label
    model = SnorkelLabelModel(cardinality=votes.classes.n_classes, verbose=False)
    model.fit(matrix, n_epochs=500, seed=0, progress_bar=False)
    return model.predict_proba(matrix)


def quietly(posterior_of: Callable[[Votes], NDArray[np.float64]]) -> Callable[[Votes], NDArray]:
    """The same without what is warned about rules that say one class only."""

    def run(votes: Votes) -> NDArray[np.float64]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LabelwrightWarning)
            return posterior_of(votes)

    return run


MODEL, ESTIMATED, TOLD = "LabelModel", "LabelModel, balance estimated", "LabelModel, dependencies"
TRIPLES, SQUID, DAWID, SNORKEL = "LabelModel, triples", "FlyingSquid", "DawidSkene", "snorkel"


def mean_of(method: str, figure: str, names: tuple[str, ...]) -> Callable[[Figures], float]:
    """Mean of a figure over sets."""
    return lambda found: float(np.mean([found.value(method, name, figure) for name in names]))


def mean_less(one: str, other: str, figure: str, names: tuple[str, ...]) -> Callable:
    """By how much the mean of a figure is higher for one method than for another."""
    first, second = mean_of(one, figure, names), mean_of(other, figure, names)
    return lambda found: first(found) - second(found)


def most_above(one: str, other: str, figure: str, names: tuple[str, ...]) -> Callable:
    """The most by which a figure is higher for one method than for another, on any set."""
    return lambda found: max(
        found.value(one, name, figure) - found.value(other, name, figure) for name in names
    )


CLAIMS = [
    Claim(
        "Four unseen sets of rules: mean log loss no higher than snorkel's.",
        mean_less(MODEL, SNORKEL, "log_loss", OTHERS),
        at_most=0.0,
    ),
    Claim(
        "Four unseen sets of rules: nowhere more than a point less accurate than snorkel.",
        most_above(SNORKEL, MODEL, "accuracy", OTHERS),
        at_most=0.01,
    ),
    Claim(
        "Four unseen sets of rules: mean accuracy at least that of majority vote.",
        mean_less(MODEL, BASELINE, "accuracy", OTHERS),
        at_least=0.0,
    ),
    Claim(
        "Four unseen sets of rules: log loss below Dawid-Skene's on each.",
        most_above(MODEL, DAWID, "log_loss", OTHERS),
        at_most=0.0,
    ),
    Claim(
        "Four unseen sets of rules: FlyingSquid's mean accuracy within a point of majority vote's.",
        mean_less(SQUID, BASELINE, "accuracy", OTHERS),
        at_least=-0.01,
    ),
    Claim(
        "Four unseen sets of rules: mean log loss no higher with the dependencies suggested.",
        mean_less(TOLD, MODEL, "log_loss", OTHERS),
        at_most=0.0,
    ),
    Claim(
        "youtube_spam (seen): accuracy at least snorkel's.",
        mean_less(MODEL, SNORKEL, "accuracy", SEEN[:1]),
        at_least=0.0,
        seen=True,
    ),
]

READING = """
"""

STUDY = Study(
    slug="label-model",
    question="Do label models find more right labels, and better beliefs, from rules that abstain?",
    methods=[
        Method(name, partial(measure_posterior, quietly(posterior_of)), SEEDS)
        for name, posterior_of in {
            BASELINE: ours(MajorityVote),
            DAWID: ours(DawidSkene),
            MODEL: ours(LabelModel),
            ESTIMATED: ours(partial(LabelModel, class_balance="estimated")),
            TRIPLES: ours(partial(LabelModel, order=3)),
            TOLD: with_dependencies,
            SQUID: ours(FlyingSquid),
            SNORKEL: snorkel,
        }.items()
    ],
    materials=[
        Material(SEEN[0], our_comment_rules, seen=True, note="two-sided rules", quick=True),
        Material(SEEN[1], partial(their_rules, SEEN[1]), seen=True),
        Material(OTHERS[0], partial(their_rules, OTHERS[0]), seen=False),
        Material(OTHERS[1], partial(their_rules, OTHERS[1]), seen=False),
        Material(OTHERS[2], partial(word_rules, "agnews_weak", NEWS), seen=False),
        Material(OTHERS[3], partial(word_rules, "imdb_weak", FILMS), seen=False),
    ],
    claims=CLAIMS,
    source=__file__,
    reading=" ".join(READING.split()),
)

if __name__ == "__main__":
    main(STUDY)
