"""Wawa against majority vote, on votes of real crowds, models and rules.

Sets and figures are those of ``evidence.aggregation._crowds``. Wawa has nothing to tune. The
claims were written before any of its figures was known; known was how majority vote and Dawid-Skene
do on these sets, so those that were looked at for Dawid-Skene count as seen here as well.
"""

from __future__ import annotations

from functools import partial

from evidence._harness import Claim, Method, Study, main
from evidence.aggregation._crowds import (
    BASELINE,
    MATERIALS,
    OTHERS,
    PEOPLE,
    SEEDS,
    SEEN,
    least_gain,
    mean_gain,
    measure_posterior,
    ours,
)

from labelwright.aggregation import MajorityVote, Wawa

OURS, ITERATED = "Wawa", "Wawa, iterated"


CLAIMS = [
    Claim(
        "People: mean accuracy at least that of majority vote (two unseen campaigns).",
        mean_gain(PEOPLE, OURS),
        at_least=0.0,
    ),
    Claim(
        "People: nowhere more than half a point below majority vote (two unseen campaigns).",
        least_gain(PEOPLE, OURS),
        at_least=-0.005,
    ),
    Claim(
        "Models, slots and rules: nowhere more than half a point below majority vote.",
        least_gain(OTHERS, OURS),
        at_least=-0.005,
    ),
    Claim(
        "People: nowhere more than half a point below majority vote (eight seen sets).",
        least_gain(SEEN, OURS),
        at_least=-0.005,
        seen=True,
    ),
    Claim(
        "People: on average at least half a point above majority vote (eight seen sets).",
        mean_gain(SEEN, OURS),
        at_least=0.005,
        seen=True,
    ),
    Claim(
        "Iterated: mean accuracy at least that of majority vote (two unseen campaigns).",
        mean_gain(PEOPLE, ITERATED),
        at_least=0.0,
    ),
]

READING = """
Nine points are gained on music_genre, with ten classes and about four votes an item, and 2.4 on
snow_rte; on the two unseen campaigns of people the gain lies within its standard error. Lost are
0.8 points on trec_relevance, 0.7 on face_sentiment (within two standard errors) and 4.1 on
sms_spam_lf. These are three of the four sets on which majority vote is least often right; on the
fourth, llmjudge_trec_dl23, a point is gained. Iterating moves no set by more than half a point.
"""

STUDY = Study(
    slug="wawa",
    question="Does weighing votes by agreement with the majority find more right labels?",
    methods=[
        Method(BASELINE, partial(measure_posterior, ours(MajorityVote)), SEEDS),
        Method(OURS, partial(measure_posterior, ours(Wawa)), SEEDS),
        Method(ITERATED, partial(measure_posterior, ours(partial(Wawa, iterate=True))), SEEDS),
    ],
    materials=MATERIALS,
    claims=CLAIMS,
    source=__file__,
    reading=" ".join(READING.split()),
)

if __name__ == "__main__":
    main(STUDY)
