"""Put the measured table of all aggregators into docs/which-aggregator.md, so that nobody types it.

The figures are those of ``evidence/results/aggregators.json``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "which-aggregator.md"
RESULT = ROOT / "evidence" / "results" / "aggregators.json"
BEGIN, END = "<!-- table: written by scripts/which_aggregator.py -->\n", "<!-- /table -->\n"
BASELINE = "MajorityVote"
PEOPLE = (
    "bluebird",
    "face_sentiment",
    "music_genre",
    "product_matching",
    "sentiment_polarity_crowd",
    "snow_rte",
    "trec_relevance",
    "weather_sentiment",
    "sentiment_polarity_crowd (amt20)",
    "weather_sentiment (crowdflower)",
)
JUDGES, SLOTS, RULES = "llmjudge_trec_dl23", "cifar10n", ("sms_spam_lf", "youtube_spam")
LARGEST = "trec_relevance"
HEAD = (
    "method",
    "people: right",
    "gain",
    "best gain",
    "worst gain",
    "surprise",
    "judges",
    "slots",
    "rules",
    "seconds",
)

Figures = Mapping[tuple[str, str, str], float]


def figures(result: Mapping[str, object]) -> Figures:
    """The measured figures by method, set and name."""
    rows: Iterable[Mapping[str, object]] = result["figures"]  # type: ignore[assignment]
    return {
        (str(r["method"]), str(r["set"]), str(r["figure"])): float(str(r["value"])) for r in rows
    }


def table(found: Figures) -> str:
    """The table in Markdown, methods by how often they are right where people vote."""
    methods = list(dict.fromkeys(method for method, _, _ in found))
    right = {method: _mean(found, method, PEOPLE, "accuracy") for method in methods}
    methods.sort(key=lambda method: -right[method])
    rows = [_row(found, method) for method in methods]
    lines = [_line(HEAD), _line(["---", *["---:"] * (len(HEAD) - 1)])]
    return "\n" + "\n".join([*lines, *map(_line, rows)]) + "\n\n"


def with_table(text: str, new: str) -> str:
    """The page with the table between its marks."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return before + BEGIN + new + END + after


def _row(found: Figures, method: str) -> list[str]:
    gains = [found[method, name, "gain"] for name in PEOPLE]
    others = [_mean(found, method, names, "accuracy") for names in ((JUDGES,), (SLOTS,), RULES)]
    return [
        f"`{method}`",
        f"{100 * _mean(found, method, PEOPLE, 'accuracy'):.1f} %",
        *(f"{100 * gain:+.1f}" for gain in (fmean(gains), max(gains), min(gains))),
        f"{_mean(found, method, PEOPLE, 'log_loss'):.2f}",
        *(f"{100 * value:.1f} %" for value in others),
        f"{found[method, LARGEST, 'seconds']:.2f}",
    ]


def _mean(found: Figures, method: str, names: Sequence[str], figure: str) -> float:
    return fmean(found[method, name, figure] for name in names)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    measured = figures(json.loads(RESULT.read_text(encoding="utf-8")))
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), table(measured)), encoding="utf-8")
