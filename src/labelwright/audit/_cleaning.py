"""Retraining of one removal study: every seed, amount and arm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from labelwright.audit._training import seed_of, seeded
from labelwright.core.progress import bar
from labelwright.core.seeds import RandomState, generator
from labelwright.estimation._fitting import (
    check_classifier,
    class_probabilities,
    fit_classifier,
)

ARMS = ("policy", "random", "oracle")


@dataclass(frozen=True, eq=False)
class Study:
    """What is retrained, how, and on what it is judged."""

    policy: Any
    classifier: Any
    codes: NDArray[np.int64]
    X: Any
    quality: NDArray[np.float64]
    suggested: NDArray[np.int64] | None
    wrong: NDArray[np.bool_] | None
    n_classes: int
    judges: tuple[tuple[NDArray[np.int64], Any] | None, ...]


class Judged(NamedTuple):
    """Accuracy (arms, A, seeds) and recall (arms, A, seeds, K) by one judge."""

    accuracy: NDArray[np.float64]
    recalls: NDArray[np.float64]


def measured(
    study: Study,
    amounts: NDArray[np.float64],
    train_share: float,
    n_seeds: int,
    random_state: RandomState,
) -> list[Judged]:
    """Retrain for every seed, amount and arm, and judge each model by each judge."""
    check_classifier(seeded(study.classifier, 0), weighted=study.policy.action == "down_weight")
    n_arms = 2 if study.wrong is None else 3
    shape = (n_arms, len(amounts), n_seeds)
    found = [
        Judged(np.full(shape, np.nan), np.full((*shape, study.n_classes), np.nan))
        for _ in study.judges
    ]
    n = len(study.codes)
    with bar("retraining", n_seeds * len(amounts)) as advance:
        for seed in range(n_seeds):
            draw = generator(random_state, "cleaning", seed)
            rows = np.sort(draw.choice(n, max(1, round(train_share * n)), replace=False))
            classifier = seeded(study.classifier, seed_of(random_state, "cleaning model", seed))
            for at, amount in enumerate(amounts):
                for arm, treated in enumerate(_treated(study, rows, float(amount), n_arms, draw)):
                    if at == 0 and arm > 0:
                        # Nothing is treated, so it is the same model.
                        _copy(found, seed, arm)
                        continue
                    model = _retrained(study, classifier, rows, treated)
                    _judge(study, model, found, (arm, at, seed))
                advance()
    return found


def _treated(
    study: Study, rows: NDArray[np.int64], amount: float, n_arms: int, draw: np.random.Generator
) -> list[NDArray[np.int64]]:
    """The rows that each arm treats."""
    codes, quality = study.codes[rows], study.quality[rows]
    chosen = study.policy.choose(codes, quality, amount)
    quota = np.bincount(codes[chosen], minlength=study.n_classes)
    arms = [chosen, _at_random(codes, quota, draw)]
    if n_arms == 3 and study.wrong is not None:
        # Wrong ones first, in the order of their quality; then the others.
        first = np.lexsort((quality, ~study.wrong[rows]))
        rank = np.empty(len(rows))
        rank[first] = np.arange(len(rows))
        arms.append(study.policy.choose(codes, rank, amount))
    return [rows[arm] for arm in arms]


def _at_random(
    codes: NDArray[np.int64], quota: NDArray[np.int64], draw: np.random.Generator
) -> NDArray[np.int64]:
    """Places of as many items of each class as its quota says."""
    parts = [
        draw.choice(np.flatnonzero(codes == code), count, replace=False)
        for code, count in enumerate(quota)
        if count
    ]
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def _retrained(
    study: Study, classifier: Any, rows: NDArray[np.int64], treated: NDArray[np.int64]
) -> Any:
    action = study.policy.action
    if action == "remove":
        return fit_classifier(
            classifier, study.X, study.codes, np.setdiff1d(rows, treated, assume_unique=True)
        )
    if action == "relabel" and study.suggested is not None:
        codes = study.codes.copy()
        codes[treated] = study.suggested[treated]
        return fit_classifier(classifier, study.X, codes, rows)
    weights = np.ones(len(study.codes))
    weights[treated] = study.policy.weight
    return fit_classifier(classifier, study.X, study.codes, rows, weights)


def _judge(study: Study, model: Any, found: list[Judged], at: tuple[int, int, int]) -> None:
    for judge, judged in zip(study.judges, found, strict=True):
        if judge is None:
            continue
        codes, X = judge
        right = class_probabilities(model, X, study.n_classes).argmax(axis=1) == codes
        judged.accuracy[at] = right.mean()
        sizes = np.bincount(codes, minlength=study.n_classes)
        hits = np.bincount(codes[right], minlength=study.n_classes)
        judged.recalls[at] = np.where(sizes > 0, hits / np.maximum(sizes, 1), np.nan)


def _copy(found: list[Judged], seed: int, arm: int) -> None:
    for judged in found:
        judged.accuracy[arm, 0, seed] = judged.accuracy[0, 0, seed]
        judged.recalls[arm, 0, seed] = judged.recalls[0, 0, seed]
