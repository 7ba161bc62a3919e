"""All aggregators of classes on all votes at hand: which is right most often, and how surely.

Sets and figures are those of ``evidence.aggregation._crowds``; ``seconds`` are of CPU.
Claims by rank mean the place among the methods by accuracy, 1 the best, ties shared. All run with
its defaults: those of its paper, but for DawidSkene, MMSR and KOS, whose defaults were chosen while
looking at the first eight sets.
The claims below were written before any figure of a method but MajorityVote, Wawa, DawidSkene and
OneCoinDawidSkene was known. What a method claims of itself is the first line of its kind: to be
right at least as often as majority vote, on average over sets of people.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from evidence._harness import Claim, Figures, Method, Seed, Study, main
from evidence.aggregation._crowds import (
    BASELINE,
    MATERIALS,
    NOT_INDEPENDENT,
    OTHERS,
    OUR_RULES,
    PEOPLE,
    SEEN,
    Crowd,
    mean_gain,
    measure_posterior,
)
from numpy.typing import NDArray

from labelwright import aggregation
from labelwright.core.errors import LabelwrightWarning
from labelwright.core.votes import Votes

MEASURED_ELSEWHERE = ("Wawa", "OneCoinDawidSkene", "DawidSkene")
NEW = (
    "ZeroBasedSkill",
    "GLAD",
    "MACE",
    "MMSR",
    "KOS",
    "SpectralDawidSkene",
    "CATD",
    "CRH",
    "IBCC",
    "EBCC",
    "BWA",
    "TopTwo",
)
NAMES = (BASELINE, *MEASURED_ELSEWHERE, *NEW)
SEEDS = (None, 0, 1)
JUDGES = OTHERS[0]
ALL = (*SEEN, *PEOPLE, *OTHERS, OUR_RULES)


def posterior_of(name: str, votes: Votes) -> NDArray[np.float64]:
    """The posterior of an aggregator with its defaults."""
    return getattr(aggregation, name)().fit(votes).posterior_


def measure(name: str, crowd: Crowd, seed: Seed) -> Mapping[str, float]:
    """The figures of the crowd sets, and the CPU time of fitting twice, with the baseline."""
    started = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LabelwrightWarning)
        found = measure_posterior(partial(posterior_of, name), crowd, seed)
    return {**found, "seconds": time.process_time() - started}


def ranks(figures: Figures, names: tuple[str, ...]) -> dict[str, float]:
    """Mean rank of each method by accuracy over some sets; ties share a place."""
    from scipy.stats import rankdata

    table = [[figures.value(method, name, "accuracy") for method in NAMES] for name in names]
    places = rankdata(-np.array(table), axis=1).mean(axis=0)
    return dict(zip(NAMES, places.tolist(), strict=True))


def lead(better: str, worse: str, names: tuple[str, ...]) -> Callable[[Figures], float]:
    """By how much one method is right more often than another, on average over some sets."""
    return lambda figures: float(
        np.mean(
            [
                figures.value(better, name, "accuracy") - figures.value(worse, name, "accuracy")
                for name in names
            ]
        )
    )


def rank_of(method: str, names: tuple[str, ...]) -> Callable[[Figures], float]:
    """Mean rank of one method."""
    return lambda figures: ranks(figures, names)[method]


def itself(method: str) -> Claim:
    """What is asked of every method."""
    return Claim(
        f"{method}: on average at least as often right as majority vote where people vote.",
        mean_gain((*SEEN, *PEOPLE), method),
        at_least=0.0,
    )


CLAIMS = [
    *(itself(method) for method in NEW),
    Claim(
        "EBCC: on average over the eight sets of people above IBCC, as its paper finds.",
        lead("EBCC", "IBCC", SEEN),
        at_least=0.0,
    ),
    Claim(
        "EBCC: at least five points above DawidSkene on judges that share their errors.",
        lead("EBCC", "DawidSkene", (JUDGES,)),
        at_least=0.05,
    ),
    Claim(
        "BWA: on average over the eight sets of people at least level with DawidSkene.",
        lead("BWA", "DawidSkene", SEEN),
        at_least=0.0,
    ),
    Claim(
        "DawidSkene, the default, among the first third by mean rank where people vote.",
        rank_of("DawidSkene", (*SEEN, *PEOPLE)),
        at_most=len(NAMES) / 3,
    ),
    Claim(
        "SpectralDawidSkene: within half a point of DawidSkene on average where people vote.",
        lead("SpectralDawidSkene", "DawidSkene", (*SEEN, *PEOPLE)),
        at_least=-0.005,
    ),
]

READING = """
Where people vote, DawidSkene is best on average, 4.0 points above majority vote, and IBCC,
SpectralDawidSkene and EBCC are within .3 of it. Methods with one skill an annotator gain .6 to 1.3
points and lose up to 8 on bluebird and trec_relevance, where people lean to one side; MACE gains
2.6 and loses 6 on product_matching. KOS, made for a binary design in which everybody meets
everybody, fails on music_genre and trec_relevance. EBCC is level with IBCC, not above it: on most
of these sets its bound keeps one subtype. On judges that share their errors it is 9 points above
Dawid-Skene and still 4 below majority vote; there, weighing by agreement (Wawa and its like) is
safest. On rules that only ever say one label nothing can be trusted but majority vote, whatever a
start may hit by luck. All models of confusions are too sure of themselves: their log loss is above
that of mere shares of votes, although they are right more often. Most methods take less than a
tenth of a second on 88,000 votes, MACE and EBCC with their restarts seconds; with 150,000 votes
EBCC takes a minute.
"""

STUDY = Study(
    slug="aggregators",
    question="Which aggregator is right most often, and how does each compare on every set?",
    methods=[Method(name, partial(measure, name), SEEDS) for name in NAMES],
    materials=[material for material in MATERIALS if material.name != NOT_INDEPENDENT],
    claims=CLAIMS,
    source=__file__,
    reading=" ".join(READING.split()),
)

if __name__ == "__main__":
    main(STUDY)
