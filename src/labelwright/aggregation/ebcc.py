"""EBCC, enhanced Bayesian classifier combination: annotators may err together.

Every class is divided into a few subtypes, each with confusions of its own: kinds of items on which
some annotators are good and others are not. Within a class votes are then correlated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._base import TIE_RULES, ClassAggregator
from labelwright.aggregation._confusion_em import MAX_CELLS, warn_if_one_sided
from labelwright.aggregation._em import EMResult, run_em
from labelwright.aggregation._starts import vote_shares
from labelwright.aggregation._subtypes import SubtypeVotes
from labelwright.aggregation._variational import DirichletPosterior, expected_log
from labelwright.aggregation.ibcc import LEAST_PRIOR, class_pseudo_items
from labelwright.core.errors import CapabilityError
from labelwright.core.params import Accepts, Bool, Int, Nullable, OneOf, Real
from labelwright.core.progress import track
from labelwright.core.seeds import generator
from labelwright.core.votes import Votes

__all__ = ["EBCC"]


class EBCC(ClassAggregator):
    """Classes with subtypes on which annotators err alike, by variational Bayes.

    Parameters
    ----------
    n_subtypes : int
        Subtypes of every class, M; those not needed stay empty. With 1 this is :class:`IBCC`.
    n_init : int
        Random starts; the one with the highest bound is kept. The authors took 40.
    concentration : float
        Pseudo-items in a class, divided among its subtypes: the less, the fewer are used.
    smoothing : float
        Pseudo-votes in every cell of a confusion matrix: the Dirichlet parameter.
    diagonal : float
        Further pseudo-votes for right answers: annotators are thought better than chance.
    class_smoothing : float or None
        Pseudo-items in every class; None takes as many as the class has by the shares of votes, as
        the authors did in their experiments.
    max_iter, tol
        A start stops when a step gains no more than ``tol`` in the bound a vote, or after
        ``max_iter``.
    accelerate : bool
        Squared extrapolation between steps, kept only where the bound did not fall.
    ties : {"lowest", "random", "abstain"}
        What is chosen where the best classes are equally likely.
    random_state : int, Generator or None
        For the starts, and for ``ties="random"``.

    Attributes
    ----------
    posterior_ : (n_items, K) float64
    confusion_ : (n_annotators, K, K) float64
        P(given | true) as [annotator, true, given], over the subtypes of the true class.
    class_prior_ : (K,) float64
    subtype_shares_ : (K, M) float64
        How the items of a class divide among its subtypes, most frequent first.
    subtype_counts_ : (n_annotators, K, M, K) float64
        Dirichlet parameters [annotator, true, subtype, given].
    state_counts_ : (K, M) float64
        Dirichlet parameters of ``subtype_shares_``.
    class_counts_ : (K,) float64
        Dirichlet parameters of the class prior.
    bounds_ : (n_init,) float64
        Lower bound of the log evidence that each start reached; one with a single subtype.
    history_ : list of float
        That of the best start, at each step; never falls.

    Notes
    -----
    Use it where the items of a class are of several kinds on which different annotators err, and
    each item has many votes: correlation shows only within items. Do not use it with two or three
    votes an item, where nothing tells subtypes apart and :class:`IBCC` says the same in a fraction
    of the time. It does not unmask copies of one annotator: a vote that many share may well become
    the class, and the truth a subtype. Where ``bounds_`` differ widely, raise ``n_init``. The
    priors are the authors'.

    References
    ----------
    Li, Rubinstein and Cohn, 2019, Exploiting worker correlation for label aggregation in
    crowdsourcing.

    Examples
    --------
    >>> from labelwright import Votes
    >>> table = {"ann": [0, 0, 1, 1], "bo": [0, 0, 1, 1], "cy": [1, 0, 0, 1]}
    >>> model = EBCC(n_subtypes=2).fit(Votes.from_wide(table, votes=["ann", "bo", "cy"]))
    >>> model.labels_, model.subtype_shares_.shape
    ([0, 0, 1, 1], (2, 2))
    """

    needs_people = True
    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "n_subtypes": Int(1),
        "n_init": Int(1),
        "concentration": Real(0, open_low=True),
        "smoothing": Real(0, open_low=True),
        "diagonal": Real(0),
        "class_smoothing": Nullable(Real(LEAST_PRIOR)),
        "max_iter": Int(1),
        "tol": Real(0),
        "accelerate": Bool(),
        "ties": OneOf(*TIE_RULES),
    }

    def __init__(
        self,
        *,
        n_subtypes: int = 10,
        n_init: int = 10,
        concentration: float = 0.1,
        smoothing: float = 1.0,
        diagonal: float = 3.0,
        class_smoothing: float | None = 1.0,
        max_iter: int = 500,
        tol: float = 1e-6,
        accelerate: bool = True,
        ties: str = "lowest",
        random_state: Any = 0,
    ) -> None:
        self.n_subtypes = n_subtypes
        self.n_init = n_init
        self.concentration = concentration
        self.smoothing = smoothing
        self.diagonal = diagonal
        self.class_smoothing = class_smoothing
        self.max_iter = max_iter
        self.tol = tol
        self.accelerate = accelerate
        self.ties = ties
        self.random_state = random_state

    def _fit(self, votes: Votes, gold: NDArray[np.int32]) -> None:
        self._check_size(votes)
        warn_if_one_sided(votes)
        data = SubtypeVotes(votes, gold, self.n_subtypes)
        beliefs = vote_shares(votes, gold)
        model = DirichletPosterior(
            data.expect_logs,
            votes.n_annotators,
            vote_prior=self._vote_prior(data.n_classes),
            class_prior=class_pseudo_items(self.class_smoothing, beliefs),
            subtype_prior=self.concentration / self.n_subtypes,
            most=data.total_weight + votes.n_items,
        )
        best = self._best(model, data, self._starts(model, data, beliefs))
        self.history_, self.converged_ = best.history, best.converged
        self._describe(model, best.parameters)
        self.posterior_ = self._beliefs(data, self.subtype_counts_)

    def _starts(
        self, model: DirichletPosterior, data: SubtypeVotes, beliefs: NDArray[np.float64]
    ) -> Iterator[NDArray[np.float64]]:
        """Parameters that follow from the shares of votes, divided at random among subtypes."""
        n_init = self.n_init if self.n_subtypes > 1 else 1
        for start in range(n_init):
            rng = generator(self.random_state, "start", start)
            # With subtypes equally frequent, all would begin nearly alike and part but slowly.
            frequency = rng.dirichlet(np.ones(self.n_subtypes))
            # One division for all classes: the result must not depend on the order of classes.
            splits = frequency * rng.standard_exponential((data.n_items, self.n_subtypes))
            splits /= splits.sum(axis=1, keepdims=True)
            yield model.pack(*data.counts_of_states(beliefs, splits))

    def _best(
        self,
        model: DirichletPosterior,
        data: SubtypeVotes,
        starts: Iterator[NDArray[np.float64]],
    ) -> EMResult:
        """Climb from every start; the end with the highest bound."""
        bounds: list[float] = []

        def climb(start: NDArray[np.float64]) -> EMResult:
            found = run_em(
                model.step,
                start,
                project=model.project,
                scale=data.total_weight,
                tol=self.tol,
                max_iter=self.max_iter,
                accelerate=self.accelerate,
                name=type(self).__name__,
            )
            bounds.append(found.history[-1])
            return found

        ends = map(climb, track(starts, "trying starts", total=self.n_init))
        best = max(ends, key=lambda found: found.history[-1])
        self.bounds_ = np.array(bounds)
        return best

    def _describe(self, model: DirichletPosterior, parameters: NDArray[np.float64]) -> None:
        """Set what was learnt, the subtypes of each class by falling frequency."""
        votes, states = model.unpack(parameters)
        k, m = model.class_prior.size, self.n_subtypes
        self.class_counts_ = model.class_parameters(states)
        self.class_prior_ = self.class_counts_ / self.class_counts_.sum()
        states = states.reshape(k, m)
        order = np.argsort(-states, axis=1, kind="stable")
        self.state_counts_ = np.take_along_axis(states, order, axis=1)
        self.subtype_shares_ = self.state_counts_ / self.state_counts_.sum(axis=1, keepdims=True)
        by_subtype = votes.reshape(-1, k, m, k)
        self.subtype_counts_ = np.take_along_axis(by_subtype, order[None, :, :, None], axis=2)
        means = self.subtype_counts_ / self.subtype_counts_.sum(axis=3, keepdims=True)
        self.confusion_ = np.einsum("km,akml->akl", self.subtype_shares_, means)

    def _posterior(self, votes: Votes) -> NDArray[np.float64]:
        prior = self._vote_prior(votes.classes.n_classes).reshape(self.subtype_counts_.shape[1:])
        # The place -1 of an annotator never seen finds, at the end, all votes as if of one person.
        pooled = prior + (self.subtype_counts_ - prior).sum(axis=0)
        known = np.concatenate([self.subtype_counts_, pooled[None]])
        data = SubtypeVotes(votes, n_subtypes=self.n_subtypes)
        return self._beliefs(data, known[self._learnt_places(votes)])

    def _beliefs(self, data: SubtypeVotes, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Belief (n_items, K) where annotators have these Dirichlet parameters."""
        beliefs = np.tile(self.class_prior_, (data.n_items, 1))
        log_states = expected_log(self.class_counts_)[:, None] + expected_log(self.state_counts_)
        log_confusion = expected_log(counts).reshape(len(counts), data.n_states, -1)
        data.expect_logs(log_confusion, log_states.ravel(), keep=beliefs)
        return beliefs

    def _vote_prior(self, k: int) -> NDArray[np.float64]:
        """Pseudo-votes (S, K), the same for every subtype of a class."""
        return np.repeat(self.smoothing + self.diagonal * np.eye(k), self.n_subtypes, axis=0)

    def _check_size(self, votes: Votes) -> None:
        k = votes.classes.n_classes
        cells = votes.n_annotators * k * k * self.n_subtypes
        if cells > MAX_CELLS:
            raise CapabilityError(
                f"Confusions of {votes.n_annotators:,} annotators over {k:,} classes with "
                f"{self.n_subtypes:,} subtypes would take {cells * 8 / 2**30:.1f} GiB, several "
                "times over.",
                hint="Use fewer subtypes, IBCC, or votes on fewer classes.",
            )
