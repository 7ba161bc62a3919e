"""What the difficulty of items is worth, and whether the votes that are foretold are those needed.

Sets with many votes an item are cut down to five, drawn at random by each of five seeds.
``auc`` is the chance that an item whose label is wrong, by gold, is called more difficult than one
whose label is right; ``auc_glad`` the same by GLAD. Then the votes that were left out are put back
in random order, each by Bayes' rule with the confusions learnt from the five, until a class is
believed with 0.95 or no vote is left. ``ratio`` is the number it took over the number foretold,
over all items, and ``order`` Spearman's correlation between the two over items that needed some.

The claims were written before any of it was run. Sets called seen were looked at while Dawid-Skene
was built, not while this was.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from evidence._harness import Claim, Figures, Method, Seed, Study, main
from evidence.aggregation._crowds import MATERIALS, OTHERS, PEOPLE, Crowd
from numpy.typing import NDArray
from scipy.stats import rankdata, spearmanr

from labelwright.aggregation import DawidSkene, item_difficulty
from labelwright.core.seeds import generator
from labelwright.core.votes import Votes

FIRST = 5
TARGET = 0.95
SEEDS = (0, 1, 2, 3, 4)
NAME = "item_difficulty"
SEEN = ("bluebird", "weather_sentiment")
UNSEEN = (PEOPLE[0], OTHERS[0])


def split(crowd: Crowd, seed: Seed) -> tuple[Votes, NDArray[np.int64]]:
    """Five votes an item, and the places of all votes in the random order of each item."""
    votes = crowd.votes
    order = np.lexsort((generator(seed, "order").random(len(votes)), votes.item))
    place = np.arange(len(votes)) - votes.indptr[votes.item]
    few = np.zeros(len(votes), dtype=bool)
    few[order[place < FIRST]] = True
    return votes.select(where=few), order


def taken(votes: Votes, order: NDArray[np.int64], model: DawidSkene) -> NDArray[np.int64]:
    """How many of the votes that were left out it takes for each item, at most all."""
    logs = np.log(model.posterior_.clip(min=1e-300))
    rates = np.log(model.confusion_)
    needed = np.zeros(votes.n_items, dtype=np.int64)
    for further in range(FIRST, int(np.diff(votes.indptr).max())):
        belief = np.exp(logs - logs.max(axis=1, keepdims=True))
        belief /= belief.sum(axis=1, keepdims=True)
        going = (belief.max(axis=1) < TARGET) & (np.diff(votes.indptr) > further)
        rows = np.flatnonzero(going)
        vote = order[votes.indptr[rows] + further]
        logs[rows] += rates[votes.annotator[vote], :, votes.label[vote]]
        needed[rows] += 1
    return needed


def auc(score: NDArray[np.float64], wrong: NDArray[np.bool_]) -> float:
    """Chance that a wrong one scores higher than a right one."""
    rank, n = rankdata(score), int(wrong.sum())
    return float((rank[wrong].sum() - n * (n + 1) / 2) / (n * (wrong.size - n)))


def measure(crowd: Crowd, seed: Seed) -> Mapping[str, float]:
    """Figures on one cut."""
    few, order = split(crowd, seed)
    most = int(np.diff(crowd.votes.indptr).max()) - FIRST
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = DawidSkene().fit(few)
        found = item_difficulty(few, model, target=TARGET, most=most)
        glad = item_difficulty(few, model, target=TARGET, most=most, measure="glad")
    known = crowd.gold >= 0
    wrong = (model.codes_ != crowd.gold)[known]
    needed = taken(crowd.votes, order, model)
    some = found.more > 0
    return {
        "auc": auc(found.difficulty[known], wrong),
        "auc_glad": auc(glad.difficulty[known], wrong),
        "ratio": needed.sum() / found.total,
        "order": spearmanr(needed[some], found.more[some]).statistic,
        "foretold": found.total,
    }


def extreme(
    figure: str, pick: Callable[[list[float]], float], sets: Sequence[str]
) -> Callable[[Figures], float]:
    """The least, the greatest or the mean of a figure over sets."""
    return lambda figures: pick([figures.value(NAME, name, figure) for name in sets])


def mean(values: list[float]) -> float:
    """Their mean."""
    return float(np.mean(values))


CLAIMS = [
    Claim(
        "Wrong labels are called more difficult: 0.65 or more on average (sets seen).",
        extreme("auc", mean, SEEN),
        at_least=0.65,
        seen=True,
    ),
    Claim(
        "Wrong labels are called more difficult: 0.65 or more on average (unseen sets).",
        extreme("auc", mean, UNSEEN),
        at_least=0.65,
    ),
    Claim(
        "No set needs more than 1.5 times the votes foretold.",
        extreme("ratio", max, (*SEEN, *UNSEEN)),
        at_most=1.5,
    ),
    Claim(
        "No set needs less than 0.67 of the votes foretold.",
        extreme("ratio", min, (*SEEN, *UNSEEN)),
        at_least=0.67,
    ),
]

READING = """
Difficulty points to wrong labels on all four sets, entropy more so than GLAD but for the judges of
llmjudge_trec_dl23. The votes that are foretold are too few: it takes 1.1 to 1.8 times as many.
Items that are still in doubt after five votes are often those that divide people, more than their
confusions say. Which of the doubtful items will need most can hardly be told on the sets of two
hundred items or fewer in doubt; the total is what the figures are for, with that factor in mind.
"""

STUDY = Study(
    slug="item-difficulty",
    question="Are items called difficult that people get wrong, and are votes foretold rightly?",
    methods=[Method(NAME, measure, SEEDS)],
    materials=[each for each in MATERIALS if each.name in (*SEEN, *UNSEEN)],
    claims=CLAIMS,
    source=__file__,
    reading=" ".join(READING.split()),
)

if __name__ == "__main__":
    main(STUDY)
