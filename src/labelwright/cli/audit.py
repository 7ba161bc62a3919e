"""``labelwright audit``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Group, Parameter

from labelwright.cli._answer import Answer, Grid
from labelwright.cli._options import options_from
from labelwright.pipeline.settings import Settings

if TYPE_CHECKING:
    from labelwright.audit import Audit, NoiseEstimate

__all__ = ["audit"]

PASSED, FAILED, UNDECIDED = 0, 1, 3

GROUPS = {
    "How the file is read": ("reader", "sheet", "question", "codebook"),
    "Where the labels are": ("id", "label", "votes", "annotators", "slots", "method"),
    "What to learn from": ("text", "features", "embedding", "group"),
    "How it is done": ("limit", "seed"),
}
OPTIONS = options_from(Settings, groups=GROUPS)
LOOKED_AT = Group("What else is looked at", sort_key=len(GROUPS) + 1)
OUTPUT = Group("Where it goes", sort_key=len(GROUPS) + 2)


def audit(
    file: str,
    /,
    *,
    settings: Annotated[OPTIONS, Parameter(name="*")] | None = None,  # type: ignore[valid-type]
    part: Annotated[str | None, Parameter(group=LOOKED_AT)] = None,
    probabilities: Annotated[str | None, Parameter(group=LOOKED_AT)] = None,
    out: Annotated[str | None, Parameter(group=OUTPUT)] = None,
    fail_over: Annotated[float | None, Parameter(group=OUTPUT)] = None,
) -> Answer:
    """Check labels and records: errors, duplicates, leaks, outliers, weak groups and more.

    What can be checked depends on what is named; the answer says what was not run, and why. With
    --label, one label an item is audited; --votes beside it are for the annotators, and alone they
    are aggregated first.

    Parameters
    ----------
    file
        A table of records.
    part
        Column of the part that a record is in, such as train or test.
    probabilities
        File .npy of your own model's out-of-sample probabilities, a column a class in the order of
        the codebook or else the natural order of the labels.
    out
        Folder for a table a check (csv and parquet); by default runs/<name of the file>-audit.
    fail_over
        Exit with 1 if the model takes more than this share of the labels for wrong, the whole
        interval of it, and with 3 if the interval holds this share. Errors that follow a pattern
        are not seen, so 0 is no proof.
    """
    from labelwright.core.errors import ParameterError
    from labelwright.pipeline._audit_file import audit_file

    if fail_over is not None and not 0 <= fail_over <= 1:
        raise ParameterError(
            f"--fail-over {fail_over} is no share.", hint="Give a number from 0 to 1, such as 0.05."
        )
    options: dict[str, Any] = settings or {}
    asked = Settings.of_options(file=file, **options)
    found = audit_file(asked, split=part, probabilities=probabilities)
    folder = found.audit.save(out or Path("runs") / f"{Path(file).stem}-audit")
    gate = None if fail_over is None else _gate(found.noise, found.why_no_noise, fail_over)
    data = found.audit.overview() | {
        "notes": found.notes,
        "error_rate": _estimate(found.noise),
        "gate": gate,
        "folder": str(folder),
    }
    lines = [*_text(found.audit, found.noise, found.notes), "", f"tables  {folder}"]
    if gate is not None:
        lines.append(f"gate    {gate['verdict']}: {gate['reason']}")
    return Answer(data, lines, PASSED if gate is None else gate["exit_code"])


def _estimate(noise: NoiseEstimate | None) -> dict[str, Any] | None:
    if noise is None:
        return None
    names = ("error_rate", "low", "high", "level", "n_items")
    return {name: getattr(noise, name) for name in names}


def _gate(noise: NoiseEstimate | None, why_none: str, limit: float) -> dict[str, Any]:
    """Passed, failed, or undecided where the interval holds the limit."""
    if noise is None:
        verdict, reason, code = "undecided", why_none, UNDECIDED
    else:
        interval = f"{noise.low:.1%} to {noise.high:.1%}"
        code = FAILED if noise.low > limit else PASSED if noise.high <= limit else UNDECIDED
        verdict = {PASSED: "passed", FAILED: "failed", UNDECIDED: "undecided"}[code]
        side = {PASSED: "all at most", FAILED: "all above", UNDECIDED: "which holds"}[code]
        reason = f"the model takes {interval} of the labels for wrong, {side} {limit:.1%}"
    return {"limit": limit, "verdict": verdict, "reason": reason, "exit_code": code}


def _text(found: Audit, noise: NoiseEstimate | None, notes: list[str]) -> list[str | Grid]:
    ran = [row for row in found.overview()["summary"] if row["found"] is not None]
    rows = tuple(
        (row["check"], row["found"], row["of"], f"{row['score']:.3f}", f"{row['seconds']:.2f}")
        for row in ran
    )
    lines: list[str | Grid] = [f"{found.n_items:,} items", *(f"- {note}" for note in notes)]
    if noise is not None:
        lines.append(
            f"- At least {noise.error_rate:.1%} of the labels are wrong, as the model sees it "
            f"({noise.low:.1%} to {noise.high:.1%}); without gold nobody knows."
        )
    lines += ["", Grid(("check", "found", "of", "score", "seconds"), rows), ""]
    for row in ran:
        check = found[row["check"]]
        if len(check):
            (why,) = check.head(1).why
            lines.append(f"- {row['check']}: {check.of} {_name(check)}: {why}")
    if "neighbours" in found.seconds:
        lines.append(f"- finding neighbours took {found.seconds['neighbours']:.1f} seconds more")
    lines += [f"- not run: {name} ({why})" for name, why in found.not_run.items()]
    return lines


def _name(check: Any) -> str:
    """What the worst finding is about, as it stands in the tables."""
    first = check.head(1)
    return str(first.evidence.get("id", first.subject)[0])
