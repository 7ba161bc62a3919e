"""``labelwright diff``."""

from __future__ import annotations

from labelwright.cli._answer import Answer

__all__ = ["diff"]

FAILED = 1


def diff(
    first: str,
    second: str,
    /,
    *,
    out: str | None = None,
    level: float = 0.95,
    fail_over: float | None = None,
) -> Answer:
    """Say what changed from one run to another, and how much of it is more than noise.

    Parameters
    ----------
    first
        The folder of the earlier run.
    second
        The folder of the later one.
    out
        File for the changed labels: csv, tsv, parquet, jsonl or xlsx.
    level
        Confidence of the intervals.
    fail_over
        Exit with 1 if more than this share of the common labels changed.
    """
    from labelwright.core.errors import ParameterError
    from labelwright.pipeline.diff import diff as compare_runs

    if fail_over is not None and not 0 <= fail_over <= 1:
        raise ParameterError(
            f"--fail-over {fail_over} is no share.", hint="Give a number from 0 to 1, such as 0.05."
        )
    found = compare_runs(first, second, level=level)
    lines = found.summary()
    data = found.to_dict()
    if out is not None:
        from labelwright.io import write_table

        write_table(found.to_table(), out)
        lines.append(f"changed labels  {out}")
    code = 0
    if fail_over is not None:
        failed = found.share_changed > fail_over
        code = FAILED if failed else 0
        side = "more than" if failed else "at most"
        verdict = "failed" if failed else "passed"
        lines.append(
            f"gate    {verdict}: {found.share_changed:.1%} changed, {side} {fail_over:.1%}"
        )
        data["gate"] = {"limit": fail_over, "verdict": verdict, "exit_code": code}
    return Answer(data, lines, code)
