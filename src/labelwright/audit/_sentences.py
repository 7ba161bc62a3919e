"""Reasons in words, from the evidence of an issue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labelwright.audit.issues import LabelIssues

SHOWN_NEIGHBOURS = 2

Facts = dict[str, Any]


def sentences(issues: LabelIssues) -> list[str]:
    """One sentence an issue."""
    columns = {"given": issues.given, "suggested": issues.suggested, **issues.evidence}
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    return [
        SENTENCES[kind](dict(zip(columns, row, strict=True)))
        for kind, row in zip(issues.kinds.tolist(), rows, strict=True)
    ]


def _model(facts: Facts) -> str:
    said = (
        f"the model gives {facts['suggested']!r} {facts['p_suggested']:.2f} "
        f"and the given label {facts['given']!r} {facts['p_given']:.2f}"
    )
    words = [word for word in facts.get("words", ()) if word is not None]
    if not words:
        return said
    verb = "speaks" if len(words) == 1 else "speak"
    return f"{said}; {_listed(words)} {verb} for {facts['suggested']!r}"


def _belief(facts: Facts) -> str:
    return (
        f"belief in {facts['given']!r} is only {facts['p_given']:.2f}, "
        f"in {facts['suggested']!r} {facts['p_suggested']:.2f}"
    )


def _neighbours(facts: Facts) -> str:
    agreeing = [record for record in facts["neighbours"] if record is not None]
    measure = "similarity" if "similarity" in facts else "distance"
    nearest = ", ".join(str(record) for record in agreeing[:SHOWN_NEIGHBOURS])
    return (
        f"{facts['n_agreeing']} of {facts['n_neighbours']} nearest records are labelled "
        f"{facts['suggested']!r} (nearest: {nearest}; {measure} {facts[measure]:.2f})"
    )


def _votes(facts: Facts) -> str:
    return f"{facts['votes_suggested']} of {facts['n_votes']} votes say {facts['suggested']!r}"


def _duplicate(facts: Facts) -> str:
    return f"an identical record, {facts['duplicate']}, is labelled {facts['duplicate_label']!r}"


def _near_duplicate(facts: Facts) -> str:
    return (
        f"a nearly identical record, {facts['duplicate']}, is labelled {facts['duplicate_label']!r}"
    )


def _listed(words: list[Any]) -> str:
    quoted = [repr(word) for word in words]
    return " and ".join(([", ".join(quoted[:-1])] if quoted[:-1] else []) + quoted[-1:])


SENTENCES = {
    "model disagrees": _model,
    "little belief": _belief,
    "neighbours disagree": _neighbours,
    "votes against": _votes,
    "conflicting duplicate": _duplicate,
    "conflicting near duplicate": _near_duplicate,
}
