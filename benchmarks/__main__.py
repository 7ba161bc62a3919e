"""``python -m benchmarks [name ...]``: run the benchmarks and write their results and the page."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from benchmarks._cases import Bench
from benchmarks._runner import RESULTS, WORK, run_bench
from benchmarks._summary import page, shown

from labelwright.core.files import read_json, write_bytes

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks.md"


def benches() -> dict[str, Bench]:
    """Every benchmark by its name: a module of this folder without an underscore."""
    names = sorted(file.stem for file in HERE.glob("[a-z]*.py"))
    return {name: importlib.import_module(f"benchmarks.{name}").BENCH for name in names}


def results_page(folder: Path = RESULTS) -> str:
    """The page of the docs, from the results in a folder."""
    return page(read_json(file) for file in sorted(folder.glob("*.json")))


def main() -> None:
    """Run the benchmarks that are named, or all."""
    known = benches()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of: {', '.join(known)}")
    parser.add_argument("--quick", action="store_true", help="small inputs, nothing is kept")
    parser.add_argument("--fresh", action="store_true", help="run finished rounds again")
    parser.add_argument("--page", action="store_true", help="only make the page of the docs anew")
    given = parser.parse_args()
    unknown = set(given.names) - set(known)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    folder = WORK / "quick" if given.quick else RESULTS
    for name in [] if given.page else given.names or known:
        report = run_bench(known[name], quick=given.quick, fresh=given.fresh, folder=folder)
        sys.stdout.write(shown(report) + "\n")
    if not given.quick:
        write_bytes(PAGE, results_page().encode())


if __name__ == "__main__":
    main()
