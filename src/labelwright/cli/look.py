"""``labelwright look``."""

from __future__ import annotations

from labelwright.cli._answer import Answer, Grid

__all__ = ["look"]


def look(file: str, /, *, sheet: str | None = None, seed: int = 0) -> Answer:
    """Say what a file holds, how its votes agree, and what to type next.

    Parameters
    ----------
    file
        A table or the export of a tool; the format is recognised by its content.
    sheet
        Sheet of an Excel file.
    seed
        Seed of the rows that are drawn from a large file.
    """
    from labelwright.pipeline import look as look_at

    found = look_at(file, sheet=sheet, seed=seed)
    text: list[str | Grid] = [f"{found.file}: {found.holds}", ""]
    if found.columns:
        rows = tuple((c.name, c.role, c.distinct, c.missing) for c in found.columns)
        text += [Grid(("column", "looks like", "distinct", "missing"), rows), ""]
    text += [f"- {finding}" for finding in found.findings]
    several = len(found.commands) > 1
    text += ["", "Next, whichever fits:" if several else "Next:"]
    return Answer(found.to_dict(), [*text, *(f"  {command}" for command in found.commands)])
