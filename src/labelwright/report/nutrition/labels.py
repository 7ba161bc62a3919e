"""What is known about the labels: balance, agreement, noise, likely errors, leaks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from labelwright.core.params import Accepts, Int
from labelwright.report._format import percent
from labelwright.report.nutrition import _label_figures as figures
from labelwright.report.nutrition._markdown import escaped
from labelwright.report.nutrition.nutrition_data import NutritionData
from labelwright.report.nutrition.nutrition_module import Found, NutritionModule

__all__ = ["Labels"]


class Labels(NutritionModule):
    """Balance, agreement, annotators, estimated noise, likely errors and columns that leak.

    Labels are those of the label column, or else what the votes come to (:func:`aggregate`). The
    noise is what cross-validated models take for wrong (confident learning), learnt from the other
    columns and the longest text. It is as good as the models are, so beside it stands how often
    they agree with the labels, and where they save less than a third of the errors of the most
    frequent label there is none. A column leaks if it alone predicts nearly all held-out labels; it
    is flagged, and the models do not learn from it.

    Parameters
    ----------
    examples : int
        So many of the likeliest errors are shown as whole rows. They are records, so by default
        there are none.
    most_rows : int
        Noise and errors are estimated on at most so many labelled rows, drawn at random.
    """

    name = "labels"
    title = "Labels"
    needs = ("label or votes",)
    _accepts: ClassVar[Mapping[str, Accepts]] = {"examples": Int(0), "most_rows": Int(100)}

    def __init__(self, examples: int = 0, most_rows: int = 5000) -> None:
        self.examples = examples
        self.most_rows = most_rows

    def compute(self, data: NutritionData) -> Found:
        """All figures; each that cannot be had says why."""
        labelled = figures.read_labels(data)
        leaks = figures.find_leaks(data, labelled)
        suspects = [leak["column"] for leak in leaks if leak["gives_label_away"]]
        return {
            "source": labelled.source,
            **figures.balance(labelled, data.smallest),
            "leaks": leaks,
            **({} if data.votes is None else figures.annotators(data.votes)),
            **figures.noise(data, labelled, suspects, self.most_rows, self.examples),
        }

    def markdown(self, found: Mapping[str, Any]) -> list[str]:
        """A line a figure."""
        largest = sorted(found["classes"], key=lambda one: -one["rows"])[:10]
        classes = ", ".join(f"{escaped(one['name'])} {percent(one['share'])}" for one in largest)
        lines = [f"- {found['labelled']:,} labels ({escaped(found['source'])}): {classes}"]
        agreement, rate = found.get("agreement"), found["noise"]
        if agreement:
            lines.append(
                f"- Agreement {agreement['value']:.2f} ({agreement['low']:.2f} to "
                f"{agreement['high']:.2f}), {agreement['method']}"
            )
        if rate:
            ends = f"{percent(rate['low'])} to {percent(rate['high'])}"
            lines.append(
                f"- Models take {percent(rate['error_rate'])} of the labels for wrong ({ends}); "
                f"they agree with {percent(rate['model_right'])}"
            )
        away = [escaped(leak["column"]) for leak in found["leaks"] if leak["gives_label_away"]]
        return lines + ([f"- Columns that give the label away: {', '.join(away)}"] if away else [])
