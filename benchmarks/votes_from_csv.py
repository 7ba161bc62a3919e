"""A csv file of votes to arrays in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks._cases import Answer, Bench, Case, Input, Job, Side, shares_equal
from benchmarks._inputs import CLASSES, codes, crowd_csv
from numpy.typing import NDArray

COLUMNS = ("task", "worker", "label")


def our_votes(folder: Path) -> Job:
    """read_votes: ids and labels as codes, sorted by item, checked for repeated votes."""
    from labelwright.io import read_votes

    def answer(votes: Any) -> Answer:
        item, annotator = codes(votes.items)[votes.item], codes(votes.annotators)[votes.annotator]
        return {"digest": _digest(item, annotator, np.array(votes.answers)[votes.label])}

    path = folder / "votes.csv"
    return Job(lambda: read_votes(path, item="task", annotator="worker", label="label"), answer)


def pandas_frame(folder: Path) -> Job:
    """What crowd-kit's users do: read_csv, nothing else."""
    import pandas as pd

    def answer(frame: Any) -> Answer:
        factors = [pd.factorize(frame[name]) for name in COLUMNS]
        return _factors_digest(factors)

    path = folder / "votes.csv"
    return Job(lambda: pd.read_csv(path)[list(COLUMNS)], answer)


def pandas_arrays(folder: Path) -> Job:
    """The same, then each column to codes: what a program that computes on votes needs."""
    import pandas as pd

    def read() -> list[tuple[NDArray[Any], Any]]:
        frame = pd.read_csv(path)
        return [pd.factorize(frame[name]) for name in COLUMNS]

    path = folder / "votes.csv"
    return Job(read, _factors_digest)


def _factors_digest(factors: list[tuple[NDArray[Any], Any]]) -> Answer:
    (item, items), (annotator, annotators), (label, labels) = factors
    named = np.array(list(labels))[label]
    return {"digest": _digest(codes(items)[item], codes(annotators)[annotator], named)}


def _digest(
    item: NDArray[np.int64], annotator: NDArray[np.int64], label: NDArray[Any]
) -> NDArray[np.uint8]:
    """Hash of the votes in the order of item and annotator; equal for equal votes."""
    order = np.lexsort((annotator, item))
    found = hashlib.sha256()
    for column in (item, annotator, np.searchsorted(np.array(CLASSES), label)):
        found.update(column[order].astype(np.int64).tobytes())
    return np.frombuffer(found.digest(), dtype=np.uint8)


def compare(folder: Path, ours: Answer, peer: Answer) -> Mapping[str, Any]:
    """Whether the votes are the same, all of them."""
    del folder
    return {"equal": float(shares_equal(ours["digest"], peer["digest"]) == 1)}


def case(size: str, sizes: Mapping[str, int], what: str, peer: Side, repeats: int) -> Case:
    """Our reader against a peer."""
    return Case(
        task=f"{size} rows of csv, peer to {what}",
        input=Input(crowd_csv, sizes, {"items": 500, "annotators": 20, "votes": 5}),
        ours=Side("labelwright", our_votes),
        peer=peer,
        compare=compare,
        repeats=repeats,
    )


MILLION = ("1M", {"items": 200_000, "annotators": 1_000, "votes": 5})
TEN_MILLION = ("10M", {"items": 2_000_000, "annotators": 10_000, "votes": 5})
FRAME = ("the frame crowd-kit takes", Side("pandas", pandas_frame))
ARRAYS = ("arrays of codes", Side("pandas", pandas_arrays))

BENCH = Bench(
    slug="votes_from_csv",
    title="Votes from a file",
    about=(
        "From a csv file with text ids, in any order, to votes in memory. Ours are arrays of "
        "codes, sorted by item and checked for repeated votes, bad rows and wrong types. The peer "
        "is `pandas.read_csv`, first to the frame of text that crowd-kit takes, then to arrays of "
        "codes by `pandas.factorize`, neither sorted nor checked."
    ),
    rooms=("core", "io"),
    cases=(
        case(*MILLION, *FRAME, repeats=5),
        case(*MILLION, *ARRAYS, repeats=5),
        case(*TEN_MILLION, *FRAME, repeats=2),
        case(*TEN_MILLION, *ARRAYS, repeats=2),
    ),
    source=__file__,
)
