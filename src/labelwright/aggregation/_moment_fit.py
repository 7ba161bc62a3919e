"""Which classes the votes of rules speak for, so that their pairs and triples come out as seen.

A column (a rule's vote for a class) falls on a share o of the items. What is sought is r, the
chances of the classes given that vote, and p, the shares of the classes. If rules err independently
given the class, two of them vote on a share o o' sum_y r_y r'_y / p_y of the items. Where rules are
unrelated, the share that is seen has variance o o' / n; the misfit is measured by that, which is
Pearson's chi square. So a rule that speaks rarely counts as much as it should.

Some items make all rules speak more, as long texts do. If that does not depend on the class, all
pairs are more frequent by one factor, the dispersion, and all triples by another. Both are left
free; otherwise what a model finds in real rules is long texts and short ones.

Pairs determine two classes up to their order. More classes they leave open by a turn (all r with
the same inner products fit equally well), and the prior on r chooses; triples close the gap.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.special import softmax

from labelwright.aggregation._ascent import ascend
from labelwright.aggregation._em import EMResult
from labelwright.aggregation._rule_moments import Triples

__all__ = ["Believed", "MomentFit", "RuleMoments", "expected_beliefs"]

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]

# What is expected of a vote before any is seen, and how many votes that counts for; chosen on
# simulated rules and on the sets of evidence.aggregation.label_model that are marked as seen.
PRECISION, SMOOTHING = 0.7, 20.0
# With fewer rules, pairs do not determine a dispersion as well.
FEWEST_DISPERSED = 4
SMALLEST = 1e-3
# A class is no rarer than exp(-WIDEST) times another, lest a step too far divides by zero.
WIDEST = 20.0


class RuleMoments(NamedTuple):
    """What is to be explained.

    Attributes
    ----------
    n_items : int
    pairs : (d, d) float64
        Share of items in each two columns; on the diagonal, in each.
    apart : (d, d) bool
        Which two columns are independent given the class.
    votes_for : (d, K) float64
        Share of the votes in a column that are for each class.
    n_units : int
        How many rules, or cliques of rules, the columns are of.
    triples : Triples or None
    """

    n_items: int
    pairs: Matrix
    apart: NDArray[np.bool_]
    votes_for: Matrix
    n_units: int
    triples: Triples | None = None


class Believed(NamedTuple):
    """Chances (d, K) of the classes given a vote in each column, and shares (K,) of the classes."""

    given_vote: Matrix
    class_prior: Vector


class MomentFit:
    """Minus half the chi square of some moments, plus a log prior, as an objective to be climbed.

    Parameters
    ----------
    moments : RuleMoments
    class_balance : (K,) or None
        Shares of the classes; None estimates them, which takes triples.
    precision : float
        What the prior expects of a vote: the chance that it is right where classes are equally
        common.
    smoothing : float
        How many votes the prior counts for in each column.
    """

    def __init__(
        self,
        moments: RuleMoments,
        *,
        class_balance: Vector | None,
        precision: float,
        smoothing: float,
    ) -> None:
        self.n, self.balance, self.smoothing = moments.n_items, class_balance, smoothing
        self.precision = precision
        self.votes_for, self.triples = moments.votes_for, moments.triples
        # A vote is in as many pairs as there are other rules, and should count once.
        self.weight = self.n / max(moments.n_units - 1, 1)
        self.dispersed = moments.n_units >= FEWEST_DISPERSED
        self.shape = self.votes_for.shape
        self.share = np.diag(moments.pairs)
        self.root = np.sqrt(self.share)[:, None]
        self.apart = moments.apart.astype(float)
        self.seen = moments.pairs / (self.root * self.root.T) * self.apart
        k = self.shape[1]
        self.begin = np.full(k, 1 / k) if class_balance is None else class_balance
        self.expected = expected_beliefs(self.begin, self.votes_for, precision)
        # The ascent is quickest where curvatures are alike.
        self.unit = np.sqrt(self.n) / 4

    def climb(self, *, tol: float, max_iter: int, name: str) -> tuple[Believed, EMResult]:
        """The best beliefs, and how the objective came there from what the prior expects.

        With the prior there was one summit only on all votes of rules that were tried, from
        whatever start; without it, classes may end in another order that fits as well.
        """
        n_votes = self.n * float(self.share.sum())
        climb = partial(ascend, self, scale=n_votes, tol=tol, max_iter=max_iter, name=name)
        end = climb(self._pack(Believed(self.expected, self.begin)))
        believed, changed = self._better_than_chance(self._unpack(end.parameters))
        if changed:
            end = climb(self._pack(believed))
            believed = self._unpack(end.parameters)
        return believed, end

    def __call__(self, point: Vector) -> tuple[float, Vector]:
        """The objective and its gradient."""
        believed = self._unpack(point)
        r, p = believed
        value, to_r, to_p = self._pairs(believed)
        if self.triples is not None:
            more, further_r, further_p = self._triples(believed, self.triples)
            value, to_r, to_p = value + more, to_r + further_r, to_p + further_p
        more, to_logits, to_log_p = self._prior(believed)
        to_logits += r * (to_r - np.einsum("ay,ay->a", to_r, r)[:, None])
        gradient = to_logits.ravel()
        if self.balance is None:
            to_log_p += p * to_p
            gradient = np.concatenate([gradient, to_log_p - p * to_log_p.sum()])
        return value + more, gradient / self.unit

    def dispersion(self, believed: Believed) -> float:
        """How much more frequent pairs are than if all items of a class made rules speak alike."""
        part = believed.given_vote * self.root / np.sqrt(believed.class_prior)
        return self._factor(part @ part.T * self.apart, self.seen)

    def expected_pairs(self, believed: Believed) -> Matrix:
        """Share (d, d) of items in each two columns, if they are independent given the class."""
        joint = believed.given_vote * self.share[:, None]
        return self.dispersion(believed) * (joint / believed.class_prior) @ joint.T

    def _factor(self, model: Matrix, seen: Matrix) -> float:
        """What the model is multiplied by; at the best factor, gradients need not know of it."""
        size = float(np.vdot(model, model))
        return max(float(np.vdot(model, seen)) / size, SMALLEST) if self.dispersed and size else 1.0

    def _pairs(self, believed: Believed) -> tuple[float, Matrix, Vector]:
        """Minus half the chi square of pairs; its gradients in r and p."""
        scale = self.root / np.sqrt(believed.class_prior)
        part = believed.given_vote * scale
        misfit = part @ part.T
        misfit *= self.apart
        factor = self._factor(misfit, self.seen)
        misfit *= factor
        misfit -= self.seen
        push = factor * self.weight * misfit @ part
        value = -self.weight / 4 * float(np.vdot(misfit, misfit))
        to_p = np.einsum("ay,ay->y", push, part) / (2 * believed.class_prior)
        return value, -push * scale, to_p

    def _triples(self, believed: Believed, triples: Triples) -> tuple[float, Matrix, Vector]:
        """Minus half the chi square of triples; its gradients in r and p."""
        p = believed.class_prior
        per_class = self.share[:, None] / p
        said = believed.given_vote * per_class
        one, two, three = (votes_for.T @ said for votes_for in triples.votes_for)
        model, root = _product(one * p, two, three), np.sqrt(triples.precision)
        factor = self._factor(model * root, triples.share * root)
        misfit = (factor * model - triples.share) * triples.precision
        value = -self.n / 2 * float((misfit * (factor * model - triples.share)).sum())
        push = -self.n * factor * misfit
        others = (
            np.einsum("abc,by,cy->ay", push, two, three * p, optimize=True),
            np.einsum("abc,ay,cy->by", push, one, three * p, optimize=True),
            np.einsum("abc,ay,by->cy", push, one, two * p, optimize=True),
        )
        to_said = sum(v @ other for v, other in zip(triples.votes_for, others, strict=True))
        to_p = (one * others[0]).sum(axis=0) / p - (to_said * said).sum(axis=0) / p
        return value, to_said * per_class, to_p

    def _prior(self, believed: Believed) -> tuple[float, Matrix, Vector]:
        """Log prior density; its gradients in the logits of r and in log p."""
        r, p = believed
        log_r = _log(r)
        if self.balance is not None:
            value = self.smoothing * float(np.einsum("ay,ay->", self.expected, log_r))
            return value, self.smoothing * (self.expected - r), np.zeros(p.size)
        expected = expected_beliefs(p, self.votes_for, self.precision)
        by_column = np.einsum("ay,ay->a", expected, log_r)
        value = self.smoothing * float(by_column.sum() + _log(p).mean())
        to_log_p = np.einsum("ay,ay->y", expected, log_r - by_column[:, None]) + 1 / p.size
        return value, self.smoothing * (expected - r), self.smoothing * to_log_p

    def _better_than_chance(self, believed: Believed) -> tuple[Believed, bool]:
        """The classes in the order, of those that fit equally well, in which most votes are right.

        Also whether that is another one than before.
        """
        r, p = believed
        right = (self.votes_for * self.share[:, None]).T @ r
        order = np.arange(p.size)
        free = np.zeros(p.size) if self.balance is None else self.balance.round(9)
        for value in np.unique(free):
            alike = np.flatnonzero(free == value)
            _, best = linear_sum_assignment(right[np.ix_(alike, alike)], maximize=True)
            order[alike] = alike[best]
        changed = bool((order != np.arange(p.size)).any())
        return Believed(r[:, order], p[order]), changed

    def _pack(self, believed: Believed) -> Vector:
        logits = _log(believed.given_vote).ravel()
        if self.balance is None:
            logits = np.concatenate([logits, _log(believed.class_prior)])
        return logits * self.unit

    def _unpack(self, point: Vector) -> Believed:
        size = self.shape[0] * self.shape[1]
        given_vote = softmax(point[:size].reshape(self.shape) / self.unit, axis=1)
        if self.balance is not None:
            return Believed(given_vote, self.balance)
        logits = point[size:] / self.unit
        return Believed(given_vote, softmax(logits.clip(min=logits.max() - WIDEST)))


def expected_beliefs(class_prior: Vector, votes_for: Matrix, precision: float) -> Matrix:
    """Chances (d, K) of the classes given votes, of which one is right with a chance ``precision``.

    That is its chance where classes are equally common; elsewhere it lifts the odds as much.
    """
    lift = precision * max(class_prior.size - 1, 1) / (1 - precision)
    return np.asarray(softmax(np.log(class_prior) + votes_for * np.log(lift), axis=1))


def _product(one: Matrix, two: Matrix, three: Matrix) -> Matrix:
    """Sum over classes (K, K, K) of the products of three."""
    k = len(one)
    return ((one[:, None, :] * two).reshape(k * k, -1) @ three.T).reshape(k, k, k)


def _log(chances: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.log(chances.clip(min=np.finfo(float).tiny))
