"""A table of annotators that can be acted on: who, on what evidence, and what to talk about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.aggregation._base import ClassAggregator, encode_gold
from labelwright.aggregation._choice import choose_aggregator
from labelwright.aggregation._conduct import of_conduct
from labelwright.aggregation._copying import copying
from labelwright.aggregation._peer_beliefs import PeerBeliefs, tail_above, tail_below
from labelwright.aggregation._people_table import COLUMNS, figures_of, informativeness, ordered
from labelwright.aggregation._suspicions import FEWEST, Suspicion, of_votes
from labelwright.core.errors import CapabilityError, DataError
from labelwright.core.params import Instance, Nullable, check_argument
from labelwright.core.results import Result
from labelwright.core.stats import benjamini_hochberg, check_level
from labelwright.core.votes import Votes

__all__ = ["AnnotatorReport", "Finding", "annotator_report"]

Labels = Mapping[Any, Any] | Sequence[Any]

# Where the first is found, the others say nothing new.
COVERS = {
    "below chance": ("always the same label", "spam", "confuses two classes"),
    "always the same label": ("spam", "confuses two classes"),
    "spam": ("confuses two classes",),
}


@dataclass(frozen=True)
class Finding(Result):
    """One thing to talk about with one annotator.

    Attributes
    ----------
    annotator : id
    finding : str
        ``confuses two classes``, ``spam``, ``always the same label``, ``below chance``,
        ``copies or is copied``, ``too fast``, ``drifts``, ``skips the hard ones`` or
        ``accepts pre-labels``.
    why : str
        A plain sentence with the counts it rests on.
    p : float
        Probability of such evidence, or more, without misbehaviour.
    adjusted : float
        The same, adjusted for the number of annotators and kinds that were looked at.
    evidence : dict
        The figures of the sentence, by name.
    """

    kind: ClassVar[str] = "annotator_finding"

    annotator: Any
    finding: str
    why: str
    p: float
    adjusted: float
    evidence: dict[str, Any]

    def to_table(self) -> Any:
        """One row."""
        import polars as pl

        row = {name: getattr(self, name) for name in ("annotator", "finding", "why", "adjusted")}
        return pl.DataFrame([row], strict=False)


@dataclass(frozen=True, eq=False)
class AnnotatorReport(Result):
    """Annotators, those to look at first on top, and what was found about them.

    Attributes
    ----------
    columns : dict of str to (n_annotators,) array
        ``annotator``, ``votes``; ``agreement`` with its interval ``low`` to ``high``; ``crowd``,
        what the average annotator reaches on the same items; ``verdict`` (below or above the
        crowd, too few votes, or nothing where chance may have done it); ``informativeness``;
        with gold also ``gold_votes``, ``gold_right``, ``accuracy``, ``accuracy_low`` and
        ``accuracy_high``. The order is by the evidence: by how far even the upper end of the
        interval lies below the crowd. Who has too few votes stands last.
    findings : tuple of Finding
        The surest first.
    tested : tuple of str
        The kinds of findings that these votes could show.
    method : str
        What agreement is agreement with.
    level : float
        Confidence of the intervals; 1 - level is the share of findings that may be false.
    frame : str
    """

    kind: ClassVar[str] = "annotator_report"

    columns: dict[str, NDArray[Any]]
    findings: tuple[Finding, ...]
    tested: tuple[str, ...]
    method: str
    level: float
    frame: str = "polars"

    def __len__(self) -> int:
        return len(self.columns["annotator"])

    def to_table(self) -> Any:
        """One row an annotator, with what was found in a last column."""
        import polars as pl

        from labelwright.core.tables import as_kind

        found: dict[Any, list[str]] = {}
        for finding in self.findings:
            found.setdefault(finding.annotator, []).append(f"{finding.finding}: {finding.why}")
        names = self.columns["annotator"].tolist()
        table = pl.DataFrame(
            {name: values.tolist() for name, values in self.columns.items()}
            | {"findings": ["; ".join(found.get(name, ())) for name in names]},
            strict=False,
        )
        return as_kind(table.with_columns(pl.col(pl.Float64).fill_nan(None)), self.frame)

    def findings_table(self) -> Any:
        """One row a finding: annotator, finding, why, adjusted."""
        import polars as pl

        from labelwright.core.tables import as_kind

        columns = {
            name: [getattr(finding, name) for finding in self.findings]
            for name in ("annotator", "finding", "why", "adjusted")
        }
        return as_kind(pl.DataFrame(columns, strict=False), self.frame)

    def summary(self) -> list[str]:
        """What was found, in a few lines."""
        verdicts = self.columns["verdict"].tolist()
        judged = len(verdicts) - verdicts.count("too few")
        people = len({finding.annotator for finding in self.findings})
        looked_for = ", ".join(self.tested) or "nothing, with so few votes"
        size = f"{len(self):,} annotators, {judged:,} with {FEWEST} votes or more to judge them by"
        found = f"{len(self.findings):,} about {people:,} of them"
        lines = [
            f"{size}; agreement is with {self.method}.",
            f"Findings: {found}; looked for: {looked_for}.",
        ]
        return lines + [f"- {f.annotator}: {f.finding}: {f.why}" for f in self.findings]


def annotator_report(
    votes: Votes,
    *,
    model: ClassAggregator | None = None,
    gold: Labels | None = None,
    prelabels: Labels | None = None,
    level: float = 0.95,
) -> AnnotatorReport:
    """Say who needs coaching on which classes, who spams, copies, hurries, drifts or skips.

    Parameters
    ----------
    votes : Votes
        On classes. Columns ``time``, ``seconds`` and ``shown`` and events ``skip`` are looked at
        where they came along.
    model : aggregator, optional
        Fitted to these votes; by default the one that :func:`aggregate` would choose.
    gold : mapping of item to label, or sequence (n_items,), optional
        Labels taken as true. With them there is accuracy.
    prelabels : mapping of item to label, or sequence (n_items,), optional
        What annotators saw before they chose (where ``shown`` says so, or everywhere). The votes
        of the model that made them are best left out of ``votes``.
    level : float
        Confidence of intervals. At most 1 - level of the findings are false, on average, over all
        annotators and kinds together (Benjamini and Hochberg).

    Returns
    -------
    AnnotatorReport

    Raises
    ------
    CapabilityError
        If it is not known who gave which vote.
    DataError
        If the model was fitted to other votes.

    Notes
    -----
    Each vote is held against what the others (and gold) say of its item, its own influence taken
    out. Who disagrees is not therefore wrong: an expert among lay people stands out too, and a
    majority that errs together is not seen. Nobody is judged on fewer than 20 votes, no pair on
    fewer than 20 common items. Being somewhat weaker or faster than others is no finding:

    - *confuses two classes*: more than 10 points more often than the others;
    - *spam*: less than half of the average lead over chance, and no better than chance for all
      that can be seen; *below chance*: less than drawing lots would;
    - *always the same label*: more often than items explain;
    - *copies or is copied*: more alike than two who err on their own, measured by the typical
      pair; on items with two or three votes, copies pass for two good annotators;
    - *too fast*: less than a third of the others' time on most of the same items;
    - *drifts*: agreement falls by 10 points or more over their votes, against the others;
    - *skips the hard ones*: what they skip is more doubtful than what they label, and more so
      than for others who skip;
    - *accepts pre-labels*: over 5 points more often than the others, where these were as likely
      to be right.

    ``agreement`` is the expected share of votes that are right if the model is; its interval
    counts only votes whose item says whether they are (the observed information). It is no
    accuracy: where people err together, it is too high. ``informativeness`` is the spammer score
    of Raykar and Yu on agreement with the others, 0 for a spammer and 1 for one always right.

    References
    ----------
    Raykar and Yu, 2012, Eliminating spammers and ranking annotators for crowdsourced labeling
    tasks. Efron, 2004, Large-scale simultaneous hypothesis testing, for measuring pairs by the
    typical pair. Louis, 1982, for the observed information. Benjamini and Hochberg, 1995.

    Examples
    --------
    >>> truth = [k % 2 for k in range(60)]
    >>> table = {name: truth for name in ("ann", "bo", "cy")} | {"dee": [0] * 60}
    >>> report = annotator_report(Votes.from_wide(table, votes=["ann", "bo", "cy", "dee"]))
    >>> [(found.annotator, found.finding, found.why) for found in report.findings]
    [('dee', 'always the same label', 'says 0 on 60 of 60 items, where the others would on 37')]
    >>> report.columns["annotator"].tolist()[0]
    'dee'
    """
    check_level(level)
    check_argument("model", model, Nullable(Instance(ClassAggregator)))
    _ = votes.classes
    if votes.anonymous:
        raise CapabilityError(
            "It is not known who gave which vote, so there is nobody to report on.",
            hint="Say who gave each vote (annotators=).",
        )
    gold_codes, shown = encode_gold(votes, gold), encode_gold(votes, prelabels)
    fitted = _fitted(votes, model, gold)
    if votes.weight is not None:
        votes = votes.with_extra(weight=np.ones(len(votes)))
    peers = PeerBeliefs(votes, fitted.posterior_, gold_codes, shown)
    suspicions = [*of_votes(peers), copying(peers), *of_conduct(peers, shown)]
    figures = figures_of(peers, fitted.posterior_, gold_codes, level)
    figures["verdict"] = _verdicts(peers, 1 - level)
    figures["informativeness"] = informativeness(peers)
    names = [name for name in COLUMNS if name in figures]
    order = ordered(figures)
    return AnnotatorReport(
        {name: figures[name][order] for name in names},
        tuple(_findings(votes, suspicions, 1 - level)),
        tuple(each.kind for each in suspicions if np.isfinite(each.p).any()),
        f"the labels of {type(fitted).__name__}" + ("" if gold is None else " and the gold"),
        level,
        votes.frame,
    )


def _fitted(votes: Votes, model: ClassAggregator | None, gold: Labels | None) -> ClassAggregator:
    if model is None:
        return choose_aggregator(votes)[0].fit(votes, gold)
    model._check_fitted()
    ids = ((model.items_, votes.items), (model.annotator_ids_, votes.annotators))
    if not all(np.array_equal(known, own) for known, own in ids):
        raise DataError(
            "The model was fitted to votes on other items, or of other annotators.",
            hint="Fit it to these votes first.",
        )
    return model


def _verdicts(peers: PeerBeliefs, rate: float) -> NDArray[Any]:
    """Below, above or like the crowd, as far as agreement on the same items can tell."""
    used, right = peers.total(np.ones(len(peers.votes))), peers.total(peers.right)
    share = peers.total(peers.expected) / np.maximum(used, 1)
    verdict = np.full(used.size, "too few", dtype="<U15")
    judged = np.flatnonzero(used >= FEWEST)
    if judged.size:
        part = (right[judged], used[judged], share[judged])
        both = benjamini_hochberg(np.concatenate([tail_below(*part), tail_above(*part)]))
        below, above = np.split(both <= rate, 2)
        verdict[judged] = np.select([below, above], ["below the crowd", "above the crowd"], "")
    return verdict


def _findings(votes: Votes, suspicions: Sequence[Suspicion], rate: float) -> list[Finding]:
    """What is significant over all annotators and kinds, the surest first."""
    p = np.array([each.p for each in suspicions])
    kind, who = np.nonzero(np.isfinite(p))
    if not kind.size:
        return []
    adjusted = benjamini_hochberg(p[kind, who])
    sure = np.flatnonzero(adjusted <= rate)
    found = {(suspicions[kind[i]].kind, int(who[i])) for i in sure}
    covered = {(less, a) for more, a in found for less in COVERS.get(more, ())}
    findings = []
    for i in sure[np.argsort(p[kind[sure], who[sure]], kind="stable")].tolist():
        suspicion, a = suspicions[kind[i]], int(who[i])
        if (suspicion.kind, a) in covered:
            continue
        why, evidence = suspicion.explain(a)
        (name,) = votes.annotators[[a]].tolist()
        findings.append(
            Finding(name, suspicion.kind, why, float(p[kind[i], a]), float(adjusted[i]), evidence)
        )
    return findings
