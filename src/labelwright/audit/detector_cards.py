"""What each detector needs and assumes, and which of them suit given data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from labelwright.core.errors import ParameterError
from labelwright.core.results import Result

if TYPE_CHECKING:
    import polars as pl

    from labelwright.audit._bench_result import BenchResult

DESIGN_SPACE: Mapping[str, tuple[Any, ...]] = {
    "signal": ("none", "confidence", "margin", "neighbours", "influence"),
    "training": ("none", "one model", "cross-validation", "repeated cross-validation"),
    "dynamics": (False, True),
    "near_means_alike": (False, True),
    "people": (False, True),
    "assumes": ("nothing", "errors depend on the class", "errors are a minority among neighbours"),
    "output": ("nothing", "score", "score and flag"),
}
"""The facets by which detectors differ, and the values that each may take."""


@dataclass(frozen=True)
class DetectorCard:
    """One detector as a point of the design space.

    Attributes
    ----------
    name : str
    signal : str
        What a wrong label is recognised by.
    training : str
        Which models are trained.
    dynamics : bool
        Whether the training must be watched while it goes on.
    near_means_alike : bool
        Whether it needs features of which near ones are mostly of one class.
    people : bool
        Whether a person answers questions.
    assumes : str
        About the errors.
    output : str
    model_fits : int
        Trainings by default.
    offered : bool
        Whether the bench has it.

    Raises
    ------
    ParameterError
        If a facet has a value that is not in ``DESIGN_SPACE``.
    """

    name: str
    signal: str = "none"
    training: str = "none"
    dynamics: bool = False
    near_means_alike: bool = False
    people: bool = False
    assumes: str = "nothing"
    output: str = "score and flag"
    model_fits: int = 0
    offered: bool = True

    def __post_init__(self) -> None:
        for facet, values in DESIGN_SPACE.items():
            if getattr(self, facet) not in values:
                raise ParameterError(
                    f"{facet}={getattr(self, facet)!r} is not accepted.",
                    where={"parameter": facet},
                    hint=f"Use one of {', '.join(map(repr, values))}.",
                )


_CLASSWISE = "errors depend on the class"
_CROSS = "cross-validation"

CARDS = (
    DetectorCard("none", output="nothing"),
    DetectorCard("self-confidence", "confidence", _CROSS, model_fits=5),
    DetectorCard("confident learning", "confidence", _CROSS, assumes=_CLASSWISE, model_fits=5),
    DetectorCard("semd", "confidence", f"repeated {_CROSS}", model_fits=15),
    DetectorCard("aum", "margin", "one model", dynamics=True, model_fits=1),
    DetectorCard(
        "knn vote",
        "neighbours",
        near_means_alike=True,
        assumes="errors are a minority among neighbours",
    ),
    DetectorCard("cincer", "influence", "one model", people=True, model_fits=1, offered=False),
)


@dataclass(frozen=True)
class DataCard:
    """What you have, for :func:`advise`.

    Attributes
    ----------
    max_fits : int or None
        How many trainings you can afford; None is any number.
    watches_training : bool
        Whether your model can be watched while it learns.
    near_means_alike : bool
        Whether near features mostly mean the same class, as with good embeddings.
    people : bool
        Whether somebody can answer questions about items.
    """

    max_fits: int | None = None
    watches_training: bool = True
    near_means_alike: bool = True
    people: bool = False


@dataclass(frozen=True, eq=False)
class Advice(Result):
    """Which detectors suit, the best first.

    Attributes
    ----------
    rows : tuple of dict
        ``detector``, ``suits``, ``why_not``, ``lift`` (average precision over the share of wrong
        labels), ``gain`` (test F1 over doing nothing), ``pays``: None where nothing was measured.
    """

    kind: ClassVar[str] = "detector_advice"

    rows: tuple[dict[str, Any], ...]

    def to_table(self) -> pl.DataFrame:
        """One row a detector."""
        import polars as pl

        return pl.DataFrame(self.rows, infer_schema_length=None)


def advise(
    data: DataCard, *, result: BenchResult | None = None, cards: Sequence[DetectorCard] = CARDS
) -> Advice:
    """Which detectors suit your data, with what a bench has measured about each.

    Parameters
    ----------
    data : DataCard
        What you have.
    result : BenchResult, optional
        Measured, best on sets like yours; its gains order the list.
    cards : sequence of DetectorCard
        By default those of the bench's own detectors, and of published ones that it does not offer.

    Returns
    -------
    Advice
        Suitable ones first; among them by gain, then by lift.

    Examples
    --------
    >>> found = advise(DataCard(max_fits=1, near_means_alike=False))
    >>> [row["detector"] for row in found.rows if row["suits"]]
    ['none', 'aum']
    """
    measured = {} if result is None else {row["detector"]: row for row in result.summary()}
    rows: list[dict[str, Any]] = []
    for card in cards:
        reasons = _reasons_against(card, data)
        found = measured.get(card.name, {})
        rows.append(
            {
                "detector": card.name,
                "suits": not reasons,
                "why_not": "; ".join(reasons),
                "lift": found.get("lift"),
                "gain": found.get("gain"),
                "pays": found.get("pays"),
            }
        )
    rows.sort(key=lambda row: (not row["suits"], -_known(row["gain"]), -_known(row["lift"])))
    return Advice(tuple(rows))


def _known(figure: float | None) -> float:
    # What was not measured comes after what was, in the order of the cards.
    return -1e9 if figure is None else figure


def _reasons_against(card: DetectorCard, data: DataCard) -> list[str]:
    checks = {
        "the bench does not offer it": not card.offered,
        f"it needs {card.model_fits} trainings": (
            data.max_fits is not None and card.model_fits > data.max_fits
        ),
        "the training must be watched": card.dynamics and not data.watches_training,
        "near items must be alike": card.near_means_alike and not data.near_means_alike,
        "a person must answer": card.people and not data.people,
    }
    return [reason for reason, holds in checks.items() if holds]
