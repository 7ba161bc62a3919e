"""What every measurement shares: claims stated first, cells that can be resumed, one result file.

A measurement is a module with a :class:`Study` in it that ends with ``main(STUDY)``. Run it from
the root of the repository: ``python -m evidence.aggregation.dawid_skene``.
"""

from __future__ import annotations

import argparse
import hashlib
import platform
import re
import statistics
import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import labelwright
from labelwright.core.files import read_json, write_json
from labelwright.core.progress import bar
from labelwright.core.results import plain
from labelwright.datasets._storage import cache_folder

FORMAT = 1
RESULTS = Path(__file__).parent / "results"
# What is written after the figures were seen changes none of them.
READING = re.compile(r'^READING = """.*?"""$', re.DOTALL | re.MULTILINE)
PACKAGES = ("labelwright", "numpy", "scipy", "polars", "scikit-learn", "torch", "crowd-kit")

Seed = int | None


@dataclass(frozen=True)
class Material:
    """A data set to measure on.

    Attributes
    ----------
    name : str
    load : callable
        Gives whatever the methods take.
    seen : bool
        Whether the set was looked at while the method, its defaults or the thresholds were chosen.
        Seen and unseen sets are reported apart.
    note : str
        What to know, for example that its annotators are slots.
    quick : bool
        Whether the set is small enough for a smoke test.
    """

    name: str
    load: Callable[[], Any]
    seen: bool
    note: str = ""
    quick: bool = False


@dataclass(frozen=True)
class Method:
    """What is measured: ``run(data, seed)`` gives figures by name.

    The seed None means everything there is, nothing drawn; each other seed is a repetition that
    draws something (a part of the data, a start), and from these comes the spread.
    """

    name: str
    run: Callable[[Any, Seed], Mapping[str, float]]
    seeds: Sequence[Seed] = (None,)


class Figures:
    """The measured figures, by method, set and name."""

    def __init__(self, cells: Mapping[tuple[str, str, Seed], Mapping[str, float]]) -> None:
        self.cells = cells

    def value(self, method: str, material: str, figure: str) -> float:
        """The figure on everything there is, or else its mean over the seeds."""
        whole = self.cells.get((method, material, None))
        if whole is not None:
            return whole[figure]
        return statistics.fmean(self._over_seeds(method, material, figure))

    def mean(self, method: str, material: str, figure: str) -> float | None:
        """Mean over the seeds, None where there are none."""
        values = self._over_seeds(method, material, figure)
        return statistics.fmean(values) if values else None

    def spread(self, method: str, material: str, figure: str) -> float | None:
        """Standard deviation over the seeds, None below two."""
        values = self._over_seeds(method, material, figure)
        return statistics.stdev(values) if len(values) > 1 else None

    def rows(self) -> list[dict[str, Any]]:
        """One row a method, set and figure."""
        keys = dict.fromkeys((m, s, f) for (m, s, _), found in self.cells.items() for f in found)
        return [
            {
                "method": m,
                "set": s,
                "figure": f,
                "value": self.value(m, s, f),
                "mean": self.mean(m, s, f),
                "spread": self.spread(m, s, f),
                "seeds": len(self._over_seeds(m, s, f)),
            }
            for m, s, f in keys
        ]

    def _over_seeds(self, method: str, material: str, figure: str) -> list[float]:
        return [
            found[figure]
            for (m, s, seed), found in self.cells.items()
            if (m, s) == (method, material) and seed is not None
        ]


@dataclass(frozen=True)
class Claim:
    """What should come out, with its threshold, stated before any number is seen.

    Attributes
    ----------
    text : str
        The claim in one sentence, with its threshold.
    figure : callable
        The one figure that decides, from the measured :class:`Figures`.
    at_least, at_most : float
        The threshold; one of the two.
    seen : bool
        Whether it is about sets that were looked at before.
    """

    text: str
    figure: Callable[[Figures], float]
    at_least: float | None = None
    at_most: float | None = None
    seen: bool = False

    def verdict(self, figures: Figures) -> dict[str, Any]:
        """The figure and whether the claim holds."""
        found = self.figure(figures)
        above = self.at_least is None or found >= self.at_least
        below = self.at_most is None or found <= self.at_most
        return {
            "text": self.text,
            "seen": self.seen,
            "at_least": self.at_least,
            "at_most": self.at_most,
            "figure": found,
            "holds": above and below,
        }


@dataclass(frozen=True)
class Study:
    """Methods on sets, and what is claimed about them.

    Attributes
    ----------
    slug : str
        Name of the result file.
    question : str
    methods, materials, claims : sequences
    source : str
        ``__file__`` of the study: finished cells are used again only while the code is the same.
    reading : str
        What the figures mean, written after they were seen.
    """

    slug: str
    question: str
    methods: Sequence[Method]
    materials: Sequence[Material]
    claims: Sequence[Claim]
    source: str
    reading: str = ""


def measure(
    study: Study, *, quick: bool = False, fresh: bool = False, folder: Path = RESULTS
) -> dict[str, Any]:
    """Run what is not yet finished, judge the claims and write ``<slug>.json``.

    Parameters
    ----------
    study : Study
    quick : bool
        Only the sets marked so, one seed a method, and no claims: does it run at all?
    fresh : bool
        Run finished cells again.
    folder : Path
        Where the result is written.

    Returns
    -------
    dict
        What was written.
    """
    started = time.perf_counter()
    materials = [m for m in study.materials if m.quick or not quick]
    cells = _cells(study, materials, quick, fresh)
    figures = Figures({key: found["figures"] for key, found in cells.items()})
    report = {
        "format": FORMAT,
        "slug": study.slug,
        "question": study.question,
        "quick": quick,
        "claims": [] if quick else [claim.verdict(figures) for claim in study.claims],
        "reading": study.reading,
        "sets": [{"name": m.name, "seen": m.seen, "note": m.note} for m in materials],
        "figures": figures.rows(),
        "seeds": {method.name: list(_seeds(method, quick)) for method in study.methods},
        "seconds": {
            "measured": sum(found["seconds"] for found in cells.values()),
            "this run": time.perf_counter() - started,
        },
        "versions": _versions(),
    }
    write_json(folder / f"{study.slug}.json", plain(report))
    return report


def main(study: Study, arguments: Sequence[str] | None = None) -> None:
    """Run a study from the command line and print what came out."""
    parser = argparse.ArgumentParser(description=study.question)
    parser.add_argument("--quick", action="store_true", help="small sets, nothing is kept")
    parser.add_argument("--fresh", action="store_true", help="run finished cells again")
    given = parser.parse_args(arguments)
    folder = cache_folder() / "evidence" / "quick" if given.quick else RESULTS
    report = measure(study, quick=given.quick, fresh=given.fresh, folder=folder)
    sys.stdout.write(_shown(report))


def _cells(
    study: Study, materials: Sequence[Material], quick: bool, fresh: bool
) -> dict[tuple[str, str, Seed], dict[str, Any]]:
    """Every cell, from the cache or run now; a set is loaded only if a cell wants it."""
    keep = cache_folder() / "evidence" / study.slug
    code = _code_hash(study)
    wanted = [
        (m, method, s) for m in materials for method in study.methods for s in _seeds(method, quick)
    ]
    cells: dict[tuple[str, str, Seed], dict[str, Any]] = {}
    loaded: tuple[str, Any] = ("", None)
    with bar(study.slug, len(wanted)) as advance:
        for material, method, seed in wanted:
            key = hashlib.sha256(repr((code, method.name, material.name, seed)).encode())
            path = keep / f"{key.hexdigest()[:24]}.json"
            if fresh or not path.exists():
                if loaded[0] != material.name:
                    loaded = (material.name, material.load())
                write_json(path, _run(method, loaded[1], seed))
            cells[method.name, material.name, seed] = read_json(path)
            advance()
    return cells


def _run(method: Method, data: Any, seed: Seed) -> dict[str, Any]:
    started = time.perf_counter()
    figures = method.run(data, seed)
    return {"figures": plain(dict(figures)), "seconds": time.perf_counter() - started}


def _seeds(method: Method, quick: bool) -> Sequence[Seed]:
    return method.seeds[:1] if quick else method.seeds


def _code_hash(study: Study) -> str:
    """Hash of all that a figure may depend on: the package, this file, the study, its helpers."""
    package = Path(labelwright.__file__).parent
    files = sorted(path for path in package.rglob("*") if path.suffix in (".py", ".toml"))
    source = Path(study.source)
    folders = (source.parent, source.parents[1])
    helpers = sorted({Path(__file__), *(p for folder in folders for p in folder.glob("_*.py"))})
    found = hashlib.sha256(READING.sub("", source.read_text(encoding="utf-8")).encode())
    for path in [*files, *helpers]:
        found.update(path.read_bytes())
    return found.hexdigest()


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _shown(report: Mapping[str, Any]) -> str:
    """The report as text: a table of figures for seen and for unseen sets, then the verdicts."""
    lines = [report["question"]]
    for seen in (True, False):
        names = [entry["name"] for entry in report["sets"] if entry["seen"] == seen]
        if names:
            lines += ["", "Sets looked at before" if seen else "Sets not looked at before"]
            lines += _table(report["figures"], names)
    if report["claims"]:
        lines += ["", "Claims"]
    for claim in report["claims"]:
        verdict = "holds" if claim["holds"] else "DOES NOT HOLD"
        lines.append(f"  {verdict:13}  {claim['figure']:+.4f}  {claim['text']}")
    if report["claims"] and report["reading"]:
        lines += ["", "Read after the figures were seen", *textwrap.wrap(report["reading"], 98)]
    return "\n".join(lines) + "\n"


def _table(rows: Iterable[Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        if row["set"] in names:
            spread = "" if row["spread"] is None else f" ±{row['spread']:.3f}"
            line = cells.setdefault((row["set"], row["method"]), {})
            line[row["figure"]] = f"{row['value']:.4f}{spread}"
    figures = list(dict.fromkeys(name for line in cells.values() for name in line))
    table = [["set", "method", *figures]]
    table += [[*key, *(line.get(name, "") for name in figures)] for key, line in cells.items()]
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    return ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in table]
