"""Labels that are probably wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.audit._sentences import SENTENCES
from labelwright.audit.checks._base import Check
from labelwright.audit.checks._data import AuditData
from labelwright.audit.confident_learning import RULES, marked_issues
from labelwright.audit.findings import Facts, Findings
from labelwright.audit.issues import LabelIssues
from labelwright.audit.why import explain_issues
from labelwright.core.params import Accepts, OneOf

__all__ = ["LabelIssueCheck"]


class LabelIssueCheck(Check):
    """Labels that confident learning takes for wrong, with the strongest reason against each.

    Parameters
    ----------
    method : str
        The rule of :func:`labelwright.audit.find_label_issues`.

    Notes
    -----
    Scores are the model's probability of the given label; the score of the whole is the share of
    labels that are not marked. Duplicates (by text or features), votes and neighbours give
    reasons, as in :func:`labelwright.audit.explain_issues`; they mark no further labels. The
    probabilities must be out of sample. Marks and scores are those of cleanlab's Datalab.

    References
    ----------
    Northcutt, Jiang and Chuang (2021), Confident learning: estimating uncertainty in dataset
    labels.
    """

    name = "label_issues"
    needs = ("labels", "probabilities")
    uses_graph = True
    _accepts: ClassVar[Mapping[str, Accepts]] = {"method": OneOf(*RULES)}

    def __init__(self, method: str = "prune_by_noise_rate") -> None:
        self.method = method

    def find(self, data: AuditData) -> Findings:
        """The marked labels, least believed first."""
        predictions = data.predictions
        issues = marked_issues(predictions, self.method)
        issues = replace(issues, index=data.labelled[issues.index], n_items=data.n)
        issues = _explained(issues, data)
        return Findings.worst_first(
            check=self.name,
            of="item",
            subject=issues.index,
            scores=issues.quality,
            kinds=issues.kinds,
            reason=_sentence,
            score=1 - len(issues) / len(data.labelled),
            evidence={"given": issues.given, "suggested": issues.suggested, **issues.evidence},
            item_scores=_spread(predictions.given, data),
            notes=issues.notes,
        )


def _sentence(facts: Facts) -> str:
    return SENTENCES[facts["kind"]](facts)


def _explained(issues: LabelIssues, data: AuditData) -> LabelIssues:
    graph = data.graph if data.has("graph") else None
    duplicates = data.conflicting(data.exact_sets)
    if not len(issues) or (graph is None and data.vote_counts is None and not duplicates):
        return issues
    return explain_issues(
        issues,
        data.decoded(),
        classes=data.space,
        graph=graph,
        duplicates=duplicates,
        vote_counts=data.vote_counts,
        ids=data.ids,
    )


def _spread(values: NDArray[np.floating], data: AuditData) -> NDArray[np.float64]:
    """Scores of all items, NaN for those without a label."""
    scores = np.full(data.n, np.nan)
    scores[data.labelled] = np.minimum(values, 1)
    return scores
