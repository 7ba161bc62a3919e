"""Votes with gold on which aggregators are measured, and the figures that are taken on them.

Measured is the share of right labels on items with gold. An item on which several classes are
equally likely counts by the chance of a random choice among them, for every method alike. ``gain``
is the difference to majority vote on the same items and ``gain_se`` its standard error over items;
``log_loss`` is the mean of -log of the belief in the true class (at least 1e-6). Seeds repeat the
measurement on a random 80 % of the items. ``one_vote`` is the share of single votes that are right.

The sets of SEEN were looked at while the defaults of Dawid-Skene were chosen. An earlier, one-sided
version of our rules on youtube_spam had been tried (see ``labelwright.datasets.youtube_spam``), so
that set counts as seen.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from evidence._harness import Figures, Material, Seed
from numpy.typing import NDArray

from labelwright import datasets
from labelwright.aggregation import MajorityVote
from labelwright.core.seeds import generator
from labelwright.core.votes import Votes
from labelwright.datasets import youtube_spam

BASELINE = "MajorityVote"
PART = 0.8
SEEDS = (None, 0, 1, 2, 3)
LEAST_BELIEF = 1e-6

SEEN = (
    "bluebird",
    "face_sentiment",
    "music_genre",
    "product_matching",
    "sentiment_polarity_crowd",
    "snow_rte",
    "trec_relevance",
    "weather_sentiment",
)
PEOPLE = ("sentiment_polarity_crowd (amt20)", "weather_sentiment (crowdflower)")
OTHERS = ("llmjudge_trec_dl23", "cifar10n", "sms_spam_lf")
OUR_RULES = "youtube_spam"
NOT_INDEPENDENT = "ukp_convincing_arguments"


class Crowd(NamedTuple):
    """Votes, and the class code of each item, -1 without gold."""

    votes: Votes
    gold: NDArray[np.int32]


def load(name: str, **options: Any) -> Crowd:
    """A set as votes and codes, without items on which nobody voted."""
    found = datasets.load(name, **options)
    # For cifar10n slots are taken for annotators on purpose, to see whether that does harm.
    votes = dataclasses.replace(found.votes, anonymous=False)
    gold = np.asarray(votes.classes.encode(found.gold.to_list()))
    return only(Crowd(votes, gold), np.diff(votes.indptr) > 0)


def load_youtube() -> Crowd:
    """Our ten rules on the YouTube comments; gold only where no rule-writer looked."""
    rules = list(youtube_spam.youtube_spam_rules())
    table = datasets.youtube_spam_votes().with_row_index("item")
    votes = Votes.from_wide(table, item="item", votes=rules, classes=["ham", "spam"])
    gold = np.asarray(votes.classes.encode(datasets.load_youtube_spam().gold.to_list()))
    gold = np.where(youtube_spam.youtube_spam_read(), -1, gold)
    return only(Crowd(votes, gold), np.diff(votes.indptr) > 0)


def only(crowd: Crowd, keep: NDArray[np.bool_]) -> Crowd:
    """The items where ``keep`` holds."""
    return Crowd(crowd.votes.select(items=crowd.votes.items[keep]), crowd.gold[keep])


def part_of(crowd: Crowd, seed: Seed) -> Crowd:
    """Everything, or a random 80 % of the items."""
    if seed is None:
        return crowd
    n = crowd.votes.n_items
    keep = np.zeros(n, dtype=bool)
    keep[generator(seed, "items").choice(n, round(PART * n), replace=False)] = True
    return only(crowd, keep)


def right(posterior: NDArray[np.float64], gold: NDArray[np.int32]) -> NDArray[np.float64]:
    """Chance (n,) that a random choice among the likeliest classes is right."""
    likeliest = posterior >= posterior.max(axis=1, keepdims=True) - 1e-9
    return likeliest[np.arange(len(gold)), gold] / likeliest.sum(axis=1)


def measure_posterior(
    posterior_of: Callable[[Votes], NDArray[np.float64]], crowd: Crowd, seed: Seed
) -> Mapping[str, float]:
    """Figures of one method on one part of one set."""
    votes, gold = part_of(crowd, seed)
    known = gold >= 0
    posterior, truth = posterior_of(votes)[known], gold[known]
    hits = right(posterior, truth)
    baseline = right(MajorityVote().fit(votes).posterior_[known], truth)
    belief = posterior[np.arange(len(truth)), truth].clip(min=LEAST_BELIEF)
    voted_truth = gold[votes.item]
    return {
        "accuracy": hits.mean(),
        "gain": (hits - baseline).mean(),
        "gain_se": (hits - baseline).std(ddof=1) / np.sqrt(len(truth)),
        "log_loss": -np.log(belief).mean(),
        "one_vote": (votes.label == voted_truth)[voted_truth >= 0].mean(),
    }


def ours(kind: type) -> Callable[[Votes], NDArray[np.float64]]:
    """The posterior of one of our aggregators with its defaults."""
    return lambda votes: kind().fit(votes).posterior_


MATERIALS = [
    *(Material(name, partial(load, name), seen=True, quick=name == "bluebird") for name in SEEN),
    Material(PEOPLE[0], partial(load, "sentiment_polarity_crowd", campaign="amt20"), seen=False),
    Material(PEOPLE[1], partial(load, "weather_sentiment", campaign="crowdflower"), seen=False),
    Material(OTHERS[0], partial(load, OTHERS[0]), seen=False, note="annotators are models"),
    Material(OTHERS[1], partial(load, OTHERS[1]), seen=False, note="annotators are slots"),
    Material(OTHERS[2], partial(load, OTHERS[2]), seen=False, note="annotators are rules"),
    Material(
        OUR_RULES,
        load_youtube,
        seen=True,
        note="annotators are our rules; gold where no rule-writer looked",
        quick=True,
    ),
    Material(
        NOT_INDEPENDENT,
        partial(load, NOT_INDEPENDENT),
        seen=False,
        note="gold was estimated from these votes: agreement, not accuracy; no claim",
    ),
]


def least_gain(names: tuple[str, ...], method: str) -> Callable[[Figures], float]:
    """The smallest gain over majority vote among some sets."""
    return lambda figures: min(figures.value(method, name, "gain") for name in names)


def mean_gain(names: tuple[str, ...], method: str) -> Callable[[Figures], float]:
    """The mean gain over majority vote of some sets."""
    return lambda figures: float(np.mean([figures.value(method, n, "gain") for n in names]))
