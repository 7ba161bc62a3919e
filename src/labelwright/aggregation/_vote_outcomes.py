"""What can come of independent votes on one item: counts of votes, and how likely under each class.

All that is asked about majority and best aggregation is a sum or a minimum over these outcomes.
Votes of equal annotators are enumerated as counts, others as patterns, and where there are too many
of either they are drawn.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

__all__ = [
    "MOST_VOTES",
    "N_DRAWS",
    "TINY",
    "Errors",
    "Outcomes",
    "enumerate_all",
    "exact_margin",
    "outcomes_of",
    "votes_to_close",
]

MAX_OUTCOMES = 2**20
N_DRAWS = 100_000
MOST_VOTES = 99
# Log posteriors this near to each other are equal.
TINY = 1e-9
Floats = NDArray[np.float64]


class Errors(NamedTuple):
    """Expected errors of majority (ties at random) and best aggregation, and the gap's deviation.

    ``deviation`` is the standard error of the gap, 0 where all outcomes were enumerated.
    """

    majority: float
    best: float
    deviation: float


class Outcomes(NamedTuple):
    """Outcomes of the votes on an item.

    ``counts`` (n, K) are votes for each class, ``log_joint`` (n, K) the log of the probability that
    this class is true and the outcome follows. All sum to one, also where outcomes were drawn.
    """

    counts: Floats
    log_joint: Floats
    drawn: bool

    def errors(self) -> Errors:
        """Errors, by the belief in what either rule chooses."""
        joint = np.exp(self.log_joint)
        winners = self._winners()
        by_majority = np.where(winners, joint, 0).sum(axis=1) / winners.sum(axis=1)
        by_belief = joint.max(axis=1)
        deviation = 0.0
        if self.drawn:
            deviation = float(np.std(by_belief - by_majority, ddof=1) * math.sqrt(len(joint)))
        errors = (1 - math.fsum(by_majority), 1 - math.fsum(by_belief))
        return Errors(max(errors[0], 0.0), max(errors[1], 0.0), deviation)

    def margin(self) -> float:
        """Least log posterior odds of what majority chooses; below zero it is not optimal.

        Of several winners each must be as likely as any other class: at best their odds are even.
        """
        possible = np.isfinite(self.log_joint).any(axis=1)
        winners, logs = self._winners()[possible], self.log_joint[possible]
        worst = np.where(winners, logs, np.inf).min(axis=1)
        tied = winners.sum(axis=1) > 1
        rivals = np.where(winners & ~tied[:, None], -np.inf, logs)
        return float((worst - rivals.max(axis=1)).min(initial=np.inf))

    def _winners(self) -> NDArray[np.bool_]:
        return self.counts == self.counts.max(axis=1, keepdims=True)


def enumerate_all(confusion: Floats, prior: Floats) -> Outcomes | None:
    """All outcomes of annotators with confusions (H, K, K), or None if there are too many."""
    h, k, _ = confusion.shape
    log_prior = _log(prior)
    if (confusion == confusion[0]).all():
        if math.comb(h + k - 1, k - 1) > MAX_OUTCOMES:
            return None
        counts = _compositions(h, k)
        ways = math.lgamma(h + 1) - gammaln(counts + 1).sum(axis=1)
        logs = log_prior + ways[:, None] + _counted(counts, _log(confusion[0]))
    else:
        if k**h > MAX_OUTCOMES:
            return None
        counts, logs = np.zeros((1, k)), log_prior[None]
        for one in _log(confusion):
            counts = (counts[:, None] + np.eye(k)).reshape(-1, k)
            logs = (logs[:, None] + one.T).reshape(-1, k)
    return Outcomes(counts, logs, drawn=False)


def draw(confusion: Floats, prior: Floats, n: int, rng: np.random.Generator) -> Outcomes:
    """Outcomes drawn from the model, with the beliefs about each."""
    k = prior.size
    truth = rng.choice(k, n, p=prior)
    counts, logs = np.zeros((n, k)), np.tile(_log(prior), (n, 1))
    for one in confusion:
        given = (rng.random(n)[:, None] > np.cumsum(one, axis=1)[truth, :-1]).sum(axis=1)
        counts[np.arange(n), given] += 1
        logs += _log(one).T[given]
    logs -= np.logaddexp.reduce(logs, axis=1)[:, None] + math.log(n)
    return Outcomes(counts, logs, drawn=True)


def margin_of_two(confusion: Floats, prior: Floats) -> float:
    """The margin for two classes and any number of annotators, whose confusions are above zero.

    A vote for the second class in place of the first adds a fixed amount to the log odds of the
    second. So among outcomes with as many votes for it, the least odds come with the annotators
    whose votes add least.
    """
    h = len(confusion)
    odds = np.log(confusion[:, 1, :] / confusion[:, 0, :])
    adds = np.sort(odds[:, 1] - odds[:, 0])
    none = math.log(prior[1] / prior[0]) + odds[:, 0].sum()
    least = none + np.concatenate([[0.0], np.cumsum(adds)])
    most = none + np.concatenate([[0.0], np.cumsum(adds[::-1])])
    votes = np.arange(h + 1)
    second, first = 2 * votes > h, 2 * votes < h
    margins = [*least[second], *-most[first]]
    if h % 2 == 0:
        margins += [least[h // 2], -most[h // 2]]
        margins += [-least[h // 2], most[h // 2]]
    return float(min(margins))


def outcomes_of(
    matrices: Floats, prior: Floats, n_draws: int, rng: np.random.Generator
) -> Outcomes:
    """All outcomes, or draws of them if there are too many."""
    return enumerate_all(matrices, prior) or draw(matrices, prior, n_draws, rng)


def exact_margin(matrices: Floats, prior: Floats, outcomes: Outcomes | None) -> float:
    """The margin, exactly; NaN where it would take too long."""
    if prior.size == 2 and (matrices > 0).all():
        return margin_of_two(matrices, prior)
    return math.nan if outcomes is None or outcomes.drawn else outcomes.margin()


def votes_to_close(
    confusion: Floats, prior: Floats, n_votes: int, errors: Errors, rng: np.random.Generator
) -> int | None:
    """The fewest votes, by bisection among odd numbers: of these, more err less."""
    wanted = errors.best + TINY

    def enough(n: int) -> bool:
        matrices = np.broadcast_to(confusion, (n, *confusion.shape))
        return outcomes_of(matrices, prior, N_DRAWS, rng).errors().majority <= wanted

    if enough(n_votes):
        return n_votes
    low, high = (n_votes - 1) // 2, MOST_VOTES // 2
    if high <= low or not enough(2 * high + 1):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(2 * middle + 1) else (middle, high)
    return 2 * high + 1


def _log(values: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.log(values)


def _counted(counts: Floats, logs: Floats) -> Floats:
    """Sums (n, K) over given labels of counts (n, K) times logs [true, given]; 0 of -inf is 0."""
    finite = np.where(np.isfinite(logs), logs, 0.0)
    impossible = counts @ np.isneginf(logs).T.astype(float) > 0
    return np.where(impossible, -np.inf, counts @ finite.T)


def _compositions(total: int, k: int) -> Floats:
    """All ways (n, k) to write a total as an ordered sum of k counts."""
    found = np.zeros((1, 0), dtype=np.int64)
    for _ in range(k - 1):
        choices = total - found.sum(axis=1) + 1
        rows = np.repeat(np.arange(len(found)), choices)
        count = np.arange(rows.size) - np.repeat(np.cumsum(choices) - choices, choices)
        found = np.column_stack([found[rows], count])
    return np.column_stack([found, total - found.sum(axis=1)]).astype(np.float64)
