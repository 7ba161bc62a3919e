"""Votes of rules in memory to a fitted label model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks._cases import Answer, Bench, Case, Input, Job, Side, shares_equal
from numpy.typing import NDArray

from labelwright.core.seeds import generator

EPOCHS = 500


def rules(
    folder: Path, *, items: int, rules: int, classes: int, least_speaks: int, seed: int
) -> None:
    """Votes ``matrix.npy`` (-1 for none) and ``truth.npy``, of rules that err independently.

    Each rule speaks on a share of the items between ``least_speaks`` and 100 %, or 10 to 50 % with
    10, and is right on half to nine tenths of those.
    """
    random = generator(seed, "rules")
    truth = random.integers(classes, size=items)
    most_speaks = 0.5 if least_speaks < 100 else 1.0
    speaks = random.uniform(least_speaks / 100, most_speaks, rules)
    skill = random.uniform(0.5, 0.9, rules)
    matrix = np.full((items, rules), -1)
    for rule in range(rules):
        right = random.random(items) < skill[rule]
        wrong = (truth + random.integers(1, classes, items)) % classes
        said = random.random(items) < speaks[rule]
        matrix[said, rule] = np.where(right, truth, wrong)[said]
    np.save(folder / "matrix.npy", matrix)
    np.save(folder / "truth.npy", truth)


def our_label_model(folder: Path, classes: int) -> Job:
    """LabelModel with its defaults, beliefs about all items included."""
    from labelwright.aggregation import LabelModel
    from labelwright.core.votes import Votes

    votes = Votes.from_matrix(np.load(folder / "matrix.npy"), classes=list(range(classes)))
    return Job(lambda: LabelModel().fit(votes), lambda model: {"labels": model.codes_})


def snorkel_label_model(folder: Path, classes: int) -> Job:
    """Snorkel's LabelModel with its default optimiser; beliefs are worked out afterwards."""
    from snorkel.labeling.model import LabelModel

    matrix = np.load(folder / "matrix.npy")

    def run() -> Any:
        model = LabelModel(cardinality=classes, verbose=False)
        model.fit(matrix, n_epochs=EPOCHS, seed=0, progress_bar=False)
        return model

    def answer(model: Any) -> Answer:
        labels = model.predict_proba(matrix).argmax(axis=1)
        return {"labels": np.where((matrix >= 0).any(axis=1), labels, -1)}

    return Job(run, answer)


def compare(folder: Path, ours: Answer, peer: Answer) -> Mapping[str, Any]:
    """Share of equal labels, and of right ones among the items on which a rule spoke."""
    truth = np.load(folder / "truth.npy")
    covered: NDArray[np.bool_] = ours["labels"] >= 0
    sides = {"ours": ours["labels"], "peer": peer["labels"]}
    return {
        "equal": shares_equal(ours["labels"], peer["labels"]),
        "right": {
            name: shares_equal(found[covered], truth[covered]) for name, found in sides.items()
        },
    }


def case(classes: int, least_speaks: int) -> Case:
    """Both on 100,000 items and twenty rules."""
    sizes = {"items": 100_000, "rules": 20, "classes": classes, "least_speaks": least_speaks}
    speaking = "10 to 50 %" if least_speaks < 100 else "all"
    return Case(
        task=f"label model, 100k items x 20 rules, {classes} classes, rules speak on {speaking}",
        input=Input(rules, sizes, sizes | {"items": 2_000}),
        ours=Side("labelwright", our_label_model, {"classes": classes}),
        peer=Side("snorkel", snorkel_label_model, {"classes": classes}),
        compare=compare,
        floor=10,
        aim=30,
        memory_mb=200,
    )


BENCH = Bench(
    slug="label_model",
    title="Votes of rules to a label model",
    about=(
        f"From votes in memory (ours as `Votes`, snorkel's as a matrix) to a fitted label model. "
        f"Snorkel takes {EPOCHS} steps of its default optimiser; our time includes the beliefs "
        "about all items, its does not. The two fit the same moments of the votes with different "
        "weights, so that items whose classes are nearly equally likely may differ."
    ),
    rooms=("core", "aggregation"),
    cases=(case(2, 10), case(2, 100), case(10, 10), case(10, 100)),
    source=__file__,
)
