"""Votes in memory to labels: majority vote and Dawid-Skene."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks._cases import Answer, Bench, Case, Input, Job, Side, shares_equal
from benchmarks._inputs import CLASSES, codes, crowd
from numpy.typing import NDArray

MAXIMUM_LIKELIHOOD: Mapping[str, Any] = {"smoothing": 0.0, "diagonal": 0.0, "class_smoothing": 0.0}
ITEMS_AT_ONCE = 100_000
EPS = 1e-10

# -- ours ---------------------------------------------------------------------------------------


def our_majority_vote(folder: Path) -> Job:
    """MajorityVote on votes in memory."""
    from labelwright.aggregation import MajorityVote

    votes = _our_votes(folder)

    def answer(model: Any) -> Answer:
        order = np.argsort(codes(model.items_))
        return {"labels": _class_codes(model.labels_)[order], "ties": model.ties_[order]}

    return Job(lambda: MajorityVote().fit(votes), answer)


def our_dawid_skene(folder: Path, **options: Any) -> Job:
    """DawidSkene with the given parameters on votes in memory."""
    from labelwright.aggregation import DawidSkene

    votes = _our_votes(folder)

    def answer(model: Any) -> Answer:
        order = np.argsort(codes(model.items_))
        people = np.argsort(codes(model.annotator_ids_))
        classes = np.argsort(_class_codes(model.space_.names))
        confusion = model.confusion_[np.ix_(people, classes, classes)]
        labels = _class_codes(model.labels_)[order]
        return {
            "labels": labels,
            "ties": model.ties_[order],
            "confusion": confusion,
            "prior": model.class_prior_[classes],
            "steps": np.array(len(model.history_)),
        }

    return Job(lambda: DawidSkene(**options).fit(votes), answer)


def _our_votes(folder: Path) -> Any:
    import polars as pl

    from labelwright.core.votes import Votes

    table = pl.read_parquet(folder / "votes.parquet")
    return Votes.from_table(table, item="task", annotator="worker", label="label")


# -- crowd-kit ----------------------------------------------------------------------------------


def crowdkit_majority_vote(folder: Path, as_codes: bool = False) -> Job:
    """Crowd-kit's MajorityVote on a frame in memory."""
    from crowdkit.aggregation import MajorityVote

    frame = _pandas_votes(folder, as_codes)

    def answer(model: Any) -> Answer:
        labels = model.labels_.sort_index()
        return {"labels": labels.to_numpy() if as_codes else _class_codes(labels)}

    return Job(lambda: MajorityVote().fit(frame), answer)


def crowdkit_dawid_skene(folder: Path, as_codes: bool = False, **options: Any) -> Job:
    """Crowd-kit's DawidSkene with the given parameters on a frame in memory."""
    from crowdkit.aggregation import DawidSkene

    frame = _pandas_votes(folder, as_codes)

    def answer(model: Any) -> Answer:
        labels = model.labels_.sort_index()
        names = list(range(len(CLASSES)) if as_codes else CLASSES)
        by_worker = model.errors_.unstack("label", fill_value=EPS).sort_index()
        cells = by_worker[list(product(names, names))].to_numpy()
        confusion = cells.reshape(-1, len(CLASSES), len(CLASSES))
        return {
            "labels": labels.to_numpy() if as_codes else _class_codes(labels),
            "confusion": confusion,
            "prior": model.priors_[names].to_numpy(),
            "steps": np.array(len(model.loss_history_)),
        }

    return Job(lambda: DawidSkene(**options).fit(frame), answer)


def _pandas_votes(folder: Path, as_codes: bool) -> Any:
    """The frame that crowd-kit takes: ids as they come, or as whole numbers, which go faster."""
    import pandas as pd

    frame = pd.read_parquet(folder / "votes.parquet")
    if as_codes:
        for name in frame.columns:
            frame[name] = pd.factorize(frame[name], sort=True)[0]
    return frame


# -- cleanlab -----------------------------------------------------------------------------------


def cleanlab_majority_vote(folder: Path) -> Job:
    """Cleanlab's majority vote on a dense table of items by annotators in memory."""
    from cleanlab.multiannotator import get_majority_vote_label

    frame = _pandas_votes(folder, as_codes=True)
    table = np.full((frame["task"].max() + 1, frame["worker"].max() + 1), np.nan)
    table[frame["task"], frame["worker"]] = frame["label"]
    return Job(
        lambda: get_majority_vote_label(table, verbose=False),
        lambda labels: {"labels": labels.astype(np.int64)},
    )


# -- comparing ----------------------------------------------------------------------------------


def compare_labels(folder: Path, ours: Answer, peer: Answer) -> Mapping[str, Any]:
    """Share of equal labels among items without a tie."""
    del folder
    clear = ~ours["ties"]
    return {
        "equal": shares_equal(ours["labels"][clear], peer["labels"][clear]),
        "ties": int(ours["ties"].sum()),
    }


def compare_fits(folder: Path, ours: Answer, peer: Answer) -> Mapping[str, Any]:
    """Labels, steps and the log-likelihood of the votes under what each found."""
    votes = _vote_codes(folder)
    sides = {"ours": ours, "peer": peer}
    found = {name: log_likelihood(votes, s["confusion"], s["prior"]) for name, s in sides.items()}
    steps = {name: int(side["steps"]) for name, side in sides.items()}
    return {**compare_labels(folder, ours, peer), "objective": found, "steps": steps}


def compare_posterior_modes(folder: Path, ours: Answer, peer: Answer) -> Mapping[str, Any]:
    """As ``compare_fits``; ours maximises the likelihood times a prior, so that is not judged."""
    found = dict(compare_fits(folder, ours, peer))
    return {**found, "log_likelihood": found.pop("objective")}


def log_likelihood(
    votes: NDArray[np.int64], confusion: NDArray[np.float64], prior: NDArray[np.float64]
) -> float:
    """Log-likelihood of votes (n_items, n_votes, 2) [annotator, given]."""
    logs = np.log(np.maximum(confusion, EPS)).transpose(0, 2, 1)
    total = 0.0
    for first in range(0, len(votes), ITEMS_AT_ONCE):
        annotator, given = np.moveaxis(votes[first : first + ITEMS_AT_ONCE], 2, 0)
        joint = logs[annotator, given].sum(axis=1) + np.log(prior)
        total += float(np.logaddexp.reduce(joint, axis=1).sum())
    return total


def _vote_codes(folder: Path) -> NDArray[np.int64]:
    import polars as pl

    table = pl.read_parquet(folder / "votes.parquet")
    workers = table["worker"].unique().sort().to_list()
    annotator = table["worker"].cast(pl.Enum(workers)).to_physical().to_numpy()
    given = table["label"].cast(pl.Enum(CLASSES)).to_physical().to_numpy()
    pairs = np.column_stack([annotator, given]).astype(np.int64)
    return pairs.reshape(table["task"].n_unique(), -1, 2)


def _class_codes(labels: Any) -> NDArray[np.int64]:
    return np.searchsorted(np.array(CLASSES), np.asarray(labels).astype(str))


# -- cases --------------------------------------------------------------------------------------

SMALL = {"items": 500, "annotators": 20, "votes": 5}
SIZES = {
    "50k": {"items": 10_000, "annotators": 100, "votes": 5},
    "1M": {"items": 200_000, "annotators": 1_000, "votes": 5},
    "10M": {"items": 2_000_000, "annotators": 10_000, "votes": 5},
}
# The dense table of items by annotators that cleanlab takes would not fit with more annotators.
SIZES_100 = {"50k": SIZES["50k"], "1M": SIZES["1M"] | {"annotators": 100}}


def majority_vote(size: str, peer: Side, *, sizes: Mapping[str, Any], **limits: Any) -> Case:
    """Majority vote against a peer, on votes of some size."""
    given = ", peer given whole numbers" if peer.options.get("as_codes") else ""
    return Case(
        task=f"majority vote, {size} votes{given}",
        input=Input(crowd, sizes[size], SMALL),
        ours=Side("labelwright", our_majority_vote),
        peer=peer,
        compare=compare_labels,
        floor=15,
        aim=20,
        **limits,
    )


def dawid_skene(
    how: str, size: str, ours: Mapping[str, Any], peer: Mapping[str, Any], **more: Any
) -> Case:
    """Dawid-Skene against crowd-kit, with the parameters of each."""
    given = ", peer given whole numbers" if peer.get("as_codes") else ""
    stated: dict[str, Any] = {"compare": compare_fits, "floor": 25, "aim": 40, "memory_mb": 1000}
    return Case(
        task=f"Dawid-Skene {how}, {size} votes{given}",
        input=Input(crowd, SIZES[size], SMALL),
        ours=Side("labelwright", our_dawid_skene, ours),
        peer=Side("crowd-kit", crowdkit_dawid_skene, peer),
        **(stated | more),
    )


CROWDKIT = Side("crowd-kit", crowdkit_majority_vote)
CROWDKIT_CODES = Side("crowd-kit", crowdkit_majority_vote, {"as_codes": True})
CLEANLAB = Side("cleanlab", cleanlab_majority_vote)

OWN = "to own convergence"
# Of crowd-kit, a gain of the objective a vote.
PEER_TOLERANCE = {"tol": 1e-5}


CODES = {"as_codes": True}


def equal_steps(size: str, steps: int, peer: Mapping[str, Any], **more: Any) -> Case:
    """Dawid-Skene on both sides for the same number of steps."""
    ours: dict[str, Any] = {
        **MAXIMUM_LIKELIHOOD,
        "accelerate": False,
        "tol": 0.0,
        "max_iter": steps,
    }
    # The peer's loss need not fall, so a tolerance below zero is what lets it take all its steps.
    theirs = {**peer, "n_iter": steps, "tol": -1.0}
    return dawid_skene(f"{steps} steps each", size, ours, theirs, **more)


BENCH = Bench(
    slug="aggregation",
    title="Votes to labels",
    about=(
        "From votes in memory (ours as `Votes`, crowd-kit's as a pandas frame, cleanlab's as a "
        "dense table of 100 annotators) to a fitted model. Items have five votes each, of five "
        "classes. Dawid-Skene is maximum likelihood on both sides (ours with the priors at zero), "
        "each to its own tolerance (ours is ten times finer), both to the peer's, or both "
        "for the same number of steps; the row with defaults compares what users get, which for "
        "us is another model (with a prior). Crowd-kit gets ids and labels as text, as they come "
        "from a file, or already as whole numbers, which it handles faster. The objective is the "
        "log-likelihood of the votes."
    ),
    rooms=("core", "aggregation"),
    cases=(
        majority_vote("50k", CROWDKIT, sizes=SIZES, repeats=9),
        majority_vote("1M", CROWDKIT, sizes=SIZES),
        majority_vote("1M", CROWDKIT_CODES, sizes=SIZES),
        majority_vote("10M", CROWDKIT, sizes=SIZES, repeats=2),
        majority_vote("50k", CLEANLAB, sizes=SIZES_100, repeats=9),
        majority_vote("1M", CLEANLAB, sizes=SIZES_100),
        dawid_skene(OWN, "50k", MAXIMUM_LIKELIHOOD, {}),
        dawid_skene(OWN, "1M", MAXIMUM_LIKELIHOOD, {}, repeats=3),
        dawid_skene(OWN, "1M", MAXIMUM_LIKELIHOOD, CODES, repeats=3),
        dawid_skene(
            "to the peer's tolerance", "1M", {**MAXIMUM_LIKELIHOOD, **PEER_TOLERANCE}, {}, repeats=3
        ),
        dawid_skene("with defaults", "1M", {}, {}, repeats=2, compare=compare_posterior_modes),
        equal_steps("50k", 20, {}),
        equal_steps("1M", 20, {}, repeats=2),
        equal_steps("1M", 20, CODES, repeats=3),
        dawid_skene(OWN, "10M", MAXIMUM_LIKELIHOOD, {}, repeats=1),
        # Twenty steps of the peer would be over the limit.
        equal_steps("10M", 10, {}, repeats=1),
    ),
    source=__file__,
)
