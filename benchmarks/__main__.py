"""``python -m benchmarks [name ...]``: run the benchmarks and write their results and the page."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from benchmarks._cases import Bench
from benchmarks._runner import RESULTS, WORK, run_bench
from benchmarks._summary import page, shown

from benchmarks import _scaling_page, scaling
from labelwright.core.files import read_json, write_bytes

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
DRAWING = PAGE.parent / _scaling_page.DRAWING


def benches() -> dict[str, Bench]:
    """Every comparison by its name: a module of this folder without an underscore."""
    names = sorted({file.stem for file in HERE.glob("[a-z]*.py")} - {scaling.SLUG})
    return {name: importlib.import_module(f"benchmarks.{name}").BENCH for name in names}


def results_page(folder: Path = RESULTS) -> str:
    """The page of the docs, from the results in a folder."""
    reports = {file.stem: read_json(file) for file in sorted(folder.glob("*.json"))}
    curve = reports.pop(scaling.SLUG, None)
    text = page(reports.values())
    return text if curve is None else f"{text}\n{_scaling_page.section(curve)}"


def write_docs(folder: Path = RESULTS) -> None:
    """Write the page, and the drawing on it."""
    write_bytes(PAGE, results_page(folder).encode())
    curve = folder / f"{scaling.SLUG}.json"
    if curve.exists():
        write_bytes(DRAWING, _scaling_page.drawing(read_json(curve)).encode())


def run(name: str, *, quick: bool, fresh: bool) -> str:
    """Run a benchmark, write its result, and give its table as text."""
    folder = WORK / "quick" if quick else RESULTS
    if name == scaling.SLUG:
        return _scaling_page.shown(scaling.run(folder, quick=quick))
    return shown(run_bench(benches()[name], quick=quick, fresh=fresh, folder=folder))


def main() -> None:
    """Run the benchmarks that are named, or all."""
    known = [*benches(), scaling.SLUG]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of: {', '.join(known)}")
    parser.add_argument("--quick", action="store_true", help="small inputs, nothing is kept")
    parser.add_argument("--fresh", action="store_true", help="run finished rounds again")
    parser.add_argument("--page", action="store_true", help="only make the page of the docs anew")
    given = parser.parse_args()
    unknown = set(given.names) - set(known)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    for name in [] if given.page else given.names or known:
        sys.stdout.write(run(name, quick=given.quick, fresh=given.fresh) + "\n")
    if not given.quick:
        write_docs()


if __name__ == "__main__":
    main()
