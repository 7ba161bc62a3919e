"""Measure files and functions of the library against the bar, and name what is over it."""

from __future__ import annotations

import ast
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src" / "labelwright"

MEDIAN_FILE = 200
LONGEST_FILE = 600
P90_FUNCTION = 30
LONG_FUNCTION = 60
SHARE_LONG = 0.02

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Function:
    """A function: where it stands, its lines without the docstring, and whether it is typed."""

    place: str
    lines: int
    annotated: bool


def functions(file: Path) -> Iterator[Function]:
    """Every function and method of a file, also those inside others."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, FunctionNode):
            place = f"{file.relative_to(SOURCE.parent)}:{node.lineno} {node.name}"
            yield Function(place, _lines(node), _annotated(node))


def _lines(node: FunctionNode) -> int:
    first = node.body[0]
    documented = ast.get_docstring(node, clean=False) is not None
    docstring = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (node.end_lineno or 0) - node.lineno + 1 - docstring


def _annotated(node: FunctionNode) -> bool:
    given = node.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    named = [argument for argument in named if argument.arg not in ("self", "cls")]
    starred = [argument for argument in (given.vararg, given.kwarg) if argument]
    return node.returns is not None and all(a.annotation for a in [*named, *starred])


def complaints(files: dict[Path, int], found: list[Function]) -> Iterator[str]:
    """What is over the bar, one line each."""
    median = statistics.median(files.values())
    if median > MEDIAN_FILE:
        yield f"The median file has {median:g} lines; the bar is {MEDIAN_FILE}."
    for file, lines in files.items():
        if lines > LONGEST_FILE:
            yield f"{file.relative_to(SOURCE.parent)} has {lines} lines; the bar is {LONGEST_FILE}."
    lengths = sorted(function.lines for function in found)
    p90 = lengths[int(0.9 * (len(lengths) - 1))]
    if p90 > P90_FUNCTION:
        yield f"One function in ten is longer than {p90} lines; the bar is {P90_FUNCTION}."
    long = [function for function in found if function.lines > LONG_FUNCTION]
    if len(long) > SHARE_LONG * len(found):
        yield f"{len(long)} of {len(found)} functions have more than {LONG_FUNCTION} lines:"
        yield from (f"  {function.place} ({function.lines})" for function in long)
    for function in found:
        if not function.annotated:
            yield f"{function.place} is not fully annotated."


def main() -> int:
    """Print the measures; 1 if one is over the bar."""
    modules = sorted(SOURCE.rglob("*.py"))
    # The rooms' doors are three lines each and would make the median look better than it is.
    files = {
        file: len(file.read_text(encoding="utf-8").splitlines())
        for file in modules
        if file.name != "__init__.py"
    }
    found = [function for file in modules for function in functions(file)]
    print(
        f"{len(files)} files, median {statistics.median(files.values()):g} lines, longest "
        f"{max(files.values())}; {len(found)} functions, median "
        f"{statistics.median(function.lines for function in found):g} lines, longest "
        f"{max(function.lines for function in found)}."
    )
    over = list(complaints(files, found))
    print("\n".join(over) if over else "All within the bar.")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
