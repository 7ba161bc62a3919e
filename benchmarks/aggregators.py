"""Votes in memory to labels: aggregators beyond majority vote and Dawid-Skene, against crowd-kit.

A further one is a :class:`Method` in ``METHODS``, with its functions above, and a line of cases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks._cases import Answer, Bench, Case, Input, Job, Side
from benchmarks._inputs import codes, crowd
from benchmarks.aggregation import SIZES, SMALL, _class_codes, _our_votes, _vote_codes
from benchmarks.aggregation import compare_labels as share_of_labels
from numpy.typing import NDArray
from scipy.special import digamma, expit, gammaln

Table = NDArray[np.float64]


@dataclass(frozen=True)
class Method:
    """How an aggregator is looked at, beside its labels.

    Attributes
    ----------
    ours, peer : callable
        What ``method(model, order)`` has learnt, as arrays by name, in the order of ids and classes
        that both sides share.
    objective : callable, optional
        ``objective(votes, learnt)`` of the votes (n_items, n_votes, 2) [annotator, given] and of
        what was learnt, higher is better; None for a method that maximises nothing by its paper.
    """

    ours: Callable[[Any, Order], Answer]
    peer: Callable[[Any, Order], Answer]
    objective: Callable[[NDArray[np.int64], Answer], float] | None = None


@dataclass(frozen=True)
class Order:
    """Where items, annotators and classes stand in a model, in the order of their ids."""

    items: NDArray[np.int64]
    people: NDArray[np.int64]
    classes: NDArray[np.int64]


# -- the two sides ------------------------------------------------------------------------------


def ours(folder: Path, method: str, **options: Any) -> Job:
    """One of our aggregators on votes in memory."""
    from labelwright import aggregation

    votes, kind = _our_votes(folder), getattr(aggregation, method)

    def answer(model: Any) -> Answer:
        order = Order(
            np.argsort(codes(model.items_)),
            np.argsort(codes(model.annotator_ids_)),
            np.argsort(_class_codes(model.space_.names)),
        )
        labels, ties = _class_codes(model.labels_)[order.items], model.ties_[order.items]
        return {"labels": labels, "ties": ties, **METHODS[method].ours(model, order)}

    return Job(lambda: kind(**options).fit(votes), answer)


def crowdkit(folder: Path, method: str, **options: Any) -> Job:
    """One of crowd-kit's aggregators on a frame in memory.

    Ids and labels are whole numbers in order of appearance: it handles these faster than text, and
    its MACE mixes up the strategies of annotators and classes whose sorted order is another one.
    """
    import pandas as pd
    from crowdkit import aggregation

    frame, names = pd.read_parquet(folder / "votes.parquet"), {}
    for column in frame.columns:
        frame[column], names[column] = pd.factorize(frame[column])
    kind = getattr(aggregation, method)
    classes = _class_codes(names["label"])
    order = Order(
        np.argsort(codes(names["task"])), np.argsort(codes(names["worker"])), np.argsort(classes)
    )

    def answer(model: Any) -> Answer:
        # Its MMSR finds labels only when asked, and its ZeroBasedSkill then, too, but not with the
        # newest scikit-learn.
        voted = aggregation.MajorityVote().fit(frame, getattr(model, "skills_", None))
        on_demand = method in ("ZeroBasedSkill", "MMSR")
        labels = (voted if on_demand else model).labels_.loc[order.items]
        return {"labels": classes[labels.to_numpy()], **METHODS[method].peer(model, order)}

    return Job(lambda: kind(**options).fit(frame), answer)


def compare(folder: Path, ours: Answer, peer: Answer, *, method: str) -> Mapping[str, Any]:
    """Share of equal labels among items without a tie; the objective of both, if there is one."""
    objective, labels = METHODS[method].objective, share_of_labels(folder, ours, peer)
    if objective is None:
        return labels
    votes = _vote_codes(folder)
    found = {"ours": objective(votes, ours), "peer": objective(votes, peer)}
    return {**labels, "objective": found}


# -- zero-based skill ---------------------------------------------------------------------------


def our_skills(model: Any, order: Order) -> Answer:
    """Skills (n_annotators,)."""
    return {"skill": model.skill_[order.people]}


def crowdkit_skills(model: Any, order: Order) -> Answer:
    """Skills (n_annotators,)."""
    return {"skill": model.skills_.loc[order.people].to_numpy()}


# -- GLAD ---------------------------------------------------------------------------------------


def our_abilities(model: Any, order: Order) -> Answer:
    """Abilities (n_annotators,) and log inverse difficulties (n_items,)."""
    log_ease = -np.log(model.difficulty_)
    return {"ability": model.ability_[order.people], "log_ease": log_ease[order.items]}


def crowdkit_abilities(model: Any, order: Order) -> Answer:
    """Abilities (n_annotators,) and log inverse difficulties (n_items,)."""
    ability, log_ease = model.alphas_.loc[order.people], model.betas_.loc[order.items]
    return {"ability": ability.to_numpy(), "log_ease": log_ease.to_numpy()}


def glad_objective(votes: NDArray[np.int64], learnt: Answer) -> float:
    """Log-likelihood and log prior, N(1, 1), up to a constant."""
    annotator, given = np.moveaxis(votes, 2, 0)
    k = given.max() + 1
    log_odds = learnt["ability"][annotator] * np.exp(learnt["log_ease"])[:, None]
    right, wrong = np.log(expit(log_odds)), np.log(expit(-log_odds) / (k - 1))
    joint = [np.where(given == true, right, wrong).sum(axis=1) for true in range(k)]
    away = np.concatenate([learnt["ability"], learnt["log_ease"]]) - 1
    return float(np.logaddexp.reduce(joint).sum() - len(votes) * np.log(k) - (away**2).sum() / 2)


# -- MACE ---------------------------------------------------------------------------------------

SPAMMING_PRIOR, STRATEGY_PRIOR = 0.5, 10.0


def our_spamming(model: Any, order: Order) -> Answer:
    """Weights of knowing (n_annotators,) and of spamming with each class (n_annotators, K)."""
    know, spam = _mace_weights(model.pseudo_votes_[:, :2], model.pseudo_votes_[:, 2:])
    return {"know": know[order.people], "spam": spam[np.ix_(order.people, order.classes)]}


def crowdkit_spamming(model: Any, order: Order) -> Answer:
    """Weights of knowing (n_annotators,) and of spamming with each class (n_annotators, K)."""
    spam = model.spamming_[:, :1] * model.thetas_
    know = model.spamming_[order.people, 1]
    return {"know": know, "spam": spam[np.ix_(order.people, order.classes)]}


def mace_objective(votes: NDArray[np.int64], learnt: Answer) -> float:
    """Evidence lower bound one step on, for which weights are enough and which is no lower."""
    known, spammed, _ = _mace_expectation(votes, learnt["know"], learnt["spam"])
    choices = np.column_stack([spammed.sum(axis=1), known]) + SPAMMING_PRIOR
    answers = spammed + STRATEGY_PRIOR
    _, _, evidence = _mace_expectation(votes, *_mace_weights(choices, answers))
    return evidence - _divergence(choices, SPAMMING_PRIOR) - _divergence(answers, STRATEGY_PRIOR)


def _mace_weights(choices: Table, answers: Table) -> tuple[Table, Table]:
    """Exponentials of expected logs, from parameters of Beta and Dirichlet distributions."""
    chosen, given = (
        np.exp(digamma(part) - digamma(part.sum(axis=1, keepdims=True)))
        for part in (choices, answers)
    )
    return chosen[:, 1], chosen[:, :1] * given


def _mace_expectation(
    votes: NDArray[np.int64], know: Table, spam: Table
) -> tuple[Table, Table, float]:
    """Expected votes known (n_annotators,) and spammed (n_annotators, K), and log evidence."""
    annotator, given = np.moveaxis(votes, 2, 0)
    n, k = spam.shape
    guess, sure = spam[annotator, given], know[annotator]
    joint = np.column_stack(
        [np.prod(guess + np.where(given == true, sure, 0), axis=1) / k for true in range(k)]
    )
    evidence = joint.sum(axis=1)
    belief = np.take_along_axis(joint / evidence[:, None], given, axis=1)
    right = belief * sure / (sure + guess)
    cells = (annotator * k + given).ravel()
    known = np.bincount(cells, right.ravel(), minlength=n * k).reshape(n, k)
    totals = np.bincount(cells, minlength=n * k).reshape(n, k)
    return known.sum(axis=1), totals - known, float(np.log(evidence).sum())


def _divergence(parameters: Table, prior: float) -> float:
    """From symmetric Dirichlet distributions to those with these parameters, a row each."""
    totals, k = parameters.sum(axis=1), parameters.shape[1]
    found = gammaln(totals) - gammaln(parameters).sum(axis=1)
    found -= gammaln(k * prior) - k * gammaln(prior)
    found += ((parameters - prior) * (digamma(parameters) - digamma(totals)[:, None])).sum(axis=1)
    return float(found.sum())


# -- MMSR ---------------------------------------------------------------------------------------


def our_accuracies(model: Any, order: Order) -> Answer:
    """Probabilities (n_annotators,) of the true class."""
    return {"accuracy": model.accuracy_[order.people]}


def crowdkit_accuracies(model: Any, order: Order) -> Answer:
    """Probabilities (n_annotators,) of the true class, from the weights that the peer keeps."""
    weights = model.skills_.loc[order.people].to_numpy()
    return {"accuracy": expit(weights - np.log(len(order.classes) - 1))}


def one_coin_objective(votes: NDArray[np.int64], learnt: Answer) -> float:
    """Log-likelihood, if annotators err evenly over the other classes."""
    annotator, given = np.moveaxis(votes, 2, 0)
    k = given.max() + 1
    right = np.log(learnt["accuracy"])[annotator]
    wrong = np.log((1 - learnt["accuracy"]) / (k - 1))[annotator]
    joint = [np.where(given == true, right, wrong).sum(axis=1) for true in range(k)]
    return float(np.logaddexp.reduce(joint).sum() - len(votes) * np.log(k))


# -- cases --------------------------------------------------------------------------------------

METHODS: Mapping[str, Method] = {
    "ZeroBasedSkill": Method(our_skills, crowdkit_skills),
    "GLAD": Method(our_abilities, crowdkit_abilities, glad_objective),
    "MACE": Method(our_spamming, crowdkit_spamming, mace_objective),
    "MMSR": Method(our_accuracies, crowdkit_accuracies, one_coin_objective),
}


def aggregator(
    method: str,
    size: str,
    how: str = "",
    our_options: Mapping[str, Any] | None = None,
    peer_options: Mapping[str, Any] | None = None,
    **more: Any,
) -> Case:
    """An aggregator of the same name on both sides, with its defaults if no options are given."""
    return Case(
        task=f"{method}{how}, {size} votes",
        input=Input(crowd, SIZES[size], SMALL),
        ours=Side("labelwright", ours, {"method": method, **(our_options or {})}),
        peer=Side("crowd-kit", crowdkit, {"method": method, **(peer_options or {})}),
        compare=partial(compare, method=method),
        **more,
    )


BENCH = Bench(
    slug="aggregators",
    title="Votes to labels: further aggregators",
    about=(
        "As above; crowd-kit gets ids and labels as whole numbers in order of appearance. With its "
        "defaults, crowd-kit's GLAD ends after two steps of EM on 50,000 votes, and all ten starts "
        "of its MACE begin at one place, so that one of them takes a tenth of the time and ends "
        "alike. The objective is the log posterior density for GLAD, the evidence lower bound for "
        "MACE, and for MMSR the log-likelihood of one accuracy an annotator."
    ),
    rooms=("core", "aggregation"),
    cases=(
        aggregator("ZeroBasedSkill", "50k", floor=10, aim=20, repeats=2),
        aggregator("ZeroBasedSkill", "1M", floor=10, aim=20, repeats=1),
        aggregator("GLAD", "50k", floor=12, aim=30, repeats=2),
        # Where the peer takes minutes, it is stopped once the aim is met.
        aggregator("GLAD", "1M", floor=12, aim=30, repeats=1, limit_s=120),
        aggregator("MACE", "50k", floor=10, aim=30, repeats=2),
        aggregator(
            *("MACE", "1M", " from one start", {"n_init": 1}, {"n_restarts": 1}),
            floor=10,
            aim=30,
            repeats=1,
        ),
        aggregator("MACE", "1M", floor=10, aim=30, repeats=1, limit_s=120),
        # The peer's table of annotators by items would not fit at a million votes.
        aggregator("MMSR", "50k", repeats=2),
    ),
    source=__file__,
)
