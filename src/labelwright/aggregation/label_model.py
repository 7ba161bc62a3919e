"""The label model of data programming: how good rules are, from how their votes occur together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from labelwright.aggregation._base import TIE_RULES, ClassAggregator
from labelwright.aggregation._class_balance import ClassBalance, stated_balance
from labelwright.aggregation._moment_fit import (
    PRECISION,
    SMOOTHING,
    MomentFit,
    RuleMoments,
    expected_beliefs,
)
from labelwright.aggregation._rule_columns import Columns, RuleColumns, cliques_of
from labelwright.aggregation._rule_evidence import (
    beliefs,
    between_units,
    given_class,
    given_vote,
    joint_chances,
    silence,
)
from labelwright.aggregation._rule_moments import pair_shares, three_groups, triple_shares
from labelwright.aggregation._rule_warnings import warn_if_not_learnt, warn_if_rules_apart
from labelwright.core.params import Accepts, Instance, Int, Nullable, OneOf, Real
from labelwright.core.votes import Votes

__all__ = ["LabelModel"]

LEAST = 1e-12
EXPECTED_MEETINGS = 5.0


class LabelModel(ClassAggregator):
    """Classes from rules that often abstain and mostly say one class only.

    Parameters
    ----------
    dependencies : sequence of sequences of rule names, optional
        Rules known to depend on each other beyond the class, such as two that look for the same
        word. They are taken as one rule, whose votes are the combinations of theirs, as are rules
        that are linked through others. :func:`suggest_dependencies` finds candidates.
    class_balance : {"uniform", "estimated"}, sequence (K,) or mapping of class to share
        How common the classes are among all items, also those without votes.
    abstain : {"ignored", "learnt"}
        Whether a rule that says nothing about an item is evidence on its class.
    order : {2, 3}
        What is fitted: pairs of votes, or triples too. Triples determine how rules err among three
        classes or more, where pairs do not, and take some thousands of items and more time. They
        are always used where the class balance is estimated.
    precision : float
        Chance that a vote is right, were the classes equally common, before any vote is looked at.
    smoothing : float
        How many votes of each kind that counts for. The default is much, since real rules are not
        as independent as the model has it; where they are, 1 comes nearer to the truth.
    max_iter, tol
        Stop when an iteration gains no more than ``tol`` in the objective a vote, or after
        ``max_iter``.
    ties : {"lowest", "random", "abstain"}
        What is chosen where the best classes are equally likely.
    random_state : int, Generator or None
        For ``ties="random"``.

    Attributes
    ----------
    posterior_ : (n_items, K) float64
    class_prior_ : (K,) float64
        The class balance that was given or estimated.
    vote_given_class_ : (n_annotators, K, K) float64
        Chances [rule, true class, vote]; what is missing to 1 is the chance of no vote.
    accuracy_ : (n_annotators,) float64
        Estimated chance that a vote of the rule is right; NaN without votes.
    dispersion_ : float
        How much more often two rules vote on the same item than if all items of a class made rules
        speak alike, as where long texts set off more rules than short ones.
    learnt_ : (n_annotators,) bool
        Whether there are two other rules that vote on some of its items, or would if they were
        unrelated. What is not learnt stays near the prior.
    history_ : list of float
        Minus half the chi square of the moments, a pair counted once a vote, plus the log prior;
        never falls.

    Notes
    -----
    Rules mostly say one class or nothing. On such votes a model of confusions given that somebody
    votes, as :class:`DawidSkene` is, has nothing to learn from, while this one reads from the joint
    votes how much more often a rule speaks where the class is its own. For people who each choose
    among all classes, :class:`DawidSkene` uses the votes better.

    Rules are taken to vote independently given the class. Votes that are copies of each other, or
    that fire on the same words, count double unless ``dependencies`` says so. A class balance that
    is far off moves every label: say what you know. To estimate it takes rules that hardly depend
    on each other, even in threes; on all ten sets of real rules that were tried, equal shares did
    better, and pairs mostly did better than triples.

    With ``order=2`` and three classes or more, pairs of votes leave it open how errors are spread
    among the classes; of all models that fit equally well, that nearest to the prior is taken.

    Weights of votes count for labels, not for what is learnt. Gold fixes labels and teaches
    nothing.

    References
    ----------
    Ratner, Hancock, Dunnmon, Sala, Pandey and Ré, 2019, Training complex models with multi-task
    weak supervision, for the moments and the dependencies. Anandkumar, Ge, Hsu, Kakade and
    Telgarsky, 2014, Tensor decompositions for learning latent variable models, for triples.

    Examples
    --------
    >>> import numpy as np
    >>> from labelwright import Votes
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.integers(0, 2, 2000)
    >>> says = np.array([0, 0, 0, 1, 1, 1])
    >>> speaks = rng.random((2000, 6)) < np.where(says == truth[:, None], 0.5, 0.1)
    >>> votes = Votes.from_matrix(np.where(speaks, says, -1), classes=["ham", "spam"])
    >>> LabelModel().fit(votes).accuracy_.round(1)
    array([0.8, 0.8, 0.8, 0.8, 0.8, 0.8])
    """

    needs_people = True
    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "dependencies": Nullable(Instance(list, tuple)),
        "class_balance": ClassBalance(),
        "abstain": OneOf("ignored", "learnt"),
        "order": OneOf(2, 3),
        "precision": Real(0.5, 0.99),
        "smoothing": Real(0),
        "max_iter": Int(1),
        "tol": Real(0),
        "ties": OneOf(*TIE_RULES),
    }

    def __init__(
        self,
        *,
        dependencies: Sequence[Sequence[Any]] | None = None,
        class_balance: str | Sequence[float] | Mapping[Any, float] = "uniform",
        abstain: str = "ignored",
        order: int = 2,
        precision: float = PRECISION,
        smoothing: float = SMOOTHING,
        max_iter: int = 1000,
        tol: float = 1e-8,
        ties: str = "lowest",
        random_state: Any = 0,
    ) -> None:
        self.dependencies = dependencies
        self.class_balance = class_balance
        self.abstain = abstain
        self.order = order
        self.precision = precision
        self.smoothing = smoothing
        self.max_iter = max_iter
        self.tol = tol
        self.ties = ties
        self.random_state = random_state

    def _fit(self, votes: Votes, gold: NDArray[np.int32]) -> None:  # noqa: ARG002
        with threadpool_limits(1, user_api="blas"):
            # The matrices are so small that waking threads takes longer than the products.
            self._fit_moments(votes)

    def _fit_moments(self, votes: Votes) -> None:
        balance = stated_balance(self.class_balance, votes.classes)
        rules = RuleColumns.learn(votes, cliques_of(self.dependencies, votes))
        columns = rules.encode(votes, votes.annotator)
        used = np.flatnonzero(np.bincount(columns.column, minlength=rules.n_columns))
        moments = self._moments(rules, columns, used, triples=balance is None or self.order == 3)
        fit = MomentFit(
            moments,
            class_balance=balance,
            precision=self.precision,
            smoothing=self.smoothing,
        )
        believed, end = fit.climb(tol=self.tol, max_iter=self.max_iter, name=type(self).__name__)
        self.history_, self.converged_ = end.history, end.converged
        self.class_prior_, self.dispersion_ = believed.class_prior, fit.dispersion(believed)
        self.cliques_, self.combinations_ = list(rules.cliques), list(rules.combinations)
        self._describe_rules(rules, joint_chances(rules, used, fit.share, believed.given_vote))
        self._see_what_is_learnt(votes, rules, rules.unit[used], moments)
        self.posterior_ = beliefs(columns, self.evidence_, self.class_prior_, self.silence_)

    def _see_what_is_learnt(
        self, votes: Votes, rules: RuleColumns, unit: NDArray[np.int64], moments: RuleMoments
    ) -> None:
        """Set ``learnt_``, and warn where votes do not tell how good rules are."""
        units, place = np.unique(unit, return_inverse=True)
        met = between_units(moments.apart & (moments.pairs > 0), place)
        share = np.diag(moments.pairs)
        # Not to meet where one should have is as telling as to meet.
        expected = moments.apart & (np.outer(share, share) * moments.n_items >= EXPECTED_MEETINGS)
        linked = (met | between_units(expected, place)).astype(float)
        # Two rules that agree may both be right or both be wrong; a third tells.
        learnt = units[((linked @ linked) * linked).any(axis=1)]
        self.learnt_ = np.isin(rules.unit_of_rule, learnt)
        speaks = np.isin(rules.unit_of_rule, units)
        warn_if_not_learnt(votes.annotators[speaks & ~self.learnt_].tolist(), self.precision)
        warn_if_rules_apart(
            met,
            "LabelModel takes it that they speak of different classes. If they were not applied "
            "to the same items, aggregate each group on its own.",
        )

    def _moments(
        self, rules: RuleColumns, columns: Columns, used: NDArray[np.int64], *, triples: bool
    ) -> RuleMoments:
        pairs = pair_shares(columns, used, rules.n_columns)
        unit, votes_for = rules.unit[used], rules.votes_for[used]
        found = None
        if triples:
            groups = three_groups(unit, votes_for, np.diag(pairs))
            found = triple_shares(columns, used, rules.n_columns, groups)
        n_items = columns.indptr.size - 1
        n_units = np.unique(unit).size
        return RuleMoments(n_items, pairs, unit[:, None] != unit, votes_for, n_units, found)

    def _describe_rules(self, rules: RuleColumns, joint: NDArray[np.float64]) -> None:
        """Set what follows from the joint chances (n_columns, K) of votes and classes."""
        prior, k = self.class_prior_, rules.n_classes
        self.vote_given_class_ = given_class(joint, prior, rules.n_rules)
        by_rule = joint[: rules.n_single].reshape(rules.n_rules, k, k)
        said = by_rule.sum(axis=(1, 2))
        right = np.einsum("rkk->r", by_rule)
        self.accuracy_ = np.divide(right, said, out=np.full_like(said, np.nan), where=said > 0)
        evidence = given_vote(joint, expected_beliefs(prior, rules.votes_for, self.precision))
        self.silence_ = np.zeros(k)
        unheard = expected_beliefs(prior, np.eye(k), self.precision)
        average = given_vote(by_rule.sum(axis=0), unheard)
        self.evidence_ = np.log(np.concatenate([evidence, average]).clip(min=LEAST) / prior)
        if self.abstain == "learnt":
            silent = silence(rules, joint, prior)
            # Who votes is not silent.
            self.evidence_[: rules.n_columns] -= silent[rules.unit]
            self.silence_ = silent.sum(axis=0)

    def _posterior(self, votes: Votes) -> NDArray[np.float64]:
        rules = RuleColumns(
            self.annotator_ids_.size,
            self.class_prior_.size,
            self.cliques_,
            self.combinations_,
        )
        columns = rules.encode(votes, self._learnt_places(votes)[votes.annotator])
        return beliefs(columns, self.evidence_, self.class_prior_, self.silence_)
