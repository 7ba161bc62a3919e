"""What was given to an audit, checked and turned into what checks work on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from labelwright.audit._blocks import matrix
from labelwright.audit._predictions import ClassNames, as_codes
from labelwright.audit.checks._data import AuditData
from labelwright.core._factorize import as_array, factorize
from labelwright.core.errors import DataError
from labelwright.core.seeds import RandomState
from labelwright.core.spaces import Classes
from labelwright.core.tables import to_polars, to_series
from labelwright.core.validation import check_probabilities, check_same_length
from labelwright.core.votes import Votes
from labelwright.retrieval import NeighbourGraph

__all__ = ["read_data"]


def read_data(
    labels: ArrayLike | None,
    *,
    classes: ClassNames = None,
    probabilities: ArrayLike | None = None,
    features: Any = None,
    graph: NeighbourGraph | None = None,
    table: Any = None,
    texts: Any = None,
    groups: Any = None,
    split: Any = None,
    votes: Votes | None = None,
    ids: Any = None,
    random_state: RandomState = 0,
) -> AuditData:
    """Check that all is for the same items and turn it into what checks work on.

    Raises
    ------
    DataError
        If there is nothing to audit, lengths differ, an entry is no probability, a row does not sum
        to one, or a label is no class.
    """
    known = None if probabilities is None else matrix(probabilities)
    codes, space = _read_labels(labels, classes, None if known is None else known.shape[1])
    sets, set_names = (None, None) if groups is None else _codes(groups)
    parts, part_names = (None, None) if split is None else _codes(split)
    data = AuditData(
        n=0,
        labels=codes,
        space=space,
        probabilities=known,
        features=None if features is None else _as_matrix(features),
        table=None if table is None else to_polars(table),
        texts=None if texts is None else _as_texts(texts),
        groups=sets,
        group_names=set_names,
        split=parts,
        split_names=part_names,
        votes=votes,
        ids=None if ids is None else as_array(ids),
        given_graph=graph,
        random_state=random_state,
    )
    data = replace(data, n=_common_length(data))
    _check_probabilities(data)
    return data


def _common_length(data: AuditData) -> int:
    measured = {
        "labels": data.labels,
        "probabilities": data.probabilities,
        "features": data.features,
        "graph": data.given_graph,
        "table": data.table,
        "texts": data.texts,
        "groups": data.groups,
        "split": data.split,
        "votes": None if data.votes is None else data.votes.items,
        "ids": data.ids,
    }
    if all(value is None for name, value in measured.items() if name != "ids"):
        raise DataError(
            "There is nothing to audit.", hint="Give labels, probabilities, features, a table ..."
        )
    n = check_same_length(**measured)
    if n == 0:
        raise DataError("There are no items.", hint="Give at least one.")
    return n


def _check_probabilities(data: AuditData) -> None:
    """Look at every row now: a wrong one should not be found after minutes of other checks."""
    if data.probabilities is None:
        return
    complete = data.labels is not None and len(data.labelled) == data.n
    if not complete:
        check_probabilities(data.probabilities)
    if data.labels is not None:
        _ = data.predictions


def _read_labels(
    labels: ArrayLike | None, classes: ClassNames, n_columns: int | None
) -> tuple[NDArray[np.int64] | None, Classes | None]:
    if labels is None:
        named_classes = classes is None or isinstance(classes, Classes)
        return None, classes if named_classes else Classes(tuple(classes))  # type: ignore
    array = as_array(labels)
    if not len(array):
        raise DataError("There are no items.", hint="Give at least one label.")
    if classes is None and n_columns is None and array.dtype.kind not in "iu":
        # There are no columns that the classes would have to be in the order of.
        classes = Classes.from_values(array)
    codes, space = as_codes(array, n_columns, classes, missing=True)
    if (codes < 0).all():
        raise DataError("No item has a label.", hint="Leave out labels=, or give some.")
    return codes, space


def _codes(values: Any) -> tuple[NDArray[np.int64], NDArray[Any]]:
    codes, distinct = factorize(values)
    return codes.astype(np.int64), distinct


def _as_matrix(features: Any) -> Any:
    if sp.issparse(features):
        return sp.csr_array(features)
    array = np.asarray(features)
    if array.ndim != 2 or array.dtype.kind not in "fiub":
        raise DataError(
            f"features has shape {array.shape} and type {array.dtype}.",
            hint="Give a matrix of numbers with a row an item; columns of other types as table=.",
        )
    return array


def _as_texts(texts: Any) -> list[str | None]:
    found = to_series(texts, "texts").to_list()
    for row, text in enumerate(found):
        if text is not None and not isinstance(text, str):
            raise DataError(
                f"texts[{row}] is of type {type(text).__name__}.",
                where={"row": row},
                hint="Give text, or None where there is none.",
            )
    return found
