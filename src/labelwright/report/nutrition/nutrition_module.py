"""The base of the modules of a label: what each needs, computes and shows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from labelwright.core.params import Params

if TYPE_CHECKING:
    from labelwright.report._sections import Detail
    from labelwright.report.nutrition.nutrition_data import NutritionData

__all__ = ["NutritionModule"]

Found = dict[str, Any]


class NutritionModule(Params, ABC):
    """A section of a label: computed from the table, drawn from the computed values alone.

    A subclass states ``name``, ``title``, ``needs`` and :meth:`compute`. What it computes is drawn
    by the template ``nutrition/<name>.html`` if there is one; without, single values become a list
    of facts and lists of records become tables, so a module of your own needs nothing more.

    Attributes
    ----------
    name : str
        In the JSON; one module a name.
    title : str
        The heading of the section.
    needs : tuple of str
        What must have been given: ``label``, ``votes``, ``ground_truth``, or several joined by
        " or ".

    References
    ----------
    Holland, Hosny, Newman, Joseph and Chmielinski (2018), The Dataset Nutrition Label: a framework
    to drive higher data quality standards.

    Examples
    --------
    >>> from labelwright.report.nutrition import NutritionLabel
    >>> class Consent(NutritionModule):
    ...     name, title = "consent", "Consent"
    ...     def compute(self, data):
    ...         return {"agreed": int(data.table["agreed"].sum())}
    >>> label = NutritionLabel.of({"agreed": [True, False, True]}, modules=[Consent()])
    >>> label.modules
    {'consent': {'agreed': 2}}
    >>> "Consent" in label.to_html(drawn_by=[Consent()])
    True
    """

    name: ClassVar[str]
    title: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def compute(self, data: NutritionData) -> Found:
        """The values of the section, as JSON can hold them.

        Raises
        ------
        CapabilityError
            If they cannot be computed from these data; the label says why and goes on.
        """

    def render(self, found: Mapping[str, Any], detail: Detail) -> str:
        """The section as HTML, from what :meth:`compute` gave; it sees no data.

        Parameters
        ----------
        found : dict
        detail : Detail
            How many rows of a table to show, how long texts may be, and whether to draw charts.
        """
        from labelwright.report.nutrition._drawing import draw

        return draw(self.name, found, detail, charts=self._charts(found) if detail.charts else ())

    def markdown(self, found: Mapping[str, Any]) -> list[str]:
        """The section in a few lines of Markdown; by default its single values."""
        from labelwright.report.nutrition._drawing import facts, figure
        from labelwright.report.nutrition._markdown import escaped

        return [
            f"- {escaped(name)}: {escaped(figure(value))}" for name, value in facts(found).items()
        ]

    def _charts(self, found: Mapping[str, Any]) -> list[Any]:
        """Drawings that the template takes, in order."""
        del found
        return []
