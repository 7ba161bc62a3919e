"""Label models on the votes of real rules, against majority vote, Dawid-Skene and snorkel.

Measured are accuracy and log loss (see ``evidence.aggregation._crowds``) on the items with gold on
which at least one rule spoke; every model is fitted to all items, since where rules are silent is
part of what label models learn from. No model is told how common the classes are, but for the row
that says so: the paper takes that as known. That row, and the claim about it, were added last, when
all other figures had been seen.

Rules of our own look for words; they were written from general knowledge about news, films,
questions and newsgroups before any text or label of those sets was looked at.

The study was run twice. At first the two sets of SEEN_FIRST were known and the four of SEEN_THEN
were not, and LabelModel had neither a dispersion nor weighed pairs by the number of rules. On those
four its accuracy was 10.6 points below majority vote on average (on imdb 25 points, since the model
took long reviews for one class and short ones for the other), and its mean log loss 0.10 above
snorkel's: none of the claims about it held but one. From this came the dispersion and the weighing
of pairs, and the smoothing was chosen anew, all on these six sets, which count as seen since. The
claims as they stand, and the rules of the four sets of OTHERS, were written after that and before
LabelModel was run on OTHERS.

FlyingSquid at first gave a rule that mostly disagrees with the others a negative sign. On rules
that say one class only this turned right ones round (13 points below majority vote on OTHERS); now
every rule counts as better than chance, as in the paper. So for FlyingSquid all ten sets of rules
count as seen; the two campaigns of people were added to judge it, with the claim stated before.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from evidence._harness import Claim, Figures, Material, Method, Seed, Study, main
from evidence.aggregation._crowds import (
    BASELINE,
    PEOPLE,
    Crowd,
    load,
    measure_posterior,
    ours,
)
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
MOST_RULES = 70
SEEN_FIRST = ("youtube_spam", "sms_spam_lf")
SEEN_THEN = ("youtube_spam_lf", "trec_questions_lf68", "agnews", "imdb")
SEEN = (*SEEN_FIRST, *SEEN_THEN)
OTHERS = ("mr_sentences", "subj", "trec6", "twenty_newsgroups")

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

# 0 is subjective: sentences of reviews, and of plots.
SENTENCES = {
    "subjective": (
        "film|movie|comedy|drama|performances?",
        "good|bad|best|funny|great|dull|entertaining",
        "is an?|it's|there's",
        "you|your|i|we",
        "too|enough|rather|quite|never|really",
        "acting|director|script|cast|screenplay|direction",
    ),
    "objective": (
        "he|she|his|her",
        "finds?|discovers?|meets?|falls? in love|decides?|tries",
        "man|woman|girl|boy|wife|husband|father|mother|brother|daughter|son",
        "town|village|city|house|school|war",
        "when|after|while|until",
        "named|young|kills?|killed|murder\\w*|death",
    ),
}
QUESTIONS = {
    "DESC": (
        "how (do|does|did|can|to|is|are)",
        "why",
        "mean|means|meaning|define|definition",
        "origins?|difference|causes?|caused|explain",
    ),
    "ENTY": (
        "what (colou?r|animal|food|language|sport|game|instrument|product|disease|drug)s?",
        "film|movie|book|novel|song|play|poem",
        "kind of|type of|name an?",
        "called|term|word",
    ),
    "ABBR": ("stands? for", "abbreviat\\w*|acronym|initials|full form"),
    "HUM": (
        "who|whose|whom",
        "president|author|actor|actress|inventor|king|queen|singer",
        "wrote|invented|discovered|founded|played",
        "teams?|compan(y|ies)|group|organization",
    ),
    "LOC": (
        "where",
        "city|cities|country|countries|state|capital|island|river|mountain|continent",
        "located|live",
    ),
    "NUM": (
        "how (many|much|old|long|far|tall|big|fast|often|deep|high)",
        "when|what (year|date|day|time)",
        "population|percent\\w*|distance|number|rate|price|cost",
    ),
}
NEWSGROUPS = {
    "alt": ("atheis\\w*|agnostic\\w*", "moral|morality|belief|god"),
    "comp": (
        "windows|dos|mac|macintosh|apple",
        "graphics|image|gif|jpeg|files?|program|software",
        "drive|scsi|card|monitor|ram|disk",
        "server|x11|motif|widget",
    ),
    "misc": ("sale|sell|selling|offer|obo|shipping", "price|condition|brand new"),
    "rec": (
        "cars?|engine|bmw|ford|honda|dealer",
        "bikes?|motorcycle|riding|ride|helmet",
        "games?|teams?|season|players?|hockey|baseball|nhl",
        "league|playoffs?|pitcher|goalie|score",
    ),
    "sci": (
        "encryption|clipper|keys?|crypto\\w*|nsa",
        "circuit|voltage|battery|electronic\\w*",
        "doctor|patients?|disease|medical|treatment",
        "space|nasa|orbit|shuttle|moon|launch",
    ),
    "soc": ("jesus|christ|church|christian\\w*|lord", "sin|faith|scripture|heaven|prayer"),
    "talk": (
        "guns?|firearms?|weapons?|fbi|waco",
        "israel\\w*|arab\\w*|turk\\w*|armenian\\w*|jews?",
        "government|clinton|president|politic\\w*|tax|rights",
    ),
}


def table_of(name: str) -> pl.DataFrame:
    """A set as it lies in the mirror of data sets."""
    table = pl.read_parquet(Path(os.environ["LABELWRIGHT_DATA"]) / name / "data.parquet")
    if "top" in table.columns:
        label = table["top"].cast(pl.Enum(list(NEWSGROUPS))).to_physical()
        return table.with_columns(label=label)
    return table


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


def with_balance(found: Crowd, seed: Seed) -> Mapping[str, float]:
    """The label model that is told the shares of the classes among the items with gold."""
    gold = found.gold[found.gold >= 0]
    shares = (np.bincount(gold, minlength=found.votes.classes.n_classes) / gold.size).tolist()
    return measure_posterior(quietly(ours(partial(LabelModel, class_balance=shares))), found, seed)


def snorkel(votes: Votes) -> NDArray[np.float64]:
    """Snorkel's label model, 500 steps of its default optimiser."""
    from snorkel.labeling.model import LabelModel as SnorkelLabelModel

    matrix = np.full((votes.n_items, votes.n_annotators), -1)
    matrix[votes.item, votes.annotator] = votes.label
    model = SnorkelLabelModel(cardinality=votes.classes.n_classes, verbose=False)
    model.fit(matrix, n_epochs=500, seed=0, progress_bar=False)
    return model.predict_proba(matrix)


def of_rules(run: Callable[[Crowd, Seed], Mapping[str, float]]) -> Callable:
    """A method for rules, which has nothing to say about crowds of people."""
    return lambda found, seed: {} if found.votes.n_annotators > MOST_RULES else run(found, seed)


def quietly(posterior_of: Callable[[Votes], NDArray[np.float64]]) -> Callable[[Votes], NDArray]:
    """The same without what is warned about rules that say one class only."""

    def run(votes: Votes) -> NDArray[np.float64]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LabelwrightWarning)
            return posterior_of(votes)

    return run


MODEL, ESTIMATED, TOLD = "LabelModel", "LabelModel, balance estimated", "LabelModel, dependencies"
BALANCED = "LabelModel, balance told"
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
        "Four unseen sets: mean log loss no higher than snorkel's.",
        mean_less(MODEL, SNORKEL, "log_loss", OTHERS),
        at_most=0.0,
    ),
    Claim(
        "Four unseen sets: nowhere more than a point less accurate than snorkel.",
        most_above(SNORKEL, MODEL, "accuracy", OTHERS),
        at_most=0.01,
    ),
    Claim(
        "Four unseen sets: mean accuracy at least that of majority vote.",
        mean_less(MODEL, BASELINE, "accuracy", OTHERS),
        at_least=0.0,
    ),
    Claim(
        "Four unseen sets: nowhere more than two points less accurate than majority vote.",
        most_above(BASELINE, MODEL, "accuracy", OTHERS),
        at_most=0.02,
    ),
    Claim(
        "Four unseen sets: log loss below Dawid-Skene's on each.",
        most_above(MODEL, DAWID, "log_loss", OTHERS),
        at_most=0.0,
    ),
    Claim(
        "Two unseen campaigns of people: FlyingSquid's mean accuracy at least majority vote's.",
        mean_less(SQUID, BASELINE, "accuracy", PEOPLE),
        at_least=0.0,
    ),
    Claim(
        "Four sets of rules: FlyingSquid's mean accuracy within a point of majority vote's.",
        mean_less(SQUID, BASELINE, "accuracy", OTHERS),
        at_least=-0.01,
        seen=True,
    ),
    Claim(
        "Four unseen sets: mean log loss no higher with the dependencies suggested.",
        mean_less(TOLD, MODEL, "log_loss", OTHERS),
        at_most=0.0,
    ),
    Claim(
        "Ten sets, class balance told: mean accuracy at least that of majority vote.",
        mean_less(BALANCED, BASELINE, "accuracy", SEEN + OTHERS),
        at_least=0.0,
        seen=True,
    ),
    Claim(
        "Six seen sets: mean log loss no higher than snorkel's.",
        mean_less(MODEL, SNORKEL, "log_loss", SEEN),
        at_most=0.0,
        seen=True,
    ),
    Claim(
        "Six seen sets: mean accuracy at least that of majority vote.",
        mean_less(MODEL, BASELINE, "accuracy", SEEN),
        at_least=0.0,
        seen=True,
    ),
]

READING = """
What LabelModel gives is better beliefs: its log loss is below majority vote's and below snorkel's
on all ten sets of rules, if by little on mr_sentences and twenty_newsgroups. More right labels
than majority vote it finds on the six seen sets (1.5 points on average), not on the four unseen
ones (0.9 points fewer). Nearly all of that is twenty_newsgroups, where the classes make up from 5
to 25 % and equal shares are assumed: told the shares, the loss there is 0.7 points, and over all
ten sets the gain is 2.4 points. On trec6 and twenty_newsgroups snorkel is a point more accurate.
To estimate the class balance gave worse beliefs than equal shares on all ten sets, often by far,
and triples on eight: real rules depend on each other in threes. To declare all suggested
dependencies made beliefs better on two sets and worse on seven, so the suggestions are for people
to look at. Dawid-Skene puts nearly all items into one class where rules say one class only.
FlyingSquid labels like majority vote, with beliefs that are too sure.
"""

STUDY = Study(
    slug="label-model",
    question="Do label models find more right labels, and better beliefs, from rules that abstain?",
    methods=[
        Method(BASELINE, partial(measure_posterior, ours(MajorityVote)), SEEDS),
        Method(DAWID, partial(measure_posterior, quietly(ours(DawidSkene))), SEEDS),
        Method(SQUID, partial(measure_posterior, quietly(ours(FlyingSquid))), SEEDS),
        Method(BALANCED, of_rules(with_balance), SEEDS),
        *(
            Method(name, of_rules(partial(measure_posterior, quietly(posterior_of))), SEEDS)
            for name, posterior_of in {
                MODEL: ours(LabelModel),
                ESTIMATED: ours(partial(LabelModel, class_balance="estimated")),
                TRIPLES: ours(partial(LabelModel, order=3)),
                TOLD: with_dependencies,
                SNORKEL: snorkel,
            }.items()
        ),
    ],
    materials=[
        Material("youtube_spam", our_comment_rules, seen=True, note="two-sided", quick=True),
        Material("sms_spam_lf", partial(their_rules, "sms_spam_lf"), seen=True),
        Material("youtube_spam_lf", partial(their_rules, "youtube_spam_lf"), seen=True),
        Material("trec_questions_lf68", partial(their_rules, "trec_questions_lf68"), seen=True),
        Material("agnews", partial(word_rules, "agnews_weak", NEWS), seen=True),
        Material("imdb", partial(word_rules, "imdb_weak", FILMS), seen=True),
        Material("mr_sentences", partial(word_rules, "mr_sentences", FILMS), seen=False),
        Material("subj", partial(word_rules, "subj", SENTENCES), seen=False),
        Material("trec6", partial(word_rules, "trec6", QUESTIONS), seen=False),
        Material(
            "twenty_newsgroups",
            partial(word_rules, "twenty_newsgroups_sample", NEWSGROUPS),
            seen=False,
        ),
        Material(
            PEOPLE[0],
            partial(load, "sentiment_polarity_crowd", campaign="amt20"),
            seen=False,
            note="annotators are people",
        ),
        Material(
            PEOPLE[1],
            partial(load, "weather_sentiment", campaign="crowdflower"),
            seen=False,
            note="annotators are people",
        ),
    ],
    claims=CLAIMS,
    source=__file__,
    reading=" ".join(READING.split()),
)

if __name__ == "__main__":
    main(STUDY)
