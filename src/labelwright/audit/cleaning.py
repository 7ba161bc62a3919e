"""How many suspicious labels to remove: retrain without them and see where it stops to help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.audit._cleaning import ARMS, Study, measured
from labelwright.audit._predictions import ClassNames
from labelwright.audit._training import whole_codes
from labelwright.core.errors import DataError, ParameterError
from labelwright.core.params import Accepts, Int, OneOf, Params, Real, check_argument
from labelwright.core.results import Result
from labelwright.core.seeds import RandomState
from labelwright.core.stats import bootstrap_interval
from labelwright.core.validation import check_same_length, first_row
from labelwright.estimation._fitting import n_rows

if TYPE_CHECKING:
    import polars as pl

__all__ = ["RemovalCurve", "RemovalPolicy", "removal_curve"]

AMOUNTS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4)


class RemovalPolicy(Params):
    """Which items of low label quality are treated, and how.

    Parameters
    ----------
    scope : "global" or "per_class"
        The lowest of all items, or the same share of the lowest of each given label.
    action : "remove", "down_weight" or "relabel"
        What is done with them in training.
    weight : float in [0, 1]
        Weight of an item that is down-weighted; all others have 1.
    min_per_class : int
        So many items of each given label are never treated.

    Examples
    --------
    >>> quality = [0.1, 0.2, 0.9, 0.8]
    >>> RemovalPolicy().choose([0, 0, 1, 1], quality, 0.5)
    array([0, 3])
    >>> RemovalPolicy(min_per_class=0).choose([0, 0, 1, 1], quality, 0.5)
    array([0, 1])
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "scope": OneOf("global", "per_class"),
        "action": OneOf("remove", "down_weight", "relabel"),
        "weight": Real(0, 1),
        "min_per_class": Int(0),
    }

    def __init__(
        self,
        *,
        scope: str = "global",
        action: str = "remove",
        weight: float = 0.2,
        min_per_class: int = 1,
    ) -> None:
        self.scope = scope
        self.action = action
        self.weight = weight
        self.min_per_class = min_per_class

    def choose(self, labels: ArrayLike, quality: ArrayLike, amount: float) -> NDArray[np.int64]:
        """Rows to treat, worst first.

        Parameters
        ----------
        labels : (n,) array-like
            Given labels of any type.
        quality : (n,) array-like
            High where a label is good; of equal ones the earlier row first.
        amount : float in [0, 1]
            Share of the items (of each given label, if ``per_class``).

        Raises
        ------
        DataError
            If so many cannot be taken without touching the last items of a class, or a quality is
            no number.
        """
        self._check_params()
        check_argument("amount", amount, Real(0, 1))
        values = checked_quality(quality)
        check_same_length(labels=labels, quality=values)
        codes = np.unique(np.asarray(labels), return_inverse=True)[1]
        order = np.argsort(values, kind="stable")
        # The place of each item among those of its label, worst first, counted from 0.
        sizes = np.bincount(codes)
        grouped = order[np.argsort(codes[order], kind="stable")]
        place = np.empty(len(values), np.int64)
        place[grouped] = np.arange(len(values)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        free = place < (sizes - self.min_per_class)[codes]
        if self.scope == "per_class":
            wanted = np.rint(amount * sizes).astype(np.int64)
            self._refuse_too_many(wanted, np.maximum(sizes - self.min_per_class, 0), amount)
            return order[(place < wanted[codes])[order]]
        n_wanted = round(amount * len(values))
        self._refuse_too_many(np.array([n_wanted]), np.array([free.sum()]), amount)
        return order[free[order]][:n_wanted]

    def _refuse_too_many(
        self, wanted: NDArray[np.int64], there: NDArray[np.int64], amount: float
    ) -> None:
        row = first_row(wanted > there)
        if row is not None:
            raise DataError(
                f"amount={amount:g} asks for {wanted[row]} items, and {there[row]} can be taken "
                f"while {self.min_per_class} of each label stay.",
                where={"amount": amount},
                hint="Ask for less, or lower min_per_class.",
            )


@dataclass(frozen=True, eq=False)
class RemovalCurve(Result):
    """Accuracy after retraining, by how many labels were treated and who chose them.

    Attributes
    ----------
    amounts : (A,) float64
        Shares treated, ascending, the first 0.
    arms : tuple of str
        ``policy``; ``random``: as many of each given label at random; ``oracle``: truly wrong ones
        first (if they were told).
    validation, test : (arms, A, seeds) float64
        Accuracy on the validation labels (which may be wrong) and on the test labels (NaN without).
    recalls : (arms, A, seeds, K) float64
        Share of each true class of the test items that is predicted right (NaN without).
    chosen : float
        The amount with the best mean validation accuracy of the policy; the smaller of equals.
    level : float
        Confidence of the intervals.
    """

    kind: ClassVar[str] = "removal_curve"

    amounts: NDArray[np.float64]
    arms: tuple[str, ...]
    validation: NDArray[np.float64]
    test: NDArray[np.float64]
    recalls: NDArray[np.float64]
    chosen: float
    level: float

    def gain(self, over: str = "none", amount: float | None = None) -> tuple[float, float, float]:
        """Gain of the policy in test accuracy at an amount, and its interval over the seeds.

        Parameters
        ----------
        over : "none", "random" or "oracle"
            What it is compared with, seed by seed: nothing removed, or another arm at that amount.
        amount : float, optional
            One of ``amounts``; by default the chosen one.
        """
        at = self._place(self.chosen if amount is None else amount)
        check_argument("over", over, OneOf("none", *self.arms[1:]))
        other = self.test[0, 0] if over == "none" else self.test[self.arms.index(over), at]
        differences = self.test[0, at] - other
        if np.isnan(differences).any():
            raise DataError("There are no test labels.", hint="Give X_test and labels_test.")
        mean = float(differences.mean())
        if len(differences) < 2:
            return mean, float("nan"), float("nan")
        low, high = bootstrap_interval(np.mean, differences, level=self.level, method="percentile")
        return mean, low, high

    def to_table(self) -> pl.DataFrame:
        """One row an arm and amount: mean accuracy and its standard deviation over the seeds."""
        import polars as pl

        n = len(self.amounts)
        return pl.DataFrame(
            {
                "arm": np.repeat(np.array(self.arms), n),
                "amount": np.tile(self.amounts, len(self.arms)),
                "validation": self.validation.mean(axis=2).ravel(),
                "validation_sd": self.validation.std(axis=2).ravel(),
                "test": self.test.mean(axis=2).ravel(),
                "test_sd": self.test.std(axis=2).ravel(),
            }
        )

    def _place(self, amount: float) -> int:
        found = np.flatnonzero(np.isclose(self.amounts, amount))
        if not len(found):
            raise ParameterError(
                f"amount={amount!r} was not measured.",
                hint=f"Measured were {self.amounts.tolist()}.",
            )
        return int(found[0])


def removal_curve(
    labels: ArrayLike,
    X: Any,
    quality: ArrayLike,
    labels_valid: ArrayLike,
    X_valid: Any,
    *,
    labels_test: ArrayLike | None = None,
    X_test: Any = None,
    policy: RemovalPolicy | None = None,
    classifier: Any = None,
    amounts: Sequence[float] = AMOUNTS,
    suggested: ArrayLike | None = None,
    wrong: ArrayLike | None = None,
    train_share: float = 0.8,
    n_seeds: int = 5,
    level: float = 0.95,
    classes: ClassNames = None,
    random_state: RandomState = 0,
) -> RemovalCurve:
    """Retrain without the most suspicious labels, more and more of them, and compare.

    Each seed draws a part of the training items; all arms and amounts of the seed share it, so
    differences are paired. The validation labels may be as noisy as the training labels and choose
    the amount; the test labels, if there are any, only report. Removal changes how many items each
    class has, which alone changes a model: the random arm removes as many of each given label, so
    what the policy gains over it is due to *which* items go.

    Parameters
    ----------
    labels : (n,) array-like
        Training labels of any type; whole numbers are codes.
    X : array, sparse matrix, table, or sequence of length n
        What the classifier takes.
    quality : (n,) array-like
        High where a label is good: of ``SEMD``, ``label_quality``, ``aum_quality`` ...
    labels_valid, X_valid
        Items that were not trained on, of the same kinds.
    labels_test, X_test : optional
        Items with labels that are known to be right.
    policy : RemovalPolicy, optional
        What is treated and how; by default the lowest of all are removed.
    classifier : estimator, optional
        Any scikit-learn classifier with ``predict_proba``; by default logistic regression.
    amounts : sequence of float
        Shares to treat; 0 is always measured.
    suggested : (n,) array-like, optional
        The label to give instead, for the action ``relabel``.
    wrong : (n,) bool array-like, optional
        Which training labels are truly wrong: adds the oracle arm.
    train_share : float in (0, 1]
        Part of the items that each seed draws.
    n_seeds : int
    level : float
        Confidence of the intervals.
    classes : sequence or Classes, optional
        The classes; by default those of ``labels``.
    random_state : int, SeedSequence, Generator or None

    Returns
    -------
    RemovalCurve

    Raises
    ------
    DataError
        If a label is missing or no class, lengths differ, or an amount would take the last items of
        a class.
    ParameterError
        If an argument is not accepted.

    References
    ----------
    Srikanth, Irvin, Hill, Godoy, Sabane and Ng (2023), An empirical study of automated mislabel
    detection in real world vision datasets.

    Examples
    --------
    >>> X = np.arange(40.0)[:, None]
    >>> labels = np.repeat([0, 1], 20)
    >>> labels[:6] = 1
    >>> quality = np.where(np.arange(40) < 6, 0.1, 0.9)
    >>> curve = removal_curve(labels, X, quality, [0, 0, 1, 1], [[0.0], [9.0], [30.0], [39.0]])
    >>> curve.arms, curve.validation.shape
    (('policy', 'random'), (2, 6, 5))
    """
    check_argument("train_share", train_share, Real(0, 1, open_low=True))
    check_argument("n_seeds", n_seeds, Int(1))
    codes, names = whole_codes(labels, classes)
    study = Study(
        policy=RemovalPolicy() if policy is None else policy,
        classifier=classifier,
        codes=codes,
        X=X,
        quality=checked_quality(quality),
        suggested=None if suggested is None else whole_codes(suggested, names, "suggested")[0],
        wrong=None if wrong is None else np.asarray(wrong, dtype=bool),
        n_classes=len(names),
        judges=_judges(names, (labels_valid, X_valid), (labels_test, X_test)),
    )
    _check_study(study)
    steps = _checked_amounts(amounts)
    found = measured(study, steps, train_share, n_seeds, random_state)
    validation, test = found[0].accuracy, found[1].accuracy
    best = int(validation[0].mean(axis=1).round(12).argmax())
    return RemovalCurve(
        amounts=steps,
        arms=ARMS if wrong is not None else ARMS[:2],
        validation=validation,
        test=test,
        recalls=found[1].recalls,
        chosen=float(steps[best]),
        level=level,
    )


def checked_quality(quality: ArrayLike) -> NDArray[np.float64]:
    """Quality scores as finite numbers (n,)."""
    values = np.asarray(quality, dtype=np.float64)
    if values.ndim != 1:
        raise DataError(f"quality has shape {values.shape}.", hint="Give one number an item.")
    row = first_row(~np.isfinite(values))
    if row is not None:
        raise DataError(f"quality[{row}] is {values[row]}.", where={"row": row})
    return values


def _checked_amounts(amounts: Sequence[float]) -> NDArray[np.float64]:
    for amount in amounts:
        check_argument("amounts", amount, Real(0, 1))
    return np.unique(np.array([0.0, *amounts], dtype=np.float64))


def _judges(names: Any, *pairs: tuple[Any, Any]) -> tuple[tuple[Any, Any] | None, ...]:
    """Codes and features of the items that judge the models."""
    found: list[tuple[Any, Any] | None] = []
    for labels, X in pairs:
        if (labels is None) != (X is None):
            raise ParameterError("labels_test and X_test go together.")
        if labels is None:
            found.append(None)
            continue
        codes = whole_codes(labels, names, "labels to judge by")[0]
        if len(codes) != n_rows(X):
            raise DataError(f"There are {len(codes)} labels and {n_rows(X)} rows to judge by.")
        found.append((codes, X))
    return tuple(found)


def _check_study(study: Study) -> None:
    check_same_length(
        labels=study.codes,
        X=range(n_rows(study.X)),
        quality=study.quality,
        suggested=study.suggested,
        wrong=study.wrong,
    )
    if study.policy.action == "relabel" and study.suggested is None:
        raise ParameterError(
            "The action 'relabel' needs suggested.", hint="Give the label to use instead."
        )
