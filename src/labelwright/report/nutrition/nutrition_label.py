"""The label: computed once from the data, shown as often as wanted without them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from labelwright import __version__
from labelwright.core.errors import CapabilityError, DataError, ParameterError, unknown_name
from labelwright.core.params import Int, check_argument
from labelwright.core.progress import track
from labelwright.core.results import Result, plain
from labelwright.core.seeds import RandomState
from labelwright.report.nutrition.ground_truth import GroundTruth
from labelwright.report.nutrition.labels import Labels
from labelwright.report.nutrition.metadata import Metadata
from labelwright.report.nutrition.nutrition_data import read_data
from labelwright.report.nutrition.nutrition_module import NutritionModule
from labelwright.report.nutrition.pair_plots import PairPlots
from labelwright.report.nutrition.probabilistic_model import ProbabilisticModel
from labelwright.report.nutrition.provenance import Provenance
from labelwright.report.nutrition.statistics import Statistics
from labelwright.report.nutrition.variables import Variables

if TYPE_CHECKING:
    import polars as pl

__all__ = ["MODULES", "NutritionLabel"]

FORMAT = 1
MODULES: dict[str, type[NutritionModule]] = {
    module.name: module
    for module in (
        Metadata,
        Labels,
        Provenance,
        Variables,
        Statistics,
        PairPlots,
        ProbabilisticModel,
        GroundTruth,
    )
}
"""Ours, in the order of the page."""

Module = str | NutritionModule


@dataclass(frozen=True, eq=False)
class NutritionLabel(Result):
    """What is in a table, before anybody trains on it: one page that can go without the table.

    Made by :meth:`of`. A label holds counts, figures and the names of columns and of frequent
    values, but no rows (unless examples were asked for), so its JSON may be published where the
    data may not; the page, the Markdown and Croissant are drawn from it alone.

    Attributes
    ----------
    title : str
    modules : dict of str to dict
        What each module computed, in the order of the page.
    left_out : dict of str to str
        Modules that could not run, and why.
    smallest : int
        Values that fewer rows have are not named, and such counts not given.
    version : str
        Of Labelwright.

    Notes
    -----
    Aggregates can still say something about single people: least and greatest numbers and the ends
    of ranges are some row's, and a column may be secret as a whole. Read the page before you
    publish it.

    References
    ----------
    Holland, Hosny, Newman, Joseph and Chmielinski (2018), The Dataset Nutrition Label: a framework
    to drive higher data quality standards.

    Examples
    --------
    >>> table = {"size": [1, 2, 2, 3], "colour": ["red", "red", None, "blue"]}
    >>> label = NutritionLabel.of(table, title="Things", smallest=1)
    >>> label.modules["metadata"]["missing"], label.left_out["labels"]
    (1, 'needs label or votes')
    >>> NutritionLabel.from_dict(label.to_dict()).to_html() == label.to_html()
    True
    """

    kind: ClassVar[str] = "nutrition_label"

    title: str
    modules: Mapping[str, dict[str, Any]]
    left_out: Mapping[str, str]
    smallest: int
    version: str

    @classmethod
    def of(
        cls,
        table: Any,
        *,
        title: str | None = None,
        label: str | None = None,
        votes: str | Sequence[str] | None = None,
        about: Mapping[str, Any] | None = None,
        ground_truth: Any = None,
        on: str | None = None,
        modules: Sequence[Module] = tuple(MODULES),
        smallest: int = 5,
        sheet: str | None = None,
        random_state: RandomState = 0,
    ) -> Self:
        """Compute the label of a table.

        Parameters
        ----------
        table : table, or path of a file
            A file also gives its name, format, size and checksum.
        title : str, optional
            By default that of ``about``, or the name of the file.
        label : str, optional
            Column of class labels.
        votes : str or sequence of str, optional
            Columns, or a pattern such as ``"worker_*"``, with a label a person each.
        about : mapping, optional
            What only people know: description, licence, keywords, source, url, authors, contact,
            collected, published, updates, version, citation, and ``columns``: by name a
            description, or a mapping with ``description`` and ``kind`` (nominal, ordinal, discrete,
            continuous, text, identifier). What is not stated is shown as a gap.
        ground_truth : table or path, optional
            An external table with one row a value of the column ``on``.
        on : str, optional
            The column that both tables have.
        modules : sequence of str and NutritionModule
            Which sections, in order: names of ours, and modules of your own or with other settings.
        smallest : int
            Values that fewer rows have are not named; 1 names all.
        sheet : str, optional
            Of an Excel file.
        random_state : int, Generator, SeedSequence or None
            Seed of resamples, synthetic rows and folds.

        Raises
        ------
        DataError
            For an empty table, repeated column names, a column that is not there, or a key of the
            ground truth that occurs twice.
        ParameterError
            For an unknown module or field of ``about``.

        Notes
        -----
        The order of the rows changes nothing but the checksum.
        """
        check_argument("smallest", smallest, Int(1))
        chosen = _chosen(modules)
        data = read_data(
            table,
            label=label,
            votes=votes,
            about=about,
            ground_truth=ground_truth,
            on=on,
            sheet=sheet,
            smallest=smallest,
            random_state=random_state,
        )
        found: dict[str, dict[str, Any]] = {}
        left_out: dict[str, str] = {}
        for name, module in track(chosen.items(), "describing"):
            why = data.why_not(module.needs)
            if why:
                left_out[name] = why
                continue
            try:
                found[name] = plain(module.compute(data))
            except CapabilityError as error:
                left_out[name] = str(error)
        name = title or data.about.get("title") or data.file["name"] or "Untitled table"
        return cls(str(name), found, left_out, smallest, __version__)

    @classmethod
    def from_dict(cls, stated: Mapping[str, Any]) -> Self:
        """A label from what :meth:`to_dict` gave."""
        from labelwright.core.files import check_format

        if stated.get("kind") != cls.kind:
            raise DataError(f"This is no nutrition label, but {stated.get('kind')!r}.")
        check_format(stated.get("format"), FORMAT, "The nutrition label")
        fields = ("title", "modules", "left_out", "smallest", "version")
        lacking = [name for name in fields if name not in stated]
        if lacking:
            raise DataError(f"The nutrition label lacks {', '.join(lacking)}.")
        return cls(*(stated[name] for name in fields))

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """A label from the JSON that :meth:`write` wrote."""
        from labelwright.core.files import read_json

        return cls.from_dict(read_json(path))

    def to_dict(self) -> dict[str, Any]:
        """The label as plain values that JSON can hold."""
        return super().to_dict() | {"format": FORMAT}

    def to_table(self) -> pl.DataFrame:
        """One row a column of the table, with those of its statistics that are single values."""
        import polars as pl

        variables = self.modules.get("statistics", {}).get("variables", [])
        single = [
            {name: value for name, value in one.items() if not isinstance(value, (dict, list))}
            for one in variables
        ]
        mixed = {name for one in single for name in one if name in ("min", "max")}
        return pl.DataFrame(single, infer_schema_length=None, strict=False).with_columns(
            pl.col(*mixed).cast(pl.Float64) if mixed else []
        )

    def to_html(self, *, drawn_by: Sequence[NutritionModule] = ()) -> str:
        """One HTML page that needs nothing else, under 2 MB.

        Parameters
        ----------
        drawn_by : sequence of NutritionModule
            Modules of your own among those of the label.
        """
        from labelwright.report._prepare import clean
        from labelwright.report.nutrition._drawing import DETAILS, LARGEST, page

        drawing = self._drawing(drawn_by)
        stated = clean(self.to_dict())
        for detail in DETAILS:
            sections = [
                (name, drawing[name].title, str(drawing[name].render(found, detail)))
                for name, found in stated["modules"].items()
            ]
            text = page(stated, sections)
            if len(text.encode()) < LARGEST:
                break
        return text

    def to_markdown(self, *, drawn_by: Sequence[NutritionModule] = ()) -> str:
        """The label in short, for the README of the data set."""
        from labelwright.report.nutrition._markdown import escaped

        drawing = self._drawing(drawn_by)
        parts = [f"# {escaped(self.title)}"]
        for name, found in self.modules.items():
            parts += [f"## {drawing[name].title}", "\n".join(drawing[name].markdown(found))]
        return "\n\n".join(parts) + "\n"

    def to_croissant(self) -> dict[str, Any]:
        """JSON-LD of Croissant 1.0, for catalogues of data sets.

        Raises
        ------
        CapabilityError
            If the label was made from a table in memory: Croissant describes files.
        """
        from labelwright.report.nutrition._croissant import croissant

        return croissant(self.title, self.modules)

    def write(self, path: str | Path) -> Path:
        """Write the label in the form that the name asks for, whole or not at all.

        Parameters
        ----------
        path : str or Path
            Ending in ``.html``, ``.md``, ``.croissant.json`` or ``.json``.
        """
        from labelwright.core.files import write_bytes

        name = Path(path).name
        forms = {
            ".html": self.to_html,
            ".md": self.to_markdown,
            ".croissant.json": lambda: _as_json(self.to_croissant()),
            ".json": lambda: _as_json(self.to_dict()),
        }
        for ending, form in forms.items():
            if name.endswith(ending):
                return write_bytes(path, form().encode())
        raise ParameterError(
            f"It is not clear in which form to write {name}.",
            hint=f"Let the name end in one of: {', '.join(forms)}.",
        )

    def _drawing(self, own: Sequence[NutritionModule]) -> dict[str, NutritionModule]:
        """A module for each part; parts of others must come with theirs."""
        known = {module.name: module for module in own}
        for name in self.modules:
            if name not in known:
                if name not in MODULES:
                    raise unknown_name("module", name, MODULES, error=ParameterError, show=8)
                known[name] = MODULES[name]()
        return known


def _chosen(modules: Sequence[Module]) -> dict[str, NutritionModule]:
    """The modules by name."""
    chosen: dict[str, NutritionModule] = {}
    for one in modules:
        if not isinstance(one, NutritionModule) and one not in MODULES:
            raise unknown_name("module", one, MODULES, error=ParameterError, show=8)
        module = one if isinstance(one, NutritionModule) else MODULES[one]()
        module._check_params()
        if module.name in chosen:
            raise ParameterError(f"The module {module.name!r} is asked for twice.")
        chosen[module.name] = module
    return chosen


def _as_json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False, default=str) + "\n"
