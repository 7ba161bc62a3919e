"""Real votes, rules and doubtful labels, ours and the peers': how often right, CPU and memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks._cases import Answer, Bench, Case, Input, Job, Side, shares_equal
from numpy.typing import NDArray

# -- inputs -------------------------------------------------------------------------------------


def real_votes(folder: Path, *, name: str, seed: int) -> None:
    """Votes of a set as ``votes.parquet`` (task, worker, label codes), gold as ``gold.npy``.

    Tasks are numbered; gold is -1 where there is none.
    """
    import polars as pl

    from labelwright import datasets

    del seed
    found = datasets.load(name)
    votes = found.votes.select(items=found.votes.items[np.diff(found.votes.indptr) > 0])
    known = dict(zip(found.items, found.votes.classes.encode(found.gold.to_list()), strict=True))
    np.save(folder / "gold.npy", np.array([known[item] for item in votes.items.tolist()]))
    pl.DataFrame(
        {"task": votes.item, "worker": votes.annotator, "label": votes.label.astype(np.int64)}
    ).write_parquet(folder / "votes.parquet")


def doubtful_labels(folder: Path, *, name: str, rows: int, seed: int) -> None:
    """Weak labels of texts, out-of-sample probabilities and which labels are wrong."""
    from labelwright import datasets
    from labelwright.estimation import cross_val_probabilities
    from labelwright.features import TextFeatures
    from labelwright.learning import LabelClassifier

    found = datasets.load(name)
    space = found.votes.classes
    weak = np.full(found.votes.n_items, -1)
    weak[found.votes.item] = found.votes.label
    gold = space.encode(found.gold.to_list())
    chosen = np.flatnonzero((weak >= 0) & (gold >= 0))[:rows]
    texts = found.records[found.text][chosen.tolist()].to_list()
    probabilities = cross_val_probabilities(
        LabelClassifier(), TextFeatures().fit_transform(texts), weak[chosen], random_state=seed
    )
    np.save(folder / "labels.npy", weak[chosen])
    np.save(folder / "gold.npy", gold[chosen])
    np.save(folder / "probabilities.npy", probabilities)


# -- ours ---------------------------------------------------------------------------------------


def ours(folder: Path, method: str) -> Job:
    """One of our aggregators with its defaults."""
    import polars as pl

    from labelwright import aggregation
    from labelwright.core.votes import Votes

    table = pl.read_parquet(folder / "votes.parquet")
    votes = Votes.from_arrays(
        table["task"],
        table["worker"],
        table["label"],
        classes=range(int(table["label"].max()) + 1),  # type: ignore[arg-type]
        items=range(int(table["task"].max()) + 1),  # type: ignore[arg-type]
        repeats="all",
    )
    kind = getattr(aggregation, method)
    return Job(lambda: kind().fit(votes), lambda model: {"labels": model.codes_})


def our_quality(folder: Path) -> Job:
    """How good each label is, 1 the best."""
    from labelwright.audit import label_quality

    labels, probabilities = (np.load(folder / f"{n}.npy") for n in ("labels", "probabilities"))
    return Job(lambda: label_quality(labels, probabilities), lambda found: {"quality": found})


# -- peers --------------------------------------------------------------------------------------


def crowdkit(folder: Path, method: str) -> Job:
    """One of crowd-kit's aggregators with its defaults."""
    import pandas as pd
    from crowdkit import aggregation

    table = pd.read_parquet(folder / "votes.parquet")
    kind = getattr(aggregation, method)

    def answer(model: Any) -> Answer:
        return {"labels": model.labels_.sort_index().to_numpy().astype(int)}

    return Job(lambda: kind().fit(table), answer)


def snorkel(folder: Path) -> Job:
    """Snorkel's LabelModel, 500 steps; it wants to know nothing but the number of classes."""
    from snorkel.labeling.model import LabelModel

    matrix, classes = _matrix(folder)

    def run() -> Any:
        model = LabelModel(cardinality=classes, verbose=False)
        model.fit(matrix, n_epochs=500, seed=0, progress_bar=False)
        return model

    return Job(run, lambda model: {"labels": model.predict(matrix, tie_break_policy="random")})


def skweak(folder: Path) -> Job:
    """Skweak's naive Bayes, the rules as spans over a text of one word each."""
    import spacy
    from skweak.generative import NaiveBayes
    from spacy.tokens import Doc, Span

    matrix, classes = _matrix(folder)
    vocab = spacy.blank("en").vocab
    names = [str(code) for code in range(classes)]

    def documents() -> list[Any]:
        found = []
        for row in matrix:
            doc = Doc(vocab, words=["x"])
            for rule, code in enumerate(row):
                if code >= 0:
                    doc.spans[f"rule{rule}"] = [Span(doc, 0, 1, label=names[code])]
            found.append(doc)
        return found

    def answer(docs: list[Any]) -> Answer:
        spans = [doc.spans["model"] for doc in docs]
        return {"labels": np.array([int(s[0].label_) if len(s) else -1 for s in spans])}

    docs = documents()
    return Job(lambda: NaiveBayes("model", names).fit_and_aggregate(docs), answer)


def cleanlab_quality(folder: Path) -> Job:
    """Cleanlab's label quality scores with its defaults."""
    from cleanlab.rank import get_label_quality_scores

    labels, probabilities = (np.load(folder / f"{n}.npy") for n in ("labels", "probabilities"))
    return Job(
        lambda: get_label_quality_scores(labels, probabilities), lambda found: {"quality": found}
    )


def _matrix(folder: Path) -> tuple[NDArray[np.int64], int]:
    """Votes (tasks, workers), -1 for none, and the number of classes."""
    import polars as pl

    table = pl.read_parquet(folder / "votes.parquet")
    task, worker, label = (table[name].to_numpy() for name in table.columns)
    matrix = np.full((task.max() + 1, worker.max() + 1), -1)
    matrix[task, worker] = label
    return matrix, int(label.max()) + 1


# -- comparing ----------------------------------------------------------------------------------


def compare_labels(folder: Path, ours: Answer, peer: Answer) -> Mapping[str, Any]:
    """Share of right labels where gold is known, for both."""
    gold = np.load(folder / "gold.npy")
    known = gold >= 0
    sides = {"ours": ours["labels"], "peer": peer["labels"]}
    return {
        "equal": shares_equal(ours["labels"], peer["labels"]),
        "right": {name: shares_equal(found[known], gold[known]) for name, found in sides.items()},
    }


def compare_quality(folder: Path, ours: Answer, peer: Answer) -> Mapping[str, Any]:
    """Average precision of low scores for wrong labels, for both."""
    from sklearn.metrics import average_precision_score

    wrong = np.load(folder / "labels.npy") != np.load(folder / "gold.npy")
    sides = {"ours": ours["quality"], "peer": peer["quality"]}
    return {
        "equal": float(np.isclose(ours["quality"], peer["quality"]).mean()),
        "right": {
            name: float(average_precision_score(wrong, -found)) for name, found in sides.items()
        },
    }


# -- cases --------------------------------------------------------------------------------------


def votes_case(name: str, method: str, peer: Side, **more: Any) -> Case:
    """An aggregator of ours and a peer's on a real set, each with its defaults."""
    return Case(
        task=f"{name}: {method}",
        input=Input(real_votes, {"name": name}, {"name": "bluebird"}),
        ours=Side("labelwright", ours, {"method": method}),
        peer=peer,
        compare=compare_labels,
        **({"repeats": 3} | more),
    )


def crowd_case(name: str, method: str, **more: Any) -> Case:
    """The same method of ours and of crowd-kit."""
    return votes_case(name, method, Side("crowd-kit", crowdkit, {"method": method}), **more)


RULES = ("sms_spam_lf",)
WEAK = {"name": "agnews_weak", "rows": 6000}

BENCH = Bench(
    slug="real_sets",
    title="Real votes, rules and labels",
    about=(
        "Public sets with known truth; both sides with their defaults, so that they need not agree "
        "(*equal* is shown all the same). *Right* is the share of right labels, or for label "
        "quality the average precision of finding wrong ones, ours and then the peer's. Rules are "
        "those of the sets; each only ever says one class."
    ),
    rooms=("core", "aggregation", "audit"),
    cases=(
        *(
            crowd_case(name, method)
            for name in ("snow_rte", "music_genre", "trec_relevance")
            for method in ("MajorityVote", "DawidSkene")
        ),
        crowd_case("music_genre", "GLAD", repeats=1),
        crowd_case("music_genre", "MACE", repeats=1),
        votes_case(RULES[0], "LabelModel", Side("snorkel", snorkel)),
        votes_case(RULES[0], "LabelModel", Side("skweak", skweak)),
        Case(
            task="agnews_weak: label quality",
            input=Input(doubtful_labels, WEAK, WEAK | {"rows": 400}),
            ours=Side("labelwright", our_quality),
            peer=Side("cleanlab", cleanlab_quality),
            compare=compare_quality,
            repeats=3,
        ),
    ),
    source=__file__,
)
