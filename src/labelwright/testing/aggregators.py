"""What every aggregator of classes must do."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from labelwright.core.errors import LabelwrightWarning
from labelwright.core.spaces import Classes
from labelwright.core.tables import frame_kind
from labelwright.core.votes import Votes
from labelwright.testing._expect import (
    expect,
    expect_equal,
    expect_error,
    global_numbers_untouched,
)
from labelwright.testing.parts import check_part, not_fitted

__all__ = ["check_aggregator"]

CLASSES = ("lo", "mid", "hi")


def check_aggregator(aggregator: Any) -> None:
    """Check that an aggregator of classes keeps its contract, on small votes of our own.

    Parameters
    ----------
    aggregator : aggregator
        Not fitted; it is cloned, not changed.

    Raises
    ------
    AssertionError
        With a sentence that says what was expected.

    Examples
    --------
    >>> from labelwright.aggregation import DawidSkene
    >>> check_aggregator(DawidSkene())
    """
    check_part(aggregator)
    for check in CHECKS:
        with warnings.catch_warnings(), global_numbers_untouched():
            warnings.simplefilter("ignore", LabelwrightWarning)
            check(aggregator.clone())


def example_votes(n_items: int = 40, seed: int = 0) -> Votes:
    """Votes of six people of different skill; the last item has none."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, len(CLASSES), n_items)
    skill = rng.uniform(0.5, 0.95, 6)
    item, annotator = np.nonzero(rng.random((n_items - 1, 6)) < 0.7)
    right = rng.random(item.size) < skill[annotator]
    given = np.where(right, truth[item], rng.integers(0, len(CLASSES), item.size))
    names = np.array(CLASSES, dtype=object)
    ids = [f"i{number}" for number in range(n_items)]
    return Votes.from_arrays(
        np.array(ids, dtype=object)[item],
        np.array([f"a{number}" for number in range(6)], dtype=object)[annotator],
        names[given],
        classes=CLASSES,
        items=ids,
    )


def _attributes(model: Any) -> None:
    votes = example_votes()
    expect(model.fit(votes) is model, "fit returns the model")
    n, k = votes.n_items, len(CLASSES)
    expect(model.posterior_.shape == (n, k), "posterior_ has a row an item, a column a class")
    expect(np.isfinite(model.posterior_).all(), "posterior_ has no NaN")
    expect_equal(model.posterior_.sum(axis=1), np.ones(n), "rows of posterior_ sum to one")
    expect(model.codes_.dtype == np.int32, "codes_ are int32")
    expect(model.labels_ == votes.space.decode(model.codes_), "labels_ are codes_ decoded")
    expect(model.codes_[-1] == -1, "an item without a vote has no label")
    expect_equal(model.class_prior_.sum(), 1.0, "class_prior_ sums to one")
    expect_equal(model.posterior_[-1], model.class_prior_, "an item without a vote has the prior")
    expect_equal(model.confidence_, model.posterior_.max(axis=1), "confidence_ is the best belief")
    expect(isinstance(model.converged_, bool), "converged_ is True or False")
    expect(len(model.annotators_) == votes.n_annotators, "annotators_ has a row an annotator")
    if hasattr(model, "confusion_"):
        expect(model.confusion_.shape == (votes.n_annotators, k, k), "confusion_ is (A, K, K)")
        sums = model.confusion_.sum(axis=2)
        expect_equal(sums, np.ones_like(sums), "confusion_ sums to one over given labels")


def _history(model: Any) -> None:
    history = np.asarray(model.fit(example_votes()).history_, dtype=float)
    expect(np.all(np.diff(history) >= -1e-8), "the objective in history_ never falls")


def _order_of_rows(model: Any) -> None:
    votes = example_votes()
    table = votes.to_table()
    shuffled = table[np.random.default_rng(1).permutation(len(table))]
    again = Votes.from_table(
        shuffled.drop_nulls("annotator"),
        item="item",
        annotator="annotator",
        label="label",
        classes=CLASSES,
        items=votes.items,
        annotators=votes.annotators,
    )
    expected = model.fit(votes).posterior_
    expect_equal(model.clone().fit(again).posterior_, expected, "the order of rows is irrelevant")


def _names_of_classes(model: Any) -> None:
    votes = example_votes()
    turned = votes.with_space(Classes(CLASSES[::-1]))
    expected = model.fit(votes).posterior_[:, ::-1]
    found = model.clone().fit(turned).posterior_
    expect_equal(found, expected, "renaming classes permutes the columns", tolerance=1e-5)


def _repeatable(model: Any) -> None:
    votes = example_votes()
    before = [array.tobytes() for array in (votes.indptr, votes.annotator, votes.label)]
    first = model.fit(votes).posterior_.copy()
    expect_equal(model.clone().fit(votes).posterior_, first, "the same seed, the same result", 0.0)
    other = model.clone().fit(example_votes(seed=5))
    expect_equal(other.fit(votes).posterior_, first, "a second fit forgets the first", 0.0)
    after = [array.tobytes() for array in (votes.indptr, votes.annotator, votes.label)]
    expect(before == after, "fit leaves the votes as they were")


def _gold(model: Any) -> None:
    votes = example_votes()
    wrong = {"i0": "hi", "i1": "lo", "i39": "mid"}
    found = dict(zip(votes.items.tolist(), model.fit(votes, gold=wrong).labels_, strict=True))
    expect(all(found[name] == label for name, label in wrong.items()), "gold is kept as it is")


def _new_votes(model: Any) -> None:
    votes = example_votes()
    model.fit(votes)
    part = votes.select(items=votes.items[:10])
    beliefs = model.predict_proba(part)
    expect(beliefs.shape == (10, len(CLASSES)), "predict_proba has a row a new item")
    expect_equal(beliefs.sum(axis=1), np.ones(10), "rows of predict_proba sum to one")


def _files(model: Any) -> None:
    votes = example_votes()
    model.fit(votes)
    with tempfile.TemporaryDirectory() as folder:
        again = type(model).load(model.save(Path(folder) / "model"))
    expect(type(again) is type(model), "load gives the class that was saved")
    expect(again.get_params() == model.get_params(), "load keeps the parameters")
    expect_equal(again.predict_proba(votes), model.predict_proba(votes), "load predicts alike", 0.0)
    expect(again.labels_ == model.labels_, "load keeps the labels")


def _tables(model: Any) -> None:
    votes = example_votes()
    table = model.fit(votes).to_table()
    expect(list(table["item"]) == votes.items.tolist(), "to_table has a row an item, in order")
    expect(list(table["label"]) == model.labels_, "to_table holds the labels")


def _kind_of_table(model: Any) -> None:
    votes = example_votes()
    for kind in ("polars", "pandas", "pyarrow"):
        if find_spec(kind):
            table = model.fit(replace(votes, frame=kind)).to_table()
            expect(frame_kind(table) == kind, f"to_table gives {kind} to users of {kind}")


def _small_votes(model: Any) -> None:
    """Nothing is too small to be aggregated: no NaN, and the only answer is the label."""
    alone = Votes.from_arrays(["i"], ["a"], ["mid"], classes=CLASSES)
    same = Votes.from_arrays([0, 0, 1], ["a", "b", "a"], ["x", "x", "x"])
    for votes, labels in ((alone, ["mid"]), (same, ["x", "x"])):
        found = model.clone().fit(votes)
        expect(np.isfinite(found.posterior_).all(), f"posterior_ has no NaN for {votes!r}")
        expect(found.labels_ == labels, f"the only answer is the label for {votes!r}")


def _weights(model: Any) -> None:
    votes = example_votes()
    expected = model.fit(votes).posterior_
    weighted = votes.with_extra(weight=np.ones(len(votes)))
    expect_equal(model.clone().fit(weighted).posterior_, expected, "weights of one change nothing")


def _before_fit(model: Any) -> None:
    votes = example_votes()
    what = f"{type(model).__name__} before fit"
    expect_error(not_fitted(), "fit", lambda: model.predict_proba(votes), what)
    expect_error(not_fitted(), "fit", lambda: model.labels_, what)


CHECKS: tuple[Callable[[Any], None], ...] = (
    _attributes,
    _history,
    _order_of_rows,
    _names_of_classes,
    _repeatable,
    _gold,
    _new_votes,
    _files,
    _tables,
    _kind_of_table,
    _small_votes,
    _weights,
    _before_fit,
)
