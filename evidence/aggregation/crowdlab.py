"""CrowdLab against majority vote and Dawid-Skene: labels, their quality, people, what to ask next.

The model is a logistic regression on TF-IDF, by cross-validation on majority labels; for pairs of
products on how their names differ and how alike they are. ``snow_rte, 2 votes`` keeps two of ten
votes an item. ``trec6``, ``agnews`` and ``banking77`` have texts and true labels of their own, and
votes drawn for them: 40 annotators, right with probability .4 to .95 and otherwise evenly wrong,
two votes an item. Seeds draw anew which 80 % of the items, or which votes, there are.

``accuracy`` is the share of right labels (majority ties count by chance), ``gain`` the lead
over majority vote, ``auroc`` how well the quality of a label tells right from wrong ones, and
``ranking`` Spearman's correlation over annotators of 10 votes or more between what is said of them
and their true accuracy.

``asked`` and ``random`` begin with two votes an item and buy a vote, four times, on a quarter of
the items each: those that ``next_items`` names, or any. The votes are real ones (snow_rte) or
drawn; the figure is the accuracy of CrowdLab at the end.

product_matching, snow_rte and youtube_spam were looked at while other aggregators were made, not
with a model. The claims were written before any figure was known; a first run on 3,000 in place of
1,500 texts, which took too long, came to the same verdicts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from evidence._harness import Claim, Figures, Material, Method, Seed, Study, main
from evidence.aggregation import _crowds
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack
from scipy.stats import spearmanr
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from labelwright import datasets
from labelwright.aggregation import CrowdLab, DawidSkene, MajorityVote
from labelwright.aggregation._base import ClassAggregator
from labelwright.core.seeds import generator
from labelwright.core.votes import Votes
from labelwright.estimation import cross_val_probabilities

SEEDS = (0, 1, 2)
MAJORITY, CONFUSIONS, OURS, CALIBRATED, ASKING = (
    "MajorityVote",
    "DawidSkene",
    "CrowdLab",
    "CrowdLab, calibrated",
    "asking",
)
PRODUCTS, ENTAILMENT, OUR_RULES = "product_matching", "snow_rte, 2 votes", "youtube_spam"
QUESTIONS, NEWS, QUERIES = "trec6, drawn votes", "agnews, drawn votes", "banking77, drawn votes"
DRAWN = (QUESTIONS, NEWS, QUERIES)
ASKED = (ENTAILMENT, QUESTIONS)
MOST_ITEMS = 1500
ROUNDS = 4


class Task(NamedTuple):
    """All votes there are, true codes (-1 without), features, and votes an item to begin with."""

    name: str
    votes: Votes
    gold: NDArray[np.int32]
    features: Any
    n_votes: int | None


def text_task(name: str, texts: list[str], crowd: _crowds.Crowd, n_votes: int | None) -> Task:
    """A task whose model reads texts."""
    features = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2).fit_transform(texts)
    return Task(name, *crowd, features, n_votes)


def entailment() -> Task:
    """Whether a text says what a hypothesis says."""
    found = datasets.load("snow_rte")
    crowd = _crowds.load("snow_rte")
    text = found.records.select(pl.concat_str("text", "hypothesis", separator=" . "))
    return text_task(ENTAILMENT, text.to_series().to_list(), crowd, 2)


def products() -> Task:
    """Whether two names mean the same product."""
    found = datasets.load("product_matching")
    names = dict(found.more["products"].select("product", "name").iter_rows())
    sides = [[names[i] for i in found.records[f"product_{side}"].to_list()] for side in "ab"]
    tfidf = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    tfidf.fit(list(names.values()))
    left, right = (tfidf.transform(side) for side in sides)
    alike = np.asarray(left.multiply(right).sum(axis=1)).reshape(-1, 1)
    shared = [shared_words(a, b) for a, b in zip(*sides, strict=True)]
    dense = csr_array(5 * np.column_stack([alike, np.array(shared)]))
    features = hstack([abs(left - right), dense]).tocsr()
    return Task(PRODUCTS, *_crowds.load("product_matching"), features, None)


def shared_words(one: str, other: str) -> tuple[float, float]:
    """Share of words, and of words with a digit in them, that two names have in common."""
    shares = []
    for kept in (str.isalnum, lambda word: any(c.isdigit() for c in word)):
        a, b = ({w for w in name.lower().split() if kept(w)} for name in (one, other))
        shares.append(len(a & b) / max(len(a | b), 1))
    return shares[0], shares[1]


def comments_by_rules() -> Task:
    """Is a comment spam? Votes are those of our rules."""
    crowd = _crowds.load_youtube()
    texts = datasets.load("youtube_spam").records["text"].to_list()
    return text_task(OUR_RULES, [texts[i] for i in crowd.votes.items.tolist()], crowd, None)


def drawn(name: str, of: str) -> Task:
    """Real texts and labels, and votes drawn by annotators of different skill."""
    found = datasets.load(of)
    labels = found.gold.to_numpy()
    rng = generator(0, name)
    rows = rng.permutation(len(labels))[:MOST_ITEMS]
    classes, gold = np.unique(labels[rows], return_inverse=True)
    k, n = len(classes), rows.size
    skill = rng.uniform(0.4, 0.95, 40)
    who = rng.random((n, 40)).argsort(axis=1)[:, : 2 + ROUNDS].ravel()
    truth = np.repeat(gold, 2 + ROUNDS)
    wrong = (truth + rng.integers(1, k, truth.size)) % k
    given = np.where(rng.random(truth.size) < skill[who], truth, wrong)
    item = np.repeat(np.arange(n), 2 + ROUNDS)
    votes = Votes.from_arrays(item, who, given, classes=range(k), items=range(n))
    texts = [found.records["text"][int(row)] for row in rows]
    return text_task(name, texts, _crowds.Crowd(votes, gold.astype(np.int32)), 2)


def begin(task: Task, seed: Seed) -> tuple[Task, NDArray[np.int64]]:
    """The task of a seed, and a random order of the votes on each item."""
    rng = generator(seed, "votes")
    if task.n_votes is None:
        keep = np.sort(rng.permutation(task.votes.n_items)[: round(0.8 * task.votes.n_items)])
        votes = task.votes.select(items=task.votes.items[keep])
        task = Task(task.name, votes, task.gold[keep], task.features[keep], None)
    order = np.lexsort((rng.random(len(task.votes)), task.votes.item))
    place = np.empty(len(task.votes), dtype=np.int64)
    place[order] = np.arange(len(task.votes)) - task.votes.indptr[task.votes.item[order]]
    return task, place


def votes_of(task: Task, place: NDArray[np.int64], n_votes: NDArray[np.int64] | int) -> Votes:
    """So many votes of each item."""
    wanted = np.broadcast_to(n_votes, task.votes.n_items)
    return task.votes.select(where=place < wanted[task.votes.item])


def probabilities_on(task: Task, votes: Votes) -> NDArray[np.float64]:
    """What the model says of each item, by cross-validation on majority labels."""
    majority = MajorityVote(ties="random").fit(votes).codes_
    model = LogisticRegression(C=10.0, max_iter=200)
    k = votes.classes.n_classes
    return cross_val_probabilities(model, task.features, majority, classes=list(range(k)))


def run(
    fit: Callable[[Votes, Any], ClassAggregator], task: Task, seed: Seed
) -> Mapping[str, float]:
    """Figures of one method on one task."""
    task, place = begin(task, seed)
    votes = task.votes if task.n_votes is None else votes_of(task, place, task.n_votes)
    model = fit(votes, partial(probabilities_on, task))
    known = task.gold >= 0
    truth = task.gold[known]
    right = accuracy_of(model, known, truth)
    majority = accuracy_of(MajorityVote().fit(votes), known, truth)
    correct = model.codes_[known] == truth
    return {
        "accuracy": right,
        "gain": right - majority,
        "auroc": roc_auc_score(correct, model.confidence_[known]),
        "ranking": ranking(model, votes, task.gold),
    }


def accuracy_of(
    model: ClassAggregator, known: NDArray[np.bool_], truth: NDArray[np.int32]
) -> float:
    """Share of right labels; ties of majority vote by chance."""
    if isinstance(model, CrowdLab):
        return float((model.codes_[known] == truth).mean())
    return float(_crowds.right(model.posterior_[known], truth).mean())


def ranking(model: ClassAggregator, votes: Votes, gold: NDArray[np.int32]) -> float:
    """Whether who is said to be better is better."""
    known = gold[votes.item] >= 0
    n = votes.n_annotators
    counts = np.bincount(votes.annotator[known], minlength=n)
    right = np.bincount(votes.annotator, known & (gold[votes.item] == votes.label), minlength=n)
    enough = counts >= 10
    said = model.annotator_right_ / np.maximum(model.annotator_votes_, 1)
    said = getattr(model, "annotator_quality_", said)
    return float(spearmanr(said[enough], right[enough] / counts[enough]).statistic)


def asking(task: Task, seed: Seed) -> Mapping[str, float]:
    """Accuracy after votes were bought where they teach most, and after as many anywhere."""
    if task.name not in ASKED:
        return {}
    task, place = begin(task, seed)
    figures = {}
    for name in ("asked", "random"):
        rng = generator(seed, "asking")
        n_votes = np.full(task.votes.n_items, 2)
        for left in range(ROUNDS, -1, -1):
            votes = votes_of(task, place, n_votes)
            model = CrowdLab(calibrate=True).fit(votes, probabilities=probabilities_on(task, votes))
            if not left:
                figures[name] = float((model.codes_ == task.gold).mean())
                break
            order = (
                np.argsort(model.active_learning_scores_, kind="stable")
                if name == "asked"
                else rng.permutation(task.votes.n_items)
            )
            n_votes[order[: task.votes.n_items // 4]] += 1
    return figures


METHODS = [
    Method(MAJORITY, partial(run, lambda votes, _: MajorityVote().fit(votes)), SEEDS),
    Method(CONFUSIONS, partial(run, lambda votes, _: DawidSkene().fit(votes)), SEEDS),
    Method(
        OURS,
        partial(run, lambda votes, model: CrowdLab().fit(votes, probabilities=model(votes))),
        SEEDS,
    ),
    Method(
        CALIBRATED,
        partial(
            run,
            lambda votes, model: CrowdLab(calibrate=True).fit(votes, probabilities=model(votes)),
        ),
        SEEDS,
    ),
    Method(ASKING, asking, SEEDS),
]


def lead(
    figure: str, other: str, sets: tuple[str, ...], of: Callable[..., Any] = min
) -> Callable[[Figures], float]:
    """The least lead of ours over another method."""
    return lambda f: of(f.value(OURS, s, figure) - f.value(other, s, figure) for s in sets)


def mean(values: Any) -> float:
    """Mean of an iterable."""
    return float(np.mean(list(values)))


def asked_lead(name: str) -> Callable[[Figures], float]:
    """What asking gains over buying votes anywhere."""
    return lambda f: f.value(ASKING, name, "asked") - f.value(ASKING, name, "random")


CLAIMS = [
    Claim(
        "People: on average a point more right labels than majority vote (product_matching, "
        "snow_rte with two votes).",
        lead("accuracy", MAJORITY, (PRODUCTS, ENTAILMENT), mean),
        at_least=0.01,
        seen=True,
    ),
    Claim(
        "Drawn votes on real texts: five points more right labels than majority vote on each of "
        "three sets.",
        lead("accuracy", MAJORITY, DRAWN),
        at_least=0.05,
    ),
    Claim(
        "Drawn votes on real texts: no fewer right labels than Dawid-Skene on each of three sets.",
        lead("accuracy", CONFUSIONS, DRAWN),
        at_least=0.0,
    ),
    Claim(
        "Quality tells right from wrong labels better than agreement does: AUROC higher by .03 on "
        "each set of people.",
        lead("auroc", MAJORITY, (PRODUCTS, ENTAILMENT)),
        at_least=0.03,
        seen=True,
    ),
    Claim(
        "The same with drawn votes (three unseen sets).",
        lead("auroc", MAJORITY, DRAWN),
        at_least=0.03,
    ),
    Claim(
        "Annotators are ranked no worse than by agreement with the majority (three unseen sets).",
        lead("ranking", MAJORITY, DRAWN),
        at_least=0.0,
    ),
    Claim(
        "Annotators are ranked no worse than by agreement with the majority (people, two sets).",
        lead("ranking", MAJORITY, (PRODUCTS, ENTAILMENT)),
        at_least=0.0,
        seen=True,
    ),
    Claim(
        "Votes bought where next_items says: half a point more right labels than anywhere (trec6).",
        asked_lead(QUESTIONS),
        at_least=0.005,
    ),
    Claim(
        "Votes bought where next_items says: half a point more right labels than anywhere "
        "(snow_rte).",
        asked_lead(ENTAILMENT),
        at_least=0.005,
        seen=True,
    ),
]

READING = """
With a good model and two votes an item, most is gained: 13 to 16 points over majority vote on
texts with drawn votes, 7 or more over Dawid-Skene, and the better annotators are found. Asking
where it says gains 4 points on trec6 and 3 on snow_rte over asking anywhere. But it believes its
model. On snow_rte, where the model is right on half of the items, which is chance, 6 points are
lost against majority vote, quality says nothing, and annotators are ranked worse: the model is
judged by a consensus that it had a part in. On product_matching 2.5 points are gained and quality
tells right from wrong labels far better (.87 against .73), yet Dawid-Skene gains 4.3. Without the
temperature quality is worse than plain agreement on trec6 and agnews; with it, it is better on
every set but for a loss of labels on snow_rte. So: look at how often the model agrees with votes
it has not seen before using it, and calibrate.
"""

STUDY = Study(
    slug="crowdlab",
    question="What does a model add to few votes on an item?",
    methods=METHODS,
    materials=[
        Material(PRODUCTS, products, seen=True),
        Material(ENTAILMENT, entailment, seen=True, quick=True),
        Material(OUR_RULES, comments_by_rules, seen=True, note="annotators are our rules"),
        Material(QUESTIONS, partial(drawn, QUESTIONS, "trec6"), seen=False, note="votes are drawn"),
        Material(NEWS, partial(drawn, NEWS, "agnews_weak"), seen=False, note="votes are drawn"),
        Material(QUERIES, partial(drawn, QUERIES, "banking77"), seen=False, note="votes are drawn"),
    ],
    claims=CLAIMS,
    source=__file__,
    reading=" ".join(READING.split()),
)

if __name__ == "__main__":
    main(STUDY)
