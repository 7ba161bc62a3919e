"""``labelwright apply``."""

from __future__ import annotations

from labelwright.cli._answer import Answer

__all__ = ["apply"]


def apply(
    run: str,
    /,
    *decisions: str,
    conflicts: str = "refuse",
    reviewer: str | None = None,
    question: str | None = None,
) -> Answer:
    """Put decisions of a review on the labels of a run: a new version, with who and when.

    The labels before stay in RUN/versions, and every decision in RUN/decisions.csv. A later run
    into the same folder keeps the decisions. If anything cannot be used, nothing is applied.

    Parameters
    ----------
    run
        The run folder.
    decisions
        Sheets of "labelwright review" that were filled in, or what its page downloads.
    conflicts
        What holds where reviewers differ: refuse (apply nothing), newest, majority, or skip (the
        label of the run stays).
    reviewer
        Who decided, where a sheet does not say.
    question
        Which one, in a run of several.
    """
    from labelwright.core.errors import ParameterError
    from labelwright.pipeline import apply_decisions

    if not decisions:
        raise ParameterError(
            "There is nothing to apply.", hint=f"Give the files: labelwright apply {run} FILE ..."
        )
    found = apply_decisions(
        run, decisions, conflicts=conflicts, reviewer=reviewer, question=question
    )
    return Answer(found.to_dict(), found.findings())
