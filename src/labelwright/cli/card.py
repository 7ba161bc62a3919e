"""``labelwright card``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from labelwright.cli._answer import Answer, Grid
from labelwright.cli._options import split_commas

if TYPE_CHECKING:
    from labelwright.report.nutrition import NutritionLabel

__all__ = ["card"]

Columns = Annotated[
    tuple[str, ...], Parameter(converter=split_commas, negative=(), show_default=False)
]


def card(
    file: str,
    /,
    *,
    label: str | None = None,
    votes: Columns = (),
    about: str | None = None,
    ground_truth: str | None = None,
    on: str | None = None,
    examples: int = 0,
    smallest: int = 5,
    out: str | None = None,
    sheet: str | None = None,
    seed: int = 0,
) -> Answer:
    """Describe a table on one page that can go without it: a dataset nutrition label.

    Written are the page (HTML), its numbers (JSON), a short form for a README (Markdown) and
    Croissant, which catalogues of data sets read. They hold no rows, unless --examples asks for
    some.

    Parameters
    ----------
    file
        A table of records.
    label
        Column of class labels.
    votes
        Columns with a label a person each; a pattern such as "worker_*", or several by commas.
    about
        TOML file with what only people know: title, description, licence, keywords, source, url,
        authors, contact, collected, published, updates, version, citation, and descriptions of
        columns under [columns].
    ground_truth
        An external table with one row a value of --on, to correlate with.
    on
        The column that both tables have.
    examples
        Show so many likely label errors as whole rows.
    smallest
        Values that fewer rows have are not named.
    out
        The page; the others are written beside it. By default it is runs/NAME-card.html, by
        the name of the file.
    sheet
        Sheet of an Excel file.
    seed
        Seed of resamples and folds.
    """
    from labelwright.core.errors import ParameterError
    from labelwright.report.nutrition import Labels, NutritionLabel
    from labelwright.report.nutrition.nutrition_label import MODULES

    page = Path(out or Path("runs") / f"{Path(file).stem}-card.html")
    if page.suffix != ".html":
        raise ParameterError(
            f"--out {page} is no page.", hint="Let the name end in .html; the others go beside it."
        )
    found = NutritionLabel.of(
        file,
        label=label,
        votes=votes or None,
        about=None if about is None else _read_about(about),
        ground_truth=ground_truth,
        on=on,
        modules=[Labels(examples=examples) if name == "labels" else name for name in MODULES],
        smallest=smallest,
        sheet=sheet,
        random_state=seed,
    )
    endings = (".html", ".json", ".md", ".croissant.json")
    written = [str(found.write(page.with_suffix(ending))) for ending in endings]
    return Answer(found.to_dict() | {"written": written}, [*_text(found), "", *written])


def _read_about(path: str) -> dict[str, Any]:
    import tomllib

    from labelwright.core.errors import DataError

    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{path} is not valid TOML: {error}", where={"file": path}) from error


def _text(found: NutritionLabel) -> list[str | Grid]:
    about = found.modules["metadata"]
    lines: list[str | Grid] = [
        f"{about['rows']:,} rows, {about['columns']:,} columns, {about['missing']:,} cells missing"
    ]
    for leak in found.modules.get("labels", {}).get("leaks", []):
        if leak["gives_label_away"]:
            lines.append(
                f"- {leak['column']} gives the label away: alone it predicts "
                f"{leak['accuracy']:.1%} of held-out labels"
            )
    gaps = [name for name, value in found.modules["provenance"].items() if value is None]
    lines += [f"- not stated: {', '.join(gaps)} (--about)"] if gaps else []
    return lines + [f"- not shown: {n.replace('_', ' ')}, {w}" for n, w in found.left_out.items()]
