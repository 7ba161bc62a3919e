"""The stages of a run on one question, each kept until its inputs change."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from labelwright.aggregation import MajorityVote
from labelwright.aggregation._base import ClassAggregator
from labelwright.core.ledger import GoldLedger
from labelwright.core.params import load
from labelwright.core.votes import Votes
from labelwright.pipeline._audit import likely_errors
from labelwright.pipeline._folder import RunFolder, fingerprint
from labelwright.pipeline._gather import Gathered
from labelwright.pipeline._labels import FinalLabels, decide, label_table
from labelwright.pipeline._learn import Learner
from labelwright.pipeline._methods import choose
from labelwright.pipeline._outputs import GOLD_USES, record_gold, write_question
from labelwright.pipeline._report_data import question_data
from labelwright.pipeline.settings import Settings

__all__ = ["Found", "execute"]

# Raised when a stage computes something else from the same inputs.
VERSIONS = {"aggregate": 1, "predict": 1, "audit": 1, "train": 1}


@dataclass(frozen=True)
class Found:
    """All that the stages of a run found, for its tables and its report."""

    settings: Settings
    inputs: Gathered
    aggregator: ClassAggregator
    why_method: str
    majority: MajorityVote
    learner: Learner
    probabilities: NDArray[np.float64] | None
    issues: pl.DataFrame
    final: FinalLabels
    labels: pl.DataFrame


def execute(
    folder: RunFolder, settings: Settings, inputs: Gathered, names: Mapping[str, str]
) -> dict[str, Any]:
    """Run all stages on one question, write its files, and give its part of the report."""
    ledger = _ledger(folder.path / GOLD_USES)
    if inputs.gold is not None:
        gold = inputs.gold.without_tuned(ledger, inputs.ids)
        inputs = replace(inputs, gold=gold.without_reviewed(ledger, inputs.ids))
    found = _find(folder, settings, inputs)
    question = question_data(found, names)
    write_question(folder.path, found, question)
    record_gold(folder.path / GOLD_USES, ledger, found)
    return question


def _ledger(path: Path) -> GoldLedger:
    """What gold was used for so far, by runs in this folder and by whoever wrote into the file."""
    return GoldLedger.load(path) if path.exists() else GoldLedger()


def _find(folder: RunFolder, settings: Settings, inputs: Gathered) -> Found:
    votes = inputs.votes
    aggregator, why = choose(votes, settings.method, doubtful=inputs.doubtful)
    key = fingerprint(votes_hash(votes), repr(aggregator), VERSIONS["aggregate"])
    fitted = folder.stage("aggregate", key, lambda part: aggregator.fit(votes).save(part), load)
    majority = MajorityVote(random_state=settings.seed).fit(votes)

    targets = np.where(np.diff(votes.indptr)[:, None] > 0, fitted.posterior_, np.nan)
    learner = Learner(inputs, settings, targets)
    key = fingerprint(key, _features_hash(inputs, settings), settings.seed)
    probabilities = None
    if not learner.why_none:
        probabilities = folder.stage(
            "predict",
            fingerprint(key, VERSIONS["predict"]),
            lambda part: np.save(part / "probabilities.npy", learner.probabilities()),
            lambda done: np.load(done / "probabilities.npy"),
        )
        folder.stage(
            "train",
            fingerprint(key, VERSIONS["train"]),
            lambda part: learner.save_model(part / "model"),
            lambda done: _replace_tree(done / "model", folder.path / "model"),
        )
    issues = folder.stage(
        "audit",
        fingerprint(key, VERSIONS["audit"]),
        lambda part: likely_errors(inputs, fitted, probabilities, learner).write_parquet(
            part / "issues.parquet"
        ),
        lambda done: pl.read_parquet(done / "issues.parquet"),
    )
    return _decided(settings, inputs, fitted, why, majority, learner, probabilities, issues)


def _decided(
    settings: Settings,
    inputs: Gathered,
    fitted: ClassAggregator,
    why: str,
    majority: MajorityVote,
    learner: Learner,
    probabilities: NDArray[np.float64] | None,
    issues: pl.DataFrame,
) -> Found:
    voted = np.diff(inputs.votes.indptr) > 0
    gold = None if inputs.gold is None else inputs.gold.codes
    final = decide(fitted.codes_, fitted.posterior_, voted, probabilities, gold)
    doubtful = np.zeros(inputs.votes.n_items, dtype=bool)
    doubtful[issues["index"].to_numpy()] = True
    if gold is not None:
        doubtful &= gold < 0
    labels = label_table(
        inputs.records, inputs.votes, final, majority.codes_, fitted.ties_, doubtful
    )
    return Found(
        settings, inputs, fitted, why, majority, learner, probabilities, issues, final, labels
    )


def votes_hash(votes: Votes) -> str:
    """A hash of everything that an aggregator may look at."""
    state = hashlib.sha256(repr((votes.space.to_dict(), votes.anonymous)).encode())
    for array in (votes.indptr, votes.annotator, votes.label, votes.weight):
        if array is not None:
            state.update(np.ascontiguousarray(array).tobytes())
    for ids in (votes.items, votes.annotators):
        state.update(repr(ids.tolist()).encode())
    return state.hexdigest()


def _features_hash(inputs: Gathered, settings: Settings) -> str:
    """A hash of what a model learns from, and of the groups that must not cross folds."""
    stated = (settings.text, settings.features, settings.group)
    state = hashlib.sha256(repr(stated).encode())
    if settings.embedding:
        state.update(Path(settings.embedding).read_bytes())
    if settings.text or settings.features or settings.group:
        state.update(inputs.records.hash_rows(seed=0).to_numpy().tobytes())
    return state.hexdigest()


def _replace_tree(source: Path, target: Path) -> None:
    """Put a copy of a folder in place of another."""
    beside = target.with_name(f".{target.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    shutil.copytree(source, beside)
    if target.exists():
        shutil.rmtree(target)
    beside.rename(target)
