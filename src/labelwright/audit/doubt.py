"""Labels that votes, and the model where there is one, leave in doubt."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labelwright.audit._predictions import ClassNames, named
from labelwright.audit.issues import LabelIssues
from labelwright.core.errors import ParameterError
from labelwright.core.spaces import Classes
from labelwright.core.validation import check_codes, check_probabilities, check_same_length

__all__ = ["combine_beliefs", "find_doubtful_labels"]


def find_doubtful_labels(
    codes: ArrayLike, beliefs: ArrayLike, *, below: float = 0.75, classes: ClassNames = None
) -> LabelIssues:
    """The labels that are believed too little, least believed first.

    Parameters
    ----------
    codes : (n,) array-like of int
        Class codes; -1 where there is no label, which is no issue.
    beliefs : (n, K) array-like
        Belief over the classes: an aggregator's ``posterior_``, alone or joined with a model's by
        :func:`combine_beliefs`.
    below : float
        A label is in doubt if the belief in it is lower than this.
    classes : sequence or Classes, optional
        Names for the result.

    Returns
    -------
    LabelIssues
        Quality is the belief in the label; suggested is the best other class.

    Examples
    --------
    >>> find_doubtful_labels([0, 1], [[0.95, 0.05], [0.4, 0.6]], classes=["ham", "spam"]).why
    ["belief in 'spam' is only 0.60, in 'ham' 0.40"]
    """
    believed = check_probabilities(beliefs, name="beliefs")
    given = check_codes(codes, believed.shape[1], name="codes", missing=True)
    n = check_same_length(codes=given, beliefs=believed)
    if not 0 <= below <= 1:
        raise ParameterError(f"below={below} is no probability.", hint="Give 0 to 1.")
    rows = np.arange(n)
    quality = np.where(given >= 0, believed[rows, given], np.inf)
    index = np.flatnonzero(quality < below)
    index = index[np.argsort(quality[index], kind="stable")]
    others = believed[index].copy()
    others[np.arange(index.size), given[index]] = -1.0
    suggested = others.argmax(axis=1)
    space = classes if isinstance(classes, Classes) or classes is None else Classes(tuple(classes))
    return LabelIssues(
        index=index,
        quality=quality[index],
        given=named(given[index], space),
        suggested=named(suggested, space),
        kinds=np.full(index.size, "little belief", dtype="<U27"),
        n_items=n,
        evidence={
            "p_given": quality[index],
            "p_suggested": believed[index, suggested],
        },
    )


def combine_beliefs(
    posterior: ArrayLike, probabilities: ArrayLike, prior: ArrayLike
) -> NDArray[np.float64]:
    """Join what votes and a model say of each item by Bayes' rule.

    Parameters
    ----------
    posterior : (n, K) array-like
        From votes, with the class prior in it.
    probabilities : (n, K) array-like
        From a model that has not seen the item, with the class prior in it.
    prior : (K,) array-like
        Counted once, where both bring it along.

    Notes
    -----
    It is right where votes and the model err independently given the class. A model trained on the
    very votes of an item would count them twice, so its probabilities must be out of sample.

    Examples
    --------
    >>> combine_beliefs([[0.8, 0.2]], [[0.2, 0.8]], [0.5, 0.5]).round(3)
    array([[0.5, 0.5]])
    """
    votes = check_probabilities(posterior, name="posterior")
    model = check_probabilities(probabilities, n_classes=votes.shape[1])
    tiny = np.finfo(np.float64).tiny
    logs = np.log(votes.clip(min=tiny)) + np.log(model.clip(min=tiny))
    logs -= np.log(np.asarray(prior, dtype=np.float64).clip(min=tiny))
    joined = np.exp(logs - logs.max(axis=1, keepdims=True))
    return joined / joined.sum(axis=1, keepdims=True)
