"""Labels and probabilities, with and without features, to everything that may be wrong."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks._cases import Answer, Bench, Case, Input, Job, Side, shares_equal
from benchmarks._inputs import predictions
from numpy.typing import NDArray

from labelwright.core.seeds import generator

# Our checks and theirs that promise the same marks.
ISSUES = {
    "label_issues": "label",
    "outliers": "outlier",
    "near_duplicates": "near_duplicate",
    "missing_values": "null",
}
# What the peer runs by default, but for its search for neighbours among all probabilities, which
# would compare a million rows with each other.
WITHOUT_FEATURES = ("label", "outlier", "class_imbalance")
# By default it runs these.
WITH_FEATURES = (
    *("null", "label", "outlier", "near_duplicate", "non_iid", "class_imbalance"),
    "underperforming_group",
)
OURS_WITH_FEATURES = (
    *("missing_values", "label_issues", "outliers", "near_duplicates", "order"),
    *("class_imbalance", "weak_groups"),
)


def with_features(folder: Path, *, items: int, classes: int, columns: int, seed: int) -> None:
    """The predictions, and ``features.npy`` (float32) that lie around a centre for each label."""
    predictions(folder, items=items, classes=classes, seed=seed)
    random = generator(seed, "features")
    centres = random.standard_normal((classes, columns))
    features = random.standard_normal((items, columns)) + centres[np.load(folder / "labels.npy")]
    copied = items // 50
    features[-copied:] = features[:copied] + 0.01 * random.standard_normal((copied, columns))
    np.save(folder / "features.npy", features.astype(np.float32))


def our_audit(folder: Path) -> Job:
    """Audit of labels and probabilities: every check that they allow."""
    from labelwright.audit import audit

    labels, probabilities = _loaded(folder)
    return Job(lambda: audit(labels, probabilities=probabilities), _our_marks)


def our_audit_with_features(folder: Path) -> Job:
    """Audit with features: the checks that the peer has too."""
    from labelwright.audit import audit

    labels, probabilities = _loaded(folder)
    features = np.load(folder / "features.npy")
    return Job(
        lambda: audit(
            labels, probabilities=probabilities, features=features, checks=OURS_WITH_FEATURES
        ),
        _our_marks,
    )


def datalab(folder: Path) -> Job:
    """Datalab made from the labels, then find_issues."""
    labels, probabilities = _loaded(folder)
    return Job(
        lambda: _find(_lab(labels), WITHOUT_FEATURES, pred_probs=probabilities), _their_marks
    )


def datalab_made_before(folder: Path) -> Job:
    """find_issues alone."""
    labels, probabilities = _loaded(folder)
    lab = _lab(labels)
    return Job(lambda: _find(lab, WITHOUT_FEATURES, pred_probs=probabilities), _their_marks)


def datalab_with_features(folder: Path) -> Job:
    """Datalab made from the labels, then find_issues with features."""
    labels, probabilities = _loaded(folder)
    features = np.load(folder / "features.npy")
    given = {"pred_probs": probabilities, "features": features}
    return Job(lambda: _find(_lab(labels), WITH_FEATURES, **given), _their_marks)


def _loaded(folder: Path) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    return np.load(folder / "labels.npy"), np.load(folder / "probabilities.npy")


def _lab(labels: NDArray[np.int64]) -> Any:
    from cleanlab import Datalab

    return Datalab({"label": labels}, label_name="label", verbosity=0)


def _find(lab: Any, issues: tuple[str, ...], **given: Any) -> Any:
    with redirect_stdout(io.StringIO()):
        lab.find_issues(issue_types={issue: {} for issue in issues}, **given)
    return lab


def _our_marks(found: Any) -> Answer:
    marks = {}
    for check in ISSUES.keys() & found.findings.keys():
        marks[check] = np.zeros(found.n_items, dtype=bool)
        marks[check][found[check].subject] = True
    return marks


def _their_marks(lab: Any) -> Answer:
    found = lab.get_issues()
    columns = {check: f"is_{issue}_issue" for check, issue in ISSUES.items()}
    return {
        check: found[column].to_numpy()
        for check, column in columns.items()
        if column in found.columns
    }


def compare(folder: Path, ours: Answer, peer: Answer) -> Mapping[str, Any]:
    """Share of items that both mark or both leave, over the checks with equal definitions."""
    del folder
    equal = {check: shares_equal(ours[check], peer[check]) for check in sorted(peer)}
    marked = {check: [int(side[check].sum()) for side in (ours, peer)] for check in sorted(peer)}
    return {"equal": float(np.mean(list(equal.values()))), "by_check": equal, "marked": marked}


ROWS = Input(predictions, {"items": 1_000_000, "classes": 10}, {"items": 2_000, "classes": 10})
FEATURES = Input(
    with_features,
    {"items": 20_000, "classes": 10, "columns": 32},
    {"items": 2_000, "classes": 10, "columns": 32},
)

BENCH = Bench(
    slug="audit",
    title="Audit",
    about=(
        "From labels and out-of-sample probabilities in memory (float64) to everything that may be "
        "wrong, against cleanlab's Datalab. Without features ours runs all checks that labels and "
        "probabilities allow; the peer runs label, outlier (by probabilities) and class imbalance, "
        "and its non-iid check is left out, since it would compare a million rows with each "
        "other. Most of the peer's time goes into taking in the labels, so that it is also "
        "measured with that done before. With features (float32) both run the seven checks "
        "that the peer runs by default. Equal is the share of items that both mark or both leave, "
        "averaged over the checks that are defined alike."
    ),
    rooms=("core", "retrieval", "audit"),
    cases=(
        Case(
            task="audit without features, 1M x 10",
            input=ROWS,
            ours=Side("labelwright", our_audit),
            peer=Side("cleanlab", datalab),
            compare=compare,
            repeats=3,
            floor=10,
            aim=20,
            memory_mb=200,
        ),
        Case(
            task="audit without features, 1M x 10, peer's labels taken in before",
            input=ROWS,
            ours=Side("labelwright", our_audit),
            peer=Side("cleanlab", datalab_made_before),
            compare=compare,
            repeats=3,
            floor=10,
            aim=20,
            memory_mb=200,
        ),
        Case(
            task="audit with features, 20k x 32",
            input=FEATURES,
            ours=Side("labelwright", our_audit_with_features),
            peer=Side("cleanlab", datalab_with_features),
            compare=compare,
            repeats=3,
            floor=1,
            aim=5,
        ),
    ),
    source=__file__,
)
