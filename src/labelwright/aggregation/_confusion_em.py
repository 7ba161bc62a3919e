"""The EM of all models in which an annotator errs by a confusion matrix."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._answers import AnswerModel, error_shape, leaning
from labelwright.aggregation._base import TIE_RULES, ClassAggregator
from labelwright.aggregation._em import run_em
from labelwright.aggregation._kernels import OneHotVotes
from labelwright.aggregation._one_sided import one_sided_share
from labelwright.aggregation._starts import vote_shares
from labelwright.core.errors import CapabilityError, DataWarning
from labelwright.core.params import Accepts, Bool, Int, OneOf, Real
from labelwright.core.votes import Votes

__all__ = ["MAX_CELLS", "ConfusionEM", "check_size", "warn_if_one_sided"]

# A probability never becomes smaller than this, so that no single vote rules a class out for ever.
FLOOR = 1e-10
# 2 GiB for one table of confusions; the loop holds a few of them.
MAX_CELLS = 2**28


class ConfusionEM(ClassAggregator):
    """Base: a method states its M-step (``_maximise``) and its prior (``_log_prior_density``)."""

    needs_people = True
    takes_open_answers = True
    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "max_iter": Int(1),
        "tol": Real(0),
        "accelerate": Bool(),
        "warm_start": Bool(),
        "ties": OneOf(*TIE_RULES),
    }

    max_iter: int
    tol: float
    accelerate: bool
    warm_start: bool

    confusion_: NDArray[np.float64]
    _error_shape: NDArray[np.float64]

    @abstractmethod
    def _maximise(self, counts: NDArray, classes: NDArray) -> tuple[NDArray, NDArray]:
        """M-step: confusions (n_annotators, K, K) and class prior (K,) from expected counts."""

    @abstractmethod
    def _log_prior_density(self, confusion: NDArray, prior: NDArray) -> float:
        """Log density of the prior on the parameters, up to a constant."""

    def _fit(self, votes: Votes, gold: NDArray[np.int32]) -> None:
        shape = (votes.n_annotators, votes.classes.n_classes, votes.classes.n_classes)
        check_size(shape)
        warn_if_one_sided(votes)
        data = OneHotVotes(votes, gold)
        answers = AnswerModel(votes)
        self._error_shape = error_shape(votes.classes)

        def step(logs: NDArray) -> tuple[NDArray, float]:
            confusion, prior = _unpack(logs, shape)
            log_likelihood, counts, classes = data.expect(answers.emission(confusion), prior)
            objective = log_likelihood + self._log_prior_density(confusion, prior)
            return _pack(*self._maximise(answers.share_out(counts, confusion), classes)), objective

        found = run_em(
            step,
            _pack(*self._start(votes, data, gold)),
            project=lambda logs: _pack(*_unpack(logs, shape)),
            scale=data.total_weight,
            tol=self.tol,
            max_iter=self.max_iter,
            accelerate=self.accelerate,
            name=type(self).__name__,
        )
        self.confusion_, self.class_prior_ = _unpack(found.parameters, shape)
        self.history_, self.converged_ = found.history, found.converged
        self.posterior_ = np.tile(self.class_prior_, (votes.n_items, 1))
        _, counts, classes = data.expect(
            answers.emission(self.confusion_), self.class_prior_, keep=self.posterior_
        )
        counts = answers.share_out(counts, self.confusion_)
        self.mean_confusion_ = self._maximise(counts.sum(axis=0, keepdims=True), classes)[0][0]

    def _start(
        self, votes: Votes, data: OneHotVotes, gold: NDArray[np.int32]
    ) -> tuple[NDArray, NDArray]:
        """Parameters that follow from shares of the votes; with warm_start, those learnt before."""
        counts, classes = data.counts(vote_shares(votes, gold))
        counts = AnswerModel(votes).share_out(counts, leaning(classes.size))
        confusion, prior = self._maximise(counts, classes)
        if self.warm_start and self._state().get("confusion_") is not None:
            places = self._learnt_places(votes, warn=False)
            return self._confusions_at(places, default=confusion), self.class_prior_
        return confusion, prior

    def _posterior(self, votes: Votes) -> NDArray[np.float64]:
        average = np.tile(self.mean_confusion_, (votes.n_annotators, 1, 1))
        confusion = self._confusions_at(self._learnt_places(votes), default=average)
        emission = AnswerModel(votes).emission(confusion)
        return OneHotVotes(votes).posterior(emission, self.class_prior_)

    def _confusions_at(self, places: NDArray, default: NDArray) -> NDArray[np.float64]:
        """Confusions learnt at these places; ``default`` where the place is -1."""
        confusion = default.copy()
        confusion[places >= 0] = self.confusion_[places[places >= 0]]
        return confusion


def warn_if_one_sided(votes: Votes) -> None:
    share = one_sided_share(votes)
    if share > 0.5:
        warnings.warn(
            f"{share:.0%} of the annotators only ever give one label, as rules often do. How far "
            "they err cannot be learnt from such votes, and nearly all items may end up in one "
            "class: compare with MajorityVote.",
            DataWarning,
            stacklevel=4,
        )


def check_size(shape: tuple[int, int, int]) -> None:
    cells = shape[0] * shape[1] * shape[2]
    if cells > MAX_CELLS:
        raise CapabilityError(
            f"Confusions of {shape[0]:,} annotators over {shape[1]:,} classes would take "
            f"{cells * 8 / 2**30:.1f} GiB, several times over.",
            hint="Use MajorityVote, or votes on fewer classes.",
        )


def _pack(confusion: NDArray, prior: NDArray) -> NDArray[np.float64]:
    """Parameters as one vector of logs, in which an extrapolation makes sense."""
    return np.log(np.concatenate([confusion.ravel(), prior]).clip(min=FLOOR))


def _unpack(logs: NDArray, shape: tuple[int, int, int]) -> tuple[NDArray, NDArray]:
    """Back to probabilities that sum to one and stay above the floor."""
    k = shape[1]
    confusion = _normalised(logs[:-k].reshape(shape))
    return confusion, _normalised(logs[-k:])


def _normalised(logs: NDArray) -> NDArray[np.float64]:
    values = np.exp(logs - logs.max(axis=-1, keepdims=True)).clip(min=FLOOR)
    return values / values.sum(axis=-1, keepdims=True)
