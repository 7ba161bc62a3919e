"""Weak supervision as one object: rules' votes to a label model, a classifier and what to fix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation import LabelModel
from labelwright.aggregation._base import ClassAggregator
from labelwright.core.errors import DataError
from labelwright.core.params import Accepts, Instance, Nullable, Params, check_argument
from labelwright.core.validation import check_same_length
from labelwright.core.votes import Votes
from labelwright.features.base import Features
from labelwright.learning import LabelClassifier
from labelwright.sources.rule_report import RuleReport, rule_report

__all__ = ["WeakSupervision"]


class WeakSupervision(Params):
    """A classifier of records from the votes of rules, without a labelled record.

    A label model turns the votes on each record into a belief; a classifier learns that belief from
    the features of the records on which some rule voted, and so speaks of all others, too.

    Parameters
    ----------
    label_model : aggregator, optional
        By default :class:`~labelwright.aggregation.LabelModel`.
    end_model : estimator, optional
        By default :class:`~labelwright.learning.LabelClassifier`. If it does not take soft labels
        (``takes_soft_labels``), it learns the most probable class.
    features : Features, optional
        What turns records into rows of numbers; without it records are such rows.

    Attributes
    ----------
    label_model_, end_model_, features_ : fitted parts
    classes_ : (K,) array
    report : RuleReport
        What each rule does; it is not saved with the rest.

    Notes
    -----
    The belief is as good as the rules: look at ``report`` and, if you have some true labels, give
    them as ``gold`` to ``fit``, which judges the rules by them and never trains on them.

    References
    ----------
    Zhang, Hsieh, Yu, Zhang and Ratner, 2022, A survey on programmatic weak supervision, for the
    parts and what they are called.

    Examples
    --------
    >>> from labelwright.aggregation import MajorityVote
    >>> from labelwright.features import TextFeatures
    >>> from labelwright.sources import KeywordRule, RuleSet
    >>> texts = ["subscribe to me", "love this song", "check my page", "love it", "subscribe now"]
    >>> records = {"text": texts * 5}
    >>> rules = RuleSet(
    ...     [
    ...         KeywordRule(["subscribe"], label="spam", name="asks"),
    ...         KeywordRule(["love", "song"], label="ham", name="praise"),
    ...         KeywordRule(["me", "my", "now"], label="spam", name="self"),
    ...     ],
    ...     classes=["ham", "spam"],
    ... )
    >>> weak = WeakSupervision(label_model=MajorityVote(), features=TextFeatures())
    >>> weak = weak.fit(records, rules.apply(records).votes)
    >>> weak.predict({"text": ["subscribe", "love"]}).tolist()
    ['spam', 'ham']
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "label_model": Nullable(Instance(ClassAggregator)),
        "end_model": Nullable(Instance(having=("fit", "predict_proba"))),
        "features": Nullable(Instance(Features)),
    }

    classes_: NDArray[Any]
    report: RuleReport

    def __init__(
        self,
        *,
        label_model: ClassAggregator | None = None,
        end_model: Any = None,
        features: Features | None = None,
    ) -> None:
        self.label_model = label_model
        self.end_model = end_model
        self.features = features

    def fit(
        self,
        records: Any,
        votes: Votes,
        gold: Mapping[Any, Any] | Sequence[Any] | None = None,
    ) -> Self:
        """Learn from records and the votes on them, record i being ``votes.items[i]``.

        Raises
        ------
        DataError
            If there are more or fewer records than items, or no rule voted.
        """
        self._check_params()
        check_argument("votes", votes, Instance(Votes))
        own = self.clone()
        self.features_ = own.features
        X = records if own.features is None else own.features.fit_transform(records)
        check_same_length(records=X, items=votes.items)
        covered = np.flatnonzero(np.diff(votes.indptr))
        if not covered.size:
            raise DataError("No rule voted on any record.", hint="Look at rule_report(votes).")
        self.label_model_ = (own.label_model or LabelModel()).fit(votes)
        self.report = rule_report(votes, gold, model=self.label_model_)
        self.end_model_ = own.end_model or LabelClassifier()
        belief = self.label_model_.posterior_[covered]
        soft = getattr(self.end_model_, "takes_soft_labels", False)
        self.end_model_.fit(X[covered], belief if soft else belief.argmax(axis=1))
        self.classes_ = np.asarray(votes.classes.names)
        return self

    def predict_proba(self, records: Any) -> NDArray[np.float64]:
        """Probabilities (n, K), columns in the order of ``classes_``."""
        self._check_fitted()
        X = records if self.features_ is None else self.features_.transform(records)
        found = np.zeros((X.shape[0], len(self.classes_)))
        # A model of hard labels knows only the classes that occurred.
        found[:, np.asarray(self.end_model_.classes_)] = self.end_model_.predict_proba(X)
        return found

    def predict(self, records: Any) -> NDArray[Any]:
        """The most probable class of each record, (n,)."""
        labels: NDArray[Any] = self.classes_[self.predict_proba(records).argmax(axis=1)]
        return labels

    def findings(self) -> list[str]:
        """What to fix, in sentences; see :class:`~labelwright.sources.RuleReport`."""
        self._check_fitted()
        named = set(self.label_model_.codes_[self.label_model_.codes_ >= 0].tolist())
        unnamed = [str(c) for code, c in enumerate(self.classes_.tolist()) if code not in named]
        missing = [f"No record is labelled {', '.join(unnamed)}."] if unnamed else []
        return [*self.report.findings(), *missing]
